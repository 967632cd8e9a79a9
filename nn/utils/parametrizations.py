"""Ready parametrizations: weight normalisation, spectral normalisation, orthogonality.

Each is registered by ``nn.utils.parametrize`` and removed by its ``remove_parametrizations``.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import autograd_core as ag
from autograd_core import Tensor

from ..base.module import Module
from ..functional import normalize
from .normed import (
    as_matrix,
    largest_singular_value,
    norm_except_dim,
    outputs_dim,
    random_directions,
    turn_left,
    turn_right,
    weight_of,
)
from .orthogonal_maps import MAPS, _Orthogonal
from .parametrize import register_parametrization

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


class _WeightNorm(Module):
    """The weight ``g * v / ||v||``."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        """Return the weight."""
        return weight_of(weight_g, weight_v, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Return length and direction of ``weight``."""
        return norm_except_dim(weight, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int = 0) -> Module:
    """Train the lengths and the directions of a weight apart: ``weight = g * v / ||v||``; return ``module``.

    ``g`` is ``parametrizations.weight.original0``, ``v`` is ``original1``.  State dicts of ``nn.utils.weight_norm``,
    with ``weight_g`` and ``weight_v``, can be loaded, too.

    Args:
        module: the layer.
        name: of its weight.
        dim: each slice along this dimension has a length of its own; None (or -1): one length for all.

    Source: Salimans and Kingma, Weight Normalization, NeurIPS 2016, equation 2.
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)
    module.register_load_state_dict_pre_hook(partial(_take_hooked_form, name))
    return module


def _take_hooked_form(name: str, module: Module, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
    """Rename the entries of the hooked ``weight_norm``."""
    hooked = [f"{prefix}{name}{suffix}" for suffix in ("_g", "_v")]
    if all(key in state_dict for key in hooked):
        for i, key in enumerate(hooked):
            state_dict[f"{prefix}parametrizations.{name}.original{i}"] = state_dict.pop(key)


class _SpectralNorm(Module):
    """The weight divided by its largest singular value, which in training one power iteration per call follows."""

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim % ndim
        self.eps = eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight, self.dim)
            u, v = random_directions(matrix, eps)
            self.register_buffer("_u", u)
            self.register_buffer("_v", v)
            self._iterate(matrix, 15)

    @ag.no_grad()
    def _iterate(self, matrix: Tensor, n_power_iterations: int) -> None:
        for _ in range(n_power_iterations):
            turn_left(matrix, self._u, self._v, self.eps)
            turn_right(matrix, self._u, self._v, self.eps)

    def forward(self, weight: Tensor) -> Tensor:
        """Return the weight divided by its largest singular value."""
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        # Copies: the next call changes the vectors, perhaps before this one's backward.
        return weight / largest_singular_value(matrix, self._u.clone(), self._v.clone())

    def right_inverse(self, value: Tensor) -> Tensor:
        """Return ``value``."""
        return value


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divide a weight by its largest singular value σ: ``weight = original / σ``; return ``module``.

    σ is ``u^H W v``, where u and v, the buffers ``_u`` and ``_v`` of the parametrization, follow the singular vectors
    by power iterations whenever the weight is read in training.  A vector is divided by its Euclidean norm.

    Args:
        module: the layer.
        name: of its weight.
        n_power_iterations: at each read.
        eps: keeps norms from zero.
        dim: of the weight, that counts the outputs; by default 0, for transposed convolutions 1.

    Raises: ValueError where ``module`` has no such tensor, or there are no iterations.
    Source: Miyato et al., Spectral Normalization for Generative Adversarial Networks, ICLR 2018, algorithm 1.
    """
    weight = _tensor_of(module, name)
    norm = _SpectralNorm(weight, n_power_iterations, outputs_dim(module, dim), eps)
    return register_parametrization(module, name, norm)


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Module:
    """Keep a matrix Q, or a batch of them, orthogonal (unitary if complex): ``Q^H Q = 1``; return ``module``.

    A wide matrix has orthonormal rows instead.  With A skew-symmetric, made of the original's lower triangle, Q is

    - ``"matrix_exp"``: ``exp(A)``;
    - ``"cayley"``: ``(1 + A/2)(1 - A/2)^-1``;
    - ``"householder"``: a product of reflections at the original's columns, for real matrices.

    Args:
        module: the layer.
        name: of its weight.
        orthogonal_map: one of those; by default "matrix_exp" for square or complex matrices, otherwise "householder".
        use_trivialization: train ``Q = B exp(A)`` instead, from A = 0, where B (the buffer ``base``) is the orthogonal
            factor of the weight as it was, or as it is assigned.

    Raises: ValueError where ``module`` has no such matrix, or the map is unknown or does not take it.
    Source: Lezcano-Casado, Trivializations for Gradient-Based Optimization on Manifolds, NeurIPS 2019, algorithm 1.
    """
    weight = _tensor_of(module, name)
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"
    if orthogonal_map not in MAPS:
        wanted = ", ".join(f'"{each}"' for each in MAPS)
        raise ValueError(f"orthogonal_map has to be one of {wanted}. Got: {orthogonal_map}")
    parametrization = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return register_parametrization(module, name, parametrization, unsafe=True)


def _tensor_of(module: Module, name: str) -> Tensor:
    tensor = getattr(module, name, None)
    if not isinstance(tensor, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return tensor
