"""Normalisation of each channel, over a batch or within one example, with running statistics."""

from __future__ import annotations

import warnings
from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.inplace import increment

from . import functional as F
from . import init
from .base.module import Module
from .parameter import Parameter

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"]


class _NormBase(Module):
    """Scale, shift and running statistics per channel, for inputs with one of ``dims`` numbers of dimensions."""

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
        ``affine``: scale by ``weight`` and, if ``bias``, shift by ``bias``.
        ``track_running_stats``: keep running statistics for evaluation; otherwise it uses the input's own.
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
        reset_affine(self)

    def _check_input_dim(self, input: Tensor) -> None:
        """Raise ValueError where the input has the wrong number of dimensions."""
        if input.ndim not in self.dims:
            wanted = " or ".join(f"{d}D" for d in self.dims)
            raise ValueError(f"expected {wanted} input (got {input.ndim}D input)")

    def _channels(self, input: Tensor) -> int:
        return int(input.shape[1])

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


def reset_affine(layer: Any) -> None:
    """Set a layer's weight to 1 and its bias to 0, where it has them."""
    if layer.weight is not None:
        init.ones_(layer.weight)
    if layer.bias is not None:
        init.zeros_(layer.bias)


# ---- over the batch ----


class _BatchNorm(_NormBase):
    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input, in training by the batch's own statistics.

        Raises: ValueError where the input has the wrong number of dimensions, or in training one value per channel.
        """
        self._check_input_dim(input)
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


class BatchNorm1d(_BatchNorm):
    """Normalise each channel over the batch: ``(x - mean) / sqrt(var + eps) * weight + bias``.

    The variance is over n in the formula, and over n - 1 in ``running_var``.

    Shape: ``(N, C)`` or ``(N, C, L)`` -> same.

    Source: Ioffe and Szegedy, Batch normalization, algorithms 1 and 2.
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


# ---- within an example ----


class _InstanceNorm(_NormBase):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        """Make a layer for ``num_features`` channels; the arguments are those of ``BatchNorm1d``."""
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input, by its own statistics unless running ones were kept for evaluation.

        Raises: ValueError where the input has the wrong number of dimensions or channels, or one value per channel.
        """
        self._check_input_dim(input)
        batched = input.ndim == self.dims[-1]
        channels = self._channels(input)
        if channels != self.num_features:
            self._refuse_channels(channels, int(batched))
        use_input_stats = self.training or not self.track_running_stats
        output = F.instance_norm(
            input if batched else input.unsqueeze(0), self.running_mean, self.running_var, self.weight, self.bias,
            use_input_stats, self.momentum or 0.0, self.eps,
        )  # fmt: skip
        return output if batched else output.squeeze(0)

    def _channels(self, input: Tensor) -> int:
        return int(input.shape[-self.dims[0]])

    def _refuse_channels(self, channels: int, dim: int) -> None:
        if self.affine:
            raise ValueError(
                f"expected input's size at dim={dim} to match num_features ({self.num_features}), but got: {channels}."
            )
        warnings.warn(
            f"input's size at dim={dim} does not match num_features. You can silence this warning by not passing in "
            "num_features, which is not used because affine=False",
            stacklevel=4,
        )

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Any, strict: bool, missing_keys: list[str],
        unexpected_keys: list[str], error_msgs: list[str],
    ) -> None:  # fmt: skip
        kept = [prefix + name for name in ("running_mean", "running_var") if prefix + name in state_dict]
        if local_metadata.get("version") is None and not self.track_running_stats and kept:
            name = type(self).__name__
            error_msgs.append(
                f"Unexpected running stats buffer(s) {' and '.join(map(repr, kept))} for {name} with "
                f"track_running_stats=False. Remove them from state_dict, or make the {name} with "
                "track_running_stats=True."
            )
            for key in kept:
                del state_dict[key]
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )


class InstanceNorm1d(_InstanceNorm):
    """Normalise each channel of each example: ``(x - mean) / sqrt(var + eps) * weight + bias``.

    Shape: ``(N, C, L)`` or ``(C, L)`` -> same.

    Source: Ulyanov et al., Instance normalization: the missing ingredient for fast stylization, equation 4.
    """

    dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Normalise each channel of each image: as ``InstanceNorm1d``.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> same.
    """

    dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Normalise each channel of each volume: as ``InstanceNorm1d``.

    Shape: ``(N, C, D, H, W)`` or ``(C, D, H, W)`` -> same.
    """

    dims = (4, 5)
