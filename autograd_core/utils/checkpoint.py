"""Checkpointing: parts of a network whose intermediate results are computed again on the way back instead of kept.

A part becomes one node, whose rule runs the function again on the same arguments and pulls the gradient back through
that run, up to the tensors outside that it used: its arguments, and parameters that it reaches in any other way.
Source: Chen et al., Training deep nets with sublinear memory cost (2016).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any
from weakref import ref

from autograd_core.engine.backward import run
from autograd_core.engine.failure import changed
from autograd_core.engine.lifted import Lifted
from autograd_core.engine.modes import GRAD, enable_grad
from autograd_core.engine.node import Extra, Node
from autograd_core.engine.record import blank, make_node, output_node
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.engine.versions import stamp, written_since
from autograd_core.engine.walk import Walk, as_tensor
from autograd_core.errors import GraphError
from autograd_core.randomness.generators import get_rng_state, set_rng_state
from autograd_core.randomness.state import fork_rng
from autograd_core.transforms.trees import flatten

__all__ = ["CheckpointError", "checkpoint", "checkpoint_sequential", "noop_context_fn", "set_checkpoint_early_stop"]

Contexts = tuple[AbstractContextManager[Any], AbstractContextManager[Any]]


class CheckpointError(GraphError):
    """A function that did something else when it was run again."""


def noop_context_fn() -> Contexts:
    """Return two contexts that do nothing."""
    return nullcontext(), nullcontext()


@contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Do nothing: PyTorch says here whether a second run may stop early, and it always goes to its end."""
    yield


def checkpoint(
    function: Callable[..., Any], *args: Any, use_reentrant: bool | None = None,
    context_fn: Callable[[], Contexts] = noop_context_fn, determinism_check: str = "default", debug: bool = False,
    early_stop: bool = True, preserve_rng_state: bool = True, **kwargs: Any,
) -> Any:  # fmt: skip
    """Return ``function(*args, **kwargs)``, keeping of it only the arguments; it runs again in the backward pass.

    Args:
        function: has to do the same both times; takes and returns tensors, in nests or among anything else.
        args: its arguments.
        use_reentrant: both ways are one here, and give gradients to everything used; True asks, as in PyTorch, that
            an argument requires grad, and takes no keyword arguments.
        context_fn: returns two contexts, for the first run and for the second.
        determinism_check: 'default' compares the shapes and dtypes of the two runs, 'none' does not.
        debug: accepted; what differs is said in any case.
        early_stop: accepted; the second run always goes to its end.
        preserve_rng_state: draw the same random numbers in the second run: the same dropout.
        kwargs: its keyword arguments.

    Raises: GraphError, in the backward pass, where an argument was written in the meantime; CheckpointError, a
        GraphError too, where the second run differs from the first; both name the line of the call.
    """
    if determinism_check not in ("default", "none"):
        raise ValueError(f"checkpoint: determinism_check should be one of ['default', 'none'], got {determinism_check}")
    if use_reentrant:
        _check_reentrant(args, kwargs, context_fn, debug)
    first, second = context_fn()
    part = _Part(function, args, kwargs, second, preserve_rng_state, determinism_check == "default")
    unused = use_reentrant and not any(isinstance(a, Tensor) and a.requires_grad for a in args)
    begin = stamp()
    token = GRAD.set(GRAD.get() and not unused)
    try:
        with first:
            result = function(*args, **kwargs)
    finally:
        GRAD.reset(token)
    return part.shortened(result, begin)


