"""The caller of each primitive, written out for its arity and its save-list when it is declared.

``general`` and ``record`` say what a call means; the functions generated here are the same thing unrolled for the
common case (plain tensors on one device, dtypes that agree), without a loop, a dictionary or ``**kwargs``.
Print one with ``print(ag.mul.source)``.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from inspect import Parameter as Signature
from types import FunctionType
from typing import TYPE_CHECKING, Any

from autograd_core.backend.device import XP
from autograd_core.dtypes import float32, float64
from autograd_core.engine import blame
from autograd_core.engine.failure import recover
from autograd_core.engine.general import general
from autograd_core.engine.modes import GRAD, SCOPE
from autograd_core.engine.node import Node
from autograd_core.engine.record import note_view
from autograd_core.engine.tensor import Parameter, Tensor
from autograd_core.engine.versions import stamp

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive

COMMON = {
    "Tensor": Tensor,
    "Parameter": Parameter,
    "Node": Node,
    "XP": XP,
    "F32": float32.dtype,
    "F64": float64.dtype,
    "INTERNAL": blame.INTERNAL,
    "new": object.__new__,
    "stamp": stamp,
    "getframe": sys._getframe,
    "climb": blame.climb,
    "recording": GRAD.get,
    "scope": SCOPE.get,
    "general": general,
    "recover": recover,
    "note_view": note_view,
}


def compile_caller(prim: Primitive, namespace: dict[str, Any] | None = None) -> Any:
    """Return the caller of ``prim``; ``namespace`` is that of an earlier version whose code is to be replaced."""
    source = "\n".join(_lines(prim)) + "\n"
    filename = f"<primitive {prim.name}>"
    space: dict[str, Any] = COMMON.copy() if namespace is None else namespace
    space |= {"PRIM": prim, "forward": prim.forward, "__name__": prim.forward.__module__}
    space |= {f"rule_{arg}": rule for arg, rule in prim.rules.items()}
    space |= {f"default_{k}": v for k, v in prim.meta.items()}
    exec(compile(source, filename, "exec"), space)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    blame.INTERNAL.add(filename)
    call: FunctionType = space[prim.name]
    call.__doc__, call.__module__, call.__qualname__ = prim.forward.__doc__, prim.forward.__module__, prim.name
    call.source = source  # type: ignore[attr-defined]
    return call


def _lines(prim: Primitive) -> Iterator[str]:
    yield f"def {prim.name}({_parameters(prim)}):"
    if prim.simple:
        yield from _operands(prim)
        yield from _forward(prim)
        yield from _result(prim)
    else:
        yield f"    return {_general(prim)}"


def _parameters(prim: Primitive) -> str:
    keywords = [k if d is Signature.empty else f"{k}=default_{k}" for k, d in prim.meta.items()]
    return ", ".join([*prim.args, "/", *(["*", *keywords] if keywords else [])])


def _tuple(items: list[str] | tuple[str, ...]) -> str:
    return f"({', '.join(items)}{',' * (len(items) == 1)})"


def _general(prim: Primitive) -> str:
    return f"general(PRIM, {_tuple(prim.args)}, {_meta(prim)})"


def _meta(prim: Primitive) -> str:
    return "{" + ", ".join(f"'{k}': {k}" for k in prim.meta) + "}"


def _keywords(prim: Primitive) -> str:
    return "".join(f", {k}={k}" for k in prim.meta)


def _raw(prim: Primitive) -> str:
    return f"forward(XP[t_{prim.args[0]}], {', '.join(prim.args)}{_keywords(prim)})" + "[0]" * bool(prim.residuals)


def _operands(prim: Primitive) -> Iterator[str]:
    """Take arrays and nodes out of the tensors; anything but plain tensors of one dtype goes the general way."""
    yield from (f"    t_{a} = type({a})" for a in prim.args)
    first = prim.args[0]
    leading = next(a for a in prim.args if a not in prim.constants)  # the one whose dtype the others must have
    numbers = prim.dtypes in ("promote", "float")
    yield f"    if t_{leading} is Tensor or t_{leading} is Parameter:"
    yield f"        {leading}_ = {leading}._array; {leading}_n = {leading}._node; dt_ = {leading}_.dtype"
    if prim.dtypes == "float":
        yield f"        if dt_ is not F32 and dt_ is not F64: return {_general(prim)}"
    for a in prim.args:
        if a == leading:
            continue
        yield f"        if t_{a} is Tensor or t_{a} is Parameter:"
        yield f"            {a}_ = {a}._array; {a}_n = {a}._node"
        if prim.dtypes != "any" and a not in prim.constants:
            yield f"            if {a}_.dtype is not dt_: return {_general(prim)}"
        if numbers and a not in prim.constants:
            yield f"        elif (t_{a} is float or t_{a} is int) and (dt_ is F32 or dt_ is F64):"
            yield f"            {a}_ = {a}; {a}_n = None"
        elif prim.dtypes == "match":
            yield f"        elif {a} is None:"
            yield f"            {a}_ = {a}_n = None"
        yield f"        else: return {_general(prim)}"
    yield f"        xp = XP[type({leading}_)]"
    if len(prim.args) == 2 and numbers:
        b = prim.args[1]
        yield f"    elif (t_{first} is float or t_{first} is int) and (t_{b} is Tensor or t_{b} is Parameter):"
        yield f"        {b}_ = {b}._array; {b}_n = {b}._node; dt_ = {b}_.dtype"
        yield f"        if dt_ is not F32 and dt_ is not F64: return {_general(prim)}"
        yield f"        {first}_ = {first}; {first}_n = None; xp = XP[type({b}_)]"
    yield f"    elif t_{first} in XP: return {_raw(prim)}  # inside a rule: nothing to record"
    yield f"    else: return {_general(prim)}"


def _forward(prim: Primitive) -> Iterator[str]:
    names = ", ".join(f"{a}_" for a in prim.args)
    results = ", ".join(["y", *prim.residuals])
    yield "    try:"
    yield f"        {results} = forward(xp, {names}{_keywords(prim)})"
    yield "    except Exception as error:"
    yield f"        {results} = recover(PRIM, {_tuple(prim.args)}, {_tuple([f'{a}_' for a in prim.args])}, "
    yield f"            {_meta(prim)}, error)"
    yield "    if type(y) not in XP: y = xp.asarray(y)  # a 0-d ufunc gives a scalar"


def _result(prim: Primitive) -> Iterator[str]:
    yield "    out = new(Tensor); out._array = y; out._view = None"
    wanted = [a for a in prim.args if a in prim.rules]
    if wanted:
        none = " and ".join(f"{a}_n is None" for a in wanted)
        yield f"    if {none} or not recording():" if len(wanted) == 1 else f"    if ({none}) or not recording():"
        yield "        out._node = None"
        yield "    else:"
        yield from (f"        {line}" for line in _node(prim, wanted))
        yield "        out._node = node"
    else:
        yield "    out._node = None"
    if prim.view:
        yield f"    if y.base is not None: note_view(out, {prim.args[0]}, PRIM, {_meta(prim)})"
    yield "    return out"


def _node(prim: Primitive, wanted: list[str]) -> Iterator[str]:
    yield "node = new(Node); node.prim = PRIM; node.order = stamp(); node.extra = None"
    yield "node.shape = y.shape; node.dtype = y.dtype"
    edges = {a: f"({a}_n, rule_{a}, {_saved(prim, a)})" for a in wanted}
    if len(wanted) == 1:
        yield f"node.edges = ({edges[wanted[0]]},)"
    elif len(wanted) == 2:
        a, b = wanted
        yield f"if {b}_n is None: node.edges = ({edges[a]},)"
        yield f"elif {a}_n is None: node.edges = ({edges[b]},)"
        yield f"else: node.edges = ({edges[a]}, {edges[b]})"
    else:
        yield "edges = []"
        yield from (f"if {a}_n is not None: edges.append({edges[a]})" for a in wanted)
        yield "node.edges = tuple(edges)"
    yield "frame = getframe(1); code = frame.f_code"
    yield "if code.co_filename in INTERNAL: node.code, node.lasti = climb(frame)"
    yield "else: node.code = code; node.lasti = frame.f_lasti"
    yield "node.scope = scope()"


def _saved(prim: Primitive, arg: str) -> str:
    names = []
    for name in prim.needs[prim.rules[arg]]:
        if name in prim.args:
            names.append(f"{name}_")
        elif name not in prim.meta and name not in prim.residuals and name.endswith("_shape"):
            names.append(f"getattr({name[:-6]}_, 'shape', ())")
        else:
            names.append(name)
    return _tuple(names)
