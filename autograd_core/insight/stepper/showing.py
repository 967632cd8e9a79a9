"""``show_backward``: a backward pass told step by step, as a textbook does where it is one of single numbers."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from autograd_core.engine.node import behind
from autograd_core.engine.tensor import Tensor
from autograd_core.insight.naming import Names, variables_of
from autograd_core.insight.stepper.step import Step
from autograd_core.insight.stepper.stepping import roots_of
from autograd_core.insight.stepper.textbook import Textbook, is_by_hand
from autograd_core.insight.stepper.values import values_of
from autograd_core.insight.stepper.visiting import steps

MAX_STEPS = 200


def show_backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    *,
    names: Any = None,
    animate: str | Path | None = None,
    digits: int = 4,
    max_steps: int | None = MAX_STEPS,
) -> None:
    """Run ``backward()`` and print what happens at each node, or make a film of it.

    A graph of single numbers is worked out as on paper: the value and the gradient of each node, then every local
    derivative times the gradient that comes in.  Of other graphs each step is printed with its rules.  It is a
    backward pass as any other: ``.grad`` of the leaves is filled, hooks run, and what rules kept is let go of unless
    ``retain_graph`` is true.

    Args:
        tensors: what is differentiated; scalars, or with a gradient each in ``grad_tensors``.
        grad_tensors: the gradients to start from; None is 1.
        retain_graph: whether the graph can be walked again.
        names: names for tensors: a dict of them, ``model.named_parameters()``, or the model.  Else those of the
            modules that ran, then the variables of the caller.
        animate: a file to write a film to, ``.gif`` or ``.html``, in place of printing; it takes Matplotlib.
        digits: how many digits numbers have.
        max_steps: print at most so many steps; the pass itself goes to its end.  None prints all.

    Raises: GraphError as ``backward`` does; ValueError for a film of another kind, or of a graph too large for one;
    ImportError where a film is asked for and Matplotlib is not installed.
    """
    roots = roots_of("show_backward", tensors, grad_tensors)
    variables = variables_of(sys._getframe(1))
    given = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    nodes = behind(node for node, _ in roots)
    named = Names([node for node, _ in roots], names, variables)
    pass_ = steps(roots, bool(retain_graph), named)
    if animate is not None:
        from autograd_core.insight.stepper.animating import film

        values = values_of(nodes, [*given, *(t for _, t in variables)])
        film(pass_, nodes, values, named, Path(animate), digits)
    elif is_by_hand(nodes):
        book = Textbook(nodes, values_of(nodes, [*given, *(t for _, t in variables)]), named, digits)
        for step in pass_:
            book.add(step)
        print("\n".join(book.text()))
    else:
        _print_steps(pass_, max_steps)


def _print_steps(pass_: Iterable[Step], limit: int | None) -> None:
    """Print each step as it happens."""
    count = 0
    for step in pass_:
        if limit is None or count < limit:
            print(step)
        count += 1
    if limit is not None and count > limit:
        print(f"... and {count - limit:,} more steps (max_steps)")
