"""Sorting, searching and sets: NaN, ties, named results, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError

NAN = float("nan")
TIED = [[3.0, 1.0, NAN, 1.0, 3.0], [2.0, NAN, 2.0, -0.0, 0.0]]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_nan_is_the_largest_and_equal_elements_keep_their_order(torch: Any, dim: int, descending: bool) -> None:
    ours = ag.tensor(TIED).sort(dim, descending)
    theirs = torch.tensor(TIED).sort(dim=dim, descending=descending, stable=True)
    np.testing.assert_array_equal(ours.values.numpy(), theirs.values.numpy())
    np.testing.assert_array_equal(ours.indices.numpy(), theirs.indices.numpy())
    assert ag.argsort(ag.tensor(TIED), dim, descending).tolist() == theirs.indices.tolist()


def test_results_are_named() -> None:
    x = ag.tensor([2.0, 3.0, 1.0], requires_grad=True)
    assert type(x.sort()).__name__ == "sort_result" and type(x.topk(1)).__name__ == "topk_result"
    values, indices = ag.topk(x, k=2)
    assert values.tolist() == [3, 2] and indices.tolist() == [1, 0] and indices.dtype is ag.int64
    assert x.topk(2, largest=False).indices.tolist() == [2, 0] and ag.msort(x).tolist() == [1, 2, 3]
    assert not indices.requires_grad and values.requires_grad
    out = ag.empty(3), ag.empty(3, dtype=ag.int64)
    assert ag.sort(x.detach(), stable=True, out=out).values is out[0] and out[1].tolist() == [2, 0, 1]


def test_gradients_go_back_to_where_the_values_came_from() -> None:
    x = ag.tensor([[2.0, 3.0, 1.0]], requires_grad=True)
    weights = ag.tensor([[1.0, 10.0, 100.0]])
    (x.sort(descending=True).values * weights).sum().backward()
    assert x.grad.tolist() == [[10, 1, 100]]


def test_bad_calls_are_named() -> None:
    x = ag.tensor([1.0, 2.0])
    with pytest.raises(DTypeError, match=r"^sort: Sort does not support complex dtypes; got ag.complex64"):
        ag.tensor([1j, 2]).sort()
    with pytest.raises(IndexRangeError, match=r"^topk: selected index k=3 out of range for shape \(2,\), dim 0"):
        x.topk(3, 0)
    with pytest.raises(IndexRangeError, match=r"^sort: Dimension out of range"):
        x.sort(1)
    with pytest.raises(ShapeError, match=r"^searchsorted: boundary and sorter must have the same size"):
        ag.searchsorted(x, x, sorter=ag.tensor([0]))
    with pytest.raises(DTypeError, match=r"^searchsorted: sorter must be a tensor of long dtype; got ag.int32"):
        ag.searchsorted(x, x, sorter=ag.tensor([0, 1], dtype=ag.int32))


@given(
    edges=st.lists(st.integers(-3, 3).map(float) | st.just(NAN), max_size=9),
    values=st.lists(st.integers(-4, 4).map(float) | st.sampled_from([NAN, np.inf, -np.inf]), max_size=9),
    right=st.booleans(),
)
def test_any_search_is_pytorchs(edges: list[float], values: list[float], right: bool) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; it is the reference of this test")
    line = np.sort(np.array(edges, np.float64))
    looked_for = np.array(values, np.float64)
    theirs = torch.searchsorted(torch.tensor(line), torch.tensor(looked_for), right=right)
    assert ag.searchsorted(ag.tensor(line), ag.tensor(looked_for), right=right).tolist() == theirs.tolist()
    lines = ag.tensor(np.stack([line, line])), ag.tensor(np.stack([looked_for, looked_for[::-1]]))
    batched = ag.searchsorted(*lines, side="right" if right else None, out_int32=True)
    assert batched.tolist() == [theirs.tolist(), theirs.tolist()[::-1]] and batched.dtype is ag.int32


def test_a_sorter_stands_for_the_sorted_sequence() -> None:
    edges, values = ag.tensor([3.0, 1.0, 2.0]), ag.tensor([1.5, 9.0])
    assert ag.searchsorted(edges, values, sorter=edges.argsort()).tolist() == [1, 3]
    assert ag.bucketize(ag.tensor([1, 3]), ag.tensor([1.0, 2.0]), right=True).tolist() == [1, 2]
    assert ag.searchsorted(edges.sort().values, 2.0).shape == () and ag.bucketize(0, edges).item() == 0


def test_each_nan_is_its_own(torch: Any) -> None:
    values = [1.0, NAN, NAN, 1.0]
    for call in ("unique", "unique_consecutive"):
        ours = getattr(ag, call)(ag.tensor(values), return_inverse=True, return_counts=True)
        theirs = getattr(torch, call)(torch.tensor(values), return_inverse=True, return_counts=True)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert not ag.isin(ag.tensor([NAN]), ag.tensor([NAN])).any()


def test_numbers_are_of_the_tensors_dtype() -> None:
    assert ag.isin(ag.tensor([0.1, 0.2]), 0.1).tolist() == [True, False]
    assert ag.isin(2, ag.tensor([1, 2])).item() is True
    assert ag.isin(ag.tensor([1, 2]), 1.5, invert=True).tolist() == [True, True]
