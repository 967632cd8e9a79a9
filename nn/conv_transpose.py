"""Transposed convolutions, which go from a convolution's output sizes back to its input sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core import Tensor

from . import functional as F
from .conv import _ConvNd
from .functional.sizes import Size, expand

__all__ = ["ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]


class _ConvTransposeNd(_ConvNd):
    """A transposed convolution over ``n_dims`` spatial dimensions by ``function``."""

    n_dims: int
    function: Callable[..., Tensor]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        """Make a layer; the settings are those of the convolution that leads from this one's output to its input.

        ``output_padding``: how much longer the output is at its end: a stride leads from several sizes to one.
        ``padding_mode``: ``"zeros"``, as nothing else has a meaning here.

        Raises: ValueError where the channels do not divide into the groups, or ``padding_mode`` is not zeros.
        """
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}; got {padding_mode!r}')
        given = {
            "kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation,
            "output_padding": output_padding,
        }  # fmt: skip
        sizes: dict[str, Any] = {k: expand(v, self.n_dims, type(self).__name__, k) for k, v in given.items()}
        super().__init__(
            in_channels, out_channels, **sizes, transposed=True, groups=groups, bias=bias, padding_mode=padding_mode,
            device=device, dtype=dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Return the transposed convolution of ``input``; ``output_size`` decides on ``output_padding`` for this call.

        Raises: ValueError where no output of this layer has that size.
        """
        extra = self.output_padding if output_size is None else self._output_padding(input, tuple(output_size))
        return type(self).function(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )

    def _output_padding(self, input: Tensor, output_size: tuple[int, ...]) -> tuple[int, ...]:
        """Return how much longer than the shortest output one of ``output_size``, with or without channels, is."""
        n, sizes = self.n_dims, tuple(input.shape[-self.n_dims :])
        if len(output_size) not in (n, input.ndim):
            raise ValueError(
                f"ConvTranspose{n}D: for {input.ndim}D input, output_size must have {n} or {input.ndim} elements "
                f"(got {len(output_size)})"
            )
        wanted = output_size[-n:]
        settings = zip(sizes, self.stride, self.padding, self.dilation, self.kernel_size, strict=True)
        least = tuple((size - 1) * s - 2 * p + d * (k - 1) + 1 for size, s, p, d, k in settings)
        most = tuple(size + s - 1 for size, s in zip(least, self.stride, strict=True))
        if any(not low <= size <= high for size, low, high in zip(wanted, least, most, strict=True)):
            raise ValueError(
                f"{type(self).__name__}: requested an output size of {wanted}, but valid sizes range from {least} to "
                f"{most} (for an input of {sizes})"
            )
        return tuple(size - low for size, low in zip(wanted, least, strict=True))


class ConvTranspose1d(_ConvTransposeNd):
    """Convolve signals backwards: each element of the input adds ``weight``, times itself, to the output.

    It is the adjoint of ``Conv1d`` with the same settings, plus a bias; it is no inverse.

    Shape: ``(N, in_channels, L)`` or ``(in_channels, L)`` -> ``(N, out_channels, L')`` with
    ``L' = (L - 1) * stride - 2 * padding + dilation * (K - 1) + output_padding + 1``; weight
    ``(in_channels, out_channels / groups, K)``.

    Source: Zeiler et al., Deconvolutional networks; Dumoulin and Visin, A guide to convolution arithmetic, chapter 4.
    """

    n_dims = 1
    function = F.conv_transpose1d


class ConvTranspose2d(_ConvTransposeNd):
    """Convolve images backwards: as ``ConvTranspose1d``, over two dimensions.

    Shape: ``(N, in_channels, H, W)`` or ``(in_channels, H, W)`` -> ``(N, out_channels, H', W')`` with
    ``H' = (H - 1) * stride - 2 * padding + dilation * (kH - 1) + output_padding + 1``, and so ``W'``; weight
    ``(in_channels, out_channels / groups, kH, kW)``.
    """

    n_dims = 2
    function = F.conv_transpose2d


class ConvTranspose3d(_ConvTransposeNd):
    """Convolve volumes backwards: as ``ConvTranspose1d``, over three dimensions.

    Shape: ``(N, in_channels, D, H, W)`` or ``(in_channels, D, H, W)`` -> ``(N, out_channels, D', H', W')``, sizes as in
    ``ConvTranspose2d``; weight ``(in_channels, out_channels / groups, kD, kH, kW)``.
    """

    n_dims = 3
    function = F.conv_transpose3d
