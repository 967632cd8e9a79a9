"""The line search for the strong Wolfe conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from autograd_core.engine.tensor import Tensor


class Point(NamedTuple):
    """A point on the line: how far along the direction it is, with loss, gradient and slope there."""

    t: Any
    loss: float
    g: Tensor
    slope: Any


class Conditions(NamedTuple):
    """The strong Wolfe conditions on a line: ``loss <= loss_0 + c1 t slope_0`` and ``|slope| <= c2 |slope_0|``."""

    start: Point
    c1: float
    c2: float

    def too_high(self, x: Point) -> bool:
        """Whether the first does not hold."""
        return bool(x.loss > self.start.loss + self.c1 * x.t * self.start.slope)

    def flat(self, x: Point) -> bool:
        """Whether the second holds."""
        return bool(abs(x.slope) <= -self.c2 * self.start.slope)


def strong_wolfe(
    at: Callable[[Any], Point], first: Point, longest: Any, most: int, c1: float = 1e-4, c2: float = 0.9,
    least: float = 1e-9,
) -> tuple[Point, int]:  # fmt: skip
    """Return a point that meets the strong Wolfe conditions, or the best one within the limits, and the evaluations.

    Args:
        at: evaluates the point t of the line.
        first: where the line begins: loss, gradient and slope there, and the first t to try.
        longest: the direction's largest element.
        most: how many points may be evaluated after the first.
        c1: the constant of the first condition.
        c2: that of the second.
        least: how far the ends of a bracket are apart, in the largest element, when it is no more divided.

    Source: Nocedal and Wright, Numerical Optimization, 2nd edition, algorithms 3.5 and 3.6, as in minFunc and PyTorch.
    """
    conditions = Conditions(first._replace(t=0), c1, c2)
    bracket, count = _bracket(at, conditions, first.t, most)
    low, stuck = _lower(bracket), False
    while len(bracket) == 2 and count < most and not abs(bracket[1].t - bracket[0].t) * longest < least:
        t, stuck = _inside(bracket, stuck)
        new, count = at(t), count + 1
        if conditions.too_high(new) or new.loss >= bracket[low].loss:
            bracket[1 - low] = new
            low = _lower(bracket)
            continue
        if conditions.flat(new):
            return new, count + 1
        if new.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
            bracket[1 - low] = bracket[low]
        bracket[low] = new
    return bracket[low], count + 1


def _bracket(at: Callable[[Any], Point], conditions: Conditions, t: Any, most: int) -> tuple[list[Point], int]:
    """Return two points that have a good one between them, or one that is good; and the evaluations after the first."""
    before, new, count = conditions.start, at(t), 0
    while count < most:
        higher = conditions.too_high(new) or (count > 1 and new.loss >= before.loss)
        if not higher and conditions.flat(new):
            return [new], count
        if higher or new.slope >= 0:
            return [before, new], count
        t = minimum_of_cubic(before, new, new.t + 0.01 * (new.t - before.t), new.t * 10)
        before, new, count = new, at(t), count + 1
    return [conditions.start, new], count


def _lower(bracket: list[Point]) -> int:
    return 0 if bracket[0].loss <= bracket[-1].loss else 1


def _inside(bracket: list[Point], stuck: bool) -> tuple[Any, bool]:
    """Return the next t to try, and whether it is close to an end, which twice in a row is no progress."""
    left, right = sorted(end.t for end in bracket)
    t, margin = minimum_of_cubic(bracket[0], bracket[1], left, right), 0.1 * (right - left)
    if min(right - t, t - left) >= margin:
        return t, False
    if not stuck and left < t < right:
        return t, True
    return (right - margin if abs(t - right) < abs(t - left) else left + margin), False


def minimum_of_cubic(a: Point, b: Point, least: Any, most: Any) -> Any:
    """Return where the cubic through two points, with their slopes, is lowest, between ``least`` and ``most``.

    Source: Nocedal and Wright, equation 3.59.
    """
    if a.t > b.t:
        a, b = b, a
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return (least + most) / 2
    d2 = square**0.5
    t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(t, least), most)
