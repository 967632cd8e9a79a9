"""L-BFGS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core.engine.tensor import Tensor, wrap

from .checks import check_lr
from .line_search import Point, strong_wolfe
from .memory import State
from .optimizer import Optimizer, ParamsT
from .scratch import alone
from .vectors import Vectors, largest

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

    The state is that of the first parameter, as in PyTorch.  Its vectors are written again in later steps.

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

    def _forget_plans(self) -> None:
        super()._forget_plans()
        self._vectors: Vectors | None = None

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
        if self._vectors is None or not self._vectors.serves(self._params):
            self._vectors = Vectors(self._params)
        state["func_evals"] += 1
        g = self._gradient(self._vectors)
        if not largest(g) <= group["tolerance_grad"]:
            g = self._iterate(closure, memory, float(first), g, self._vectors)
            state |= memory
        if g is not memory.get("prev_flat_grad"):
            self._vectors.give(g)
        return first

    def _iterate(self, closure: Callable[[], Any], memory: State, loss: float, g: Tensor, vectors: Vectors) -> Tensor:
        """Make the steps; return the gradient where they end."""
        group, state, evaluations = self.param_groups[0], self.state[self._params[0]], 1
        for iteration in range(group["max_iter"]):
            before, last = loss, iteration + 1 == group["max_iter"]
            start = self._aim(memory, loss, g, vectors)
            if start.slope > -group["tolerance_change"]:
                break
            loss, g, calls = self._move(closure, memory, start, group["max_eval"] - evaluations, last, vectors)
            evaluations += calls
            state["func_evals"] += calls
            if (
                last
                or evaluations >= group["max_eval"]
                or largest(g) <= group["tolerance_grad"]
                or abs(float(memory["t"])) * largest(memory["d"]) <= group["tolerance_change"]
                or abs(loss - before) < group["tolerance_change"]
            ):
                break
        return g

    def _aim(self, memory: State, loss: float, g: Tensor, vectors: Vectors) -> Point:
        """Choose a direction; return where it begins, with the first t to try."""
        group, state = self.param_groups[0], self.state[self._params[0]]
        t, size = group["lr"], group["history_size"]
        t = t.reshape(()) if isinstance(t, Tensor) else t
        state["n_iter"] += 1
        if state["n_iter"] == 1:
            memory |= {"d": -g, "t": t, "old_dirs": [], "old_stps": [], "ro": [], "H_diag": 1}
            t = min(1.0, 1.0 / g.abs().sum()) * t
        else:
            with alone(vectors.xp):
                remember(memory, g, size, vectors)
                towards_minimum(memory, g, state.setdefault("al", [None] * size), vectors)
            if memory["prev_flat_grad"] is not g:  # as after a search that ends where it began
                vectors.give(memory["prev_flat_grad"])
        memory |= {"t": t, "prev_flat_grad": g, "prev_loss": loss}
        return Point(t, loss, g, g.dot(memory["d"]))

    def _move(
        self, closure: Callable[[], Any], memory: State, start: Point, most: int, last: bool, vectors: Vectors
    ) -> tuple[float, Tensor, int]:
        """Move along the direction; return the loss and the gradient there, and how often the closure was called."""
        d, search = memory["d"], self.param_groups[0]["line_search_fn"]
        if search is None:
            vectors.add(self._params, float(start.t), d)
            if last:  # nobody will ask for the loss there
                return start.loss, start.g, 0
            return float(closure()), self._gradient(vectors), 1
        if search != "strong_wolfe":
            raise RuntimeError("only 'strong_wolfe' is supported")
        values, seen = vectors.gathered([p._array for p in self._params]), []

        def at(t: Any) -> Point:
            vectors.add(self._params, float(t), d)
            loss, g = float(closure()), self._gradient(vectors)
            vectors.spread(values, self._params)
            seen.append(g)
            return Point(t, loss, g, g.dot(d))

        found, calls = strong_wolfe(at, start, largest(d), most)
        memory["t"] = found.t
        vectors.add(self._params, float(found.t), d)
        vectors.give(values, *(g for g in seen if g is not found.g))
        return found.loss, found.g, calls

    def _gradient(self, vectors: Vectors) -> Tensor:
        """Return all gradients as one vector, zeros where there is none; complex ones as pairs."""
        return vectors.gathered([(ag.zeros_like(p) if p.grad is None else p.grad)._array for p in self._params])


def remember(memory: State, g: Tensor, size: int, vectors: Vectors) -> None:
    """Add the last step and its change of gradient to the history, unless the curvature along it was not positive."""
    xp, y, s = vectors.xp, vectors.take(), vectors.take()
    xp.subtract(g._array, memory["prev_flat_grad"]._array, y._array)
    xp.multiply(memory["d"]._array, float(memory["t"]), s._array)
    ys = y.dot(s)
    if not ys > 1e-10:
        vectors.give(y, s)
        return
    for name, value in (("old_dirs", y), ("old_stps", s), ("ro", 1.0 / ys)):
        if len(memory[name]) == size:
            gone = memory[name].pop(0)
            if name != "ro":
                vectors.give(gone)
        memory[name].append(value)
    memory["H_diag"] = ys / y.dot(y)


def towards_minimum(memory: State, g: Tensor, alphas: list[Any], vectors: Vectors) -> None:
    """Set the direction to ``-H g``, by the recursion of two loops.

    Source: Nocedal and Wright, algorithm 7.4.
    """
    steps, changes, d = memory["old_stps"], memory["old_dirs"], memory["d"]
    inverse, scale = [float(r) for r in memory["ro"]], float(memory["H_diag"])
    vectors.xp.negative(g._array, d._array)
    a, x = 0.0, g  # the sum that each product waits for
    for i in reversed(range(len(steps))):
        alpha = vectors.add_then_dot(d, a, x, steps[i]) * inverse[i]
        alphas[i] = wrap(vectors.xp.asarray(alpha, vectors.dtype))
        a, x = -alpha, changes[i]
    vectors.scratch.blend(d._array, scale, scale * a, x._array)
    a = 0.0
    for i in range(len(steps)):
        beta = vectors.add_then_dot(d, a, x, changes[i]) * inverse[i]
        a, x = float(alphas[i]) - beta, steps[i]
    vectors.scratch.add_scaled(d._array, a, x._array)
