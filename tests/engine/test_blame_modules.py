"""Layers given what does not fit: the error names the layer by its path and the line that called the model."""

from __future__ import annotations

import re
from typing import Any

import pytest

import autograd_core as ag
import nn

WRONG: list[tuple[Any, tuple[Any, ...]]] = [
    (nn.Linear(3, 4), (ag.ones(2, 5),)),
    (nn.Bilinear(3, 4, 2), (ag.ones(2, 3), ag.ones(2, 3))),
    (nn.Conv1d(3, 4, 2), (ag.ones(1, 2, 5),)),
    (nn.Conv2d(3, 4, 2), (ag.ones(1, 3, 5),)),
    (nn.Conv3d(3, 4, 2), (ag.ones(1, 2, 5, 5, 5),)),
    (nn.ConvTranspose2d(3, 4, 2), (ag.ones(1, 2, 5, 5),)),
    (nn.BatchNorm1d(3), (ag.ones(2, 4),)),
    (nn.BatchNorm2d(3), (ag.ones(2, 3),)),
    (nn.LayerNorm(3), (ag.ones(2, 4),)),
    (nn.GroupNorm(2, 4), (ag.ones(2, 6, 3),)),
    (nn.InstanceNorm2d(3), (ag.ones(2, 3),)),
    (nn.LSTM(3, 2), (ag.ones(2, 1, 5),)),
    (nn.GRU(3, 2), (ag.ones(2, 1, 3), ag.ones(7, 1, 2))),
    (nn.RNNCell(3, 2), (ag.ones(2, 5),)),
    (nn.MultiheadAttention(4, 2), (ag.ones(2, 1, 3), ag.ones(2, 1, 3), ag.ones(2, 1, 3))),
    (nn.TransformerEncoderLayer(4, 2, 8), (ag.ones(2, 1, 6),)),
    (nn.Embedding(3, 2), (ag.ones(2),)),
    (nn.Embedding(3, 2), (ag.tensor([5]),)),
    (nn.MaxPool2d(2), (ag.ones(3),)),
    (nn.AvgPool2d(2), (ag.ones(3),)),
    (nn.AdaptiveAvgPool2d(2), (ag.ones(3),)),
    (nn.Softmax(5), (ag.ones(2, 3),)),
    (nn.PReLU(3), (ag.ones(2, 4),)),
    (nn.PixelShuffle(2), (ag.ones(1, 3, 2, 2),)),
    (nn.Upsample(scale_factor=2), (ag.ones(3),)),
    (nn.ReflectionPad2d(4), (ag.ones(1, 1, 2, 2),)),
    (nn.CrossEntropyLoss(), (ag.ones(2, 3), ag.tensor([0, 1, 2]))),
    (nn.NLLLoss(), (ag.ones(2, 3), ag.tensor([0, 5]))),
    (nn.BCELoss(), (ag.ones(2), ag.ones(3))),
    (nn.KLDivLoss(reduction="sum"), (ag.ones(2), ag.ones(3))),
    (nn.CosineSimilarity(), (ag.ones(2, 3), ag.ones(4, 5))),
    (nn.ReLU(), ("text",)),
    (nn.Dropout(), (None,)),
    (nn.Flatten(3), (ag.ones(2, 3),)),
]


class Net(nn.Module):
    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.Identity(), layer])

    def forward(self, *args: Any) -> Any:
        return self.blocks[1](*args)  # called here


@pytest.mark.parametrize(("layer", "args"), WRONG, ids=lambda value: type(value).__name__)
def test_a_layer_that_is_given_what_does_not_fit_is_named(layer: Any, args: tuple[Any, ...]) -> None:
    with pytest.raises((RuntimeError, ValueError, TypeError, IndexError)) as raised:
        Net(layer)(*args)
    place = rf"\nin module blocks\.1(\.\w+)*, called at {re.escape(__file__)}:\d+: .*# called here$"
    assert re.search(place, str(raised.value)), str(raised.value)
