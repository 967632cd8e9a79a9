"""Graphs free themselves by reference counting, and release what rules saved as the walk passes."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd_core as ag


@pytest.fixture(autouse=True)
def no_gc() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def leaf(n: int = 3) -> ag.Tensor:
    return ag.ones(n, requires_grad=True)


LONG = 100_000


def test_a_chain_of_100_000_operations_goes_forward_and_backward() -> None:
    x = ag.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(LONG):
        y = y + 1.0
    y.backward()
    assert y.item() == LONG + 1 and x.grad.item() == 1


def test_a_chain_of_100_000_saving_operations_is_freed_without_recursion() -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        x = ag.tensor(1.0, requires_grad=True)
        y = x
        for _ in range(LONG):
            y = y * 1.0001
        alive = weakref.ref(y.grad_fn)
        del y  # never walked
        assert alive() is None
        y = x
        for _ in range(LONG):
            y = y * x
        y.backward()
        assert x.grad.item() == LONG + 1
        del y
    finally:
        sys.setrecursionlimit(limit)


def test_grad_of_a_long_chain() -> None:
    x = ag.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(LONG // 10):
        y = y * 1.0
    (g,) = ag.autograd.grad(y, x, create_graph=True)
    assert g.item() == 1


MAKERS = {
    "elementwise": lambda x: (x * 2).exp().sum(),
    "saves its output": lambda x: x.exp().tanh().sum(),
    "reduction": lambda x: x.softmax(0).max(0)[0],
    "list": lambda x: ag.cat([x, x * 2]).sum(),
    "views": lambda x: (x * 1)[1:].reshape(-1, 1).T.sum(),
    "written": lambda x: (x * 1).mul_(2).sum(),
    "several outputs": lambda x: ag.max(x * 1, 0).values,
    "matmul": lambda x: (x.reshape(1, -1) @ x).sum(),
    "index": lambda x: (x * 1)[ag.tensor([0, 0])].sum(),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_an_unwalked_graph_frees_itself(make: Any) -> None:
    x = leaf()
    y = make(x)
    node, array, tensor = weakref.ref(y.grad_fn), weakref.ref(y._array), weakref.ref(y)
    parent = weakref.ref(y.grad_fn.parents[0])
    del y
    assert node() is None and array() is None and tensor() is None
    assert parent() is None or parent() is x._node


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
@pytest.mark.parametrize("create_graph", [False, True])
def test_1000_steps_leave_no_growth(make: Any, create_graph: bool) -> None:
    x = leaf()

    def step() -> None:
        y = make(x)
        if create_graph:
            (g,) = ag.autograd.grad(y, x, create_graph=True)
            (g * g).sum().backward() if g.requires_grad else None
        else:
            y.backward()
        x.grad = None

    for _ in range(10):
        step()
    grown = []
    for _ in range(3):  # a leak grows each time; Python's own caches, which fill at a moment of their own, do not
        gc.collect()
        before, blocks = len(gc.get_objects()), sys.getallocatedblocks()
        for _ in range(1000):
            step()
        assert len(gc.get_objects()) <= before + 5
        gc.collect()  # empties Python's own lists of free tuples; no cycle has been left for it, as just seen
        grown.append(sys.getallocatedblocks() - blocks)
    assert min(grown) <= 100


def test_no_cycle_is_left_for_the_collector() -> None:
    x = leaf()
    for make in MAKERS.values():
        y = make(x)
        y.backward()
        del y
    x.grad = None
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        kinds = {type(o).__module__ for o in gc.garbage}
        assert not any(kind.startswith("autograd_core") for kind in kinds)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


def test_a_pending_error_is_the_only_thing_that_holds_a_graph() -> None:
    x = leaf()
    y = (x * x).sum()
    node = weakref.ref(y.grad_fn)
    y.backward()
    with pytest.raises(RuntimeError):
        y.backward()
    del y
    assert node() is None


def test_saved_arrays_go_as_the_walk_passes_them() -> None:
    x = leaf()
    alive: list[bool] = []
    a = x * 1
    b = (a * 1).exp()
    saved = weakref.ref(b._array)
    c = b * 1  # saves nothing of b, which is a number's factor
    loss = c.sum()
    a.register_hook(lambda g: alive.append(saved() is not None))
    del b, c
    assert saved() is not None  # exp keeps its output
    loss.backward()
    assert alive == [False]


def test_retain_graph_keeps_them() -> None:
    x = leaf()
    b = (x * 1).exp()
    saved = weakref.ref(b._array)
    loss = b.sum()
    del b
    loss.backward(retain_graph=True)
    assert saved() is not None
    del loss
    assert saved() is None


def test_what_no_rule_names_is_not_kept() -> None:
    x = leaf()
    a = x * 2
    array = weakref.ref(a._array)
    b = a + 1
    del a
    assert array() is None
    assert b.grad_fn.saved == []
    c = (x * 2).exp()
    assert len(c.grad_fn.saved) == 1 and c.grad_fn.saved[0] is c._array


def test_a_constant_factors_partner_is_not_kept() -> None:
    x, c = leaf(), ag.ones(3)
    y = x * c
    assert len(y.grad_fn.saved) == 1 and y.grad_fn.saved[0] is c._array


def test_nothing_is_kept_without_recording() -> None:
    x = leaf()
    with ag.no_grad():
        y = x * 2
        array = weakref.ref(y._array)
        z = y.exp()
        del y
    assert array() is None
    assert z.grad_fn is None


def test_a_leaf_that_is_gone_is_passed_over() -> None:
    x, w = leaf(), leaf()
    y = (x * w).sum()
    del w
    y.backward()
    assert x.grad.tolist() == [1, 1, 1]


def test_a_view_keeps_its_base_and_a_base_does_not_keep_its_views() -> None:
    x = ag.zeros(4)
    view = x[1:]
    assert view._base is x
    held = weakref.ref(view)
    del view
    assert held() is None
    array = weakref.ref(x._array)
    view = x[1:]
    del x
    assert array() is not None
    del view
    assert array() is None


def test_many_views_of_one_base_leave_no_list_of_the_dead() -> None:
    x = ag.zeros(4)
    for i in range(10_000):
        x[i % 4 :]
    assert len(x._children or ()) < 100


def test_peak_memory_of_a_walk_is_that_of_its_live_arrays() -> None:
    """A chain whose rules save nothing needs two gradients at a time, however long it is."""
    tracemalloc = pytest.importorskip("tracemalloc")
    x = ag.zeros(100_000, requires_grad=True)
    y = x
    for _ in range(20):
        y = -y
    g = ag.ones(100_000)
    tracemalloc.start()
    try:
        y.backward(g)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * x.nbytes
    np.testing.assert_array_equal(x.grad.numpy(), g.numpy())
