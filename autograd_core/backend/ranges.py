"""Whether indices are in range: NumPy would not say what they were for, and CuPy wraps them silently."""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import Array, device_of, module_of
from autograd_core.backend.watches import watch
from autograd_core.errors import IndexRangeError

# the same bits without a sign: one maximum finds what is below zero, too
UNSIGNED = {host.dtype(f"int{n}"): host.dtype(f"uint{n}") for n in (8, 16, 32, 64)}


def check_range(operation: str, index: Array, size: int, wraps: bool = False, what: str = "index") -> None:
    """Check that every integer of ``index`` is in [0, ``size``), or with ``wraps`` in [-``size``, ``size``).

    On a GPU the host does not wait for the answer: the error is raised the next time when it waits anyway, by
    ``.item()``, ``.cpu()``, printing or ``ag.cuda.synchronize()``.

    Raises: IndexRangeError naming an index that is not.
    """
    if not index.size:
        return
    shift = size if wraps else 0
    worst = _largest(index + shift if wraps else index)
    if type(index) is host.ndarray:
        if worst >= size + shift:
            bad = index[(index < -shift) | (index >= size)][0]
            raise _out_of_range(operation, what, bad, size)
        return
    signed, bits = index.dtype.kind == "i", 8 * index.dtype.itemsize

    def judge(value: int) -> IndexRangeError | None:
        bad = value - (1 << bits) if signed and value >> (bits - 1) else value
        return _out_of_range(operation, what, bad - shift, size) if value >= size + shift else None

    watch(module_of(index), (operation, what, size, wraps, device_of(index), bits, signed), worst, judge)


def all_within(index: Array, size: int) -> bool:
    """Whether every integer of an array on the CPU, which is not empty, is in [0, ``size``)."""
    return bool(_largest(index) < size)


def _largest(index: Array) -> Any:
    return index.view(UNSIGNED.get(index.dtype, index.dtype)).max()


def _out_of_range(operation: str, what: str, index: int, size: int) -> IndexRangeError:
    return IndexRangeError(f"{operation}: {what} {index} is out of bounds for dimension with size {size}")
