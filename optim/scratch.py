"""What updates in place compute with: scratch memory, quick operands, and sums of vectors in one pass."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from types import ModuleType
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import Array


@functools.cache
def cpu_threads() -> ModuleType:
    """Return the room of the threads that share a kernel; loaded by the first step that asks, not by the import."""
    return importlib.import_module("autograd_core.backend.cpu.threads")


def alone(xp: Any) -> AbstractContextManager[None]:
    """Return a context in which BLAS takes one thread: with vectors, more cost more than they bring."""
    return cpu_threads().blas_at_one_thread() if xp is host else nullcontext()


class Scratch:
    """Scratch memory for updates of one dtype on one device by one thread, kept from step to step.

    An array is made when an update first asks for it: plain SGD needs none.
    """

    __slots__ = ("_held", "_operands", "_size", "_sums", "dtype", "xp")

    def __init__(self, xp: Any, dtype: Any, size: int, lasting: Iterable[Array] = ()) -> None:
        """Serve updates, mostly of up to ``size`` elements; the arrays in ``lasting`` are written again and again."""
        self.xp, self.dtype, self._size = xp, dtype, size
        self._held: list[dict[int, Array]] = [{}, {}, {}, {}]
        self._sums: Any = None
        self._operands: dict[int, Any] = {}  # by id: an array that an operand holds keeps its own
        if xp is host:  # loaded by the first step, not by the import
            self._sums = importlib.import_module("autograd_core.backend.cpu.vectors").vector_sums(dtype)
        for array in lasting:
            self._note(array)

    @property
    def has_blas(self) -> bool:
        """Whether sums of vectors take one pass: on the CPU, in float32 and float64."""
        return self._sums is not None

    def _note(self, array: Array) -> None:
        if self._sums is not None:
            self._operands[id(array)] = self._sums.operand(array)

    def _memory(self, number: int, p: Array) -> Array:
        held = self._held[number]
        array = held.get(p.size)
        if array is None:
            whole = held.get(-1)
            if whole is None or whole.size < p.size:
                whole = held[-1] = self.xp.empty(max(self._size, p.size), self.dtype)
            array = held[p.size] = whole[: p.size]
            self._note(array)
        return array

    def like(self, p: Array) -> Array:
        """Return an array as long as ``p``, of any content."""
        return self._memory(0, p)

    def spare(self, p: Array) -> Array:
        """Return another such array."""
        return self._memory(2, p)

    def other(self, p: Array) -> Array:
        """Return a third one, which ``descent`` uses too."""
        return self._memory(1, p)

    def root(self, p: Array, v: Array, eps: Any, inside: bool = False) -> Array:
        """Return ``sqrt(v) + eps``, or ``sqrt(v + eps)``, where ``like(p)`` is."""
        xp, out = self.xp, self._memory(0, p)
        return xp.sqrt(xp.add(v, eps, out), out) if inside else xp.add(xp.sqrt(v, out), eps, out)

    def descent(self, p: Array, g: Array, weight_decay: float, maximize: bool) -> Array:
        """Return ``±g + weight_decay * p``: ``g`` itself where that is all, else other memory than ``like`` gives."""
        if weight_decay == 0 and not maximize:
            return g
        xp, out = self.xp, self._memory(1, p)
        if weight_decay == 0:
            return xp.negative(g, out)
        penalty = xp.multiply(p, self.number(weight_decay), out)
        return xp.subtract(penalty, g, out) if maximize else xp.add(penalty, g, out)

    def number(self, value: float) -> Any:
        """Return ``value`` as the operand that is quickest: NumPy takes a 0-d array faster than a float."""
        return self.xp.asarray(value, self.dtype) if self.xp is host else value

    def add_scaled(self, y: Array, a: float, x: Array) -> None:
        """Add ``a x`` to ``y``; both are contiguous and aligned."""
        if self._sums is not None:
            self._sums.add_scaled(self._operands.get(id(y)) or y, a, self._operands.get(id(x)) or x)
        else:
            self.xp.add(y, self.xp.multiply(x, a, self._memory(3, y)), y)

    def blend(self, y: Array, keep: float, a: float, x: Array) -> None:
        """Set ``y`` to ``keep y + a x``; both are contiguous and aligned."""
        if self._sums is not None:
            self._sums.blend(self._operands.get(id(y)) or y, keep, a, self._operands.get(id(x)) or x)
        else:
            self.xp.multiply(y, keep, y)
            self.xp.add(y, self.xp.multiply(x, a, self._memory(3, y)), y)
