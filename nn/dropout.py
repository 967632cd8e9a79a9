"""Dropout."""

from __future__ import annotations

from autograd_core import Tensor

from . import functional as F
from .module import Module

__all__ = ["Dropout"]


class Dropout(Module):
    """In training, set each element to zero with probability ``p`` and scale the rest by ``1 / (1 - p)``.

    Shape: any -> same.

    Source: Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        """Make a layer that drops with probability ``p``.

        Raises: ValueError where ``p`` is outside [0, 1].
        """
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with elements dropped in training, as it is in evaluation."""
        return F.dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"p={self.p}, inplace={self.inplace}"
