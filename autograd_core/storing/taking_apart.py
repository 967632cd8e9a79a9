"""A whole object on its way into a file: its structure as JSON, its tensors as pieces.

None, a bool, a text, a finite float and a short int stand for themselves, a JSON array is a list, and everything else
is an object whose first name says what it is: ``{"tuple": [1, 2]}``.  Arrays and objects are numbered in the order in
which they begin; ``{"same": 3}`` is number 3 once more.
"""

from __future__ import annotations

import math
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from autograd_core.backend import host
from autograd_core.backend.device import CPU, XP, device_of, module_of, to_device
from autograd_core.engine.tensor import Parameter, Tensor
from autograd_core.errors import DTypeError
from autograd_core.randomness.generators import Generator

from .memory import Shared, find_shared, gather
from .plain_values import EXACT, FACTORIES, MAPPINGS, SEQUENCES, VALUES
from .tensor_file import CODES, METADATA, Piece

Array = Any  # a NumPy or CuPy array

DEEPEST = 100  # lists in lists in ...
SHOWN = 5  # of what is refused
LITERAL = (type(None), bool, str)


class Leaf(NamedTuple):
    """A tensor or array of the object: the name of its piece, and what the structure notes of it."""

    name: str
    array: Array
    note: dict[str, Any]


class Apart(NamedTuple):
    """An object taken apart: JSON values, and the tensors."""

    structure: Any
    pieces: list[Piece]


def is_state_dict(obj: Any) -> bool:
    """Whether ``obj`` is flat, names -> tensors: then all its names stand in the file, whatever shares memory."""
    return isinstance(obj, Mapping) and all(
        isinstance(name, str) and (isinstance(value, Tensor) or type(value) in XP) for name, value in obj.items()
    )


def take_apart(obj: Any) -> Apart:
    """Return the structure and the tensors of ``obj``.

    Raises: DTypeError naming all places of what no file can hold.
    """
    taken = TakenApart(repeats=is_state_dict(obj))
    structure = taken.node(obj, "obj", "")
    if taken.refused:
        more = [f"and {len(taken.refused) - SHOWN} more"] if len(taken.refused) > SHOWN else []
        raise DTypeError("save: no file can hold " + "; ".join(taken.refused[:SHOWN] + more))
    return Apart(structure, taken.pieces())


