"""Layers that lay the windows of an image out as columns of a matrix, and back."""

from __future__ import annotations

from autograd_core import Tensor

from . import functional as F
from .base.settings import Shown
from .functional.sizes import Size

__all__ = ["Fold", "Unfold"]


class Unfold(Shown):
    """Return the windows of an image as columns, one for each place of the window.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``(N, C * kH * kW, L)``, L the number of places.
    """

    _shown = ("kernel_size", "dilation", "padding", "stride")

    def __init__(self, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1) -> None:
        """Take windows of ``kernel_size`` elements, ``dilation`` apart, one every ``stride`` elements.

        Sizes are one int, or one per dimension; ``padding`` zeros are put on every side.
        """
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """Return the columns."""
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)


class Fold(Shown):
    """Return the sum of columns put where their windows lie in an image: the adjoint of ``Unfold``.

    Shape: ``(N, C * kH * kW, L)`` or ``(C * kH * kW, L)`` -> ``(N, C, *output_size)``.
    """

    _shown = ("output_size", "kernel_size", "dilation", "padding", "stride")

    def __init__(
        self, output_size: Size, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1
    ) -> None:
        """Give images of ``output_size``; the other settings are those of the ``Unfold`` that it undoes."""
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """Return the image."""
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)
