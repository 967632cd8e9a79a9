"""Draws that distributions are made of."""

from __future__ import annotations

from typing import Any

import autograd_core as ag
from autograd_core.backend.device import as_device, special_of, to_device
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.sampling import default_generator


def open_uniform(shape: Any, like: Tensor) -> Tensor:
    """Return numbers drawn evenly from the open interval (0, 1), whose logarithms are finite."""
    drawn = ag.rand(tuple(shape), dtype=like.dtype, device=like.device)
    return drawn.clamp_(min=ag.finfo(like.dtype).tiny)


def gamma(concentration: Tensor) -> Tensor:
    """Return draws of the gamma distribution of rate 1, differentiable once in the concentration.

    A draw ``z`` at concentration ``a`` is the quantile ``q(a, u)`` of some fixed ``u``; its derivative is that of ``q``
    in ``a``, taken by a central difference in float64.

    Source: Figurnov, Mohamed & Mnih, Implicit Reparameterization Gradients (2018).
    """
    a = to_device(concentration._array, as_device("cpu")).astype("float64")
    z = default_generator.stream.draw.standard_gamma(a)
    kind = concentration._array.dtype
    low = ag.finfo(concentration.dtype).tiny
    value = wrap(to_device(z.astype(kind).clip(low), concentration.device))
    if not (concentration.requires_grad and ag.is_grad_enabled()):
        return value
    slope = wrap(to_device(_slope(a, z).astype(kind), concentration.device))
    return value + (concentration - concentration.detach()) * slope  # the value of `value`, the gradient of `q`


def _slope(a: Any, z: Any) -> Any:
    """Return d/da of the quantile that ``z`` is, at the same probability."""
    import numpy as np  # on the host: SciPy has the quantile and its upper tail to full precision

    special = special_of(np)
    step = 1e-4 * a
    upper = z > a  # the tail that is not close to 1
    tail, quantile = special.gammaincc(a, z), special.gammainccinv
    above, below = quantile(a + step, tail), quantile(a - step, tail)
    body = special.gammainc(a, z)
    low_above, low_below = special.gammaincinv(a + step, body), special.gammaincinv(a - step, body)
    return np.where(upper, above - below, low_above - low_below) / (2 * step)
