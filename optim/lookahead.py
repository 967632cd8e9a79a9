"""Lookahead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core.backend.device import Array, module_of
from autograd_core.engine.tensor import Tensor

from .hooks import Hooked
from .memory import Layout, plain, real_view
from .optimizer import Optimizer
from .runs import in_order
from .scratch import Scratch

__all__ = ["Lookahead"]

SLOW = "slow_param"
K, ALPHA, STEPS = "lookahead_k", "lookahead_alpha", "lookahead_steps"


class Lookahead(Optimizer):
    """Lookahead: another optimiser takes ``k`` steps, then slow weights go part of the way to where it arrived.

    ``φ = φ + alpha * (p - φ)``, and the parameter begins from there: ``p = φ``.  φ begins as the parameter.

    The other optimiser keeps its state through this, as its parameters' groups keep their options; they are this
    one's too, so that a schedule may be made for either.  The state dict is the other's, with φ beside each
    parameter's state and the count of steps beside each group's options.

    Args:
        optimizer: the optimiser that takes the steps.
        k: how many.
        alpha: how far the slow weights follow, from 0 to 1.

    Raises: TypeError where ``optimizer`` is none; ValueError for options outside their range.
    Source: Zhang et al., Lookahead Optimizer: k steps forward, 1 step back, NeurIPS 2019, algorithm 1.
    """

    def __init__(self, optimizer: Optimizer, k: int = 5, alpha: float = 0.5) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        if not (isinstance(k, int) and k >= 1):
            raise ValueError(f"Invalid k value: {k}; wanted an integer of at least 1")
        if not 0.0 <= alpha <= 1.0:
            raise ValueError(f"Invalid alpha value: {alpha}; wanted one between 0 and 1")
        Hooked.__init__(self)
        self.optimizer = optimizer
        self._own = {K: k, ALPHA: alpha, STEPS: 0}
        for group in optimizer.param_groups:
            group.update(self._own)

    @property
    def param_groups(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The groups of the optimiser within."""
        return self.optimizer.param_groups

    @property
    def state(self) -> defaultdict[Tensor, dict[str, Any]]:  # type: ignore[override]
        """The state of the optimiser within, and the slow weights."""
        return self.optimizer.state

    @property
    def defaults(self) -> dict[str, Any]:  # type: ignore[override]
        """The options of the optimiser within, and this one's."""
        return {**self.optimizer.defaults, **self._own}

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters, ``{"params": ..., option: value, ...}``; missing options get the defaults."""
        self.optimizer.add_param_group(param_group)
        for name, value in self._own.items():
            param_group.setdefault(name, value)

    def layout_of(self, group: dict[str, Any]) -> Layout:
        """Return what is kept for each parameter of ``group``."""
        inner = self.optimizer.layout_of(group)
        shape_of = lambda name, shape: shape if name == SLOW else inner.shape_of(name, shape)  # noqa: E731
        return inner._replace(fills={**inner.fills, SLOW: None}, shape_of=shape_of)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Let the optimiser within take a step, and after every ``k`` of them the slow weights.

        Args:
            closure: computes the loss again and calls ``backward``.

        Returns: what ``closure`` returned; None without one.
        """
        self._note_slow()
        result = self.optimizer.step(closure)
        for group in self.param_groups:
            group[STEPS] += 1
            if group[STEPS] >= group[K]:
                group[STEPS] = 0
                with ag.set_grad_enabled(bool(group.get("differentiable"))):
                    self._follow(group)
        return result

    def _note_slow(self) -> None:
        """Let the slow weights of new parameters begin as these."""
        for group in self.param_groups:
            with ag.set_grad_enabled(bool(group.get("differentiable"))):
                for p in group["params"]:
                    if SLOW not in self.state[p]:
                        self.state[p][SLOW] = p.clone()

    def _follow(self, group: dict[str, Any]) -> None:
        for p in group["params"]:
            slow = self.state[p][SLOW]
            if group.get("differentiable") or not _follow_in_place(slow._array, p._array, group[ALPHA]):
                slow = self.state[p][SLOW] = slow + group[ALPHA] * (p - slow)
            p.copy_(slow)

    def __getstate__(self) -> dict[str, Any]:
        return {"optimizer": self.optimizer, "_own": self._own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "optimizer" in state:
            Hooked.__init__(self)
            vars(self).update(state)
        else:
            self.optimizer.__setstate__(state)

    def __repr__(self) -> str:
        return f"Lookahead of {self.optimizer!r}"


def _follow_in_place(slow: Array, fast: Array, alpha: Any) -> bool:
    """Move ``slow`` without an array on the way; say whether that was possible."""
    same = type(slow) is type(fast) and (slow.shape, slow.dtype) == (fast.shape, fast.dtype)
    if not (same and in_order(slow) and in_order(fast)):
        return False
    slow, fast, alpha = real_view(slow).reshape(-1), real_view(fast).reshape(-1), plain(alpha)
    Scratch(module_of(slow), slow.dtype, slow.size).blend(slow, 1 - alpha, alpha, fast)
    return True
