"""Kolmogorov-Arnold layers: B-splines on a grid in a buffer, fitted by least squares, regularised by entropy."""

import math

import autograd_core as torch
import autograd_core.nn.functional as F
from tests.programs.alike import figures, redraw, uniform


class KANLinear(torch.nn.Module):
    def __init__(self, in_features, out_features, grid_size=4, spline_order=3, scale_noise=0.1,
                 base_activation=torch.nn.SiLU, grid_range=[-1, 1]):  # fmt: skip
        super(KANLinear, self).__init__()
        self.in_features, self.out_features = in_features, out_features
        self.grid_size, self.spline_order, self.scale_noise = grid_size, spline_order, scale_noise
        h = (grid_range[1] - grid_range[0]) / grid_size
        grid = torch.arange(-spline_order, grid_size + spline_order + 1) * h + grid_range[0]
        self.register_buffer("grid", grid.expand(in_features, -1).contiguous())
        self.base_weight = torch.nn.Parameter(torch.Tensor(out_features, in_features))
        self.spline_weight = torch.nn.Parameter(torch.Tensor(out_features, in_features, grid_size + spline_order))
        self.spline_scaler = torch.nn.Parameter(torch.Tensor(out_features, in_features))
        self.base_activation = base_activation()
        self.reset_parameters()

    def reset_parameters(self):
        torch.nn.init.kaiming_uniform_(self.base_weight, a=math.sqrt(5))
        with torch.no_grad():
            noise = torch.from_numpy(uniform(1, self.grid_size + 1, self.in_features, self.out_features)) - 1 / 2
            noise = noise * self.scale_noise / self.grid_size
            self.spline_weight.data.copy_(self.curve2coeff(self.grid.T[self.spline_order : -self.spline_order], noise))
            torch.nn.init.kaiming_uniform_(self.spline_scaler, a=math.sqrt(5))

    def b_splines(self, x: torch.Tensor):
        assert x.dim() == 2 and x.size(1) == self.in_features
        grid: torch.Tensor = self.grid
        x = x.unsqueeze(-1)
        bases = ((x >= grid[:, :-1]) & (x < grid[:, 1:])).to(x.dtype)
        for k in range(1, self.spline_order + 1):
            bases = ((x - grid[:, : -(k + 1)]) / (grid[:, k:-1] - grid[:, : -(k + 1)]) * bases[:, :, :-1]) + (
                (grid[:, k + 1 :] - x) / (grid[:, k + 1 :] - grid[:, 1:(-k)]) * bases[:, :, 1:]
            )
        return bases.contiguous()

    def curve2coeff(self, x: torch.Tensor, y: torch.Tensor):
        A = self.b_splines(x).transpose(0, 1)
        # the examples' grid of points has fewer rows than splines; a second sample makes the fit unique
        more = torch.linspace(-0.95, 0.9, 12).unsqueeze(1).expand(-1, self.in_features)
        A = torch.cat([A, self.b_splines(more).transpose(0, 1)], 1)
        B = torch.cat([y, torch.zeros(12, *y.shape[1:])]).transpose(0, 1)
        return torch.linalg.lstsq(A, B).solution.permute(2, 0, 1).contiguous()

    @property
    def scaled_spline_weight(self):
        return self.spline_weight * self.spline_scaler.unsqueeze(-1)

    def forward(self, x: torch.Tensor):
        original_shape = x.shape
        x = x.reshape(-1, self.in_features)
        base_output = F.linear(self.base_activation(x), self.base_weight)
        spline_output = F.linear(
            self.b_splines(x).view(x.size(0), -1), self.scaled_spline_weight.view(self.out_features, -1)
        )
        return (base_output + spline_output).reshape(*original_shape[:-1], self.out_features)

    def regularization_loss(self):
        l1_fake = self.spline_weight.abs().mean(-1)
        regularization_loss_activation = l1_fake.sum()
        p = l1_fake / regularization_loss_activation
        return regularization_loss_activation - torch.sum(p * p.log())


class KAN(torch.nn.Module):
    def __init__(self, layers_hidden, **kwargs):
        super(KAN, self).__init__()
        self.layers = torch.nn.ModuleList()
        for in_features, out_features in zip(layers_hidden, layers_hidden[1:]):
            self.layers.append(KANLinear(in_features, out_features, **kwargs))

    def forward(self, x: torch.Tensor):
        for layer in self.layers:
            x = layer(x)
        return x

    def regularization_loss(self):
        return sum(layer.regularization_loss() for layer in self.layers)


def main():
    kan = KAN([2, 3, 1], base_activation=torch.nn.Identity)
    fitted = figures(kan)[1]  # by least squares
    redraw(kan)
    optimizer = torch.optim.LBFGS(kan.parameters(), lr=1, max_iter=4, line_search_fn="strong_wolfe")
    x = torch.from_numpy(uniform(2, 40, 2))
    u, v = x[:, 0], x[:, 1]
    y = ((u + v) / (1 + u * v)).unsqueeze(-1)
    losses = []

    def closure():
        optimizer.zero_grad()
        loss = F.mse_loss(kan(x), y)
        (loss + 1e-5 * kan.regularization_loss()).backward()
        return loss

    for _ in range(3):
        losses.append(optimizer.step(closure).item())
    return [fitted, *losses, kan.regularization_loss().item(), *figures(kan)]
