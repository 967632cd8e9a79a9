"""Recording: from a finished forward to a node, and from a node's saved arrays back to tensors."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from weakref import ref

from autograd_core.backend.device import XP
from autograd_core.engine import blame
from autograd_core.engine.large import is_large
from autograd_core.engine.modes import GRAD, SCOPE
from autograd_core.engine.node import Edge, Extra, Node
from autograd_core.engine.tensor import Tensor, View, new, wrap
from autograd_core.engine.versions import owner_of, stamp

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive


def make_node(prim: Any, edges: tuple[Edge, ...], shape: tuple[int, ...], dtype: Any, extra: Extra | None) -> Node:
    """Return a node stamped now and blamed on the user's line that is running."""
    node = object.__new__(Node)
    node.prim, node.edges, node.shape, node.dtype, node.extra = prim, edges, shape, dtype, extra
    node.order = stamp()
    node.code, node.lasti = blame.caller()
    node.scope = SCOPE.get()
    return node


def wants_grad(prim: Primitive, nodes: tuple[Any, ...]) -> bool:
    """Whether any differentiable argument has a node."""
    return any(
        any(n is not None for n in node) if type(node) is list else node is not None
        for arg, node in zip(prim.args, nodes, strict=True)
        if prim.joint or arg in prim.rules
    )


def attach(
    prim: Primitive, arrays: tuple[Any, ...], nodes: tuple[Any, ...], meta: dict[str, Any], results: Any
) -> Node:
    """Return the node of one application; ``results``: (y, *residuals), or (*outputs, *residuals)."""
    edges = _edges(prim, arrays, nodes, _environment(prim, arrays, nodes, meta, results))
    joint = prim.joint is not None or bool(prim.lists)
    outputs = dict(zip(prim.outputs or ("y",), results, strict=False))
    blanks = tuple(None if n in prim.fixed_outputs else blank(o) for n, o in outputs.items()) if prim.gathers else None
    main = outputs[prim.main_output]
    conjugate = prim.holomorphic and prim.dtypes != "any" and _any_complex(arrays, results)
    extra = Extra(joint, blanks, conjugate) if joint or blanks or conjugate else None
    return make_node(prim, edges, main.shape, main.dtype, extra)


def _any_complex(arrays: tuple[Any, ...], results: Any) -> bool:
    """Whether complex numbers take part."""
    flat = [v for a in (*arrays, *results) for v in (a if type(a) is list else (a,))]
    return any(type(v) is complex or (hasattr(v, "dtype") and v.dtype.kind == "c") for v in flat)


def blank(array: Any) -> tuple[Any, Any, Any]:
    """Return what zeros like an output are made of, should no gradient come for it."""
    return XP[type(array)], array.shape, array.dtype


def _environment(prim: Primitive, arrays: Any, nodes: Any, meta: dict[str, Any], results: Any) -> dict[str, Any]:
    """Every name that a rule may save, with its value."""
    names: dict[str, Any] = dict(zip(prim.args, arrays, strict=True)) | meta
    for arg, value in zip(prim.args, arrays, strict=True):
        if arg in prim.lists:
            names[f"{arg}_shapes"] = [getattr(v, "shape", ()) for v in value]
        else:
            names[f"{arg}_shape"] = getattr(value, "shape", ())
    names |= zip(prim.outputs or ("y",), results, strict=False)
    names |= zip(prim.residuals, results[len(prim.outputs) or 1 :], strict=True)
    wanted = nodes[prim.args.index(prim.lists[0])] if prim.lists and not prim.joint else nodes
    names["wants"] = tuple(n is not None for n in wanted)
    return names


def _edges(prim: Primitive, arrays: Any, nodes: tuple[Any, ...], names: dict[str, Any]) -> tuple[Edge, ...]:
    if prim.joint is not None:
        return ((tuple(nodes), prim.joint, tuple(names[n] for n in prim.needs[prim.joint])),)
    edges: list[Edge] = []
    rules = prim.rules | prim.large_rules if is_large(prim, arrays) else prim.rules
    for arg, node in zip(prim.args, nodes, strict=True):
        rule = rules.get(arg)
        parent = tuple(node) if type(node) is list else node
        if rule is not None and parent is not None and (type(parent) is not tuple or any(parent)):
            edges.append((parent, rule, tuple(names[n] for n in prim.needs[rule])))
    return tuple(edges)


