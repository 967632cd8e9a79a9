"""The local derivative as one reads it: the rule for ``g = 1``, with the names of what the operation took."""

from __future__ import annotations

import ast

from autograd_core.insight.rules.rule_source import replaced


def local_text(formula: str, names: dict[str, str]) -> str:
    """Return ``cos(x)`` of ``-g * sin(a)`` and the like; "" where the formula is told in words.

    ``names``: what stands for an argument in the user's program, or for ``y``.
    """
    try:
        tree = ast.parse(formula, mode="eval").body
    except SyntaxError:
        return ""
    known = {argument: _number(name) or ast.Name(name) for argument, name in names.items()}
    return ast.unparse(_Simpler().visit(replaced(tree, known | {"g": ast.Constant(1)})))


def _number(text: str) -> ast.expr | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return ast.Constant(int(value) if value.is_integer() else value)


class _Simpler(ast.NodeTransformer):
    """Leave out factors of 1, and take numbers from each other."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        left, right = node.left, node.right
        if isinstance(node.op, ast.Mult) and _is_one(left):
            return right
        if isinstance(node.op, ast.Mult | ast.Div | ast.Pow) and _is_one(right):
            return left
        if isinstance(node.op, ast.Sub) and isinstance(left, ast.Constant) and isinstance(right, ast.Constant):
            return ast.Constant(left.value - right.value)  # type: ignore[operator]  # numbers, in a formula
        if isinstance(node.op, ast.Mult) and isinstance(left, ast.UnaryOp) and _is_one(left.operand):
            return ast.UnaryOp(left.op, right)
        return node


def _is_one(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Constant) and tree.value == 1
