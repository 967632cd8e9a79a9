"""A primitive on lifted tensors: by whom it is interpreted, and how it is recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from inspect import signature
from typing import TYPE_CHECKING, Any

from autograd_core.backend.device import module_of
from autograd_core.dtypes import HALVES, float32, float64
from autograd_core.engine import general
from autograd_core.engine.fit import cast
from autograd_core.engine.lifted import Level, Lifted
from autograd_core.engine.modes import GRAD
from autograd_core.engine.node import Edge, Extra
from autograd_core.engine.record import make_node, output_node
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive

__all__ = ["asked", "interpret", "plan"]

QUICK = frozenset((float32.dtype, float64.dtype))
NUMBERS = frozenset((float, int, type(None)))
Args = tuple[Any, ...]


def interpret(prim: Primitive, args: Args, meta: dict[str, Any]) -> Any:
    """Apply ``prim`` to arguments of which some, or parts of an index in ``meta``, are lifted."""
    level: Any = None
    dtype, noded = None, False
    for v in args:  # the common case: tensors of one float dtype, and numbers
        if isinstance(v, Tensor):
            kind = v._array.dtype
            if kind is not dtype:
                if dtype is not None:
                    return _brought_together(prim, args, meta)
                dtype = kind
            if isinstance(v, Lifted):
                noded = noded or v._node is not None
                if level is None or v.level.depth > level.depth:
                    level = v.level
        elif type(v) not in NUMBERS:
            return _brought_together(prim, args, meta)
    if dtype not in QUICK or level is None or level.depth < 0 or "key" in meta:
        return _brought_together(prim, args, meta)
    return _applied(level, prim, args, meta, noded)


def _applied(level: Level, prim: Primitive, args: Args, meta: dict[str, Any], noded: bool = True) -> Any:
    if level.adopts:
        args, noded = tuple([level.adopted(a) for a in args]), True
    try:
        results = level.run(prim, args, meta)
    except (ShapeError, DTypeError) as error:
        raise level.explained(error, args) from None
    if noded and level.records and GRAD.get() and results[0]._array.dtype.kind in "fc":
        nodes = tuple([[_node(v, level) for v in a] if type(a) is list else _node(a, level) for a in args])
        _record(prim, args, nodes, meta, results)
    return results if prim.outputs else results[0]


def _node(value: Any, level: Level) -> Any:
    return value._node if isinstance(value, Lifted) and value.level is level else None


def _brought_together(prim: Primitive, args: Args, meta: dict[str, Any]) -> Any:
    """Apply ``prim`` once the arguments are tensors and numbers, of the dtypes that it wants."""
    tensors = tuple([general.operand(prim, v, arg in prim.lists) for arg, v in zip(prim.args, args, strict=True)])
    if prim.dtypes != "any":
        chosen = [arg not in prim.constants for arg in prim.args]
        kinds = {v._array.dtype for a, c in zip(tensors, chosen, strict=True) if c for v in _tensors(a)}
        if len(kinds) != 1 or not kinds <= QUICK:
            common = general.common(prim, tensors)
            if prim.ordered and common.is_complex:
                name = meta.get("name", prim.name)
                raise DTypeError(f"{name}: not implemented for {common}: complex numbers have no order")
            if common in HALVES:
                return general.in_float32(prim, tensors, meta, common)
            tensors = tuple([_cast(a, common.dtype) if c else a for a, c in zip(tensors, chosen, strict=True)])
    return _applied(_deepest(tensors, meta.get("key")), prim, tensors, meta)


def _tensors(value: Any) -> list[Tensor]:
    return [v for v in (value if type(value) is list else (value,)) if isinstance(v, Tensor)]


def _cast(value: Any, dtype: Any) -> Any:
    if type(value) is list:
        return [_cast(v, dtype) for v in value]
    return cast(value, dtype=dtype) if isinstance(value, Tensor) and value._array.dtype != dtype else value


def _deepest(tensors: Args, key: Any) -> Level:
    found: Any = None
    for a in (*tensors, *key) if isinstance(key, tuple) else tensors:
        for v in _tensors(a):
            if isinstance(v, Lifted):
                if v.level.depth < 0:
                    v.level.refuse("a tensor was used after the transform that made it had ended; return it instead")
                if found is None or v.level.depth > found.depth:
                    found = v.level
    return found


# ---- recording ----


def _record(prim: Primitive, args: Args, nodes: Args, meta: dict[str, Any], results: Args) -> None:
    """Put ``results`` on the node of this application, if a gradient is wanted; rules will be given tensors."""
    edges = _edges(prim, args, nodes, meta, results)
    if not edges:
        return
    names = prim.outputs or ("y",)
    main = results[names.index(prim.main_output) if prim.outputs else 0]._array
    gathers, extra = prim.gathers if prim.outputs else False, None
    joint = prim.joint is not None or bool(prim.lists)
    conjugate = main.dtype.kind == "c" or any(v._array.dtype.kind == "c" for a in args for v in _tensors(a))
    conjugate = conjugate and prim.holomorphic and prim.dtypes != "any"
    if joint or gathers or conjugate:
        arrays = [None if n in prim.fixed_outputs else r._array for n, r in zip(names, results, strict=True)]
        blanks = tuple([None if a is None else _blank(a) for a in arrays]) if gathers else None
        extra = Extra(joint, blanks, conjugate)
    node = make_node(prim, edges, main.shape, main.dtype, extra)
    for i, (name, result) in enumerate(zip(names, results, strict=True)):
        if name not in prim.fixed_outputs:
            array = result._array
            result._node = output_node(node, i, array.shape, array.dtype) if gathers else node


def _blank(array: Any) -> tuple[Any, Any, Any]:
    """Return what zeros like an output are made of, should no gradient come for it."""
    return _Zeros(module_of(array)), array.shape, array.dtype


class _Zeros:
    """Makes the gradient of an output for which none came, as an array module makes arrays."""

    def __init__(self, xp: Any) -> None:
        self.xp = xp

    def zeros(self, shape: tuple[int, ...], dtype: Any) -> Tensor:
        """Return zeros."""
        return wrap(self.xp.zeros(shape, dtype))


def _edges(prim: Primitive, args: Args, nodes: Args, meta: dict[str, Any], results: Args) -> tuple[Edge, ...]:
    if prim.joint is not None:
        if all(n is None for n in nodes):
            return ()
        return ((nodes, prim.joint, _saved(prim, prim.joint, args, nodes, meta, results)),)
    edges: list[Edge] = []
    for arg, node in zip(prim.args, nodes, strict=True):
        rule = prim.rules.get(arg)
        parent = tuple(node) if type(node) is list else node
        if rule is not None and parent is not None and (type(parent) is not tuple or any(parent)):
            edges.append((parent, rule, _saved(prim, rule, args, nodes, meta, results)))
    return tuple(edges)


def _saved(
    prim: Primitive, rule: Callable[..., Any], args: Args, nodes: Args, meta: dict[str, Any], results: Args
) -> tuple[Any, ...]:
    """Return what a rule asks for.  Residuals follow from the arguments when it runs; an output is without its node."""
    found = []
    for kind, at in plan(prim, rule):
        if kind == "result":
            found.append(results[at].bare())
        elif kind == "wants":
            wanted = nodes[prim.args.index(prim.lists[0])] if prim.lists and not prim.joint else nodes
            found.append(tuple([n is not None for n in wanted]))
        else:
            found.append(None if kind == "residual" else asked(prim, kind, at, args, meta))
    return tuple(found)


def asked(prim: Primitive, kind: str, at: Any, args: Args, meta: dict[str, Any]) -> Any:
    """Return what an entry of a ``plan`` stands for, of the arguments and the metadata."""
    if kind == "argument":
        return args[at]
    if kind == "shape":
        return _shape(args[at])
    if kind == "meta":
        return meta[at] if at in meta else prim.meta[at]
    return [_shape(v) for v in args[at]]


@cache
def plan(prim: Primitive, rule: Callable[..., Any]) -> Sequence[tuple[str, Any]]:
    """Return where each of a rule's parameters but the first comes from: a kind, and a place or a name."""
    entries: list[tuple[str, Any]] = []
    outputs = prim.outputs or ("y",)
    for name in tuple(signature(rule).parameters)[1:]:
        if name in prim.args:
            entries.append(("argument", prim.args.index(name)))
        elif name in outputs:
            entries.append(("result", outputs.index(name)))
        elif name in prim.meta:
            entries.append(("meta", name))
        elif name == "wants":
            entries.append(("wants", None))
        elif name in prim.residuals:
            entries.append(("residual", name))
        else:
            arg, ending = name.rsplit("_", 1)
            entries.append((ending, prim.args.index(arg)))
    return entries


def _shape(value: Any) -> tuple[int, ...]:
    return value._array.shape if isinstance(value, Tensor) else ()