def _check_reentrant(args: Sequence[Any], kwargs: dict[str, Any], context_fn: Any, debug: bool) -> None:
    if kwargs:
        raise ValueError(f"checkpoint: Unexpected keyword arguments: {','.join(kwargs)}")
    if context_fn is not noop_context_fn or debug:
        raise ValueError(
            "checkpoint: Passing `context_fn` or `debug` is only supported when use_reentrant=False."
        )
    if not any(isinstance(a, Tensor) and a.requires_grad for a in args):
        warnings.warn(
            "checkpoint: None of the inputs have requires_grad=True. Gradients will be None", stacklevel=3
        )


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, *, preserve_rng_state: bool = True
) -> Any:
    """Run functions one after the other, in ``segments`` parts of which all but the last are checkpointed.

    Args:
        functions: an ``nn.Sequential``, or a list of modules or functions.
        segments: how many parts; about the square root of the number of functions needs least memory.
        input: the first one's argument.
        use_reentrant: as for ``checkpoint``.
        preserve_rng_state: as for ``checkpoint``.

    Raises: ValueError where there are more parts than functions, or none.
    """
    steps = list(functions.children()) if hasattr(functions, "children") else list(functions)
    if not 1 <= segments <= len(steps):
        raise ValueError(f"checkpoint_sequential: segments is {segments}; wanted 1 to {len(steps)}")
    size = len(steps) // segments

    def chain(part: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
        def forward(value: Any) -> Any:
            for step in part:
                value = step(value)
            return value

        return forward

    for start in range(0, size * (segments - 1), size):
        part = chain(steps[start : start + size])
        input = checkpoint(part, input, use_reentrant=use_reentrant, preserve_rng_state=preserve_rng_state)
    return chain(steps[size * (segments - 1) :])(input)


class _Part:
    """A function with its arguments, which stands in the graph for all that it did."""

    def __init__(
        self, function: Callable[..., Any], args: Any, kwargs: Any, context: Any, preserve: bool, checked: bool
    ) -> None:
        self.function, self.args, self.kwargs, self.context = function, args, kwargs, context
        self.preserve, self.checked = preserve, checked
        self.random_state = get_rng_state() if preserve else None

    def shortened(self, result: Any, begin: int) -> Any:
        """Return a result on one node in the place of those made since ``begin``."""
        leaves, build = flatten(result)
        if any(isinstance(y, Lifted) for y in leaves):
            raise GraphError("checkpoint: inside vmap, jvp and tracing it is not offered; call the function itself")
        made = [_made_since(y, begin) for y in leaves]
        ys = [y for y, new in zip(leaves, made, strict=True) if new]
        _, self.border = _graph([y._node for y in ys], begin)
        if not self.border:
            return result
        self.outlines = [(y._array.shape, y._array.dtype) for y in ys]
        node = self._node(ys)
        numbered = iter(range(len(ys)))
        return build([self._linked(y, node, next(numbered)) if new else y for y, new in zip(leaves, made, strict=True)])

    def _node(self, ys: list[Any]) -> Node:
        prim = SimpleNamespace(
            name="checkpoint", needs={}, keeps=True, broadcasts=True, args=(), names=(), lists=(), joint=self.pull,
            outputs=(), residuals=(),
        )  # fmt: skip
        blanks = tuple([blank(y._array) for y in ys])
        edges = ((tuple(self.border), self.pull, ()),)
        node = make_node(prim, edges, ys[0]._array.shape, ys[0]._array.dtype, Extra(joint=True, outputs=blanks))
        self.node = ref(node)  # the node holds the part
        return node

    @staticmethod
    def _linked(y: Tensor, node: Node, index: int) -> Tensor:
        return wrap(y._array, output_node(node, index, y._array.shape, y._array.dtype))

    def pull(self, g: Any) -> tuple[Any, ...]:
        """Return the gradients at the border, for those of the outputs: the rule of the node."""
        gs = g if isinstance(g, tuple) else (g,)
        raw = not any(isinstance(x, Tensor) for x in gs)
        ys, begin = self._again()
        inside, border = _graph([y._node for y in ys], begin)
        targets: dict[int, Any] = {p.order: None for p in self.border}
        if any(p.order not in targets for p in border):
            self._differs("it used other tensors that require grad than before")
        roots = [(y._node, as_tensor(x, owned=False)) for y, x in zip(ys, gs, strict=True)]
        run(roots, True, not raw, targets, inside | set(targets), _UpToTargets)
        found = [targets[p.order] for p in self.border]
        return tuple([x._array if raw and x is not None else x for x in found])

    def _again(self) -> tuple[list[Any], int]:
        """Run the function again; return its outputs that are differentiated, and the stamp of its beginning."""
        self._check_arguments()
        with fork_rng(enabled=self.preserve), enable_grad(), self.context:
            if self.random_state is not None:
                set_rng_state(self.random_state)
            begin = stamp()
            leaves, _ = flatten(self.function(*self.args, **self.kwargs))
        ys = [y for y in leaves if _made_since(y, begin)]
        outlines = [(y._array.shape, y._array.dtype) for y in ys]
        if len(ys) != len(self.outlines) or (self.checked and outlines != self.outlines):
            self._differs(f"its outputs have shapes and dtypes {outlines}; wanted those of the first, {self.outlines}")
        return ys, begin

    def _check_arguments(self) -> None:
        node = self.node()
        assert node is not None  # it is being visited
        for value in flatten((self.args, self.kwargs))[0]:
            if isinstance(value, Tensor) and (write := written_since(value._array, node.order)) is not None:
                raise changed(node, value._array, "argument", write)

    def _differs(self, what: str) -> None:
        raise CheckpointError(f"checkpoint: the second run of the function differs from the first: {what}")


class _UpToTargets(Walk):
    """A walk that ends where it finds its targets, whose own graph another walk visits."""

    def _special(self, node: Node, g: Any, owned: bool, edges: Any) -> tuple[Any, Any, bool]:
        assert self.targets is not None  # a part's border
        if node.order in self.targets:
            self.targets[node.order] = as_tensor(g, owned)
            return g, (), False
        return super()._special(node, g, owned, edges)


def _made_since(y: Any, begin: int) -> bool:
    """Whether a node of a tensor was made after the stamp ``begin``: stamps fall."""
    return isinstance(y, Tensor) and y._node is not None and y._node.order < begin


def _graph(roots: list[Any], begin: int) -> tuple[set[int], list[Node]]:
    """Return the stamps of the nodes made since ``begin`` that lead to ``roots``, and the older nodes they lead to."""
    inside: set[int] = set()
    border: dict[int, Node] = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.order > begin:
            border[node.order] = node
        elif node.order not in inside:
            inside.add(node.order)
            stack.extend(node.parents)
    return inside, list(border.values())
