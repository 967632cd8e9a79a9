"""Normalisation layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.inplace import increment

from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LayerNorm"]


class _BatchNorm(Module):
    """Batch normalisation of inputs with one of ``dims`` numbers of dimensions."""

    _version = 2  # the state dict has num_batches_tracked
    dims: tuple[int, ...]

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        """Make a layer for ``num_features`` channels.

        ``momentum``: how far the running statistics move towards a batch's; None averages all batches alike.
        ``affine``: scale by ``weight`` and shift by ``bias``.  ``track_running_stats=False``: use the batch's
        statistics in evaluation too.
        """
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        kind = {"device": device, "dtype": dtype}
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            self.register_parameter(name, Parameter(ag.empty(num_features, **kind)) if wanted else None)
        track = track_running_stats
        self.register_buffer("running_mean", ag.zeros(num_features, **kind) if track else None)
        self.register_buffer("running_var", ag.ones(num_features, **kind) if track else None)
        count = ag.tensor(0, dtype=ag.int64, device=device) if track else None
        self.register_buffer("num_batches_tracked", count)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget every batch: mean 0, variance 1, no batch seen."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Forget every batch, and set the scale to 1 and the shift to 0."""
        self.reset_running_stats()
        _reset_affine(self)

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input, in training by the batch's own statistics.

        Raises: ValueError where the input has the wrong number of dimensions, or in training one value per channel.
        """
        if input.ndim not in self.dims:
            wanted = " or ".join(f"{d}D" for d in self.dims)
            raise ValueError(f"expected {wanted} input (got {input.ndim}D input)")
        mean, var, momentum, training = self.running_mean, self.running_var, self.momentum, self.training
        counting = training and self.track_running_stats and self.num_batches_tracked is not None
        if counting and momentum is None:
            momentum = 1.0 / (float(self.num_batches_tracked) + 1.0)
        if training and not self.track_running_stats:
            mean = var = None
        training = training or (mean is None and var is None)
        output = F.batch_norm(input, mean, var, self.weight, self.bias, training, momentum or 0.0, self.eps)
        if counting:
            increment(self.num_batches_tracked)
        return output

    def _load_from_state_dict(self, state_dict: Any, prefix: str, local_metadata: Any, *rest: Any) -> None:
        # Before version 2, and in bare dictionaries of arrays, num_batches_tracked may be missing.
        if (local_metadata.get("version") or 0) < 2 and self.num_batches_tracked is not None:
            state_dict.setdefault(prefix + "num_batches_tracked", self.num_batches_tracked)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    """Normalise each channel over the batch: ``(x - mean) / sqrt(var + eps) * weight + bias``.

    Shape: ``(N, C)`` or ``(N, C, L)`` -> same.

    Source: Ioffe and Szegedy, Batch normalization.
    """

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Normalise each channel over the batch and the image: ``(x - mean) / sqrt(var + eps) * weight + bias``.

    Shape: ``(N, C, H, W)`` -> same.

    Source: Ioffe and Szegedy, Batch normalization, section 3.2.
    """

    dims = (4,)


class BatchNorm3d(_BatchNorm):
    """Normalise each channel over the batch and the volume.  Shape: ``(N, C, D, H, W)`` -> same."""

    dims = (5,)


class LayerNorm(Module):
    """Normalise each example over its last dimensions: ``(x - mean) / sqrt(var + eps) * weight + bias``.

    Shape: ``(*, *normalized_shape)`` -> same; weight and bias ``normalized_shape``.

    Source: Ba et al., Layer normalization.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        """Make a layer for inputs that end in ``normalized_shape``; ``elementwise_affine`` gives it a weight."""
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        for name, wanted in (("weight", elementwise_affine), ("bias", elementwise_affine and bias)):
            value = ag.empty(self.normalized_shape, device=device, dtype=dtype) if wanted else None
            self.register_parameter(name, None if value is None else Parameter(value))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        _reset_affine(self)

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


def _reset_affine(layer: Any) -> None:
    if layer.weight is not None:
        init.ones_(layer.weight)
    if layer.bias is not None:
        init.zeros_(layer.bias)
