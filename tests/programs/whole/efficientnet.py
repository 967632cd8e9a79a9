"""Mobile convolutions: expansion, a depthwise kernel, squeeze and excitation, SiLU, stochastic depth in eval."""

import autograd_core as torch
import autograd_core.nn as nn
import autograd_core.nn.functional as F
from autograd_core import optim
from tests.programs.alike import figures, integers, normal, redraw


def swish(x):
    return x * x.sigmoid()


def drop_connect(x, drop_ratio):
    keep_ratio = 1.0 - drop_ratio
    mask = torch.empty([x.shape[0], 1, 1, 1], dtype=x.dtype, device=x.device)
    mask.bernoulli_(keep_ratio)
    x.div_(keep_ratio)
    x.mul_(mask)
    return x


class SE(nn.Module):
    """Squeeze-and-Excitation block with SiLU."""

    def __init__(self, in_channels, se_channels):
        super(SE, self).__init__()
        self.se1 = nn.Conv2d(in_channels, se_channels, kernel_size=1, bias=True)
        self.se2 = nn.Conv2d(se_channels, in_channels, kernel_size=1, bias=True)

    def forward(self, x):
        out = F.adaptive_avg_pool2d(x, (1, 1))
        out = self.se2(swish(self.se1(out))).sigmoid()
        return x * out


class Block(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride, expand_ratio=1, se_ratio=0.25, drop_rate=0.0):
        super(Block, self).__init__()
        self.stride, self.drop_rate, self.expand_ratio = stride, drop_rate, expand_ratio
        channels = expand_ratio * in_channels
        self.conv1 = nn.Conv2d(in_channels, channels, kernel_size=1, stride=1, padding=0, bias=False)
        self.bn1 = nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=kernel_size, stride=stride,
                               padding=(1 if kernel_size == 3 else 2), groups=channels, bias=False)  # fmt: skip
        self.bn2 = nn.BatchNorm2d(channels)
        self.se = SE(channels, int(in_channels * se_ratio))
        self.conv3 = nn.Conv2d(channels, out_channels, kernel_size=1, stride=1, padding=0, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.has_skip = (stride == 1) and (in_channels == out_channels)

    def forward(self, x):
        out = x if self.expand_ratio == 1 else F.silu(self.bn1(self.conv1(x)), inplace=True)
        out = swish(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(self.se(out)))
        if self.has_skip:
            if self.training and self.drop_rate > 0:
                out = drop_connect(out, self.drop_rate)
            out = out + x
        return out


class EfficientNet(nn.Module):
    cfg = {"out": [8, 8], "kernel": [3, 5], "stride": [2, 1], "expansion": [1, 3]}

    def __init__(self, num_classes=5):
        super(EfficientNet, self).__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8), nn.Hardswish(inplace=True)
        )
        rows = zip(*(self.cfg[k] for k in ("out", "kernel", "stride", "expansion")))
        self.layers = nn.Sequential(*[Block(8, *row) for row in rows], Block(8, 8, 3, 1, 2, drop_rate=1e-9))
        self.classifier = nn.Sequential(nn.Dropout(p=0.0, inplace=True), nn.Linear(8, num_classes))

    def forward(self, x):
        out = self.layers(self.features(x))
        out = F.adaptive_avg_pool2d(out, 1)
        return self.classifier(out.view(out.size(0), -1))


def main():
    net = redraw(EfficientNet())
    no_decay = [p for p in net.parameters() if p.ndim <= 1]
    optimizer = optim.RMSprop(
        [{"params": [p for p in net.parameters() if p.ndim > 1]}, {"params": no_decay, "weight_decay": 0}],
        lr=0.002, alpha=0.9, eps=0.01, weight_decay=1e-2, momentum=0.9, centered=True,
    )  # fmt: skip
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.97)
    ema = {k: v.clone() for k, v in net.state_dict().items()}
    found = []
    for i in range(4):
        x, y = torch.from_numpy(normal(i, 4, 3, 8, 8)), torch.from_numpy(integers(i, 5, 4))
        loss = F.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        with torch.no_grad():
            for k, v in net.state_dict().items():
                if v.dtype.is_floating_point:
                    ema[k].mul_(0.9).add_(v, alpha=0.1)
        found += [loss.item(), *scheduler.get_last_lr()]
    net.load_state_dict(ema)
    net.eval()
    return [*found, F.cross_entropy(net(x), y).item(), *figures(net)]
