"""Products of matrices, and of several of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Any

from autograd_core.composites.matrix_checks import expect
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops import arithmetic, contract
from autograd_core.ops.reduce import sum
from autograd_core.ops.shape import broadcast_to, cast, reshape

__all__ = ["addbmm", "addmm", "addmv", "addr", "baddbmm", "bmm", "chain_matmul", "ger", "matmul", "mm", "mv", "outer"]
METHODS = ["addbmm", "addmm", "addmv", "addr", "baddbmm", "bmm", "ger", "matmul", "mm", "mv", "outer"]
IN_PLACE = ["addbmm", "addmm", "addmv", "addr", "baddbmm"]


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """Return the matrix product; vectors count as a row on the left, a column on the right.

    Shape: (..., n, k), (..., k, m) -> (..., n, m); leading dimensions broadcast.
    Raises: ShapeError where the inner sizes differ; DTypeError where the dtypes do.
    """
    if not isinstance(input, Tensor) or not isinstance(other, Tensor):
        kind = type(other if isinstance(input, Tensor) else input).__name__
        raise DTypeError(f"matmul: got {kind} for an argument; wanted a Tensor (see ag.tensor)")
    a, b = input._array.shape, other._array.shape
    if len(a) == 2 and len(b) == 2 and a[1] == b[0]:
        return contract.matmul(input, other)
    if not a or not b or a[-1] != b[-2 if len(b) > 1 else 0]:
        raise ShapeError(
            f"matmul: mat1 and mat2 shapes cannot be multiplied ({'x'.join(map(str, a))} and {'x'.join(map(str, b))}): "
            f"wanted the last size of one to equal the {'second to last' if len(b) > 1 else 'only'} one of the other"
        )
    if len(b) <= 2 and len(a) > 2:  # one product instead of a stack of them
        flat = matmul(reshape(input, shape=(prod(a[:-1]), a[-1])), other)
        return reshape(flat, shape=(*a[:-1], *b[1:]))
    x = input if len(a) > 1 else reshape(input, shape=(1, *a))
    y = other if len(b) > 1 else reshape(other, shape=(*b, 1))
    out = contract.matmul(x, y)
    shape = out._array.shape
    if len(a) == 1:
        shape = shape[:-2] + shape[-1:]
    if len(b) == 1:
        shape = shape[:-1]
    return out if shape == out._array.shape else reshape(out, shape=shape)


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """Return the product of two matrices."""
    expect("mm", ("input", input, 2), ("mat2", mat2, 2))
    return matmul(input, mat2)


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Return the products of two equally long stacks of matrices."""
    return _stacks("bmm", ("input", input), ("mat2", mat2))


def _stacks(operation: str, left: tuple[str, Tensor], right: tuple[str, Tensor]) -> Tensor:
    expect(operation, (*left, 3), (*right, 3))
    if left[1]._array.shape[0] != right[1]._array.shape[0]:
        raise ShapeError(f"{operation}: batch sizes differ: {tuple(left[1].shape)} and {tuple(right[1].shape)}")
    return matmul(left[1], right[1])


def mv(input: Tensor, vec: Tensor) -> Tensor:
    """Return the product of a matrix and a vector."""
    expect("mv", ("input", input, 2), ("vec", vec, 1))
    return matmul(input, vec)


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Return the matrix ``input[i] * vec2[j]`` of two vectors."""
    expect("outer", ("input", input, 1), ("vec2", vec2, 1))
    return arithmetic.mul(reshape(input, shape=(input._array.size, 1)), vec2)


def ger(input: Tensor, vec2: Tensor) -> Tensor:
    """Return ``outer(input, vec2)``."""
    return outer(input, vec2)


# ---- added to something ----


def _added(operation: str, input: Tensor, product: Tensor, beta: Any, alpha: Any) -> Tensor:
    """Return ``beta * input + alpha * product``; with ``beta`` 0 not even a NaN of ``input`` counts.

    Raises: ShapeError where ``input`` does not expand to the product's shape.
    """
    shape, wanted = input._array.shape, product._array.shape
    if len(shape) > len(wanted) or any(n not in (1, m) for n, m in zip(shape[::-1], wanted[::-1], strict=False)):
        raise ShapeError(f"{operation}: input has shape {tuple(shape)}; wanted one that expands to {tuple(wanted)}")
    if product._array.dtype.kind in "iu":  # as PyTorch has it
        beta, alpha = int(beta), int(alpha)
    product = product if alpha == 1 else arithmetic.mul(product, alpha)
    if beta == 0:
        return product
    return arithmetic.add(product, input if beta == 1 else arithmetic.mul(input, beta))


def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return ``beta * input + alpha * (mat1 @ mat2)``."""
    expect("addmm", ("mat1", mat1, 2), ("mat2", mat2, 2))
    return _added("addmm", input, matmul(mat1, mat2), beta, alpha)


