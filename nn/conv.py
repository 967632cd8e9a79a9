"""Convolutional layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core import Tensor

from . import functional as F
from .functional.convolution import same_padding
from .functional.sizes import Size, expand
from .linear import init_weight_and_bias
from .module import Module
from .parameter import Parameter

__all__ = ["Conv1d", "Conv2d", "Conv3d"]

PADDINGS = ("same", "valid")
PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _Conv(Module):
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

        ``padding``: a size, ``"same"`` or ``"valid"``.  ``padding_mode``: zeros, reflect, replicate or circular.

        Raises: ValueError where the channels do not divide into the groups, or a padding is unknown.
        """
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = self._expand(kernel_size, "kernel_size")
        self.stride = self._expand(stride, "stride")
        self.padding: Any = padding if isinstance(padding, str) else self._expand(padding, "padding")
        self.dilation = self._expand(dilation, "dilation")
        self.groups = groups
        self.padding_mode = padding_mode
        self._check()
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self.weight = Parameter(ag.empty(shape, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(ag.empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def _expand(self, value: Size, argument: str) -> tuple[int, ...]:
        return expand(value, self.n_dims, type(self).__name__, argument)

    def _check(self) -> None:
        name = type(self).__name__
        if self.groups <= 0:
            raise ValueError(f"{name}: groups is {self.groups}; wanted a positive int")
        for what, channels in (("in_channels", self.in_channels), ("out_channels", self.out_channels)):
            if channels % self.groups:
                raise ValueError(f"{name}: {what} is {channels}; it must be divisible by groups={self.groups}")
        if isinstance(self.padding, str) and self.padding not in PADDINGS:
            raise ValueError(f"{name}: padding is {self.padding!r}; wanted a size, 'same' or 'valid'")
        if self.padding == "same" and any(s != 1 for s in self.stride):
            raise ValueError(f"{name}: padding='same' is not supported for strided convolutions, stride={self.stride}")
        if self.padding_mode not in PADDING_MODES:
            raise ValueError(f"{name}: padding_mode is {self.padding_mode!r}; wanted one of {', '.join(PADDING_MODES)}")

    def reset_parameters(self) -> None:
        """Draw weight and bias anew from U(-k, k) with k = 1 / sqrt(fan_in)."""
        init_weight_and_bias(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the convolution of ``input``."""
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._sides(), mode=self.padding_mode), 0
        return type(self).function(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _sides(self) -> list[int]:
        """Return the padding in ``F.pad``'s order: both sides of the last dimension first."""
        if self.padding == "same":
            return same_padding(self.kernel_size, self.dilation)
        sizes = (0,) * self.n_dims if self.padding == "valid" else self.padding
        return [side for size in reversed(sizes) for side in (size, size)]

    def extra_repr(self) -> str:
        """Return the channels and whatever is not the default."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        defaults = {"padding": (0,) * self.n_dims, "dilation": (1,) * self.n_dims, "groups": 1}
        for name, default in defaults.items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        text += ", bias=False" if self.bias is None else ""
        return text if self.padding_mode == "zeros" else f"{text}, padding_mode={self.padding_mode}"


class Conv1d(_Conv):
    """Convolve signals.

    Shape: ``(N, in_channels, L)`` -> ``(N, out_channels, L')``; weight ``(out_channels, in_channels / groups, K)``.
    """

    n_dims = 1
    function = F.conv1d


class Conv2d(_Conv):
    """Convolve images.

    Shape: ``(N, in_channels, H, W)`` -> ``(N, out_channels, H', W')``; weight
    ``(out_channels, in_channels / groups, kH, kW)``.
    """

    n_dims = 2
    function = F.conv2d


class Conv3d(_Conv):
    """Convolve volumes.

    Shape: ``(N, in_channels, D, H, W)`` -> ``(N, out_channels, D', H', W')``; weight
    ``(out_channels, in_channels / groups, kD, kH, kW)``.
    """

    n_dims = 3
    function = F.conv3d
