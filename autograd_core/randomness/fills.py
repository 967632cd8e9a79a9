"""Tensor's methods that fill it with random numbers: ``x.uniform_(0, 1)``; all return the tensor.

Writing to a leaf that requires grad needs ``no_grad``; what was in the tensor passes no gradient on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import to_device
from autograd_core.backend.draws import DRAWS
from autograd_core.dtypes import as_dtype, dtype, iinfo
from autograd_core.engine import inplace
from autograd_core.engine.lifted import LEVELS, Lifted
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops import functions
from autograd_core.randomness.generators import Generator, stream_of
from autograd_core.randomness.levels import drawn
from autograd_core.randomness.outcomes import chances
from autograd_core.randomness.sampling import whole_range

METHODS = [
    "bernoulli_", "cauchy_", "exponential_", "geometric_", "log_normal_", "normal_", "random_", "uniform_",
]  # fmt: skip

WHOLE, DOUBLE = as_dtype("int64").dtype, as_dtype("float64").dtype  # in which numbers are drawn, whatever holds them
# the whole numbers up to here are floating ones too: one bit more than the mantissa's
EXACT = {"float16": 2**11, "bfloat16": 2**8, "float32": 2**24, "float64": 2**53}


def _fill(
    self: Tensor, operation: str, of: str, generator: Generator | None, dtype: Any, numbers: Sequence[float] = (),
    function: Callable[[Any], Any] = lambda drawn: drawn,
) -> Tensor:  # fmt: skip
    """Fill with ``function`` of what is drawn."""
    size = self._array.shape
    with host.errstate(over="ignore"):  # what half precision cannot hold is infinite
        if LEVELS.get():
            for level in LEVELS.get():
                level.draws()
            return _put(self, operation, function(drawn(of, generator, size=size, dtype=dtype, numbers=numbers)))
        made = host.asarray(function(DRAWS[of](stream_of(generator), (), size, dtype, numbers)))
        return inplace.fill(self, operation, lambda xp: to_device(made, self.device))


def _put(self: Tensor, operation: str, value: Tensor) -> Tensor:
    """Fill with a tensor that was drawn; a trace takes it as it is."""
    made = value.to(self.device) if isinstance(value, Lifted) else to_device(value._array, self.device)
    return inplace.fill(self, operation, lambda xp: made)


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
    width, start, kind = to - low, _both_parts(self, low), _continuous(self, "uniform_", complex_too=True)
    return _fill(self, "uniform_", "uniform", generator, kind, function=lambda u: u * width + start)


def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with normally distributed numbers, complex ones with half the variance in each part.

    Raises: ShapeError for a negative ``std``; DTypeError for integers.
    """
    if std < 0:
        raise ShapeError(f"normal_: expects std >= 0.0, but found std {std}")
    centre, kind = _both_parts(self, mean), _continuous(self, "normal_", complex_too=True)
    return _fill(self, "normal_", "normal", generator, kind, function=lambda n: n * std + centre)


def bernoulli_(self: Tensor, p: float | Tensor = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with 0 and 1, 1 with probability ``p``, a number or a tensor that broadcasts.

    Raises: ShapeError for a probability outside [0, 1]; DTypeError for a tensor of them that is not floating.
    """
    if isinstance(p, Tensor) and p.dtype.category != 2:
        raise DTypeError(f"bernoulli_: expected probabilities tensor to have floating type, got {p.dtype}")
    for level in LEVELS.get():
        level.draws()
    return _put(self, "bernoulli_", chances("bernoulli_", self, p, generator))


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
    return _fill(self, "random_", "integers", generator, WHOLE, (first, last))


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
    return _fill(self, "exponential_", "exponential", generator, DOUBLE, function=lambda e: e / lambd)


def cauchy_(self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with draws of the density ``sigma / (pi * (sigma**2 + (x - median)**2))``.

    Raises: ShapeError where ``sigma`` is not positive; DTypeError for integers.
    """
    if not sigma > 0:
        raise ShapeError(f"cauchy_: expects sigma > 0.0, but found sigma={sigma}")
    _continuous(self, "cauchy_")
    return _fill(self, "cauchy_", "cauchy", generator, DOUBLE, function=lambda c: c * sigma + median)


def log_normal_(self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with the exponentials of normally distributed numbers of this mean and standard deviation.

    Raises: ShapeError where ``std`` is not positive; DTypeError for integers.
    """
    if not std > 0:
        raise ShapeError(f"log_normal_: expects std > 0.0, but found std={std}")
    _continuous(self, "log_normal_")
    return _fill(self, "log_normal_", "normal", generator, DOUBLE, function=lambda n: functions.exp(n * std + mean))


def geometric_(self: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fill with how many trials it takes until one succeeds, each with probability ``p``: 1, 2, ...

    Raises: ShapeError where ``p`` is not between 0 and 1; DTypeError for booleans and complex numbers.
    """
    if not 0 < p < 1:
        raise ShapeError(f"geometric_: expects p to be in (0, 1), but got p={p}")
    if self.dtype.category not in (1, 2):
        raise DTypeError(f"geometric_: not implemented for {self.dtype}; wanted integers or a floating dtype")
    return _fill(self, "geometric_", "geometric", generator, WHOLE, (p,))
