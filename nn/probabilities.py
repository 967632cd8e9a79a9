"""Layers that turn scores into probabilities.  Shape: any -> same."""

from __future__ import annotations

from collections.abc import Callable

from autograd_core import Tensor

from . import functional as F
from .base.module import Module
from .base.settings import Shown

__all__ = ["LogSoftmax", "Softmax", "Softmax2d", "Softmin"]


class _OverDim(Shown):
    _shown = ("dim",)
    function: Callable[..., Tensor]

    def __init__(self, dim: int | None = None) -> None:
        """Normalise over ``dim``; without it, over 0 for 0, 1 or 3 dims and else over 1, with a warning."""
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the probabilities, or their logarithms."""
        return type(self).function(input, self.dim, _stacklevel=5)


class Softmax(_OverDim):
    """Return ``exp(x) / sum(exp(x))`` over ``dim``.  Shape: any -> same."""

    function = F.softmax


class Softmin(_OverDim):
    """Return ``softmax(-x)`` over ``dim``.  Shape: any -> same."""

    function = F.softmin


class LogSoftmax(_OverDim):
    """Return ``log(softmax(x))`` over ``dim``, without overflow.  Shape: any -> same."""

    function = F.log_softmax


class Softmax2d(Module):
    """Return the softmax over the channels at each place of an image.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> same.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the probabilities.

        Raises: ValueError for other than 3 or 4 dims.
        """
        if input.ndim not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.ndim}D instead")
        return F.softmax(input, -3)
