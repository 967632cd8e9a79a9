"""Where the nodes of a small graph stand in a picture: the forward pass from left to right, one column a level."""

from __future__ import annotations

from autograd_core.engine.node import Leaf, Node

Places = dict[int, tuple[float, float]]  # stamp -> column, and height


def places_of(nodes: list[Node]) -> Places:
    """Return where to draw ``nodes``, given in the order of the forward pass; a leaf stands before its first use."""
    columns = _columns(nodes)
    children: dict[int, list[int]] = {node.order: [] for node in nodes}
    for node in nodes:
        for parent in node.parents:
            children[parent.order].append(node.order)
    heights: dict[int, float] = {}
    for column in sorted(set(columns.values()), reverse=True):
        here = [node.order for node in nodes if columns[node.order] == column]
        wanted = {order: _mean([heights[c] for c in children[order]]) for order in here}
        for order, height in zip(sorted(here, key=wanted.__getitem__), _spread(sorted(wanted.values())), strict=True):
            heights[order] = height
    return {order: (float(column), heights[order]) for order, column in columns.items()}


def _columns(nodes: list[Node]) -> dict[int, int]:
    found: dict[int, int] = {}
    for node in nodes:
        if not isinstance(node, Leaf):
            before = [found[parent.order] for parent in node.parents if not isinstance(parent, Leaf)]
            found[node.order] = 1 + max(before, default=0)
    for node in nodes:
        for parent in node.parents:
            if isinstance(parent, Leaf):
                found[parent.order] = min(found.get(parent.order, found[node.order]), found[node.order] - 1)
    return {node.order: found.get(node.order, 0) for node in nodes}


def _mean(heights: list[float]) -> float:
    return sum(heights) / len(heights) if heights else 0.0


def _spread(wanted: list[float]) -> list[float]:
    """Return heights at least 1 apart, near those that are wanted (which rise)."""
    placed: list[float] = []
    for height in wanted:
        placed.append(max(height, placed[-1] + 1) if placed else height)
    shift = _mean([w - p for w, p in zip(wanted, placed, strict=True)])
    return [height + shift for height in placed]
