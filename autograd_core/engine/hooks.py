"""Hooks on tensors: called with a gradient on its way, or when a leaf's ``.grad`` is complete."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import Any

from autograd_core.engine.node import Extra, Leaf
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import GraphError

numbers = itertools.count()

METHODS = ["register_hook", "register_post_accumulate_grad_hook", "retain_grad"]


class RemovableHandle:
    """What registering a hook returns; ``remove()`` takes the hook away, as does leaving it as a context."""

    def __init__(self, hooks: dict[int, Any], hook: Any, prepend: bool = False) -> None:
        """Enter ``hook`` in ``hooks``: last, or first with ``prepend``."""
        self.id = next(numbers)
        self._hooks = hooks
        later = dict(hooks) if prepend else {}
        if prepend:
            hooks.clear()
        hooks[self.id] = hook
        hooks.update(later)

    def remove(self) -> None:
        """Take the hook away; a second time does nothing."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


def _extra(tensor: Tensor, operation: str) -> Extra:
    if tensor._node is None:
        raise GraphError(f"{operation}: cannot register a hook on a tensor that doesn't require gradient")
    return tensor._node.special()


def register_hook(tensor: Tensor, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
    """Call ``hook(grad)`` when the gradient of ``tensor`` is known; a Tensor that it returns takes its place."""
    return RemovableHandle(_extra(tensor, "register_hook").hooks, hook)


def register_post_accumulate_grad_hook(tensor: Tensor, hook: Callable[[Tensor], None]) -> RemovableHandle:
    """Call ``hook(tensor)`` when the leaf's ``.grad`` is complete.  Raises: GraphError for a non-leaf."""
    if tensor._node is not None and type(tensor._node) is not Leaf:
        raise GraphError(
            "register_post_accumulate_grad_hook: post accumulate grad hooks cannot be registered on non-leaf tensors"
        )
    return RemovableHandle(_extra(tensor, "register_post_accumulate_grad_hook").after, hook)


def retain_grad(tensor: Tensor) -> None:
    """Have ``backward`` fill ``.grad`` of this non-leaf too.  Raises: GraphError where no gradient is wanted."""
    if tensor._node is None:
        raise GraphError("retain_grad: can't retain_grad on Tensor that has requires_grad=False")
    if type(tensor._node) is not Leaf:
        tensor._node.special().retained = weakref.ref(tensor)
