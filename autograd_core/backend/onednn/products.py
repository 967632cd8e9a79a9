"""Products of matrices in bfloat16, where the processor multiplies that type."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from autograd_core.backend import cpu as plain
from autograd_core.backend.onednn.interface import AVX512_BF16, Argument, Kind
from autograd_core.backend.onednn.layouts import dense, layout_of, regular
from autograd_core.backend.onednn.library import Library, OneDnnError
from autograd_core.backend.onednn.operations import Operation, described, opened, prepared, released

__all__ = ["bfloat16_product"]

Array = Any
Size = tuple[int, ...]


def bfloat16_product(
    xp: ModuleType, a: Array, b: Array, out: Array | None = None, alpha: float = 1.0, beta: float = 0.0,
    c: Array | None = None,
) -> Array:  # fmt: skip
    """Do ``bfloat16_product`` of ``backend.cpu.bfloat16``."""
    a, b = regular(a), regular(b)
    alone = out is None and c is None
    operation = prepared(_product, a.shape, a.strides, b.shape, b.strides) if alone else None
    return plain.bfloat16_product(xp, a, b, out, alpha, beta, c) if operation is None else operation(a, b)


def _product(lib: Library, a: Size, a_strides: Size, b: Size, b_strides: Size) -> Operation:
    """Round float32 on the way in, add up in float32, and round on the way out."""
    if lib.instructions & AVX512_BF16 != AVX512_BF16:
        raise OneDnnError("oneDNN: this processor does not multiply bfloat16")
    y = (*a[:-1], b[-1])
    arrays = (opened(lib, a, Kind.BFLOAT16), opened(lib, b, Kind.BFLOAT16), described(lib, dense(y, Kind.BFLOAT16)))
    with released(lib, arrays):
        x, w, out = arrays
        descriptor = lib.create("matmul_primitive_desc_create", lib.engine, x, w, None, out, None)
    inputs = {Argument.SRC: layout_of(a, a_strides), Argument.WEIGHTS: layout_of(b, b_strides)}
    return Operation(lib, descriptor, inputs, {Argument.DST: dense(y)})
