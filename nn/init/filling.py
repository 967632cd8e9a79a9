"""Tensors filled with constants, identities, and numbers of a given distribution."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import autograd_core as ag
from autograd_core import Generator, Tensor
from autograd_core.engine.blame import stacklevel

__all__ = [
    "constant_", "dirac_", "eye_", "normal_", "ones_", "sparse_", "trunc_normal_", "uniform_", "zeros_",
]  # fmt: skip


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

    Where that would be most of them, proposals are drawn from U(a, b) and kept by their density.

    Raises: ValueError where ``std`` is not positive or ``a`` exceeds ``b``.
    Source: Robert, Simulation of truncated normal variables, section 2.
    """
    if std <= 0 or a > b:
        raise ValueError(f"trunc_normal_: got std={std}, a={a}, b={b}; wanted a positive std, and a at most b")
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=stacklevel(),
        )

    def below(x: float) -> float:
        return 0.5 * (1.0 + math.erf((x - mean) / (std * math.sqrt(2.0))))

    peak = min(max(mean, a), b)  # where in [a, b] the density is highest

    def of_normal(x: Tensor) -> Tensor:
        x.normal_(mean, std, generator=generator)
        return (x < a) | (x > b)

    def of_uniform(x: Tensor) -> Tensor:
        x.uniform_(a, b, generator=generator)
        log_density = ((peak - mean) ** 2 - (x - mean) ** 2) / (2 * std * std)
        return ag.empty_like(x).uniform_(generator=generator).log_() > log_density

    return _again_where_refused(tensor, of_normal if below(b) - below(a) > 0.3 else of_uniform)


def _again_where_refused(tensor: Tensor, propose: Callable[[Tensor], Tensor]) -> Tensor:
    """Fill with proposals until none is refused.  ``propose`` writes them, and returns which are."""
    refused = propose(tensor)
    while bool(refused.any()):
        other = ag.empty_like(tensor)
        again = propose(other)
        tensor.copy_(ag.where(refused, other, tensor))
        refused = refused & again
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
    """Make a matrix the identity: a linear layer passes on as many of its inputs as it can.

    Raises: ValueError where the tensor is no matrix.
    """
    _check_dims("eye_", tensor, "2", (2,))
    return tensor.copy_(ag.eye(*tensor.shape, dtype=tensor.dtype, device=tensor.device))


@ag.no_grad()
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Make the weight of a convolution an identity: each group passes on as many of its channels as it can.

    The window is 0 but for a 1 in its middle.

    Raises: ValueError where the tensor has other than 3, 4 or 5 dimensions, or ``groups`` does not divide the first.
    """
    _check_dims("dirac_", tensor, "3, 4, or 5", (3, 4, 5))
    if groups < 1 or tensor.shape[0] % groups:
        raise ValueError(f"dirac_: dim 0 must be divisible by groups; got {tensor.shape[0]} and {groups}")
    outputs = tensor.shape[0] // groups
    kept = min(outputs, tensor.shape[1])
    tensor.zero_()
    middle = tuple(size // 2 for size in tensor.shape[2:])
    for start in range(0, outputs * groups, outputs or 1):
        channels = ag.arange(kept, device=tensor.device)
        tensor[(channels + start, channels, *middle)] = 1.0
    return tensor


@ag.no_grad()
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Draw a matrix from N(0, std**2), with ``ceil(sparsity * rows)`` of each column's elements set to 0.

    Raises: ValueError where the tensor is no matrix, or ``sparsity`` is no fraction.
    Source: Martens, Deep learning via Hessian-free optimization, section 5.
    """
    _check_dims("sparse_", tensor, "2", (2,))
    if not 0.0 <= sparsity <= 1.0:
        raise ValueError(f"sparse_: sparsity is {sparsity}; wanted a fraction from 0 to 1")
    rows = tensor.shape[0]
    tensor.normal_(0.0, std, generator=generator)
    ranks = ag.empty_like(tensor, dtype=ag.float64).uniform_(generator=generator).argsort(0).argsort(0)
    return tensor.masked_fill_(ranks < math.ceil(sparsity * rows), 0.0)


def _check_dims(name: str, tensor: Tensor, wanted: str, numbers: tuple[int, ...]) -> None:
    if tensor.dim() not in numbers:
        shape = tuple(tensor.shape)
        raise ValueError(f"{name}: Only tensors with {wanted} dimensions are supported; got shape {shape}")
