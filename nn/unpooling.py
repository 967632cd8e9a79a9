"""Layers that undo maximum pooling in part: maxima put back in their places, zeros elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autograd_core import Tensor

from . import functional as F
from .base.settings import Shown
from .functional.sizes import Size, expand

__all__ = ["MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"]


class _MaxUnpool(Shown):
    """Unpooling over ``n_dims`` dimensions by ``function``."""

    _shown = ("kernel_size", "stride", "padding")
    n_dims: int
    function: Callable[..., Tensor]

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        """Undo a pooling with these settings; sizes are one int, or one per dimension."""
        super().__init__()
        name, n = type(self).__name__, self.n_dims
        self.kernel_size = expand(kernel_size, n, name, "kernel_size")
        self.stride = self.kernel_size if stride is None else expand(stride, n, name, "stride")
        self.padding = expand(padding, n, name, "padding")

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Return the maxima at their places, which the pooling gave with ``return_indices=True``.

        Several sizes pool to the same one: ``output_size``, with or without N and C, chooses among them.
        """
        return type(self).function(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool1d(_MaxUnpool):
    """Put the maxima of ``MaxPool1d`` back in their places, zeros elsewhere.

    Shape: ``(N, C, L)`` or ``(C, L)`` -> ``L' = (L - 1) * stride + kernel_size - 2 * padding``.
    """

    n_dims = 1
    function = F.max_unpool1d


class MaxUnpool2d(_MaxUnpool):
    """Put the maxima of ``MaxPool2d`` back in their places, zeros elsewhere.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``H' = (H - 1) * stride + kernel_size - 2 * padding``.

    Source: Zeiler et al., Adaptive deconvolutional networks for mid and high level feature learning, section 2.
    """

    n_dims = 2
    function = F.max_unpool2d


class MaxUnpool3d(_MaxUnpool):
    """Put the maxima of ``MaxPool3d`` back in their places, zeros elsewhere.

    Shape: ``(N, C, D, H, W)`` or ``(C, D, H, W)`` -> ``D' = (D - 1) * stride + kernel_size - 2 * padding``.
    """

    n_dims = 3
    function = F.max_unpool3d
