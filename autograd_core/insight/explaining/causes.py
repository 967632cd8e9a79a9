"""What a second backward pass shows: where the gradient became zero, bad or large."""

from __future__ import annotations

from typing import Any

from autograd_core.backend.device import XP
from autograd_core.engine import bad_values, blame
from autograd_core.engine.node import Leaf, Node, behind
from autograd_core.engine.record import OUTPUT
from autograd_core.engine.tensor import Tensor
from autograd_core.insight.explaining.replay import Passed, norm
from autograd_core.insight.explaining.search import Names, name_of

MOST = 3
STOPS = {
    "relu": "every input of it was below 0: a dead relu",
    "leaky_relu": "its slope is 0",
    "clamp": "every input of it was outside the bounds",
    "where": "the branch was taken nowhere",
    "keep": "the mask is False everywhere",
    "maximum": "the other argument was the larger one everywhere",
    "minimum": "the other argument was the smaller one everywhere",
    "getitem": "the gradient of what was picked is zero",
    "tanh": "it is saturated: its derivative is 0 to the last digit",
    "sigmoid": "it is saturated: its derivative is 0 to the last digit",
    "softmax": "it is saturated: its derivative is 0 to the last digit",
    "sign": "its derivative is 0 everywhere",
    "whole": "its derivative is 0 everywhere: it rounds",
    "round": "its derivative is 0 everywhere",
}


def zero_sentences(passed: list[Passed], tensor: Tensor) -> list[str]:
    """Return at which operations on the way to the tensor a gradient that was not zero became zero."""
    on_way = _on_way(passed, tensor)
    stopped = [p for p in on_way if p.before != 0 and p.after == 0]
    if not stopped and on_way and on_way[0].before == 0:
        return ["the gradient that backward() started with is zero"]
    return [f"it became zero in {blame.named(p.node)}: {_stop(p)}" for p in stopped[:MOST]]


def _stop(passed: Passed) -> str:
    zeros = [n for n, a in passed.saved.items() if bad_values.is_float(a) and not a.any()]
    if passed.node.name in STOPS:
        return STOPS[passed.node.name]
    if zeros:
        return f"it multiplies by its saved {' and '.join(map(repr, zeros))}, which is zero everywhere (zero weights?)"
    numbers = [n for n, v in passed.saved.items() if type(v) in (int, float) and v == 0]
    return f"it multiplies by {numbers[0]} = 0" if numbers else "its derivative is zero where the gradient is not"


def huge_sentences(passed: list[Passed], tensor: Tensor) -> list[str]:
    """Return which operations on the way to the tensor made its gradient grow the most."""
    grown = [(p.after / p.before, p) for p in _on_way(passed, tensor) if p.before > 0 and p.after > p.before]
    grown.sort(key=lambda pair: -pair[0])
    return [
        f"{blame.named(p.node)}, makes it {factor:.3g} times as large{_by(p)}"
        for factor, p in grown[:MOST]
    ]


def _by(passed: Passed) -> str:
    norms = {n: norm(a) for n, a in passed.saved.items() if type(a) in XP}
    return f" (norm of saved {max(norms, key=norms.__getitem__)}: {max(norms.values()):.3g})" if norms else ""


def _on_way(passed: list[Passed], tensor: Tensor) -> list[Passed]:
    """Return what was passed on to nodes that lead to the tensor."""
    node: Any = tensor._node
    known = {id(node)}
    found: list[Passed] = []
    for p in reversed(passed):
        if id(p.parent) in known:
            known |= {id(p.node), *(id(m) for m in _outputs(p.node, passed))}
            found.append(p)
    return found[::-1]


def _outputs(main: Node, passed: list[Passed]) -> list[Node]:
    """Return the nodes that stand for outputs of an operation with several."""
    return [p.parent for p in passed if p.parent.prim is OUTPUT and main in p.parent.parents]


def suspects(tensor: Tensor, losses: list[Tensor], names: Names) -> list[str]:
    """Return what may be the cause, from the shape of a graph whose saved arrays are gone, and from its leaves."""
    said = ["its graph was freed; call backward(retain_graph=True), then ask again, to be told where"]
    nodes = behind([end._node for end in losses[:1] if end._node is not None])
    for node in nodes:
        leaf = node.tensor_ref() if isinstance(node, Leaf) else None
        if leaf is not None and leaf is not tensor and (what := _oddity(leaf._array)):
            said.append(f"{name_of(leaf, names)} {what}")
    stops = {node.name: node for node in nodes if node.name in STOPS}
    return said + [f"{blame.named(n)}, can stop a gradient" for n in list(stops.values())[:MOST]]


def _oddity(array: Any) -> str:
    if not bad_values.all_finite(array):
        return f"holds {bad_values.statistics(array)}"
    return "" if array.any() else "is zero everywhere"
