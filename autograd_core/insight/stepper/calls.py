"""Operations with what they took: ``mul(x, 3)``, or ``x * 3`` as on paper."""

from __future__ import annotations

from typing import Any

from autograd_core.engine.node import Leaf, Node
from autograd_core.engine.record import OUTPUT
from autograd_core.insight.naming import Names
from autograd_core.insight.rules.rule_text import argument_labels

SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**", "matmul": "@", "remainder": "%"}
UNKNOWN = "..."  # a constant that no rule kept


def call_text(node: Node, names: Names) -> str:
    """Return an operation with the names of what it took: ``mul(x, 3)``; "" for a leaf."""
    if isinstance(node, Leaf):
        return ""
    if node.prim is OUTPUT:
        return f"{argument_labels(node)[0][0]} of {names.of(node.parents[0])}"
    taken = operands(node, names)
    order = [a for a in node.prim.args if a not in getattr(node.prim, "lists", ())] or list(taken)
    listed = [text for label, text in taken.items() if label not in order]
    return f"{node.name}({', '.join([*listed, *(taken.get(a, UNKNOWN) for a in order)])})"


def paper_text(node: Node, names: Names) -> str:
    """Return an operation as on paper, ``x * 3``, where there is a sign for it."""
    taken = operands(node, names)
    if node.name in SIGNS:
        left, right = (taken.get(a, UNKNOWN) for a in node.prim.args)
        return f"{left} {SIGNS[node.name]} {right}"
    if node.name == "neg":
        return f"-{taken['x']}"
    return f"{taken['x']} ** 2" if node.name == "square" else call_text(node, names)


def operands(node: Node, names: Names) -> dict[str, str]:
    """Return what an operation took, by argument: the names of nodes, and the constants that its rules kept."""
    taken: dict[str, str] = {}
    numbers: dict[str, str] = {}
    for labels, (to, rule, args) in zip(argument_labels(node), node.edges, strict=True):
        parents = to if type(to) is tuple else (to,)
        taken |= {label: names.of(p) for label, p in zip(labels, parents, strict=True) if p is not None}
        kept = zip(node.prim.needs.get(rule, ()), args, strict=False)
        numbers |= {name: f"{v:.4g}" for name, v in kept if name in node.prim.args and _is_number(v)}
    return numbers | taken


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) or (getattr(value, "ndim", 1) == 0 and value.dtype.kind in "fi")
