"""Clipping of gradients, by their common norm or by value."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from types import GeneratorType

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.blame import stacklevel

__all__ = ["clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]


def _grads(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    listed = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in listed if p.grad is not None]


@ag.no_grad()
def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Return the norm of all ``tensors`` taken as one vector.

    ``foreach`` is accepted and changes nothing.

    Raises: RuntimeError where it is not finite and ``error_if_nonfinite``.
    """
    listed = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not listed:
        return ag.tensor(0.0)
    norm_type, first = float(norm_type), listed[0].device
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
def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale the gradients in place by ``max_norm / total_norm``, where that is less than 1.

    ``total_norm`` is their norm, of ``get_total_norm``, or that of more gradients.  ``foreach`` is accepted and
    changes nothing.
    """
    scale = ag.clamp(float(max_norm) / (total_norm + 1e-6), max=1.0)
    for grad in _grads(parameters):
        grad.mul_(scale.to(grad.device))


@ag.no_grad()
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale the gradients in place so that their norm, taken as one vector, is at most ``max_norm``; return the norm.

    ``foreach`` is accepted and changes nothing.  A generator of no parameters, which may have been used up before,
    gives a warning.

    Raises: RuntimeError where the norm is not finite and ``error_if_nonfinite``.
    Source: Pascanu et al., On the difficulty of training recurrent neural networks, algorithm 1.
    """
    listed = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    if isinstance(parameters, GeneratorType) and not listed:
        warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=stacklevel())
    total = get_total_norm(_grads(listed), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(listed, max_norm, total)
    return total


@ag.no_grad()
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Cut every element of the gradients to ``[-clip_value, clip_value]``, in place.

    ``foreach`` is accepted and changes nothing.
    """
    bound = float(clip_value)
    for grad in _grads(parameters):
        grad.clamp_(min=-bound, max=bound)
