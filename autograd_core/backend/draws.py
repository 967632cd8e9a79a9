"""What there is to draw from a stream, by name: ``DRAWS[of](stream, arrays, size, dtype, numbers)`` -> an array.

All on the host.  ``arrays`` are parameters of the distribution, one draw for each of their elements (``multinomial``:
for each row), in which leading dimensions are treated alike; without any, ``size`` says how many, ``numbers`` of what.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_core.backend.gammas import log_gammas, log_slopes
from autograd_core.backend.generator import Stream
from autograd_core.errors import ShapeError

Draw = Callable[[Stream, Sequence[Any], tuple[int, ...], Any, Sequence[Any]], Any]

DRAWS: dict[str, Draw] = {}
PARAMETERS = {"binomial": 2, "poisson": 1, "multinomial": 1, "gamma": 1, "scaled_gamma": 1}
"""How many arrays a draw takes, where it takes any."""
NUMBERS = {"integers": 2, "geometric": 1, "multinomial": 2, "gamma": 1, "scaled_gamma": 1}
"""How many numbers it takes besides."""
MOVING = ("gamma", "scaled_gamma")
"""Those that give slopes too."""

MOST_CATEGORIES = 2**24
"""The most weights in a row for ``multinomial``: PyTorch's limit, the whole numbers that float32 counts exactly."""


def _enter(draw: Draw) -> Draw:
    DRAWS[draw.__name__] = draw
    return draw


# ---- by shape ----


@_enter
def uniform(stream: Stream, arrays: Any, size: tuple[int, ...], dtype: Any, numbers: Any) -> Any:
    """Return numbers in [0, 1)."""
    return stream.uniform(size, dtype)


@_enter
def normal(stream: Stream, arrays: Any, size: tuple[int, ...], dtype: Any, numbers: Any) -> Any:
    """Return numbers of the standard normal distribution."""
    return stream.normal(size, dtype)


@_enter
def integers(stream: Stream, arrays: Any, size: tuple[int, ...], dtype: Any, numbers: Sequence[int]) -> Any:
    """Return integers of a range: ``numbers`` are its ends."""
    low, high = numbers
    return stream.integers(low, high, size, dtype)


@_enter
def permutation(stream: Stream, arrays: Any, size: tuple[int, ...], dtype: Any, numbers: Any) -> Any:
    """Return permutations along the last dimension."""
    if len(size) == 1:
        return stream.permutation(size[0]).astype(dtype)
    return stream.uniform(size, "float64").argsort(-1).astype(dtype)


@_enter
def exponential(stream: Stream, arrays: Any, size: tuple[int, ...], dtype: Any, numbers: Any) -> Any:
    """Return draws of the density ``exp(-x)``."""
    return np.asarray(stream.draw.standard_exponential(size)).astype(dtype, copy=False)


@_enter
def cauchy(stream: Stream, arrays: Any, size: tuple[int, ...], dtype: Any, numbers: Any) -> Any:
    """Return draws of the density ``1 / (pi * (1 + x**2))``."""
    return np.asarray(stream.draw.standard_cauchy(size)).astype(dtype, copy=False)


@_enter
def geometric(stream: Stream, arrays: Any, size: tuple[int, ...], dtype: Any, numbers: Sequence[float]) -> Any:
    """Return how many trials it takes until one succeeds; ``numbers`` holds the probability that one does."""
    (p,) = numbers
    return np.asarray(stream.draw.geometric(p, size)).astype(dtype, copy=False)


# ---- by parameters, which are brought to float64 ----


@_enter
def binomial(stream: Stream, arrays: Sequence[Any], size: Any, dtype: Any, numbers: Any) -> Any:
    """Return how many of n trials succeed, each with probability p; NaN where one of them is."""
    n, p = np.broadcast_arrays(*arrays)
    wrong = np.isnan(n) | np.isnan(p)
    trials = np.where(wrong | (n < 0), 0, n).astype("int64")
    drawn = stream.draw.binomial(trials, np.where(wrong, 0, p.clip(0, 1)))
    return np.where(wrong, np.nan, drawn).astype(dtype)


