"""The windows by their older names, ``ag.hann_window``: periodic unless told otherwise, of any floating dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_core.creation.data import as_tensor
from autograd_core.dtypes import as_dtype, get_default_dtype
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError
from autograd_core.signal import windows

__all__ = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]


def bartlett_window(window_length: int, periodic: bool = True, **options: Any) -> Tensor:
    """Return the triangle ``w[n] = 1 - |2 n / N - 1|``; see ``ag.signal.windows.bartlett``.

    Keywords: ``dtype``, ``device``, ``requires_grad``.  Raises: DTypeError for an integer dtype; ShapeError for a
    negative length.
    """
    return _made("bartlett_window", windows.bartlett, window_length, periodic, options)


def blackman_window(window_length: int, periodic: bool = True, **options: Any) -> Tensor:
    """Return ``w[n] = 0.42 - 0.5 * cos(2 pi n / N) + 0.08 * cos(4 pi n / N)``; see ``ag.signal.windows.blackman``.

    Keywords: ``dtype``, ``device``, ``requires_grad``.  Raises: DTypeError for an integer dtype; ShapeError for a
    negative length.
    """
    return _made("blackman_window", windows.blackman, window_length, periodic, options)


def hann_window(window_length: int, periodic: bool = True, **options: Any) -> Tensor:
    """Return ``w[n] = (1 - cos(2 pi n / N)) / 2``; see ``ag.signal.windows.hann``.

    Keywords: ``dtype``, ``device``, ``requires_grad``.  Raises: DTypeError for an integer dtype; ShapeError for a
    negative length.
    """
    return _made("hann_window", windows.hann, window_length, periodic, options)


def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, **options: Any
) -> Tensor:  # fmt: skip
    """Return ``w[n] = alpha - beta * cos(2 pi n / N)``; see ``ag.signal.windows.general_cosine``.

    Keywords: ``dtype``, ``device``, ``requires_grad``.  Raises: DTypeError for an integer dtype; ShapeError for a
    negative length.
    """
    return _made("hamming_window", windows.general_cosine, window_length, periodic, {"a": (alpha, beta), **options})


def kaiser_window(window_length: int, periodic: bool = True, beta: float = 12.0, **options: Any) -> Tensor:
    """Return ``w[n] = I0(beta * sqrt(1 - (2 n / N - 1)**2)) / I0(beta)``; see ``ag.signal.windows.kaiser``.

    Keywords: ``dtype``, ``device``, ``requires_grad``.  Raises: DTypeError for an integer dtype; ShapeError for a
    negative length or ``beta``.
    """
    return _made("kaiser_window", windows.kaiser, window_length, periodic, {"beta": beta, **options})


def _made(
    operation: str, window: Callable[..., Tensor], length: int, periodic: bool, options: dict[str, Any]
) -> Tensor:  # fmt: skip
    wanted = options.pop("dtype", None)
    kind = get_default_dtype() if wanted is None else as_dtype(wanted)
    if not kind.is_floating_point:
        raise DTypeError(f"{operation}: expects floating point dtypes, got: {kind}")
    requires_grad = options.pop("requires_grad", False)
    made = as_tensor(window(length, sym=not periodic, dtype="float64", **options), dtype=kind)
    return made.requires_grad_(requires_grad)
