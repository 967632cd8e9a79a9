"""Smooth activations, elementwise.

Every ``inplace=True`` overwrites ``input`` with the result and returns it, differentiably; ``name_`` is its short form.
"""

from __future__ import annotations

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.inplace import write
from autograd_core.errors import ShapeError
from autograd_core.ops.dims import one
from autograd_core.ops.functions import silu as sigmoid_weighted
from autograd_core.ops.functions import softplus as log1p_exp
from autograd_core.ops.fused import gelu as of_elements

__all__ = [
    "celu", "celu_", "elu", "elu_", "gelu", "glu", "logsigmoid", "mish", "selu", "selu_", "sigmoid", "silu", "softplus",
    "softsign", "tanh", "tanhshrink",
]  # fmt: skip

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def sigmoid(input: Tensor) -> Tensor:
    """Return ``1 / (1 + exp(-x))`` elementwise.  Shape: any -> same."""
    return ag.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """Return ``tanh(x)`` elementwise.  Shape: any -> same."""
    return ag.tanh(input)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return ``x`` where ``x > 0``, else ``alpha * (exp(x) - 1)``, elementwise.  Shape: any -> same.

    Source: Clevert et al., Fast and accurate deep network learning by exponential linear units, eq. 7.
    """
    if inplace:
        return write(input, "elu_", elu, (alpha,))
    return _exponential(input, alpha, 1.0, 1.0)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Return ``elu`` in place."""
    return elu(input, alpha, True)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``scale * elu(x, alpha)`` with the constants that keep activations normalised.  Shape: any -> same.

    Source: Klambauer et al., Self-normalizing neural networks, eq. 2.
    """
    if inplace:
        return write(input, "selu_", selu)
    return _exponential(input, SELU_ALPHA, SELU_SCALE, 1.0)


def selu_(input: Tensor) -> Tensor:
    """Return ``selu`` in place."""
    return selu(input, True)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return ``x`` where ``x > 0``, else ``alpha * (exp(x / alpha) - 1)``, elementwise.  Shape: any -> same.

    Raises: ValueError where ``alpha`` is 0.
    Source: Barron, Continuously differentiable exponential linear units.
    """
    if alpha == 0:
        raise ShapeError("celu: alpha cannot be 0: ZeroDivisionError")
    if inplace:
        return write(input, "celu_", celu, (alpha,))
    return _exponential(input, alpha, 1.0, 1.0 / alpha)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Return ``celu`` in place."""
    return celu(input, alpha, True)


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
    if approximate in ("none", "tanh"):
        return of_elements(input, approximate=approximate)
    raise ShapeError(f"gelu: approximate is {approximate!r}; wanted 'none' or 'tanh'")


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``x * sigmoid(x)`` elementwise, also called swish.  Shape: any -> same."""
    if inplace:
        return write(input, "silu_", silu)
    return sigmoid_weighted(input)


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
    if input.dtype is ag.float32 and beta == 1.0 and threshold >= 20.0:
        return bent  # x itself from 17 on, to the last bit
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


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """Return ``a * sigmoid(b)`` where ``a`` and ``b`` are the halves of ``input`` along ``dim``.

    Raises: ValueError where the dimension is odd.
    """
    if not input.ndim:
        raise ShapeError("glu: does not support 0-dimensional tensors; wanted a dimension of even size")
    d = one(dim, input.ndim, "glu")
    if input.shape[d] % 2:
        raise ShapeError(f"glu: input has size {input.shape[d]} along dim {dim}; wanted an even size")
    a, b = ag.chunk(input, 2, d)
    return a * ag.sigmoid(b)
