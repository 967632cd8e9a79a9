"""Convolutions (cross-correlations, as the field calls them) over one, two and three spatial dimensions."""

from __future__ import annotations

from typing import Any

from autograd_core import Tensor
from autograd_core.backend.windows import conv_transpose_shape
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops.window import conv, conv_input_grad

from .padding import pad
from .sizes import Size, expand

__all__ = ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]

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


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """Return the transposed convolution of ``input`` along one dimension: see ``conv_transpose2d``."""
    return _conv_transpose(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """Return the transposed convolution of an image: the adjoint of ``conv2d``, plus ``bias`` per output channel.

    Each element of the input adds ``weight``, times itself, to the output.  ``output_padding`` is the size, below the
    stride or the dilation, that the output has more at its end.

    Shape: input ``(N, C, H, W)`` or ``(C, H, W)``, weight ``(C, O / groups, kH, kW)`` -> ``(N, O, H', W')`` with
    ``H' = (H - 1) * stride - 2 * padding + dilation * (kH - 1) + output_padding + 1``, and so ``W'``.
    """
    return _conv_transpose(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """Return the transposed convolution of a volume: see ``conv_transpose2d``."""
    return _conv_transpose(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


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
    if not _fits(name, n, input, weight):
        return _conv(n, input.unsqueeze(0), weight, bias, stride, padding, dilation, groups).squeeze(0)
    strides = expand(stride, n, name, "stride")
    dilations = expand(dilation, n, name, "dilation")
    if isinstance(padding, str):
        input, sizes = _named_padding(name, padding, input, tuple(weight.shape[2:]), strides, dilations)
    else:
        sizes = expand(padding, n, name, "padding")
    return conv(input, weight, bias, stride=strides, padding=sizes, dilation=dilations, groups=groups)


def _conv_transpose(
    n: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Size,
    padding: Size,
    output_padding: Size,
    groups: int,
    dilation: Size,
) -> Tensor:
    name = f"conv_transpose{n}d"
    if not _fits(name, n, input, weight):
        options = stride, padding, output_padding, groups, dilation
        return _conv_transpose(n, input.unsqueeze(0), weight, bias, *options).squeeze(0)
    strides, sides = expand(stride, n, name, "stride"), expand(padding, n, name, "padding")
    extra, dilations = expand(output_padding, n, name, "output_padding"), expand(dilation, n, name, "dilation")
    sizes: dict[str, Any] = {"stride": strides, "padding": sides, "dilation": dilations, "groups": groups}
    shape = conv_transpose_shape(name, tuple(input.shape), tuple(weight.shape), output_padding=extra, **sizes)
    output = conv_input_grad(input, weight, input_size=shape[2:], **sizes)
    if bias is None:
        return output
    if tuple(bias.shape) != shape[1:2]:
        raise ShapeError(f"{name}: bias has shape {tuple(bias.shape)}; wanted {shape[1:2]}, one per output channel")
    return output + bias.reshape(-1, *(1,) * n)


def _fits(name: str, n: int, input: Tensor, weight: Tensor) -> bool:
    """Return whether the input has a batch dimension.

    Raises: ShapeError where input or weight have the wrong number of dims; DTypeError for what is no Tensor.
    """
    if not (isinstance(input, Tensor) and isinstance(weight, Tensor)):
        argument, value = ("weight", weight) if isinstance(input, Tensor) else ("input", input)
        raise DTypeError(f"{name}: {argument} is {type(value).__name__}; wanted a Tensor (see ag.tensor)")
    ndim = input._array.ndim
    if ndim not in (n + 1, n + 2) or weight._array.ndim != n + 2:
        raise ShapeError(
            f"{name}: input has shape {tuple(input.shape)} and weight {tuple(weight.shape)}; "
            f"wanted input (N, C, {AXES[n - 1]}) or (C, {AXES[n - 1]}) and weight of {n + 2} dims"
        )
    return bool(ndim == n + 2)


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
