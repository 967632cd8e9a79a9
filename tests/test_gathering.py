"""Reading and writing at indices: ties, zeros, NaN, odd indices, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.errors import DTypeError, GraphError, IndexRangeError, ShapeError

X, SRC = [[2.0, 0.0, 5.0], [2.0, 3.0, -1.0]], [[2.0, 0.0, 7.0], [2.0, 0.0, 7.0], [1.0, 4.0, 5.0]]
INDEX = [[0, 0, 1], [0, 0, 1], [1, 1, 1]]


def reduced(lib: Any, reduce: str, include_self: bool) -> list[Any]:
    """Reduce with ties and zeros; return the value, its gradients, and theirs."""
    x, src = (lib.tensor(v, dtype=lib.float64, requires_grad=True) for v in (X, SRC))
    y = x.scatter_reduce(0, lib.tensor(INDEX), src, reduce, include_self=include_self)
    weights = lib.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype=lib.float64)
    first = lib.autograd.grad((y * weights).sum(), [x, src], create_graph=True)
    return [y, *first]


# without amax and amin of what is not included: there PyTorch gives it a share where it ties (see the next test)
WITHIN = [(reduce, True) for reduce in ("sum", "mean", "amax", "amin")] + [("sum", False), ("mean", False)]


@pytest.mark.parametrize(("reduce", "include_self"), WITHIN)
def test_ties_share_as_in_pytorch(torch: Any, reduce: str, include_self: bool) -> None:
    for ours, theirs in zip(reduced(ag, reduce, include_self), reduced(torch, reduce, include_self), strict=True):
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy())


def test_what_is_not_included_has_no_share() -> None:
    x = ag.tensor([2.0, 9.0], requires_grad=True)
    src = ag.tensor([2.0, 2.0], requires_grad=True)
    x.scatter_reduce(0, ag.tensor([0, 0]), src, "amax", include_self=False).sum().backward()
    assert x.grad.tolist() == [0, 1] and src.grad.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("zeros", [0, 1, 2])
def test_products_are_exact_through_zeros_to_second_order(zeros: int) -> None:
    values = np.array([0.0] * zeros + [3.0, -2.0, 5.0][zeros:])
    x, src = ag.tensor([4.0, 1.0], dtype=ag.float64), ag.tensor(values, requires_grad=True)
    y = x.scatter_reduce(0, ag.tensor([0, 0, 0]), src, "prod")
    found = []
    for root in (y[0], 4 * src[0] * src[1] * src[2]):
        (first,) = ag.autograd.grad(root, src, create_graph=True)
        (second,) = ag.autograd.grad(first[0] + 2 * first[2], src)
        found.append((root.item(), first.tolist(), second.tolist()))
    assert found[0] == found[1]


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool", "float16"])
@pytest.mark.parametrize("reduce", ["sum", "prod", "amax", "amin"])
def test_other_dtypes(torch: Any, reduce: str, dtype: str, include_self: bool) -> None:
    results = []
    for lib in (ag, torch):
        kind = getattr(lib, dtype)
        x, src, index = lib.tensor(X).abs().to(kind), lib.tensor(SRC).abs().to(kind), lib.tensor(INDEX)
        results.append(x.scatter_reduce(0, index, src, reduce, include_self=include_self))
    assert results[0].tolist() == results[1].tolist() and results[0].dtype.name == dtype


def test_the_first_index_that_is_out_of_bounds_is_named() -> None:
    x, bad = ag.zeros(3, 3), ag.tensor([0, 2, 7, -5, 9])
    for call in (lambda: x.index_select(0, bad), lambda: x.index_add(0, bad, ag.zeros(5, 3)),
                 lambda: x[0].gather(0, bad), lambda: x[0].scatter(0, bad, 1.0), lambda: x[0].take(bad),
                 lambda: x.index_fill(0, bad, 1.0), lambda: x.index_copy(0, bad, ag.zeros(5, 3))):  # fmt: skip
        with pytest.raises(IndexRangeError, match=r"^\w+: index 7 is out of bounds for dimension with size 3"):
            call()
    with pytest.raises(IndexRangeError, match="index -1 is out of bounds"):
        x.index_select(0, ag.tensor([-1]))
    assert x.take(ag.tensor([-9])).item() == 0 and x.index_fill(0, ag.tensor([-3]), 1.0)[0].tolist() == [1, 1, 1]


def test_indices_may_be_int32_and_nothing_else() -> None:
    x = ag.arange(6.0).reshape(2, 3)
    short = ag.tensor([[1, 0, 1]], dtype=ag.int32)
    assert x.gather(0, short).tolist() == [[3, 1, 5]]
    assert x.index_select(1, short[0]).tolist() == [[1, 0, 1], [4, 3, 4]]
    assert x.scatter_add(0, short, ag.ones(1, 3)).tolist() == [[0, 2, 2], [4, 4, 6]]
    for dtype in (ag.int16, ag.uint8, ag.float32, ag.bool):
        with pytest.raises(DTypeError, match="Expected dtype int32/int64 for index"):
            x.gather(0, short.to(dtype))
    with pytest.raises(DTypeError, match="gather: index is list; wanted an integer Tensor"):
        x.gather(0, [[0]])


def test_empty_indices_change_nothing() -> None:
    x, none = ag.arange(6.0).reshape(2, 3), ag.zeros(0, dtype=ag.int64)
    nothing = ag.zeros(2, 0, dtype=ag.int64)
    assert x.gather(1, nothing).shape == (2, 0) and x.index_select(1, none).shape == (2, 0)
    for y in (x.scatter(1, nothing, 1.0), x.scatter_add(1, nothing, x), x.scatter_reduce(1, nothing, x, "amax"),
              x.index_add(1, none, nothing.float()), x.index_copy(1, none, nothing.float()),
              x.index_fill(0, none, 9.0), x.put(none, none.float()), x.masked_scatter(x > 9, none.float()),
    ):  # fmt: skip
        assert y.tolist() == x.tolist() and y is not x


def test_0d_tensors_have_one_element() -> None:
    x, at = ag.tensor(3.0, requires_grad=True), ag.tensor(0)
    assert x.gather(0, at).item() == 3 and x.index_select(0, at).shape == () and x.take(at).item() == 3
    for y in (x.scatter_add(0, at, ag.tensor(2.0)), x.index_add(0, at, ag.tensor(2.0)),
              x.scatter_reduce(0, at, ag.tensor(2.0), "sum"), x.put(at, ag.tensor(2.0), True)):  # fmt: skip
        assert y.shape == () and y.item() == 5 and ag.autograd.grad(y, x)[0].item() == 1
    assert x.index_fill(0, at, 1.0).item() == x.scatter(0, at, 1.0).item() == x.masked_fill(at == 0, 1.0).item() == 1


def test_writes_in_place_go_through_views_and_refuse_leaves() -> None:
    x = ag.zeros(2, 3, requires_grad=True)
    at, ones = ag.tensor([[1, 0, 1]]), ag.ones(1, 3, requires_grad=True)
    base = x * 1
    base[:, 1:].scatter_reduce_(0, at[:, :2], ones[:, :2] * 3, "sum")
    assert base.tolist() == [[0, 0, 3], [0, 3, 0]]
    base.sum().backward()
    assert ones.grad.tolist() == [[3, 3, 0]] and x.grad.tolist() == [[1, 1, 1], [1, 1, 1]]
    for write in (lambda: x.scatter_(0, at, 1.0), lambda: x.index_fill_(0, at[0], 1.0),
                  lambda: x.index_put_((at[0],), ag.tensor(1.0)), lambda: x.put_(at, ones)):  # fmt: skip
        with pytest.raises(GraphError, match="a leaf Variable that requires grad"):
            write()


def test_results_go_into_out() -> None:
    x, at = ag.arange(6.0).reshape(2, 3), ag.tensor([1, 0])
    out = ag.empty(2, 3)
    assert ag.index_select(x, 0, at, out=out) is out and out.tolist() == [[3, 4, 5], [0, 1, 2]]
    assert ag.scatter_reduce(x, 0, ag.tensor([[1, 1, 1]]), x, "amax", out=out) is out and out[1].tolist() == [3, 4, 5]
    assert ag.index_add(x, 1, at, x[:, :2], out=out) is out and out.tolist() == [[1, 1, 2], [7, 7, 5]]


@pytest.mark.filterwarnings("ignore:The reduce argument of torch.scatter:UserWarning")  # once a process
@pytest.mark.parametrize("reduce", ["add", "multiply"])
def test_scatter_with_reduce(torch: Any, reduce: str) -> None:
    x, index = ag.tensor(X), [[0, 1, 0]]
    with pytest.warns(UserWarning, match="^scatter: the reduce argument with a Tensor src is deprecated"):
        ours = x.scatter(0, ag.tensor(index), x, reduce=reduce)
    theirs = torch.tensor(X).scatter(0, torch.tensor(index), torch.tensor(X), reduce=reduce)
    assert ours.tolist() == theirs.tolist()
    ours = x.scatter(0, ag.tensor(index), 3.0, reduce=reduce)
    assert ours.tolist() == torch.tensor(X).scatter(0, torch.tensor(index), 3.0, reduce=reduce).tolist()
    with pytest.raises(DTypeError, match="scatter: reduce is 'sum'; reduce argument must be either add or multiply"):
        x.scatter(0, ag.tensor(index), 1.0, reduce="sum")


def test_a_masked_scatter_takes_the_source_in_order() -> None:
    x = ag.zeros(2, 3, requires_grad=True)
    mask, src = ag.tensor([[True, False, True], [False, True, False]]), ag.arange(1.0, 6.0).requires_grad_()
    y = x.masked_scatter(mask, src)
    assert y.tolist() == [[1, 0, 2], [0, 3, 0]]
    (y * y).sum().backward()
    assert src.grad.tolist() == [2, 4, 6, 0, 0]
    with pytest.raises(ShapeError, match="Number of elements of source < number of ones in mask; got 2 and 3"):
        x.masked_scatter(mask, src[:2])


@pytest.mark.parametrize("accumulate", [False, True])
def test_index_put_takes_masks_and_broadcasts(torch: Any, accumulate: bool) -> None:
    def program(lib: Any) -> list[Any]:
        x, v = lib.tensor(X, requires_grad=True), lib.tensor([1.0, 2.0], requires_grad=True)
        y = x.index_put((lib.tensor([True, False]), lib.tensor([2, 0])), v, accumulate)
        y = y.index_put((lib.tensor([[1], [0]]), lib.tensor([0, 0])), v[:1], accumulate=accumulate)
        return [y.detach(), *lib.autograd.grad((y * y).sum(), [x, v])]

    for ours, theirs in zip(program(ag), program(torch), strict=True):
        assert ours.tolist() == theirs.tolist()
