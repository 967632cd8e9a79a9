"""Moves and casts of modules: what each changes, for which tensors, through which modules."""

from __future__ import annotations

import copy

import pytest

import autograd_core as ag
import nn
from tests.nn.twin import array

CASTS = {
    "float": lambda lib, m: m.half().float(),
    "double": lambda lib, m: m.double(),
    "half": lambda lib, m: m.half(),
    "bfloat16": lambda lib, m: m.bfloat16(),
    "to real": lambda lib, m: m.to(lib.float64),
    "type": lambda lib, m: m.type(lib.float64),
}


def dtypes(lib, nn, cast):
    """Return the dtypes of a real, a complex and an integer tensor of a module after a cast."""
    module = nn.Module()
    module.real = nn.Parameter(lib.ones(2))
    module.complex = nn.Parameter(lib.ones(2, dtype=lib.complex64))
    module.register_buffer("whole", lib.ones(2, dtype=lib.int64))
    made = CASTS[cast](lib, module)
    assert made is module
    return [str(t.dtype).split(".")[-1] for t in (made.real, made.complex, made.whole)]


@pytest.mark.parametrize("cast", CASTS)
@pytest.mark.filterwarnings("ignore:Casting complex values to real")
def test_casts_reach_the_tensors_that_pytorchs_do(torch, cast):
    assert dtypes(ag, nn, cast) == dtypes(torch, torch.nn, cast)


def test_to_empty_keeps_shapes_and_dtypes():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    weight, address = net[0].weight, net[0].weight.data_ptr()
    assert net.to_empty(device="cpu", recurse=False)[0].weight.data_ptr() == address
    net.to_empty(device="cpu")
    assert net[0].weight is weight
    assert weight.shape == (3, 2) and weight.data_ptr() != address
    assert net[1].num_batches_tracked.dtype is ag.int64


def test_a_module_may_have_its_own_way_to_move():
    class Fixed(nn.Linear):
        def _apply(self, fn, recurse=True):
            return self

    net = nn.Sequential(nn.Linear(1, 1), Fixed(1, 1)).double()
    assert [p.dtype for p in net.parameters()] == [ag.float64] * 2 + [ag.float32] * 2


def test_a_parameter_is_copied_without_its_gradient(torch):
    for lib, package in ((ag, nn), (torch, torch.nn)):
        layer = package.Linear(1, 1)
        layer(lib.ones(1, 1)).sum().backward()
        assert copy.deepcopy(layer).weight.grad is None
    leaf = ag.ones(1, requires_grad=True)
    (leaf * 2).sum().backward()
    assert array(copy.deepcopy(leaf).grad).tolist() == [2]
