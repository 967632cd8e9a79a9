"""Adafactor."""

from __future__ import annotations

from math import prod
from typing import Any

from autograd_core import finfo, maximum, sqrt
from autograd_core.engine.tensor import Tensor

from .checks import check_tensor
from .factored import Squares
from .memory import Fills, Shape
from .optimizer import Optimizer, ParamsT
from .runs import Write, in_order
from .scratch import Scratch

__all__ = ["Adafactor"]


class Adafactor(Optimizer):
    """Adafactor: Adam without momentum, whose mean square of a matrix is kept as one row and one column.

    ``ρ = min(lr, 1 / sqrt(t))``;  ``α = max(eps[1], rms(p)) ρ``;  ``p = (1 - lr * weight_decay) p``;
    ``γ = t^beta2_decay``.  With several dimensions, ``r = (1 - γ) r + γ mean(g², -1)``,
    ``c = (1 - γ) c + γ mean(g², -2)``, ``v = r c / max(mean(r, -2), eps[0])``; else ``v = (1 - γ) v + γ g²``.
    ``u = g / max(sqrt(v), eps[0])``;  ``p = p - α u / max(1, rms(u) / d)``.

    Args:
        params: parameters, named parameters, or groups; real ones.
        lr: the most that ρ may be, and the factor of the weight decay; a number or a Tensor of one element.
        beta2_decay: the power with which γ falls.
        eps: what keeps the denominators from zero (None: the dtype's own eps), and the least size that a parameter is
            taken to have.
        d: the root mean square above which an update is clipped.
        weight_decay: the parameter is first multiplied by ``1 - lr * weight_decay``.
        foreach: PyTorch's choice of kernels; accepted, without effect.
        maximize: climb instead.

    Raises: ValueError for options outside their range; DTypeError in the step for complex parameters.
    Source: Shazeer and Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, ICML 2018, algorithms 4
        and 5, with means for sums and eps in the denominators, as in PyTorch.
    """

    counts = True
    elementwise = False
    takes_complex = False

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-2, beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3), d: float = 1.0, weight_decay: float = 0.0, *,
        foreach: bool | None = None, maximize: bool = False,
    ) -> None:  # fmt: skip
        check_tensor("lr", lr, foreach=False, capturable=False)
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not eps[0] >= 0.0:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not eps[1] >= 0.0:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not d >= 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        defaults = {
            "lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d, "weight_decay": weight_decay,
            "foreach": foreach, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    @staticmethod
    def fills(**_: Any) -> Fills:
        """Return the state's arrays: r and c, or v."""
        return {"row_var": 0.0, "col_var": 0.0, "variance": 0.0}

    @staticmethod
    def state_shape(name: str, shape: Shape) -> Shape | None:
        """Return the shapes of r and c for parameters of several dimensions, of v for others."""
        if name == "variance" or len(shape) < 2:
            return shape if name == "variance" and len(shape) < 2 else None
        return (*shape[:-1], 1) if name == "row_var" else (*shape[:-2], 1, shape[-1])

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, lr: Any, beta2_decay: float, eps: tuple[float | None, float],
        d: float, weight_decay: Any, maximize: bool,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """Return the new parameter and state; see the class for the formula."""
        t = state["step"] + 1
        fresh, made = t**beta2_decay, {"step": t}
        small = finfo(p.dtype).eps if eps[0] is None else eps[0]
        rate = min(lr, t**-0.5) * maximum(sqrt(_mean(p * p)), eps[1])
        if weight_decay != 0:
            p = p * (1 - lr * weight_decay)
        squares = g * g
        if len(g.shape) > 1:
            row, column = (
                state[name] + fresh * (_mean(squares, axis) - state[name])
                for name, axis in (("row_var", -1), ("col_var", -2))
            )
            made |= {"row_var": row, "col_var": column}
            root = sqrt(row / maximum(_mean(row, -2), small)) * sqrt(column)
        else:
            made["variance"] = variance = state["variance"] + fresh * (squares - state["variance"])
            root = sqrt(variance)
        step = g / maximum(root, small)
        rate = rate / maximum(sqrt(_mean(step * step)) / d, 1.0)
        return p + rate * step if maximize else p - rate * step, made

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, lr: float, beta2_decay: float, eps: tuple[float | None, float],
        d: float, weight_decay: float, maximize: bool,
    ) -> Write:  # fmt: skip
        """Return ``update`` with every array written in place, block by block; the step where there is one is kept."""
        derived = super().in_place(
            scratch, count, lr=lr, beta2_decay=beta2_decay, eps=eps, d=d, weight_decay=weight_decay, maximize=maximize
        )
        if not scratch.has_blas:
            return derived
        fresh, most = (count + 1) ** beta2_decay, min(lr, (count + 1) ** -0.5)
        small = finfo(scratch.dtype).eps if eps[0] is None else eps[0]

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            if not (p.size and in_order(p)):
                derived(p, g, state)
                return
            squares = Squares(scratch, p, g, state, small)
            rate = most * max((squares.parameter_square() / p.size) ** 0.5, eps[1])
            if weight_decay != 0:
                scratch.xp.multiply(p, scratch.number(1 - lr * weight_decay), p)
            squares.follow(fresh)
            rate /= max((squares.step_square() / p.size) ** 0.5 / d, 1.0)
            squares.add_step(rate if maximize else -rate)

        return write


def _mean(x: Any, axis: int | None = None) -> Any:
    """Return the mean over a dimension, kept, or over all; 0 of nothing."""
    if axis is None:
        return x.sum() / max(1, prod(x.shape))
    return x.sum(axis=axis, keepdims=True) / max(1, x.shape[axis])
