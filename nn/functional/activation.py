"""Activations: elementwise, and over one dimension (softmax and its kin).

Every ``inplace=True`` overwrites ``input`` with the result and returns it, differentiably.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.inplace import write
from autograd_core.ops.functions import softplus as log1p_exp

SQRT_HALF = math.sqrt(0.5)
SQRT_2_OVER_PI = math.sqrt(2 / math.pi)
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``max(0, x)`` elementwise; its derivative at 0 is 0.  Shape: any -> same."""
    return write(input, "relu_", ag.relu) if inplace else ag.relu(input)


def relu_(input: Tensor) -> Tensor:
    """Return ``relu`` in place."""
    return write(input, "relu_", ag.relu)


def sigmoid(input: Tensor) -> Tensor:
    """Return ``1 / (1 + exp(-x))`` elementwise.  Shape: any -> same."""
    return ag.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """Return ``tanh(x)`` elementwise.  Shape: any -> same."""
    return ag.tanh(input)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Return ``x`` where ``x > threshold``, else ``value``, elementwise.  Shape: any -> same."""
    if inplace:
        return write(input, "threshold_", _threshold, (threshold, value))
    return _threshold(input, threshold, value)


def _threshold(x: Tensor, threshold: float, value: float) -> Tensor:
    return ag.where(x > threshold, x, value)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """Return ``x`` cut to ``[min_val, max_val]``; the derivative at both ends is 0.  Shape: any -> same."""
    if inplace:
        return write(input, "hardtanh_", hardtanh, (min_val, max_val))
    return ag.where(input <= min_val, min_val, ag.where(input >= max_val, max_val, input))


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``min(max(0, x), 6)`` elementwise.  Shape: any -> same."""
    return hardtanh(input, 0.0, 6.0, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Return ``x`` where ``x > 0``, else ``negative_slope * x``, elementwise.  Shape: any -> same."""
    if inplace:
        return write(input, "leaky_relu_", leaky_relu, (negative_slope,))
    return ag.where(input > 0, input, input * negative_slope)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return ``x`` where ``x > 0``, else ``alpha * (exp(x) - 1)``, elementwise.  Shape: any -> same.

    Source: Clevert et al., Fast and accurate deep network learning by exponential linear units, eq. 7.
    """
    if inplace:
        return write(input, "elu_", elu, (alpha,))
    return _exponential(input, alpha, 1.0, 1.0)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``scale * elu(x, alpha)`` with the constants that keep activations normalised.  Shape: any -> same.

    Source: Klambauer et al., Self-normalizing neural networks, eq. 2.
    """
    if inplace:
        return write(input, "selu_", selu)
    return _exponential(input, SELU_ALPHA, SELU_SCALE, 1.0)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return ``x`` where ``x > 0``, else ``alpha * (exp(x / alpha) - 1)``, elementwise.  Shape: any -> same.

    Source: Barron, Continuously differentiable exponential linear units.
    """
    if inplace:
        return write(input, "celu_", celu, (alpha,))
    return _exponential(input, alpha, 1.0, 1.0 / alpha)


def _exponential(x: Tensor, alpha: float, scale: float, rate: float) -> Tensor:
    """Return ``scale * (x if x > 0 else alpha * (exp(rate * x) - 1))``."""
    # Large x must not reach exp: its overflow would turn the masked gradient into 0 * inf.
    below = ag.expm1(ag.clamp(x, max=0.0) * rate) * (alpha * scale)
    return ag.where(x > 0, x if scale == 1.0 else x * scale, below)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """Return ``x * Phi(x)``, Phi the normal distribution function; ``approximate="tanh"``: the paper's tanh form.

    Shape: any -> same.

    Raises: ValueError for another ``approximate``.
    Source: Hendrycks and Gimpel, Gaussian error linear units.
    """
    if approximate == "none":
        return input * (1.0 + ag.erf(input * SQRT_HALF)) * 0.5
    if approximate == "tanh":
        inner = SQRT_2_OVER_PI * (input + 0.044715 * input * input * input)
        return input * (1.0 + ag.tanh(inner)) * 0.5
    raise ValueError(f"gelu: approximate is {approximate!r}; wanted 'none' or 'tanh'")


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``x * sigmoid(x)`` elementwise, also called swish.  Shape: any -> same."""
    if inplace:
        return write(input, "silu_", silu)
    return input * ag.sigmoid(input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``x * tanh(softplus(x))`` elementwise.  Shape: any -> same.

    Source: Misra, Mish: a self regularized non-monotonic activation function.
    """
    if inplace:
        return write(input, "mish_", mish)
    return input * ag.tanh(softplus(input))


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Return ``log(1 + exp(beta * x)) / beta``, and ``x`` itself where ``beta * x > threshold``.

    Shape: any -> same.
    """
    scaled = input if beta == 1.0 else input * beta
    bent = log1p_exp(scaled)
    return ag.where(scaled > threshold, input, bent if beta == 1.0 else bent / beta)


def logsigmoid(input: Tensor) -> Tensor:
    """Return ``log(sigmoid(x)) = -log(1 + exp(-x))`` without overflow.  Shape: any -> same."""
    return -log1p_exp(-input)


def softsign(input: Tensor) -> Tensor:
    """Return ``x / (1 + |x|)`` elementwise.  Shape: any -> same."""
    return input / (1.0 + ag.abs(input))


def tanhshrink(input: Tensor) -> Tensor:
    """Return ``x - tanh(x)`` elementwise.  Shape: any -> same."""
    return input - ag.tanh(input)


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


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """Return ``a * sigmoid(b)`` where ``a`` and ``b`` are the halves of ``input`` along ``dim``.

    Raises: ValueError where the dimension is odd.
    """
    if input.shape[dim] % 2:
        raise ValueError(f"glu: input has size {input.shape[dim]} along dim {dim}; wanted an even size")
    a, b = ag.chunk(input, 2, dim)
    return a * ag.sigmoid(b)


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Return ``exp(x) / sum(exp(x))`` over ``dim``.  Shape: any -> same; ``dtype`` casts first."""
    chosen = _implicit_dim("softmax", input, _stacklevel) if dim is None else dim
    return ag.softmax(input if dtype is None else input.to(dtype), chosen)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Return ``softmax(-x)`` over ``dim``.  Shape: any -> same; ``dtype`` casts first."""
    chosen = _implicit_dim("softmin", input, _stacklevel) if dim is None else dim
    return ag.softmax(-(input if dtype is None else input.to(dtype)), chosen)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Return ``log(softmax(x))`` over ``dim``, without overflow.  Shape: any -> same; ``dtype`` casts first."""
    chosen = _implicit_dim("log_softmax", input, _stacklevel) if dim is None else dim
    return ag.log_softmax(input if dtype is None else input.to(dtype), chosen)


def _implicit_dim(name: str, input: Tensor, stacklevel: int) -> int:
    """Return the dimension that PyTorch takes where none is given, with its warning."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if input.dim() in (0, 1, 3) else 1
