"""Random tensors by their parameters: one draw for each probability, rate, mean or row of weights.

Draws are not differentiable; ``autograd_core.distributions`` has those through which gradients pass.
"""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import as_device, to_device
from autograd_core.composites.shaping import broadcast_shapes
from autograd_core.creation.data import creates
from autograd_core.creation.filling import empty
from autograd_core.engine.lifted import LEVELS
from autograd_core.engine.modes import no_grad
from autograd_core.engine.out import deliver
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.guard import guarded
from autograd_core.randomness.levels import drawn, drawn_by
from autograd_core.randomness.sampling import Generator, rand, randn, stream_of

__all__ = ["bernoulli", "binomial", "multinomial", "normal", "poisson"]
METHODS = ["bernoulli", "multinomial"]

MOST_CATEGORIES = 2**24
"""The most weights in a row for ``multinomial``: PyTorch's limit, the whole numbers that float32 counts exactly."""


def _on_host(operation: str, argument: str, value: Tensor) -> Any:
    """Return a floating tensor's numbers as a float64 array of the host's.  Raises: DTypeError for other dtypes."""
    if value.dtype.category != 2:
        raise DTypeError(f"{operation}: not implemented for {value.dtype}; wanted {argument} of a floating dtype")
    return to_device(value._array, as_device("cpu")).astype("float64")


def _drawn(array: Any, like: Tensor) -> Tensor:
    """Return a host array as a tensor of another's dtype, on its device."""
    return wrap(to_device(host.asarray(array).astype(like._array.dtype, copy=False), like.device))


@guarded
def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """Return 0 or 1, 1 with the probability that ``input`` holds (or ``p``).

    Raises: ShapeError for a probability outside [0, 1]; DTypeError for probabilities that are not floating.
    """
    if p is None and input.dtype.category != 2:
        raise DTypeError(f"bernoulli: not implemented for {input.dtype}; wanted input of a floating dtype")
    if LEVELS.get():
        return _bernoulli_by_level(input, p, generator)
    return wrap(chances("bernoulli", input._array.shape, input._array if p is None else p, input, generator))


def _bernoulli_by_level(input: Tensor, p: float | None, generator: Generator | None) -> Tensor:
    """Return ``bernoulli`` inside transforms."""
    if p is None:
        even = rand(input.shape, generator=generator, dtype="float32", device=input.device)
        return (even < input.detach()).to(input.dtype)
    kind = {"dtype": input.dtype, "device": input.device}
    return drawn(lambda shape: bernoulli(empty(shape, **kind), p, generator=generator), input._array.shape)


def chances(operation: str, shape: tuple[int, ...], p: Any, like: Tensor, generator: Generator | None) -> Any:
    """Return an array of 0 and 1 in another's dtype and on its device, 1 with probability ``p``, which broadcasts."""
    looked_at = isinstance(p, float | int) or type(p) is host.ndarray  # elsewhere, that would make the host wait
    if looked_at and not (((p >= 0) & (p <= 1)).all() if type(p) is host.ndarray else 0 <= p <= 1):
        raise ShapeError(f"{operation}: Expected p_in >= 0 && p_in <= 1")
    found = to_device(stream_of(generator).uniform(shape, "float32"), like.device) < p
    if found.shape != shape:
        raise ShapeError(f"{operation}: p of shape {p.shape} does not broadcast to {shape}")
    return found.astype(like._array.dtype)


@guarded
def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """Return how many of ``count`` trials succeed with probability ``prob``; the two broadcast; NaN where one is NaN.

    Raises: DTypeError for tensors that are not floating, or of two dtypes.
    """
    if count.dtype is not prob.dtype:
        raise DTypeError(f"binomial: found dtype {prob.dtype} of prob but expected {count.dtype}, that of count")
    if LEVELS.get():
        return drawn_by(lambda n, p: binomial(n, p, generator), count, prob)
    n, p = host.broadcast_arrays(_on_host("binomial", "count", count), _on_host("binomial", "prob", prob))
    wrong = host.isnan(n) | host.isnan(p)
    trials = host.where(wrong | (n < 0), 0, n).astype("int64")
    drawn = stream_of(generator).draw.binomial(trials, host.where(wrong, 0, p.clip(0, 1)))
    return _drawn(host.where(wrong, host.nan, drawn), prob)


