"""The walk: from outputs to leaves, newest node first, one rule per edge.

Nodes are stamped when they are made, and define-by-run makes inputs before outputs; so a heap on the stamp visits
them in topological order: no sort, no recursion.  A plain walk hands the rules raw arrays; with ``create_graph``
the same rules get Tensors, and what they compute is recorded.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

from autograd_core.backend.device import XP, module_of
from autograd_core.engine import failure
from autograd_core.engine.fit import cast, conj, fit
from autograd_core.engine.lifted import Lifted
from autograd_core.engine.modes import GRAD
from autograd_core.engine.node import Edge, Freed, Leaf, Node, gone
from autograd_core.engine.primitive import ADDING
from autograd_core.engine.record import OUTPUT, lift
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.engine.versions import Last, note_write, written_since
from autograd_core.errors import GraphError

Pending = dict[int, list[Any]]  # stamp -> [node, gradient so far, whether the engine made that buffer]
GATHERING = threading.Lock()  # one walk at a time adds to a leaf's .grad


class Walk:
    """One backward pass: what is pending, and what is asked of it."""

    __slots__ = ("heap", "needed", "pending", "record", "retain", "targets")

    def __init__(self, retain: bool, record: bool, targets: dict[int, Any] | None, needed: set[int] | None) -> None:
        """``targets`` (stamp -> None) take gradients instead of the leaves; only ``needed`` nodes are visited."""
        self.pending: Pending = {}
        self.heap: list[int] = []
        self.retain = retain
        self.record = record
        self.targets = targets
        self.needed = needed

    def deposit(self, node: Node, g: Any) -> None:
        """Add a root's gradient; two roots may be one node."""
        entry = self.pending.get(node.order)
        if entry is None:
            self.pending[node.order] = [node, g, False]
            heappush(self.heap, node.order)
        else:
            entry[1] = entry[1] + g

    def run(self) -> None:
        """Visit every pending node, newest first, until none is left."""
        pending, heap, record, targets, needed = self.pending, self.heap, self.record, self.targets, self.needed
        while heap:
            node, g, owned = pending.pop(heappop(heap))
            if type(node) is Leaf and targets is None and not node.extra.hooks:
                gather(node, g, owned, record)
                continue
            edges = node.edges
            if node.order > Last.order:
                check_saved(node, edges)
            if not self.retain and node.prim.keeps:
                node.edges = released(edges)
            fresh = not record  # whether an array that a rule returns is nobody else's
            args = grad = raw = None  # nothing of the last node stays alive while this one's rules run
            try:
                if node.extra is not None or (targets is not None and node.order in targets):
                    g, edges, fresh = self._special(node, g, owned, edges)
                elif record and node.prim.keeps:
                    edges = lift(node, edges)
                for parent, rule, args in edges:
                    order = parent.order
                    if needed is not None and order not in needed:
                        continue
                    entry = pending.get(order)
                    if entry is not None and entry[2] and rule in ADDING and ADDING[rule](entry[1], g, *args):
                        continue
                    if not args:
                        grad = rule(g)
                    elif len(args) == 1:  # as most rules, in 30 ns, where unpacking a tuple takes 85
                        grad = rule(g, args[0])
                    else:
                        grad = rule(g, *args)
                    if grad is None:
                        continue
                    raw = grad._array if record else grad
                    if raw.shape != parent.shape or raw.dtype is not parent.dtype:
                        grad = fit(node, parent, grad)
                    if entry is None:
                        pending[order] = [parent, grad, fresh and grad is not g and grad.base is None]
                        heappush(heap, order)
                    elif entry[2]:
                        entry[1] += grad
                    else:
                        entry[1] = entry[1] + grad
                        entry[2] = not record
            except Freed:
                raise failure.freed(node) from None
            except Exception as error:
                failure.in_rule(node, error, edges)

    def _special(self, node: Node, g: Any, owned: bool, edges: Any) -> tuple[Any, Any, bool]:
        """Do what few nodes ask for: hooks, kept gradients, several outputs, joint rules, the ends of the graph."""
        extra = node.extra
        if extra is not None:
            if extra.outputs is not None:
                g = _fill(extra.outputs, g)
            if extra.hooks:
                g, owned = _run_hooks(extra.hooks, g, self.record), False
            if extra.retained is not None and (tensor := extra.retained()) is not None:
                tensor._grad = as_tensor(g, owned=False)
        if self.targets is not None and node.order in self.targets:
            self.targets[node.order] = as_tensor(g, owned)
        if type(node) is Leaf:
            if self.targets is None:
                gather(node, g, owned, self.record)
            return g, (), False
        if node.prim is OUTPUT:
            self._hand_over(edges[0][0], edges[0][2][0], g)
            return g, (), False
        if self.record and node.prim.keeps:
            edges = lift(node, edges)
        if extra is None:
            return g, edges, not self.record
        if extra.conjugate:
            g, edges = _map(conj, g), [(parent, _conjugated(rule), args) for parent, rule, args in edges]
        if extra.joint:
            return g, _run_joint(edges, g), False
        return g, edges, not self.record

    def _hand_over(self, main: Node, index: int, g: Any) -> None:
        """Put an output's gradient into its place at the node of the primitive."""
        if self.needed is not None and main.order not in self.needed:
            return
        entry = self.pending.get(main.order)
        if entry is None:
            count = len(main.extra.outputs)  # type: ignore[union-attr, arg-type]  # a main node has outputs
            entry = self.pending[main.order] = [main, [None] * count, False]
            heappush(self.heap, main.order)
        given = entry[1][index]  # an output that a rule saved hands over beside the one the user has
        entry[1][index] = g if given is None else given + g


