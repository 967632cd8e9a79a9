"""An operation of oneDNN, made ready once for its shapes and layouts, and then run on arrays of those."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ctypes import c_void_p, memset
from functools import lru_cache
from typing import Any

import numpy as np

from autograd_core.backend.cpu.addresses import address
from autograd_core.backend.onednn.interface import EXEC_ARGUMENT_LAYOUT, Argument, ExecArgument, Kind, dims
from autograd_core.backend.onednn.layouts import TYPES, Layout
from autograd_core.backend.onednn.library import CACHE_LINE, Library, OneDnnError, library

__all__ = ["Operation", "described", "opened", "prepared", "released"]

Array = Any
Layouts = Mapping[int, Layout]

KEPT = 1024  # operations that are kept ready: each is code compiled for its shapes, which took 0.3 to 1.5 ms


def described(lib: Library, layout: Layout) -> c_void_p:
    """Return oneDNN's description of a layout."""
    kind, shape, strides = layout
    return lib.create("memory_desc_create_with_strides", len(shape), dims(shape), kind, dims(strides))


def opened(lib: Library, shape: tuple[int, ...], kind: int = Kind.FLOAT32) -> c_void_p:
    """Return the description of an array whose layout oneDNN may choose."""
    return lib.create("memory_desc_create_with_tag", len(shape), dims(shape), kind, Kind.ANY_LAYOUT)


@contextmanager
def released(lib: Library, layouts: Iterable[c_void_p | None], descriptors: Iterable[c_void_p] = ()) -> Iterator[None]:
    """Destroy these descriptions of layouts and of primitives at the end."""
    try:
        yield
    finally:
        for layout in layouts:
            if layout is not None:
                lib.functions["memory_desc_destroy"](layout)
        for descriptor in descriptors:
            lib.functions["primitive_desc_destroy"](descriptor)


class Operation:
    """A primitive of oneDNN, with reorders where it wants an array in another layout than it comes in.

    Called with its inputs, it returns its output, or a list of them.
    """

    def __init__(
        self, lib: Library, descriptor: c_void_p, inputs: Layouts, outputs: Layouts, sums: Iterable[int] = ()
    ) -> None:
        """Make it from the primitive's ``descriptor``; arrays come and go in the order of these layouts.

        To what is at the places ``sums`` the primitive adds: they start at zero.
        """
        self._library, self._size, self._base = lib, 0, 0
        self._inner: list[tuple[c_void_p, int]] = []
        self._sums, self._cleared = set(sums), list[tuple[int, int]]()
        self._before: list[tuple[Any, ...]] = []
        self._after: list[tuple[Any, ...]] = []
        self._made: list[tuple[str, c_void_p]] = [("primitive_desc_destroy", descriptor)]
        weakref.finalize(self, _release, lib, self._made)
        bound: dict[int, c_void_p] = {}
        self._read, self._written = (
            [(self._bind(descriptor, bound, place, layout, reorders), _order(layout)) for place, layout in side.items()]
            for side, reorders in ((inputs, self._before), (outputs, self._after))
        )
        self._results = [_result(layout) for layout in outputs.values()]
        self._filled = [k for k, place in enumerate(outputs) if place in self._sums]
        self._steps = (*self._before, self._step(self._make("primitive", descriptor), bound), *self._after)

    def _make(self, thing: str, *arguments: Any) -> c_void_p:
        """Create what is released with this operation."""
        made = self._library.create(thing, *arguments)
        self._made.append((thing + "_destroy", made))
        return made

    def _bind(
        self, descriptor: c_void_p, bound: dict[int, c_void_p], place: int, layout: Layout, reorders: list[Any]
    ) -> c_void_p:
        """Bind the memory that the primitive takes at ``place``; return the one that is given in ``layout``."""
        lib = self._library
        given = described(lib, layout)
        with released(lib, (given,)):
            wanted = c_void_p(lib.functions["primitive_desc_query_md"](descriptor, EXEC_ARGUMENT_LAYOUT, place))
            outer = bound[place] = self._make("memory", given, lib.engine, None)
            if lib.functions["memory_desc_equal"](given, wanted):
                return outer
            inner = bound[place] = self._make("memory", wanted, lib.engine, None)
            ways = [(given, outer), (wanted, inner)]
            (source, src), (target, dst) = ways if reorders is self._before else reversed(ways)
            reorder = lib.create("reorder_primitive_desc_create", source, lib.engine, target, lib.engine, None)
        self._made.append(("primitive_desc_destroy", reorder))
        reorders.append(self._step(self._make("primitive", reorder), {Argument.SRC: src, Argument.DST: dst}))
        self._inner.append((inner, self._size))
        size = lib.functions["memory_desc_get_size"](wanted)
        if place in self._sums:
            self._sums.discard(place)
            self._cleared.append((self._size, size))
        self._size += -(-size // CACHE_LINE) * CACHE_LINE
        return outer

    def _step(self, primitive: c_void_p, bound: Mapping[int, c_void_p]) -> tuple[Any, ...]:
        """Return the arguments of one execution."""
        arguments = (ExecArgument * len(bound))(*[ExecArgument(place, memory) for place, memory in bound.items()])
        return primitive, self._library.stream, len(bound), arguments

    def __call__(self, *inputs: Array) -> Any:
        """Run on ``inputs``; those beyond the ones that it was made for are not looked at."""
        outputs = [np.ndarray(*result) for result in self._results]
        self.into(outputs, *inputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def into(self, outputs: Sequence[Array], *inputs: Array) -> None:
        """Run on ``inputs``, and write into ``outputs``."""
        lib = self._library
        with lib.lock:
            if self._inner and (base := lib.scratch(self._size)) != self._base:
                for memory, offset in self._inner:
                    lib.place(memory, base + offset)
                self._base = base
            for k in self._filled:
                outputs[k].fill(0)
            for offset, size in self._cleared:
                memset(self._base + offset, 0, size)
            for (memory, order), array in (*zip(self._read, inputs), *zip(self._written, outputs)):
                lib.place(memory, address(array if order is None else array.transpose(order)))
            for step in self._steps:
                if status := lib.execute(*step):
                    lib.check("primitive_execute", status)


def _result(layout: Layout) -> tuple[Any, ...]:
    """Return what makes an array of this layout, which owns its memory."""
    kind, shape, strides = layout
    dtype = TYPES[kind]
    return shape, dtype, None, 0, tuple([dtype.itemsize * s for s in strides])


def _order(layout: Layout) -> tuple[int, ...] | None:
    """Return the dims as they lie in memory; None where that is their own order."""
    _, shape, strides = layout
    order = tuple(sorted(range(len(shape)), key=lambda d: -strides[d]))
    return None if order == tuple(range(len(shape))) else order


def _release(lib: Library, made: list[tuple[str, c_void_p]]) -> None:
    for destroy, handle in reversed(made):
        lib.functions[destroy](handle)


def prepared(make: Callable[..., Operation], *key: Hashable) -> Operation | None:
    """Return the operation ``make(library, *key)``, kept from an earlier call; None where oneDNN has none."""
    lib = library()
    return None if lib is None else _made(make, lib, lib.use_threads(), *key)


@lru_cache(maxsize=KEPT)
def _made(make: Callable[..., Operation], lib: Library, threads: int, *key: Hashable) -> Operation | None:
    """Call ``make``; the work is shared out among ``threads`` once for all."""
    with lib.lock:
        try:
            return make(lib, *key)
        except OneDnnError:
            return None
