"""Convolutional layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core import Tensor

from . import functional as F
from .base.module import Module
from .functional.convolution import same_padding
from .functional.sizes import Size, expand
from .linear import init_weight_and_bias
from .parameter import Parameter

__all__ = ["Conv1d", "Conv2d", "Conv3d"]

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """What convolutions and transposed convolutions share: settings, weights and how they print."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, ...],
        stride: tuple[int, ...],
        padding: str | tuple[int, ...],
        dilation: tuple[int, ...],
        transposed: bool,
        output_padding: tuple[int, ...],
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding: Any = padding
        self.dilation = dilation
        self.transposed = transposed
        self.output_padding = output_padding
        self.groups = groups
        self.padding_mode = padding_mode
        self._check()
        self._reversed_padding_repeated_twice = self._sides()
        self.weight = Parameter(ag.empty(self._weight_shape(), device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(ag.empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def _weight_shape(self) -> tuple[int, ...]:
        channels = (self.in_channels, self.out_channels)
        first, second = channels if self.transposed else reversed(channels)
        return (first, second // self.groups, *self.kernel_size)

    def _check(self) -> None:
        name, padding, groups = type(self).__name__, self.padding, self.groups
        if groups <= 0:
            raise ValueError(f"{name}: groups must be a positive integer; got {groups}")
        for what, channels in (("in_channels", self.in_channels), ("out_channels", self.out_channels)):
            if channels % groups:
                raise ValueError(f"{name}: {what} must be divisible by groups; got {what}={channels}, groups={groups}")
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise ValueError(f"{name}: Invalid padding string {padding!r}; wanted a size, 'same' or 'valid'")
        if padding == "same" and any(s != 1 for s in self.stride):
            raise ValueError(f"{name}: padding='same' is not supported for strided convolutions; got {self.stride}")
        if self.padding_mode not in PADDING_MODES:
            raise ValueError(
                f"{name}: padding_mode must be one of {PADDING_MODES}, but got padding_mode={self.padding_mode!r}"
            )

    def _sides(self) -> list[int]:
        """Return the padding in ``F.pad``'s order: both sides of the last dimension first."""
        if self.padding == "same":
            return same_padding(self.kernel_size, self.dilation)
        sizes = (0,) * len(self.kernel_size) if self.padding == "valid" else self.padding
        return [side for size in reversed(sizes) for side in (size, size)]

    def reset_parameters(self) -> None:
        """Draw weight and bias anew from U(-k, k) with k = 1 / sqrt(fan_in)."""
        init_weight_and_bias(self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return the channels and whatever is not the default."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        zeros, ones = (0,) * len(self.kernel_size), (1,) * len(self.kernel_size)
        defaults = {"padding": zeros, "dilation": ones, "output_padding": zeros, "groups": 1}
        for name, default in defaults.items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        text += ", bias=False" if self.bias is None else ""
        return text if self.padding_mode == "zeros" else f"{text}, padding_mode={self.padding_mode}"


class _Conv(_ConvNd):
    """A convolution over ``n_dims`` spatial dimensions by ``function``."""

    n_dims: int
    function: Callable[..., Tensor]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        """Make a layer; sizes are one int, or one per dimension.

        ``padding``: how far the input goes on before and after; ``"same"``: as far as keeps its size; ``"valid"``: not
        at all.  ``padding_mode``: it goes on with ``"zeros"``, mirrored (``"reflect"``), with its last element
        (``"replicate"``) or from its other end (``"circular"``).
        ``dilation``: how far apart the kernel's elements are.
        ``groups``: into how many parts the channels fall, each of which sees its own alone.

        Raises: ValueError where the channels do not divide into the groups, or a padding is unknown.
        """
        n, name = self.n_dims, type(self).__name__
        given = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
        sizes: dict[str, Any] = {k: v if isinstance(v, str) else expand(v, n, name, k) for k, v in given.items()}
        super().__init__(
            in_channels, out_channels, **sizes, transposed=False, output_padding=(0,) * n, groups=groups,
            bias=bias, padding_mode=padding_mode, device=device, dtype=dtype,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """Return the convolution of ``input``."""
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode), 0
        return type(self).function(input, weight, bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_Conv):
    """Convolve signals: ``y[o, t] = bias[o] + sum over c, k of weight[o, c, k] * x[c, stride * t + dilation * k]``.

    Shape: ``(N, in_channels, L)`` or ``(in_channels, L)`` -> ``(N, out_channels, L')`` with
    ``L' = (L + 2 * padding - dilation * (K - 1) - 1) // stride + 1``; weight
    ``(out_channels, in_channels / groups, K)``.
    Weight and bias are drawn from U(-k, k) with k = 1 / sqrt(in_channels / groups * K).
    """

    n_dims = 1
    function = F.conv1d


class Conv2d(_Conv):
    """Convolve images: as ``Conv1d``, over two dimensions.

    Shape: ``(N, in_channels, H, W)`` or ``(in_channels, H, W)`` -> ``(N, out_channels, H', W')`` with
    ``H' = (H + 2 * padding - dilation * (kH - 1) - 1) // stride + 1``, and so ``W'``; weight
    ``(out_channels, in_channels / groups, kH, kW)``.

    Source: LeCun et al., Gradient-based learning applied to document recognition, section II.A.
    """

    n_dims = 2
    function = F.conv2d


class Conv3d(_Conv):
    """Convolve volumes: as ``Conv1d``, over three dimensions.

    Shape: ``(N, in_channels, D, H, W)`` or ``(in_channels, D, H, W)`` -> ``(N, out_channels, D', H', W')``, sizes as in
    ``Conv2d``; weight ``(out_channels, in_channels / groups, kD, kH, kW)``.
    """

    n_dims = 3
    function = F.conv3d
