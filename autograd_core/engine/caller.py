"""The caller of each primitive, written out for its arity and its save-list when it is declared.

``general`` and ``record`` say what a call means; the functions generated here are the same thing unrolled for the
common case (plain tensors on one device, dtypes that agree), without a loop, a dictionary or ``**kwargs``.
Print one with ``print(ag.mul.primitive.source)``.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from functools import cache
from inspect import Parameter as Signature
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from autograd_core.backend import host
from autograd_core.backend.device import XP
from autograd_core.dtypes import BY_NUMPY, float32, float64, int64
from autograd_core.engine import blame
from autograd_core.engine.failure import recover
from autograd_core.engine.general import general
from autograd_core.engine.indices import Index
from autograd_core.engine.modes import GRAD, SCOPE
from autograd_core.engine.node import Extra, Node
from autograd_core.engine.out import deliver
from autograd_core.engine.record import blank, note_view, output_node
from autograd_core.engine.tensor import Parameter, Tensor, wrap
from autograd_core.engine.versions import stamp

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive, Rule

COMMON = {
    "Tensor": Tensor,
    "Parameter": Parameter,
    "Node": Node,
    "XP": XP,
    "F32": float32.dtype,
    "F64": float64.dtype,
    "I64": int64.dtype,
    "HOST": host,
    "SCALARS": frozenset(d.type for d in BY_NUMPY),  # what NumPy makes of a 0-d gradient on its way
    "WHOLE": frozenset(d for d, kind in BY_NUMPY.items() if kind.category < 2),  # integers and booleans
    "INTERNAL": blame.INTERNAL,
    "new": object.__new__,
    "stamp": stamp,
    "getframe": sys._getframe,
    "climb": blame.climb,
    "recording": GRAD.get,
    "scope": SCOPE.get,
    "deliver": deliver,
    "general": general,
    "Index": Index,
    "recover": recover,
    "note_view": note_view,
    "Extra": Extra,
    "blank": blank,
    "output_node": output_node,
    "wrap": wrap,
}


def make_caller(prim: Primitive, out: bool = False) -> Any:
    """Return the function that users call.  Until its first call its body only asks for the real one.

    ``out``: the one of the public namespace, which takes ``out=``; operators and methods do without its cost.
    """
    space: dict[str, Any] = COMMON | {"PRIM": prim, "forward": prim.forward, "specialize": specialize}
    space |= {"__name__": prim.forward.__module__} | {f"default_{k}": v for k, v in prim.meta.items()}
    call: FunctionType = _compile(_header(prim, out), prim, space)
    call.__doc__, call.__module__, call.__qualname__ = prim.forward.__doc__, prim.forward.__module__, prim.name
    return call


def specialize(prim: Primitive, caller: str, args: tuple[Any, ...], meta: dict[str, Any]) -> Any:
    """Write out the caller, which costs a millisecond, when it is first needed; then make the call."""
    call = getattr(prim, caller)
    text = source(prim, caller == "public")
    call.__globals__.update({f"rule_{arg}": rule for arg, rule in prim.rules.items()} | {"joint_rule": prim.joint})
    call.__code__ = _compile(text, prim, call.__globals__).__code__
    filename = f"<primitive {prim.name}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    return call(*args, **meta)


def forget(prim: Primitive) -> None:
    """Let the callers be written again: the rules have changed."""
    prim.call.__code__ = _compile(_header(prim, False), prim, prim.call.__globals__).__code__
    if prim.public is not prim.call:
        prim.public.__code__ = _compile(_header(prim, True), prim, prim.public.__globals__).__code__


@cache
def detour(prim: Primitive, out: bool) -> CodeType:
    """Return the code of a caller that leaves every call to ``asked(prim, args, meta)``, a global of it."""
    meta = _meta(prim) + (" | {'out': out}" if out else "")
    text = f"def {prim.name}({_parameters(prim, out)}): return asked(PRIM, {_tuple(prim.names)}, {meta})\n"
    return _compile(text, prim, prim.call.__globals__).__code__


def _compile(text: str, prim: Primitive, space: dict[str, Any]) -> FunctionType:
    filename = f"<primitive {prim.name}>"
    blame.INTERNAL.add(filename)
    found: dict[str, Any] = {}
    exec(compile(text, filename, "exec"), space, found)
    return found[prim.name]


def _header(prim: Primitive, out: bool) -> str:
    caller, meta = ("'public'", _meta(prim) + " | {'out': out}") if out else ("'call'", _meta(prim))
    arguments = f"PRIM, {caller}, {_tuple(prim.names)}, {meta}"
    return f"def {prim.name}({_parameters(prim, out)}): return specialize({arguments})\n"


def source(prim: Primitive, out: bool = False) -> str:
    """Return the caller of ``prim`` as Python text."""
    lines = [f"def {prim.name}({_parameters(prim, out)}):"]
    if out:
        lines += [f"    if out is not None: return deliver(PRIM.call, {_tuple(prim.names)}, {_meta(prim)}, out)"]
    if "key" in prim.meta:
        lines += [f"    if type(key) is Index: return Index.__primitive__(PRIM, {_tuple(prim.names)}, {_meta(prim)})"]
    if not prim.lists:
        lines += [*_operands(prim), *_forward(prim), *_result(prim)]
    elif len(prim.args) == 1 and not prim.outputs and not prim.residuals:
        lines += [*_listed(prim), *_forward(prim), *_result(prim)]
    else:
        lines += [f"    return {_general(prim)}"]
    return "\n".join(lines) + "\n"


def _parameters(prim: Primitive, out: bool) -> str:
    keywords = [k if d is Signature.empty else f"{k}=default_{k}" for k, d in prim.meta.items()]
    named = ["out=None"] if out else [] if prim.elementwise else ["/"]  # a keyword-only `out` would cost twice as much
    return ", ".join([*prim.names, *named, *(["*", *keywords] if keywords else [])])


def _tuple(items: list[str] | tuple[str, ...]) -> str:
    return f"({', '.join(items)}{',' * (len(items) == 1)})"


def _general(prim: Primitive) -> str:
    return f"general(PRIM, {_tuple(prim.names)}, {_meta(prim)})"


def _meta(prim: Primitive) -> str:
    return "{" + ", ".join(f"'{k}': {k}" for k in prim.meta) + "}"


def _keywords(prim: Primitive) -> str:
    return "".join(f", {k}={k}" for k in prim.meta)


def _raw(prim: Primitive, xp: str) -> str:
    outputs = len(prim.outputs)
    cut = "" if not prim.residuals else f"[:{outputs}]" if outputs else "[0]"
    return f"forward({xp}, {', '.join(prim.names)}{_keywords(prim)}){cut}"


def _operands(prim: Primitive) -> Iterator[str]:
    """Take arrays and nodes out of the tensors; anything but plain tensors of one dtype goes the general way."""
    given = dict(zip(prim.args, prim.names, strict=True))
    yield from (f"    t_{a} = type({name})" for a, name in given.items())
    first = prim.args[0]
    large = f" or {{}}_.size >= {prim.large}" if prim.elementwise else ""  # 20 ns
    leading = next(a for a in prim.args if a not in prim.constants)  # the one whose dtype the others must have
    numbers = prim.dtypes in ("promote", "float")
    yield f"    if t_{leading} is Tensor or t_{leading} is Parameter:"
    yield f"        {leading}_ = {given[leading]}._array; {leading}_n = {given[leading]}._node; dt_ = {leading}_.dtype"
    if prim.dtypes != "any":
        whole = "" if prim.dtypes == "float" else " and dt_ not in WHOLE"
        yield f"        if dt_ is not F32 and dt_ is not F64{whole}{large.format(leading)}: return {_general(prim)}"
    for a, name in given.items():
        if a == leading:
            continue
        yield f"        if t_{a} is Tensor or t_{a} is Parameter:"
        yield f"            {a}_ = {name}._array; {a}_n = {name}._node"
        if prim.dtypes != "any" and a not in prim.constants:
            yield f"            if {a}_.dtype is not dt_: return {_general(prim)}"
        if numbers and a not in prim.constants:
            whole = f" or (t_{a} is int and dt_ is I64)" if prim.dtypes == "promote" else ""
            yield f"        elif ((t_{a} is float or t_{a} is int) and (dt_ is F32 or dt_ is F64)){whole}:"
            yield f"            {a}_ = {name}; {a}_n = None"
        elif prim.dtypes == "match":
            yield f"        elif {name} is None:"
            yield f"            {a}_ = {a}_n = None"
        yield f"        else: return {_general(prim)}"
    yield f"        xp = XP[type({leading}_)]"
    pair = [a for a in prim.args if a not in prim.constants]
    if len(pair) == 2 and numbers:  # a number before a tensor
        rest = [a for a in prim.args if a != leading]
        plain = " and ".join(f"(t_{a} is Tensor or t_{a} is Parameter)" for a in rest)
        yield f"    elif (t_{leading} is float or t_{leading} is int) and {plain}:"
        yield from (f"        {a}_ = {given[a]}._array; {a}_n = {given[a]}._node" for a in rest)
        yield f"        dt_ = {pair[1]}_.dtype"
        yield f"        if dt_ is not F32 and dt_ is not F64{large.format(pair[1])}: return {_general(prim)}"
        yield f"        {leading}_ = {given[leading]}; {leading}_n = None; xp = XP[type({pair[1]}_)]"
    raw = "".join(f" and t_{a} is not Tensor and t_{a} is not Parameter" for a in prim.args[1:])
    yield f"    elif t_{first} in XP{raw}: return {_raw(prim, f'XP[t_{first}]')}  # inside a rule: nothing to record"
    if len(prim.args) == 1:
        yield f"    elif t_{first} in SCALARS: return {_raw(prim, 'HOST')}"
    yield f"    else: return {_general(prim)}"


def _listed(prim: Primitive) -> Iterator[str]:
    """Take arrays and nodes out of a list of tensors."""
    (xs,) = prim.args
    yield f"    for x in {xs}:"
    yield f"        if type(x) is not Tensor and type(x) is not Parameter: return {_general(prim)}"
    yield f"    {xs}_ = [x._array for x in {xs}]; {xs}_n = tuple([x._node for x in {xs}])"
    yield f"    if not {xs}_: return {_general(prim)}"
    if prim.dtypes != "any":
        yield f"    dt_ = {xs}_[0].dtype"
        yield f"    if dt_ is not F32 and dt_ is not F64 and dt_ not in WHOLE: return {_general(prim)}"
        yield f"    for x in {xs}_:"
        yield f"        if x.dtype is not dt_: return {_general(prim)}"
    yield f"    xp = XP[type({xs}_[0])]"


def _results(prim: Primitive) -> tuple[str, ...]:
    return (*(prim.outputs or ("y",)), *prim.residuals)


def _forward(prim: Primitive) -> Iterator[str]:
    names = ", ".join(f"{a}_" for a in prim.args)
    results = ", ".join(_results(prim))
    yield "    try:"
    yield f"        {results} = forward(xp, {names}{_keywords(prim)})"
    yield "    except Exception as error:"
    yield f"        {results} = recover(PRIM, {_tuple(prim.names)}, {_tuple([f'{a}_' for a in prim.args])}, "
    yield f"            {_meta(prim)}, error)"
    for result in prim.outputs or ("y",):
        yield f"    if type({result}) not in XP: {result} = xp.asarray({result})  # a 0-d ufunc gives a scalar"


def _result(prim: Primitive) -> Iterator[str]:
    wanted = [a for a in prim.args if prim.joint or a in prim.rules]
    if wanted:
        none = " and ".join(f"not any({a}_n)" if a in prim.lists else f"{a}_n is None" for a in wanted)
        yield f"    if ({none}) or not recording(): node = None"
        yield "    else:"
        yield from (f"        {line}" for line in _node(prim, wanted))
    else:
        yield "    node = None"
    if prim.outputs:
        yield from _outputs(prim)
        return
    yield "    out = new(Tensor); out._array = y; out._view = None; out._node = node"
    if prim.view:
        yield f"    if y.base is not None: note_view(out, {prim.names[0]}, PRIM, {_meta(prim)})"
    yield "    return out"


def _outputs(prim: Primitive) -> Iterator[str]:
    """Wrap several outputs; where more than one has a gradient, each on a node that hands over to the primitive's."""
    yield f"    if node is None: return {_tuple([f'wrap({o})' for o in prim.outputs])}"
    own = "output_node(node, {i}, {o}.shape, {o}.dtype)" if prim.gathers else "node"
    wrapped = [
        f"wrap({o})" if o in prim.fixed_outputs else f"wrap({o}, {own.format(i=i, o=o)})"
        for i, o in enumerate(prim.outputs)
    ]
    yield f"    return {_tuple(wrapped)}"


