"""Activations as layers; each has its formula in ``nn.functional``."""

from __future__ import annotations

from autograd_core import Tensor

from . import functional as F
from .module import Module

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "ReLU",
    "ReLU6",
    "SELU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmin",
    "Softplus",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


class _Overwriting(Module):
    """An activation whose one setting is whether it overwrites its input."""

    def __init__(self, inplace: bool = False) -> None:
        """Overwrite the input if ``inplace``."""
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        """Return the setting where it is not the default."""
        return "inplace=True" if self.inplace else ""


class ReLU(_Overwriting):
    """Return ``max(0, x)``."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.relu(input, self.inplace)


class SiLU(_Overwriting):
    """Return ``x * sigmoid(x)``, also called swish."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.silu(input, self.inplace)


class Mish(_Overwriting):
    """Return ``x * tanh(softplus(x))``."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.mish(input, self.inplace)


class SELU(_Overwriting):
    """Return the exponential linear unit that keeps activations normalised."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.selu(input, self.inplace)


class Hardsigmoid(_Overwriting):
    """Return ``min(max(0, x + 3), 6) / 6``."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        """Return nothing, as PyTorch does."""
        return ""


class Hardswish(Hardsigmoid):
    """Return ``x * hardsigmoid(x)``."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.hardswish(input, self.inplace)


class Hardtanh(_Overwriting):
    """Return ``x`` cut to ``[min_val, max_val]``."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        """Cut to ``[min_val, max_val]``.

        Raises: ValueError where the interval is empty.
        """
        super().__init__(inplace)
        if max_val <= min_val:
            raise ValueError(f"Hardtanh: max_val is {max_val}; it must be greater than min_val={min_val}")
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """Return the bounds."""
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


class ReLU6(Hardtanh):
    """Return ``min(max(0, x), 6)``."""

    def __init__(self, inplace: bool = False) -> None:
        """Overwrite the input if ``inplace``."""
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        """Return the setting where it is not the default."""
        return "inplace=True" if self.inplace else ""


class Threshold(_Overwriting):
    """Return ``x`` where ``x > threshold``, else ``value``."""

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        """Replace what is not above ``threshold`` by ``value``."""
        super().__init__(inplace)
        self.threshold = threshold
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"threshold={self.threshold}, value={self.value}" + (", inplace=True" if self.inplace else "")


class LeakyReLU(_Overwriting):
    """Return ``x`` where ``x > 0``, else ``negative_slope * x``."""

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        """Scale negative values by ``negative_slope``."""
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """Return the slope."""
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class ELU(_Overwriting):
    """Return ``x`` where ``x > 0``, else ``alpha * (exp(x) - 1)``."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        """Approach ``-alpha`` far to the left."""
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """Return alpha."""
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class CELU(ELU):
    """Return ``x`` where ``x > 0``, else ``alpha * (exp(x / alpha) - 1)``."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.celu(input, self.alpha, self.inplace)


class GELU(Module):
    """Return ``x * Phi(x)``, with Phi the normal distribution function; ``approximate="tanh"`` for its tanh form."""

    def __init__(self, approximate: str = "none") -> None:
        """Compute exactly, or by tanh."""
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        """Return the form."""
        return f"approximate={self.approximate!r}"


class Softplus(Module):
    """Return ``log(1 + exp(beta * x)) / beta``, and ``x`` where ``beta * x > threshold``."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        """Bend with sharpness ``beta``; be linear above ``threshold``."""
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"beta={self.beta}, threshold={self.threshold}"


class Sigmoid(Module):
    """Return ``1 / (1 + exp(-x))``."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.sigmoid(input)


class Tanh(Module):
    """Return ``tanh(x)``."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.tanh(input)


class LogSigmoid(Module):
    """Return ``log(sigmoid(x))`` without overflow."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.logsigmoid(input)


class Softsign(Module):
    """Return ``x / (1 + |x|)``."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.softsign(input)


class Tanhshrink(Module):
    """Return ``x - tanh(x)``."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.tanhshrink(input)


class GLU(Module):
    """Return ``a * sigmoid(b)`` of the halves of the input along ``dim``."""

    def __init__(self, dim: int = -1) -> None:
        """Halve along ``dim``."""
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        """Return the dimension."""
        return f"dim={self.dim}"


class _OverDim(Module):
    def __init__(self, dim: int | None = None) -> None:
        """Normalise over ``dim``."""
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        """Return the dimension."""
        return f"dim={self.dim}"


class Softmax(_OverDim):
    """Return ``exp(x) / sum(exp(x))`` over ``dim``."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.softmax(input, self.dim, _stacklevel=5)


class Softmin(_OverDim):
    """Return ``softmax(-x)`` over ``dim``."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.softmin(input, self.dim, _stacklevel=5)


class LogSoftmax(_OverDim):
    """Return ``log(softmax(x))`` over ``dim``, without overflow."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.log_softmax(input, self.dim, _stacklevel=5)
