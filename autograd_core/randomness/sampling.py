"""Random tensors by shape, and the generators behind all randomness; numbers are drawn on the host."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import as_device
from autograd_core.backend.generator import Stream, entropy
from autograd_core.composites.shaping import sizes
from autograd_core.creation.data import creates, finish
from autograd_core.dtypes import as_dtype, dtype, get_default_dtype, iinfo
from autograd_core.engine.lifted import LEVELS
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.randomness.levels import drawn

__all__ = [
    "Generator", "default_generator", "get_rng_state", "initial_seed", "manual_seed", "rand", "rand_like", "randint",
    "randint_like", "randn", "randn_like", "randperm", "seed", "set_rng_state",
]  # fmt: skip


class Generator:
    """A random stream with its own seed and position."""

    def __init__(self, device: Any = "cpu") -> None:
        """Start from a seed of the operating system's; call ``manual_seed`` for a known one."""
        self.device = as_device(device)
        self.manual_seed(entropy())

    def manual_seed(self, seed: int) -> Generator:
        """Start again from ``seed``; return the generator.  Raises: DTypeError for what is no int."""
        if not hasattr(seed, "__index__"):
            raise DTypeError(f"manual_seed: seed is {seed!r}; wanted an int")
        self._seed = int(seed)
        self.stream = Stream(self._seed)
        return self

    def seed(self) -> int:
        """Start again from a seed of the operating system's; return it."""
        self.manual_seed(entropy())
        return self._seed

    def initial_seed(self) -> int:
        """Return the seed that the stream started from."""
        return self._seed

    def get_state(self) -> Tensor:
        """Return the position in the stream as a uint8 tensor."""
        return wrap(host.frombuffer(self.stream.state(), "uint8").copy())

    def set_state(self, new_state: Tensor) -> Generator:
        """Go to a position that ``get_state`` returned; return the generator.

        Raises: DTypeError for anything but a uint8 tensor; ShapeError for one of another length.
        """
        if not isinstance(new_state, Tensor) or new_state.dtype is not as_dtype("uint8"):
            raise DTypeError("set_state: expected a ByteTensor: what get_state returned")
        self.stream.set_state(new_state._array.tobytes())
        return self

    def clone_state(self) -> Generator:
        """Return a generator of the same seed, at the same position."""
        return Generator(self.device).manual_seed(self._seed).set_state(self.get_state())


default_generator = Generator()
# A data loader's worker thread draws from one of its own: the numbers do not depend on what other threads draw.
_default: ContextVar[Generator] = ContextVar("default_generator", default=default_generator)


def own_generator(generator: Generator) -> None:
    """Let this thread's default generator be ``generator``."""
    _default.set(generator)


def manual_seed(seed: int) -> Generator:
    """Seed the default generator, from which everything random draws; return it."""
    return _default.get().manual_seed(seed)


def seed() -> int:
    """Seed the default generator from the operating system; return the seed."""
    return _default.get().seed()


def initial_seed() -> int:
    """Return the seed of the default generator."""
    return _default.get().initial_seed()


