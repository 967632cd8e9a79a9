"""``backward_steps``: the backward pass one node at a time, with everything that a node is given and gives."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from typing import Any

from autograd_core.engine.backward import start
from autograd_core.engine.lifted import Lifted
from autograd_core.engine.node import Node
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import GraphError
from autograd_core.insight.naming import Names, variables_of
from autograd_core.insight.stepper.step import Step
from autograd_core.insight.stepper.visiting import steps


def backward_steps(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    *,
    names: Any = None,
) -> Generator[Step, None, None]:
    """Run ``backward()`` one node at a time: ``for step in ag.backward_steps(loss): print(step)``.

    Each ``next`` visits one node, in the order in which ``backward()`` does, and gives what happened there.  After
    the last, every ``.grad`` is what ``backward()`` leaves, bit for bit.  A loop that is left early leaves a backward
    pass half done: leaves that were reached have their share, nothing was added to the others, and the nodes that
    were visited have let go of what they saved unless ``retain_graph`` is true.

    Args:
        tensors: what is differentiated; scalars, or with a gradient each in ``grad_tensors``.
        grad_tensors: the gradients to start from; None is 1.
        retain_graph: whether the graph can be walked again.
        create_graph: not offered here.
        names: names for tensors: a dict of them, ``model.named_parameters()``, or the model.  Else those of the
            modules that ran, then the variables of the caller.

    Raises: GraphError for ``create_graph=True``, inside a function transform, and as ``backward`` does.
    """
    roots = roots_of("backward_steps", tensors, grad_tensors, create_graph)
    named = Names([node for node, _ in roots], names, variables_of(sys._getframe(1)))
    return steps(roots, bool(retain_graph), named)


def roots_of(operation: str, tensors: Any, grads: Any, create_graph: bool = False) -> list[tuple[Node, Tensor]]:
    """Return where a walk by steps starts; refuse what cannot be walked so."""
    if create_graph:
        raise GraphError(
            f"{operation}: got create_graph=True; a pass by steps is not recorded. Call backward(create_graph=True), "
            f"or step through the backward of ag.autograd.grad(..., create_graph=True)"
        )
    outputs = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    given = [grads] if isinstance(grads, Tensor) else [None] * len(outputs) if grads is None else list(grads)
    if len(given) != len(outputs):
        raise GraphError(f"{operation}: got {len(outputs)} tensors and {len(given)} gradients")
    roots = start(outputs, given, operation)
    if any(isinstance(g, Lifted) for _, g in roots):
        raise GraphError(f"{operation}: the tensor belongs to a running vmap or jvp; step outside the transform")
    return roots
