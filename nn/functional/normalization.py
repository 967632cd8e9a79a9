"""Normalisation over a batch, over features, over groups of channels, or of one dimension's length."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.inplace import drift
from autograd_core.errors import ShapeError
from autograd_core.ops.fused import normalize as standardise

from .padding import pad

__all__ = [
    "batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "normalize", "rms_norm",
]  # fmt: skip


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

    Raises: ValueError where a channel has a single value in training, or ``eps`` is not positive; ShapeError where
        the statistics or weights are not one per channel.
    Source: Ioffe and Szegedy, Batch normalization, algorithms 1 and 2.
    """
    ndim = input._array.ndim
    channels = (1, -1) + (1,) * (ndim - 2)
    if not input._array.size:  # no statistics; the weights get gradients of zero
        scaled = input.clone() if weight is None else input * weight.reshape(channels)
        return scaled if bias is None else scaled + bias.reshape(channels)
    _check_channels("batch_norm", input, running_mean, running_var, weight, bias)
    if training:
        n = _values_per_channel(input, eps)
        dims = (0, *range(2, ndim))
        output, mean, var = standardise(input, weight, bias, dim=dims, shape=channels, eps=eps)
        running = ((running_mean, mean, 1.0), (running_var, var, n / (n - 1)))
        drift([(kept, new, factor) for kept, new, factor in running if kept is not None], momentum)
        return output
    return _by_running(input, running_mean, running_var, weight, bias, eps, channels)


def _by_running(
    input: Tensor, mean: Tensor | None, var: Tensor | None, weight: Tensor | None, bias: Tensor | None, eps: float,
    channels: tuple[int, ...],
) -> Tensor:  # fmt: skip
    if mean is None or var is None:
        raise ShapeError("batch_norm: running_mean or running_var is None; wanted both where training is False")
    scale = ag.rsqrt(var + eps)
    scale = scale if weight is None else scale * weight
    shift = mean * scale
    shift = -shift if bias is None else bias - shift
    if len(channels) != 2:
        scale, shift = scale.reshape(channels), shift.reshape(channels)
    return input * scale + shift


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Return ``(x - mean) / sqrt(var + eps) * weight + bias`` with statistics per example and channel.

    ``use_input_stats``: as ``training`` of ``batch_norm``; the running statistics follow the mean over the batch.

    Shape: ``(N, C, *)`` -> same; the running statistics, ``weight`` and ``bias`` are ``(C,)``.

    Raises: ValueError where a channel has a single value; ShapeError as ``batch_norm``.
    Source: Ulyanov et al., Instance normalization: the missing ingredient for fast stylization, eq. 4.
    """
    if input.ndim < 2:
        raise ShapeError(f"instance_norm: input has shape {tuple(input.shape)}; wanted (N, C, *)")
    _check_channels("instance_norm", input, running_mean, running_var, weight, bias)
    if not use_input_stats:
        channels = (1, -1) + (1,) * (input.ndim - 2)
        return _by_running(input, running_mean, running_var, weight, bias, eps, channels)
    shape = tuple(input.shape)
    n = math.prod(shape[2:])
    if n == 1:
        raise ShapeError(f"instance_norm: Expected more than 1 spatial element when training, got input size {shape}")
    rows = input.reshape(*shape[:2], n)
    output, mean, var = standardise(rows, weight, bias, dim=(2,), shape=(1, shape[1], 1), eps=eps)
    running = ((running_mean, mean, 1.0), (running_var, var, n / (n - 1)))
    drift([(kept, new.mean(0), factor) for kept, new, factor in running if kept is not None], momentum)
    return output.reshape(shape)


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """Return ``(x - mean) / sqrt(var + eps) * weight + bias`` with statistics per example and group of channels.

    Shape: ``(N, C, *)``, weight and bias ``(C,)`` -> the input's; C divisible by ``num_groups``.

    Raises: ShapeError where they do not fit, or a group is of one number.
    Source: Wu and He, Group normalization, eq. 5 to 7.
    """
    if input.ndim < 2:
        raise ShapeError(f"group_norm: Expected at least 2 dimensions for input tensor but received {input.ndim}")
    shape = tuple(input.shape)
    n, c = shape[:2]
    if num_groups <= 0 or c % num_groups:
        raise ShapeError(
            f"group_norm: Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{shape} and num_groups={num_groups}"
        )
    _check_channels("group_norm", input, None, None, weight, bias)
    parts, size = (num_groups, c // num_groups), math.prod(shape[2:])
    if n * parts[1] * size == 1:
        raise ShapeError(f"group_norm: Expected more than 1 value per channel when training, got input size {shape}")
    groups = input.reshape(n, *parts, size)
    return standardise(groups, weight, bias, dim=(2, 3), shape=(1, *parts, 1), eps=eps)[0].reshape(shape)


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Return ``(x - mean) / sqrt(var + eps) * weight + bias`` with statistics over the last dimensions.

    Shape: ``(*, *normalized_shape)`` -> same; ``weight`` and ``bias`` are ``normalized_shape``.

    Raises: ShapeError where the input does not end in ``normalized_shape``, or the weights have another shape.
    Source: Ba et al., Layer normalization, eq. 4.
    """
    shape = _normalized("layer_norm", input, normalized_shape, weight, bias)
    ndim, first = input.ndim, input.ndim - len(shape)
    return standardise(input, weight, bias, dim=tuple(range(first, ndim)), shape=(1,) * first + shape, eps=eps)[0]