class TakenApart:
    """What has been found on the walk through an object."""

    def __init__(self, repeats: bool) -> None:
        """Begin.  ``repeats``: every name of a tensor stands in the file, those of shared memory too."""
        self.repeats = repeats
        self.leaves: list[Leaf] = []
        self.refused: list[str] = []
        self.again: list[Leaf] = []  # names of tensors that have one already
        self.names = {METADATA}
        self.numbers: dict[int, int] = {}
        self.seen: list[Any] = []  # alive, so that no other object gets an id of theirs
        self.count = 0
        self.depth = 0
        self.within: set[int] = set()  # the tuples and sets that are being taken apart

    # ---- the walk ----

    def node(self, value: Any, where: str, name: str) -> Any:
        """Return ``value`` as JSON.  ``where``: it, in Python; ``name``: the same as the name of a tensor."""
        kind = type(value)
        if kind in LITERAL or (kind is int and -EXACT < value < EXACT) or (kind is float and math.isfinite(value)):
            return value
        if id(value) in self.numbers:
            return self._same(value, where, name)
        number, self.count = self.count, self.count + 1
        if kind in VALUES:
            return {VALUES[kind].tag: VALUES[kind].apart(value)}
        if kind not in (range, slice, complex):
            self.numbers[id(value)] = number
            self.seen.append(value)
        self.depth += 1
        try:
            return self._parts(kind, value, where, name)
        finally:
            self.depth -= 1

    def _same(self, value: Any, where: str, name: str) -> Any:
        if id(value) in self.within:
            return self._refuse(where, value, "it contains itself")
        if self.repeats and (leaf := self._leaf_of(value)) is not None:
            self.again.append(Leaf(self._free(name), leaf.array, leaf.note))
        return {"same": self.numbers[id(value)]}

    def _leaf_of(self, value: Any) -> Leaf | None:
        array = value._array if isinstance(value, Tensor) else value
        return next((leaf for leaf in self.leaves if leaf.array is array), None)

    def _parts(self, kind: type, value: Any, where: str, name: str) -> Any:
        if self.depth > DEEPEST:
            return self._refuse(where, value, f"it lies more than {DEEPEST} levels deep")
        if kind is list:
            return self._items(value, where, name)
        if kind in SEQUENCES:
            self.within.add(id(value))
            items = self._items(SEQUENCES[kind].apart(value), where, name)
            self.within.discard(id(value))
            return {SEQUENCES[kind].tag: items}
        if kind in MAPPINGS:
            return self._mapping(kind, value, where, name)
        if kind in (Tensor, Parameter) or kind in XP or isinstance(value, host.generic):
            return {"tensor": self._tensor(kind, value, where, name)}
        if kind is Generator:
            state = value.get_state()._array.tobytes()
            return {"generator": [str(value.device), self._items([value.initial_seed(), state], where, name)]}
        return self._refuse(where, value)

    def _items(self, values: list[Any], where: str, name: str) -> list[Any]:
        return [self.node(v, f"{where}[{i}]", f"{name}.{i}" if name else str(i)) for i, v in enumerate(values)]

    def _mapping(self, kind: type, value: Any, where: str, name: str) -> Any:
        pairs: Any = [
            [self.node(k, f"the key {k!r} of {where}", f"{name}.key"), self.node(v, f"{where}[{k!r}]", _join(name, k))]
            for k, v in value.items()
        ]
        node = {MAPPINGS[kind]: dict(pairs) if all(type(k) is str for k in value) else pairs}
        if kind is OrderedDict and hasattr(value, "_metadata"):
            node["metadata"] = self.node(value._metadata, f"{where}._metadata", _join(name, "_metadata"))
        if kind is defaultdict:
            if value.default_factory not in FACTORIES:
                return self._refuse(where, value, f"its default_factory is {value.default_factory!r}")
            node["factory"] = FACTORIES[value.default_factory]
        return node

    def _refuse(self, where: str, value: Any, why: str = "") -> None:
        self.numbers.pop(id(value), None)  # it is named wherever it stands
        why = why or _way_out(value)
        self.refused.append(f"{where}: {type(value).__name__}" + (f" ({why})" if why else ""))

    # ---- tensors ----

    def _tensor(self, kind: type, value: Any, where: str, name: str) -> Any:
        array = value._array if isinstance(value, Tensor) else value if kind in XP else host.asarray(value)
        if array.dtype.name not in CODES and array.dtype.name != "complex128":
            return self._refuse(where, value, f"its dtype is {array.dtype}")
        note: dict[str, Any] = {}
        if kind is not Tensor:
            note["is"] = "parameter" if kind is Parameter else "array" if kind in XP else "scalar"
        if isinstance(value, Tensor) and value.requires_grad is not (kind is Parameter):
            note["grad"] = value.requires_grad
        if module_of(array) is not host:
            note["on"] = str(device_of(array))
        if array.dtype.name == "complex128":
            note["complex"] = True
        self.leaves.append(Leaf(self._free(name or "tensor"), array, note))
        return note

    def _free(self, name: str) -> str:
        """Return ``name``, or a name like it where it is taken already."""
        name = name.encode("utf-8", "replace").decode()
        free, tries = name, 1
        while free in self.names:
            tries += 1
            free = f"{name}#{tries}"
        self.names.add(free)
        return free

    def pieces(self) -> list[Piece]:
        """Return the tensors of the file, and note in the structure which of them share memory."""
        pieces = {leaf.name: _piece(leaf.name, leaf.array) for leaf in (*self.leaves, *self.again)}
        for leaf in self.leaves:
            leaf.note["name"] = leaf.name
        for shared in find_shared([leaf.array for leaf in self.leaves]):
            self._share(shared, pieces)
        return list(pieces.values())

    def _share(self, shared: Shared, pieces: dict[str, Piece]) -> None:
        members = [self.leaves[i] for i in shared.members]
        windows = shared.windows
        first = 0 if shared.base is None else shared.members.index(shared.base)
        base = members[first].name
        if shared.base is None and any(window != windows[0] for window in windows):
            base, first = self._free("memory"), -1
            make = partial(gather, [leaf.array for leaf in members], windows, shared.size)
            pieces[base] = Piece(base, host.dtype("uint8"), (shared.size,), make)
        for i, (leaf, window) in enumerate(zip(members, windows)):
            if i == first:
                continue
            if not self.repeats:
                del pieces[leaf.name]
            leaf.note["name"] = base
            if first < 0 or window != windows[first]:
                leaf.note["window"] = [window.dtype.name, window.at, list(window.shape), list(window.strides)]


def _way_out(value: Any) -> str:
    """Return what to save in the place of what no file can hold."""
    if isinstance(value, type):
        return "a class is code, which no file holds"
    if isinstance(value, Tensor):
        return "a tensor of a class of its own; where it waits for its shape, run the model once"
    if hasattr(value, "state_dict"):
        return "save its state_dict()"
    if callable(value):
        return "a function is code, which no file holds"
    plain = [kind for kind in (dict, list, tuple, set, str, int, float) if isinstance(value, kind)]
    if plain:
        return f"save it as a plain {plain[0].__name__}"
    return "save vars() of it" if hasattr(value, "__dict__") else ""


def _join(name: str, key: Any) -> str:
    return f"{name}.{key}" if name else str(key)


def _piece(name: str, array: Array) -> Piece:
    if array.dtype.name == "complex128":
        return Piece(name, host.dtype("float64"), (*array.shape, 2), partial(_real, array))
    return Piece(name, array.dtype, array.shape, partial(to_device, array, CPU))


def _real(array: Array) -> Array:
    """Return complex numbers as pairs of reals on the host.  Shape: S -> (*S, 2)."""
    whole = host.ascontiguousarray(to_device(array, CPU))
    return whole.view(whole.real.dtype).reshape(*array.shape, 2)
