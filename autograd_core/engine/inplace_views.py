"""Tensors that become a view of themselves, as by ``t_``, or whose elements move to another place in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ref

from autograd_core.backend.device import module_of
from autograd_core.engine.inplace import check_writable
from autograd_core.engine.lifted import LEVELS, refuse_lifted
from autograd_core.engine.modes import GRAD
from autograd_core.engine.node import Leaf
from autograd_core.engine.tensor import Tensor, wrap


def become(
    target: Tensor, operation: str, function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]
) -> Tensor:
    """Turn ``target`` itself into the view ``function(target, *args, **options)`` and return it.

    What it was stays behind as a hidden tensor, the base of ``target`` and of the views made from it before, so that
    writes through any of them still reach all others.

    Raises: GraphError for a leaf that requires grad, outside ``no_grad``.  Nothing is changed where it raises.
    """
    if LEVELS.get():
        refuse_lifted(operation, target)
    if GRAD.get():
        check_writable(target, operation)
    leaf = target._node if type(target._node) is Leaf else None
    hidden = wrap(target._array, None if leaf else target._node)
    hidden._view = target._view
    token = GRAD.set(True)  # the view belongs to the graph that its target is in, whatever is recorded now
    try:
        out = function(hidden, *args, **options)
    finally:
        GRAD.reset(token)
    if leaf is not None:
        target._array = out._array
        leaf.shape = out._array.shape
        return target
    _succeed(hidden, target)
    target._array, target._node, target._view = out._array, out._node, out._view
    if out._view is not None:
        _replace(out._view.base, out, target)
    return target


def _succeed(hidden: Tensor, target: Tensor) -> None:
    """Put ``hidden`` in the place of ``target``: below its base, and above the views made from it."""
    if target._view is not None:
        _replace(target._view.base, target, hidden)
    for child in [r() for r in target._children or ()]:
        if child is not None and child._view is not None:
            child._view.base = hidden
    hidden._children = [*(target._children or ()), *(hidden._children or ())]
    target._children = None


def _replace(base: Tensor, old: Tensor, new: Tensor) -> None:
    """Let ``base`` know ``new`` as its view instead of ``old``."""
    base._children = [ref(new) if r() is old else r for r in base._children or ()]


def lay_in_order(tensor: Tensor) -> bool:
    """Move the elements that ``tensor`` and its kin of views share into row-major order; return whether they moved.

    They do where an operation made them: the order in memory was its choice.  The memory of a leaf, or of an array
    that came from outside, stays as it is.
    """
    base = tensor
    while base._view is not None:
        base = base._view.base
    array = base._array
    if array.base is not None or array.flags.c_contiguous or type(base._node) is Leaf:
        return False
    base._array = array.copy()
    _look_again(base)
    return True


def _look_again(base: Tensor) -> None:
    """Let the views of ``base`` look at its present memory."""
    for child in [r() for r in base._children or ()]:
        if child is not None and child._view is not None:
            view = child._view
            child._array = view.primitive.forward(module_of(base._array), base._array, **view.meta)
            _look_again(child)
