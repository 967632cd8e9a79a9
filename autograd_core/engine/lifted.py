"""Lifted tensors: what a function sees while a transform runs it, batched, dual or traced.

A transform is a level on a stack.  A primitive with lifted arguments is interpreted by the deepest of their levels,
which calls primitives on what its tensors stand for: tensors, or lifted ones of levels further out.  So transforms
compose in any order.  A lifted tensor has a node of its own: what is recorded inside a transform stands beside what is
recorded of the values below, and the same rules run on both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NoReturn

from autograd_core.backend import host
from autograd_core.backend.device import device, device_of, module_of
from autograd_core.dtypes import HALVES, float32, float64
from autograd_core.engine import general
from autograd_core.engine.fit import cast
from autograd_core.engine.modes import GRAD
from autograd_core.engine.node import Edge, Extra, Node
from autograd_core.engine.record import make_node, output_node, wants_grad
from autograd_core.engine.tensor import Tensor, new, wrap
from autograd_core.errors import DTypeError, GraphError

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive

__all__ = ["Level", "Lifted", "Outline", "cut", "innermost", "made", "recorded", "running"]

QUICK = frozenset((float32.dtype, float64.dtype))


class Level:
    """A running transform: what a primitive means to its tensors."""

    name = "transform"
    depth = 0

    def run(self, prim: Primitive, args: Sequence[Any], meta: dict[str, Any]) -> tuple[Any, ...]:
        """Return the outputs of ``prim`` as fresh tensors of this level, without nodes."""
        raise NotImplementedError

    def lift(self, value: Tensor) -> Lifted:
        """Return ``value``, of a level further out, as a tensor of this level."""
        raise NotImplementedError

    def refuse(self, what: str) -> NoReturn:
        """Say that ``what`` cannot be had of this level's tensors."""
        raise GraphError(f"{self.name}: {what}")


_LEVELS: ContextVar[tuple[Level, ...]] = ContextVar("levels", default=())


@contextmanager
def running(level: Level) -> Iterator[None]:
    """Put ``level`` on the stack."""
    below = _LEVELS.get()
    level.depth = len(below) + 1
    token = _LEVELS.set((*below, level))
    try:
        yield
    finally:
        _LEVELS.reset(token)
        level.depth = -1  # what escapes is refused


def innermost() -> Level | None:
    """Return the deepest running level."""
    levels = _LEVELS.get()
    return levels[-1] if levels else None


class Outline:
    """Shape, dtype and device of an array whose values are not to be had: each attribute beyond them is refused."""

    __slots__ = ("_level", "_like", "dtype", "ndim", "shape")

    def __init__(self, level: Level, shape: tuple[int, ...], like: Any) -> None:
        """Stand for an array of ``shape``, else as ``like``, an array or outline."""
        self._level, self.shape, self.ndim, self.dtype = level, shape, len(shape), like.dtype
        self._like = like._like if type(like) is Outline else like

    @property
    def size(self) -> int:
        """The number of elements."""
        count = 1
        for n in self.shape:
            count *= n
        return count

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return int(self.dtype.itemsize)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.itemsize

    @property
    def module(self) -> Any:
        """The array module."""
        return module_of(self._like)

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
            "the values of a tensor were asked for, by .item(), bool(), .numpy(), or a function that computes on values "
            "outside the language; inside this transform they are not known"
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refused()

    __array__ = __bool__ = __float__ = __int__ = __index__ = __iter__ = __getitem__ = __setitem__ = _refused
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __neg__ = _refused
    __lt__ = __le__ = __gt__ = __ge__ = __and__ = __or__ = __xor__ = __invert__ = __pow__ = __mod__ = _refused
    __eq__ = __ne__ = _refused  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


class Lifted(Tensor):
    """A tensor of a running transform."""

    __slots__ = ("level",)

    level: Level

    @staticmethod
    def __primitive__(prim: Primitive, args: tuple[Any, ...], meta: dict[str, Any]) -> Any:
        """Interpret ``prim`` by the deepest level among its arguments, and record it there."""
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

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        self.level.refuse("its tensors cannot be pickled or copied; return them from the function first")


def made(cls: type[Lifted], level: Level) -> Any:
    """Return a new tensor of ``level``, whose array is still to be set."""
    out = new(cls)
    out.level, out._node, out._view = level, None, None
    return out


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


# ---- a primitive on lifted tensors ----


def interpret(prim: Primitive, args: tuple[Any, ...], meta: dict[str, Any]) -> Any:
    """Apply ``prim`` to arguments of which some, or parts of an index in ``meta``, are lifted."""
    tensors = tuple([general.operand(prim, v, arg in prim.lists) for arg, v in zip(prim.args, args, strict=True)])
    flat = [v for a in tensors for v in (a if type(a) is list else (a,)) if isinstance(v, Tensor)]
    if prim.dtypes != "any":
        kinds = {v._array.dtype for v, arg in _named(prim, tensors) if arg not in prim.constants}
        if len(kinds) != 1 or not kinds <= QUICK:
            common = general.common(prim, tensors)
            if prim.ordered and common.is_complex:
                raise DTypeError(f"{meta.get('name', prim.name)}: not implemented for {common}: complex numbers have no order")
            if common in HALVES:
                return general.in_float32(prim, tensors, meta, common)
            tensors = tuple(
                [a if arg in prim.constants else _brought(a, common.dtype) for arg, a in zip(prim.args, tensors, strict=True)]
            )
    level = _deepest(flat, meta.get("key"))
    results = level.run(prim, tensors, meta)
    if GRAD.get() and results[0]._array.dtype.kind in "fc":
        nodes = tuple([[_node(v, level) for v in a] if type(a) is list else _node(a, level) for a in tensors])
        if wants_grad(prim, nodes):
            results = _recorded(prim, tensors, nodes, meta, results, level)
    return results if prim.outputs else results[0]