# ---- several outputs: one node gathers, one small node per output hands over ----


def pick_output(g: Any, index: int) -> Any:
    """Hand an output's gradient to the node of its primitive, which waits for all of them."""
    return g


OUTPUT: Any = SimpleNamespace(name="output", needs={pick_output: ("index",)}, keeps=False, broadcasts=False, args=())


def output_node(main: Node, index: int, shape: tuple[int, ...], dtype: Any) -> Node:
    """Return the node that stands for output ``index`` of ``main``."""
    node = object.__new__(Node)
    node.prim, node.edges, node.shape, node.dtype = OUTPUT, ((main, pick_output, (index,)),), shape, dtype
    node.order, node.extra = stamp(), Extra()
    node.code, node.lasti, node.scope = main.code, main.lasti, main.scope
    return node


def main_of(node: Node) -> Node:
    """Return the operation itself where ``node`` only stands for one of its several outputs."""
    while getattr(node, "prim", None) is OUTPUT and node.parents:
        (node,) = node.parents
    return node


# ---- the way back: saved arrays as tensors, for rules that are to be recorded themselves ----


def lift(node: Node, edges: Sequence[Edge]) -> list[Edge]:
    """Return ``edges`` with the saved arrays as Tensors on the nodes they came from."""
    needs = node.prim.needs
    return [(parent, rule, _lift_saved(node, edges, needs[rule], args) if args else ()) for parent, rule, args in edges]


def _lift_saved(
    node: Node, edges: Sequence[Edge], names: tuple[str, ...], values: tuple[Any, ...]
) -> tuple[Any, ...]:
    prim = node.prim
    lifted = []
    for name, value in zip(names, values, strict=True):
        if name in prim.args:
            value = _lift_value(value, _source(prim, edges, name))
        elif name == "y" and not prim.outputs:
            value = _on(value, node)
        elif name in prim.outputs:
            own = output_node(node, prim.outputs.index(name), value.shape, value.dtype) if prim.gathers else node
            value = _on(value, None if name in prim.fixed_outputs else own)
        lifted.append(value)
    if prim.residuals:
        known = dict(zip(names, lifted, strict=True))
        lifted = [_lift_residual(prim, name, known) if name in prim.residuals else known[name] for name in names]
    return tuple(lifted)


def _on(value: Any, node: Any) -> Tensor:
    """Return an output's value, an array or a tensor of a transform, as a tensor on ``node``."""
    return wrap(value, node) if type(value) in XP else value.on(node)


def _source(prim: Primitive, edges: Sequence[Edge], arg: str) -> Any:
    """Return the node that an argument came from; None for a constant."""
    if prim.joint is not None:
        return edges[0][0][prim.args.index(arg)]
    rules = prim.rules.get(arg), prim.large_rules.get(arg)
    return next((parent for parent, rule, _ in edges if rule in rules), None)


def _lift_value(value: Any, source: Any) -> Any:
    if type(value) is list:
        return [_lift_value(v, s) for v, s in zip(value, source or [None] * len(value), strict=True)]
    return wrap(value, source) if type(value) in XP else value


def _lift_residual(prim: Primitive, name: str, lifted: dict[str, Any]) -> Any:
    """Return a residual as a function of the arguments where the primitive says how, else as a constant."""
    rule = prim.residual_rules.get(name)
    if rule is None:
        return _lift_value(lifted[name], None)
    names = rule.__code__.co_varnames[: rule.__code__.co_argcount]
    return rule(*(lifted[n] for n in names))


# ---- views ----


def note_view(out: Tensor, base: Tensor, prim: Primitive, meta: dict[str, Any]) -> None:
    """Remember that ``out`` looks at ``base``'s memory, so that writes through either reach the other's graph."""
    memory, array = out._array.base, base._array  # NumPy gives a view of a view the owner itself as its base
    if memory is not array and memory is not array.base and owner_of(memory) is not owner_of(array):
        return
    out._view = view = new(View)
    view.base, view.primitive, view.meta = base, prim, meta
    view.cut = cut = not GRAD.get()
    if cut:
        return
    children = base._children
    if children is None:
        base._children = [ref(out)]
    else:
        count = len(children)
        if count & (count - 1) == 0:  # at 1, 2, 4, 8, ...: forget the dead
            children[:] = [child for child in children if child() is not None]
        children.append(ref(out))
