"""Weights drawn with a scale that keeps a signal's variance from layer to layer."""

from __future__ import annotations

import math
import warnings

from autograd_core import Generator, Tensor
from autograd_core.engine.blame import stacklevel

from .filling import normal_, uniform_

__all__ = [
    "calculate_gain", "fan_in_normal_", "fan_in_uniform_", "kaiming_normal_", "kaiming_uniform_", "lecun_normal_",
    "lecun_uniform_", "xavier_normal_", "xavier_uniform_",
]  # fmt: skip

LINEAR = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return how much wider to draw the weights before ``nonlinearity``; ``param`` is leaky_relu's slope.

    1 for linear layers and sigmoid, 5/3 for tanh, sqrt(2) for relu, sqrt(2 / (1 + slope**2)) for leaky_relu,
    3/4 for selu.

    Raises: ValueError for another nonlinearity or a slope that is no number.
    """
    if nonlinearity == "leaky_relu":
        if param is not None and (isinstance(param, bool) or not isinstance(param, (int, float))):
            raise ValueError(f"calculate_gain: negative_slope {param} not a valid number")
        slope = 0.01 if param is None else param
        return math.sqrt(2.0 / (1.0 + slope**2))
    gains = {"sigmoid": 1.0, "tanh": 5.0 / 3.0, "relu": math.sqrt(2.0), "selu": 0.75} | dict.fromkeys(LINEAR, 1.0)
    if nonlinearity not in gains:
        known = ", ".join([*gains, "leaky_relu"])
        raise ValueError(f"calculate_gain: Unsupported nonlinearity {nonlinearity}; wanted one of {known}")
    return gains[nonlinearity]


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """Return how many inputs feed one output of the weight ``(out, in, *window)``, and how many outputs one input.

    Raises: ValueError where the tensor has less than two dimensions.
    """
    if tensor.dim() < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions; "
            f"got shape {tuple(tensor.shape)}"
        )
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    if mode.lower() not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return _calculate_fan_in_and_fan_out(tensor)[mode.lower() == "fan_out"]


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw from U(-k, k) with ``k = gain * sqrt(6 / (fan_in + fan_out))``.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, equation 16.
    """
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw from N(0, s**2) with ``s = gain * sqrt(2 / (fan_in + fan_out))``.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, equation 12.
    """
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def _xavier_std(tensor: Tensor, gain: float) -> float:
    return gain * math.sqrt(2.0 / sum(_calculate_fan_in_and_fan_out(tensor)))


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Draw from U(-k, k) with ``k = gain * sqrt(3 / fan)``; ``a`` is leaky_relu's slope.

    Source: He et al., Delving deep into rectifiers, equations 10 and 14.
    """
    if 0 in tensor.shape:
        return _warn_empty(tensor)
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Draw from N(0, s**2) with ``s = gain / sqrt(fan)``: before relu ``sqrt(2 / fan)``; ``a`` is leaky_relu's slope.

    Source: He et al., Delving deep into rectifiers, equations 10 and 14.
    """
    if 0 in tensor.shape:
        return _warn_empty(tensor)
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    return calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode))


def lecun_normal_(tensor: Tensor, generator: Generator | None = None) -> Tensor:
    """Draw from N(0, 1 / fan_in), which with selu keeps activations normalised.

    Source: LeCun et al., Efficient BackProp, equation 16; Klambauer et al., Self-normalizing neural networks.
    """
    return fan_in_normal_(tensor, 1.0, generator)


def lecun_uniform_(tensor: Tensor, generator: Generator | None = None) -> Tensor:
    """Draw from U(-k, k) with ``k = sqrt(3 / fan_in)``, whose variance is ``1 / fan_in`` too.

    Source: LeCun et al., Efficient BackProp, equation 16.
    """
    return fan_in_uniform_(tensor, math.sqrt(3.0), generator)


def fan_in_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw from N(0, s**2) with ``s = gain * sqrt(1 / fan_in)``, as lectures have it, often under Xavier's name.

    With gain 1, for tanh, it is LeCun's formula (``lecun_normal_``), and Glorot's where ``fan_in = fan_out``.  With
    gain sqrt(2), for relu, it is He's ``sqrt(2 / fan_in)``, of which the ``2 / sqrt(n)`` of one lecture is a misprint.
    """
    if 0 in tensor.shape:
        return _warn_empty(tensor)
    return normal_(tensor, 0.0, _fan_in_std(tensor, gain), generator)


def fan_in_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw from U(-k, k) with ``k = gain / sqrt(fan_in)``, whose variance is ``gain**2 / (3 * fan_in)``.

    With gain 1 it is how Linear and convolution layers start.

    Source: the heuristic of Glorot and Bengio, Understanding the difficulty of training deep feedforward neural
    networks, equation 1.
    """
    if 0 in tensor.shape:
        return _warn_empty(tensor)
    bound = _fan_in_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def _fan_in_std(tensor: Tensor, gain: float) -> float:
    return gain / math.sqrt(_calculate_fan_in_and_fan_out(tensor)[0])


def _warn_empty(tensor: Tensor) -> Tensor:
    warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=stacklevel())
    return tensor
