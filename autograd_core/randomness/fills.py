"""Tensor's methods that fill it with random numbers: ``x.uniform_(0, 1)``; all return the tensor.

Writing to a leaf that requires grad needs ``no_grad``; what was in the tensor passes no gradient on.
"""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import to_device
from autograd_core.dtypes import dtype, iinfo
from autograd_core.engine import inplace
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.randomness.outcomes import chances
from autograd_core.randomness.sampling import Generator, stream_of, whole_range

METHODS = [
    "bernoulli_", "cauchy_", "exponential_", "geometric_", "log_normal_", "normal_", "random_", "uniform_",
]  # fmt: skip

# the whole numbers up to here are floating ones too: one bit more than the mantissa's
EXACT = {"float16": 2**11, "bfloat16": 2**8, "float32": 2**24, "float64": 2**53}


def _fill(self: Tensor, operation: str, drawn: Any) -> Tensor:
    with host.errstate(over="ignore"):  # what half precision cannot hold is infinite
        return inplace.fill(self, operation, lambda xp: to_device(host.asarray(drawn), self.device))


def _continuous(self: Tensor, operation: str, complex_too: bool = False) -> Any:
    """Return a tensor's NumPy dtype.  Raises: DTypeError where it cannot hold what is drawn."""
    if not 2 <= self.dtype.category <= 2 + complex_too:
        raise DTypeError(
            f"{operation}: draws from a continuous probability distribution. dtype must be a floating point but you "
            f"specified {self.dtype}"
        )
    return self._array.dtype


def _both_parts(self: Tensor, number: float) -> complex:
    return number * (1 + 1j) if self.is_complex() else number


def uniform_(self: Tensor, low: float = 0.0, to: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with numbers drawn evenly from [low, to), complex ones with both parts in it.

    Raises: ShapeError where ``low`` is above ``to``; DTypeError for integers.
    """
    if low > to:
        raise ShapeError(f"uniform_: expects to return a [from, to) range, but found from={low} > to={to}")
    drawn = stream_of(generator).uniform(self._array.shape, _continuous(self, "uniform_", complex_too=True))
    return _fill(self, "uniform_", drawn * (to - low) + _both_parts(self, low))


def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with normally distributed numbers, complex ones with half the variance in each part.

    Raises: ShapeError for a negative ``std``; DTypeError for integers.
    """
    if std < 0:
        raise ShapeError(f"normal_: expects std >= 0.0, but found std {std}")
    drawn = stream_of(generator).normal(self._array.shape, _continuous(self, "normal_", complex_too=True))
    return _fill(self, "normal_", drawn * std + _both_parts(self, mean))


def bernoulli_(self: Tensor, p: float | Tensor = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with 0 and 1, 1 with probability ``p``, a number or a tensor that broadcasts.

    Raises: ShapeError for a probability outside [0, 1]; DTypeError for a tensor of them that is not floating.
    """
    if isinstance(p, Tensor):
        if p.dtype.category != 2:
            raise DTypeError(f"bernoulli_: expected probabilities tensor to have floating type, got {p.dtype}")
        p = p._array
    drawn = chances("bernoulli_", self._array.shape, p, self, generator)
    return inplace.fill(self, "bernoulli_", lambda xp: drawn)


def random_(self: Tensor, low: int | None = None, to: int | None = None, *,
            generator: Generator | None = None) -> Tensor:  # fmt: skip
    """Fill with integers drawn evenly from [low, to); ``random_(to)`` draws from 0.

    ``random_()`` draws from all whole numbers, from 0, that the dtype holds exactly.

    Raises: ShapeError where the range is empty, or reaches beyond the dtype; DTypeError for complex numbers.
    """
    if self.is_complex():
        raise DTypeError(f"random_: not implemented for {self.dtype}; wanted a real dtype")
    if to is None:
        low, to = 0, _end(self.dtype) if low is None else low
    first, last = whole_range("random_", low or 0, to, self.dtype)
    return _fill(self, "random_", stream_of(generator).integers(first, last, self._array.shape, "int64"))


def _end(kind: dtype) -> int:
    """Return the end of the whole numbers from 0 that a dtype holds exactly."""
    if kind.category < 2:
        return iinfo(kind).max + 1 if kind.category else 2
    return EXACT[kind.name] + 1


def exponential_(self: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with draws of the density ``lambd * exp(-lambd * x)``.

    Raises: ShapeError where ``lambd`` is not positive; DTypeError for integers.
    """
    if not lambd > 0:
        raise ShapeError(f"exponential_: expects lambda > 0.0, but found lambda={lambd}")
    _continuous(self, "exponential_")
    return _fill(self, "exponential_", stream_of(generator).draw.standard_exponential(self._array.shape) / lambd)


def cauchy_(self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with draws of the density ``sigma / (pi * (sigma**2 + (x - median)**2))``.

    Raises: ShapeError where ``sigma`` is not positive; DTypeError for integers.
    """
    if not sigma > 0:
        raise ShapeError(f"cauchy_: expects sigma > 0.0, but found sigma={sigma}")
    _continuous(self, "cauchy_")
    return _fill(self, "cauchy_", stream_of(generator).draw.standard_cauchy(self._array.shape) * sigma + median)


def log_normal_(self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with the exponentials of normally distributed numbers of this mean and standard deviation.

    Raises: ShapeError where ``std`` is not positive; DTypeError for integers.
    """
    if not std > 0:
        raise ShapeError(f"log_normal_: expects std > 0.0, but found std={std}")
    _continuous(self, "log_normal_")
    drawn = stream_of(generator).normal(self._array.shape, "float64")
    with host.errstate(over="ignore"):
        return _fill(self, "log_normal_", host.exp(drawn * std + mean))


def geometric_(self: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fill with how many trials it takes until one succeeds, each with probability ``p``: 1, 2, ...

    Raises: ShapeError where ``p`` is not between 0 and 1; DTypeError for booleans and complex numbers.
    """
    if not 0 < p < 1:
        raise ShapeError(f"geometric_: expects p to be in (0, 1), but got p={p}")
    if self.dtype.category not in (1, 2):
        raise DTypeError(f"geometric_: not implemented for {self.dtype}; wanted integers or a floating dtype")
    return _fill(self, "geometric_", stream_of(generator).draw.geometric(p, self._array.shape))