def get_rng_state() -> Tensor:
    """Return the default generator's position, as a uint8 tensor."""
    return _default.get().get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Bring the default generator to a position that ``get_rng_state`` returned."""
    _default.get().set_state(new_state)


def stream_of(generator: Generator | None) -> Stream:
    """Return the stream to draw from.  Raises: GraphError inside a transform that allows no draws."""
    for level in LEVELS.get():
        level.draws()
    return (_default.get() if generator is None else generator).stream


# ---- by shape ----


def _floating(operation: str, dtype: Any) -> Any:
    wanted = get_default_dtype() if dtype is None else as_dtype(dtype)
    if wanted.category < 2:
        raise DTypeError(f"{operation}: dtype is {wanted}; wanted a floating dtype or a complex one")
    return wanted.dtype


def _shape(operation: str, size: tuple[Any, ...]) -> tuple[int, ...]:
    """Return a shape given as ints or as one sequence.  Raises: ShapeError for a negative length."""
    shape = sizes(size, operation)
    if min(shape, default=0) < 0:
        raise ShapeError(f"{operation}: Trying to create tensor with negative dimension: {shape}")
    return shape


@creates
def rand(*shape: Any, size: Any = None, generator: Generator | None = None, dtype: Any = None,
         device: Any = None) -> Tensor:  # fmt: skip
    """Return numbers drawn evenly from [0, 1).  Shape: ``size``."""
    lengths = _shape("rand", shape if size is None else (size,))
    if LEVELS.get():
        return drawn(lambda s: rand(s, generator=generator, dtype=dtype, device=device), lengths)
    return finish(stream_of(generator).uniform(lengths, _floating("rand", dtype)), device, False)


@creates
def randn(*shape: Any, size: Any = None, generator: Generator | None = None, dtype: Any = None,
          device: Any = None) -> Tensor:  # fmt: skip
    """Return numbers drawn from the standard normal distribution.  Shape: ``size``."""
    lengths = _shape("randn", shape if size is None else (size,))
    if LEVELS.get():
        return drawn(lambda s: randn(s, generator=generator, dtype=dtype, device=device), lengths)
    return finish(stream_of(generator).normal(lengths, _floating("randn", dtype)), device, False)


@creates
def randint(low: int = 0, high: Any = None, size: Any = None, *, generator: Generator | None = None,
            dtype: Any = None, device: Any = None) -> Tensor:  # fmt: skip
    """Return integers drawn evenly from [``low``, ``high``); ``randint(high, size)`` draws from 0.

    Raises: ShapeError where the range is empty, or reaches beyond the dtype.
    """
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    kind = as_dtype(dtype or "int64")
    low, high = whole_range("randint", low, high, kind)
    lengths = _shape("randint", (size,))
    if LEVELS.get():
        return drawn(lambda s: randint(low, high, s, generator=generator, dtype=kind, device=device), lengths)
    return finish(stream_of(generator).integers(low, high, lengths, kind.dtype), device, False)


def whole_range(operation: str, low: Any, high: Any, kind: dtype) -> tuple[int, int]:
    """Return the ends of a range of integers.

    Raises: DTypeError for ends that are no integers; ShapeError where the range is empty, or reaches beyond the dtype.
    """
    if not (hasattr(low, "__index__") and hasattr(high, "__index__")):
        raise DTypeError(f"{operation}: got low={low!r}, high={high!r}; wanted ints")
    first, last = int(low), int(high) - 1
    if first > last:
        raise ShapeError(f"{operation}: random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    least, most = (iinfo(kind).min, iinfo(kind).max) if kind.category == 1 else (0, 1)
    if kind.category < 2 and not least <= first <= last <= most:
        raise ShapeError(f"{operation}: from={low}, to={high}: 'to - 1' or 'from' is out of bounds for {kind}")
    return first, last + 1


@creates
def randperm(n: int, *, generator: Generator | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Return the integers 0 ... n-1 in random order.  Raises: ShapeError for a negative ``n``."""
    if n < 0:
        raise ShapeError(f"randperm: n is {n}; wanted a non-negative int")
    kind = as_dtype(dtype or "int64").dtype
    if LEVELS.get():
        return drawn(lambda s: finish(_permutations(stream_of(generator), s).astype(kind), device, False), (n,))
    return finish(stream_of(generator).permutation(n).astype(kind), device, False)


def _permutations(stream: Stream, shape: tuple[int, ...]) -> Any:
    """Return permutations along the last dimension; one as ``randperm`` draws it."""
    return stream.permutation(shape[0]) if len(shape) == 1 else stream.uniform(shape, "float64").argsort(-1)


# ---- in another's likeness ----


@creates
def rand_like(input: Tensor, *, generator: Generator | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ``rand`` of ``input``'s shape, dtype and device."""
    return rand(input.shape, generator=generator, dtype=dtype or input.dtype, device=device or input.device)


@creates
def randn_like(input: Tensor, *, generator: Generator | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ``randn`` of ``input``'s shape, dtype and device."""
    return randn(input.shape, generator=generator, dtype=dtype or input.dtype, device=device or input.device)


@creates
def randint_like(input: Tensor, low: int = 0, high: int | None = None, *, generator: Generator | None = None,
                 dtype: Any = None, device: Any = None) -> Tensor:  # fmt: skip
    """Return ``randint`` of ``input``'s shape, dtype and device; ``randint_like(input, high)`` draws from 0."""
    options = {"generator": generator, "dtype": dtype or input.dtype, "device": device or input.device}
    return randint(low, high, input.shape, **options)
