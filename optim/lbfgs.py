"""L-BFGS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core.backend.device import module_of
from autograd_core.engine.tensor import Tensor

from .checks import check_lr
from .line_search import Point, strong_wolfe
from .memory import State
from .optimizer import Optimizer, ParamsT
from .scratch import Scratch

__all__ = ["LBFGS"]

MEMORY = ("d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad", "prev_loss")


class LBFGS(Optimizer):
    """L-BFGS: a quasi-Newton method, which learns the curvature from the last steps and their changes of gradient.

    ``p = p + t d`` with ``d = -H g``, where H is the inverse Hessian that BFGS's update makes of the last
    ``history_size`` pairs ``s = t d``, ``y = g - g_before``, beginning as ``(y·s / y·y) I``.  One call of ``step``
    makes up to ``max_iter`` such steps, and asks ``closure`` for losses and gradients.

    Args:
        params: parameters or named parameters, all on one device; one group only.
        lr: t, or with a line search the first t that is tried; a number or a Tensor of one element.
        max_iter: the most steps in one call.
        max_eval: the most calls of the closure in one call, by default ``max_iter * 5 // 4``.
        tolerance_grad: the largest element of the gradient at which there is nothing more to do.
        tolerance_change: the change of loss or parameters below which a call ends.
        history_size: how many pairs are kept.
        line_search_fn: None or "strong_wolfe", which looks for a t that meets the strong Wolfe conditions.

    The state is that of the first parameter, as in PyTorch.

    Raises: ValueError for options outside their range, or several groups; RuntimeError in the step for another
        ``line_search_fn``.
    Source: Nocedal and Wright, Numerical Optimization, 2nd edition, algorithms 7.4 and 7.5; PyTorch's limits.
    """

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1, max_iter: int = 20, max_eval: int | None = None,
        tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9, history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:  # fmt: skip
        check_lr(lr)
        defaults = {
            "lr": lr, "max_iter": max_iter, "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change, "history_size": history_size,
            "line_search_fn": line_search_fn,
        }  # fmt: skip
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add the one group that there may be.

        Raises: ValueError for another, or one with a penalty.
        """
        if param_group.get("l1_penalty") or param_group.get("l2_penalty"):
            raise ValueError(
                "LBFGS: the group has a penalty, which the line search would not see; add optim.penalty(...) "
                "to the loss in the closure instead"
            )
        if self.param_groups:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        super().add_param_group(param_group)

    @property
    def _params(self) -> list[Tensor]:
        members: list[Tensor] = self.param_groups[0]["params"]
        return members

    @ag.no_grad()
    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Make up to ``max_iter`` steps.

        Args:
            closure: clears the gradients, computes the loss and calls ``backward``; called with recording on.

        Returns: what the first call of ``closure`` returned.
        """
        group, state = self.param_groups[0], self.state[self._params[0]]
        memory = {name: state[name] for name in MEMORY if name in state}
        closure = ag.enable_grad()(closure)
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first = closure()
        loss, g, evaluations = float(first), self._gradient(), 1
        state["func_evals"] += 1
        finished = bool(g.abs().max() <= group["tolerance_grad"])
        for iteration in range(0 if finished else group["max_iter"]):
            before, last = loss, iteration + 1 == group["max_iter"]
            start = self._aim(memory, loss, g)
            if start.slope > -group["tolerance_change"]:
                break
            loss, g, calls = self._move(closure, memory, start, group["max_eval"] - evaluations, last)
            evaluations += calls
            state["func_evals"] += calls
            if (
                last
                or evaluations >= group["max_eval"]
                or g.abs().max() <= group["tolerance_grad"]
                or (memory["d"] * memory["t"]).abs().max() <= group["tolerance_change"]
                or abs(loss - before) < group["tolerance_change"]
            ):
                break
        state |= memory
        return first

    def _aim(self, memory: State, loss: float, g: Tensor) -> Point:
        """Choose a direction; return where it begins, with the first t to try."""
        group, state = self.param_groups[0], self.state[self._params[0]]
        t, size = group["lr"], group["history_size"]
        t = t.reshape(()) if isinstance(t, Tensor) else t
        state["n_iter"] += 1
        if state["n_iter"] == 1:
            memory |= {"d": -g, "t": t, "old_dirs": [], "old_stps": [], "ro": [], "H_diag": 1}
            t = min(1.0, 1.0 / g.abs().sum()) * t
        else:
            remember(memory, g, size)
            memory["d"] = towards_minimum(memory, g, state.setdefault("al", [None] * size))
        memory |= {"t": t, "prev_flat_grad": g.clone(), "prev_loss": loss}
        return Point(t, loss, g, g.dot(memory["d"]))

    def _move(
        self, closure: Callable[[], Any], memory: State, start: Point, most: int, last: bool
    ) -> tuple[float, Tensor, int]:
        """Move along the direction; return the loss and the gradient there, and how often the closure was called."""
        d, search = memory["d"], self.param_groups[0]["line_search_fn"]
        if search is None:
            self._add(start.t, d)
            if last:  # nobody will ask for the loss there
                return start.loss, start.g, 0
            return float(closure()), self._gradient(), 1
        if search != "strong_wolfe":
            raise RuntimeError("only 'strong_wolfe' is supported")
        values = [p.clone() for p in self._params]

        def at(t: Any) -> Point:
            self._add(t, d)
            loss, g = float(closure()), self._gradient()
            for p, value in zip(self._params, values):
                p.copy_(value)
            return Point(t, loss, g, g.dot(d))

        found, calls = strong_wolfe(at, start, d.abs().max(), most)
        memory["t"] = found.t
        self._add(found.t, d)
        return found.loss, found.g, calls

    def _gradient(self) -> Tensor:
        """Return all gradients as one vector, zeros where there is none; complex ones as pairs."""
        parts = [ag.zeros_like(p) if p.grad is None else p.grad for p in self._params]
        return ag.cat([_real(part).reshape(-1) for part in parts])

    def _add(self, t: Any, d: Tensor) -> None:
        """Add ``t d`` to the parameters."""
        start, step = 0, d * float(t)
        for p in map(_real, self._params):
            p.add_(step[start : start + p.numel()].view(p.shape))
            start += p.numel()


def remember(memory: State, g: Tensor, size: int) -> None:
    """Add the last step and its change of gradient to the history, unless the curvature along it was not positive."""
    y, s = g - memory["prev_flat_grad"], memory["d"] * memory["t"]
    ys = y.dot(s)
    if ys > 1e-10:
        for name, value in (("old_dirs", y), ("old_stps", s), ("ro", 1.0 / ys)):
            if len(memory[name]) == size:
                memory[name].pop(0)
            memory[name].append(value)
        memory["H_diag"] = ys / y.dot(y)


def towards_minimum(memory: State, g: Tensor, alphas: list[Any]) -> Tensor:
    """Return ``-H g`` by the recursion of two loops.

    Source: Nocedal and Wright, algorithm 7.4.
    """
    pairs = list(enumerate(zip(memory["old_stps"], memory["old_dirs"], memory["ro"])))
    d, scratch = -g, Scratch(module_of(g._array), g._array.dtype, 0)
    for i, (s, y, inverse) in reversed(pairs):
        alphas[i] = s.dot(d) * inverse
        scratch.add_scaled(d._array, -float(alphas[i]), y._array)
    d.mul_(memory["H_diag"])
    for i, (s, y, inverse) in pairs:
        scratch.add_scaled(d._array, float(alphas[i] - y.dot(d) * inverse), s._array)
    return d


def _real(p: Tensor) -> Tensor:
    return ag.view_as_real(p) if p.is_complex() else p
