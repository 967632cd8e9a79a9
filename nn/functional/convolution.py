"""Convolutions (cross-correlations, as the field calls them) over one, two and three spatial dimensions."""

from __future__ import annotations

from typing import Any

from autograd_core import Tensor
from autograd_core.errors import ShapeError
from autograd_core.ops.window import conv

from .padding import pad
from .sizes import Size, expand

AXES = ("L", "H, W", "D, H, W")


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """Return the convolution of ``input`` with ``weight`` along one dimension, plus ``bias`` per output channel.

    ``padding`` is a size, ``"valid"`` (none) or ``"same"`` (output as long as the input, for stride 1).

    Shape: input ``(N, C, L)`` or ``(C, L)``, weight ``(O, C / groups, K)`` -> ``(N, O, L')`` with
    ``L' = (L + 2 * padding - dilation * (K - 1) - 1) // stride + 1``.
    """
    return _conv(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """Return the convolution of ``input`` with ``weight`` over an image, plus ``bias`` per output channel.

    Sizes are one int, or one per dimension; ``padding`` may be ``"valid"`` (none) or ``"same"`` (output as large as
    the input, for stride 1).

    Shape: input ``(N, C, H, W)`` or ``(C, H, W)``, weight ``(O, C / groups, kH, kW)`` -> ``(N, O, H', W')`` with
    ``H' = (H + 2 * padding - dilation * (kH - 1) - 1) // stride + 1``, and so ``W'``.
    """
    return _conv(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """Return the convolution of ``input`` with ``weight`` over a volume, plus ``bias`` per output channel.

    Shape: input ``(N, C, D, H, W)`` or ``(C, D, H, W)``, weight ``(O, C / groups, kD, kH, kW)`` ->
    ``(N, O, D', H', W')``; sizes as in ``conv2d``.
    """
    return _conv(3, input, weight, bias, stride, padding, dilation, groups)


def _conv(
    n: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Size,
    padding: Any,
    dilation: Size,
    groups: int,
) -> Tensor:
    name = f"conv{n}d"
    ndim = input.ndim
    if ndim == n + 1:
        return _conv(n, input.unsqueeze(0), weight, bias, stride, padding, dilation, groups).squeeze(0)
    if ndim != n + 2 or weight.ndim != n + 2:
        raise ShapeError(
            f"{name}: input has shape {tuple(input.shape)} and weight {tuple(weight.shape)}; "
            f"wanted input (N, C, {AXES[n - 1]}) or (C, {AXES[n - 1]}) and weight of {n + 2} dims"
        )
    strides = expand(stride, n, name, "stride")
    dilations = expand(dilation, n, name, "dilation")
    if isinstance(padding, str):
        input, sizes = _named_padding(name, padding, input, tuple(weight.shape[2:]), strides, dilations)
    else:
        sizes = expand(padding, n, name, "padding")
    return conv(input, weight, bias, stride=strides, padding=sizes, dilation=dilations, groups=groups)


def same_padding(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> list[int]:
    """Return the padding that keeps sizes, in ``pad``'s order; an odd total has its larger half on the right."""
    sides: list[int] = []
    for k, d in zip(reversed(kernel), reversed(dilation)):
        total = d * (k - 1)
        sides += [total // 2, total - total // 2]
    return sides


def _named_padding(
    name: str, padding: str, input: Tensor, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[Tensor, tuple[int, ...]]:
    """Return the input, padded where the sides differ, and the padding that is left to do on both sides."""
    if padding == "valid":
        return input, (0,) * len(kernel)
    if padding != "same":
        raise ValueError(f"{name}: padding is {padding!r}; wanted a size, 'valid' or 'same'")
    if any(s != 1 for s in stride):
        raise ShapeError(f"{name}: padding='same' with stride {stride}; wanted stride 1")
    sides = same_padding(kernel, dilation)
    left, right = sides[0::2], sides[1::2]
    if left != right:
        extra = [side for x, y in zip(left, right) for side in (0, y - x)]
        input = pad(input, extra)
    return input, tuple(reversed(left))
