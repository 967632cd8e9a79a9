"""Writes in place to tensors of a transform, or of their values, are refused, and change nothing."""

from __future__ import annotations

from typing import Any

import pytest

import autograd_core as ag
import nn
from autograd_core import func
from autograd_core.errors import GraphError

F = nn.functional
TRANSFORMS = {"vmap": lambda f, x: func.vmap(f)(x), "jvp": lambda f, x: func.jvp(f, (x,), (x,))}
WRITES = {
    "add_": lambda x, own: x.add_(1),
    "sub_": lambda x, own: x.__isub__(1),
    "zero_": lambda x, own: x.zero_(),
    "fill_": lambda x, own: x.fill_(2.0),
    "setitem": lambda x, own: x.__setitem__(0, 1.0),
    "t_": lambda x, own: x.t_(),
    "detach_": lambda x, own: x.detach_(),
    "relu_": lambda x, own: F.relu(x, inplace=True),
    "mul_": lambda x, own: own.mul_(x),
    "copy_": lambda x, own: own.copy_(x),
    "setitem ": lambda x, own: own.__setitem__(0, x[0]),
    "masked_fill_": lambda x, own: own.masked_fill_(x > 0, 1.0),
    "add with out": lambda x, own: ag.add(x, 1, out=own),
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("write", WRITES)
def test_writes_are_refused(write: str, transform: str) -> None:
    x, own = ag.ones(4, 3), ag.zeros(3) if transform == "vmap" else ag.zeros(4, 3)
    with pytest.raises(GraphError, match=f"{transform}: {write.strip()} writes in place, which no transform can"):
        TRANSFORMS[transform](lambda x: WRITES[write](x, own), x)
    assert bool((x == 1).all()) and bool((own == 0).all())


def test_what_is_made_inside_may_be_written() -> None:
    def shifted(x: Any) -> Any:
        shift = ag.zeros(3)
        shift[0] = 1
        return x + shift.add_(1)

    assert func.vmap(shifted)(ag.zeros(2, 3)).tolist() == [[2, 1, 1], [2, 1, 1]]


def test_running_statistics_say_what_to_do() -> None:
    layer, x = nn.BatchNorm1d(3), ag.randn(2, 4, 3)
    for call in (lambda: func.vmap(layer)(x), lambda: func.jvp(layer, (x[0],), (x[0],))):
        with pytest.raises(GraphError, match=r"running statistics .*replace_all_batch_norm_modules_\(module\)"):
            call()
    assert bool((layer.running_mean == 0).all()) and int(layer.num_batches_tracked) == 0
    assert func.vmap(layer.eval())(x).shape == x.shape
    layer.train()
    func.grad(lambda x: layer(x).sum())(x[0])  # no tensors of the transform's own
    assert int(layer.num_batches_tracked) == 1


def test_batch_norm_without_running_statistics_is_mapped() -> None:
    network = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    assert func.replace_all_batch_norm_modules_(network) is network
    x = ag.randn(2, 4, 3)
    together = func.vmap(network)(x)
    apart = ag.stack([network(one) for one in x])
    assert float((together - apart).abs().max()) < 1e-5
