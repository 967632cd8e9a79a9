"""Activations that are linear in pieces: rectifiers, hard forms of the smooth ones, shrinkage.

Every ``inplace=True`` overwrites ``input`` with the result and returns it, differentiably; ``name_`` is its short form.
"""

from __future__ import annotations

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.inplace import write
from autograd_core.errors import ShapeError
from autograd_core.ops.functions import leaky_relu as bent

__all__ = [
    "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hardtanh_", "leaky_relu", "leaky_relu_", "prelu", "relu",
    "relu6", "relu_", "rrelu", "rrelu_", "softshrink", "threshold", "threshold_",
]  # fmt: skip


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``max(0, x)`` elementwise; its derivative at 0 is 0.  Shape: any -> same."""
    return write(input, "relu_", ag.relu) if inplace else ag.relu(input)


def relu_(input: Tensor) -> Tensor:
    """Return ``relu`` in place."""
    return relu(input, True)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Return ``x`` where ``x > threshold``, else ``value``, elementwise.  Shape: any -> same."""
    if inplace:
        return write(input, "threshold_", _threshold, (threshold, value))
    return _threshold(input, threshold, value)


def _threshold(x: Tensor, threshold: float, value: float) -> Tensor:
    return ag.where(x <= threshold, value, x)  # so that NaN stays NaN


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """Return ``threshold`` in place."""
    return write(input, "threshold_", _threshold, (threshold, value))


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """Return ``x`` cut to ``[min_val, max_val]``; the derivative at both ends is 0.  Shape: any -> same.

    Raises: ValueError where ``min_val > max_val``, or an end does not fit an unsigned dtype.
    """
    if min_val > max_val:
        raise ShapeError(f"hardtanh: min_val cannot be greater than max_val; got {min_val} and {max_val}")
    if inplace:
        return write(input, "hardtanh_", hardtanh, (min_val, max_val))
    if not input.dtype.is_floating_point:
        return _whole_hardtanh(input, int(min_val), int(max_val))
    return ag.where(input <= min_val, min_val, ag.where(input >= max_val, max_val, input))


def _whole_hardtanh(x: Tensor, low: int, high: int) -> Tensor:
    if x.dtype in (ag.bool, ag.uint8) and (low < 0 or x.dtype == ag.bool):
        raise ShapeError(f"hardtanh: cannot do hardtanh on {x.dtype} with the limits {low} and {high}")
    return ag.clamp(x, low, high)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Return ``hardtanh`` in place."""
    return hardtanh(input, min_val, max_val, True)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``min(max(0, x), 6)`` elementwise.  Shape: any -> same."""
    return hardtanh(input, 0.0, 6.0, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Return ``x`` where ``x > 0``, else ``negative_slope * x``, elementwise.  Shape: any -> same."""
    if inplace:
        return write(input, "leaky_relu_", leaky_relu, (negative_slope,))
    if not negative_slope:
        return ag.where(input > 0, input, input * negative_slope)  # of -inf this is NaN
    return bent(input, slope=negative_slope)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """Return ``leaky_relu`` in place."""
    return leaky_relu(input, negative_slope, True)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Return ``x`` where ``x > 0``, else ``weight * x``; one weight for all, or one for each channel (dimension 1).

    Shape: ``(N, C, *)``, weight ``(C,)``, ``(1,)`` or ``()`` -> the input's.

    Raises: ShapeError where there are other than 1 or C weights, or dtypes differ.
    Source: He et al., Delving deep into rectifiers, eq. 1.
    """
    if input.dtype != weight.dtype:
        raise ShapeError(f"prelu: Type promoting not supported; got input {input.dtype} and weight {weight.dtype}")
    if weight.ndim > 1:
        raise ShapeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got shape {tuple(weight.shape)}")
    if weight.numel() != 1:
        if input.ndim == 0:
            raise ShapeError("prelu: Not allow zero-dim input tensor where weight has more than one element")
        channels = input.shape[1] if input.ndim > 1 else 1
        if channels != weight.numel():
            raise ShapeError(
                f"prelu: Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{weight.numel()} and channel size = {channels}"
            )
        weight = weight.reshape((-1,) + (1,) * (input.ndim - 2))
    elif weight.ndim:
        weight = weight.reshape(())
    return ag.where(input > 0, input, weight * input)


def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """Return ``x`` where ``x > 0``, else ``a * x``, ``a`` drawn from [lower, upper), or their mean if not ``training``.

    Shape: any -> same.

    Raises: ValueError where ``lower > upper``.
    Source: Xu et al., Empirical evaluation of rectified activations in convolutional network.
    """
    if lower > upper:
        raise ShapeError(f"rrelu: Lower bound should be less than or equal to the upper bound; got {lower}, {upper}")
    if inplace:
        return write(input, "rrelu_", rrelu, (lower, upper, training))
    if not training:
        return leaky_relu(input, (lower + upper) / 2)
    with ag.no_grad():
        slope = ag.rand_like(input) * (upper - lower) + lower
    return ag.where(input > 0, input, input * slope)


def rrelu_(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False) -> Tensor:
    """Return ``rrelu`` in place."""
    return rrelu(input, lower, upper, training, True)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``min(max(0, x + 3), 6) / 6`` elementwise.  Shape: any -> same."""
    if inplace:
        return write(input, "hardsigmoid_", hardsigmoid)
    return relu6(input + 3.0) / 6.0


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``x * hardsigmoid(x)`` elementwise.  Shape: any -> same.

    Source: Howard et al., Searching for MobileNetV3, section 5.2.
    """
    if inplace:
        return write(input, "hardswish_", hardswish)
    return input * relu6(input + 3.0) / 6.0


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Return ``x`` where ``|x| > lambd``, else 0, elementwise.  Shape: any -> same."""
    return ag.where(ag.abs(input) <= lambd, 0.0, input)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Return ``x`` moved towards 0 by ``lambd``, and 0 where it is within ``lambd`` of it.  Shape: any -> same.

    Raises: ValueError where ``lambd`` is negative.
    """
    if lambd < 0:
        raise ShapeError(f"softshrink: lambda must be greater or equal to 0, but found to be {lambd}")
    near = input * 0.0  # zero, and NaN where x is
    return ag.where(input > lambd, input - lambd, ag.where(input < -lambd, input + lambd, near))
