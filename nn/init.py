"""Initial values, written in place and outside the graph; every function returns its tensor."""

from __future__ import annotations

import math
import warnings

import autograd_core as ag
from autograd_core import Generator, Tensor

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


def _correct_fan(tensor: Tensor, mode: str) -> int:
    if mode.lower() not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return _calculate_fan_in_and_fan_out(tensor)[mode.lower() == "fan_out"]


@ag.no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw from U(a, b)."""
    return tensor.uniform_(a, b, generator=generator)


@ag.no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw from N(mean, std**2)."""
    return tensor.normal_(mean, std, generator=generator)


@ag.no_grad()
def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Draw from N(mean, std**2), cut to ``[a, b]`` by drawing again what falls outside.

    Raises: ValueError where ``[a, b]`` holds less than a thousandth of the distribution.
    """

    def below(x: float) -> float:
        return 0.5 * (1.0 + math.erf((x - mean) / (std * math.sqrt(2.0))))

    if below(b) - below(a) < 1e-3:
        raise ValueError(
            f"trunc_normal_: [{a}, {b}] holds {below(b) - below(a):.1e} of N({mean}, {std}**2); wanted at least 1e-3"
        )
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=3,
        )
    tensor.normal_(mean, std, generator=generator)
    outside = (tensor < a) | (tensor > b)
    while bool(outside.any()):
        again = ag.empty_like(tensor).normal_(mean, std, generator=generator)
        tensor.copy_(ag.where(outside, again, tensor))
        outside = (tensor < a) | (tensor > b)
    return tensor


@ag.no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with ``val``."""
    return tensor.fill_(val)


@ag.no_grad()
def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones."""
    return tensor.fill_(1.0)


@ag.no_grad()
def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    return tensor.zero_()


@ag.no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """Make a matrix the identity, which keeps as many inputs as it can.

    Raises: ValueError where the tensor is no matrix.
    """
    _check_matrix("eye_", tensor, exactly=True)
    return tensor.copy_(ag.eye(*tensor.shape, dtype=tensor.dtype, device=tensor.device))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw from U(-k, k) with ``k = gain * sqrt(6 / (fan_in + fan_out))``.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward networks, eq. 16.
    """
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw from N(0, s**2) with ``s = gain * sqrt(2 / (fan_in + fan_out))``.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward networks, eq. 12.
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

    Source: He et al., Delving deep into rectifiers, eq. 10 and 14.
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
    """Draw from N(0, s**2) with ``s = gain / sqrt(fan)``; ``a`` is leaky_relu's slope.

    Source: He et al., Delving deep into rectifiers, eq. 10 and 14.
    """
    if 0 in tensor.shape:
        return _warn_empty(tensor)
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    return calculate_gain(nonlinearity, a) / math.sqrt(_correct_fan(tensor, mode))


def _warn_empty(tensor: Tensor) -> Tensor:
    warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
    return tensor


@ag.no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Make the rows of the weight, flattened to ``(out, -1)``, orthonormal (or its columns, if they are fewer).

    Raises: ValueError where the tensor has less than two dimensions.
    Source: Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks.
    """
    _check_matrix("orthogonal_", tensor)
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    if rows == 0 or columns == 0:
        return tensor
    tall = ag.empty((max(rows, columns), min(rows, columns)), dtype=tensor.dtype, device=tensor.device)
    q = _orthonormal_columns(tall.normal_(generator=generator))
    return tensor.copy_((q if rows >= columns else q.T).reshape(tensor.shape)).mul_(gain)


def _orthonormal_columns(a: Tensor) -> Tensor:
    """Orthonormalise the columns of ``a``, first to last, in place: the Q of a QR whose R has a positive diagonal."""
    for j in range(a.shape[1]):
        column, done = a[:, j], a[:, :j]
        for _ in range(2):  # the second pass removes what rounding left of the first
            column = column - done @ (column @ done)
        a[:, j] = column / ag.sqrt((column * column).sum())
    return a


def _check_matrix(name: str, tensor: Tensor, exactly: bool = False) -> None:
    if tensor.dim() < 2 or (exactly and tensor.dim() != 2):
        wanted = "2 dimensions" if exactly else "2 or more dimensions"
        raise ValueError(f"{name}: only tensors with {wanted} are supported; got shape {tuple(tensor.shape)}")
