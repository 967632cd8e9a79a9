"""Fourier transforms in PyTorch's form: of one, two or n dims, padded or trimmed first, complex, real or Hermitian.

``norm`` says what is divided by the number n of points: "backward" (None) the inverse transform, "forward" the
forward one, "ortho" each by sqrt(n).  A length ``n`` or ``s`` pads with zeros at the end, or trims; in ``s`` -1 keeps.
Real input becomes complex, integers the default floating dtype first.

Raises, all of them: IndexRangeError for a dim out of range; ShapeError for dims named twice, lengths that do not fit
dims, or no points; DTypeError for another ``norm``, and for complex input where real is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.composites.turning import roll
from autograd_core.creation.data import finish
from autograd_core.dtypes import as_dtype, get_default_dtype
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError
from autograd_core.ops import fourier as ops
from autograd_core.ops.complex_parts import conj
from autograd_core.ops.dims import one
from autograd_core.ops.index import getitem
from autograd_core.ops.shape import pad

__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "hfft2", "hfftn", "ifft", "ifft2", "ifftn", "ifftshift",
    "ihfft", "ihfft2", "ihfftn", "irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip

Sizes = int | Sequence[int] | None
LAST_TWO = (-2, -1)


# ---- complex to complex ----


def fft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Return ``y[k] = sum over j of x[j] * exp(-2 pi i j k / n)`` along ``dim``."""
    return _complex("fft", input, _line("fft", n), dim, norm)


def ifft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Return the inverse of ``fft``: ``x[j] = 1/n * sum over k of y[k] * exp(2 pi i j k / n)``."""
    return _complex("ifft", input, _line("ifft", n), dim, norm, inverse=True)


def fft2(input: Tensor, s: Sizes = None, dim: Sizes = LAST_TWO, norm: str | None = None) -> Tensor:
    """Return the transform along two dims."""
    return _complex("fft2", input, s, dim, norm)


def ifft2(input: Tensor, s: Sizes = None, dim: Sizes = LAST_TWO, norm: str | None = None) -> Tensor:
    """Return the inverse transform along two dims."""
    return _complex("ifft2", input, s, dim, norm, inverse=True)


def fftn(input: Tensor, s: Sizes = None, dim: Sizes = None, norm: str | None = None) -> Tensor:
    """Return the transform along ``dim``: all dims by default, or the last as many as ``s`` has lengths."""
    return _complex("fftn", input, s, dim, norm)


def ifftn(input: Tensor, s: Sizes = None, dim: Sizes = None, norm: str | None = None) -> Tensor:
    """Return the inverse transform along ``dim``: all dims by default."""
    return _complex("ifftn", input, s, dim, norm, inverse=True)


def _complex(operation: str, input: Tensor, s: Sizes, dim: Sizes, norm: str | None, inverse: bool = False) -> Tensor:
    way = _norm(operation, norm)
    dims, sizes = _plan(operation, input, s, dim)
    if not dims:
        return input.to(input.dtype.to_complex())
    return ops.fft(_fitted(operation, input, dims, sizes), dims=dims, norm=way, inverse=inverse)


# ---- real to the half spectrum that says all, and back ----


def rfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Return the first ``n // 2 + 1`` frequencies of a real signal's ``fft``; the others are their conjugates."""
    return _halved("rfft", input, _line("rfft", n), dim, _norm("rfft", norm))


def irfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Return the real signal of a half spectrum: the inverse of ``rfft``.  ``n`` is ``2 * (m - 1)`` by default."""
    return _doubled("irfft", input, _line("irfft", n), dim, _norm("irfft", norm))


def rfft2(input: Tensor, s: Sizes = None, dim: Sizes = LAST_TWO, norm: str | None = None) -> Tensor:
    """Return the half spectrum along two dims of a real signal; the last dim is the halved one."""
    return _halved("rfft2", input, s, dim, _norm("rfft2", norm))


def irfft2(input: Tensor, s: Sizes = None, dim: Sizes = LAST_TWO, norm: str | None = None) -> Tensor:
    """Return the real signal of a half spectrum along two dims."""
    return _doubled("irfft2", input, s, dim, _norm("irfft2", norm))


def rfftn(input: Tensor, s: Sizes = None, dim: Sizes = None, norm: str | None = None) -> Tensor:
    """Return the half spectrum along ``dim`` (all dims by default) of a real signal; the last dim is the halved one."""
    return _halved("rfftn", input, s, dim, _norm("rfftn", norm))


def irfftn(input: Tensor, s: Sizes = None, dim: Sizes = None, norm: str | None = None) -> Tensor:
    """Return the real signal of a half spectrum along ``dim``, all dims by default."""
    return _doubled("irfftn", input, s, dim, _norm("irfftn", norm))


# ---- the same the other way round: the half that says all of a Hermitian signal, whose spectrum is real ----


def hfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Return the real spectrum of a Hermitian signal, given by its first half."""
    return _doubled("hfft", conj(input), _line("hfft", n), dim, ops.SWAPPED[_norm("hfft", norm)])


def ihfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Return the first half of the Hermitian signal that has a real spectrum: the inverse of ``hfft``."""
    return conj(_halved("ihfft", input, _line("ihfft", n), dim, ops.SWAPPED[_norm("ihfft", norm)]))


def hfft2(input: Tensor, s: Sizes = None, dim: Sizes = LAST_TWO, norm: str | None = None) -> Tensor:
    """Return the real spectrum along two dims of a Hermitian signal; half of the last dim is given."""
    return _doubled("hfft2", conj(input), s, dim, ops.SWAPPED[_norm("hfft2", norm)])


def ihfft2(input: Tensor, s: Sizes = None, dim: Sizes = LAST_TWO, norm: str | None = None) -> Tensor:
    """Return the half along the last dim of the Hermitian signal that has a real spectrum along two dims."""
    return conj(_halved("ihfft2", input, s, dim, ops.SWAPPED[_norm("ihfft2", norm)]))


def hfftn(input: Tensor, s: Sizes = None, dim: Sizes = None, norm: str | None = None) -> Tensor:
    """Return the real spectrum along ``dim`` (all dims by default) of a Hermitian signal."""
    return _doubled("hfftn", conj(input), s, dim, ops.SWAPPED[_norm("hfftn", norm)])


def ihfftn(input: Tensor, s: Sizes = None, dim: Sizes = None, norm: str | None = None) -> Tensor:
    """Return the half along the last dim of the Hermitian signal that has a real spectrum along ``dim``."""
    return conj(_halved("ihfftn", input, s, dim, ops.SWAPPED[_norm("ihfftn", norm)]))


def _halved(operation: str, input: Tensor, s: Sizes, dim: Sizes, norm: str) -> Tensor:
    if input.is_complex():
        raise DTypeError(f"{operation}: expects a real input tensor, but got {input.dtype}")
    dims, sizes = _plan(operation, input, s, dim)
    _check_some(operation, dims)
    return ops.rfft(_fitted(operation, input, dims, sizes), dims=dims, norm=norm)


def _doubled(operation: str, input: Tensor, s: Sizes, dim: Sizes, norm: str) -> Tensor:
    dims, sizes = _plan(operation, input, s, dim, half=True)
    _check_some(operation, dims)
    _check_points(operation, n := sizes[-1])
    return ops.irfft(_fitted(operation, input, dims, (*sizes[:-1], n // 2 + 1)), dims=dims, n=n, norm=norm)


# ---- arguments ----


def _line(operation: str, n: Any) -> Sizes:
    if n is None:
        return None
    if not hasattr(n, "__index__"):
        raise DTypeError(f"{operation}: n is {n!r}; wanted an int")
    _check_points(operation, n)
    return (int(n),)


def _norm(operation: str, norm: str | None) -> str:
    if norm is not None and norm not in ops.SWAPPED:
        raise DTypeError(f"{operation}: Invalid normalization mode: {norm!r}; wanted 'backward', 'forward' or 'ortho'")
    return norm or "backward"


def _plan(
    operation: str, input: Tensor, s: Sizes, dim: Sizes, half: bool = False
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the dims to transform and the numbers of points; ``half``: of the last, the input holds n // 2 + 1."""
    shape = input._array.shape
    lengths = None if s is None else (s,) if isinstance(s, int) else tuple(s)
    if lengths is not None and len(lengths) > len(shape):
        raise ShapeError(f"{operation}: Got shape with {len(lengths)} values but input tensor only has {len(shape)} "
                         f"dimensions.")  # fmt: skip
    if dim is None:
        dims = tuple(range(len(shape) - (len(shape) if lengths is None else len(lengths)), len(shape)))
    else:
        dims = tuple(_dim(operation, d, len(shape)) for d in ((dim,) if isinstance(dim, int) else dim))
    if len(set(dims)) < len(dims):
        raise ShapeError(f"{operation}: FFT dims must be unique; got {dim}")
    points = [2 * (shape[d] - 1) if half and d == dims[-1] else shape[d] for d in dims]
    if lengths is None:
        return dims, tuple(points)
    if len(lengths) != len(dims):
        raise ShapeError(f"{operation}: When given, dim and shape arguments must have the same length; got dim={dim} "
                         f"and {lengths}")  # fmt: skip
    return dims, tuple(have if n == -1 else n for have, n in zip(points, lengths, strict=True))


