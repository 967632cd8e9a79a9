"""Layers that pool: the maximum, the mean or the norm of each window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_core import Tensor

from . import functional as F
from .base.settings import Shown
from .functional.sizes import Size, expand

__all__ = [
    "AvgPool1d", "AvgPool2d", "AvgPool3d", "LPPool1d", "LPPool2d", "LPPool3d", "MaxPool1d", "MaxPool2d", "MaxPool3d",
]  # fmt: skip


class _MaxPool(Shown):
    _shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
    function: Callable[..., Any]

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        """Pool windows of ``kernel_size`` elements, ``dilation`` apart, one every ``stride`` elements.

        Sizes are one int, or one per dimension; ``stride`` is ``kernel_size`` unless it is given.
        ``padding``: how many elements that never win are put before and after.
        ``return_indices``: return the places of the maxima too, for ``MaxUnpool``.
        ``ceil_mode``: keep a last window that begins inside and ends outside.
        """
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Any:
        """Return the maximum of each window, and its place if ``return_indices``."""
        return type(self).function(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool1d(_MaxPool):
    """Take the maximum of windows of a signal.

    Shape: ``(N, C, L)`` or ``(C, L)`` -> ``L' = (L + 2 * padding - dilation * (k - 1) - 1) // stride + 1``.
    """

    function = F.max_pool1d


class MaxPool2d(_MaxPool):
    """Take the maximum of windows of an image.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``H' = (H + 2 * padding - dilation * (k - 1) - 1) // stride + 1``.
    """

    function = F.max_pool2d


class MaxPool3d(_MaxPool):
    """Take the maximum of windows of a volume.

    Shape: ``(N, C, D, H, W)`` or ``(C, D, H, W)`` -> ``D' = (D + 2 * padding - dilation * (k - 1) - 1) // stride + 1``.
    """

    function = F.max_pool3d


class _AvgPool(Shown):
    _shown = ("kernel_size", "stride", "padding")
    function: Callable[..., Tensor]

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        """Pool windows of ``kernel_size`` elements, one every ``stride`` elements.

        Sizes are one int, or one per dimension; ``stride`` is ``kernel_size`` unless it is given.
        ``padding``: how many zeros are put before and after; they are counted if ``count_include_pad``.
        ``ceil_mode``: keep a last window that begins inside and ends outside.
        ``divisor_override``: divide the sums by this number, not by that of the elements.
        """
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """Return the mean of each window."""
        return type(self).function(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool1d(_AvgPool):
    """Take the mean of windows of a signal.

    Shape: ``(N, C, L)`` or ``(C, L)`` -> ``L' = (L + 2 * padding - k) // stride + 1``.
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        """Pool windows of ``kernel_size`` elements, one every ``stride`` elements, ``kernel_size`` unless it is given.

        ``padding``: how many zeros are put before and after; they are counted if ``count_include_pad``.
        ``ceil_mode``: keep a last window that begins inside and ends outside.
        """
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        for name in ("kernel_size", "stride", "padding"):
            setattr(self, name, expand(getattr(self, name), 1, "AvgPool1d", name))

    def forward(self, input: Tensor) -> Tensor:
        """Return the mean of each window."""
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)


class AvgPool2d(_AvgPool):
    """Take the mean of windows of an image.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``H' = (H + 2 * padding - k) // stride + 1``.
    """

    function = F.avg_pool2d


class AvgPool3d(_AvgPool):
    """Take the mean of windows of a volume.

    Shape: ``(N, C, D, H, W)`` or ``(C, D, H, W)`` -> ``D' = (D + 2 * padding - k) // stride + 1``.
    """

    function = F.avg_pool3d


class _LPPool(Shown):
    _shown = ("norm_type", "kernel_size", "stride", "ceil_mode")
    function: Callable[..., Tensor]

    def __init__(
        self, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
    ) -> None:
        """Pool windows of ``kernel_size`` elements, one every ``stride`` elements, ``kernel_size`` unless it is given.

        ``norm_type``: the power; 1 gives sums, and the larger it is the nearer the maximum is.
        ``ceil_mode``: keep a last window that begins inside and ends outside.
        """
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        """Return the norm of each window."""
        return type(self).function(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool1d(_LPPool):
    """Take the norm ``(sum x**p) ** (1/p)`` of windows of a signal, ``p = norm_type``.

    Shape: ``(N, C, L)`` or ``(C, L)`` -> ``L' = (L - k) // stride + 1``.
    """

    function = F.lp_pool1d


class LPPool2d(_LPPool):
    """Take the norm ``(sum x**p) ** (1/p)`` of windows of an image, ``p = norm_type``.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``H' = (H - k) // stride + 1``.
    """

    function = F.lp_pool2d


class LPPool3d(_LPPool):
    """Take the norm ``(sum x**p) ** (1/p)`` of windows of a volume, ``p = norm_type``.

    Shape: ``(N, C, D, H, W)`` or ``(C, D, H, W)`` -> ``D' = (D - k) // stride + 1``.
    """

    function = F.lp_pool3d
