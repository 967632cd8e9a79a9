"""Recurrent layers as the same steps written in primitives: what their rules on tensors are made of.

A step is ``step(sums, *weights, *states)``: ``sums`` is ``w_ih @ x + b_ih`` of its rows; it returns the new states.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core.backend.shared.recurrence import steps
from autograd_core.engine.backward import gradients, start
from autograd_core.engine.lifted import Level, Lifted, recording
from autograd_core.engine.node import Leaf
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.ops.batching import joined, whole
from autograd_core.ops.contract import linear
from autograd_core.ops.shape import cat, clone

__all__ = ["examples_of_steps", "gradients_of_steps", "tangents_of_steps"]

Sizes = tuple[int, ...]
Step = Callable[..., tuple[Any, ...]]


def gradients_of_steps(
    step: Step, g: tuple[Any, ...], args: tuple[Any, ...], wants: tuple[bool, ...],
    sizes: Sizes, reverse: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """Return the gradients as functions of ``g`` and the arguments, which can be differentiated again."""
    levels = [a.level for a in args if isinstance(a, Lifted)]
    level = max(levels, key=lambda one: one.depth, default=None)
    with recording(level):
        own = [_started(a, level) if wanted else a for a, wanted in zip(args, wants, strict=True)]
        outputs = unrolled(step, own, len(g) - 1, sizes, reverse)
    pairs = [(y, u if isinstance(u, Tensor) else wrap(u)) for y, u in zip(outputs, g, strict=True) if y._node]
    roots = start([y for y, _ in pairs], [u for _, u in pairs], "backward")
    asked = [a for a, wanted in zip(own, wants, strict=True) if wanted]
    found = iter(gradients(roots, asked, retain=True, record=True))
    return tuple(next(found) if wanted else None for wanted in wants)


def _started(a: Tensor, level: Level | None) -> Tensor:
    """Return an argument on a node of its own at ``level``, behind the one that it has."""
    at = a if level is None or (isinstance(a, Lifted) and a.level is level) else level.lift(a)
    out = clone(at)
    if out._node is None:
        out._node = Leaf(out)
    return out


def tangents_of_steps(
    step: Step, t: tuple[Any, ...], args: tuple[Any, ...], n_states: int, sizes: Sizes,
    reverse: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """Return the tangents of the outputs: those of the same steps written in primitives."""
    from autograd_core.transforms.forward import jvp  # which nobody else has to load

    moving = [i for i, change in enumerate(t) if change is not None]
    function = _function_of(moving, step, args, n_states, sizes, reverse)
    return jvp(function, tuple([args[i] for i in moving]), tuple([t[i] for i in moving]))[1]


def examples_of_steps(
    call: Callable[..., Any], step: Step, n_states: int, size: int, flags: Sequence[bool],
    *args: Any, sizes: Sizes, reverse: bool = False, **options: Any,
) -> tuple[Any, ...]:  # fmt: skip
    """Return the outputs of all examples, which are more sequences where all have the same weights."""
    if any(flags[1:-n_states]):
        from autograd_core.transforms.mapping import vmap

        varying = [i for i, varies in enumerate(flags) if varies]
        function = _function_of(varying, step, args, n_states, sizes, reverse)
        return vmap(function)(*[args[i] for i in varying])
    given = list(args)
    for i in (0, *range(len(args) - n_states, len(args))):  # of each step the first sequences of all, then the second
        given[i] = joined(whole(size, args[i], flags[i]).swapaxes(0, 1))
    outputs = call(*given, sizes=tuple([size * n for n in sizes]), reverse=reverse, **options)
    return tuple([y.reshape((len(y) // size, size, y.shape[1])).swapaxes(0, 1) for y in outputs])


def _function_of(
    places: list[int], step: Step, args: Sequence[Any], n_states: int, sizes: Sizes,
    reverse: bool,
) -> Step:  # fmt: skip
    """Return the layer as a function of the arguments at ``places``, the others being as they are."""

    def function(*own: Any) -> tuple[Any, ...]:
        given = list(args)
        for i, value in zip(places, own, strict=True):
            given[i] = value
        return unrolled(step, given, n_states, sizes, reverse)

    return function


def unrolled(
    step: Step, args: Sequence[Any], n_states: int, sizes: Sizes, reverse: bool
) -> tuple[Any, ...]:
    """Return what the primitives return, computed by primitives: ``step(sums, *weights, *states)`` after step."""
    (x, w_ih, b_ih, *weights), states = args[:-n_states], args[-n_states:]
    sums, outputs = linear(x, w_ih, b_ih), []
    for rows, n in steps(sizes, reverse):
        changed = step(sums[rows], *weights, *(s[:n] for s in states))
        outputs.append(changed[0])
        states = [cat([new, old[n:]], dim=0) for new, old in zip(changed, states, strict=True)]
    return cat(outputs[::-1] if reverse else outputs, dim=0), *states
