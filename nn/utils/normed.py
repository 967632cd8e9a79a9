"""What the two forms of weight and spectral normalisation share: a parametrization each, or hooks on the module."""

from __future__ import annotations

import autograd_core as ag
from autograd_core import Tensor

from ..base.module import Module
from ..conv_transpose import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from ..functional import normalize


def norm_except_dim(v: Tensor, dim: int) -> Tensor:
    """Return the Euclidean norm over all dimensions but ``dim``, which are kept with size 1; -1: over all, 0-d."""
    if dim == -1:
        return ag.norm(v)
    kept = dim % v.ndim
    others = [d for d in range(v.ndim) if d != kept]
    return ag.norm(v, 2, others, keepdim=True) if others else v.abs()


def weight_of(g: Tensor, v: Tensor, dim: int) -> Tensor:
    """Return ``g * v / ||v||``."""
    return v * (g / norm_except_dim(v, dim))


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """Return a weight with its outputs, which are its dimension ``dim``, as rows."""
    return (weight if dim == 0 else weight.movedim(dim, 0)).flatten(1)


def outputs_dim(module: Module, dim: int | None) -> int:
    """Return ``dim``, by default that of the outputs in the weight of ``module``."""
    if dim is not None:
        return dim
    return int(isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)))


def random_directions(matrix: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Return random unit vectors, one to multiply a matrix with from the left, one from the right."""
    u, v = (matrix.detach().new_empty(size).normal_(0, 1) for size in matrix.shape)
    return normalize(u, dim=0, eps=eps), normalize(v, dim=0, eps=eps)


def largest_singular_value(matrix: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Return ``u^H matrix v``, the largest singular value of ``matrix`` if these are its singular vectors."""
    return ag.vdot(u, ag.mv(matrix, v))


def turn_left(matrix: Tensor, u: Tensor, v: Tensor, eps: float) -> None:
    """Half a power iteration: ``u = matrix v / ||matrix v||``, in place."""
    u.copy_(normalize(ag.mv(matrix, v), dim=0, eps=eps))


def turn_right(matrix: Tensor, u: Tensor, v: Tensor, eps: float) -> None:
    """The other half: ``v = matrix^H u / ||matrix^H u||``, in place."""
    v.copy_(normalize(ag.mv(matrix.H, u), dim=0, eps=eps))
