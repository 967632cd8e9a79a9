"""Random tensors by their parameters: one draw for each probability, rate, mean or row of weights.

Draws are not differentiable; ``autograd_core.distributions`` has those through which gradients pass.
"""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import module_of, to_device
from autograd_core.composites.shaping import broadcast_shapes
from autograd_core.creation.data import creates
from autograd_core.dtypes import as_dtype
from autograd_core.engine.lifted import LEVELS
from autograd_core.engine.modes import no_grad
from autograd_core.engine.out import deliver
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.guard import guarded
from autograd_core.randomness.generators import Generator, stream_of
from autograd_core.randomness.levels import drawn
from autograd_core.randomness.sampling import randn

__all__ = ["bernoulli", "binomial", "multinomial", "normal", "poisson"]
METHODS = ["bernoulli", "multinomial"]

FLOAT = as_dtype("float32").dtype


def _check_floating(operation: str, argument: str, value: Tensor) -> None:
    if value.dtype.category != 2:
        raise DTypeError(f"{operation}: not implemented for {value.dtype}; wanted {argument} of a floating dtype")


def _by(of: str, generator: Generator | None, *parameters: Tensor, dtype: Any = None, numbers: Any = ()) -> Tensor:
    """Return draws of a distribution with these parameters, on the device of the last."""
    like = parameters[-1]
    kind = like._array.dtype if dtype is None else as_dtype(dtype).dtype
    return drawn(of, generator, parameters, dtype=kind, numbers=numbers, device=like.device)


@guarded
def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """Return 0 or 1, 1 with the probability that ``input`` holds (or ``p``).

    Raises: ShapeError for a probability outside [0, 1]; DTypeError for probabilities that are not floating.
    """
    if p is None and input.dtype.category != 2:
        raise DTypeError(f"bernoulli: not implemented for {input.dtype}; wanted input of a floating dtype")
    return chances("bernoulli", input, input.detach() if p is None else p, generator)


def chances(operation: str, like: Tensor, p: Any, generator: Generator | None) -> Tensor:
    """Return 0 or 1 in another's shape, dtype and device, 1 with probability ``p``, which broadcasts.

    Raises: ShapeError for a probability outside [0, 1], where it can be seen without waiting for a device.
    """
    seen = p._array if isinstance(p, Tensor) else p
    if isinstance(seen, float | int) and not 0 <= seen <= 1:
        raise ShapeError(f"{operation}: Expected p_in >= 0 && p_in <= 1")
    if type(seen) is host.ndarray and not ((seen >= 0) & (seen <= 1)).all():
        raise ShapeError(f"{operation}: Expected p_in >= 0 && p_in <= 1")
    if LEVELS.get():
        even = drawn("uniform", generator, size=like.shape, dtype=FLOAT, device=like.device)
        return (even < p).to(like.dtype)
    shape, xp = like._array.shape, module_of(like._array)
    found = xp.asarray(to_device(stream_of(generator).uniform(shape, FLOAT), like.device) < seen)
    if found.shape != shape:
        raise ShapeError(f"{operation}: p of shape {seen.shape} does not broadcast to {shape}")
    return wrap(found.astype(like._array.dtype))


@guarded
def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """Return how many of ``count`` trials succeed with probability ``prob``; the two broadcast; NaN where one is NaN.

    Raises: DTypeError for tensors that are not floating, or of two dtypes.
    """
    if count.dtype is not prob.dtype:
        raise DTypeError(f"binomial: found dtype {prob.dtype} of prob but expected {count.dtype}, that of count")
    _check_floating("binomial", "prob", prob)
    return _by("binomial", generator, count, prob)


@guarded
def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Return counts whose means ``input`` holds.

    Raises: ShapeError for a negative mean (or NaN); DTypeError for means that are not floating.
    """
    _check_floating("poisson", "input", input)
    return _by("poisson", generator, input)


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
    if input.ndim not in (1, 2):
        raise ShapeError(f"multinomial: prob_dist must be 1 or 2 dim, but input has shape {tuple(input.shape)}")
    return _by("multinomial", generator, input, dtype="int64", numbers=(num_samples, bool(replacement)))
