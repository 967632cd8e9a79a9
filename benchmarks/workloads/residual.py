"""Residual networks for CIFAR's images, in training."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.api import Api
from benchmarks.workloads.registry import TRAINING, Step, Tensor, labels, seeded, training, uniform, workload


def residual_block(api: Api, fan_in: int, fan_out: int, stride: int) -> Any:
    """Return two 3x3 convolutions beside a shortcut, which is a 1x1 convolution where the shape changes."""
    nn, F = api.nn, api.F

    class Block(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(fan_in, fan_out, 3, stride=stride, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(fan_out)
            self.conv2 = nn.Conv2d(fan_out, fan_out, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(fan_out)
            self.shortcut = nn.Sequential()
            if stride != 1 or fan_in != fan_out:
                conv = nn.Conv2d(fan_in, fan_out, 1, stride=stride, bias=False)
                self.shortcut = nn.Sequential(conv, nn.BatchNorm2d(fan_out))

        def forward(self, x: Tensor) -> Tensor:
            y = F.relu(self.bn1(self.conv1(x)))
            return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))

    return Block()


def resnet(api: Api, rng: np.random.Generator, widths: list[int], blocks: int, batch: int, lr: float) -> Step:
    """Make a training step of a residual network: ``blocks`` per width, each width but the first at half the size.

    With ``lr`` the parameters move enough to be compared, and not so much that rounding grows beyond the tolerance:
    on five steps of ResNet-18, 1e-4 leaves a difference of 8e-5 in parameters, 1e-3 one of 2e-3.
    """
    nn = api.nn
    layers = [nn.Conv2d(3, widths[0], 3, padding=1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()]
    fan_in = widths[0]
    for stage, width in enumerate(widths):
        for block in range(blocks):
            layers.append(residual_block(api, fan_in, width, stride=2 if stage and not block else 1))
            fan_in = width
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(fan_in, 10))
    model = seeded(api, rng, net)
    optimizer = api.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    return training(api, model, optimizer, uniform(api, rng, batch, 3, 32, 32), labels(api, rng, batch))


@workload("ResNet-8 for CIFAR, widths 16-32-64, batch 32: one training step with SGD and momentum", TRAINING)
def resnet8(api: Api, rng: np.random.Generator) -> Step:
    return resnet(api, rng, [16, 32, 64], blocks=1, batch=32, lr=1e-3)


@workload("ResNet-18 for CIFAR, widths 64 to 512, batch 16: one training step with SGD and momentum", TRAINING)
def resnet18(api: Api, rng: np.random.Generator) -> Step:
    return resnet(api, rng, [64, 128, 256, 512], blocks=2, batch=16, lr=1e-4)


@workload("ResNet-8, batch 256: a training step with SGD and momentum, for its memory", TRAINING, kind="memory")
def resnet8_wide(api: Api, rng: np.random.Generator) -> Step:
    return resnet(api, rng, [16, 32, 64], blocks=1, batch=256, lr=1e-3)
