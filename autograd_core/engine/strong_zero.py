"""``strong_zero``: a cotangent that is exactly zero stays zero, whatever a rule would multiply it by.

``0 * inf`` is NaN; so a branch that ``where`` did not take sends NaN to its argument, where its own derivative is
infinite, although nothing depends on it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from autograd_core.backend.device import XP
from autograd_core.engine.modes import _Mode
from autograd_core.engine.node import Edge, Node
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.engine.watched import unwatch, watch

__all__ = ["strong_zero"]

ACTIVE: ContextVar[bool] = ContextVar("strong_zero", default=False)


class strong_zero(_Mode):
    """Keep zeros in every backward pass inside: ``with strong_zero():``, or as a decorator.

    An elementwise operation passes on an exact zero wherever its incoming gradient is zero; any other one does where
    all of its incoming gradient is.  It holds for backward passes that run on this thread inside the context; forward
    results are as ever.
    """

    def __enter__(self) -> None:
        self._before = ACTIVE.get()
        watch(_around, innermost=True)
        ACTIVE.set(True)

    def __exit__(self, *exc: object) -> None:
        ACTIVE.set(self._before)
        unwatch(_around)


class _KeepZeros:
    """What stands around the rules."""

    def ruled(self, node: Node, place: int, edge: Edge, saved: dict[str, Any]) -> Callable[..., Any]:
        """Return the rule followed by what restores zeros."""
        rule = edge[1]
        elementwise = getattr(node.prim, "elementwise", False)

        def kept(g: Any, *args: Any) -> Any:
            grad = rule(g, *args)
            if grad is None:
                return None
            if elementwise and type(g) is not tuple and g.shape == grad.shape:
                return _zero_where_zero(g, grad)
            return _zero_as_whole(g, grad)

        return kept

    def deposited(self, node: Node, g: Any) -> None:
        """Do nothing: a root's gradient is as it is given."""


def _around() -> _KeepZeros | None:
    return _KeepZeros() if ACTIVE.get() else None


def _zero_where_zero(g: Any, grad: Any) -> Any:
    from autograd_core.ops.arithmetic import where  # what is above the engine is loaded on first use

    return where(g == 0, 0.0, grad)


def _zero_as_whole(g: Any, grad: Any) -> Any:
    """Return zeros where all of ``g``, one gradient or one per output, is zero."""
    gs = [x._array if isinstance(x, Tensor) else x for x in (g if type(g) is tuple else (g,)) if x is not None]
    raw = grad._array if isinstance(grad, Tensor) else grad
    if type(raw) not in XP or any(type(x) not in XP or x.any() for x in gs):
        return grad
    zeros = XP[type(raw)].zeros_like(raw)
    return wrap(zeros) if isinstance(grad, Tensor) else zeros