def _dim(operation: str, dim: int, ndim: int) -> int:
    if not ndim:
        raise IndexRangeError(f"{operation}: Dimension specified as {dim} but tensor has no dimensions")
    return one(dim, ndim, operation)


def _check_some(operation: str, dims: tuple[int, ...]) -> None:
    if not dims:
        raise ShapeError(f"{operation}: must transform at least one axis")


def _check_points(operation: str, n: int) -> None:
    if n < 1:
        raise ShapeError(f"{operation}: Invalid number of data points ({n}) specified")


def _fitted(operation: str, input: Tensor, dims: tuple[int, ...], sizes: tuple[int, ...]) -> Tensor:
    """Return ``input`` trimmed, or padded with zeros at the end, to ``sizes`` along ``dims``."""
    shape = input._array.shape
    key, widths = [slice(None)] * len(shape), [(0, 0)] * len(shape)
    for d, n in zip(dims, sizes, strict=True):
        _check_points(operation, n)
        key[d], widths[d] = slice(n), (0, max(0, n - shape[d]))
    if any(n < shape[d] for d, n in zip(dims, sizes, strict=True)):
        input = getitem(input, key=tuple(key))
    return pad(input, widths=tuple(widths)) if any(after for _, after in widths) else input


# ---- frequencies and their order ----


def fftfreq(
    n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:  # fmt: skip
    """Return the frequencies that ``fft`` gives for ``n`` points at distance ``d``: 0, 1, ..., -2, -1 over ``n * d``.

    Raises: DTypeError for an integer dtype, ShapeError for a negative ``n``.
    """
    return _frequencies("fftfreq", n, [*range((n + 1) // 2), *range(-(n // 2), 0)], d, dtype, device, requires_grad)


def rfftfreq(
    n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:  # fmt: skip
    """Return the frequencies that ``rfft`` gives for ``n`` points at distance ``d``: 0, 1, ..., n // 2 over ``n * d``.

    Raises: DTypeError for an integer dtype, ShapeError for a negative ``n``.
    """
    return _frequencies("rfftfreq", n, [*range(n // 2 + 1)], d, dtype, device, requires_grad)


def _frequencies(
    operation: str, n: int, whole: list[int], d: float, dtype: Any, device: Any, requires_grad: bool
) -> Tensor:
    kind = get_default_dtype() if dtype is None else as_dtype(dtype)
    if kind.category < 2:
        raise DTypeError(f"{operation}: requires a floating point or complex dtype; got {kind}")
    if n < 0:
        raise ShapeError(f"{operation}: Trying to create tensor with negative dimension: n is {n}")
    return finish((host.asarray(whole, "float64") / (n * d or 1.0)).astype(kind.dtype), device, requires_grad)


def fftshift(input: Tensor, dim: Sizes = None) -> Tensor:
    """Return the frequencies in rising order, zero in the middle, along ``dim`` (all dims by default)."""
    return _shifted("fftshift", input, dim, 0)


def ifftshift(input: Tensor, dim: Sizes = None) -> Tensor:
    """Return what ``fftshift`` was given."""
    return _shifted("ifftshift", input, dim, 1)


def _shifted(operation: str, input: Tensor, dim: Sizes, extra: int) -> Tensor:
    shape = input._array.shape
    dims = range(len(shape)) if dim is None else (dim,) if isinstance(dim, int) else dim
    order = [one(d, len(shape), operation) for d in dims]
    return roll(input, [(shape[d] + extra) // 2 for d in order], order) if order else input
