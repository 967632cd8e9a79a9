"""Smooth activations as layers, elementwise but for ``GLU``.  Shape: any -> same."""

from __future__ import annotations

from collections.abc import Callable

from autograd_core import Tensor

from . import functional as F
from .base.module import Module
from .base.settings import Shown

__all__ = [
    "CELU", "ELU", "GELU", "GLU", "LogSigmoid", "Mish", "SELU", "SiLU", "Sigmoid", "Softplus", "Softsign", "Tanh",
    "Tanhshrink",
]  # fmt: skip


class Plain(Module):
    """An activation by ``function`` without settings."""

    function: Callable[..., Tensor]

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return type(self).function(input)


class Overwriting(Shown):
    """An activation by ``function`` that can overwrite its input; ``repr`` shows whether it does."""

    function: Callable[..., Tensor]

    def __init__(self, inplace: bool = False) -> None:
        """Overwrite the input if ``inplace``."""
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return type(self).function(input, self.inplace)

    def extra_repr(self) -> str:
        """Return the settings."""
        shown = super().extra_repr()
        return shown if not self.inplace else f"{shown}, inplace=True" if shown else "inplace=True"


class Sigmoid(Plain):
    """Return ``1 / (1 + exp(-x))``.  Shape: any -> same."""

    function = F.sigmoid


class Tanh(Plain):
    """Return ``tanh(x)``.  Shape: any -> same."""

    function = F.tanh


class LogSigmoid(Plain):
    """Return ``log(sigmoid(x)) = -log(1 + exp(-x))`` without overflow.  Shape: any -> same."""

    function = F.logsigmoid


class Softsign(Plain):
    """Return ``x / (1 + |x|)``.  Shape: any -> same."""

    function = F.softsign


class Tanhshrink(Plain):
    """Return ``x - tanh(x)``.  Shape: any -> same."""

    function = F.tanhshrink


class SiLU(Overwriting):
    """Return ``x * sigmoid(x)``, also called swish.  Shape: any -> same.

    Source: Elfwing et al., Sigmoid-weighted linear units for neural network function approximation, eq. 2.
    """

    function = F.silu


class Mish(Overwriting):
    """Return ``x * tanh(softplus(x))``.  Shape: any -> same.

    Source: Misra, Mish: a self regularized non-monotonic activation function.
    """

    function = F.mish


class SELU(Overwriting):
    """Return ``scale * elu(x, alpha)`` with the constants that keep activations normalised.  Shape: any -> same.

    ``alpha = 1.67326...`` and ``scale = 1.05070...`` keep mean 0 and variance 1 between layers whose weights have
    mean 0 and variance ``1 / fan_in``.

    Source: Klambauer et al., Self-normalizing neural networks, eq. 2.
    """

    function = F.selu


class ELU(Overwriting):
    """Return ``x`` where ``x > 0``, else ``alpha * (exp(x) - 1)``.  Shape: any -> same.

    Source: Clevert et al., Fast and accurate deep network learning by exponential linear units, eq. 7.
    """

    _shown = ("alpha",)
    function = F.elu

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        """Approach ``-alpha`` far to the left; overwrite the input if ``inplace``."""
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return type(self).function(input, self.alpha, self.inplace)


class CELU(ELU):
    """Return ``x`` where ``x > 0``, else ``alpha * (exp(x / alpha) - 1)``.  Shape: any -> same.

    Source: Barron, Continuously differentiable exponential linear units.
    """

    function = F.celu


class GELU(Module):
    """Return ``x * Phi(x)``, with Phi the normal distribution function.  Shape: any -> same.

    With ``approximate="tanh"``: ``x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))``.

    Source: Hendrycks and Gimpel, Gaussian error linear units, section 2.
    """

    def __init__(self, approximate: str = "none") -> None:
        """Compute exactly (``"none"``), or by ``"tanh"``."""
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        """Return the form."""
        return f"approximate={self.approximate!r}"


class Softplus(Shown):
    """Return ``log(1 + exp(beta * x)) / beta``, and ``x`` where ``beta * x > threshold``.  Shape: any -> same."""

    _shown = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        """Bend with sharpness ``beta``; be linear above ``threshold``."""
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.softplus(input, self.beta, self.threshold)


class GLU(Shown):
    """Return ``a * sigmoid(b)`` of the halves ``a`` and ``b`` of the input along ``dim``.

    Shape: ``(*, 2 * n, *)`` -> ``(*, n, *)``.

    Source: Dauphin et al., Language modeling with gated convolutional networks, eq. 1.
    """

    _shown = ("dim",)

    def __init__(self, dim: int = -1) -> None:
        """Halve along ``dim``."""
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.glu(input, self.dim)
