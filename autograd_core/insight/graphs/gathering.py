"""``graph``: a computation as data, of tensors, of a module or function with examples, or of a program."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, GraphError
from autograd_core.insight.graphs import measuring
from autograd_core.insight.graphs.from_nodes import Recorded
from autograd_core.insight.graphs.from_program import program_graph
from autograd_core.insight.graphs.graph import Graph, Kind
from autograd_core.insight.graphs.overhearing import Overheard, overheard
from autograd_core.insight.naming import Names, variables_of
from autograd_core.insight.usage.measured import Measured
from autograd_core.insight.usage.profiling import Profile
from autograd_core.transforms.trees import leaves_of

__all__ = ["graph"]


def graph(
    source: Any,
    *examples: Any,
    model: Any = None,
    inputs: Mapping[str, Tensor] | None = None,
    names: Any = None,
    name: str = "",
    values: bool = False,
    gradients: bool = False,
    timed: bool = False,
) -> Graph:
    """Return what was computed on the way to ``source`` as a ``Graph``: data, with views that draw it.

        g = ag.graph(loss, model=model, gradients=True)
        g                     # a notebook shows the drawing
        print(g)              # as text; g.dot(), g.mermaid() and g.html(path) are other views

    Args:
        source: a tensor with a graph, or several; a Module or function, which runs once on ``examples``; a Program.
        examples: what to call ``source`` with.
        model: the module whose names the parameters get; by default those that ran.
        inputs: names for tensors that came from outside, with a gradient or without.  One without shows where an
            operation has kept it for its rules; of a Module with examples all show.
        names: names for other tensors: a dict, pairs, or a module.  The caller's variables follow.
        name: the title.
        values: take statistics of values: of what the rules have kept; of a Module with examples, of all.
        gradients: run the backward pass, and take statistics of every gradient.  Needs scalar results.  No ``.grad``
            changes and the graph stays whole; hooks on tensors run.
        timed: take times: of a Module with examples of the forward pass; of the backward pass where the results are
            scalar.

    Raises: GraphError for a tensor without a graph, one that a backward pass has freed where ``gradients`` are wanted,
        and a result without gradient; DTypeError for what is no tensor; RuntimeError for times while a profile runs.
    """
    if hasattr(source, "listing") and not examples:
        return program_graph(source.listing, name)
    if model is not None and not hasattr(model, "named_parameters"):
        raise DTypeError(f"graph: argument model: got {type(model).__name__}; wanted a Module")
    variables = variables_of(sys._getframe(1))
    if callable(source):
        found = _Source.of_run(source, examples, values, timed)
    else:
        found = _Source.of_tensors(source, examples)
    named = (*(inputs or {}).items(), *_pairs(names), *_pairs(model))
    roots = [tensor._node for tensor in found.outputs if tensor._node is not None]
    known = _of_module(source if model is None else model)
    known |= {name: ("input", tensor) for name, tensor in {**found.inputs, **(inputs or {})}.items()}
    of_graph = Names(roots, (*named, *found.inputs.items()), variables)
    recorded = Recorded(found.outputs, of_graph, known, found.run)
    _measure(recorded, found, values, gradients, timed)
    recorded.graph.name = name or found.name
    return recorded.graph


@dataclass
class _Source:
    """What is to be gathered: outputs, and what is known of the run that gave them."""

    name: str
    outputs: list[Tensor]
    inputs: dict[str, Tensor] = field(default_factory=dict)
    run: Overheard | None = None
    events: list[Measured] = field(default_factory=list)

    @classmethod
    def of_tensors(cls, source: Any, examples: Sequence[Any]) -> _Source:
        """Take tensors that there are."""
        if examples:
            kind = type(source).__name__
            raise DTypeError(f"graph: got examples for a {kind}; only a Module or a function can be called")
        return cls("backprop graph", outputs_of("graph: argument source", source))

    @classmethod
    def of_run(cls, function: Callable[..., Any], examples: Sequence[Any], values: bool, timed: bool) -> _Source:
        """Run ``function``, overhearing it."""
        name = getattr(function, "__name__", type(function).__name__)
        if not examples and hasattr(function, "named_modules"):
            raise DTypeError(f"graph: got a {name} without an example of its input; wanted graph(model, x)")
        with ExitStack() as stack:
            profile = stack.enter_context(Profile()) if timed else None
            run = stack.enter_context(overheard(values))
            result = function(*examples)
        outputs = [leaf for leaf in leaves_of(result) if isinstance(leaf, Tensor)]
        if not outputs:
            raise DTypeError(f"graph: {name} returned {type(result).__name__}; wanted a Tensor, or several")
        return cls(name, outputs, dict(_inputs(function, examples)), run, [] if profile is None else profile.events)


def outputs_of(place: str, source: Any) -> list[Tensor]:
    """Return the tensors of ``source``, one or several, refusing what has no graph; ``place`` begins the errors."""
    if not isinstance(source, Tensor | Iterable):
        raise DTypeError(f"{place}: got {type(source).__name__}; wanted a Tensor, or several")
    outputs = [source] if isinstance(source, Tensor) else list(source)
    if not outputs:
        raise GraphError(f"{place}: got no tensors; wanted at least one")
    for tensor in outputs:
        if not isinstance(tensor, Tensor):
            raise DTypeError(f"{place}: got {type(tensor).__name__}; wanted a Tensor")
        if tensor._node is None:
            raise GraphError(
                f"{place}: got a tensor of shape {tuple(tensor.shape)} that requires no grad, so it has no graph; "
                "wanted a result computed outside no_grad from a tensor that does"
            )
    return outputs


def _inputs(function: Callable[..., Any], examples: Sequence[Any]) -> Iterator[tuple[str, Tensor]]:
    """Yield the examples by the names of the function's parameters."""
    own = getattr(function, "forward", function)
    try:
        given = inspect.signature(own).bind(*examples).arguments
    except (TypeError, ValueError):  # no signature to be had, or the call itself will say what is wrong
        given = {f"x{i}": example for i, example in enumerate(examples)}
    for name, value in given.items():
        tensors = [leaf for leaf in leaves_of(value) if isinstance(leaf, Tensor)]
        for i, tensor in enumerate(tensors):
            yield (name if len(tensors) == 1 else f"{name}[{i}]"), tensor


def _pairs(names: Any) -> list[tuple[str, Any]]:
    """Return names as pairs: of a module, a dict, or pairs."""
    if names is None:
        return []
    if hasattr(names, "named_parameters"):
        return list(names.named_parameters())
    return list(names.items() if isinstance(names, Mapping) else names)


def _of_module(model: Any) -> dict[str, tuple[Kind, Tensor]]:
    """Return the parameters and buffers of a module, by name."""
    if not hasattr(model, "named_parameters"):
        return {}
    found: dict[str, tuple[Kind, Tensor]] = {name: ("parameter", tensor) for name, tensor in model.named_parameters()}
    return found | {name: ("buffer", tensor) for name, tensor in model.named_buffers()}


def _measure(recorded: Recorded, found: _Source, values: bool, gradients: bool, timed: bool) -> None:
    measuring.note_forward_times(recorded, found.events)
    if values:
        measuring.note_values(recorded)
    if gradients:
        measuring.note_gradients(recorded, found.outputs)
    if timed and all(tensor._node is not None and tensor._array.size == 1 for tensor in found.outputs):
        measuring.note_backward_times(recorded, found.outputs)
