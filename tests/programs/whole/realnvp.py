"""A flow of masked couplings with weight-normed networks, a Gaussian prior, and a chequered mask in buffers."""

import numpy as np

import autograd_core as torch
import autograd_core.nn as nn
import autograd_core.nn.functional as F
import autograd_core.optim as optim
from tests.programs.alike import figures, redraw, uniform


class WNConv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, padding, bias=True):
        super(WNConv2d, self).__init__()
        self.conv = nn.utils.weight_norm(nn.Conv2d(in_channels, out_channels, kernel_size, padding=padding, bias=bias))

    def forward(self, x):
        return self.conv(x)


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super(ResidualBlock, self).__init__()
        self.in_norm = nn.BatchNorm2d(channels)
        self.in_conv = WNConv2d(channels, channels, kernel_size=3, padding=1, bias=False)
        self.out_norm = nn.BatchNorm2d(channels)
        self.out_conv = WNConv2d(channels, channels, kernel_size=3, padding=1, bias=True)

    def forward(self, x):
        skip = x
        x = self.in_conv(F.relu(self.in_norm(x)))
        return self.out_conv(F.relu(self.out_norm(x))) + skip


class Rescale(nn.Module):
    def __init__(self, num_channels):
        super(Rescale, self).__init__()
        self.weight = nn.Parameter(torch.ones(num_channels, 1, 1))

    def forward(self, x):
        return self.weight * x


class CouplingLayer(nn.Module):
    def __init__(self, channels, mid_channels, reverse_mask):
        super(CouplingLayer, self).__init__()
        board = [[((i % 2) + j) % 2 for j in range(4)] for i in range(4)]
        mask = torch.tensor(board, dtype=torch.float32, requires_grad=False)
        self.register_buffer("mask", (1 - mask if reverse_mask else mask).view(1, 1, 4, 4))
        self.st_net = nn.Sequential(
            WNConv2d(channels, mid_channels, 3, 1),
            ResidualBlock(mid_channels),
            WNConv2d(mid_channels, 2 * channels, 1, 0),
        )
        self.rescale = nn.utils.weight_norm(Rescale(channels))

    def forward(self, x, sldj=None, reverse=True):
        x_b = x * self.mask
        s, t = self.st_net(x_b).chunk(2, dim=1)
        s = self.rescale(torch.tanh(s)) * (1 - self.mask)
        t = t * (1 - self.mask)
        if reverse:
            inv_exp_s = s.mul(-1).exp()
            if torch.isnan(inv_exp_s).any():
                raise RuntimeError("Scale factor has NaN entries")
            return x * inv_exp_s - t, sldj
        return (x + t) * s.exp(), sldj + s.reshape(s.size(0), -1).sum(-1)


class RealNVP(nn.Module):
    def __init__(self):
        super(RealNVP, self).__init__()
        self.register_buffer("data_constraint", torch.tensor([0.9], dtype=torch.float32))
        self.flows = nn.ModuleList([CouplingLayer(2, 4, reverse_mask=i % 2 == 1) for i in range(2)])

    def forward(self, x, reverse=False):
        sldj = None
        if not reverse:
            if x.min() < 0 or x.max() > 1:
                raise ValueError("Expected x in [0, 1]")
            x, sldj = self._pre_process(x)
        for flow in reversed(self.flows) if reverse else self.flows:
            x, sldj = flow(x, sldj, reverse)
        return x, sldj

    def _pre_process(self, x):
        y = (2 * x - 1) * self.data_constraint
        y = (y + 1) / 2
        y = y.log() - (1.0 - y).log()
        ldj = (
            F.softplus(y) + F.softplus(-y) - F.softplus((1.0 - self.data_constraint).log() - self.data_constraint.log())
        )
        return y, ldj.view(ldj.size(0), -1).sum(-1)


class RealNVPLoss(nn.Module):
    def __init__(self, k=256):
        super(RealNVPLoss, self).__init__()
        self.k = k

    def forward(self, z, sldj):
        prior_ll = -0.5 * (z**2 + np.log(2 * np.pi))
        prior_ll = prior_ll.flatten(1).sum(-1) - np.log(self.k) * np.prod(z.size()[1:])
        return -(prior_ll + sldj).mean()


def main():
    net, loss_fn = redraw(RealNVP()), RealNVPLoss()
    norms, other = [], []
    for name, p in net.named_parameters():
        (norms if name.endswith(("weight_g", "weight_v")) else other).append(p)
    groups = [{"name": "normalised", "params": norms, "weight_decay": 5e-5}, {"name": "unnormalised", "params": other}]
    optimizer = optim.Adam(groups, lr=1e-3)
    found = []
    for i in range(4):
        x = torch.from_numpy(uniform(i, 3, 2, 4, 4))
        optimizer.zero_grad()
        z, sldj = net(x, reverse=False)
        loss = loss_fn(z, sldj)
        loss.backward()
        for group in optimizer.param_groups:
            torch.nn.utils.clip_grad_norm_(group["params"], 100.0, norm_type=2)
        optimizer.step()
        found.append(loss.item())
    net.eval()
    with torch.no_grad():
        z, _ = net(x)
        again, _ = net(z, reverse=True)
        assert torch.allclose(torch.sigmoid(again), ((2 * x - 1) * 0.9 + 1) / 2, atol=1e-4)
    return [*found, z.abs().sum().item(), *figures(net)]
