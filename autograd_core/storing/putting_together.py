"""An object on its way out of a file: its structure and tensors, as `taking_apart` wrote them, put together again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from autograd_core.dtypes import BY_NUMPY
from autograd_core.engine.tensor import Parameter, Tensor, wrap
from autograd_core.randomness.generators import Generator

from .memory import Block, Window, bytes_of
from .placement import Placement
from .plain_values import FACTORIES, MAPPINGS, SEQUENCES, VALUES, Keys
from .source import Source
from .tensor_file import Entry, numpy_dtype, read_array

Array = Any  # a NumPy or CuPy array

VALUE_OF = {kind.tag: kind.make for kind in VALUES.values()}
SEQUENCE_OF = {kind.tag: kind.make for kind in SEQUENCES.values()}
MAPPING_OF: dict[str, Any] = {tag: kind for kind, tag in MAPPINGS.items()}
SETS = ("set", "frozenset")
FACTORY_OF = {tag: kind for kind, tag in FACTORIES.items()}


class Unfinished:
    """Stands for a numbered part whose end has not come yet."""


class PutTogether:
    """The parts of an object so far.

    Its methods raise KeyError, IndexError, TypeError or ValueError where the structure is none.
    """

    def __init__(self, source: Source, entries: Mapping[str, Entry], place: Placement) -> None:
        """Begin with the tensors of a file."""
        self.source, self.entries, self.place = source, entries, place
        self.keys = Keys(source.size)
        self.parts: list[Any] = []
        self.read: dict[str, Array] = {}
        self.moved: dict[str, Array] = {}

    def node(self, node: Any) -> Any:
        """Return what a piece of the structure stands for."""
        if not isinstance(node, list | dict):
            return node
        if isinstance(node, dict) and "same" in node:
            return self._same(node["same"])
        number = len(self.parts)
        self.parts.append(Unfinished)
        made = self._list(node) if isinstance(node, list) else self._tagged(number, node)
        self.parts[number] = made
        return made

    def _same(self, number: int) -> Any:
        if type(number) is not int or number < 0 or self.parts[number] is Unfinished:
            raise ValueError(f"part {number} of the structure is not there")
        return self.parts[number]

    def _list(self, node: list[Any]) -> list[Any]:
        made: list[Any] = []
        self.parts[-1] = made  # it may contain itself
        made.extend(map(self.node, node))
        return made

    def _tagged(self, number: int, node: dict[str, Any]) -> Any:
        tag = next(iter(node))
        said = node[tag]
        if tag in VALUE_OF:
            return VALUE_OF[tag](said)
        if tag in SEQUENCE_OF:
            parts = [self.node(v) for v in said]
            return SEQUENCE_OF[tag](list(map(self.keys.checked, parts)) if tag in SETS else parts)
        if tag in MAPPING_OF:
            return self._mapping(number, MAPPING_OF[tag], said, node)
        if tag == "tensor":
            return self._tensor(said)
        if tag == "generator":
            return self._generator(*said)
        raise ValueError(f"the structure has parts of an unknown kind, {tag!r}")

    def _mapping(self, number: int, kind: Any, said: Any, node: dict[str, Any]) -> Any:
        made: Any = defaultdict(FACTORY_OF[node["factory"]]) if kind is defaultdict else kind()
        self.parts[number] = made
        for key, value in said.items() if isinstance(said, dict) else said:
            name = self.keys.checked(self.node(key))  # keys are numbered before their values
            made[name] = self.node(value)
        if "metadata" in node:
            made._metadata = self.node(node["metadata"])
        return made

    def _generator(self, location: str, parts: list[Any]) -> Generator:
        seed, state = map(self.node, parts)
        made = Generator(self.place.device(location)).manual_seed(seed)
        made.stream.set_state(state)
        return made

    # ---- tensors ----

    def _tensor(self, note: dict[str, Any]) -> Any:
        array = self._array(note)
        kind = note.get("is")
        if kind == "scalar":
            return array[()]
        if kind == "array" or array.dtype not in BY_NUMPY:
            return array
        grad = bool(note.get("grad", kind == "parameter"))
        return Parameter(wrap(array), grad) if kind == "parameter" else wrap(array).requires_grad_(grad)

    def _array(self, note: dict[str, Any]) -> Array:
        block = self._block(note)
        if "window" not in note:
            array = block.moved
            return array.view("complex128").reshape(array.shape[:-1]) if note.get("complex") else array
        dtype, at, shape, strides = note["window"]
        window = Window(numpy_dtype(dtype), at, tuple(shape), tuple(strides))
        content = bytes_of(block.content)
        return Block(content, content if block.moved is block.content else bytes_of(block.moved)).view(window)

    def _block(self, note: dict[str, Any]) -> Block:
        """Return the memory that a tensor looks at, on the host and where the tensor shall be."""
        name, location = note["name"], note.get("on", "cpu")
        if name not in self.read:
            self.read[name] = read_array(self.source, name, self.entries[name])
        array = self.read[name]
        if note.get("is") in ("array", "scalar"):
            return Block(array, array)
        if name not in self.moved:
            self.moved[name] = self.place.move(array, location)
        return Block(array, self.moved[name])


def tensors_of(source: Source, entries: Mapping[str, Entry], place: Placement) -> dict[str, Any]:
    """Return the tensors of a file without a structure; those of a dtype that no Tensor has are arrays."""
    return {name: tensor_of(read_array(source, name, entry), "cpu", place) for name, entry in entries.items()}


def tensor_of(array: Array, location: str, place: Placement) -> Tensor | Array:
    """Return an array of the host as a tensor where it shall be, or as it is where no Tensor has its dtype."""
    return wrap(place.move(array, location)) if array.dtype in BY_NUMPY else array
