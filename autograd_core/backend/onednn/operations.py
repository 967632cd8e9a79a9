"""An operation of oneDNN, made ready once for its shapes and layouts, and then run on arrays of those."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from ctypes import c_void_p
from functools import lru_cache
from typing import Any

from autograd_core.backend.onednn.interface import EXEC_ARGUMENT_LAYOUT, Argument, ExecArgument, Kind, dims
from autograd_core.backend.onednn.layouts import Layout
from autograd_core.backend.onednn.library import CACHE_LINE, Library, OneDnnError, library

__all__ = ["Operation", "described", "opened", "prepared", "released"]

Array = Any

WRITTEN = {
    Argument.DST, Argument.WORKSPACE, Argument.DIFF_SRC, Argument.DIFF_WEIGHTS, Argument.DIFF_BIAS,
    Argument.DIFF_SCALE, Argument.DIFF_SHIFT,
}  # fmt: skip
KEPT = 1024  # operations that are kept ready: each is code compiled for its shapes, which took 0.3 to 1.5 ms


def described(lib: Library, layout: Layout) -> c_void_p:
    """Return oneDNN's description of a layout."""
    kind, shape, strides = layout
    return lib.create("memory_desc_create_with_strides", len(shape), dims(shape), kind, dims(strides))


def opened(lib: Library, shape: tuple[int, ...], kind: Kind = Kind.FLOAT32) -> c_void_p:
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
    """A primitive of oneDNN, with reorders where it wants an array in another layout than it comes in."""

    def __init__(
        self, lib: Library, descriptor: c_void_p, layouts: Mapping[Argument, Layout], read: Collection[Argument] = ()
    ) -> None:
        """Make it from the primitive's ``descriptor``, to be called with arrays of these ``layouts``, in this order.

        ``read``: arguments that this primitive reads, though others write them.
        """
        self._library, self._size = lib, 0
        self._given: list[c_void_p] = []
        self._inner: list[tuple[c_void_p, int]] = []
        self._before: list[tuple[Any, ...]] = []
        self._after: list[tuple[Any, ...]] = []
        self._made: list[tuple[str, c_void_p]] = [("primitive_desc_destroy", descriptor)]
        weakref.finalize(self, _release, lib, self._made)
        written = WRITTEN.difference(read)
        bound = {place: self._bind(descriptor, place, layouts[place], place in written) for place in layouts}
        primitive = self._make("primitive", descriptor)
        self._steps = (*self._before, self._step(primitive, bound), *self._after)

    def _make(self, thing: str, *arguments: Any) -> c_void_p:
        """Create what is released with this operation."""
        made = self._library.create(thing, *arguments)
        self._made.append((thing + "_destroy", made))
        return made

    def _bind(self, descriptor: c_void_p, argument: Argument, layout: Layout, written: bool) -> c_void_p:
        """Return the memory that the primitive takes for ``argument``, which is given in ``layout``."""
        lib = self._library
        given = described(lib, layout)
        wanted = c_void_p(lib.functions["primitive_desc_query_md"](descriptor, EXEC_ARGUMENT_LAYOUT, argument))
        outer = self._make("memory", given, lib.engine, None)
        self._given.append(outer)
        same = lib.functions["memory_desc_equal"](given, wanted)
        inner = outer if same else self._reordered(written, outer, given, wanted)
        lib.functions["memory_desc_destroy"](given)
        return inner

    def _reordered(self, written: bool, outer: c_void_p, given: c_void_p, wanted: c_void_p) -> c_void_p:
        """Return memory in the layout ``wanted``, filled before the primitive runs or, where written, emptied after."""
        lib = self._library
        inner = self._make("memory", wanted, lib.engine, None)
        self._inner.append((inner, self._size))
        self._size += -(-lib.functions["memory_desc_get_size"](wanted) // CACHE_LINE) * CACHE_LINE
        ways = [(given, outer), (wanted, inner)]
        (source, src), (target, dst) = reversed(ways) if written else ways
        descriptor = lib.create("reorder_primitive_desc_create", source, lib.engine, target, lib.engine, None)
        self._made.append(("primitive_desc_destroy", descriptor))
        reorder = self._make("primitive", descriptor)
        step = self._step(reorder, {Argument.SRC: src, Argument.DST: dst})
        (self._after if written else self._before).append(step)
        return inner

    def _step(self, primitive: c_void_p, bound: Mapping[Argument, c_void_p]) -> tuple[Any, ...]:
        """Return the arguments of one execution."""
        arguments = (ExecArgument * len(bound))(*[ExecArgument(a, memory) for a, memory in bound.items()])
        return primitive, self._library.stream, len(bound), arguments

    def __call__(self, *arrays: Array) -> None:
        """Run on ``arrays``: read the inputs, and fill the outputs."""
        lib = self._library
        place, execute = lib.functions["memory_set_data_handle"], lib.functions["primitive_execute"]
        with lib.lock:
            if self._inner:
                base = lib.scratch(self._size)
                for memory, offset in self._inner:
                    place(memory, base + offset)
            for memory, array in zip(self._given, arrays):
                place(memory, array.__array_interface__["data"][0])
            for step in self._steps:
                lib.check("primitive_execute", execute(*step))


def _release(lib: Library, made: list[tuple[str, c_void_p]]) -> None:
    for destroy, handle in reversed(made):
        lib.functions[destroy](handle)


def prepared(make: Callable[..., Operation], *key: Hashable) -> Operation | None:
    """Return the operation ``make(library, *key)``, kept from an earlier call; None where oneDNN has none."""
    lib = library()
    return None if lib is None else _made(make, lib, lib.use_threads(), *key)


@lru_cache(maxsize=KEPT)
def _made(make: Callable[..., Operation], lib: Library, threads: int, *key: Hashable) -> Operation | None:
    """Call ``make``; its work is shared out among ``threads`` once for all."""
    with lib.lock:
        try:
            return make(lib, *key)
        except OneDnnError:
            return None