def _node(prim: Primitive, wanted: list[str]) -> Iterator[str]:
    y = prim.main_output
    yield f"node = new(Node); node.prim = PRIM; node.order = stamp(); node.extra = {_extra(prim)}"
    yield f"node.shape = {y}.shape; node.dtype = {y}.dtype"
    yield from _edges(prim, wanted)
    yield "frame = getframe(1); code = frame.f_code"
    yield "if code.co_filename in INTERNAL:  # a composite, called by the user in most cases"
    yield "    frame = frame.f_back or frame; code = frame.f_code"
    yield "if code.co_filename in INTERNAL: node.code, node.lasti = climb(frame)"
    yield "else: node.code = code; node.lasti = frame.f_lasti"
    yield "node.scope = scope()"


def _extra(prim: Primitive) -> str:
    blanks = ["None" if o in prim.fixed_outputs else f"blank({o})" for o in prim.outputs] if prim.gathers else []
    joint = bool(prim.joint or prim.lists)
    return f"Extra({joint}, {_tuple(blanks) if blanks else None})" if blanks or joint else "None"


def _edges(prim: Primitive, wanted: list[str]) -> Iterator[str]:
    """One edge per wanted gradient; those of few arguments as one literal, the quickest tuple there is."""
    if prim.joint:
        nodes = _tuple([f"{a}_n" for a in prim.args])
        yield f"node.edges = (({nodes}, joint_rule, {_saved(prim, prim.joint)}),)"
        return
    edges = {a: f"({a}_n, rule_{a}, {_saved(prim, prim.rules[a])})" for a in wanted}
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


def _saved(prim: Primitive, rule: Rule) -> str:
    names = []
    for name in prim.needs[rule]:
        if name in prim.args:
            names.append(f"{name}_")
        elif name == "wants" and prim.lists:
            names.append(f"tuple([n is not None for n in {prim.lists[0]}_n])")
        elif name == "wants":
            names.append(_tuple([f"{a}_n is not None" for a in prim.args]))
        elif name.endswith("_shapes") and name[:-7] in prim.lists:
            names.append(f"[x.shape for x in {name[:-7]}_]")
        elif name in prim.meta or name in _results(prim):
            names.append(name)
        else:  # <argument>_shape; what may be a number has none
            arg = name.removesuffix("_shape")
            surely = len(prim.args) == 1 or (arg == prim.args[0] and prim.dtypes in ("any", "match"))
            names.append(f"{arg}_.shape" if surely else f"getattr({arg}_, 'shape', ())")
    return _tuple(names)
