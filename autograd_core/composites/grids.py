"""Grids, products and choices of coordinates."""

from __future__ import annotations

import itertools
from math import prod
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import device_of, to_device
from autograd_core.composites.joining import stack
from autograd_core.composites.shaping import expand, reshape
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops.index import getitem

__all__ = ["cartesian_prod", "combinations", "meshgrid", "unravel_index"]
METHODS: list[str] = []


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Return the coordinates of the grid that vectors span, one tensor each; 'ij' (matrix) or 'xy' order.

    Raises: DTypeError for another order; ShapeError for what is no vector, or for none.
    """
    xs = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else list(tensors)
    if indexing not in ("ij", "xy"):
        raise DTypeError(f"meshgrid: indexing is {indexing!r}; wanted 'ij' or 'xy'")
    if not xs or any(x._array.ndim > 1 for x in xs):
        shapes = [tuple(x.shape) for x in xs]
        raise ShapeError(f"meshgrid: expects a non-empty list of 0D or 1D tensors; got the shapes {shapes}")
    if len({x.dtype for x in xs}) > 1:
        raise DTypeError("meshgrid: expects all tensors to have the same dtype")
    order = [1, 0, *range(2, len(xs))] if indexing == "xy" and len(xs) > 1 else list(range(len(xs)))
    shape = [xs[i]._array.size for i in order]
    alone = [[n if k == i else 1 for k, n in zip(order, shape, strict=True)] for i in range(len(xs))]
    return tuple(expand(reshape(x, only), shape) for x, only in zip(xs, alone, strict=True))


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """Return every choice of one element of each vector, as rows.  Shape: (n1), (n2), ... -> (n1 * n2 * ..., count).

    Raises: ShapeError for what is no vector, or for none.
    """
    if not tensors or any(x._array.ndim != 1 for x in tensors):
        shapes = [tuple(x.shape) for x in tensors]
        raise ShapeError(f"cartesian_prod: Expect a 1D vector for each tensor; got the shapes {shapes}")
    if len(tensors) == 1:
        return tensors[0]
    return reshape(stack(meshgrid(*tensors), -1), prod(x._array.size for x in tensors), len(tensors))


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Return every choice of ``r`` elements of a vector, in their order, as rows.

    Raises: ShapeError for what is no vector, or a negative ``r``.
    """
    if input._array.ndim != 1 or r < 0:
        raise ShapeError(f"combinations: Expect a 1D vector and a positive r; got shape {tuple(input.shape)}, r={r}")
    if r == 0:
        return getitem(input, key=(slice(0, 0),))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = host.array(list(choose(range(input._array.size), r)), "int64").reshape(-1, r)
    return getitem(input, key=(to_device(rows, device_of(input._array)),))


def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """Return the coordinates, in a tensor of ``shape``, of positions in it laid out as one line.

    Raises: DTypeError for indices that are no integers; ShapeError for a length below 1.
    """
    lengths = (shape,) if isinstance(shape, int) else tuple(int(n) for n in shape)
    if indices._array.dtype.kind not in "iu":
        raise DTypeError(f"unravel_index: expected 'indices' to be integer dtype, but got {indices.dtype}")
    if min(lengths, default=1) < 1:
        raise ShapeError(f"unravel_index: 'shape' cannot have negative values nor zeros, but got {lengths}")
    places = indices.long()
    steps = [prod(lengths[i + 1 :]) for i in range(len(lengths))]
    return tuple([places // step % n for step, n in zip(steps, lengths, strict=True)])
