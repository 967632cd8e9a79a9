"""Layers that put borders around signals, images and volumes."""

from __future__ import annotations

from autograd_core import Tensor

from . import functional as F
from .base.module import Module
from .functional.sizes import Size, expand

__all__ = [
    "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d",
    "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d",
    "ReplicationPad3d", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d",
]  # fmt: skip


class _Pad(Module):
    """Padding of the last ``n_dims`` dimensions by what ``mode`` puts there."""

    n_dims: int
    mode: str

    def __init__(self, padding: Size) -> None:
        """Pad by one width on every side, or by one per side: before and after the last dimension, then the others.

        A negative width crops.
        """
        super().__init__()
        self.padding = expand(padding, 2 * self.n_dims, type(self).__name__, "padding")

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with its border."""
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        """Return the widths."""
        return f"{self.padding}"


class _ConstantPad(_Pad):
    mode = "constant"

    def __init__(self, padding: Size, value: float) -> None:
        """Pad with ``value``; widths are one for every side, or one per side, the last dimension's first.

        A negative width crops.
        """
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with its border."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """Return the widths and the value."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """Put a constant around a signal: ``0 1 2`` -> ``v v 0 1 2 v v``.  Shape: ``(*, L)`` -> ``(*, L')``."""

    n_dims = 1


class ConstantPad2d(_ConstantPad):
    """Put a constant around an image.  Shape: ``(*, H, W)`` -> ``(*, H', W')``."""

    n_dims = 2


class ConstantPad3d(_ConstantPad):
    """Put a constant around a volume.  Shape: ``(*, D, H, W)`` -> ``(*, D', H', W')``."""

    n_dims = 3


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Size) -> None:
        """Pad by one width on every side, or by one per side: before and after the last dimension, then the others.

        A negative width crops.
        """
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """Return the widths."""
        return f"{self.padding}"


class ZeroPad1d(_ZeroPad, ConstantPad1d):
    """Put zeros around a signal: ``1 2 3`` -> ``0 0 1 2 3 0 0``.  Shape: ``(*, L)`` -> ``(*, L')``."""


class ZeroPad2d(_ZeroPad, ConstantPad2d):
    """Put zeros around an image.  Shape: ``(*, H, W)`` -> ``(*, H', W')``."""


class ZeroPad3d(_ZeroPad, ConstantPad3d):
    """Put zeros around a volume.  Shape: ``(*, D, H, W)`` -> ``(*, D', H', W')``."""


class _ReflectionPad(_Pad):
    mode = "reflect"


class ReflectionPad1d(_ReflectionPad):
    """Mirror a signal at its ends: ``0 1 2 3`` -> ``2 1 0 1 2 3 2 1``.  Shape: ``(*, L)`` -> ``(*, L')``."""

    n_dims = 1


class ReflectionPad2d(_ReflectionPad):
    """Mirror an image at its edges.  Shape: ``(*, H, W)`` -> ``(*, H', W')``."""

    n_dims = 2


class ReflectionPad3d(_ReflectionPad):
    """Mirror a volume at its faces.  Shape: ``(*, D, H, W)`` -> ``(*, D', H', W')``."""

    n_dims = 3


class _ReplicationPad(_Pad):
    mode = "replicate"


class ReplicationPad1d(_ReplicationPad):
    """Repeat a signal's ends: ``0 1 2 3`` -> ``0 0 0 1 2 3 3 3``.  Shape: ``(*, L)`` -> ``(*, L')``."""

    n_dims = 1


class ReplicationPad2d(_ReplicationPad):
    """Repeat an image's edges.  Shape: ``(*, H, W)`` -> ``(*, H', W')``."""

    n_dims = 2


class ReplicationPad3d(_ReplicationPad):
    """Repeat a volume's faces.  Shape: ``(*, D, H, W)`` -> ``(*, D', H', W')``."""

    n_dims = 3


class _CircularPad(_Pad):
    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with its border.

        Raises: ValueError where the input has dimensions other than a batch, channels and those to pad.
        """
        n = self.n_dims
        if input.ndim not in (n + 1, n + 2):
            raise ValueError(f"{type(self).__name__}: expected {n + 1}D or {n + 2}D input (got {input.ndim}D input)")
        return super().forward(input)


class CircularPad1d(_CircularPad):
    """Put a signal's ends around it as if it were a ring: ``0 1 2 3`` -> ``2 3 0 1 2 3 0 1``.

    Shape: ``(N, C, L)`` or ``(C, L)`` -> ``L'``.
    """

    n_dims = 1


class CircularPad2d(_CircularPad):
    """Put an image's edges around it as if it were a torus.  Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``H', W'``."""

    n_dims = 2


class CircularPad3d(_CircularPad):
    """Put a volume's faces around it as if it were a torus.

    Shape: ``(N, C, D, H, W)`` or ``(C, D, H, W)`` -> ``D', H', W'``.
    """

    n_dims = 3
