"""Derivatives against central differences, along random directions; where they part, element by element.

``<w, f(x + e v) - f(x - e v)> / 2e`` is ``<J' w, v>`` but for e squared: one number that every element of the
Jacobian has a part in, at the cost of two calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core.checking.calls import drawn, inner
from autograd_core.engine.modes import no_grad
from autograd_core.engine.tensor import Tensor

__all__ = ["Mismatch", "agree", "slopes"]

STEP = 1e-6
NOISE = 1e-8  # of the terms of a difference: what is left of float64 after a division by the step, fifty times over

Function = Callable[..., Sequence[Tensor]]


class Mismatch(AssertionError):
    """Two numbers that should be equal."""

    def __init__(self, what: str, index: Any, found: Any, wanted: Any, tolerance: float | None = None) -> None:
        """Say what was found and wanted, where, and how far apart they might be."""
        at = f" at {list(index)}" if index is not None else ""
        allowed = f", tolerance {tolerance:.0e}" if tolerance is not None else ""
        super().__init__(f"{what}{at}: found {_number(found)}, wanted {_number(wanted)}{allowed}")


def _number(value: Any) -> str:
    return f"{value:.8g}" if isinstance(value, int | float | complex) else str(value)


def agree(found: Sequence[Tensor], wanted: Sequence[Tensor], tolerance: float, what: str) -> None:
    """Check that tensors agree in number, shape, kind of dtype and every element, relative to the largest of each.

    Raises: Mismatch at the element that is furthest off.
    """
    if len(found) != len(wanted):
        raise Mismatch(what, None, f"{len(found)} tensors", f"{len(wanted)}")
    for k, (a, b) in enumerate(zip(found, wanted, strict=True)):
        name = f"{what} {k}"
        if a.shape != b.shape or a.dtype is not b.dtype:
            raise Mismatch(name, None, f"{a.dtype} of shape {tuple(a.shape)}", f"{b.dtype} of {tuple(b.shape)}")
        x, y = (v.detach().cpu().numpy().reshape(-1) for v in (a, b))
        alike = (x == y) | ((x != x) & (y != y))
        if alike.all():
            continue
        if x.dtype.kind == "b":
            x, y = x.astype(int), y.astype(int)
        finite = abs(y[(y == y) & (abs(y) < float("inf"))])
        allowed = tolerance * max(finite.max() if finite.size else 0.0, 1e-3)
        off = abs(x - y)
        off[alike] = 0
        if not (off <= allowed).all():
            off[off != off] = float("inf")
            at = int(off.argmax())
            raise Mismatch(name, _place(at, a.shape), x[at].item(), y[at].item(), allowed)


def _place(at: int, shape: Sequence[int]) -> tuple[int, ...]:
    """Return the index of the element that is number ``at``."""
    index: list[int] = []
    for n in reversed(shape):
        at, i = divmod(at, n)
        index.insert(0, i)
    return tuple(index)


def slopes(function: Function, pull: Function, xs: Sequence[Tensor], names: Sequence[str], tolerance: float) -> None:
    """Check a gradient against central differences, for each input by itself.

    Args:
        function: takes ``xs``, returns tensors.
        pull: takes ``xs`` and weights of the results, returns the gradient with respect to each of ``xs``.
        xs: where.
        names: what to call each input's gradient.
        tolerance: relative, of the sum of the terms' sizes.

    Raises: Mismatch at the element that is furthest off.
    """
    with no_grad():
        ys = function(*xs)
    ws = drawn(ys, 1)
    gs, vs = pull(*xs, *ws), drawn(xs, 2)
    noise = NOISE * max(inner(ys, ws)[1], 1e-3)
    for i, (g, v, name) in enumerate(zip(gs, vs, names, strict=True)):
        found, size = inner([g], [v])
        wanted = _difference(function, xs, i, v, ws)
        if not abs(found - wanted) <= tolerance * size + noise:
            raise _nearest(function, xs, i, g, ws, name, tolerance * size + noise) or Mismatch(
                f"{name} along a direction", None, found, wanted, tolerance * size + noise
            )


def _difference(function: Function, xs: Sequence[Tensor], i: int, v: Tensor, ws: Sequence[Tensor]) -> float:
    """Return <ws, function(..., x_i + e v, ...) - function(..., x_i - e v, ...)> / 2e."""
    with no_grad():
        ends = [function(*xs[:i], xs[i] + step * v, *xs[i + 1 :]) for step in (STEP, -STEP)]
        return inner([a - b for a, b in zip(*ends, strict=True)], ws)[0] / (2 * STEP)


def _nearest(
    function: Function, xs: Sequence[Tensor], i: int, g: Tensor, ws: Sequence[Tensor], name: str, tolerance: float
) -> Mismatch | None:
    """Return the mismatch of the element of a gradient that is furthest off."""
    worst, most = None, 0.0
    for place, unit in _units(xs[i]):
        found, wanted = inner([g], [unit])[0], _difference(function, xs, i, unit, ws)
        off = abs(found - wanted)
        if not off <= most:
            worst, most = Mismatch(name, place, found, wanted, tolerance), off if off == off else float("inf")
    return worst


def _units(x: Tensor) -> list[tuple[tuple[int, ...], Tensor]]:
    """Return the units of each element, with its index: of a complex one, the real and the imaginary."""
    found = []
    for at in range(x.numel()):
        for one in (1, 1j) if x.is_complex() else (1,):
            unit = x.new_zeros(x.numel())
            unit[at] = one
            found.append((_place(at, x.shape), unit.reshape(x.shape)))
    return found
