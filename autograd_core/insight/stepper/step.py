"""One step of a backward pass as data: what a node was given, what its rules had, and what they gave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import module_of
from autograd_core.engine import blame
from autograd_core.engine.node import Edge, Leaf, Node
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.insight.rules.rule_text import edge_text
from autograd_core.insight.stepper.numbers_text import number_text

WIDE = 40  # a longer formula has its value on a line of its own
Gradient = Tensor | tuple[Tensor | None, ...]  # of an operation with several outputs one each, None where none came


@dataclass(frozen=True, eq=False)
class Outgoing:
    """One gradient that a step gives: what it is, by which rule, and where it is added up."""

    argument: str  # the operation's name for the input: "a", "xs[1]"; "" where a tensor's .grad takes it
    gradient: Tensor  # as it arrives, in the shape and dtype of the input
    target: str  # the name of the node that it goes to, or "x.grad"
    node: Node  # that node
    first: bool  # whether it is the first to arrive there in this pass; else it is added
    total: Tensor  # what has come together there once the step is done
    fitted: str  # what the engine did to it on its way: "summed to (3,)", "cast to float32", or ""
    _edge: Edge = field(repr=False)  # the node that gave it, the rule, and what the rule saved

    @cached_property
    def formula(self) -> str:
        """What the rule computes: ``g * b``."""
        node, rule, args = self._edge
        return edge_text(node, self.argument, rule, args) if self.argument else "g"

    @property
    def rule(self) -> str:
        """The rule in readable form: ``grad_a = g * b``, or ``x.grad += g``."""
        if self.argument:
            return f"grad_{self.argument.replace(' ', '_')} = {self.formula}"
        return f"{self.target} {'=' if self.first else '+='} g"

    def __str__(self) -> str:
        changed = f", {self.fitted}" if self.fitted else ""
        whole = "" if self.first else f", together {number_text(self.total)}"
        went = f" -> {self.target}{whole}" if self.argument else whole
        join = "\n    =" if len(self.formula) > WIDE else " ="
        return f"  {self.rule}{join} {number_text(self.gradient)}{changed}{went}"

    @property
    def local(self) -> Tensor | None:
        """The local derivative, which the rule gives for ``g = 1``; None where the operation is not elementwise."""
        node, rule, args = self._edge
        if not getattr(node.prim, "elementwise", False) or node.dtype.kind == "c":
            return None
        one = module_of(self.gradient._array).ones(node.shape, node.dtype)
        with host.errstate(all="ignore"):
            return wrap(module_of(one).asarray(rule(one, *args)))


@dataclass(frozen=True, eq=False, repr=False)
class Step:
    """One node of the graph, visited: what came in, what its rules had, and what went out.

    Gradients are copies.  What ``saved`` holds is the graph's own memory: look at it, do not write to it.
    """

    index: int  # 0 for the first
    node: Node
    name: str  # the user's name for its tensor, or v1, v2, ... in the order of the forward pass
    incoming: Gradient
    hooked: Gradient | None  # what the tensor's hooks made of it; None where it has none
    saved: dict[str, Any]  # what the rules keep of the forward pass, by the names that they use
    outgoing: list[Outgoing]
    call: str  # the operation with the names of what it took: "mul(x, 3)"; "" for a leaf

    @property
    def operation(self) -> str:
        """The operation's name; ``accumulate_grad`` for a leaf."""
        return self.node.name

    @property
    def leaf(self) -> Tensor | None:
        """The tensor whose ``.grad`` this step adds to; None for operations."""
        return self.node.tensor_ref() if isinstance(self.node, Leaf) else None

    @property
    def line(self) -> str:
        """The line of the program that ran the operation: ``train.py:12: loss = model(x)``; "" for a leaf."""
        return "" if self.node.code is None else blame.describe(self.node.code, self.node.lasti)

    @property
    def module(self) -> str:
        """The path of the module that the operation ran in, such as ``encoder.0.attn``; "" outside any."""
        return blame.module_path(self.node.scope)

    def __repr__(self) -> str:
        return f"<Step {self._head()}>"

    def __str__(self) -> str:
        return "\n".join([self._head(), *self._given(), *map(str, self.outgoing)])

    def _head(self) -> str:
        if isinstance(self.node, Leaf):
            return f"{self.index}: {self.name}, a leaf"
        place = f" in {self.module}" if self.module else ""
        return f"{self.index}: {self.name} = {self.call}{place}    {self.line}".rstrip()

    def _given(self) -> Iterator[str]:
        yield f"  g = {gradient_text(self.incoming)}"
        if self.hooked is not None:
            yield f"  g = {gradient_text(self.hooked)}, as its hooks return it"
        arrays = {name: value for name, value in self.saved.items() if _holds_tensors(value)}
        yield from (f"  {name} = {gradient_text(value)}" for name, value in arrays.items())


def gradient_text(g: Any) -> str:
    """Return a gradient, or several, in a few words."""
    if isinstance(g, tuple | list):
        return f"({', '.join(map(gradient_text, g))})"
    return "nothing" if g is None else number_text(g)


def _holds_tensors(value: Any) -> bool:
    return isinstance(value, Tensor) or (isinstance(value, tuple | list) and any(map(_holds_tensors, value)))


