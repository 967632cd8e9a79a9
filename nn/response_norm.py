"""Normalisation of each element by the channels beside its own."""

from __future__ import annotations

from autograd_core import Tensor

from . import functional as F
from .base.module import Module

__all__ = ["CrossMapLRN2d", "LocalResponseNorm"]


class LocalResponseNorm(Module):
    """Divide by a power of the mean square of the channels around: ``x / (k + alpha * mean(x**2))**beta``.

    Channels beyond the first and the last count as zeros.

    Shape: ``(N, C, *)``, at least three dimensions -> same.

    Source: Krizhevsky et al., ImageNet classification with deep convolutional neural networks, section 3.3.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        """``size``: of how many channels the mean is; ``alpha``, ``beta`` and ``k`` are the formula's."""
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(LocalResponseNorm):
    """Divide images by a power of the sum of squares of the channels around: as ``LocalResponseNorm``, Torch7's form.

    An even ``size`` takes the ``size - 1`` channels around each one, and still divides by ``size``.

    Shape: ``(N, C, H, W)`` -> same.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        """``size``: of how many channels the mean is; ``alpha``, ``beta`` and ``k`` are the formula's."""
        super().__init__(size, alpha, beta, k)

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input.

        Raises: ValueError where the input has no four dimensions.
        """
        if input.ndim != 4:
            raise ValueError(f"CrossMapLRN2d: Expected input to be 4D, got {input.ndim}D instead.")
        around = (self.size - 1) // 2  # on each side
        width = 2 * around + 1
        return F.local_response_norm(input, width, self.alpha * width / self.size, self.beta, self.k)
