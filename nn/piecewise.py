"""Activations that are linear in pieces, as layers: rectifiers, hard forms of the smooth ones, shrinkage, maxout."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import AssertedError

from . import functional as F
from . import init as initial
from .activation import Overwriting
from .base.module import Module
from .base.settings import Shown
from .linear import init_weight_and_bias
from .parameter import Parameter

__all__ = [
    "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "KerasReLU", "LeakyReLU", "Maxout", "PReLU", "RReLU", "ReLU",
    "ReLU6", "Softshrink", "Threshold",
]  # fmt: skip


class ReLU(Overwriting):
    """Return ``max(0, x)``.  Shape: any -> same."""

    function = F.relu


class LeakyReLU(Overwriting):
    """Return ``x`` where ``x > 0``, else ``negative_slope * x``.  Shape: any -> same.

    Source: Maas et al., Rectifier nonlinearities improve neural network acoustic models, eq. 3.
    """

    _shown = ("negative_slope",)

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        """Scale negative values by ``negative_slope``; overwrite the input if ``inplace``."""
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)


class PReLU(Shown):
    """Return ``x`` where ``x > 0``, else ``weight * x``, with learned weights.  Shape: ``(N, C, *)`` -> same.

    Source: He et al., Delving deep into rectifiers, eq. 1.
    """

    _shown = ("num_parameters",)

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        """Learn one weight for all channels, or ``num_parameters`` for as many, from ``init``.

        Weight decay draws the weights towards those of a ReLU: leave them out of it.
        """
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(ag.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weights to ``init``."""
        initial.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.prelu(input, self.weight)


class RReLU(Overwriting):
    """Return ``x`` where ``x > 0``, else ``a * x``, each ``a`` drawn from [lower, upper).  Shape: any -> same.

    In evaluation ``a`` is their mean, ``(lower + upper) / 2``.

    Source: Xu et al., Empirical evaluation of rectified activations in convolutional network, section 2.4.
    """

    _shown = ("lower", "upper")

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        """Draw slopes from ``lower`` to ``upper``; overwrite the input if ``inplace``."""
        super().__init__(inplace)
        self.lower = lower
        self.upper = upper

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)


class KerasReLU(Shown):
    """Return Keras' ReLU, which has a ceiling, a slope and a place where it begins.  Shape: any -> same.

    ``max_value`` where ``x >= max_value``; ``x`` where ``threshold <= x < max_value``; else
    ``negative_slope * (x - threshold)``.

    Source: Keras, keras.layers.ReLU.
    """

    _shown = ("max_value", "negative_slope", "threshold")

    def __init__(self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0) -> None:
        """Cut at ``max_value`` (None: never), begin at ``threshold``, and fall with ``negative_slope`` below it.

        Raises: ValueError where one of them is negative.
        """
        super().__init__()
        for name, value in (("max_value", max_value), ("negative_slope", negative_slope), ("threshold", threshold)):
            if value is not None and value < 0:
                raise ValueError(f"KerasReLU: {name} is {value}; wanted no negative number")
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        output = self._rectified(input, self.negative_slope, self.threshold)
        if self.max_value is not None:
            output = ag.where(input >= self.max_value, self.max_value, output)
        return output

    @staticmethod
    def _rectified(x: Tensor, slope: float, threshold: float) -> Tensor:
        if threshold == 0:  # whose derivative at 0 is that of the other rectifiers
            return F.leaky_relu(x, slope) if slope else F.relu(x)
        return ag.where(x < threshold, (x - threshold) * slope if slope else 0.0, x)


