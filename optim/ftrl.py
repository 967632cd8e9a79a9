"""FTRL-Proximal."""

from __future__ import annotations

from typing import Any

from autograd_core import maximum, minimum, sign, sqrt
from autograd_core.engine.tensor import Tensor

from .checks import check_lr, check_not_negative
from .memory import Fills
from .optimizer import Optimizer, ParamsT
from .runs import Write
from .scratch import Scratch

__all__ = ["FTRL"]


class FTRL(Optimizer):
    """Follow the regularised leader: the minimum of all past linear losses, of penalties, and of a growing parabola.

    ``σ = (sqrt(n + g²) - sqrt(n)) / lr``;  ``z = z + g - σ p``;  ``n = n + g²``;  ``p = 0`` where ``|z| <= l1``,
    elsewhere ``p = (sign(z) l1 - z) / ((beta + sqrt(n)) / lr + l2)``.

    With ``l1`` most weights of a linear model are exactly 0.  ``z`` begins such that its minimum is the parameter
    given, which for parameters of 0, as in the paper, is ``z = 0``.

    Args:
        params: parameters, named parameters, or groups.
        lr: the learning rate, α in the paper; a number or a Tensor of one element.
        beta: above 0; keeps the first steps small.
        l1: the factor of the absolute values.
        l2: the factor of half the squares.
        maximize: climb instead.
        differentiable: record the step, so that gradients flow through it.

    Raises: ValueError for options outside their range.
    Source: McMahan et al., Ad Click Prediction: a View from the Trenches, KDD 2013, algorithm 1.
    """

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-1, beta: float = 1.0, l1: float = 0.0, l2: float = 0.0, *,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        if not lr > 0:
            raise ValueError(f"Invalid learning rate: {lr}; FTRL divides by it")
        if not beta > 0:
            raise ValueError(f"Invalid beta value: {beta}; wanted more than 0")
        check_not_negative("l1 value", l1)
        check_not_negative("l2 value", l2)
        defaults = {
            "lr": lr, "beta": beta, "l1": l1, "l2": l2, "maximize": maximize, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    @staticmethod
    def fills(**_: Any) -> Fills:
        """Return the state's arrays: n, and z, which begins by the parameter."""
        return {"n": 0.0, "z": None}

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, lr: Any, beta: Any, l1: Any, l2: Any, maximize: bool,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """Return the new parameter and state; see the class for the formula."""
        if maximize:
            g = -g
        before, n = sqrt(state["n"]), state["n"] + g * g
        root, z = sqrt(n), state.get("z")
        if z is None:
            z = -(((beta + before) / lr + l2) * p + l1 * sign(p))
        z = z + g - (root - before) / lr * p
        return (minimum(maximum(z, -l1), l1) - z) / ((beta + root) / lr + l2), {"n": n, "z": z}

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, lr: float, beta: float, l1: float, l2: float, maximize: bool
    ) -> Write:
        """Return ``update`` with every array written in place."""
        xp = scratch.xp
        low, high, shift, slope = map(scratch.number, (-l1, l1, beta + lr * l2, lr))

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            one, two, n, z = scratch.like(p), scratch.spare(p), state["n"], state["z"]
            g = scratch.descent(p, g, 0.0, maximize)
            before = xp.sqrt(n, one)
            root = xp.sqrt(xp.add(n, xp.multiply(g, g, two), n), two)
            growth = xp.multiply(xp.subtract(root, before, one), p, one)
            scratch.add_scaled(xp.add(z, g, z), -1 / lr, growth)
            xp.subtract(xp.clip(z, low, high, out=one), z, p)
            xp.divide(xp.multiply(p, slope, p), xp.add(root, shift, two), p)

        return write
