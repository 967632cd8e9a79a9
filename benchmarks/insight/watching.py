"""Puts a function around every forward and rule of our primitives, and around optimisers' steps, for a while."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from autograd_core.engine.primitive import ADDING, PRIMITIVES, Primitive
from optim.hooks import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

Function = Callable[..., Any]


class Watcher(Protocol):
    """What wants to see a step."""

    def forward(self, prim: Primitive, function: Function) -> Function:
        """Return what takes the place of a forward, which gets the array module and arrays."""

    def rule(self, prim: Primitive, arg: str, function: Function) -> Function:
        """Return what takes the place of the rule for ``arg``, or of the one for ``"all"`` arguments together."""

    def before_update(self, optimizer: Any) -> None:
        """See that an optimiser begins its step."""

    def after_update(self, optimizer: Any) -> None:
        """See that an optimiser has ended its step."""


@contextlib.contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Let ``watcher`` see what happens inside.  Graphs made inside must be walked inside."""
    hooks = [
        register_optimizer_step_pre_hook(lambda optimizer, *_: watcher.before_update(optimizer)),
        register_optimizer_step_post_hook(lambda optimizer, *_: watcher.after_update(optimizer)),
    ]
    put_back = [_replace(prim, watcher) for prim in PRIMITIVES.values()]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
        for restore in put_back:
            restore()


def _replace(prim: Primitive, watcher: Watcher) -> Callable[[], None]:
    """Replace the functions of one primitive, and return what puts them back."""
    forward, rules, joint = prim.forward, prim.rules, prim.joint
    made = {rule: watcher.rule(prim, arg, rule) for arg, rule in rules.items()}
    if joint is not None:
        made[joint] = watcher.rule(prim, "all", joint)
    for rule, replaced in made.items():
        prim.needs[replaced] = prim.needs[rule]
        if rule in ADDING:
            ADDING[replaced] = watcher.rule(prim, "all", ADDING[rule])
    new_rules = {arg: made[rule] for arg, rule in rules.items()}
    _tell(prim, watcher.forward(prim, forward), new_rules, made.get(joint) if joint else None)

    def restore() -> None:
        for replaced in made.values():
            del prim.needs[replaced]
            ADDING.pop(replaced, None)
        _tell(prim, forward, rules, joint)

    return restore


def _tell(prim: Primitive, forward: Function, rules: dict[str, Function], joint: Function | None) -> None:
    """Give a primitive its functions; the generated callers look them up in spaces of their own."""
    prim.forward, prim.rules, prim.joint = forward, rules, joint
    for caller in (prim.call, prim.public):
        caller.__globals__.update({f"rule_{arg}": rule for arg, rule in rules.items()}, forward=forward)
        caller.__globals__["joint_rule"] = joint
