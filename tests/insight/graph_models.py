"""Models whose graphs the tests look at."""

from __future__ import annotations

import autograd_core as ag
import nn


class MLP(nn.Module):
    def __init__(self, width: int = 5):
        super().__init__()
        self.fc1 = nn.Linear(6, width)
        self.fc2 = nn.Linear(width, 3)

    def forward(self, x):
        return self.fc2(ag.tanh(self.fc1(x)))


class Tower(nn.Module):
    """``depth`` equal blocks, one after the other."""

    def __init__(self, depth: int, activation=ag.tanh):
        super().__init__()
        self.first = nn.Linear(4, 5)
        self.layers = nn.ModuleList(Block(activation) for _ in range(depth))
        self.last = nn.Linear(5, 2)

    def forward(self, x):
        x = self.first(x)
        for layer in self.layers:
            x = layer(x)
        return self.last(x)


class Block(nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.inner = nn.Linear(5, 5)
        self.activation = activation

    def forward(self, x):
        return x + self.activation(self.inner(x))


class BasicBlock(nn.Module):
    def __init__(self, narrow: int, wide: int, stride: int):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(narrow, wide, 3, stride, 1, bias=False), nn.BatchNorm2d(wide)
        self.relu = nn.ReLU()
        self.conv2, self.bn2 = nn.Conv2d(wide, wide, 3, 1, 1, bias=False), nn.BatchNorm2d(wide)
        self.downsample = None
        if stride != 1:
            self.downsample = nn.Sequential(nn.Conv2d(narrow, wide, 1, stride, bias=False), nn.BatchNorm2d(wide))

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet18(nn.Module):
    """The network of He et al., with fewer channels."""

    def __init__(self, w: int = 4):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, w, 7, 2, 3, bias=False), nn.BatchNorm2d(w)
        self.relu, self.maxpool = nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        self.layer1, self.layer2 = stage(w, w, 1), stage(w, 2 * w, 2)
        self.layer3, self.layer4 = stage(2 * w, 4 * w, 2), stage(4 * w, 8 * w, 2)
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(8 * w, 10)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


def stage(narrow: int, wide: int, stride: int):
    return nn.Sequential(BasicBlock(narrow, wide, stride), BasicBlock(wide, wide, 1))