def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """Return ``x / sqrt(mean(x**2) + eps) * weight`` with the mean over the last dimensions.

    ``eps``: by default that of the dtype in which it is computed: the input's, or float32 for half precision.

    Shape: ``(*, *normalized_shape)``, weight ``normalized_shape`` -> the input's.

    Raises: ShapeError where the input does not end in ``normalized_shape``, or the weight has another shape.
    Source: Zhang and Sennrich, Root mean square layer normalization, eq. 4.
    """
    shape = _normalized("rms_norm", input, normalized_shape, weight, None)
    dims = tuple(range(input.ndim - len(shape), input.ndim))
    dtype = input.dtype
    wide = input.float() if dtype.itemsize == 2 else input  # squares of half-precision numbers overflow
    floor = ag.finfo(wide.dtype).eps if eps is None else eps
    out = wide * ag.rsqrt(ag.mean(wide * wide, dims, keepdim=True) + floor)
    return (out if weight is None else out * weight).to(dtype)


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:  # fmt: skip
    """Return ``x / (k + alpha * m)**beta``, ``m`` the mean of the squares of ``size`` channels around each one.

    Channels beyond the ends count as zeros.

    Shape: ``(N, C, *)``, at least three dimensions -> same.

    Raises: ValueError for fewer dimensions.
    Source: Krizhevsky et al., ImageNet classification with deep convolutional neural networks, section 3.3.
    """
    if input.ndim < 3:
        raise ShapeError(
            f"local_response_norm: Expected 3D or higher dimensionality input (got {input.ndim} dimensions)"
        )
    channels = input.shape[1]
    square = pad(input * input, (0, 0) * (input.ndim - 2) + (size // 2, (size - 1) // 2))
    total = square.narrow(1, 0, channels)
    for first in range(1, size):
        total = total + square.narrow(1, first, channels)
    return input / (total * (alpha / size) + k) ** beta


def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Tensor:
    """Return ``x / max(norm_p(x), eps)`` along ``dim``, one or several.  Shape: any -> same."""
    return input / ag.clamp(ag.norm(input, p, dim, keepdim=True), min=eps)


def _check_channels(name: str, input: Tensor, *per_channel: Tensor | None) -> None:
    """Raise where statistics, weight or bias are not one per channel."""
    wanted = input._array.shape[1:2]
    for value in per_channel:
        if value is not None and value._array.shape != wanted:
            names = ("running_mean", "running_var", "weight", "bias")
            argument = next(name for name, given in zip(names, per_channel, strict=True) if given is value)
            raise ShapeError(
                f"{name}: {argument} should contain {wanted[0]} elements, one per channel of an input of shape "
                f"{tuple(input.shape)}; got shape {tuple(value.shape)}"
            )


def _normalized(
    name: str, input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None, bias: Tensor | None
) -> tuple[int, ...]:
    """Return ``normalized_shape`` as a tuple that the input ends in and the weights have."""
    shape = tuple(normalized_shape)
    if not shape or tuple(input.shape[-len(shape) :]) != shape:
        raise ShapeError(f"{name}: input has shape {tuple(input.shape)}; wanted it to end in {shape}")
    for argument, value in (("weight", weight), ("bias", bias)):
        if value is not None and value.shape != shape:
            raise ShapeError(f"{name}: {argument} has shape {tuple(value.shape)}; wanted normalized_shape, {shape}")
    return shape


def _values_per_channel(input: Tensor, eps: float) -> int:
    """Return how many values each channel's statistics are of, and check that there are enough."""
    array = input._array
    count = array.size // array.shape[1]
    if count <= 1:
        raise ShapeError(
            f"batch_norm: Expected more than 1 value per channel when training, got input size {tuple(input.shape)}"
        )
    if eps <= 0.0:
        raise ShapeError(f"batch_norm: eps must be positive during training, but got {eps}")
    return count