class Maxout(Shown):
    """Return the largest of ``pieces`` linear maps for each output.

    ``y[i] = max_j (weight[i * pieces + j] @ x + bias[i * pieces + j])``, j from 0 to ``pieces - 1``: a learned convex
    activation, linear in pieces.  The gradient goes to the map that won.

    Shape: ``(*, in_features)`` -> ``(*, out_features)``; weight ``(out_features * pieces, in_features)`` and bias
    ``(out_features * pieces,)``, drawn as ``Linear``'s.

    Source: Goodfellow et al., Maxout networks, section 3.
    """

    _shown = ("in_features", "out_features", "pieces")

    def __init__(
        self,
        in_features: int,
        out_features: int,
        pieces: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        """Make a layer with ``out_features`` outputs, each the largest of ``pieces``.

        Raises: ValueError where there is no piece.
        """
        super().__init__()
        if pieces < 1:
            raise ValueError(f"Maxout: pieces is {pieces}; wanted at least 1")
        self.in_features = in_features
        self.out_features = out_features
        self.pieces = pieces
        maps = out_features * pieces
        self.weight = Parameter(ag.empty((maps, in_features), device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(ag.empty(maps, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights anew."""
        init_weight_and_bias(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the layer's output."""
        maps = F.linear(input, self.weight, self.bias)  # (*, out_features * pieces)
        return maps.unflatten(-1, (self.out_features, self.pieces)).max(-1)[0]

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"{super().extra_repr()}, bias={self.bias is not None}"


class Threshold(Overwriting):
    """Return ``x`` where ``x > threshold``, else ``value``.  Shape: any -> same."""

    _shown = ("threshold", "value")

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        """Replace what is not above ``threshold`` by ``value``; overwrite the input if ``inplace``."""
        super().__init__(inplace)
        self.threshold = threshold
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.threshold(input, self.threshold, self.value, self.inplace)


class Hardtanh(Overwriting):
    """Return ``x`` cut to ``[min_val, max_val]``.  Shape: any -> same."""

    _shown: tuple[str, ...] = ("min_val", "max_val")

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        """Cut to ``[min_val, max_val]``, whose old names are ``min_value`` and ``max_value``.

        Raises: ValueError where the interval is empty.
        """
        super().__init__(inplace)
        for old, value in (("min_value", min_value), ("max_value", max_value)):
            if value is not None:
                warnings.warn(
                    f"keyword argument `{old}` is deprecated and renamed to `{old[:-2]}`", FutureWarning, stacklevel=2
                )
        self.min_val = min_val if min_value is None else min_value
        self.max_val = max_val if max_value is None else max_value
        if self.max_val <= self.min_val:
            raise AssertedError(f"Hardtanh: max_val is {self.max_val}; it must be greater than min_val={self.min_val}")

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)


class ReLU6(Hardtanh):
    """Return ``min(max(0, x), 6)``.  Shape: any -> same.

    Source: Krizhevsky, Convolutional deep belief networks on CIFAR-10.
    """

    _shown = ()

    def __init__(self, inplace: bool = False) -> None:
        """Overwrite the input if ``inplace``."""
        super().__init__(0.0, 6.0, inplace)


class Hardsigmoid(Overwriting):
    """Return ``min(max(0, x + 3), 6) / 6``.  Shape: any -> same."""

    function = F.hardsigmoid

    def extra_repr(self) -> str:
        """Return nothing, as PyTorch does."""
        return ""


class Hardswish(Hardsigmoid):
    """Return ``x * hardsigmoid(x)``.  Shape: any -> same.

    Source: Howard et al., Searching for MobileNetV3, section 5.2.
    """

    function = F.hardswish


class _Shrinkage(Module):
    function: Callable[..., Tensor]

    def __init__(self, lambd: float = 0.5) -> None:
        """Take what is within ``lambd`` of 0 for 0."""
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """Return the activation of ``input``."""
        return type(self).function(input, self.lambd)

    def extra_repr(self) -> str:
        """Return lambda."""
        return f"{self.lambd}"


class Hardshrink(_Shrinkage):
    """Return ``x`` where ``|x| > lambd``, else 0.  Shape: any -> same."""

    function = F.hardshrink


class Softshrink(_Shrinkage):
    """Return ``x`` moved towards 0 by ``lambd``, and 0 where it is within ``lambd`` of it.  Shape: any -> same."""

    function = F.softshrink
