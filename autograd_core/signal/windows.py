"""Windows: weights that let a stretch of a signal begin and end softly.

All take ``M``, the length, and keywords: ``sym=False`` leaves out the last point of a window of length M + 1, so that
copies side by side are periodic, as spectra want it; ``dtype``, float32 or float64, the default one for None;
``device``; ``requires_grad``.  All raise ShapeError, which is a ValueError too, for what makes no window.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from autograd_core.backend import host
from autograd_core.creation.data import finish
from autograd_core.dtypes import as_dtype, get_default_dtype
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError

__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine", "general_hamming", "hamming", "hann",
    "kaiser", "nuttall",
]  # fmt: skip


# ---- sums of cosines, with N = M - 1, or M where not ``sym`` ----


def general_cosine(M: int, *, a: Iterable[float], sym: bool = True, **options: Any) -> Tensor:
    """Return ``w[n] = sum over i of (-1)**i * a[i] * cos(2 pi i n / N)``.

    Raises: ShapeError without coefficients; DTypeError where ``a`` is no sequence.
    """
    if not isinstance(a, Iterable):
        raise DTypeError(f"general_cosine: Coefficients must be a list/tuple; got {type(a).__name__}")
    return _cosines("general_cosine", M, tuple(a), sym, options)


def general_hamming(M: int, *, alpha: float = 0.54, sym: bool = True, **options: Any) -> Tensor:
    """Return ``w[n] = alpha - (1 - alpha) * cos(2 pi n / N)``."""
    return _cosines("general_hamming", M, (alpha, 1 - alpha), sym, options)


def hamming(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """Return ``w[n] = 0.54 - 0.46 * cos(2 pi n / N)``."""
    return _cosines("hamming", M, (0.54, 0.46), sym, options)


def hann(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """Return ``w[n] = (1 - cos(2 pi n / N)) / 2``."""
    return _cosines("hann", M, (0.5, 0.5), sym, options)


def blackman(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """Return ``w[n] = 0.42 - 0.5 * cos(2 pi n / N) + 0.08 * cos(4 pi n / N)``."""
    return _cosines("blackman", M, (0.42, 0.5, 0.08), sym, options)


def nuttall(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """Return Nuttall's minimal four-term sum of cosines.

    Source: Nuttall, Some Windows with Very Good Sidelobe Behavior, 1981.
    """
    return _cosines("nuttall", M, (0.3635819, 0.4891775, 0.1365995, 0.0106411), sym, options)


def _cosines(operation: str, M: int, a: tuple[float, ...], sym: bool, options: dict[str, Any]) -> Tensor:
    if not a:
        raise ShapeError(f"{operation}: Coefficients cannot be empty")

    def weights(n: Any) -> Any:
        return sum((-1) ** i * c * host.cos(2 * math.pi * i * n / _last(M, sym)) for i, c in enumerate(a))

    return _window(operation, M, weights if M > 1 else host.ones_like, **options)


# ---- the others ----


def bartlett(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """Return the triangle ``w[n] = 1 - |2 n / N - 1|``, with N = M - 1, or M where not ``sym``."""
    return _window(
        "bartlett", M, lambda n: 1 - abs(2 * n / _last(M, sym) - 1) if M > 1 else host.ones_like(n), **options
    )


def kaiser(M: int, *, beta: float = 12.0, sym: bool = True, **options: Any) -> Tensor:
    """Return ``w[n] = I0(beta * sqrt(1 - (2 n / N - 1)**2)) / I0(beta)``, with N = M - 1, or M where not ``sym``.

    Raises: ShapeError for a negative ``beta``.
    """
    if beta < 0:
        raise ShapeError(f"kaiser: beta must be non-negative, got: {beta} instead.")

    def weights(n: Any) -> Any:
        return host.i0(beta * host.sqrt(1 - (2 * n / _last(M, sym) - 1) ** 2)) / host.i0(beta)

    return _window("kaiser", M, weights if M > 1 else host.ones_like, **options)


def cosine(M: int, *, sym: bool = True, **options: Any) -> Tensor:
    """Return ``w[n] = sin(pi * (n + 0.5) / M)``, or over M + 1 where not ``sym``."""
    return _window("cosine", M, lambda n: host.sin(math.pi * (n + 0.5) / _length(M, sym)), **options)


def gaussian(M: int, *, std: float = 1.0, sym: bool = True, **options: Any) -> Tensor:
    """Return ``w[n] = exp(-(n - c)**2 / (2 * std**2))``, c being the middle.

    Raises: ShapeError where ``std`` is not positive.
    """
    if std <= 0:
        raise ShapeError(f"gaussian: Standard deviation must be positive, got: {std} instead.")
    middle = (_length(M, sym) - 1) / 2
    return _window("gaussian", M, lambda n: host.exp(-(((n - middle) / std) ** 2) / 2), **options)


def exponential(
    M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True, **options: Any
) -> Tensor:  # fmt: skip
    """Return ``w[n] = exp(-|n - center| / tau)``; ``center``, only where not ``sym``, is the middle by default.

    Raises: ShapeError where ``tau`` is not positive, or for a ``center`` of a symmetric window.
    """
    if tau <= 0:
        raise ShapeError(f"exponential: Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ShapeError("exponential: Center must be None for symmetric windows")
    middle = (_length(M, sym) - 1) / 2 if center is None else center
    return _window("exponential", M, lambda n: host.exp(-abs(n - middle) / tau), **options)


def _length(M: int, sym: bool) -> int:
    """Return the length of the symmetric window that this one is, or is cut from."""
    return M if sym or M == 1 else M + 1


def _last(M: int, sym: bool) -> int:
    return M - 1 if sym else M


def _window(
    operation: str, M: int, weights: Callable[[Any], Any], *, dtype: Any = None, layout: Any = "strided",
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return the weights of points 0 to M - 1, computed in float64."""
    if M < 0:
        raise ShapeError(f"{operation}: requires non-negative window length, got M={M}")
    if str(layout).rsplit(".", 1)[-1] != "strided":
        raise ShapeError(f"{operation}: is implemented for strided tensors only, got: {layout}")
    kind = get_default_dtype() if dtype is None else as_dtype(dtype)
    if kind not in ("float32", "float64"):
        raise ShapeError(f"{operation}: expects float32 or float64 dtypes, got: {kind}")
    return finish(weights(host.arange(M, dtype="float64")).astype(kind.dtype), device, requires_grad)
