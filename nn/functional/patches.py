"""The windows of an image as columns of a matrix, and back."""

from __future__ import annotations

from autograd_core import Tensor
from autograd_core.errors import ShapeError
from autograd_core.ops import window

from .sizes import Size, batched, expand

__all__ = ["fold", "unfold"]


def unfold(input: Tensor, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1) -> Tensor:
    """Return the windows of an image as columns, one for each place of the window.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``(N, C * kH * kW, L)``, L the number of places; sizes as ``conv2d``'s.
    """
    x, whole = batched("unfold", 2, input)
    columns = window.unfold(
        x,
        kernel_size=expand(kernel_size, 2, "unfold", "kernel_size"),
        stride=expand(stride, 2, "unfold", "stride"),
        padding=expand(padding, 2, "unfold", "padding"),
        dilation=expand(dilation, 2, "unfold", "dilation"),
    )
    return columns if whole else columns.squeeze(0)


def fold(
    input: Tensor,
    output_size: Size,
    kernel_size: Size,
    dilation: Size = 1,
    padding: Size = 0,
    stride: Size = 1,
) -> Tensor:
    """Return the sum of columns put where their windows lie in an image: the adjoint of ``unfold``.

    Shape: ``(N, C * kH * kW, L)`` or ``(C * kH * kW, L)`` -> ``(N, C, *output_size)``.
    """
    if input.ndim not in (2, 3):
        raise ShapeError(f"fold: input has shape {tuple(input.shape)}; wanted (N, C * kH * kW, L), or no N")
    image = window.fold(
        input if input.ndim == 3 else input.unsqueeze(0),
        output_size=expand(output_size, 2, "fold", "output_size"),
        kernel_size=expand(kernel_size, 2, "fold", "kernel_size"),
        stride=expand(stride, 2, "fold", "stride"),
        padding=expand(padding, 2, "fold", "padding"),
        dilation=expand(dilation, 2, "fold", "dilation"),
    )
    return image if input.ndim == 3 else image.squeeze(0)
