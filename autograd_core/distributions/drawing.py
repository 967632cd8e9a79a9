"""Draws that distributions are made of."""

from __future__ import annotations

from typing import Any

import autograd_core as ag
from autograd_core.backend import host
from autograd_core.backend.device import as_device, to_device
from autograd_core.backend.gammas import log_gammas, log_slopes
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.randomness.sampling import stream_of


def standard_normal(shape: Any, like: Tensor) -> Tensor:
    """Return standard normal numbers of another tensor's dtype, on its device."""
    return ag.randn(shape, dtype=like.dtype, device=like.device)


def open_uniform(shape: Any, like: Tensor) -> Tensor:
    """Return numbers drawn evenly from the open interval (0, 1), whose logarithms are finite."""
    return ag.rand(shape, dtype=like.dtype, device=like.device).clamp_(min=ag.finfo(like.dtype).tiny)


def gamma(concentration: Tensor) -> Tensor:
    """Return draws of the gamma distribution of rate 1, differentiable once; drawn on the host.

    A draw is a quantile whose probability is fixed, and moves with the concentration as that quantile does.
    """
    a = _host(concentration)
    log_z = log_gammas(stream_of(None), a)
    z = host.exp(log_z)
    value = _like(concentration, z.clip(ag.finfo(concentration.dtype).tiny))
    return _moving(value, concentration, lambda: z * log_slopes(a, log_z))


def proportions(concentration: Tensor) -> Tensor:
    """Return gamma draws over their sum along the last dimension, differentiable once; drawn on the host.

    They are scaled by the largest before the dtype rounds them, so that small concentrations lose nothing.
    """
    a = _host(concentration)
    log_z = log_gammas(stream_of(None), a)
    z = host.exp(log_z - log_z.max(-1, keepdims=True, initial=-host.inf))
    parts = _moving(_like(concentration, z), concentration, lambda: z * log_slopes(a, log_z))
    return (parts / parts.sum(-1, keepdim=True)).clamp(min=ag.finfo(concentration.dtype).tiny)


def _host(value: Tensor) -> Any:
    return to_device(value._array, as_device("cpu")).astype("float64")


def _like(other: Tensor, array: Any) -> Tensor:
    return wrap(to_device(host.asarray(array).astype(other._array.dtype), other.device))


def _moving(value: Tensor, parameter: Tensor, slope: Any) -> Tensor:
    """Return ``value`` with the derivative ``slope()`` in ``parameter``."""
    if not (parameter.requires_grad and ag.is_grad_enabled()):
        return value
    return value + (parameter - parameter.detach()) * _like(parameter, slope())
