"""Why ``.grad`` is None, zero, NaN or huge."""

from __future__ import annotations

from collections.abc import Callable

from autograd_core.engine import blame, cuts
from autograd_core.engine.bad_values import statistics
from autograd_core.engine.node import Leaf, Node
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import GraphError
from autograd_core.insight.explaining.causes import huge_sentences, suspects, zero_sentences
from autograd_core.insight.explaining.replay import first_bad, norm, replay
from autograd_core.insight.explaining.search import Names, losses_of, name_of, reaches

MOST = 3
HUGE = 1e3  # times the norm of the tensor, or as much by itself


def reasons(tensor: Tensor, loss: Tensor | None, names: Names) -> list[str]:
    """Return why the tensor's gradient is what it is."""
    node, grad = tensor._node, tensor._grad
    if node is None:
        return ["None, because the tensor requires no grad: call requires_grad_(), or see where it was cut"]
    if grad is None:
        return [f"None, because {reason}" for reason in _why_none(tensor, node, loss, names)]
    size = norm(grad._array)
    if size == 0:
        stopped = _replayed(tensor, loss, names, lambda end: zero_sentences(replay(end, tensor), tensor))
        return ["zero everywhere", *stopped]
    if size - size != 0:
        bad = statistics(grad._array)
        return [f"has {bad}", *_replayed(tensor, loss, names, lambda end: first_bad(end, tensor).splitlines())]
    if size > HUGE * max(norm(tensor._array), 1.0):
        grown = _replayed(tensor, loss, names, lambda end: huge_sentences(replay(end, tensor), tensor))
        return [f"huge: its norm is {size:.3g}", *grown]
    return [f"there, and finite: its norm is {size:.3g}"]


def _replayed(
    tensor: Tensor, loss: Tensor | None, names: Names, sentences: Callable[[Tensor], list[str]]
) -> list[str]:
    """Return what a second backward pass shows, from ``loss`` or the newest tensor whose graph was kept."""
    node = tensor._node
    assert node is not None  # it has a gradient to be explained
    ends = [loss] if loss is not None else losses_of(node)
    for end in ends:
        try:
            return sentences(end) or ["a second pass, from the same loss, does not show it"]
        except GraphError:  # freed, or no scalar
            continue
    return suspects(tensor, ends, names)


def _why_none(tensor: Tensor, node: Node, loss: Tensor | None, names: Names) -> list[str]:
    if type(node) is not Leaf:
        kept = node.extra is not None and node.extra.retained is not None
        if kept:
            return ["no backward() has come through it since retain_grad()"]
        return [
            f"it is no leaf: '{node.name}' computed it at {blame.where(node)}, and backward() fills the .grad of "
            f"leaves; call retain_grad() on it before backward()"
        ]
    if node.dropped is not None:
        return ["it had one, which was set to None: by zero_grad(), which does so by default, or by .grad = None"]
    ends = [loss] if loss is not None else losses_of(node)
    reached = [end for end in ends if end._node is not None and reaches(end._node, node)]
    if not reached:
        return _not_reached(node, loss, names)
    end = reached[0]
    assert end._node is not None  # it reaches the leaf
    if end._node.freed:
        return [f"a backward pass has gone over the graph of {name_of(end, names)}, but its gradient did not stay"]
    return [
        f"backward() has not run from {name_of(end, names)}, which depends on it: the result of "
        f"{blame.named(end._node)}"
    ]


def _not_reached(node: Node, loss: Tensor | None, names: Names) -> list[str]:
    """Return why no gradient can come to a leaf: which cut took away what it led to, as far as that is known."""
    what = "no live graph reaches it" if loss is None else f"the graph of {name_of(loss, names)} does not reach it"
    found = [cut for cut in cuts.noted() if (end := cut.node()) is not None and reaches(end, node)]
    if found:
        return [f"{what}: what it led to was cut by {cut}" for cut in found[:MOST]]
    lately = cuts.noted()
    if lately:
        return [f"{what}: perhaps it was cut off by {cut}" for cut in lately[:MOST]]
    return [f"{what}: no operation on the way to a loss took it, or no loss is held any more"]