def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return ``beta * input + alpha * (mat @ vec)``."""
    expect("addmv", ("mat", mat, 2), ("vec", vec, 1))
    return _added("addmv", input, matmul(mat, vec), beta, alpha)


def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return ``beta * input + alpha * outer(vec1, vec2)``.  Raises: DTypeError for float factors of integers."""
    expect("addr", ("vec1", vec1, 1), ("vec2", vec2, 1))
    product = outer(vec1, vec2)
    if product._array.dtype.kind == "b":
        beta, alpha = bool(beta), bool(alpha)
    elif product._array.dtype.kind in "iu" and not (isinstance(beta, int) and isinstance(alpha, int)):
        raise DTypeError(f"addr: For integral input tensors, beta and alpha must not be floats; got {beta}, {alpha}")
    return _added("addr", input, product, beta, alpha)


def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return ``beta * input + alpha * bmm(batch1, batch2)``."""
    return _added("baddbmm", input, _stacks("baddbmm", ("batch1", batch1), ("batch2", batch2)), beta, alpha)


def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return ``beta * input + alpha * bmm(batch1, batch2).sum(0)``."""
    stack = _stacks("addbmm", ("batch1", batch1), ("batch2", batch2))
    return _added("addbmm", input, cast(sum(stack, dim=(0,)), dtype=stack._array.dtype), beta, alpha)


# ---- of several matrices ----


def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """Return the product of two or more matrices, in the cheapest order; the first and last may be vectors.

    Source: Cormen et al., Introduction to Algorithms, section 15.2.
    """
    xs = list(tensors)
    if len(xs) < 2:
        raise ShapeError(f"multi_dot: expected at least 2 tensors but got {len(xs)}")
    ends = xs[0]._array.ndim == 1, xs[-1]._array.ndim == 1
    xs[0] = reshape(xs[0], shape=(1, *xs[0]._array.shape)) if ends[0] else xs[0]
    xs[-1] = reshape(xs[-1], shape=(*xs[-1]._array.shape, 1)) if ends[1] else xs[-1]
    expect("multi_dot", *((f"tensor {i}", x, 2) for i, x in enumerate(xs)))
    if any(a._array.shape[1] != b._array.shape[0] for a, b in pairwise(xs)):
        raise ShapeError(f"multi_dot: the shapes {[tuple(x.shape) for x in xs]} cannot be multiplied")
    out = _product(xs, _cuts([x._array.shape[0] for x in xs] + [xs[-1]._array.shape[1]]), 0, len(xs) - 1)
    return reshape(out, shape=out._array.shape[int(ends[0]) : 2 - int(ends[1])]) if any(ends) else out


def _cuts(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Return where the cheapest product of matrices ``i`` to ``j`` is split."""
    n = len(sizes) - 1
    cost = dict.fromkeys(((i, i) for i in range(n)), 0)
    cut: dict[tuple[int, int], int] = {}
    for i, j in ((i, i + width) for width in range(1, n) for i in range(n - width)):
        spent = {k: cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)}
        cut[i, j] = min(spent, key=spent.__getitem__)
        cost[i, j] = spent[cut[i, j]]
    return cut


def _product(xs: list[Tensor], cut: dict[tuple[int, int], int], i: int, j: int) -> Tensor:
    if i == j:
        return xs[i]
    k = cut[i, j]
    return contract.matmul(_product(xs, cut, i, k), _product(xs, cut, k + 1, j))


def chain_matmul(*matrices: Tensor) -> Tensor:
    """Return the product of matrices, in the cheapest order."""
    expect("chain_matmul", *((f"matrix {i}", x, 2) for i, x in enumerate(matrices)))
    return matrices[0] if len(matrices) == 1 else multi_dot(matrices)


def repeated(x: Tensor, batch: tuple[int, ...]) -> Tensor:
    """Return matrices expanded to the batch dimensions ``batch``."""
    shape = batch + x._array.shape[-2:]
    return x if shape == x._array.shape else broadcast_to(x, shape=shape)