def released(edges: Sequence[Edge]) -> tuple[Edge, ...]:
    """Return ``edges`` without what the rules saved, but with the graph's shape."""
    if len(edges) == 1:  # one and two are written out: a loop would take 210 ns instead of 80
        return ((edges[0][0], gone, ()),)
    if len(edges) == 2:
        (first, _, _), (second, _, _) = edges
        return (first, gone, ()), (second, gone, ())
    return tuple([(parent, gone, ()) for parent, _, _ in edges])


def _map(function: Any, grads: Any) -> Any:
    """Apply a function to a gradient, or to each of several."""
    if type(grads) in (tuple, list):
        return tuple(None if g is None else function(g) for g in grads)
    return grads if grads is None else function(grads)


def _conjugated(rule: Any) -> Any:
    """Return the rule of a holomorphic function for complex numbers: PyTorch's gradient is ``g * conj(f'(x))``.

    A rule computes the bilinear ``g * f'(x)``; given ``conj(g)`` its conjugate is what is wanted, and no rule has to
    know of complex numbers.
    """
    return lambda g, *args: _map(conj, rule(g, *args))


def _give(g: Any, grad: Any) -> Any:
    """Stand for the rule of an edge whose gradient a joint rule has computed already."""
    return grad


def _run_joint(edges: Sequence[Edge], g: Any) -> list[Edge]:
    """Run rules that give several gradients at once; return one edge per gradient."""
    given: list[Edge] = []
    for parents, rule, args in edges:
        if type(parents) is not tuple:
            given.append((parents, rule, args))
            continue
        grads = rule(g, *args)
        given.extend((p, _give, (x,)) for p, x in zip(parents, grads, strict=True) if p is not None and x is not None)
    return given


def _fill(outputs: tuple[Any, ...], grads: list[Any]) -> Any:
    """Return the gradients of a primitive's differentiable outputs, zeros where none came; alone if there is one."""
    filled = []
    for blank, g in zip(outputs, grads, strict=True):
        if blank is not None:
            xp, shape, dtype = blank
            filled.append(xp.zeros(shape, dtype) if g is None and xp is not None else g)
    return filled[0] if len(filled) == 1 else tuple(filled)


def _run_hooks(hooks: dict[int, Any], g: Any, record: bool) -> Any:
    """Pass a gradient through the hooks of its tensor; what a hook returns takes its place."""
    raw = not isinstance(g, Tensor)
    value = as_tensor(g, owned=False) if raw else g
    token = GRAD.set(record)
    try:
        for hook in tuple(hooks.values()):
            replaced = hook(value)
            if replaced is not None:
                value = _checked(replaced, value)
    finally:
        GRAD.reset(token)
    return value._array if raw else value


def _checked(replaced: Any, value: Tensor) -> Tensor:
    if isinstance(replaced, Tensor) and replaced._array.shape == value._array.shape:
        return replaced
    got = failure.describe_value(replaced) if isinstance(replaced, Tensor) else type(replaced).__name__
    raise GraphError(f"hook: returned {got}; wanted None or a gradient like {failure.describe_value(value)}")


def check_saved(node: Node, edges: Sequence[Edge]) -> None:
    """Raise where an array that ``node`` saved was written in place afterwards.

    Raises: GraphError naming the operation, the argument, and both lines.
    """
    order = node.order
    for _, rule, args in edges:
        for value in args:
            kind, write = type(value), None
            if kind in XP:
                write = written_since(value, order)
            elif kind is tuple or kind is list:
                for item in value:
                    if type(item) in XP:
                        write = write or written_since(item, order)
            if write is not None:
                place = next(i for i, arg in enumerate(args) if arg is value)
                raise failure.changed(node, value, node.prim.needs[rule][place], write)


def as_tensor(g: Any, owned: bool) -> Tensor:
    """Return a gradient as a Tensor with a buffer of its own."""
    if isinstance(g, Tensor):
        return g
    if owned and type(g) in XP and g.flags.c_contiguous:
        return wrap(g)
    return wrap(module_of(g).array(g, order="C"))


def gather(leaf: Leaf, g: Any, owned: bool, record: bool) -> None:
    """Add a gradient to a leaf's ``.grad``, which is a buffer of its own, then run the leaf's hooks."""
    tensor: Tensor | None = leaf.tensor_ref()
    if tensor is None:
        return
    with GATHERING:
        before = tensor._grad
        if before is None:
            # with `record` one Tensor may be on its way to several leaves; a transform's is never written to
            shared = record and not isinstance(g, Lifted)
            tensor._grad = cast(g, dtype=g._array.dtype) if shared else as_tensor(g, owned)
        elif record or before._node is not None:
            tensor._grad = before + g if isinstance(g, Tensor) else before + wrap(g)
        else:
            array = before._array
            array += g
            note_write(array)
    if leaf.extra.after:
        for hook in tuple(leaf.extra.after.values()):
            try:
                hook(tensor)
            except Exception as error:
                failure.in_rule(leaf, error)
