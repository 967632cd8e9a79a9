"""The engine's own walk, one node per step, and a note of what each rule gave."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import XP, module_of
from autograd_core.engine.fit import conj, fit
from autograd_core.engine.modes import GRAD
from autograd_core.engine.node import Edge, Leaf, Node
from autograd_core.engine.record import OUTPUT
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.engine.watched import Watched
from autograd_core.insight.naming import Names
from autograd_core.insight.rules.rule_text import argument_labels
from autograd_core.insight.stepper.calls import call_text
from autograd_core.insight.stepper.step import Outgoing, Step


def steps(roots: list[tuple[Node, Tensor]], retain: bool, names: Names) -> Generator[Step, None, None]:
    """Walk from ``roots``, giving each node once it has been visited."""
    walk = OneStep(retain)
    for node, g in roots:
        walk.deposit(node, g._array)
    roots.clear()  # what has been walked is not kept alive from here
    del node, g
    index = 0
    while len(walk.heap):
        yield _visit(walk, names, index)
        index += 1


class _OneAtATime(list[int]):
    """A heap that the walk's loop finds empty once it has taken one node."""

    ready = False

    def __bool__(self) -> bool:
        ready, self.ready = self.ready, False
        return ready


class OneStep(Watched):
    """The walk itself, of which each ``step`` runs one turn of the loop, and which notes what the rules give."""

    heap: _OneAtATime

    def __init__(self, retain: bool) -> None:
        """Make a plain walk to the leaves, with nothing pending."""
        super().__init__(retain, False, None, None)
        self.heap = _OneAtATime()
        self.arounds.insert(0, self)  # the outermost: it notes what the others make of a gradient
        self.handed: Any = None  # the gradient that the rules were given, after hooks
        self.notes: list[tuple[Node, _Noting]] = []  # what was given to whom in this step
        self.joint: list[_Joint] = []

    def step(self) -> None:
        """Visit the next node."""
        self.heap.ready, self.handed, self.notes, self.joint = True, None, [], []
        token = GRAD.set(False)
        try:
            with host.errstate(all="ignore"):
                self.run()
        finally:
            GRAD.reset(token)

    def ruled(self, node: Node, place: int, edge: Edge, saved: dict[str, Any]) -> Callable[..., Any]:
        """Return the rule of an edge, which notes what it gives."""
        note = _Noting(edge[1])
        self.notes.append((edge[0], note))
        return note

    def deposited(self, node: Node, g: Any) -> None:
        """Do nothing: the gradients of the roots are what the user gave."""

    def _special(self, node: Node, g: Any, owned: bool, edges: Any) -> tuple[Any, Any, bool]:
        noting = [(to, self._noted(rule) if type(to) is tuple else rule, args) for to, rule, args in edges]
        result = super()._special(node, g, owned, noting)
        self.handed = result[0]
        return result

    def _noted(self, rule: Any) -> _Joint:
        self.joint.append(_Joint(rule))
        return self.joint[-1]


class _Noting:
    """A rule that keeps a copy of what it gives: the walk may add to the array itself."""

    __slots__ = ("given", "rule")

    def __init__(self, rule: Any) -> None:
        self.rule = rule
        self.given: Any = None

    def __call__(self, g: Any, *saved: Any) -> Any:
        given = self.rule(g, *saved)
        self.given = _copied(given)
        return given


class _Joint:
    """A rule of several arguments that notes to which of them it gave a gradient; it is found as the rule itself."""

    __slots__ = ("gave", "rule")

    def __init__(self, rule: Any) -> None:
        self.rule = rule
        self.gave: tuple[bool, ...] = ()

    def __call__(self, g: Any, *saved: Any) -> Any:
        grads = self.rule(g, *saved)
        self.gave = tuple(grad is not None for grad in grads)
        return grads

    def __hash__(self) -> int:
        return hash(self.rule)

    def __eq__(self, other: object) -> bool:
        return other is self or other == self.rule


def _copied(g: Any) -> Any:
    """Return a gradient, or several, as tensors of their own."""
    if type(g) in (tuple, list):
        return tuple(map(_copied, g))
    if g is None or isinstance(g, Tensor):
        return g
    return wrap(module_of(g).array(g, order="C"))


# ---- one visit ----


