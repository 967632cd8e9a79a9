"""Primitives: a function on arrays, and one rule per differentiable argument.

    @primitive(broadcasts=True, dtypes="promote")
    def mul(xp, a, b, /):
        return xp.multiply(a, b)

    mul.vjp(a=lambda g, b: g * b,
            b=lambda g, a: g * a)

A rule's parameter names are its save-list: ``g`` (the incoming gradient, always first), ``y`` (the output), an
argument, ``<argument>_shape``, a metadata keyword, a residual, or ``wants`` (which gradients are wanted, for joint
rules and lists).  What no rule names is not kept alive.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, overload

from autograd_core.engine.large import LARGE, Blockwise

Rule = Callable[..., Any]

PRIMITIVES: dict[str, Primitive] = {}
# rule -> the same, given first a gradient to which to add in place; it says whether it did
ADDING: dict[Rule, Callable[..., bool]] = {}
# the gradient, the output, and what the generated caller calls its own
RESERVED = frozenset({"g", "y", "xp", "out", "node", "frame", "code", "edges", "dt_"})
# what users call the arguments of elementwise functions, as in PyTorch
PUBLIC = {"x": "input", "a": "input", "b": "other"}


class Operation(Protocol):
    """What ``@primitive`` returns: a plain function that also carries its rules."""

    primitive: Primitive
    __name__: str

    def __call__(self, *arrays: Any, **meta: Any) -> Any:
        """Apply the primitive to Tensors (recorded where a gradient is wanted) or to raw arrays."""

    def vjp(self, **rules: Rule) -> None:
        """Give one reverse rule per differentiable argument."""

    def joint_vjp(self, rule: Rule) -> None:
        """Give one reverse rule that returns the gradients of all arguments, None where not wanted."""

    def jvp(self, **rules: Rule) -> None:
        """Give one forward rule per differentiable argument: its part of the output's tangent."""

    def joint_jvp(self, rule: Rule) -> None:
        """Give one forward rule that gets the tangents of all arguments, None where one does not change."""

    def batch(self, rule: Rule) -> None:
        """Give the rule for arguments with a batch dimension."""

    def residual(self, **rules: Rule) -> None:
        """Say how a residual follows from the arguments, so that it can be differentiated (second order)."""


@dataclass(eq=False)
class Primitive:
    """One entry of the table: the forward function, its grammar, and its rules."""

    forward: Callable[..., Any]
    name: str
    args: tuple[str, ...]
    meta: dict[str, Any]  # keyword -> default (inspect.Parameter.empty where there is none)
    broadcasts: bool = False
    dtypes: str = "any"
    view: bool = False
    linear: bool = False
    elementwise: bool = False
    large: int = LARGE  # elements from which an elementwise one runs by blocks
    holomorphic: bool = True
    ordered: bool = False
    names: tuple[str, ...] = ()  # what users call the arguments
    lists: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()  # names, where there are several
    fixed_outputs: tuple[str, ...] = ()  # those without gradient
    residuals: tuple[str, ...] = ()
    rules: dict[str, Rule] = field(default_factory=dict)
    large_rules: dict[str, Rule] = field(default_factory=dict)  # those of elementwise primitives, for large arrays
    joint: Rule | None = None
    needs: dict[Rule, tuple[str, ...]] = field(default_factory=dict)  # rule -> what it saves, in order
    jvps: dict[str, Rule] = field(default_factory=dict)
    joint_jvp: Rule | None = None
    batch_rule: Rule | None = None
    residual_rules: dict[str, Rule] = field(default_factory=dict)
    call: Any = None  # the generated caller
    public: Any = None  # the one that takes out=, for the public namespace; of elementwise primitives

    keeps: bool = False  # whether any rule keeps an array alive

    @property
    def gathers(self) -> bool:
        """Whether gradients of several outputs have to come together before a rule can run."""
        return len(self.outputs) - len(self.fixed_outputs) > 1

    @property
    def main_output(self) -> str:
        """The first output with a gradient, whose shape and dtype the node has."""
        return next((o for o in self.outputs if o not in self.fixed_outputs), "y")

    @property
    def source(self) -> str:
        """The generated caller, as Python text."""
        from autograd_core.engine.caller import source

        return source(self)

    def add_rules(self, rules: dict[str, Rule]) -> None:
        """Register reverse rules; refuse unknown arguments and unknown names in a save-list."""
        for arg, rule in rules.items():
            if arg not in self.args:
                raise TypeError(f"{self.name}.vjp: {arg!r} is no argument; it has {self.args}")
            self._register(arg, rule)
            if self.elementwise:
                self.large_rules[arg] = large = Blockwise(rule)
                self.needs[large] = self.needs[rule]
                ADDING[large] = large.add
        self.rules.update(rules)

    def set_joint(self, rule: Rule) -> None:
        """Register the rule that gives the gradients of all arguments at once."""
        self._register("joint", rule)
        self.joint = rule

    def _register(self, arg: str, rule: Rule) -> None:
        self.needs[rule] = names = self._save_list(arg, rule)
        self.keeps = self.keeps or not {"y", *self.args, *self.residuals, *self.outputs}.isdisjoint(names)

    def _save_list(self, arg: str, rule: Rule) -> tuple[str, ...]:
        names = tuple(inspect.signature(rule).parameters)
        known = {"y", "wants", *self.args, *self.meta, *self.residuals, *self.outputs}
        known |= {f"{a}_shape" for a in self.args} | {f"{a}_shapes" for a in self.lists}
        unknown = [n for n in names[1:] if n not in known]
        if not names or names[0] != "g" or unknown:
            raise TypeError(
                f"{self.name}.vjp: the rule for {arg!r} has parameters {names}; wanted 'g' first, then names among "
                f"{sorted(known)}"
            )
        return names[1:]


