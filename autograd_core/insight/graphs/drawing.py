"""``draw``: the backprop graph as a picture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_core.engine.tensor import Tensor
from autograd_core.insight.graphs.from_nodes import Recorded
from autograd_core.insight.graphs.gathering import outputs_of
from autograd_core.insight.graphs.graph import MAX_NODES
from autograd_core.insight.naming import Names
from autograd_core.insight.render import Drawing


def draw(
    output: Tensor | Iterable[Tensor],
    params: Any = None,
    *,
    name: str = "backprop graph",
    direction: str = "TB",
    max_nodes: int | None = MAX_NODES,
) -> Drawing:
    """Return the backprop graph of ``output``, unfolded, as a ``graphviz.Digraph``: in a notebook it shows itself.

    Arrows follow the values of the forward pass; gradients take the same way back.  Operations stand in boxes, one
    for each call of a module; tensors that gather a gradient have square corners.  Hover over an operation for the
    bytes it keeps for backward and the line that ran it.  ``ag.graph`` gives the same as data, folded and measured.

    Args:
        output: A tensor, or several, with a graph.
        params: Names for tensors: a dict of them, ``model.named_parameters()``, or the model.  None takes the
            names from the modules that the graph ran through.
        name: The title.
        direction: ``"TB"`` from top to bottom, ``"LR"`` from left to right, as on a slide.
        max_nodes: Draw at most this many operations, those nearest the output; None draws all.

    Raises: GraphError where there is no graph; DTypeError for a name's value that is no tensor; ValueError for
    another direction or a cap below 1.
    """
    outputs = outputs_of("draw: argument output", output)
    roots = [tensor._node for tensor in outputs if tensor._node is not None]
    graph = Recorded(outputs, Names(roots, params), {}).graph
    graph.name = name
    return graph.dot(depth=None, repeats=False, direction=direction, max_nodes=max_nodes)
