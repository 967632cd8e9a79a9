"""Draws that distributions are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core.backend import host
from autograd_core.backend.device import as_device, to_device
from autograd_core.backend.gammas import log_gammas, log_slopes
from autograd_core.engine.lifted import LEVELS
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.randomness.levels import drawn_by
from autograd_core.randomness.sampling import stream_of

Slope = Callable[[], Tensor]


def standard_normal(shape: Any, like: Tensor) -> Tensor:
    """Return standard normal numbers of another tensor's dtype, on its device."""
    return ag.randn(shape, dtype=like.dtype, device=like.device)


def open_uniform(shape: Any, like: Tensor) -> Tensor:
    """Return numbers drawn evenly from the open interval (0, 1), whose logarithms are finite."""
    return ag.rand(shape, dtype=like.dtype, device=like.device).clamp(min=ag.finfo(like.dtype).tiny)


def gamma(concentration: Tensor) -> Tensor:
    """Return draws of the gamma distribution of rate 1, differentiable once; drawn on the host.

    A draw is a quantile whose probability is fixed, and moves with the concentration as that quantile does.
    """
    if LEVELS.get():
        return _by_level(_gamma, concentration)
    return _moving(*_gamma(concentration), concentration)


def _gamma(concentration: Tensor) -> tuple[Tensor, Slope]:
    """Return gamma draws, and what gives their slopes."""
    a = _host(concentration)
    log_z = log_gammas(stream_of(None), a)
    z = host.exp(log_z)
    value = _like(concentration, z.clip(ag.finfo(concentration.dtype).tiny))
    return value, lambda: _like(concentration, z * log_slopes(a, log_z))


def proportions(concentration: Tensor) -> Tensor:
    """Return gamma draws over their sum along the last dimension, differentiable once; drawn on the host.

    They are scaled by the largest before the dtype rounds them, so that small concentrations lose nothing.
    """
    if LEVELS.get():
        parts = _by_level(_scaled_gamma, concentration)
    else:
        parts = _moving(*_scaled_gamma(concentration), concentration)
    return (parts / parts.sum(-1, keepdim=True)).clamp(min=ag.finfo(concentration.dtype).tiny)


def _scaled_gamma(concentration: Tensor) -> tuple[Tensor, Slope]:
    """Return gamma draws over the largest of each row, and what gives their slopes."""
    a = _host(concentration)
    log_z = log_gammas(stream_of(None), a)
    z = host.exp(log_z - log_z.max(-1, keepdims=True, initial=-host.inf))
    return _like(concentration, z), lambda: _like(concentration, z * log_slopes(a, log_z))


def _by_level(draw: Callable[[Tensor], tuple[Tensor, Slope]], parameter: Tensor) -> Tensor:
    """Return draws, with their derivative in ``parameter``, inside transforms."""

    def both(parameter: Tensor) -> tuple[Tensor, Tensor]:
        value, slope = draw(parameter)
        return value, slope()

    value, slope = drawn_by(both, parameter)
    return value + (parameter - parameter.detach()) * slope


def _host(value: Tensor) -> Any:
    return to_device(value._array, as_device("cpu")).astype("float64")


def _like(other: Tensor, array: Any) -> Tensor:
    return wrap(to_device(host.asarray(array).astype(other._array.dtype), other.device))


def _moving(value: Tensor, slope: Slope, parameter: Tensor) -> Tensor:
    """Return ``value`` with the derivative ``slope()`` in ``parameter``."""
    if not (parameter.requires_grad and ag.is_grad_enabled()):
        return value
    return value + (parameter - parameter.detach()) * slope()
