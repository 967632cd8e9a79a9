"""The backprop graph: one ``Node`` per recorded operation, one ``Leaf`` per tensor that gathers a gradient."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from types import CodeType, SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

from autograd_core.engine.versions import stamp

if TYPE_CHECKING:
    from autograd_core.engine.modes import Scope
    from autograd_core.engine.primitive import Primitive

# Where a gradient goes, the rule that gives it, and what the rule saved.
Edge = tuple[Any, Callable[..., Any], tuple[Any, ...]]


class Freed(Exception):
    """Raised by ``gone``; the walk turns it into an error that names the node."""


def gone(g: Any) -> NoReturn:
    """Stand in for a rule whose saved arrays a backward pass has let go of."""
    raise Freed


class Extra:
    """What few nodes have: hooks, a joint rule, several outputs.  A node without any takes the short path."""

    __slots__ = ("after", "conjugate", "hooks", "joint", "outputs", "retained")

    def __init__(
        self, joint: bool = False, outputs: tuple[Any, ...] | None = None, conjugate: bool = False
    ) -> None:
        """``joint``: one rule gives all gradients.  ``outputs``: the array of each differentiable output, or None.

        ``conjugate``: a rule gives ``g * f'(x)`` where the gradient is ``g * conj(f'(x))``.
        """
        self.conjugate = conjugate
        self.hooks: dict[int, Callable[..., Any]] = {}
        self.after: dict[int, Callable[..., Any]] = {}  # of a leaf: run when its .grad is complete
        self.joint = joint
        self.outputs = outputs
        self.retained: Any = None  # weak reference to a non-leaf that keeps its gradient


class Node:
    """One recorded operation: where its gradient goes, and by which rules.

    A node knows its inputs' nodes, never its output: graphs have no cycles and free themselves.
    """

    __slots__ = ("__weakref__", "code", "dtype", "edges", "extra", "lasti", "order", "prim", "scope", "shape")

    prim: Primitive
    edges: tuple[Edge, ...]
    order: int  # creation stamp, falling: inputs have larger ones
    shape: tuple[int, ...]
    dtype: Any  # the array module's dtype
    code: CodeType
    lasti: int
    scope: Scope | None
    extra: Extra | None

    @property
    def name(self) -> str:
        """The operation's name."""
        return self.prim.name

    @property
    def parents(self) -> tuple[Node, ...]:
        """The nodes that this one sends gradients to."""
        found: list[Node] = []
        for parent, _, _ in self.edges:
            found.extend(parent if type(parent) is tuple else (parent,))
        return tuple(node for node in found if node is not None)

    @property
    def freed(self) -> bool:
        """Whether a backward pass has let go of what the rules saved."""
        return any(rule is gone for _, rule, _ in self.edges)

    @property
    def next_functions(self) -> tuple[tuple[Node, int], ...]:
        """The parents in PyTorch's form."""
        return tuple((parent, 0) for parent in self.parents)

    @property
    def saved(self) -> list[Any]:
        """The arrays that the rules keep, each once."""
        kept: dict[int, Any] = {}
        for _, _, args in self.edges:
            for value in args:
                for item in value if type(value) is list else (value,):
                    if hasattr(item, "nbytes") and hasattr(item, "strides"):
                        kept[id(item)] = item
        return list(kept.values())

    def special(self) -> Extra:
        """Return this node's extra, made on first use."""
        if self.extra is None:
            self.extra = Extra()
        return self.extra

    def __repr__(self) -> str:
        return f"<{''.join(part.capitalize() for part in self.name.split('_'))}Backward0>"


ACCUMULATE: Any = SimpleNamespace(name="accumulate_grad", needs={}, keeps=False, broadcasts=False, args=())


class Leaf(Node):
    """The end of the graph at a tensor that requires grad: what arrives is added to its ``.grad``."""

    __slots__ = ("dropped", "tensor_ref")

    extra: Extra
    dropped: int | None  # the newest write when .grad was last set: tells a forgotten zero_grad

    def __init__(self, tensor: Any) -> None:
        """Make the node of ``tensor``, which is held weakly."""
        self.tensor_ref = weakref.ref(tensor)
        self.dropped = None
        self.prim = ACCUMULATE
        self.edges = ()
        self.order = stamp()
        self.shape = tensor._array.shape
        self.dtype = tensor._array.dtype
        self.code = None  # type: ignore[assignment]  # a leaf is made by no operation
        self.lasti = 0
        self.scope = None
        self.extra = Extra()

    def __repr__(self) -> str:
        return "<AccumulateGrad>"


def behind(roots: Iterable[Node]) -> list[Node]:
    """Return every node that a gradient from ``roots`` reaches, in the order of the forward pass."""
    found: dict[int, Node] = {}
    ahead = list(roots)
    while ahead:
        node = ahead.pop()
        if node.order not in found:
            found[node.order] = node
            ahead.extend(node.parents)
    return [found[order] for order in sorted(found, reverse=True)]  # stamps fall
