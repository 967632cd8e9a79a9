"""Indices out of range on the strict fake device: named, at the next moment when the host waits anyway."""

from __future__ import annotations

import pytest

import autograd_core as ag
import nn.functional as F
from autograd_core.backend import watches
from autograd_core.engine.failure import without_place
from autograd_core.errors import IndexRangeError
from tests import fake_cupy

WAITS = {
    "item": lambda: ag.ones((), device="cuda").item(),
    "bool": lambda: bool(ag.ones((), device="cuda")),
    "cpu": lambda: ag.ones(2, device="cuda").cpu(),
    "tolist": lambda: ag.ones(2, device="cuda").tolist(),
    "print": lambda: repr(ag.ones(2, device="cuda")),
    "synchronize": lambda: ag.cuda.synchronize(),
}
# name -> a call with two indices, and what the error says where the first is 7
CALLS = {
    "gather": (lambda x, i: x.gather(0, i.reshape(1, 2)), "gather: index 7 is out of bounds .* size 3"),
    "index_select": (lambda x, i: x.index_select(0, i), "index_select: index 7"),
    "index_add": (lambda x, i: x.index_add(0, i, ag.ones(2, 4, device="cuda")), "index_add: index 7"),
    "scatter": (lambda x, i: x.scatter(0, i.reshape(1, 2), 1.0), "scatter: index 7"),
    "take_along_dim": (lambda x, i: x.take_along_dim(i.reshape(2, 1), 0), "take_along_dim: index 7"),
    "getitem": (lambda x, i: x[i], "getitem: index 7 is out of bounds .* size 3"),
    "getitem-second": (lambda x, i: x.T[:, i], "getitem: index 7 is out of bounds .* size 3"),
    "getitem-ellipsis": (lambda x, i: x.T[None, ..., i], "getitem: index 7 is out of bounds .* size 3"),
    "getitem-int": (lambda x, i: x.reshape(2, 2, 3)[0, :, i], "getitem: index 7 is out of bounds .* size 3"),
    "setitem": (lambda x, i: x.clone().__setitem__(i, 0.0), "setitem: index 7"),
    "index_put": (lambda x, i: x.index_put((i,), ag.tensor(1.0, device="cuda")), "index_put: index 7"),
    "embedding": (lambda x, i: F.embedding(i, x), "embedding: index out of range in self: index 7"),
    "nll_loss": (lambda x, i: F.nll_loss(x.T[:2], i), "gather: index 7 is out of bounds"),
    "cross_entropy": (lambda x, i: F.cross_entropy(x.T[:2], i), "cross_entropy: Target 7 is out of bounds"),
}


@pytest.mark.parametrize(
    ("name", "kind"), [(n, k) for n in CALLS for k in (ag.int64, ag.int32) if k is ag.int64 or not n.endswith("_loss")]
)
def test_an_index_out_of_range_is_named_where_the_host_waits(cuda, name, kind):
    call, message = CALLS[name]
    x = ag.arange(12.0, device="cuda").reshape(3, 4)
    good, bad = (ag.tensor([last, 0], dtype=kind, device="cuda") for last in (2, 7))
    with fake_cupy.forbid_sync():
        call(x, good)
    ag.cuda.synchronize()
    with fake_cupy.forbid_sync():
        call(x, bad)
        call(x, good)
    with pytest.raises(IndexRangeError, match=message):
        ag.cuda.synchronize()
    ag.cuda.synchronize()  # said once


@pytest.mark.parametrize("name", WAITS)
def test_every_wait_of_the_host_says_it(cuda, name):
    ag.ones(3, device="cuda")[ag.tensor([-4], device="cuda")]
    with pytest.raises(IndexRangeError, match="getitem: index -4 is out of bounds for dimension with size 3"):
        WAITS[name]()


def test_negative_indices_are_named(cuda):
    ag.ones(3, device="cuda").gather(0, ag.tensor([0, -1, 2], device="cuda"))
    with pytest.raises(IndexRangeError, match="gather: index -1 is out of bounds"):
        ag.cuda.synchronize()
    assert ag.arange(3.0, device="cuda")[ag.tensor([-1, -3], device="cuda")].tolist() == [2.0, 0.0]


def test_a_training_loop_keeps_one_number_per_operation(cuda):
    weight = ag.ones(5, 2, device="cuda")
    with fake_cupy.forbid_sync():
        for _ in range(50):
            F.embedding(ag.tensor([0, 4], device="cuda"), weight)
    assert len(watches._watches) == 1
    ag.cuda.synchronize()
    assert not watches._watches


def test_both_devices_say_the_same(cuda):
    said = []
    for device in ("cpu", "cuda"):
        with pytest.raises(IndexRangeError) as caught:
            ag.ones(3, device=device).gather(0, ag.tensor([0, 5, 2], device=device)).tolist()
        said.append(without_place(str(caught.value))[0])
    assert said[0] == said[1] == "gather: index 5 is out of bounds for dimension with size 3"
