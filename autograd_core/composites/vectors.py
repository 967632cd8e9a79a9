"""Products of vectors: inner, cross and Kronecker's."""

from __future__ import annotations

from typing import Any

from autograd_core.composites.contraction import tensordot
from autograd_core.composites.matrix_checks import expect
from autograd_core.engine.fit import conj
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops import contract
from autograd_core.ops.arithmetic import mul, sub
from autograd_core.ops.dims import one
from autograd_core.ops.reduce import sum
from autograd_core.ops.shape import reshape, roll

__all__ = ["dot", "inner", "kron", "vdot"]
METHODS = __all__


def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Return the inner product of two vectors of one length, ``sum(input * tensor)``."""
    return _inner("dot", input, tensor, "tensor")


def vdot(input: Tensor, other: Tensor) -> Tensor:
    """Return the inner product of two vectors of one length, ``sum(conj(input) * other)``."""
    return _inner("vdot", input, other, "other")


def _inner(operation: str, x: Tensor, y: Tensor, second: str) -> Tensor:
    expect(operation, ("input", x, 1), (second, y, 1))
    if x._array.shape != y._array.shape:
        raise ShapeError(
            f"{operation}: inconsistent tensor size, expected tensor {tuple(x.shape)} and src {tuple(y.shape)} to "
            f"have the same number of elements"
        )
    if x._array.dtype != y._array.dtype:
        raise DTypeError(f"{operation}: expected both vectors to have same dtype, but found {x.dtype} and {y.dtype}")
    n = x._array.size
    left = conj(x) if operation == "vdot" else x
    return reshape(contract.matmul(reshape(left, shape=(1, n)), reshape(y, shape=(n, 1))), shape=())


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """Return ``sum(conj(x) * y)`` over ``dim``; the others broadcast.

    Raises: DTypeError for integers.
    """
    if x.dtype.category < 2 or y.dtype.category < 2:
        raise DTypeError(f"vecdot: Expected floating point or complex tensors as inputs; got {x.dtype} and {y.dtype}")
    product = mul(conj(x), y)
    return sum(product, dim=(one(dim, product._array.ndim, "vecdot"),) if product._array.ndim else ())


def inner(input: Tensor, other: Tensor) -> Tensor:
    """Return the products of ``input`` and ``other`` summed over the last dimension of each.

    Shape: (*a, n), (*b, n) -> (*a, *b); with a number, the product.
    """
    if not input._array.ndim or not other._array.ndim:
        return mul(input, other)
    if input._array.shape[-1] != other._array.shape[-1]:
        raise ShapeError(
            f"inner: the last dimension must match on both input tensors but got shapes {tuple(input.shape)} and "
            f"{tuple(other.shape)}"
        )
    return tensordot(input, other, ([-1], [-1]))


def kron(input: Tensor, other: Tensor) -> Tensor:
    """Return Kronecker's product: every element of ``input`` times all of ``other``.

    Shape: (a, b, ...), (n, m, ...) -> (a * n, b * m, ...); the shorter gets leading dimensions of length 1.
    """
    ndim = max(input._array.ndim, other._array.ndim)
    a, b = ((1,) * (ndim - x._array.ndim) + x._array.shape for x in (input, other))
    x = reshape(input, shape=tuple(n for size in a for n in (size, 1)))
    y = reshape(other, shape=tuple(n for size in b for n in (1, size)))
    return reshape(mul(x, y), shape=tuple(n * m for n, m in zip(a, b, strict=True)))


def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """Return the vectors at right angles to two of length 3 along ``dim``; the other dimensions broadcast."""
    a, b = input._array, other._array
    if a.ndim != b.ndim:
        raise ShapeError(f"cross: inputs must have the same number of dimensions; got {a.shape} and {b.shape}")
    d = one(dim, a.ndim, "cross")
    if not a.ndim or a.shape[d] != 3 or b.shape[d] != 3:
        raise ShapeError(f"cross: inputs dimension {dim} must have length 3. Got {a.shape} and {b.shape}")
    left = mul(_turned(input, 1, d), _turned(other, 2, d))
    return sub(left, mul(_turned(input, 2, d), _turned(other, 1, d)))


def _turned(x: Tensor, steps: int, d: int) -> Any:
    return roll(x, shifts=(-steps,), dims=(d,))
