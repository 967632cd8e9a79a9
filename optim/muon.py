"""Muon."""

from __future__ import annotations

from math import sqrt as square_root
from typing import Any

from autograd_core import maximum, sqrt
from autograd_core.engine.fit import cast
from autograd_core.engine.tensor import Tensor

from .checks import check_tensor
from .memory import Fills, Shape
from .optimizer import Optimizer, ParamsT
from .orthogonalizer import Orthogonalizer, check
from .runs import LONG, Write, flat, in_order
from .scratch import Scratch

__all__ = ["Muon"]


class Muon(Optimizer):
    """Muon: steps along the momentum of a matrix, made nearly orthogonal. For the weight matrices of hidden layers.

    ``b = momentum * b + (1 - momentum) * g``;  ``o = orthogonalize(momentum * b + (1 - momentum) * g)``, or
    ``orthogonalize(b)`` without Nesterov;  ``p = (1 - lr * weight_decay) p - lr * a * o``, where for a parameter of
    shape ``(m, n)`` a is ``sqrt(max(1, m / n))``, or ``0.2 sqrt(max(m, n))`` with ``adjust_lr_fn="match_rms_adamw"``.

    ``orthogonalize(g)``: with ``x = g / |g|``, as often as ``ns_steps`` says, ``q = x xᵀ`` and
    ``x = a x + (b q + c q²) x`` with ``(a, b, c) = ns_coefficients``, which brings every singular value near 1.

    The iteration is made as PyTorch makes it, in bfloat16: every product is summed in float32, then rounded to
    bfloat16.  Small matrices agree with PyTorch's exactly, larger ones within the rounding of bfloat16 (2^-8), since
    sums are ordered otherwise.

    Args:
        params: parameters, named parameters, or groups; real matrices.
        lr: the learning rate, a number or a Tensor of one element.
        weight_decay: the parameter is first multiplied by ``1 - lr * weight_decay``.
        momentum: how much of the mean gradient to keep.
        nesterov: look ahead along the momentum.
        ns_coefficients: a, b and c of the iteration.
        eps: keeps ``|g|`` from zero.
        ns_steps: the number of iterations, less than 100.
        adjust_lr_fn: "original" (as None) or "match_rms_adamw".

    Raises: ValueError for options outside their range, or a parameter that is no matrix; DTypeError in the step for
        complex parameters.
    Source: Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024; "match_rms_adamw": Liu et al.,
        Muon is Scalable for LLM Training, 2025, section 2.2.
    """

    elementwise = False
    long = True
    takes_complex = False

    def __init__(
        self, params: ParamsT, lr: float = 1e-3, weight_decay: float = 0.1, momentum: float = 0.95,
        nesterov: bool = True, ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7, ns_steps: int = 5, adjust_lr_fn: str | None = None,
    ) -> None:  # fmt: skip
        check_tensor("lr", lr, foreach=False, capturable=False)
        for what, value in (("Learning rate", lr), ("momentum", momentum), ("weight decay", weight_decay)):
            if not value >= 0.0:
                raise ValueError(f"{what} should be >= 0 but is: {value}")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        defaults = {
            "lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov,
            "ns_coefficients": ns_coefficients, "eps": eps, "ns_steps": ns_steps, "adjust_lr_fn": adjust_lr_fn,
        }  # fmt: skip
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of matrices.

        Raises: ValueError for a parameter that is none; nothing is added then.
        """
        param_group = {**param_group, "params": _listed(param_group["params"])}
        for p in param_group["params"]:
            matrix = p[1] if isinstance(p, tuple) else p
            if isinstance(matrix, Tensor) and matrix.ndim != 2:
                raise ValueError(
                    f"Muon only supports 2D parameters whereas we found a parameter with size: {matrix.size()}"
                )
        super().add_param_group(param_group)

    @staticmethod
    def fills(**_: Any) -> Fills:
        """Return the state's array: the momentum."""
        return {"momentum_buffer": 0.0}

    @staticmethod
    def update(
        p: Any, g: Any, state: dict[str, Any], *, lr: Any, weight_decay: Any, momentum: float, nesterov: bool,
        ns_coefficients: tuple[float, float, float], eps: float, ns_steps: int, adjust_lr_fn: str | None,
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """Return the new parameter and state; see the class for the formula."""
        b = state["momentum_buffer"] + (1 - momentum) * (g - state["momentum_buffer"])
        along = g + momentum * (b - g) if nesterov else b
        step = orthogonalize(along, ns_coefficients, ns_steps, eps)
        rate = lr * _adjustment(p.shape, adjust_lr_fn)
        return p * (1 - lr * weight_decay) - rate * step, {"momentum_buffer": b}

    @classmethod
    def in_place(
        cls, scratch: Scratch, count: float, *, lr: float, weight_decay: float, momentum: float, nesterov: bool,
        ns_coefficients: tuple[float, float, float], eps: float, ns_steps: int, adjust_lr_fn: str | None,
    ) -> Write:  # fmt: skip
        """Return ``update`` with every array written in place, on the CPU and in float32."""
        derived = super().in_place(
            scratch, count, lr=lr, weight_decay=weight_decay, momentum=momentum, nesterov=nesterov,
            ns_coefficients=ns_coefficients, eps=eps, ns_steps=ns_steps, adjust_lr_fn=adjust_lr_fn,
        )  # fmt: skip
        if not scratch.has_blas or scratch.dtype.char != "f":
            return derived

        def write(p: Any, g: Any, state: dict[str, Any]) -> None:
            if p.size < LONG or not in_order(p):  # where calls take longer than what they do
                derived(p, g, state)
                return
            rate, orthogonalizer = lr * _adjustment(p.shape, adjust_lr_fn), Orthogonalizer(scratch, p)
            p, g, b, along = flat(p), flat(g), flat(state["momentum_buffer"]), orthogonalizer.given
            scratch.blend(b, momentum, 1 - momentum, g)
            scratch.xp.multiply(b, momentum if nesterov else 1.0, along)
            if nesterov:
                scratch.add_scaled(along, 1 - momentum, g)
            step = orthogonalizer.run(ns_coefficients, ns_steps, eps)
            scratch.blend(p, 1 - lr * weight_decay, -rate, step)

        return write


def _adjustment(shape: Shape, adjust_lr_fn: str | None) -> float:
    rows, columns = shape
    if adjust_lr_fn == "match_rms_adamw":
        return 0.2 * square_root(max(rows, columns))
    return square_root(max(1, rows / columns))


def orthogonalize(g: Any, coefficients: tuple[float, float, float], steps: int, eps: float) -> Any:
    """Return a matrix with the singular vectors of ``g`` and singular values near 1, in the precision of bfloat16.

    Raises: ValueError for a hundred steps or more, or other than three coefficients.
    """
    check(coefficients, steps)
    a, b, c = coefficients
    tall = g.shape[0] > g.shape[1]
    x = _bfloat16(cast(g, dtype="float32"))
    x = x.mT if tall else x
    x = _bfloat16(x / maximum(_bfloat16(sqrt((x * x).sum())), eps))
    for _ in range(steps):
        q = _bfloat16(x @ x.mT)
        x = _bfloat16(a * x + _bfloat16(b * q + c * (q @ q.mT)) @ x)  # q is symmetric: BLAS has half the work so
    return cast(x.mT if tall else x, dtype=getattr(g, "_array", g).dtype)


def _bfloat16(x: Any) -> Any:
    """Return float32 numbers rounded to the 8 bits of bfloat16, still as float32.

    Source: Dekker, A floating-point technique for extending the available precision, 1971, (5.6): Veltkamp's splitting.
    """
    much = x * 65537.0  # 2^16 + 1
    return much - (much - x)


def _listed(params: Any) -> Any:
    return params if isinstance(params, (Tensor, set)) else list(params)
