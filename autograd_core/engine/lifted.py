"""Lifted tensors: what a function sees while a transform runs it, batched, dual or traced.

A transform is a level on a stack.  A primitive with lifted arguments is interpreted by the deepest of their levels,
which calls primitives on what its tensors stand for: tensors, or lifted ones of levels further out.  So transforms
compose in any order.  A lifted tensor has a node of its own: what is recorded inside a transform stands beside what is
recorded of the values below, and the same rules run on both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from math import prod
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

from autograd_core.backend.device import device, device_of, module_of
from autograd_core.engine.node import Node
from autograd_core.engine.tensor import Tensor, new, wrap
from autograd_core.errors import GraphError

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive

__all__ = [
    "LEVELS", "Level", "Lifted", "Outline", "cut", "innermost", "outline", "recorded", "recording", "refuse_lifted",
    "running",
]  # fmt: skip


class Level:
    """A running transform: what a primitive means to its tensors."""

    name = "transform"
    depth = 0
    records = True  # whether what is done to its tensors is recorded on them
    adopts = False  # whether tensors from further out become its own when they meet them

    def run(self, prim: Primitive, args: Sequence[Any], meta: dict[str, Any]) -> tuple[Any, ...]:
        """Return the outputs of ``prim`` as fresh tensors of this level, without nodes."""
        raise NotImplementedError

    def lift(self, value: Tensor) -> Lifted:
        """Return ``value``, of a level further out, as a tensor of this level."""
        raise NotImplementedError

    def adopted(self, value: Any) -> Any:
        """Return an argument as this level's own."""
        return value

    def draws(self) -> None:
        """Learn that random numbers are about to be drawn.  Raises: GraphError where they are not allowed."""

    def drawn(self, generator: Any, parameters: Sequence[Tensor], meta: Mapping[str, Any]) -> Tensor:
        """Return random numbers as a tensor of this level, of a level that ``adopts``."""
        raise NotImplementedError

    def position(self) -> Tensor:
        """Return the position in the random stream, of a level that ``adopts``."""
        raise NotImplementedError

    def move(self, position: Tensor) -> None:
        """Go to another position in the random stream."""
        raise NotImplementedError

    def label(self, value: Tensor, kind: str, name: str) -> None:
        """Give a tensor from outside a name."""

    def label_of(self, value: Tensor) -> str:
        """Return the name of a tensor from outside."""
        raise NotImplementedError

    def written(self, how: str, *args: Any, **options: Any) -> Any:
        """Note what a write of ``engine.inplace``, the function ``how``, makes of its target."""
        raise NotImplementedError

    def explained(self, error: Exception, args: Sequence[Any]) -> Exception:
        """Return ``error``, raised by a primitive on ``args``, in terms of what the function sees."""
        return error

    def refuse(self, what: str) -> NoReturn:
        """Say that ``what`` cannot be had of this level's tensors."""
        raise GraphError(f"{self.name}: {what}")


LEVELS: ContextVar[tuple[Level, ...]] = ContextVar("levels", default=())


@contextmanager
def running(level: Level) -> Iterator[None]:
    """Put ``level`` on the stack."""
    below = LEVELS.get()
    level.depth = len(below) + 1
    token = LEVELS.set((*below, level))
    try:
        yield
    finally:
        LEVELS.reset(token)
        level.depth = -1  # what escapes is refused


@contextmanager
def recording(level: Level | None, wanted: bool = True) -> Iterator[None]:
    """Record what is done at ``level``, or not; what is done further out and further in is left as it is.

    A reverse pass of which no second derivative can come is not recorded; a rule in it that needs a graph is.
    """
    if level is None:
        yield
        return
    before, level.records = level.records, wanted
    try:
        yield
    finally:
        level.records = before


def innermost() -> Level | None:
    """Return the deepest running level."""
    levels = LEVELS.get()
    return levels[-1] if levels else None


def adopting() -> Level | None:
    """Return the deepest running level that adopts tensors from outside: a trace."""
    for level in reversed(LEVELS.get()):
        if level.adopts:
            return level
    return None


@contextmanager
def beneath(level: Level) -> Iterator[None]:
    """Run as if ``level`` and those deeper had not begun."""
    token = LEVELS.set(LEVELS.get()[: level.depth - 1])
    try:
        yield
    finally:
        LEVELS.reset(token)


