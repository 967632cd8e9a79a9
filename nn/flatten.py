"""Layers that change the shape alone."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_core import Tensor

from .base.settings import Shown

__all__ = ["Flatten", "Unflatten"]


class Flatten(Shown):
    """Join the dimensions from ``start_dim`` to ``end_dim``.  Shape: ``(N, *)`` -> ``(N, prod(*))`` by default."""

    _shown = ("start_dim", "end_dim")

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        """Join from ``start_dim`` to ``end_dim``, both included."""
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the flattened input."""
        return input.flatten(self.start_dim, self.end_dim)


class Unflatten(Shown):
    """Split dimension ``dim`` into ``unflattened_size``, of which one size may be -1.

    Shape: ``(*, prod(unflattened_size), *)`` -> ``(*, *unflattened_size, *)``.
    """

    _shown = ("dim", "unflattened_size")

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        """Split ``dim``.

        Raises: TypeError where ``unflattened_size`` is no tuple or list of ints.
        """
        super().__init__()
        if not isinstance(unflattened_size, (tuple, list)):
            raise TypeError(
                f"Unflatten: unflattened_size must be a tuple of ints, but found type "
                f"{type(unflattened_size).__name__}: {unflattened_size!r}"
            )
        for place, size in enumerate(unflattened_size):
            if not isinstance(size, int):
                raise TypeError(
                    f"Unflatten: unflattened_size must be tuple of ints, but found element of type "
                    f"{type(size).__name__} at pos {place}: {unflattened_size!r}"
                )
        self.dim = dim
        self.unflattened_size = unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with the dimension split."""
        return input.unflatten(self.dim, self.unflattened_size)