@guarded
def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Return counts whose means ``input`` holds.

    Raises: ShapeError for a negative mean (or NaN); DTypeError for means that are not floating.
    """
    if LEVELS.get():
        return drawn_by(lambda rate: poisson(rate, generator), input)
    rate = _on_host("poisson", "input", input)
    if not (rate >= 0).all():
        raise ShapeError("poisson: invalid Poisson rate, expected rate to be non-negative")
    return _drawn(stream_of(generator).draw.poisson(rate), input)


@creates
def normal(mean: Any, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None, dtype: Any = None,
           device: Any = None) -> Tensor:  # fmt: skip
    """Return normally distributed numbers of the given means and standard deviations.

    Where one of them is a tensor, the result has its dtype, and their common shape; of two numbers, that of ``size``.

    Raises: ShapeError for a negative ``std``; DTypeError for integers or a complex ``std``.
    """
    given = [x for x in (mean, std) if isinstance(x, Tensor)]
    for name, value, most in (("mean", mean, 3), ("std", std, 2)):
        if isinstance(value, Tensor) and not 2 <= value.dtype.category <= most:
            raise DTypeError(f"normal: not implemented for {name} of {value.dtype}; wanted a floating dtype")
    unseen = isinstance(std, Tensor) and bool(LEVELS.get())  # values of a transform's tensors are not looked at
    if not unseen and (bool((std < 0).any()) if isinstance(std, Tensor) else std < 0):
        raise ShapeError(f"normal: expects all elements of std >= 0.0, but found std {std}")
    if not given and size is None:
        raise DTypeError("normal: got two numbers; wanted size, or a tensor of means or standard deviations")
    if given:
        size, dtype, device = broadcast_shapes(*(x.shape for x in given)), given[0].dtype, given[0].device
    with no_grad():
        noise = randn(size, generator=generator, dtype=dtype, device=device)
        if LEVELS.get():  # whose tensors are not written, and whose tangents no_grad does not stop
            std, mean = [x.detach() if isinstance(x, Tensor) else x for x in (std, mean)]
            return noise * std + mean
        return noise.mul_(std).add_(mean)


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None,
    out: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Return indices drawn with probabilities in proportion to each row of ``input``; int64.

    Shape: (k) -> (num_samples), or (n, k) -> (n, num_samples).
    Raises: ShapeError for other shapes, for rows with negative or infinite weights or none above zero, for less than
    one sample, or too many without replacement; DTypeError for weights that are not floating.
    """
    if out is not None and out.dtype.name != "int64":
        raise DTypeError(f"multinomial: out is of {out.dtype}; expected scalar type Long")
    if not isinstance(input, Tensor) or input.dtype.category != 2:
        what = input.dtype if isinstance(input, Tensor) else type(input).__name__
        raise DTypeError(f"multinomial: only supports floating-point dtypes for input, got {what}")
    if out is not None:
        return deliver(multinomial, (input, num_samples, replacement), {"generator": generator}, out)
    if LEVELS.get():
        return drawn_by(lambda rows: _multinomial_of_rows(rows, num_samples, replacement, generator), input)
    weights = _on_host("multinomial", "input", input)
    _check_weights(weights, num_samples, replacement)
    rows = weights.reshape(-1, weights.shape[-1])
    pick = _with_replacement if replacement else _without_replacement
    found = pick(rows, num_samples, stream_of(generator)).reshape(*weights.shape[:-1], num_samples)
    return wrap(to_device(host.asarray(found, "int64"), input.device))


def _multinomial_of_rows(weights: Tensor, num_samples: int, replacement: bool, generator: Generator | None) -> Tensor:
    """Return ``multinomial`` for weights with any number of dimensions before the last."""
    shape = weights.shape
    rows = weights.reshape(-1, shape[-1]) if len(shape) > 2 else weights
    return multinomial(rows, num_samples, replacement, generator=generator).reshape(*shape[:-1], num_samples)


def _check_weights(weights: Any, num_samples: int, replacement: bool) -> None:
    if weights.ndim not in (1, 2):
        raise ShapeError(f"multinomial: prob_dist must be 1 or 2 dim, but input has shape {weights.shape}")
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
    if not (host.isfinite(sums) & (sums > 0) & (weights >= 0).all(-1)).all():
        raise ShapeError("multinomial: probability tensor contains either `inf`, `nan` or element < 0, or sums to 0")
    if not replacement and num_samples > (weights > 0).sum(-1).min(initial=num_samples):
        raise ShapeError("multinomial: cannot sample n_sample > number of nonzero categories without replacement")


def _with_replacement(weights: Any, count: int, stream: Any) -> Any:
    """Return, row by row, where even draws fall among the running sums: row i's lie between i and i + 1."""
    n, k = weights.shape
    row = host.arange(n, dtype="float64")[:, None]
    edges = weights.cumsum(-1)
    edges = edges / edges[:, -1:] + row
    drawn = host.minimum(stream.uniform((n, count), "float64") + row, host.nextafter(row + 1, row))
    found = host.searchsorted(edges.reshape(-1), drawn.reshape(-1), side="right")
    return found.reshape(n, count) - host.arange(n)[:, None] * k


def _without_replacement(weights: Any, count: int, stream: Any) -> Any:
    """Return the first to arrive where each waits for an exponential time of rate ``weights``.

    Source: Efraimidis & Spirakis, Weighted random sampling with a reservoir (2006).
    """
    with host.errstate(divide="ignore"):
        race = stream.draw.standard_exponential(weights.shape) / weights
    return race.argsort(-1, kind="stable")[:, :count]
