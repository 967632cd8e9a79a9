"""Views: they share memory, version and graph with their base, however they are chained and written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core.errors import ShapeError


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(values, dtype=ag.float64, requires_grad=True)


def test_a_write_into_a_view_reaches_the_base_and_its_other_views() -> None:
    x = leaf(1, 2, 3, 4)
    h = x * 1
    head, tail = h[:3], h[1:]
    head.mul_(10)
    assert h.tolist() == [10, 20, 30, 4] and tail.tolist() == [20, 30, 4]
    (tail * ag.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert x.grad.tolist() == [0, 10, 20, 3]


def test_a_write_into_the_base_reaches_its_views() -> None:
    x = leaf(1, 2, 3)
    h = x * 1
    view = h[1:]
    h.mul_(5)
    view.sum().backward()
    assert view.tolist() == [10, 15] and x.grad.tolist() == [0, 5, 5]


def test_chained_views_of_every_kind() -> None:
    x = ag.arange(12.0, dtype=ag.float64).requires_grad_()
    h = (x * 1).reshape(3, 4)
    v = h.T[1:].unsqueeze(0).permute(2, 0, 1)[::2]
    v.mul_(2)
    factor = np.ones((3, 4))
    factor[::2, 1:] = 2
    h.sum().backward()
    assert (x.grad.numpy().reshape(3, 4) == factor).all()
    assert v._base is not None and v._version == h._version == 1


def test_a_view_of_a_tensor_outside_the_graph_brings_its_base_in() -> None:
    w, buffer = leaf(5), ag.zeros(3, dtype=ag.float64)
    row = buffer[1:]
    row.copy_(w.expand(2))
    assert buffer.requires_grad and row.requires_grad
    (buffer * 2).sum().backward()
    assert w.grad.tolist() == [4]


def test_one_element_is_a_view_too() -> None:
    h = ag.zeros(2, 3)
    h[1, 2].fill_(7)
    h[0].add_(1)
    assert h.tolist() == [[1, 1, 1], [0, 0, 7]]
    assert h[0, 0]._base is h


@pytest.mark.parametrize(
    "view",
    [
        lambda h: h[0], lambda h: h[:, 1], lambda h: h.T, lambda h: h.reshape(3, 2), lambda h: h.view(-1),
        lambda h: h.flatten(), lambda h: h.unsqueeze(1), lambda h: h[None], lambda h: h.permute(1, 0),
        lambda h: h.transpose(0, 1), lambda h: h.narrow(1, 1, 2), lambda h: h.select(0, 1), lambda h: h.split(1)[1],
        lambda h: h.chunk(3, 1)[0], lambda h: h.unbind()[1], lambda h: h[..., ::2], lambda h: h.movedim(0, 1),
        lambda h: h.detach(), lambda h: h.data, lambda h: h.squeeze(), lambda h: h.unflatten(1, [3, 1]),
    ],
)  # fmt: skip
def test_views_share_memory_and_version(view: Any) -> None:
    h = ag.zeros(2, 3)
    v = view(h)
    v.fill_(1)
    assert h.sum().item() == v.numel()
    assert v._version == h._version == 1


@pytest.mark.parametrize(
    "copy",
    [
        lambda h: h.clone(), lambda h: h[[0, 1]], lambda h: h[h == 0], lambda h: h + 0, lambda h: h.flip(0),
        lambda h: h.repeat(1, 1), lambda h: h.T.reshape(6), lambda h: h.index_select(0, ag.tensor([0])),
    ],
)  # fmt: skip
def test_copies_share_neither(copy: Any) -> None:
    h = ag.zeros(2, 3)
    v = copy(h)
    v.fill_(1)
    assert h.sum().item() == 0 and h._version == 0 and v._base is None


def test_an_expanded_tensor_is_not_written() -> None:
    wide = ag.zeros(1).expand(3)
    for bad in (lambda: wide.fill_(1), lambda: wide.add_(1), lambda: wide.__setitem__(0, 1.0), lambda: wide.zero_()):
        with pytest.raises(ShapeError, match=r"more than one element of the target .* single memory location"):
            bad()
    assert wide.tolist() == [0, 0, 0]


def test_versions_count_writes() -> None:
    h = ag.zeros(3)
    assert h._version == 0
    h.add_(1)
    h[0] = 5
    h[1:].zero_()
    h.data.mul_(2)
    assert h._version == 4
    h + 1
    assert h._version == 4


def test_writing_under_no_grad_is_noticed_but_not_differentiated() -> None:
    x = leaf(1, 2)
    h = x * 3
    with ag.no_grad():
        h.add_(1)
    (h * 2).sum().backward()
    assert x.grad.tolist() == [6, 6] and h._version == 1


# ---- random programs of views and writes, against PyTorch ----

VIEWS = [
    lambda t: t[1:], lambda t: t[..., ::2], lambda t: t.transpose(0, -1), lambda t: t[0], lambda t: t.unsqueeze(0),
    lambda t: t[..., -1:], lambda t: t.permute(*reversed(range(t.ndim))), lambda t: t.narrow(0, 0, 1),
]  # fmt: skip
WRITES = [
    lambda t, w: t.add_(w), lambda t, w: t.mul_(2.5), lambda t, w: t.sub_(w * 3), lambda t, w: t.fill_(2.0),
    lambda t, w: t.zero_(), lambda t, w: t.copy_(w.expand_as(t)), lambda t, w: t.__setitem__(0, w),
    lambda t, w: t.neg_(), lambda t, w: t[..., :1].add_(w), lambda t, w: t.__setitem__(Ellipsis, t * 2),
]  # fmt: skip
STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=12)


def run_program(lib: Any, steps: list[tuple[bool, int, int]]) -> list[Any]:
    x = lib.tensor(np.arange(1.0, 13).reshape(3, 4) / 7, requires_grad=True)
    w = lib.tensor(np.array(0.3), requires_grad=True)
    alive = [x * 1, w * lib.ones(2, 2, dtype=lib.float64)]
    for is_view, which, what in steps:
        target = alive[which % len(alive)]
        if is_view and target.ndim and target.numel():
            alive.append(VIEWS[what % len(VIEWS)](target))
        elif target.ndim and target.numel():
            WRITES[what % len(WRITES)](target, w * 2)
        alive = alive[-6:] if len(alive) > 8 else alive
    total = sum((t * (i + 1)).sum() for i, t in enumerate(alive))
    if total.requires_grad:
        total.backward()
    return [*(t.detach() for t in alive), *(0 if t.grad is None else t.grad for t in (x, w))]


@given(STEPS)
def test_random_programs_agree_with_pytorch(steps: list[tuple[bool, int, int]]) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; it is the reference of this test")
    for ours, theirs in zip(run_program(ag, steps), run_program(torch, steps), strict=True):
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-10, atol=1e-10)
