"""Layers that change the shape alone."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_core import Tensor

from .module import Module

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """Join the dimensions from ``start_dim`` to ``end_dim``.  Shape: ``(N, *)`` -> ``(N, prod(*))`` by default."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        """Join from ``start_dim`` to ``end_dim``, both included."""
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the flattened input."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """Return the dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Split dimension ``dim`` into ``unflattened_size``, of which one size may be -1."""

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        """Split ``dim``.

        Raises: TypeError where ``unflattened_size`` is no sequence of ints.
        """
        super().__init__()
        sizes = unflattened_size if isinstance(unflattened_size, (tuple, list)) else [unflattened_size]
        if sizes is not unflattened_size or not all(isinstance(size, int) for size in sizes):
            raise TypeError(f"Unflatten: unflattened_size is {unflattened_size!r}; wanted a tuple of ints")
        self.dim = dim
        self.unflattened_size = unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with the dimension split."""
        dim = self.dim % input.dim()
        return input.reshape((*input.shape[:dim], *self.unflattened_size, *input.shape[dim + 1 :]))

    def extra_repr(self) -> str:
        """Return the dimension and the sizes."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
