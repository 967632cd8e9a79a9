"""Normalisation over a batch, over features, or of one dimension's length."""

from __future__ import annotations

from collections.abc import Sequence

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.inplace import drift
from autograd_core.errors import ShapeError
from autograd_core.ops.fused import normalize as standardise


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Return ``(x - mean) / sqrt(var + eps) * weight + bias`` with statistics per channel (dimension 1).

    ``training``: the batch's statistics are used (variance over n), and the running ones, if given, move towards them
    by ``momentum`` in place (variance over n - 1).  Otherwise the running ones are used.

    Shape: ``(N, C, *)`` -> same; the statistics, ``weight`` and ``bias`` are ``(C,)``.

    Raises: ValueError where a channel has a single value in training, or ``eps`` is not positive.
    Source: Ioffe and Szegedy, Batch normalization, algorithms 1 and 2.
    """
    ndim = input.ndim
    channels = (1, -1) + (1,) * (ndim - 2)
    if training:
        n = _values_per_channel(input, eps)
        dims = (0, *range(2, ndim))
        output, mean, var = standardise(input, weight, bias, dim=dims, shape=channels, eps=eps)
        running = ((running_mean, mean, 1.0), (running_var, var, n / (n - 1)))
        drift([(kept, new, factor) for kept, new, factor in running if kept is not None], momentum)
        return output
    if running_mean is None or running_var is None:
        raise ValueError("batch_norm: running_mean or running_var is None; wanted both where training is False")
    scale = ag.rsqrt(running_var + eps)
    scale = scale if weight is None else scale * weight
    shift = running_mean * scale
    shift = -shift if bias is None else bias - shift
    if ndim != 2:
        scale, shift = scale.reshape(channels), shift.reshape(channels)
    return input * scale + shift


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Return ``(x - mean) / sqrt(var + eps) * weight + bias`` with statistics over the last dimensions.

    Shape: ``(*, *normalized_shape)`` -> same; ``weight`` and ``bias`` are ``normalized_shape``.

    Raises: ShapeError where the input does not end in ``normalized_shape``.
    Source: Ba et al., Layer normalization, eq. 4.
    """
    shape = tuple(normalized_shape)
    if not shape or tuple(input.shape[-len(shape) :]) != shape:
        raise ShapeError(f"layer_norm: input has shape {tuple(input.shape)}; wanted it to end in {shape}")
    ndim, first = input.ndim, input.ndim - len(shape)
    return standardise(input, weight, bias, dim=tuple(range(first, ndim)), shape=(1,) * first + shape, eps=eps)[0]


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """Return ``x / max(norm_p(x), eps)`` along ``dim``.  Shape: any -> same."""
    return input / ag.clamp(ag.norm(input, p, dim, keepdim=True), min=eps)


def _values_per_channel(input: Tensor, eps: float) -> int:
    """Return how many values each channel's statistics are of, and check that there are enough."""
    channels = input.shape[1]
    if input.numel() <= channels:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {tuple(input.shape)}")
    if eps <= 0.0:
        raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    return input.numel() // channels
