"""Shapes, views, joining and splitting."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from tests.rows import ALL, Row, bad, s
from tests.tables import function

COUNTS, INDEX = np.array([1, 0, 2]), np.array([[5, 0], [3, 2]])


# ---- NumPy references ----


def strided(x: Any, *, size: Any, steps: Any, start: int = 0) -> Any:
    """The elements ``x[..., start + i * steps[0] + j * steps[1] + ...]``, for either library."""
    index = np.asarray(start + sum(i * step for i, step in zip(np.indices(size), steps, strict=True)), np.int64)
    return x[..., index] if isinstance(x, np.ndarray) else x[..., index.tolist()]


def as_strided(x: Any, size: Any, stride: Any, storage_offset: int = 0) -> Any:
    return strided(x.reshape(-1), size=size, steps=stride, start=storage_offset)


def unfold(x: Any, dim: int, size: int, step: int) -> Any:
    if not x.ndim:
        return x.reshape(1)[:size]
    windows = np.lib.stride_tricks.sliding_window_view(x, size, dim) if size else np.empty((*x.shape, 0))
    return windows[(slice(None),) * (dim % x.ndim) + (slice(None, None, step),)]


def diag_embed(x: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    n = x.shape[-1] + abs(offset)
    out = np.zeros((*x.shape[:-1], n, n))
    steps = np.arange(x.shape[-1])
    out[..., steps + max(0, -offset), steps + max(0, offset)] = x
    return np.moveaxis(out, (-2, -1), (dim1, dim2))


def replaced(x: Any, key: Any, src: Any) -> Any:
    out = x.copy()
    out[key] = src
    return out


def diagonal_scatter(x: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    out = np.moveaxis(x, (dim1, dim2), (-2, -1)).copy()
    steps = np.arange(src.shape[-1])
    out[..., steps + max(0, -offset), steps + max(0, offset)] = src
    return np.moveaxis(out, (-2, -1), (dim1, dim2))


def sliced(dim: int, *at: Any) -> Any:
    return (slice(None),) * dim + (slice(*at),)


def meshgrid(*xs: Any, indexing: str = "ij") -> Any:
    xs = xs[0] if isinstance(xs[0], list) else xs
    return np.meshgrid(*xs, indexing=indexing)


def combinations(x: Any, r: int = 2, with_replacement: bool = False) -> Any:
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    return np.array(list(choose(x, r))).reshape(-1, r)


def expand(x: Any, *size: Any) -> Any:
    size = size[0] if isinstance(size[0], list) else size
    kept = (1,) * (len(size) - x.ndim) + x.shape
    return np.broadcast_to(x, [m if n == -1 else n for n, m in zip(size, kept, strict=True)])


def at_least(n: int) -> Any:
    make = {2: np.atleast_2d, 3: np.atleast_3d}[n]
    return lambda *xs: [make(x) for x in (xs[0] if isinstance(xs[0], list) else xs)]


def sum_to_size(x: Any, size: Any) -> Any:
    extra = x.ndim - len(size)
    axes = tuple(range(extra)) + tuple(i + extra for i, n in enumerate(size) if n == 1)
    return x.sum(axes, keepdims=True).reshape(size)


def member(name: str, *samples: Any, numpy: Any, **columns: Any) -> Row:
    """The row of a property of tensors."""
    made = function("Tensor.shape", *samples, numpy=numpy, torch=lambda t, x: getattr(x, name), **columns)
    made.name, made.call = f"ag.Tensor.{name}", getattr(ag.Tensor, name).fget
    return made


PRIMITIVES = [
    Row("band", s((3, 3)), s((2, 3), diagonal=1), s((2, 3, 2), diagonal=-1), s((2, 3), diagonal=-1, upper=True),
        numpy=lambda x, *, diagonal=0, upper=False: (np.triu if upper else np.tril)(x, diagonal),
        torch=lambda t, x, *, diagonal=0, upper=False: (t.triu if upper else t.tril)(x, diagonal),
        dtypes=ALL, linear=(0,)),
    Row("diagonal", s((3, 3)), s((2, 3), offset=1), s((2, 3, 2), offset=-1), s((2, 0)), s((2, 2), offset=4),
        numpy=lambda x, *, offset=0: np.diagonal(x, offset, -2, -1), dtypes=ALL, linear=(0,),
        torch=lambda t, x, *, offset=0: t.diagonal(x, offset, -2, -1)),
    Row("strided", s((7,), size=(3, 2), steps=(2, 1)), s((2, 5), size=(2, 3), steps=(2, 1)),
        s((6,), size=(2, 2, 1), steps=(3, 1, 9), start=1), s((4,), size=(), steps=(), start=2),
        numpy=strided, torch=lambda t, x, **at: strided(x, **at), dtypes=ALL, linear=(0,)),
]  # fmt: skip

FUNCTIONS = [
    # ---- the same elements ----
    function("ravel", s((2, 3)), s(()), s((0, 2)), dtypes=ALL),
    function("Tensor.reshape_as", s((2, 3), (3, 2)), s((), (1,)), numpy=lambda x, y: x.reshape(y.shape)),
    function("Tensor.view", s((2, 3), 3, -1), s((2, 3), [6]), s((), [1]), numpy=lambda x, *n: x.reshape(*n),
             errors=(bad(ShapeError, r"^view: shape '\[4\]' is invalid for input of size 6", (2, 3), 4),)),
    function("Tensor.view_as", s((2, 3), (3, 2)), numpy=lambda x, y: x.reshape(y.shape)),
    function("swapaxes", s((2, 1, 3), 0, 2), s((2, 3), -1, 0)),
    function("adjoint", s((2, 3)), s((2, 1, 3)), numpy=lambda x: x.swapaxes(-2, -1),
             errors=(bad(ShapeError, "^transpose: .*only supported on matrices or batches .*1-D", (3,)),)),
    member("T", s((2, 3)), s((2, 2)), numpy=lambda x: x.T),
    member("mT", s((2, 3)), s((2, 1, 3)), numpy=lambda x: x.swapaxes(-2, -1)),
    member("H", s((2, 3)), numpy=lambda x: x.T,
           errors=(bad(ShapeError, r"^transpose: tensor.H is only supported on matrices \(2-D tensors\)", (2, 2, 2)),)),
    member("mH", s((2, 3)), s((2, 1, 3)), numpy=lambda x: x.swapaxes(-2, -1)),
    function("Tensor.expand", s((2, 1), 2, 3), s((3,), [2, -1]), s((), 2), s((1, 2), 3, -1, 2),
             numpy=expand,
             errors=(bad(ShapeError, r"^expand: The expanded size \(2, 4\) must match", (2, 3), 2, 4),)),
    function("Tensor.expand_as", s((2, 1), (2, 3)), s((), (2,)), numpy=lambda x, y: np.broadcast_to(x, y.shape)),
    function("Tensor.sum_to_size", s((2, 3), [1, 3]), s((2, 3), [3]), s((2, 3), []), numpy=sum_to_size,
             errors=(bad(ShapeError, r"^sum_to_size: size \[2\] is not expandable to size \[2, 3\]", (2, 3), 2),)),
    function("clone", s((2, 3)), s(()), s((1, 2, 2, 1), memory_format=ag.contiguous_format), dtypes=ALL,
             numpy=lambda x, **_: x.copy(), torch=lambda t, x, **_: t.clone(x)),
    function("Tensor.contiguous", s((2, 3)), s(()), numpy=lambda x: x),

    # ---- in another order ----
    function("fliplr", s((2, 3)), s((2, 3, 2)), errors=(bad(ShapeError, "^fliplr: Input must be >= 2-d", (3,)),)),
    function("flipud", s((2, 3)), s((3,)), errors=(bad(ShapeError, "^flipud: Input must be >= 1-d", ()),)),
    function("rot90", s((2, 3)), s((2, 3), 2), s((2, 3), -1, [1, 0]), s((2, 1, 3), 3, [0, 2]), s((2, 2), 4),
             errors=(bad(ShapeError, "^rot90: expected total rotation dims == 2", (3,)),
                     bad(ShapeError, "^rot90: expected rotation dims to be different", (2, 3), 1, [0, -2]))),

    # ---- repeated ----
    function("Tensor.repeat", s((2, 3), 2, 1), s((2,), [2, 1, 3]), s((), 3), s((2,), 0),
             numpy=lambda x, *n: np.tile(x, n[0] if isinstance(n[0], list) else n),
             errors=(bad(ShapeError, r"^repeat: got repeats \(2,\) for shape \(2, 3\)", (2, 3), 2),)),
    function("repeat_interleave", s((2, 3), 2), s((2, 3), 2, 1), s((2, 3), COUNTS, -1), s((3,), COUNTS),
             s((3,), COUNTS, output_size=3), s(COUNTS), syncs=True,
             numpy=lambda x, n=None, dim=None, output_size=None: np.repeat(np.atleast_1d(x), n, dim) if n is not None
             else np.repeat(np.arange(x.size), x),
             errors=(bad(ShapeError, "^repeat_interleave: repeats can not be negative", (2, 3), -1),
                     bad(DTypeError, "^repeat_interleave: .*repeats must be of integer type", (2, 3), (6,)),
                     bad(ShapeError, "^repeat_interleave: repeats must be 0-dim or 1-dim .*, 2;", (2, 3), COUNTS, 0),
                     bad(ShapeError, "^repeat_interleave: output_size is 5", (2, 3), 2, 1, output_size=5))),

    # ---- joined ----
    function("atleast_2d", s(()), s((3,)), s((2, 3)), s((), (3,)), s([(), (3,)]), numpy=at_least(2)),
    function("atleast_3d", s(()), s((3,)), s((2, 3)), s((2, 1, 2)), s([(), (2, 3)]), numpy=at_least(3),
             errors=(bad(DTypeError, "^atleast_3d: got float; wanted Tensors", 1.0),)),
    function("dstack", s([(2, 3), (2, 3)]), s([(2,), (2,)]), s([(2, 3, 1), (2, 3, 2)]),
             errors=(bad(ShapeError, "^dstack: expects a non-empty list of Tensors", []),)),
    function("column_stack", s([(2,), (2, 3)]), s([(), (1,)]), s([(2, 3), (2, 1)]), numpy=lambda xs: np.hstack(
                 [x if x.ndim > 1 else x.reshape(-1, 1) for x in xs]),
             errors=(bad(DTypeError, "^column_stack: tensors is Tensor; wanted a list", (2, 3)),)),

    # ---- split ----
    function("split_with_sizes", s((4, 2), [1, 3]), s((2, 4), [0, 4], -1), dtypes=ALL,
             numpy=lambda x, sizes, dim=0: np.split(x, np.cumsum(sizes)[:-1], dim),
             errors=(bad(ShapeError, r"^split: .*sum exactly to 4 .*split_sizes=\[1, 2\]", (4,), [1, 2]),)),
    function("tensor_split", s((5, 2), 3), s((4,), [1, 3]), s((2, 4), [-1], 1), s((4,), [3, 1]), s((2,), 3),
             numpy=lambda x, at, dim=0: np.array_split(x, at, dim),
             errors=(bad(ShapeError, "^tensor_split: number of sections must be larger than 0, got 0", (4,), 0),
                     bad(ShapeError, "^tensor_split: expected at least a 1-dimensional", (), 2),
                     bad(DTypeError, "^tensor_split: .*must be a zero- or one-dimensional int64", (4,), (2,)))),
    function("hsplit", s((2, 4), 2), s((4,), [1, 3]), numpy=lambda x, at: np.hsplit(x, at),
             errors=(bad(ShapeError, "^hsplit: number of sections .*divide the size 4 of dim.*1, got 3", (2, 4), 3),)),
    function("vsplit", s((4, 2), 2), s((4, 2), [1]), numpy=lambda x, at: np.vsplit(x, at),
             errors=(bad(ShapeError, r"^vsplit: requires a tensor with at least 2 dimension\(s\)", (4,), 2),)),
    function("dsplit", s((1, 2, 4), 2), s((1, 1, 3), [1, 2]), numpy=lambda x, at: np.dsplit(x, at),
             errors=(bad(ShapeError, r"^dsplit: requires a tensor with at least 3 dimension\(s\)", (4, 2), 2),)),

    # ---- parts ----
    function("narrow_copy", s((4, 2), 0, 1, 2), numpy=lambda x, dim, start, n: x[sliced(dim, start, start + n)]),
    function("slice", s((4, 2), 0, 1, 3), s((2, 5), 1, None, None, 2), s((3,), 0, -2), dtypes=ALL,
             numpy=lambda x, dim=0, *at: x[sliced(dim, *(at if len(at) > 1 else (at[0], None)))],
             torch=lambda t, x, dim=0, *at: x[sliced(dim, *(at if len(at) > 1 else (at[0], None)))],
             errors=(bad(ShapeError, "^slice: slice step must be positive; got 0", (3,), 0, 0, 3, 0),)),
    function("slice_scatter", s((4, 2), (2, 2), 0, 1, 3), s((2, 5), (2, 3), 1, None, None, 2),
             numpy=lambda x, src, dim=0, *at: replaced(x, sliced(dim, *at), src),
             errors=(bad(ShapeError, r"^slice_scatter: .*src size = \[2\], slice size = \[3\]", (4,), (2,), 0, 1, 4),)),
    function("select_scatter", s((4, 2), (2,), 0, 1), s((2, 3), (2,), 1, -1),
             numpy=lambda x, src, dim, i: replaced(x, (slice(None),) * dim + (i,), src),
             errors=(bad(IndexRangeError, "^select_scatter: index 2 out of range", (2, 2), (2,), 0, 2),)),
    function("Tensor.unfold", s((7,), 0, 3, 2), s((2, 4), 1, 2, 1), s((4, 2), 0, 2, 2), s((), 0, 1, 1),
             s((2,), 0, 2, 9),
             numpy=unfold, torch=lambda t, x, *at: x.unfold(*at),
             errors=(bad(ShapeError, "^unfold: maximum size .* at dimension 0 is 3 but size is 4", (3,), 0, 4, 1),
                     bad(ShapeError, "^unfold: step is 0 but must be > 0", (3,), 0, 1, 0))),
    function("as_strided", s((7,), [3, 2], [2, 1]), s((2, 3), [2, 2], [1, 2], 1), s((4,), [], [], 2),
             s((4,), [2, 0], [1, 1]),
             numpy=as_strided,
             errors=(bad(ShapeError, r"^as_strided: sizes \[2, 2\], .* out of bounds", (3,), [2, 2], [2, 1]),
                     bad(ShapeError, "^as_strided: Negative sizes and strides", (3,), [2], [-1]),
                     bad(ShapeError, "^as_strided: mismatch in length", (3,), [2], [1, 1]))),
    function("as_strided_scatter", s((7,), (2, 2), [2, 2], [3, 1]), torch=None,  # whose gradient is wrong there
             numpy=lambda x, src, size, stride: replaced(x, as_strided(np.arange(x.size), size, stride), src)),

    # ---- diagonals ----
    function("diag_embed", s((3,)), s((2, 3)), s((2, 3), 1), s((2, 3), -1, 0, 2), s((0,)), numpy=diag_embed,
             errors=(bad(ShapeError, "^diag_embed: diagonal dimensions cannot be identical 0, 0", (3,), 0, 0, 0),)),
    function("diagflat", s((2, 2)), s((3,), -1), s((), 2), s((0,), 1)),
    function("diagonal_scatter", s((3, 3), (3,)), s((2, 3), (2,), 1), s((2, 3, 2), (3, 2), 0, 2, 0),
             numpy=diagonal_scatter,
             errors=(bad(ShapeError, r"^diagonal_scatter: .*src size = \[1\], slice size = \[2\]", (2, 2), (1,)),)),

    # ---- grids ----
    function("meshgrid", s((2,), (3,), indexing="ij"), s([(2,), ()], indexing="ij"), s((3,), (2,), indexing="xy"),
             s((0,), (2,), indexing="ij"), numpy=meshgrid,
             errors=(bad(DTypeError, "^meshgrid: indexing is 'ji'; wanted 'ij' or 'xy'", (2,), indexing="ji"),
                     bad(ShapeError, r"^meshgrid: .*0D or 1D tensors; got the shapes \[\(2, 2\)\]", (2, 2)))),
    function("cartesian_prod", s((2,), (3,)), s((2,)), s((2,), (0,)), s((2,), (1,), (2,)),
             numpy=lambda *xs: np.array(list(itertools.product(*xs))).reshape((-1, len(xs)) if len(xs) > 1 else -1),
             errors=(bad(ShapeError, r"^cartesian_prod: Expect a 1D vector .*\[\(2, 2\)\]", (2, 2)),)),
    function("combinations", s((3,)), s((3,), 2, True), s((2,), 3), s((4,), 3), numpy=combinations,
             errors=(bad(ShapeError, r"^combinations: Expect a 1D vector .*got shape \(2, 2\), r=2", (2, 2)),)),
    function("unravel_index", s(INDEX, [2, 3]), s(np.array(3), [2, 2]), s(INDEX, 6), order=0,
             numpy=lambda index, shape: np.unravel_index(index, shape),
             torch=lambda t, index, shape: t.unravel_index(index, tuple(shape) if isinstance(shape, list) else shape),
             errors=(bad(DTypeError, "^unravel_index: expected 'indices' to be integer dtype", (2,), [2, 3]),
                     bad(ShapeError, "^unravel_index: 'shape' cannot have negative values nor zeros", INDEX, [-2, 3]))),
]  # fmt: skip
