"""Rules as one reads them: ``grad_a = g * b``, from the source of the rule that runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from autograd_core.backend.device import XP
from autograd_core.engine.node import Node
from autograd_core.engine.primitive import Primitive
from autograd_core.engine.record import OUTPUT
from autograd_core.insight.rules.rule_formulas import by_hand
from autograd_core.insight.rules.rule_source import Rule, Unreadable, expression, replaced

WIDEST = 100  # a longer expression is not read at a glance
KEPT_OPTIONS = ("dim", "dims", "diagonal", "upper")  # said even where they are only passed on
SAFE = {"len": len, "range": range, "tuple": tuple, "max": max}


def rule_texts(operation: Node | Primitive, shape: Sequence[int] | None = None) -> dict[str, str]:
    """Return the gradient of each differentiable argument as an expression: ``{"a": "g * b", "b": "g * a"}``.

    ``g`` is the gradient of the result, ``y`` the result.  Of a node the options of its call are known, so that
    branches on them are taken; of a primitive both sides are shown, or what holds for a result of ``shape``.
    A primitive without rules gives none.
    """
    if isinstance(operation, Primitive):
        arguments = operation.args if operation.joint else tuple(operation.rules)
        facts = {} if shape is None else {"g": SimpleNamespace(shape=tuple(shape), ndim=len(shape))}
        return {a: _text(operation, a, operation.joint or operation.rules[a], facts) for a in arguments}
    found: dict[str, str] = {}
    for labels, (parents, rule, args) in zip(argument_labels(operation), operation.edges, strict=True):
        for label, parent in zip(labels, parents if type(parents) is tuple else (parents,), strict=True):
            if parent is not None:
                found[label] = edge_text(operation, label, rule, args)
    return found


def edge_text(node: Node, label: str, rule: Rule, args: tuple[Any, ...]) -> str:
    """Return what the rule of one of a node's edges computes for the argument ``label``."""
    prim = node.prim
    if prim is OUTPUT:
        return "g"
    if not isinstance(prim, Primitive):  # an operation of the user's own
        return f"{prim.name}.backward(ctx, g)"
    options = {name: v for name, v in zip(prim.needs.get(rule, ()), args, strict=False) if not _is_array(v)}
    facts = options | {"g": SimpleNamespace(shape=node.shape, ndim=len(node.shape))}
    text = _text(prim, label.split("[")[0], rule, facts)
    conjugate = node.extra is not None and node.extra.conjugate
    return _conjugated(text) if conjugate else text


def argument_labels(node: Node) -> list[tuple[str, ...]]:
    """Return, for each of a node's edges, the arguments that its gradients belong to: ``a``, ``xs[1]``, ``input 0``."""
    prim = node.prim
    labels: list[tuple[str, ...]] = []
    args = iter(prim.args)
    for number, (parents, rule, _) in enumerate(node.edges):
        if prim is OUTPUT:
            labels.append((f"output {node.edges[0][2][0]}",))
        elif type(parents) is not tuple:
            labels.append((next((a for a in args if _serves(prim, a, rule)), f"input {number}"),))
        elif getattr(prim, "lists", ()) and prim.joint is None:
            labels.append(tuple(f"{prim.lists[0]}[{i}]" for i in range(len(parents))))
        else:
            labels.append(_names_of_all(prim, len(parents)))
    return labels


def _serves(prim: Any, argument: str, rule: Rule) -> bool:
    return rule in (prim.rules.get(argument), prim.large_rules.get(argument))


def _names_of_all(prim: Any, count: int) -> tuple[str, ...]:
    """Return the names of the arguments of a joint rule."""
    names = prim.args if len(prim.args) == count else _forward_arguments(prim)
    return tuple(names) if len(names) == count else tuple(f"input {i}" for i in range(count))


def _forward_arguments(prim: Any) -> tuple[str, ...]:
    """Return what the user's own ``forward`` calls its arguments."""
    forward = getattr(getattr(prim.joint, "cls", None), "forward", None)
    code = getattr(forward, "__code__", None)
    if code is None:
        return ()
    names = code.co_varnames[: code.co_argcount]
    return tuple(names[0 if hasattr(prim.joint.cls, "setup_context") else 1 :])


def _is_array(value: Any) -> bool:
    return type(value) in XP or (type(value) in (list, tuple) and any(type(v) in XP for v in value))


def _text(prim: Primitive, argument: str, rule: Rule, facts: dict[str, Any]) -> str:
    written = by_hand(prim.name, argument, facts)
    if written is not None:
        return re.sub(r"\bdim\b", repr(facts["dim"]), written) if isinstance(facts.get("dim"), int) else written
    rule = getattr(rule, "rule", rule)  # of a rule for large arrays, the one that it stands for
    try:
        tree = expression(rule, argument)
    except Unreadable:
        return _call(rule, prim)
    for inline in (True, False):
        text = ast.unparse(_Readable(rule, facts, inline).visit(replaced(tree, {})))
        if len(text) <= WIDEST:
            return text
    return _call(rule, prim)