class Outline:
    """Shape, dtype and device of an array whose values are not to be had: each attribute beyond them is refused."""

    __slots__ = ("_level", "_like", "dtype", "ndim", "shape")

    _level: Level
    _like: Any  # an array, or the outline of one
    dtype: Any
    ndim: int
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return int(self.dtype.itemsize)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.itemsize

    @property
    def strides(self) -> tuple[int, ...]:
        """Steps in bytes, as in row-major order: what has no memory of its own may say so."""
        return tuple([prod(self.shape[d + 1 :]) * self.itemsize for d in range(self.ndim)])

    @property
    def flags(self) -> Any:
        """How the elements lie."""
        return SimpleNamespace(c_contiguous=True)

    @property
    def module(self) -> Any:
        """The array module."""
        return module_of(self._like)  # an outline's asks on

    @property
    def place(self) -> device:
        """The device."""
        return device_of(self._like)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def _refused(self, *_: Any, **__: Any) -> NoReturn:
        self._level.refuse(
            "the values of a tensor were asked for, by .item(), bool(), .numpy() or a function that computes on them "
            "outside the language; inside this transform they are not known"
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refused()

    __array__ = __bool__ = __float__ = __int__ = __index__ = __iter__ = __getitem__ = __setitem__ = _refused
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __neg__ = _refused
    __lt__ = __le__ = __gt__ = __ge__ = __and__ = __or__ = __xor__ = __invert__ = __pow__ = __mod__ = _refused
    __eq__ = __ne__ = _refused
    __hash__ = None  # type: ignore[assignment]


def outline(level: Level, shape: tuple[int, ...], like: Any) -> Outline:
    """Return what stands for an array of ``shape``, else as ``like``, an array or outline."""
    out = new(Outline)
    out._level, out._like, out.shape, out.ndim, out.dtype = level, like, shape, len(shape), like.dtype
    return out


class Lifted(Tensor):
    """A tensor of a running transform."""

    __slots__ = ("level",)

    level: Level

    @staticmethod
    def __primitive__(prim: Primitive, args: tuple[Any, ...], meta: dict[str, Any]) -> Any:
        """Interpret ``prim`` by the deepest level among its arguments, and record it there."""
        from autograd_core.engine.interpreting import interpret  # which needs this class

        Lifted.__primitive__ = staticmethod(interpret)  # type: ignore[method-assign]  # from now on at once
        return interpret(prim, args, meta)

    def bare(self) -> Lifted:
        """Return the same value without a node."""
        raise NotImplementedError

    def over(self, function: Callable[[Tensor], Tensor]) -> Lifted:
        """Return ``function`` of each tensor that this one stands for, on this one's node."""
        raise NotImplementedError

    def held(self) -> tuple[Tensor, ...]:
        """Return the tensors that this one stands for."""
        raise NotImplementedError

    def on(self, node: Node | None) -> Lifted:
        """Return the same value on another node."""
        out = self.bare()
        out._node = node
        return out

    def detach(self) -> Tensor:
        """Return the same value outside every graph of this level."""
        return self.bare()

    def without_graph(self) -> Tensor:
        """Return the same value, with its tangents, as one made under ``no_grad``."""
        return self.bare()

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        self.level.refuse("its tensors cannot be pickled or copied; return them from the function first")


def cut(value: Tensor, level: Level | None) -> Tensor:
    """Return the same value without the nodes that it, or what it stands for, has at ``level``; None: outside all."""
    if not isinstance(value, Lifted):
        return value if level is not None or value._node is None else wrap(value._array)
    if value.level is level:
        return value.bare()
    return value.over(lambda part: cut(part, level))


def recorded(value: Tensor) -> bool:
    """Whether a tensor, or what it stands for, has a node."""
    return value._node is not None or (isinstance(value, Lifted) and any(map(recorded, value.held())))


def refuse_lifted(operation: str, *values: Any) -> None:
    """Raise where a tensor of a running transform is written to, or its values into another."""
    for value in values:
        if isinstance(value, Lifted):
            plain = operation.removesuffix("_")
            known = plain != operation and hasattr(Tensor, plain)
            instead = plain if known else "what makes a new tensor, as where does"
            value.level.refuse(f"{operation} writes in place, which no transform can follow; use {instead}")
