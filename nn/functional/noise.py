"""Random noise that regularises: dropout of elements and of whole channels, and the forms that keep the statistics."""

from __future__ import annotations

import warnings

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.inplace import write
from autograd_core.errors import ShapeError

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"]

SELU_FLOOR = 1.7580993408473766  # SELU's limit for x -> -inf, without its sign


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each element to zero with probability ``p`` and scale the rest by ``1 / (1 - p)``; if ``training``.

    Shape: any -> same.  A floating dtype.

    Raises: ValueError where ``p`` is outside [0, 1].
    Source: Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting.
    """
    _check(p)
    if not training or p == 0.0:
        return input
    mask = _mask(input, tuple(input.shape), p)
    return input.mul_(mask) if inplace else input * mask


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each channel to zero with probability ``p`` and scale the rest by ``1 / (1 - p)``; if ``training``.

    Shape: ``(N, C, L)`` or ``(C, L)`` -> same.

    Raises: ValueError where ``p`` is outside [0, 1], RuntimeError for other numbers of dimensions.
    Source: Tompson et al., Efficient object localization using convolutional networks, section 3.2.
    """
    _check(p)
    if input.ndim not in (2, 3):
        raise ShapeError(f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input")
    return _drop_channels(input, p, training, inplace, batched=input.ndim == 3)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each channel to zero with probability ``p`` and scale the rest by ``1 / (1 - p)``; if ``training``.

    Shape: ``(N, C, H, W)`` -> same.  ``(N, C, L)`` is taken as ``dropout1d`` does, with a warning.

    Raises: ValueError where ``p`` is outside [0, 1].
    Source: Tompson et al., Efficient object localization using convolutional networks, section 3.2.
    """
    _check(p)
    if input.ndim not in (3, 4):
        warnings.warn(f"dropout2d: Received a {input.ndim}-D input; wanted 3-D or 4-D", stacklevel=3)
    elif input.ndim == 3:
        warnings.warn("dropout2d: Received a 3D input to dropout2d, taken as (N, C, L); see dropout1d", stacklevel=3)
    return _drop_channels(input, p, training, inplace)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each channel to zero with probability ``p`` and scale the rest by ``1 / (1 - p)``; if ``training``.

    Shape: ``(N, C, D, H, W)`` or ``(C, D, H, W)`` -> same.

    Raises: ValueError where ``p`` is outside [0, 1].
    Source: Tompson et al., Efficient object localization using convolutional networks, section 3.2.
    """
    _check(p)
    if input.ndim not in (4, 5):
        warnings.warn(f"dropout3d: Received a {input.ndim}-D input; wanted 4-D or 5-D", stacklevel=3)
    return _drop_channels(input, p, training, inplace, batched=input.ndim != 4)


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Set each element to SELU's floor with probability ``p``, then restore mean 0 and variance 1; if ``training``.

    Shape: any -> same.

    Raises: ValueError where ``p`` is outside [0, 1].
    Source: Klambauer et al., Self-normalizing neural networks, section 2 (alpha dropout).
    """
    _check(p)
    return _alpha(input, tuple(input.shape), p, training, inplace)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Do ``alpha_dropout`` to whole channels.  Shape: ``(N, C, *)`` -> same.

    Raises: ValueError where ``p`` is outside [0, 1].
    """
    _check(p)
    return _alpha(input, _per_channel(input) if training and p > 0.0 else (), p, training, inplace)


def _check(p: float) -> None:
    if not 0.0 <= p <= 1.0:
        raise ShapeError(f"dropout probability has to be between 0 and 1, but got {p}")


def _mask(input: Tensor, shape: tuple[int, ...], p: float) -> Tensor:
    """Return 0 with probability ``p``, else ``1 / (1 - p)``."""
    with ag.no_grad():
        mask = survivors(input, shape, p)
        if p == 1.0:
            return mask
        return mask.div_(1.0 - p) if type(mask) is Tensor else mask / (1.0 - p)  # a transform's is not written


def survivors(input: Tensor, shape: tuple[int, ...], p: float) -> Tensor:
    """Return 0 with probability ``p``, else 1."""
    return ag.bernoulli(ag.empty(shape, dtype=input.dtype, device=input.device), 1.0 - p)


def _per_channel(input: Tensor) -> tuple[int, ...]:
    if input.ndim < 2:
        raise ShapeError(f"dropout: Feature dropout requires at least 2 dimensions; got shape {tuple(input.shape)}")
    return (*input.shape[:2], *(1,) * (input.ndim - 2))


def _drop_channels(input: Tensor, p: float, training: bool, inplace: bool, batched: bool = True) -> Tensor:
    if not training or p == 0.0:
        return input
    shape = _per_channel(input) if batched else (input.shape[0], *(1,) * (input.ndim - 1))
    mask = _mask(input, shape, p)
    return input.mul_(mask) if inplace else input * mask


def _alpha(input: Tensor, shape: tuple[int, ...], p: float, training: bool, inplace: bool) -> Tensor:
    if not training or p == 0.0:
        return input
    if inplace:
        return write(input, "alpha_dropout_", _alpha, (shape, p, training, False))
    if p == 1.0:
        return input * 0.0
    scale = ((SELU_FLOOR**2 * p + 1.0) * (1.0 - p)) ** -0.5
    with ag.no_grad():
        kept = survivors(input, shape, p)
        shift = (kept - (1.0 - p)) * (SELU_FLOOR * scale)
    return input * (kept * scale) + shift