def _visit(walk: OneStep, names: Names, index: int) -> Step:
    """Visit the node whose turn it is, and tell what happened."""
    node, g, _ = walk.pending[walk.heap[0]]
    incoming, call = _copied(g), call_text(node, names)
    if isinstance(node, Leaf):
        kept = tensor = node.tensor_ref()
        first = tensor is not None and tensor._grad is None
        walk.step()
        saved, outgoing = {}, []
    else:
        kept, first = _retaining(node), True
        saved, outgoing = _saved(node), _run_rules(walk, node, names)
    hooked = _hooked(walk, node)
    if kept is not None and kept._grad is not None:
        given, total = incoming if hooked is None else hooked, _copied(kept._grad._array)
        target, edge = f"{names.of(node)}.grad", (node, _give, ())
        outgoing.insert(0, Outgoing("", given, target, node, first, total, "", edge))
    return Step(index, node, names.of(node), incoming, hooked, saved, outgoing, call)


def _give(g: Any) -> Any:
    """Stand for the rule where a tensor's ``.grad`` takes a gradient as it is."""
    return g


def _hooked(walk: OneStep, node: Node) -> Any:
    """Return what the hooks of a tensor made of its gradient; None where it has none."""
    if node.extra is None or not node.extra.hooks:
        return None
    g = _copied(walk.handed)  # for rules of complex numbers, its conjugate
    return conj(g) if node.extra.conjugate and isinstance(g, Tensor) else g


def _retaining(node: Node) -> Tensor | None:
    """Return the tensor of an operation that keeps its gradient (``retain_grad``)."""
    reference = None if node.extra is None else node.extra.retained
    return None if reference is None else reference()


def _saved(node: Node) -> dict[str, Any]:
    """Return what the rules of a node keep, by the names that they use."""
    found: dict[str, Any] = {}
    for _, rule, args in node.edges:
        names = node.prim.needs.get(rule, ())
        found |= {name: _as_tensors(value) for name, value in zip(names, args, strict=False)}
        context = getattr(rule, "ctx", None)  # of the user's own Function
        if context is not None and context._saved:
            found["saved_tensors"] = context._saved
    order = {name: place for place, name in enumerate(node.prim.args)}
    return dict(sorted(found.items(), key=lambda item: order.get(item[0], len(order))))


def _as_tensors(value: Any) -> Any:
    """Return saved arrays as tensors on the same memory, anything else as it is."""
    if type(value) in XP:
        return wrap(value)
    return tuple(map(_as_tensors, value)) if type(value) is list else value


def _run_rules(walk: OneStep, node: Node, names: Names) -> list[Outgoing]:
    """Visit an operation, and return what its rules gave."""
    edges, labels = node.edges, argument_labels(node)
    arrived = set(_arrived(walk, node))
    walk.step()
    if node.prim is OUTPUT:  # it hands on what it has
        return [_arrival(walk, node, names, labels[0][0], edges[0], edges[0][0], _copied(walk.handed), arrived)]
    return [
        _arrival(walk, node, names, label, edge, parent, note.given, arrived)
        for (label, edge), (parent, note) in zip(_taken(walk, labels, edges), walk.notes, strict=True)
        if note.given is not None
    ]


def _arrival(
    walk: OneStep, node: Node, names: Names, label: str, edge: Edge, parent: Node, g: Tensor, arrived: set[int]
) -> Outgoing:
    """Return one gradient as it came to ``parent``; ``arrived``: the nodes that had one before."""
    fitted = g if node.prim is OUTPUT else fit(node, parent, g)
    changes = [f"summed to {tuple(parent.shape)}"] if fitted.shape != g.shape else []
    changes += [f"cast to {fitted.dtype.name}"] if fitted.dtype != g.dtype else []
    first = parent.order not in arrived
    arrived.add(parent.order)
    total = _copied(_so_far(node, walk.pending[parent.order]))
    source = (node, edge[1], edge[2])
    return Outgoing(label, fitted, names.of(parent), parent, first, total, ", ".join(changes), source)


def _taken(walk: OneStep, labels: list[tuple[str, ...]], edges: tuple[Edge, ...]) -> Iterator[tuple[str, Edge]]:
    """Yield (argument, edge) of every gradient that the walk took from the rules, in its order."""
    joint = iter(walk.joint)
    for names_of_edge, edge in zip(labels, edges, strict=True):
        if type(edge[0]) is not tuple:
            yield names_of_edge[0], edge
            continue
        for label, parent, gave in zip(names_of_edge, edge[0], next(joint).gave, strict=True):
            if parent is not None and gave:
                yield label, edge


def _arrived(walk: OneStep, node: Node) -> Iterator[int]:
    """Yield the stamps of the nodes to which gradients have come already, among those that ``node`` sends one to."""
    for parent in node.parents:
        entry = walk.pending.get(parent.order)
        if entry is not None and _so_far(node, entry) is not None:
            yield parent.order


def _so_far(node: Node, entry: list[Any]) -> Any:
    """Return what has come together for a parent of ``node``; of an output, in its place among the others."""
    return entry[1][node.edges[0][2][0]] if node.prim is OUTPUT else entry[1]