def _call(rule: Rule, prim: Primitive) -> str:
    """Return a rule that is not one expression as a call of it."""
    name = getattr(rule, "__name__", type(rule).__name__).strip("_")
    return f"{name if name.isidentifier() else f'{prim.name}_rule'}({', '.join(('g', *prim.needs.get(rule, ())))})"


def _conjugated(text: str) -> str:
    """Return the rule of a holomorphic function for complex numbers, as the walk applies it."""
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        return f"{text}, of conj(g), then conj"
    return f"conj({ast.unparse(replaced(tree, {'g': ast.parse('conj(g)', mode='eval').body}))})"


class _Readable(ast.NodeTransformer):
    """Rewrite a rule's expression as one reads it on paper."""

    def __init__(self, rule: Rule, facts: dict[str, Any], inline: bool) -> None:
        self.globals = rule.__globals__
        self.facts = facts
        self.inline = inline

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id.endswith("_shape"):
            return ast.Attribute(ast.Name(node.id.removesuffix("_shape")), "shape")
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id == "math":
            return ast.Name(node.attr)
        return ast.Attribute(self.visit(node.value), "T" if node.attr == "mT" else node.attr)

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        taken = self._value(node.test)
        if taken is None:
            self.generic_visit(node)
            return node
        branch: ast.expr = self.visit(node.body if taken else node.orelse)
        return branch

    def visit_Call(self, node: ast.Call) -> Any:
        helper = self._helper(node.func)
        if helper is not None and (body := self._inlined(helper, node)) is not None:
            return self.visit(body)
        node.keywords = [k for k in map(self._option, node.keywords) if k is not None]
        self.generic_visit(node)
        whole = self._value(ast.parse("g.ndim", mode="eval").body) == 0
        return _written(node, whole)

    def _helper(self, called: ast.expr) -> Any:
        """Return the function that is called, where it is one of the room's own or is looked up in a table."""
        if isinstance(called, ast.Name):
            return self.globals.get(called.id) if called.id.startswith("_") and self.inline else None
        return self._value(called) if isinstance(called, ast.Subscript) else None

    def _inlined(self, helper: Any, node: ast.Call) -> ast.expr | None:
        code = getattr(helper, "__code__", None)
        if code is None or code.co_argcount != len(node.args) or node.keywords:
            return None
        try:
            body = expression(helper)
        except Unreadable:
            return None
        return replaced(body, dict(zip(code.co_varnames[: code.co_argcount], node.args, strict=True)))

    def _option(self, keyword: ast.keyword) -> ast.keyword | None:
        """Return an option with its value where that is known; None for one that is only passed on."""
        passed = isinstance(keyword.value, ast.Name) and keyword.value.id == keyword.arg
        if passed and keyword.arg not in KEPT_OPTIONS:
            return None
        value = self._value(keyword.value)
        if isinstance(value, int | float | str | tuple):
            return ast.keyword(keyword.arg, ast.parse(repr(value), mode="eval").body)
        return keyword

    def _value(self, tree: ast.expr) -> Any:
        """Return what an expression of options and of the shape of ``g`` is worth; None where that is not known."""
        names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        room = {n: self.globals[n] for n in names - self.facts.keys() - SAFE.keys() if n in self.globals}
        if not names - bound <= {*self.facts, *SAFE, *room}:
            return None
        try:
            code = compile(ast.fix_missing_locations(ast.Expression(tree)), "rule", "eval")
            return eval(code, {"__builtins__": {}} | SAFE | room | self.facts)
        except Exception:  # what the rule does there is its own affair
            return None


def _written(call: ast.Call, whole: bool) -> ast.expr:
    """Return a call in the notation of arrays: ``a @ b``, ``x[key]``, ``where(mask, g, 0)``.

    ``whole``: whether ``g`` is a scalar, so that the dimensions along which it is expanded need not be said.
    """
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    options = {k.arg: k.value for k in call.keywords}
    if name == "matmul":
        return ast.BinOp(call.args[0], ast.MatMult(), call.args[1])
    if name == "keep":
        return ast.Call(ast.Name("where"), [call.args[1], call.args[0], ast.Constant(0)], [])
    if name == "getitem":
        return ast.Subscript(call.args[0], options.get("key", ast.Name("key")))
    if name == "spread" and "shape" in options:
        along = [k for k in call.keywords if k.arg == "dim" and not whole]
        return ast.Call(ast.Name("expand"), [call.args[0], options["shape"]], along)
    if isinstance(said := options.get("name"), ast.Constant):  # a family's member
        call.func, call.keywords = ast.Name(str(said.value)), [k for k in call.keywords if k.arg != "name"]
    if name.startswith("_"):
        call.func = ast.Name(name.strip("_"))
    shape = [k.value for k in call.keywords if k.arg == "shape"]
    call.args, call.keywords = [*call.args, *shape], [k for k in call.keywords if k.arg != "shape"]
    return call
