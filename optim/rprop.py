"""Rprop."""

from __future__ import annotations

from typing import Any

from autograd_core import maximum, minimum, sign
from autograd_core.engine.tensor import Tensor
from autograd_core.ops.arithmetic import where

from .checks import check_lr
from .memory import Fills
from .optimizer import Optimizer, ParamsT
from .runs import Write
from .scratch import Scratch

__all__ = ["Rprop"]


class Rprop(Optimizer):
    """Rprop, resilient backpropagation: every element has a step of its own, and only signs of gradients count.

    Where the gradient has kept its sign, ``Δ = min(η⁺ Δ, most)``; where it has changed, ``Δ = max(η⁻ Δ, least)`` and
    ``g = 0``.  Then ``p = p - sign(g) * Δ``.  For whole batches: from batch to batch, noise changes signs.

    Args:
        params: parameters, named parameters, or groups.
        lr: the first Δ, a number or a Tensor of one element.
        etas: η⁻ and η⁺, the factors by which Δ falls and rises.
        step_sizes: the least and the most that Δ may be.
        capturable, foreach: PyTorch's choice of kernels; accepted, without effect.
        maximize: climb instead.
        differentiable: record the step, so that gradients flow through it.

    Raises: ValueError for options outside their range.
    Source: Riedmiller and Braun, A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP Algorithm,
        ICNN 1993; this form, which takes no step back: Igel and Hüsken, Improving the Rprop Learning Algorithm, NC
        2000, iRprop⁻.
    """

    counts = True

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50), *, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr, "etas": etas, "step_sizes": step_sizes, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    @staticmethod
    def fills(*, lr: Any, **_: Any) -> Fills:
        """Return the state's arrays: the last gradient and Δ."""
        return {"prev": 0.0, "step_size": float(lr)}

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, etas: tuple[float, float], step_sizes: tuple[float, float],
        maximize: bool, **_: Any,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """Return the new parameter and state; see the class for the formula."""
        (down, up), (least, most) = etas, step_sizes
        if maximize:
            g = -g
        size, agreement = state["step_size"], g * state["prev"]
        size = where(agreement > 0, size * up, where(agreement < 0, size * down, size))
        size = minimum(maximum(size, least), most)
        g = where(agreement < 0, 0.0, g)
        return p - sign(g) * size, {"step": state["step"] + 1, "prev": g, "step_size": size}

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, etas: tuple[float, float], step_sizes: tuple[float, float],
        maximize: bool, **_: Any,
    ) -> Write:  # fmt: skip
        """Return ``update`` with every array written in place.

        Without masks, which take NumPy four times as long where signs follow no pattern: the factor of Δ is the
        parabola through (-1, η⁻), (0, 1) and (1, η⁺), and g is cleared by its bits.
        """
        xp, (down, up) = scratch.xp, etas
        numbers = ((up + down) / 2 - 1, (up - down) / 2, 1.0, 0.0, *step_sizes)
        bend, slope, same, none, least, most = map(scratch.number, numbers)

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            one, two, prev, size = scratch.like(p), scratch.spare(p), state["prev"], state["step_size"]
            g = scratch.descent(p, g, 0.0, maximize)
            agreement = xp.sign(xp.add(xp.multiply(g, prev, one), none, one), two)  # never -0
            factor = xp.add(xp.multiply(agreement, bend, one), slope, one)
            factor = xp.add(xp.multiply(factor, agreement, one), same, one)
            xp.clip(xp.multiply(size, factor, size), least, most, out=size)
            signs = _bits(agreement)
            turned = xp.right_shift(signs, 8 * p.itemsize - 1, signs)  # all bits where negative, none elsewhere
            xp.bitwise_and(_bits(g), xp.invert(turned, turned), _bits(prev))
            xp.subtract(p, xp.multiply(xp.sign(prev, one), size, one), p)

        return write


def _bits(x: Any) -> Any:
    return x.view(f"int{8 * x.itemsize}")
