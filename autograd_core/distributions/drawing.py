"""Draws that distributions are made of."""

from __future__ import annotations

from typing import Any

import autograd_core as ag
from autograd_core.engine.lifted import LEVELS
from autograd_core.engine.tensor import Tensor
from autograd_core.randomness.levels import drawn


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
    return _moving("gamma", concentration, ag.finfo(concentration.dtype).tiny)


def proportions(concentration: Tensor) -> Tensor:
    """Return gamma draws over their sum along the last dimension, differentiable once; drawn on the host.

    They are scaled by the largest before the dtype rounds them, so that small concentrations lose nothing.
    """
    parts = _moving("scaled_gamma", concentration, 0.0)
    return (parts / parts.sum(-1, keepdim=True)).clamp(min=ag.finfo(concentration.dtype).tiny)


def _moving(of: str, parameter: Tensor, least: float) -> Tensor:
    """Return draws, at the least ``least``, which move with their parameter where someone may ask how."""
    moves = bool(LEVELS.get()) or (parameter.requires_grad and ag.is_grad_enabled())
    kind, place = parameter.dtype.dtype, parameter.device
    value, *slope = drawn(of, None, [parameter.detach()], dtype=kind, numbers=(moves,), device=place).unbind(-1)
    value = value.clamp(min=least)
    return value + (parameter - parameter.detach()) * slope[0] if moves else value