def _named(prim: Primitive, tensors: tuple[Any, ...]) -> Iterator[tuple[Tensor, str]]:
    for arg, value in zip(prim.args, tensors, strict=True):
        for v in value if type(value) is list else (value,):
            if isinstance(v, Tensor):
                yield v, arg


def _brought(value: Any, dtype: Any) -> Any:
    if type(value) is list:
        return [_brought(v, dtype) for v in value]
    return cast(value, dtype=dtype) if isinstance(value, Tensor) and value._array.dtype != dtype else value


def _deepest(flat: list[Any], key: Any) -> Level:
    found: Any = None
    for v in (*flat, *key) if type(key) is tuple else flat:
        if isinstance(v, Lifted):
            if v.level.depth < 0:
                v.level.refuse("a tensor was used after the transform that made it had ended; return it instead")
            if found is None or v.level.depth > found.depth:
                found = v.level
    return found  # type: ignore[no-any-return]


def _node(value: Any, level: Level) -> Any:
    return value._node if isinstance(value, Lifted) and value.level is level else None


def _recorded(
    prim: Primitive, args: tuple[Any, ...], nodes: tuple[Any, ...], meta: dict[str, Any], results: tuple[Any, ...],
    level: Level,
) -> tuple[Any, ...]:  # fmt: skip
    """Return ``results`` on the node of this application; rules will be given tensors of ``level``."""
    edges = _edges(prim, nodes, _environment(prim, args, nodes, meta, results))
    names = prim.outputs or ("y",)
    gathers = prim.gathers
    fixed = [n in prim.fixed_outputs for n in names]
    outlines = [r._array for r in results]
    blanks = tuple([None if f else (_Zeros, a.shape, a.dtype) for f, a in zip(fixed, outlines, strict=True)])
    main = results[names.index(prim.main_output)]._array
    complex_ = any(r._array.dtype.kind == "c" for r in results) or any(
        v._array.dtype.kind == "c" for v, _ in _named(prim, args)
    )
    conjugate = prim.holomorphic and prim.dtypes != "any" and complex_
    joint = prim.joint is not None or bool(prim.lists)
    extra = Extra(joint, blanks if gathers else None, conjugate) if joint or gathers or conjugate else None
    node = make_node(prim, edges, main.shape, main.dtype, extra)
    for i, (result, kept) in enumerate(zip(results, fixed, strict=True)):
        if not kept:
            array = result._array
            result._node = output_node(node, i, array.shape, array.dtype) if gathers else node
    return results


class _Zeros:
    """Makes the gradient of an output for which none came, as an array module makes arrays."""

    @staticmethod
    def zeros(shape: tuple[int, ...], dtype: Any) -> Tensor:
        return wrap(host.zeros(shape, dtype))


def _environment(
    prim: Primitive, args: tuple[Any, ...], nodes: tuple[Any, ...], meta: dict[str, Any], results: tuple[Any, ...]
) -> dict[str, Any]:
    """Every name that a rule may save.  Residuals follow from the arguments when the rules run."""
    names: dict[str, Any] = dict(zip(prim.args, args, strict=True)) | meta
    for arg, value in zip(prim.args, args, strict=True):
        if arg in prim.lists:
            names[f"{arg}_shapes"] = [_shape(v) for v in value]
        else:
            names[f"{arg}_shape"] = _shape(value)
    for name, result in zip(prim.outputs or ("y",), results, strict=True):
        names[name] = result.bare()  # the node must not hold on to itself
    names |= dict.fromkeys(prim.residuals)
    wanted = nodes[prim.args.index(prim.lists[0])] if prim.lists and not prim.joint else nodes
    names["wants"] = tuple([n is not None for n in wanted])
    return names


def _shape(value: Any) -> tuple[int, ...]:
    return value._array.shape if isinstance(value, Tensor) else ()


def _edges(prim: Primitive, nodes: tuple[Any, ...], names: dict[str, Any]) -> tuple[Edge, ...]:
    if prim.joint is not None:
        return ((nodes, prim.joint, tuple([names[n] for n in prim.needs[prim.joint]])),)
    edges: list[Edge] = []
    for arg, node in zip(prim.args, nodes, strict=True):
        rule = prim.rules.get(arg)
        parent = tuple(node) if type(node) is list else node
        if rule is not None and parent is not None and (type(parent) is not tuple or any(parent)):
            edges.append((parent, rule, tuple([names[n] for n in prim.needs[rule]])))
    return tuple(edges)