@_enter
def poisson(stream: Stream, arrays: Sequence[Any], size: Any, dtype: Any, numbers: Any) -> Any:
    """Return counts of the means given.  Raises: ShapeError for a negative one, or NaN."""
    (rate,) = arrays
    if not (rate >= 0).all():
        raise ShapeError("poisson: invalid Poisson rate, expected rate to be non-negative")
    return np.asarray(stream.draw.poisson(rate)).astype(dtype)


@_enter
def multinomial(stream: Stream, arrays: Sequence[Any], size: Any, dtype: Any, numbers: Sequence[Any]) -> Any:
    """Return indices drawn in proportion to rows of weights; ``numbers``: how many, and whether they are put back.

    Shape: (..., n) -> (..., count).  Raises: ShapeError where weights, or their number, allow no such draw.
    """
    (weights,), (count, replacement) = arrays, numbers
    _check_weights(weights, count, replacement)
    rows = weights.reshape(-1, weights.shape[-1])
    found = (_with_replacement if replacement else _without_replacement)(rows, count, stream)
    return found.reshape(*weights.shape[:-1], count).astype(dtype, copy=False)


def _check_weights(weights: Any, num_samples: int, replacement: bool) -> None:
    if num_samples <= 0:
        raise ShapeError(f"multinomial: cannot sample n_sample <= 0 samples; got {num_samples}")
    if not replacement and num_samples > weights.shape[-1]:
        raise ShapeError(
            f"multinomial: cannot sample n_sample > prob_dist.size(-1) samples without replacement; got {num_samples}"
            f" of {weights.shape[-1]}"
        )
    if weights.shape[-1] > MOST_CATEGORIES:
        raise ShapeError(f"multinomial: number of categories cannot exceed 2^24; got {weights.shape[-1]}")
    sums = weights.sum(-1)
    if not (np.isfinite(sums) & (sums > 0) & (weights >= 0).all(-1)).all():
        raise ShapeError("multinomial: probability tensor contains either `inf`, `nan` or element < 0, or sums to 0")
    if not replacement and num_samples > (weights > 0).sum(-1).min(initial=num_samples):
        raise ShapeError("multinomial: cannot sample n_sample > number of nonzero categories without replacement")


def _with_replacement(weights: Any, count: int, stream: Stream) -> Any:
    """Return, row by row, where even draws fall among the running sums: row i's lie between i and i + 1."""
    n, k = weights.shape
    row = np.arange(n, dtype="float64")[:, None]
    edges = weights.cumsum(-1)
    edges = edges / edges[:, -1:] + row
    drawn = np.minimum(stream.uniform((n, count), "float64") + row, np.nextafter(row + 1, row))
    found = np.searchsorted(edges.reshape(-1), drawn.reshape(-1), side="right")
    return found.reshape(n, count) - np.arange(n)[:, None] * k


def _without_replacement(weights: Any, count: int, stream: Stream) -> Any:
    """Return the first to arrive where each waits for an exponential time of rate ``weights``.

    Source: Efraimidis & Spirakis, Weighted random sampling with a reservoir (2006).
    """
    with np.errstate(divide="ignore"):
        race = stream.draw.standard_exponential(weights.shape) / weights
    return race.argsort(-1, kind="stable")[:, :count]


@_enter
def gamma(stream: Stream, arrays: Sequence[Any], size: Any, dtype: Any, numbers: Sequence[bool]) -> Any:
    """Return gamma draws of rate 1 and, where ``numbers`` says so, their slopes; along a new last dimension.

    A draw is a quantile whose probability is fixed, and moves with the concentration as that quantile does.
    """
    (a,) = arrays
    return _moving(a, log_gammas(stream, a), 0.0, numbers[0]).astype(dtype)


@_enter
def scaled_gamma(stream: Stream, arrays: Sequence[Any], size: Any, dtype: Any, numbers: Sequence[bool]) -> Any:
    """Return ``gamma``'s over the largest draw of each row, before the dtype rounds them: none is lost."""
    (a,) = arrays
    log_z = log_gammas(stream, a)
    return _moving(a, log_z, log_z.max(-1, keepdims=True, initial=-np.inf), numbers[0]).astype(dtype)


def _moving(a: Any, log_z: Any, scale: Any, wanted: bool) -> Any:
    z = np.exp(log_z - scale)
    return np.stack([z, z * log_slopes(a, log_z)] if wanted else [z], -1)
