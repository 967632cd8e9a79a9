"""The parts of complex numbers.  They are linear over the real numbers only, so each writes its whole rule."""

from __future__ import annotations

from typing import Any

from autograd_core.engine.fit import conj as conj
from autograd_core.engine.primitive import primitive
from autograd_core.ops.batching import leading


@primitive(view=True, linear=True)
def view_as_real(xp: Any, x: Any, /) -> Any:
    """Return a view of the real and imaginary parts.  Shape: (*) -> (*, 2)."""
    return x[..., None].view(x.real.dtype)


@primitive(view=True, linear=True)
def view_as_complex(xp: Any, x: Any, /) -> Any:
    """Return the complex numbers of pairs of parts, as a view where the two lie together.  Shape: (*, 2) -> (*)."""
    pairs = x if x.strides[-1] == x.dtype.itemsize else x.copy()
    return pairs.view(f"c{2 * x.dtype.itemsize}")[..., 0]


view_as_real.vjp(x=lambda g: view_as_complex(g))
view_as_complex.vjp(x=lambda g: view_as_real(g))
view_as_real.batch(leading(view_as_real, 0))
view_as_complex.batch(leading(view_as_complex, 1))


def real(x: Any) -> Any:
    """Return the real parts as a view; a real tensor or array is its own."""
    kind = x._array.dtype.kind if hasattr(x, "_array") else x.dtype.kind
    return view_as_real(x)[..., 0] if kind == "c" else x


def imag(x: Any) -> Any:
    """Return the imaginary parts of complex numbers as a view."""
    return view_as_real(x)[..., 1]
