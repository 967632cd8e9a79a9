"""What a run computes beside the graph that the engine records: on inputs, buffers and constants, or under no_grad."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter_ns as clock
from types import CodeType
from typing import TYPE_CHECKING, Any

from autograd_core.engine import blame
from autograd_core.engine.intercepting import unwatch, watch
from autograd_core.engine.modes import SCOPE, Scope
from autograd_core.engine.node import Extra
from autograd_core.engine.record import main_of
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.versions import stamp
from autograd_core.insight.graphs.graph import Stats

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive

Taken = list[tuple[Tensor, str]]  # tensors, and as which arguments


class Unrecorded:
    """An operation without a node: it has no gradient.  Its attributes are those of a node."""

    edges: tuple[Any, ...] = ()
    parents: tuple[Any, ...] = ()
    saved: tuple[Any, ...] = ()
    freed = False
    extra: Extra | None = None

    def __init__(self, prim: Primitive, outputs: list[Tensor]) -> None:
        """Note what has just run."""
        self.prim, self.name, self.order = prim, prim.name, stamp()
        self.outputs = outputs  # kept for the time of the run, so that nothing else gets their ids
        self.shape, self.dtype = outputs[0]._array.shape, outputs[0]._array.dtype
        self.code: CodeType
        self.code, self.lasti = blame.caller()
        self.scope: Scope | None = SCOPE.get()


class Overheard:
    """A run as a watcher of calls sees it: what was taken from outside the recorded graph, and each value."""

    def __init__(self, values: bool = False) -> None:
        """Begin with nothing; ``values``: whether to take statistics of every result."""
        self.values: dict[int, Stats] | None = {} if values else None  # stamp -> statistics
        self.spent: dict[int, float] = {}  # stamp -> seconds that it took to note the call
        self._taken: dict[int, Taken] = {}  # stamp -> arguments; of a recorded operation those without a node
        self._makers: dict[int, Unrecorded] = {}  # id of a tensor -> what made it

    def called(self, prim: Primitive, args: tuple[Any, ...], meta: dict[str, Any], result: Any) -> None:
        """Note a call; on raw arrays it is part of another."""
        began = clock()
        outputs = [out for out in (result if type(result) is tuple else (result,)) if isinstance(out, Tensor)]
        if not outputs or any(type(out._array).__name__ == "Outline" for out in outputs):
            return
        node = next((out._node for out in outputs if out._node is not None), None)
        made: Any = Unrecorded(prim, outputs) if node is None else main_of(node)
        taken = _tensors(prim, args)
        self._taken[made.order] = [(t, argument) for t, argument in taken if node is None or t._node is None]
        if node is None:
            self._makers.update((id(out), made) for out in outputs)
        if self.values is not None:
            self.values[made.order] = Stats.of(outputs[0]._array)
        self.spent[made.order] = (clock() - began) / 1e9

    def wrote(self, target: Tensor, operation: str) -> None:
        """Note nothing: who was written to stays what it is."""

    def taken(self, node: Any) -> Taken:
        """Return the tensors that an operation took beside those that its node knows."""
        return self._taken.get(node.order, [])

    def maker(self, tensor: Tensor) -> Unrecorded | None:
        """Return the operation that gave a tensor without a node; None for one from outside."""
        return self._makers.get(id(tensor))


def _tensors(prim: Primitive, args: tuple[Any, ...]) -> Iterator[tuple[Tensor, str]]:
    for name, value in zip(prim.args, args, strict=False):
        several = type(value) in (list, tuple)
        for i, item in enumerate(value if several else (value,)):
            if isinstance(item, Tensor):
                yield item, f"{name}[{i}]" if several else name


@contextmanager
def overheard(values: bool) -> Iterator[Overheard]:
    """Listen to what runs during the block."""
    seen = Overheard(values)
    watch(seen)
    try:
        yield seen
    finally:
        unwatch(seen)
