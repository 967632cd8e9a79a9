"""Pooling beside PyTorch's table: indices that lead back, and windows drawn at random."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import nn
from tests.nn.twin import array, close, draw

SHAPES = {1: (2, 3, 7), 2: (2, 3, 6, 5), 3: (1, 2, 4, 5, 4)}


@pytest.mark.parametrize("n", SHAPES)
def test_unpooling_puts_the_maxima_back(torch, n):
    x = draw(SHAPES[n])
    found = []
    for library, package in ((ag, nn), (torch, torch.nn)):
        pool = getattr(package, f"MaxPool{n}d")(2, return_indices=True)
        unpool = getattr(package, f"MaxUnpool{n}d")(2)
        y, places = pool(library.tensor(x))
        found.append(unpool(y, places, output_size=SHAPES[n]))
    close(*found)
    kept = array(found[0]) != 0
    np.testing.assert_array_equal(array(found[0])[kept], x[kept])


@pytest.mark.parametrize("n", [2, 3])
def test_fractional_pooling_draws_in_training_and_in_evaluation(n):
    x = ag.tensor(draw((2, 3, *(9, 8, 7)[:n])))
    layer = getattr(nn, f"FractionalMaxPool{n}d")(2, output_ratio=0.6)
    assert repr(layer) == f"FractionalMaxPool{n}d()" and not layer.state_dict()
    for mode in (True, False):
        layer.train(mode)
        drawn = [layer(x) for _ in range(4)]
        assert {tuple(y.shape) for y in drawn} == {(2, 3, *(5, 4, 4)[:n])}
        assert any(not ag.equal(y, drawn[0]) for y in drawn[1:])
        ag.manual_seed(0)
        first = layer(x)
        ag.manual_seed(0)
        assert ag.equal(layer(x), first)


def test_fractional_pooling_saves_and_moves_its_samples(torch):
    samples = np.full((1, 2, 2), 0.5)
    ours = nn.FractionalMaxPool2d(2, 3, _random_samples=ag.tensor(samples))
    theirs = torch.nn.FractionalMaxPool2d(2, 3, _random_samples=torch.tensor(samples))
    assert list(ours.state_dict()) == list(theirs.state_dict()) == ["_random_samples"]
    assert ours.float()._random_samples.dtype is ag.float32
    more = ag.tensor(np.full((5, 2, 2), 0.5))  # for more images than there are
    x = ag.tensor(draw((1, 2, 6, 6)))
    assert ag.equal(nn.FractionalMaxPool2d(2, 3, _random_samples=more)(x), ours.double()(x))
