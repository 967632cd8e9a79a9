"""What updates in place compute with: scratch memory, quick operands, and ``y += a * x`` in one pass."""

from __future__ import annotations

import importlib
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import Array

# OpenBLAS works on up to 10 000 elements with the calling thread alone.  Above, SciPy's copy of it would wake threads
# of its own, which then fight NumPy's for the cores: a matrix product after it takes 8 ms instead of 0.1.
ALONE = 9984

AXPY = {"f": "saxpy", "d": "daxpy"}


class Scratch:
    """Scratch memory for updates of one dtype on one device, kept from step to step."""

    __slots__ = ("_axpy", "_dtype", "_one", "_three", "_two", "xp")

    def __init__(self, xp: Any, dtype: Any, size: int) -> None:
        """Take memory for updates of up to ``size`` elements."""
        self.xp, self._dtype = xp, dtype
        self._one, self._two, self._three = (xp.empty(size, dtype) for _ in range(3))
        self._axpy: Any = None
        if xp is host and dtype.char in AXPY:  # loaded by the first step, not by the import
            self._axpy = getattr(importlib.import_module("scipy.linalg.blas"), AXPY[dtype.char])

    def like(self, p: Array) -> Array:
        """Return an array as long as ``p``, of any content."""
        return self._one[: p.size]

    def spare(self, p: Array) -> Array:
        """Return another such array."""
        return self._three[: p.size]

    def root(self, p: Array, v: Array, eps: Any, inside: bool = False) -> Array:
        """Return ``sqrt(v) + eps``, or ``sqrt(v + eps)``, where ``like(p)`` is."""
        xp, out = self.xp, self._one[: p.size]
        return xp.sqrt(xp.add(v, eps, out), out) if inside else xp.add(xp.sqrt(v, out), eps, out)

    def descent(self, p: Array, g: Array, weight_decay: float, maximize: bool) -> Array:
        """Return ``±g + weight_decay * p``: ``g`` itself where that is all, else other memory than ``like`` gives."""
        xp, out = self.xp, self._two[: p.size]
        if weight_decay != 0:
            penalty = xp.multiply(p, self.number(weight_decay), out)
            return xp.subtract(penalty, g, out) if maximize else xp.add(penalty, g, out)
        return xp.negative(g, out) if maximize else g

    def number(self, value: float) -> Any:
        """Return ``value`` as the operand that is quickest: NumPy takes a 0-d array faster than a float."""
        return self.xp.asarray(value, self._dtype) if self.xp is host else value

    def add_scaled(self, y: Array, a: float, x: Array) -> None:
        """Add ``a * x`` to the contiguous ``y``, in one pass where there is BLAS for it."""
        if self._axpy is None:
            self.xp.add(y, self.xp.multiply(x, a), y)
            return
        done = y
        whole = y.size - y.size % ALONE
        for start in range(0, whole, ALONE):
            done = self._axpy(x, done, ALONE, a, start, 1, start)
        if whole < y.size:
            done = self._axpy(x, done, y.size - whole, a, whole, 1, whole)
        if done is not y:  # which was not aligned, so that BLAS was given a copy
            y[...] = done
