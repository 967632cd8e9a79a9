"""Clipping of gradients, by their common norm or by value."""

from __future__ import annotations

import math
from collections.abc import Iterable

import autograd_core as ag
from autograd_core import Tensor


def _grads(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    listed = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in listed if p.grad is not None]


def get_total_norm(
    tensors: Tensor | Iterable[Tensor], norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """Return the norm of all ``tensors`` taken as one vector.

    Raises: RuntimeError where it is not finite and ``error_if_nonfinite``.
    """
    listed = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not listed:
        return ag.tensor(0.0)
    first = listed[0].device
    norms = [ag.norm(t, norm_type).to(first) for t in listed]
    total = ag.norm(ag.stack(norms), norm_type)
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be "
            "clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return total


@ag.no_grad()
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale the gradients in place so that their norm, taken as one vector, is at most ``max_norm``; return the norm.

    ``foreach`` is accepted and changes nothing.

    Raises: RuntimeError where the norm is not finite and ``error_if_nonfinite``.
    Source: Pascanu et al., On the difficulty of training recurrent neural networks, algorithm 1.
    """
    grads = _grads(parameters)
    total = get_total_norm(grads, norm_type, error_if_nonfinite)
    scale = ag.clamp(max_norm / (total + 1e-6), max=1.0)
    for grad in grads:
        grad.mul_(scale.to(grad.device))
    return total


@ag.no_grad()
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Cut every element of the gradients to ``[-clip_value, clip_value]``, in place.

    ``foreach`` is accepted and changes nothing.
    """
    for grad in _grads(parameters):
        grad.clamp_(min=-clip_value, max=clip_value)
