"""Where a reverse pass begins and ends at a level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.backend.device import module_of
from autograd_core.engine.lifted import Level, Lifted
from autograd_core.engine.node import Leaf
from autograd_core.engine.tensor import Tensor, wrap

__all__ = ["bare", "deepest", "leaf", "on_graph", "own_node", "without_nodes", "zeros_like"]


def deepest(values: Sequence[Any]) -> Level | None:
    """Return the deepest level of these tensors; None for plain ones."""
    found: Level | None = None
    for v in values:
        for item in v if type(v) is list else (v,):
            if isinstance(item, Lifted) and (found is None or item.level.depth > found.depth):
                found = item.level
    return found


def leaf(level: Level | None, value: Tensor) -> Tensor:
    """Return ``value`` as the beginning of a graph at ``level``; None: outside every transform."""
    out = wrap(value._array) if level is None else level.lift(value).bare()
    out._node = Leaf(out)
    return out


def bare(value: Tensor) -> Tensor:
    """Return the same value without a node at its own level."""
    return value.bare() if isinstance(value, Lifted) else wrap(value._array)


def without_nodes(y: Tensor) -> Tensor:
    """Return the same value, with its tangents, outside every graph."""
    return y.over(without_nodes).without_graph() if isinstance(y, Lifted) else wrap(y._array)


def own_node(value: Tensor, level: Level | None) -> Any:
    """Return the node that ``value`` has at ``level``."""
    held = value.level if isinstance(value, Lifted) else None
    return value._node if held is level else None


def on_graph(value: Tensor, level: Level | None) -> bool:
    """Whether ``value``, or what it stands for, has a node at ``level``."""
    if isinstance(value, Lifted) and value.level is not level:
        return any(on_graph(part, level) for part in value.held())
    return own_node(value, level) is not None


def zeros_like(x: Tensor) -> Tensor:
    """Return zeros of a tensor's shape, dtype and device."""
    array = x._array
    return wrap(module_of(array).zeros(array.shape, array.dtype))