@overload
def primitive(forward: Callable[..., Any], /) -> Operation: ...
@overload
def primitive(
    *,
    broadcasts: bool = False,
    dtypes: str = "any",
    view: bool = False,
    linear: bool = False,
    elementwise: bool = False,
    large: int = LARGE,
    holomorphic: bool = True,
    ordered: bool = False,
    names: tuple[str, ...] = (),
    lists: tuple[str, ...] = (),
    constants: tuple[str, ...] = (),
    outputs: tuple[str, ...] = (),
    fixed_outputs: tuple[str, ...] = (),
    residuals: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Operation]: ...
def primitive(forward: Callable[..., Any] | None = None, /, **grammar: Any) -> Any:
    """Turn ``forward(xp, *arrays, *, **metadata)`` into a primitive of the language and enter it in the table.

    Args:
        forward: the function on arrays.
        grammar: ``broadcasts``: the engine sums a gradient back to a broadcast argument's shape.
            ``dtypes``: 'any' takes arrays as they are, and is for what moves elements without computing on them;
            'promote' brings them to their common dtype, 'float' also turns integers into the default float, 'match'
            refuses different dtypes.  These three compute in float32 on half-precision floats, and conjugate the
            rules of complex results; ``holomorphic=False`` is for rules that do that themselves, and ``ordered``
            for functions that rest on the order of numbers, which complex ones have not.
            ``view``: the result may share the first argument's memory.  ``linear``, ``elementwise``: what forward
            and batch rules follow from.  An elementwise forward and its rules are pure functions: on large arrays
            they run by blocks, as the list of ufuncs that they called the first time; ``large``: from how many
            elements, fewer than otherwise where each has several temporaries.  An elementwise primitive can
            be called with ``out=`` and by keyword: ``names``, or 'input' for x and a, 'other' for b.  ``lists``:
            arguments that are lists of arrays.
            ``constants``: arguments never differentiated nor promoted (indices, masks).  ``outputs``: names of
            several outputs, of which ``fixed_outputs`` have no gradient.  ``residuals``: names of what the forward
            returns after the output, for the rules alone.

    Raises: TypeError where the name is taken or a rule names something unknown.
    """
    if forward is None:
        return lambda function: _declare(function, **grammar)
    return _declare(forward, **grammar)


def _declare(forward: Callable[..., Any], **grammar: Any) -> Operation:
    from autograd_core.engine.caller import forget, make_caller

    name = forward.__name__
    if grammar.get("dtypes", "any") not in ("any", "promote", "float", "match"):
        raise TypeError(f"primitive {name}: dtypes={grammar['dtypes']!r}; wanted 'any', 'promote', 'float', 'match'")
    if name in PRIMITIVES:
        raise TypeError(f"primitive {name}: there is one of that name already")
    parameters = list(inspect.signature(forward).parameters.values())[1:]
    args = tuple(p.name for p in parameters if p.kind is p.POSITIONAL_ONLY)
    meta = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    if taken := RESERVED.intersection((*args, *meta)):
        raise TypeError(f"primitive {name}: {sorted(taken)} may not name an argument; reserved are {sorted(RESERVED)}")
    if grammar.get("elementwise") and not grammar.get("names"):
        grammar["names"] = tuple(PUBLIC.get(a, a) for a in args)
    prim = Primitive(forward, name, args, meta, **({"names": args} | grammar))
    PRIMITIVES[prim.name] = prim
    call = prim.call = make_caller(prim)
    prim.public = make_caller(prim, out=True) if prim.elementwise else call

    def vjp(**rules: Rule) -> None:
        prim.add_rules(rules)
        forget(prim)

    def joint_vjp(rule: Rule) -> None:
        prim.set_joint(rule)
        forget(prim)

    for caller in (call, prim.public):
        caller.primitive = prim
        caller.vjp = vjp
        caller.joint_vjp = joint_vjp
        caller.jvp = lambda **rules: prim.jvps.update(rules)
        caller.joint_jvp = lambda rule: setattr(prim, "joint_jvp", rule)
        caller.batch = lambda rule: setattr(prim, "batch_rule", rule)
        caller.residual = lambda **rules: prim.residual_rules.update(rules)
    return call
