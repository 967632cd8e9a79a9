"""Layers that pool as many windows as the output has elements: adaptive, and of random sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core import Tensor

from . import functional as F
from .base.module import Module
from .base.settings import Shown
from .functional.sizes import Size, expand

__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d", "FractionalMaxPool2d", "FractionalMaxPool3d",
]  # fmt: skip

OutputSize = int | None | Sequence[int | None]


class _AdaptiveAvgPool(Shown):
    _shown = ("output_size",)
    function: Callable[..., Tensor]

    def __init__(self, output_size: OutputSize) -> None:
        """Give outputs of ``output_size``, one int or one per dimension; None keeps a dimension's size."""
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return type(self).function(input, self.output_size)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Take means over as many windows as the output is long.

    Window ``i`` of ``n`` over a dimension of size L is ``floor(i * L / n)`` to ``ceil((i + 1) * L / n)``.

    Shape: ``(N, C, L)`` or ``(C, L)`` -> ``(N, C, output_size)``.
    """

    function = F.adaptive_avg_pool1d


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Take means over as many windows of an image as the output has elements.

    Window ``i`` of ``n`` over a dimension of size H is ``floor(i * H / n)`` to ``ceil((i + 1) * H / n)``.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``(N, C, *output_size)``.
    """

    function = F.adaptive_avg_pool2d


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """Take means over as many windows of a volume as the output has elements.

    Window ``i`` of ``n`` over a dimension of size D is ``floor(i * D / n)`` to ``ceil((i + 1) * D / n)``.

    Shape: ``(N, C, D, H, W)`` or ``(C, D, H, W)`` -> ``(N, C, *output_size)``.
    """

    function = F.adaptive_avg_pool3d


class _AdaptiveMaxPool(Shown):
    _shown = ("output_size",)
    function: Callable[..., Any]

    def __init__(self, output_size: OutputSize, return_indices: bool = False) -> None:
        """Give outputs of ``output_size``, one int or one per dimension; None keeps a dimension's size.

        ``return_indices``: return the places of the maxima too.
        """
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        """Return the maxima, and their places if ``return_indices``."""
        return type(self).function(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Take maxima over as many windows as the output is long: those of ``AdaptiveAvgPool1d``.

    Shape: ``(N, C, L)`` or ``(C, L)`` -> ``(N, C, output_size)``.
    """

    function = F.adaptive_max_pool1d


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Take maxima over as many windows of an image as the output has elements: those of ``AdaptiveAvgPool2d``.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``(N, C, *output_size)``.
    """

    function = F.adaptive_max_pool2d


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Take maxima over as many windows of a volume as the output has elements: those of ``AdaptiveAvgPool3d``.

    Shape: ``(N, C, D, H, W)`` or ``(C, D, H, W)`` -> ``(N, C, *output_size)``.
    """

    function = F.adaptive_max_pool3d


class _FractionalMaxPool(Module):
    """Fractional pooling over ``n_dims`` dimensions by ``function``."""

    n_dims: int
    function: Callable[..., Any]

    def __init__(
        self,
        kernel_size: Size,
        output_size: Size | None = None,
        output_ratio: float | Sequence[float] | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        """Pool windows of ``kernel_size`` elements; sizes and ratios are one number, or one per dimension.

        Give ``output_size``, or ``output_ratio``: the share of the input's size, in (0, 1).
        ``return_indices``: return the places of the maxima too, for ``MaxUnpool``.
        ``_random_samples``: numbers in [0, 1) of shape ``(N, C, n_dims)`` to place the windows by, not drawn anew.

        Raises: ValueError where both are given or neither is, or one is outside its range.
        """
        super().__init__()
        name, n = type(self).__name__, self.n_dims
        if output_size is None and output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output size, or a pooling ratio; got neither")
        if output_size is not None and output_ratio is not None:
            raise ValueError(f"{name}: only one of output_size and output_ratio may be specified; got both")
        self.kernel_size = expand(kernel_size, n, name, "kernel_size")
        if min(self.kernel_size) < 1:
            raise ValueError(f"{name}: kernel_size must be greater than 0, but got {kernel_size}")
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else expand(output_size, n, name, "output_size")
        self.output_ratio = None if output_ratio is None else self._ratios(output_ratio)

    def _ratios(self, ratio: float | Sequence[float]) -> tuple[float, ...]:
        ratios = tuple(ratio) if isinstance(ratio, Sequence) else (ratio,) * self.n_dims
        if len(ratios) != self.n_dims or not all(0 < r < 1 for r in ratios):
            raise ValueError(
                f"{type(self).__name__}: output_ratio must be between 0 and 1 (got {ratio}), one number or "
                f"{self.n_dims} of them"
            )
        return ratios

    def forward(self, input: Tensor) -> Any:
        """Return the maximum of each window, and its place if ``return_indices``."""
        return type(self).function(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples
        )


class FractionalMaxPool2d(_FractionalMaxPool):
    """Take the maximum of windows of an image whose distances are drawn at random, in evaluation too.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``(N, C, *output_size)``.

    Source: Graham, Fractional max-pooling, section 2.
    """

    n_dims = 2
    function = F.fractional_max_pool2d


class FractionalMaxPool3d(_FractionalMaxPool):
    """Take the maximum of windows of a volume whose distances are drawn at random, in evaluation too.

    Shape: ``(N, C, D, H, W)`` or ``(C, D, H, W)`` -> ``(N, C, *output_size)``.

    Source: Graham, Fractional max-pooling, section 2.
    """

    n_dims = 3
    function = F.fractional_max_pool3d
