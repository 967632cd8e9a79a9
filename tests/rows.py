"""The grammar of the op tables: a row per operation, samples of its arguments, the numbers they are made of.

In a sample, a tuple of ints is a tensor of that shape filled from the row's domain, a list is a list of such, a
NumPy array is a tensor as it stands (an index, a mask), and anything else is passed on as it is.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Rng = np.random.Generator
Domain = Callable[[Rng, tuple[int, ...]], Any]

FLOATS = ("float32", "float64")
NUMBERS = (*FLOATS, "int64")
ALL = (*NUMBERS, "bool")
DISCRETE = ("int64", "bool")
SAME = "the function of the row's name"


# ---- domains: where an operation is defined, and smooth within the step of a finite difference ----


def real(rng: Rng, shape: tuple[int, ...]) -> Any:
    """Numbers of either sign."""
    return np.asarray(rng.standard_normal(shape))


def positive(rng: Rng, shape: tuple[int, ...]) -> Any:
    """Numbers in [0.5, 2)."""
    return np.asarray(rng.uniform(0.5, 2, shape))


def nonzero(rng: Rng, shape: tuple[int, ...]) -> Any:
    """Numbers of either sign, at least 0.5 from zero."""
    return positive(rng, shape) * rng.choice([-1, 1], shape)


def broken(rng: Rng, shape: tuple[int, ...]) -> Any:
    """Numbers at least 0.2 from any whole one, so from the kinks of ``abs``, ``relu`` and ``floor``."""
    return rng.integers(-3, 3, shape) + np.asarray(rng.uniform(0.2, 0.8, shape))


def distinct(rng: Rng, shape: tuple[int, ...]) -> Any:
    """Numbers at least 0.2 from each other, so that the largest stays the largest."""
    n = int(np.prod(shape))
    return (rng.permutation(n) * 0.3 - 0.15 * n + rng.uniform(0, 0.1, n)).reshape(shape)


def complex_numbers(rng: Rng, shape: tuple[int, ...]) -> Any:
    """Complex numbers at least 0.5 from zero; in a row they are complex64 where it says float32, else complex128."""
    return np.asarray(positive(rng, shape) * np.exp(1j * rng.uniform(-3, 3, shape)))


# ---- samples ----


@dataclass(frozen=True)
class Sample:
    """Arguments and options of one call."""

    args: tuple[Any, ...]
    options: dict[str, Any]

    def draw(self, row: Row, dtype: str = "float64", salt: int = 0) -> list[Any]:
        """Return the arguments as NumPy arrays of ``dtype``; the same call gives the same numbers."""
        rng = np.random.default_rng([zlib.crc32(f"{row.name}{self}".encode()), salt])
        domains = iter(row.domain if isinstance(row.domain, tuple) else ())

        def one(arg: Any) -> Any:
            if isinstance(arg, list):
                return [one(a) for a in arg]
            if not is_shape(arg):
                return arg.copy() if isinstance(arg, np.ndarray) else arg
            domain = next(domains, real) if isinstance(row.domain, tuple) else row.domain
            return convert(domain(rng, arg), dtype)

        return [one(arg) for arg in self.args]


def is_shape(arg: Any) -> bool:
    """Whether an argument of a sample stands for a tensor to be filled."""
    return isinstance(arg, tuple) and all(type(n) is int for n in arg)


def convert(array: Any, dtype: str) -> Any:
    """Return drawn numbers in ``dtype``: whole numbers away from zero for integers, signs for booleans."""
    if np.iscomplexobj(array):
        return array.astype("complex64" if dtype == "float32" else "complex128")
    if dtype == "int64":
        array = np.ceil(np.abs(array)) * np.where(array < 0, -1, 1)
    return np.asarray(array > 0 if dtype == "bool" else array, dtype)


def s(*args: Any, **options: Any) -> Sample:
    """Write a sample as a call."""
    return Sample(args, options)


@dataclass(frozen=True)
class Bad:
    """A call that must fail, with the type of its error and what the message says."""

    sample: Sample
    error: type[Exception]
    match: str


def bad(error: type[Exception], match: str, *args: Any, **options: Any) -> Bad:
    """Write a failing call: its error, what the message must match, then the arguments."""
    return Bad(Sample(args, options), error, match)


# ---- rows ----


class Row:
    """One operation of a table.

    Args:
        name: of the primitive, or of the public function.
        samples: the calls it is tested with.
        domain: where the numbers come from; a tuple gives each tensor argument its own.
        numpy: the reference that is always there: a NumPy function (or its name), called in the same way; None
            where only PyTorch has it.
        torch: the reference where PyTorch is installed: a name, or a function that gets ``torch`` before the rest.
            None in a tuple of results means that this one is not compared.
        composition: of a fused primitive, the same function of primitives, to be agreed with to second order.
        dtypes: what it takes.
        order: how often it can be differentiated; 0: its result never requires grad.
        linear: the positions of the arguments that it is linear in, each for itself.
        tolerance: relative, of values and gradients in float64.
        errors: what must fail, and how.
        syncs: whether it makes the host wait for the device, because the data decides the shape.
        device: whether it runs on a GPU too; CuPy lacks some of SciPy.
        hermitian: whether it reads one triangle of its first argument, a Hermitian matrix: numeric derivatives are
            then taken among such matrices.
    """

    def __init__(
        self, name: str, *samples: Sample, domain: Any = real, numpy: Any = SAME, torch: Any = SAME,
        composition: Any = None, dtypes: tuple[str, ...] = FLOATS, order: int = 2, linear: tuple[int, ...] = (),
        tolerance: float = 1e-10, errors: tuple[Bad, ...] = (), syncs: bool = False, device: bool = True,
        hermitian: bool = False,
    ) -> None:  # fmt: skip
        self.name, self.samples, self.domain, self.torch = name, samples, domain, torch
        self.call: Any = None  # the primitive or function of that name; its table fills it in
        self.numpy = getattr(np, name) if numpy is SAME else getattr(np, numpy) if isinstance(numpy, str) else numpy
        self.composition, self.dtypes, self.order, self.linear = composition, dtypes, order, linear
        self.tolerance, self.errors, self.syncs, self.device = tolerance, errors, syncs, device
        self.hermitian = hermitian

    def smooth(self, first: Any, *args: Any, **options: Any) -> Any:
        """Call the operation as a function of all elements of its arguments."""
        return self.call((first + first.mH) / 2 if self.hermitian else first, *args, **options)

    def torch_call(self, torch: Any) -> Callable[..., Any] | None:
        """Return PyTorch's function, or None where it has none."""
        if isinstance(self.torch, str):
            name = self.name.removeprefix("ag.") if self.torch is SAME else self.torch
            function = torch
            for part in name.split("."):
                function = getattr(function, part)
            return function
        return None if self.torch is None else lambda *args, **options: self.torch(torch, *args, **options)

    def __repr__(self) -> str:
        return f"Row({self.name})"


def outputs(result: Any) -> list[Any]:
    """Return the result of a call as a list."""
    return list(result) if isinstance(result, list | tuple) else [result]


def flat(args: Any) -> Iterator[Any]:
    """Yield arguments, those inside lists too."""
    for arg in args:
        if isinstance(arg, list):
            yield from flat(arg)
        else:
            yield arg
