"""Views: they share memory, version and graph with their base, however they are chained and written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core.errors import GraphError, ShapeError


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
        lambda h: h.detach(), lambda h: h.squeeze(), lambda h: h.unflatten(1, [3, 1]),
        lambda h: h.diagonal(), lambda h: h.diagonal(-1), lambda h: h.mT.diagonal(1), lambda h: h.ravel(),
        lambda h: h.mT,
        lambda h: h.unfold(1, 2, 2), lambda h: h.unfold(0, 2, 1), lambda h: h.as_strided((2, 2), (3, 1), 1),
        lambda h: h.tensor_split(2)[1], lambda h: h.hsplit([1])[0], lambda h: h.split_with_sizes([1, 1])[0],
        lambda h: ag.slice(h, 1, 0, None, 2), lambda h: h.swapaxes(0, 1), lambda h: h.view_as(h), lambda h: h.H,
        lambda h: ag.atleast_3d(h), lambda h: h.T.as_strided((2,), (2,), 1), lambda h: h[1:].as_strided((2,), (1,), 0),
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
    h.detach().mul_(2)
    assert h._version == 4
    h.data.mul_(2)
    h + 1
    assert h._version == 4


def test_writing_under_no_grad_is_noticed_but_not_differentiated() -> None:
    x = leaf(1, 2)
    h = x * 3
    with ag.no_grad():
        h.add_(1)
    (h * 2).sum().backward()
    assert x.grad.tolist() == [6, 6] and h._version == 1


def test_a_diagonal_is_written_through_and_differentiated() -> None:
    x, w = ag.ones(3, 3, dtype=ag.float64, requires_grad=True), leaf(2, 3, 4)
    h = x * 1
    d = h.diagonal()
    d.mul_(w)
    d[1:].zero_()
    assert h.tolist() == [[2, 1, 1], [1, 0, 1], [1, 1, 0]]
    (h * h).sum().backward()
    assert x.grad.tolist() == [[8, 2, 2], [2, 0, 2], [2, 2, 0]] and w.grad.tolist() == [4, 0, 0]


def test_windows_are_written_through_and_differentiated() -> None:
    x = ag.arange(6.0, dtype=ag.float64).requires_grad_()
    h = x * 1
    h.unfold(0, 2, 3).mul_(10)  # 0 1 and 3 4
    wide = h.unfold(0, 3, 1)
    assert h.tolist() == [0, 10, 2, 30, 40, 5]
    wide.sum().backward()
    assert x.grad.tolist() == [10, 20, 3, 30, 20, 1]
    with pytest.raises(ShapeError, match=r"more than one element of the target .* single memory location"):
        h.detach().unfold(0, 3, 1).zero_()


def test_strided_views_reach_their_base() -> None:
    x = ag.arange(6.0, dtype=ag.float64).requires_grad_()
    h = (x * 1).reshape(2, 3)
    h.T.as_strided((2, 2), (1, 3), 1).mul_(2)
    h.sum().backward()
    assert x.grad.tolist() == [1, 2, 2, 1, 2, 2] and h._version == 1


def test_the_diagonal_can_be_filled() -> None:
    h = ag.zeros(2, 3)
    assert h.fill_diagonal_(5) is h and h.tolist() == [[5, 0, 0], [0, 5, 0]] and h._version == 1
    assert ag.zeros(5, 2).fill_diagonal_(1, wrap=True).tolist() == [[1, 0], [0, 1], [0, 0], [1, 0], [0, 1]]
    assert ag.zeros(2, 2, 2).fill_diagonal_(1).nonzero().tolist() == [[0, 0, 0], [1, 1, 1]]
    for shape in ((3,), (2, 2, 3)):
        with pytest.raises(ShapeError, match=r"^fill_diagonal_: dimensions must be"):
            ag.zeros(shape).fill_diagonal_(1)


# ---- tensors that become a view of themselves ----


BECOME = [
    (lambda t: t.t_(), (3, 2)), (lambda t: t.transpose_(0, 1), (3, 2)), (lambda t: t.swapdims_(0, 1), (3, 2)),
    (lambda t: t.unsqueeze_(1), (2, 1, 3)), (lambda t: t.unsqueeze_(0).squeeze_(), (2, 3)),
    (lambda t: t.swapaxes_(-1, 0), (3, 2)), (lambda t: t.as_strided_((2, 2), (3, 1), 1), (2, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("become", "shape"), BECOME)
def test_a_tensor_becomes_a_view_of_itself(become: Any, shape: Any) -> None:
    x = ag.arange(6.0, dtype=ag.float64).reshape(2, 3).detach().requires_grad_()
    h = x * 1
    row = h[1]
    assert become(h) is h and h.shape == shape
    h.mul_(2)
    row.add_(1)
    expected = np.arange(6.0).reshape(2, 3)
    written = ag.arange(6).reshape(2, 3)
    become(written)
    doubled = np.isin(np.arange(6).reshape(2, 3), written.numpy())
    expected[doubled] *= 2
    expected[1] += 1
    assert row.tolist() == expected[1].tolist() and h._base.tolist() == expected.tolist()
    h.sum().backward()
    assert x.grad.tolist() == np.where(doubled, 2, 0).tolist()


def test_a_view_can_become_another() -> None:
    x = leaf(1, 2, 3, 4)
    h = (x * 1).reshape(2, 2)
    v = h[:, 1:]
    v.t_()
    assert v.shape == (1, 2)
    h.mul_(3)
    assert v.tolist() == [[6, 12]]
    v.mul_(2)
    (h.sum() + v.sum()).backward()
    assert x.grad.tolist() == [3, 12, 3, 12]


def test_a_leaf_becomes_a_view_only_outside_the_graph() -> None:
    x = ag.ones(2, 3, requires_grad=True)
    with pytest.raises(GraphError, match=r"^t_: a leaf Variable that requires grad is being used in an in-place"):
        x.t_()
    with ag.no_grad():
        x.t_()
    assert x.shape == (3, 2) and x.is_leaf
    (x * 2).sum().backward()
    assert x.grad.shape == (3, 2)


def test_what_fails_to_become_a_view_stays_as_it_was() -> None:
    h = ag.zeros(2, 3)
    row = h[0]
    with pytest.raises(IndexError):
        h.transpose_(0, 5)
    h.add_(1)
    assert h.shape == (2, 3) and row.tolist() == [1, 1, 1] and row._base is h


# ---- random programs of views and writes, against PyTorch ----

VIEWS = [
    lambda t: t[1:], lambda t: t[..., ::2], lambda t: t.transpose(0, -1), lambda t: t[0], lambda t: t.unsqueeze(0),
    lambda t: t.diagonal(0, 0, -1) if t.ndim > 1 else t[:1], lambda t: t.unfold(-1, 1, 2), lambda t: t.squeeze(0),
    lambda t: t[..., -1:], lambda t: t.permute(*reversed(range(t.ndim))), lambda t: t.narrow(0, 0, 1),
]  # fmt: skip
WRITES = [
    lambda t, w: t.add_(w), lambda t, w: t.mul_(2.5), lambda t, w: t.sub_(w * 3), lambda t, w: t.fill_(2.0),
    lambda t, w: t.zero_(), lambda t, w: t.copy_(w.expand_as(t)), lambda t, w: t.__setitem__(0, w),
    lambda t, w: t.neg_(),
    lambda t, w: t.transpose_(0, -1), lambda t, w: t.unsqueeze_(0).squeeze_(0),
    lambda t, w: t[..., :1].add_(w), lambda t, w: t.__setitem__(Ellipsis, t * 2),
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
