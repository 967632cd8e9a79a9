"""Noise on gradients, which helps very deep networks out of a bad start."""

from __future__ import annotations

from collections.abc import Iterable

import autograd_core as ag
from autograd_core import Generator, Tensor

__all__ = ["add_gradient_noise_"]


@ag.no_grad()
def add_gradient_noise_(
    parameters: Tensor | Iterable[Tensor], eta: float, gamma: float, step: int, generator: Generator | None = None
) -> None:
    """Add noise from N(0, sigma²) to every gradient, in place, with ``sigma² = eta / (1 + step)**gamma``.

    It is called between ``backward()`` and the optimiser's step.

    Args:
        parameters: those whose gradients are changed; one without a gradient is passed over.
        eta: the variance at step 0; the paper chooses among 0.01, 0.3 and 1.
        gamma: how fast it falls; 0.55 in the paper.
        step: how many steps were taken before, from 0.
        generator: draws the noise; by default the device's own.

    Raises: ValueError where ``eta`` or ``step`` is negative.
    Source: Neelakantan et al., Adding Gradient Noise Improves Learning for Very Deep Networks, 2015, equation 1.
    """
    for name, value in {"eta": eta, "step": step}.items():
        if not value >= 0:
            raise ValueError(f"add_gradient_noise_: {name} is {value}; wanted at least 0")
    std = (eta / (1 + step) ** gamma) ** 0.5
    for parameter in [parameters] if isinstance(parameters, Tensor) else parameters:
        if parameter.grad is not None:
            parameter.grad.add_(ag.empty_like(parameter.grad).normal_(0.0, std, generator=generator))
