"""Batch rules of what moves elements: every primitive, and every key, of many examples at once as one at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.errors import GraphError, IndexRangeError
from autograd_core.transforms.forward import jvp
from autograd_core.transforms.mapping import vmap
from autograd_core.transforms.reverse import grad, vjp
from tests.op_table import PRIMITIVES, ROWS
from tests.rows import Row, Sample

MOVING = (
    "argsort", "band", "broadcast_to", "cat", "clone", "diagonal", "fft", "gather", "getitem", "irfft", "pad",
    "permute", "put_zeros", "replace_view", "resample", "reshape", "rfft", "roll", "scatter_extreme", "scatter_zeros",
    "search", "setitem", "strided", "sum_to", "transfer", "view_as_complex", "view_as_real",
)  # fmt: skip
TABLE = [(row, sample) for row in ROWS if row.name in MOVING for sample in row.samples]


def looped(function: Callable[..., Any], args: Sequence[Any], dims: Sequence[Any], size: int) -> Any:
    """Return what ``vmap(function, dims)(*args)`` means: each example for itself, then all together."""
    own = [[a if d is None else ag.unbind(a, d)[i] for a, d in zip(args, dims)] for i in range(size)]
    return ag.stack([function(*a) for a in own])


def check(function: Callable[..., Any], args: Sequence[Any], dims: Sequence[Any], size: int) -> None:
    """Compare a batch with a loop, in values, shape and dtype."""
    found, wanted = vmap(function, tuple(dims))(*args), looped(function, args, dims, size)
    assert found.dtype is wanted.dtype
    np.testing.assert_allclose(found.numpy(), wanted.numpy(), rtol=1e-12, atol=1e-12)


def choices(count: int) -> list[tuple[Any, ...]]:
    """Every choice of which arguments the examples have their own of."""
    return [c for c in itertools.product((0, None), repeat=count) if any(d == 0 for d in c)]


def drawn(row: Row, sample: Sample, size: int) -> tuple[list[list[Any]], Callable[..., Any]]:
    """Return the arguments of ``size`` examples, lists spread out, and the call of one example."""
    examples = [sample.draw(row, "float64", salt) for salt in range(size)]
    form = [len(a) if isinstance(a, list) else None for a in examples[0]]
    spread = [[v for a in args for v in (a if isinstance(a, list) else [a])] for args in examples]

    def call(*values: Any) -> Any:
        rest = iter(values)
        args = [next(rest) if n is None else [next(rest) for _ in range(n)] for n in form]
        return row.call(*args, **sample.options)

    return spread, call


@pytest.mark.parametrize("size", [2, 1])
@pytest.mark.parametrize(("row", "sample"), TABLE, ids=[f"{r.name}-{i}" for i, (r, _) in enumerate(TABLE)])
def test_a_batch_is_a_loop(row: Row, sample: Sample, size: int) -> None:
    spread, call = drawn(row, sample, size)
    for chosen in choices(sum(isinstance(a, np.ndarray) for a in spread[0])):
        flags = iter(chosen)
        dims = [next(flags) if isinstance(a, np.ndarray) else None for a in spread[0]]
        columns = list(zip(*spread, strict=True))
        args = [
            ag.tensor(np.stack(c)) if d == 0 else ag.tensor(c[0]) if isinstance(c[0], np.ndarray) else c[0]
            for c, d in zip(columns, dims)
        ]
        check(call, args, dims, size)


@pytest.mark.parametrize("name", sorted({row.name for row, _ in TABLE}))
def test_batches_nest(name: str) -> None:
    row, sample = next((r, s) for r, s in TABLE if r.name == name)
    spread, call = drawn(row, sample, 6)
    count = sum(isinstance(a, np.ndarray) for a in spread[0])
    args = [
        ag.tensor(np.stack(c).reshape(2, 3, *c[0].shape)) if isinstance(c[0], np.ndarray) else c[0]
        for c in zip(*spread, strict=True)
    ]
    tensors = [a for a in args if isinstance(a, ag.Tensor)]

    def one(*values: Any) -> Any:
        rest = iter(values)
        return call(*[next(rest) if isinstance(a, ag.Tensor) else a for a in args])

    found = vmap(vmap(one))(*tensors)
    wanted = looped(lambda *xs: looped(one, xs, (0,) * count, 3), tensors, (0,) * count, 2)
    np.testing.assert_allclose(found.numpy(), wanted.numpy(), rtol=1e-12, atol=1e-12)


def differentiable(row: Row) -> bool:
    return bool(PRIMITIVES[row.name].rules) and row.order > 0


@pytest.mark.parametrize(
    ("row", "sample"), [(r, s) for r, s in TABLE if differentiable(r)],
    ids=[f"{r.name}-{i}" for i, (r, _) in enumerate(TABLE) if differentiable(r)],
)  # fmt: skip
def test_gradients_and_tangents_of_a_batch_are_those_of_a_loop(row: Row, sample: Sample) -> None:
    spread, call = drawn(row, sample, 2)
    columns = list(zip(*spread, strict=True))
    moving = [i for i, c in enumerate(columns) if isinstance(c[0], np.ndarray) and c[0].dtype.kind in "fc"]
    fixed = [ag.tensor(c[0]) if isinstance(c[0], np.ndarray) else c[0] for c in columns]

    def loss(*values: Any) -> Any:
        args = list(fixed)
        for i, v in zip(moving, values):
            args[i] = v
        y = call(*args)
        y = ag.view_as_real(y) if y.is_complex() else y
        return (y * y).sum() / 2

    args = [ag.tensor(np.stack(columns[i])) for i in moving]
    which = tuple(range(len(args)))
    for k in which:
        check(lambda *a, k=k: grad(loss, which)(*a)[k], args, [0] * len(args), 2)
    check(lambda *a: jvp(loss, a, a)[1], args, [0] * len(args), 2)


# ---- keys: indices that differ between examples, beside slices, ints and None ----

SHAPE = (3, 4, 5)
KEYS: dict[str, Callable[..., Any]] = {
    "rows": lambda x, i, j: x[i],
    "number": lambda x, i, j: x[j],
    "number behind a slice": lambda x, i, j: x[:, j],
    "columns": lambda x, i, j: x[:, i],
    "last": lambda x, i, j: x[..., i],
    "two together": lambda x, i, j: x[i, j],
    "two behind a slice": lambda x, i, j: x[:, i, i + 1],
    "two apart": lambda x, i, j: x[i, :, i],
    "apart by None": lambda x, i, j: x[i, None, i],
    "with an int": lambda x, i, j: x[0, :, i],
    "with a number": lambda x, i, j: x[j, :, i],
    "with a fixed index": lambda x, i, j: x[i, :, i.new_tensor([0, 4])],
    "of two dims": lambda x, i, j: x[i[:, None], i],
    "of two dims, in the middle": lambda x, i, j: x[1:, i[:, None] * i.new_tensor([[0, 1]]), :2],
    "with a step": lambda x, i, j: x[::2, i, None, 1:3],
    "with a mask": lambda x, i, j: x[i, i.new_tensor([1, 0, 0, 1]) > 0],
    "negative": lambda x, i, j: x[i - 3, -1],
    "in a list": lambda x, i, j: x[[0, 2]][:, i],
}
CHOICES = [(0, 0, 0), (None, 0, 0), (0, None, None), (None, 0, None), (0, 0, None)]


def indexed(chosen: Sequence[Any], size: int) -> list[Any]:
    """Return a tensor, an index of two entries and a number as an index, those that are chosen for each example."""
    rng = np.random.default_rng(3)
    x, i, j = rng.standard_normal((size, *SHAPE)), rng.integers(0, 3, (size, 2)), rng.integers(0, 3, (size,))
    return [ag.tensor(v if d == 0 else v[0]) for v, d in zip((x, i, j), chosen)]


@pytest.mark.parametrize("chosen", CHOICES, ids=str)
@pytest.mark.parametrize("key", KEYS)
def test_keys_of_a_batch_are_those_of_a_loop(key: str, chosen: tuple[Any, ...]) -> None:
    for size in (3, 1):
        check(KEYS[key], indexed(chosen, size), chosen, size)


@pytest.mark.parametrize("chosen", CHOICES[:3], ids=str)
@pytest.mark.parametrize("key", KEYS)
def test_gradients_at_keys_are_those_of_a_loop(key: str, chosen: tuple[Any, ...]) -> None:
    args = indexed(chosen, 3)
    check(grad(lambda *a: (KEYS[key](*a) ** 3).sum()), args, chosen, 3)
    t = ag.randn(*SHAPE, dtype=ag.float64)
    check(lambda x, i, j: jvp(lambda x: KEYS[key](x, i, j) ** 3, (x,), (t,))[1], args, chosen, 3)
    check(grad(lambda *a: grad(lambda *b: (KEYS[key](*b) ** 3).sum())(*a).square().sum()), args, chosen, 3)


@pytest.mark.parametrize("key", [k for k in KEYS if k not in ("number", "number behind a slice", "with a number")])
def test_keys_are_pytorchs(torch: Any, key: str) -> None:
    for chosen in CHOICES[:3]:
        args = indexed(chosen, 3)
        theirs = [torch.tensor(a.numpy()) for a in args]
        wanted = [KEYS[key](*[a if d is None else a[k] for a, d in zip(theirs, chosen)]) for k in range(3)]
        np.testing.assert_array_equal(vmap(KEYS[key], chosen)(*args).numpy(), torch.stack(wanted).numpy())


@pytest.mark.parametrize("chosen", [(0, 0, 0), (None, 0, 0), (0, None, None), (None, None, 0)], ids=str)
@pytest.mark.parametrize("accumulate", [False, True])
@pytest.mark.parametrize("width", [(), (4, 5), (1, 5)], ids=str)
def test_index_put_of_a_batch(width: tuple[int, ...], accumulate: bool, chosen: tuple[Any, ...]) -> None:
    rng = np.random.default_rng(1)
    x, i = rng.standard_normal((3, *SHAPE)), np.stack([rng.permutation(3)[:2] for _ in range(3)])
    v = rng.standard_normal((3, *((2, *width) if width else ())))
    args = [ag.tensor(a if d == 0 else a[0]) for a, d in zip((x, i, v), chosen)]
    check(lambda x, i, v: x.index_put((i,), v, accumulate), args, chosen, 3)
    check(grad(lambda x, i, v: (x.index_put((i,), v, accumulate) ** 2).sum(), 0), args, chosen, 3)
    check(lambda *a: grad(lambda v, x, i: (x.index_put((i,), v, accumulate) ** 2).sum())(a[2], *a[:2]), args, chosen, 3)


WRITES: dict[str, Callable[..., Any]] = {
    "gather": lambda x, i, v: x.gather(0, i[:, None]),
    "take_along_dim": lambda x, i, v: ag.take_along_dim(x, i[:, None] - 3, 0),
    "index_select": lambda x, i, v: x.index_select(0, i),
    "take": lambda x, i, v: x.take(i),
    "scatter": lambda x, i, v: x.scatter(0, i[:, None].expand(2, 4), v),
    "scatter a number": lambda x, i, v: x.scatter(0, i[:, None], 2.0),
    "scatter_add": lambda x, i, v: x.scatter_add(0, i[:, None].expand(2, 4), v),
    "scatter sum": lambda x, i, v: x.scatter_reduce(0, i[:, None].expand(2, 4), v, "sum", include_self=False),
    "scatter mean": lambda x, i, v: x.scatter_reduce(0, i[:, None].expand(2, 4), v, "mean"),
    "scatter prod": lambda x, i, v: x.scatter_reduce(0, i[:, None].expand(2, 4), v, "prod"),
    "scatter amax": lambda x, i, v: x.scatter_reduce(0, i[:, None].expand(2, 4), v, "amax"),
    "index_add": lambda x, i, v: x.index_add(0, i, v, alpha=2),
    "index_copy": lambda x, i, v: x.index_copy(0, i, v),
    "index_fill": lambda x, i, v: x.index_fill(0, i, 3.0),
    "put": lambda x, i, v: x.put(i, v[:, 0]),
    "masked_fill": lambda x, i, v: x.masked_fill(i[0] > x, 1.5),
    "masked_scatter": lambda x, i, v: x.masked_scatter(i[0] * x > 0, ag.cat([v, v, v])),
    "where": lambda x, i, v: ag.where(x > v[:1], x, v[1]),
    "embedding": lambda x, i, v: ag.nn.functional.embedding(i, x, padding_idx=1),
    "sort": lambda x, i, v: x.sort(0, descending=True).values * ag.arange(3).reshape(3, 1),
    "topk": lambda x, i, v: x.topk(2, 0).values * v,
    "median": lambda x, i, v: x.median(0).values * x.nanmedian(),
    "quantile": lambda x, i, v: x.quantile(0.3, 1),
    "cummax": lambda x, i, v: x.cummax(1).values,
}


@pytest.mark.parametrize("chosen", [(0, 0, 0), (None, 0, 0), (0, None, 0), (0, 0, None)], ids=str)
@pytest.mark.parametrize("name", WRITES)
def test_reading_and_writing_at_indices_of_a_batch(name: str, chosen: tuple[Any, ...]) -> None:
    rng = np.random.default_rng(2)
    x, v = rng.standard_normal((3, 3, 4)), rng.standard_normal((3, 2, 4))
    i = np.stack([rng.permutation(3)[:2] for _ in range(3)])
    args = [ag.tensor(a if d == 0 else a[0]) for a, d in zip((x, i, v), chosen)]
    check(WRITES[name], args, chosen, 3)
    check(grad(lambda *a: (WRITES[name](*a) ** 3).sum()), args, chosen, 3)
    t = ag.randn(3, 4, dtype=ag.float64)
    check(lambda x, i, v: jvp(lambda x: WRITES[name](x, i, v) ** 3, (x,), (t,))[1], args, chosen, 3)


def test_searching_is_batched_in_both_arguments() -> None:
    lines, values = ag.randn(3, 5).sort(-1).values, ag.randn(3, 2, 2)
    for dims in choices(2):
        args = [a if d == 0 else a[0] for a, d in zip((lines, values), dims)]
        check(ag.searchsorted, args, dims, 3)
        check(lambda v, e: ag.bucketize(v, e, right=True), args[::-1], dims[::-1], 3)


def test_indices_of_an_outer_batch_reach_an_inner_tensor() -> None:
    x, i = ag.randn(2, 4, 3, dtype=ag.float64), ag.tensor([[0, 2], [1, 1], [2, 0]])
    found = vmap(lambda i: vmap(lambda x: x[:, i])(x.transpose(1, 2)))(i)
    np.testing.assert_array_equal(found.numpy(), np.stack([x.mT.numpy()[:, :, k] for k in i.numpy()]))
    found = vmap(lambda x: vmap(lambda i: grad(lambda x: (x[:, i] ** 2).sum())(x))(i))(x)
    wanted = ag.stack([ag.stack([grad(lambda x, k=k: (x[:, k] ** 2).sum())(one) for k in i]) for one in x])
    np.testing.assert_allclose(found.numpy(), wanted.numpy())


def test_a_pullback_through_writes_in_place_is_batched() -> None:
    def function(x: Any) -> Any:
        y = x * 2
        y[1:, 0] = x[:3, 1]
        return y * x[0]

    pull = vjp(function, ag.randn(4, 3, dtype=ag.float64))[1]
    check(lambda u: pull(u)[0], [ag.randn(3, 4, 3, dtype=ag.float64)], [0], 3)


def test_what_the_examples_cannot_share_is_refused() -> None:
    x, i = ag.randn(3, 4), ag.tensor([[0, 1], [2, 3]])
    with pytest.raises(GraphError, match=r"getitem: a mask decides .*how many elements the result has"):
        vmap(lambda x: x[x > 0])(x)
    with pytest.raises(GraphError, match="masked_select: a mask decides"):
        vmap(lambda x: x.masked_select(x > 0))(x)
    with pytest.raises(GraphError, match="repeat_interleave: repeats as a tensor decide"):
        vmap(lambda i: x.repeat_interleave(i, 0))(ag.tensor([[1, 2, 1], [0, 0, 1]]))
    with pytest.raises(GraphError, match=r"x\[key\] = value writes in place.*index_put"):
        vmap(lambda i: x.clone().__setitem__(i, 0.0))(i)
    with pytest.raises(IndexRangeError, match="gather: index 3 is out of bounds for dimension with size 3"):
        vmap(lambda i: x.gather(0, i[:, None]))(i)
    with pytest.raises(IndexRangeError, match="getitem: index 3 is out of bounds for axis 0 with size 3"):
        vmap(lambda i: x[i])(i)


def test_masks_that_are_known_index_under_forward_mode() -> None:
    x = ag.tensor([1.0, -2.0, 3.0])
    value, change = jvp(lambda x: x[x > 0] ** 2, (x,), (ag.ones(3),))
    assert value.tolist() == [1.0, 9.0] and change.tolist() == [2.0, 6.0]


@pytest.mark.parametrize("name", [*KEYS, *WRITES])
def test_indices_on_the_device(cuda: Any, name: str) -> None:
    function = KEYS[name] if name in KEYS else WRITES[name]
    args = indexed((0, 0, 0), 3)
    if name in WRITES:
        once = ag.tensor([[0, 2], [1, 0], [2, 1]])  # of two that write to one place, either may win
        args = [args[0][..., 0], once, args[0][:, :2, :, 1]]
    both = [vmap(function), vmap(grad(lambda *a: (function(*a) ** 3).sum())), vmap(function, (None, 0, None))]
    given = [args, args, [args[0][0], args[1], args[2][0]]]
    for call, here in zip(both, given):
        wanted = call(*here)
        with ag.device("cuda"):
            found = call(*[a.to("cuda") for a in here])
        assert type(found._array) is cuda.ndarray
        np.testing.assert_allclose(found.cpu().numpy(), wanted.numpy(), rtol=1e-10, atol=1e-10)
