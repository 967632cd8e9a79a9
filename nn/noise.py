"""Noise added in training."""

from __future__ import annotations

import autograd_core as ag
from autograd_core import Tensor

from .base.settings import Shown

__all__ = ["GaussianNoise"]


class GaussianNoise(Shown):
    """In training, add ``std * n`` to each element, ``n`` drawn from N(0, 1); on inputs, or between layers.

    With ``relative``, add ``std * |x| * n``: noise in proportion to each element.  Either way the noise counts as a
    constant, so that gradients pass unchanged.

    Shape: any -> same.  A floating dtype.

    Source: Bishop, Training with noise is equivalent to Tikhonov regularization, eq. 3.
    """

    _shown = ("std", "relative")

    def __init__(self, std: float, relative: bool = False) -> None:
        """Add noise of standard deviation ``std``, in units of the input, or of each element if ``relative``.

        Raises: ValueError where ``std`` is negative.
        """
        super().__init__()
        if not std >= 0:
            raise ValueError(f"GaussianNoise: std is {std}; wanted a number of at least 0")
        self.std = std
        self.relative = relative

    def forward(self, input: Tensor) -> Tensor:
        """Return the input, in training with noise."""
        if not self.training or self.std == 0:
            return input
        noise = ag.randn_like(input).mul_(self.std)
        return input + (noise.mul_(input.detach()) if self.relative else noise)
