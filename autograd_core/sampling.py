"""Random tensors: one explicit generator, seeded; numbers are drawn on the host and moved to the device."""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import as_device, device, to_device
from autograd_core.backend.generator import Stream, entropy
from autograd_core.composites.shaping import sizes
from autograd_core.creation import finish
from autograd_core.dtypes import as_dtype, get_default_dtype
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError

__all__ = [
    "Generator", "bernoulli", "default_generator", "get_rng_state", "initial_seed", "manual_seed", "multinomial",
    "normal", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "seed",
    "set_rng_state",
]  # fmt: skip


class Generator:
    """A random stream with its own seed and position."""

    def __init__(self, device: Any = "cpu") -> None:
        """Start from a seed of the operating system's; call ``manual_seed`` for a known one."""
        self.device = as_device(device)
        self.manual_seed(entropy())

    def manual_seed(self, seed: int) -> Generator:
        """Start again from ``seed``; return the generator."""
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

    def set_state(self, new_state: Tensor) -> None:
        """Go to a position that ``get_state`` returned."""
        self.stream.set_state(new_state._array.tobytes())


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Seed the default generator, from which everything random draws; return it."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Seed the default generator from the operating system; return the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """Return the seed of the default generator."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """Return the default generator's position, as a uint8 tensor."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Bring the default generator to a position that ``get_rng_state`` returned."""
    default_generator.set_state(new_state)


def stream_of(generator: Generator | None) -> Stream:
    """Return the stream to draw from."""
    return (default_generator if generator is None else generator).stream


def _floating(operation: str, dtype: Any) -> Any:
    wanted = get_default_dtype() if dtype is None else as_dtype(dtype)
    if wanted.category < 2:
        raise DTypeError(f"{operation}: dtype is {wanted}; wanted a floating dtype or a complex one")
    return wanted.dtype


def _shape(operation: str, size: tuple[Any, ...]) -> tuple[int, ...]:
    shape = sizes(size, operation)
    if min(shape, default=0) < 0:
        raise ShapeError(f"{operation}: Trying to create tensor with negative dimension: {shape}")
    return shape


def rand(*size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None,
         requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Return numbers drawn evenly from [0, 1).  Shape: ``size``."""
    shape = _shape("rand", size)
    return finish(stream_of(generator).uniform(shape, _floating("rand", dtype)), device, requires_grad)


def randn(*size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None,
          requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Return numbers drawn from the standard normal distribution.  Shape: ``size``."""
    shape = _shape("randn", size)
    return finish(stream_of(generator).normal(shape, _floating("randn", dtype)), device, requires_grad)


def randint(low: int, high: Any = None, size: Any = None, *, generator: Generator | None = None, dtype: Any = None,
            device: Any = None, requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Return integers drawn evenly from [``low``, ``high``); ``randint(high, size)`` draws from 0.

    Raises: ShapeError where the range is empty.
    """
    if size is None:
        low, high, size = 0, low, high
    if low >= high:
        raise ShapeError(f"randint: random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    kind = as_dtype(dtype or "int64").dtype
    return finish(stream_of(generator).integers(low, high, _shape("randint", (size,)), kind), device, requires_grad)


def randperm(n: int, *, generator: Generator | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Return the integers 0 ... n-1 in random order.  Raises: ShapeError for a negative ``n``."""
    if n < 0:
        raise ShapeError(f"randperm: n is {n}; wanted a non-negative int")
    return finish(stream_of(generator).permutation(n).astype(as_dtype(dtype or "int64").dtype), device, False)


def rand_like(input: Tensor, *, generator: Generator | None = None, dtype: Any = None, device: Any = None,
              requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Return ``rand`` of ``input``'s shape, dtype and device."""
    return rand(*input.shape, generator=generator, dtype=dtype or input.dtype, device=device or input.device,
                requires_grad=requires_grad)  # fmt: skip


def randn_like(input: Tensor, *, generator: Generator | None = None, dtype: Any = None, device: Any = None,
               requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Return ``randn`` of ``input``'s shape, dtype and device."""
    return randn(*input.shape, generator=generator, dtype=dtype or input.dtype, device=device or input.device,
                 requires_grad=requires_grad)  # fmt: skip


def randint_like(input: Tensor, low: int, high: int | None = None, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ``randint`` of ``input``'s shape, dtype and device."""
    return (
        randint(low, high, input.shape, dtype=dtype or input.dtype, device=device or input.device)
        if high is not None
        else randint(0, low, input.shape, dtype=dtype or input.dtype, device=device or input.device)
    )


def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """Return 0 or 1, 1 with the probability that ``input`` holds (or ``p``).  Not differentiable.

    Raises: ShapeError for a probability outside [0, 1].
    """
    chance = input._array if p is None else p
    bad = (
        not 0 <= p <= 1 if p is not None else type(chance) is host.ndarray and bool(((chance < 0) | (chance > 1)).any())
    )
    if bad:
        raise ShapeError("bernoulli: Expected p_in >= 0 && p_in <= 1")
    drawn = to_device(stream_of(generator).uniform(input._array.shape, "float32"), input.device)
    return wrap((drawn < chance).astype(input._array.dtype))


def normal(mean: Any, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None, dtype: Any = None,
           device: Any = None) -> Tensor:  # fmt: skip
    """Return normally distributed numbers of the given mean and standard deviation (numbers, or tensors)."""
    like = next((x for x in (mean, std) if isinstance(x, Tensor)), None)
    if like is None:
        return randn(*sizes((size,)), generator=generator, dtype=dtype, device=device) * std + mean
    from autograd_core.composites.shaping import broadcast_shapes

    shape = broadcast_shapes(*(x.shape for x in (mean, std) if isinstance(x, Tensor)))
    return randn(*shape, generator=generator, dtype=like.dtype, device=like.device) * std + mean


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Return indices drawn with probabilities in proportion to each row of ``input``; int64.

    Shape: (k) -> (num_samples), or (n, k) -> (n, num_samples).
    Raises: ShapeError for negative, infinite or all-zero rows, or too many samples without replacement.
    """
    weights = to_device(input._array, device("cpu")).astype("float64")
    if (weights < 0).any() or not host.isfinite(weights).all() or (weights.sum(-1) <= 0).any():
        raise ShapeError("multinomial: probability tensor contains either `inf`, `nan` or element < 0, or sums to 0")
    if not replacement and num_samples > (weights > 0).sum(-1).min():
        raise ShapeError("multinomial: cannot sample n_sample > number of nonzero categories without replacement")
    stream = stream_of(generator)
    if replacement:
        edges = weights.cumsum(-1)
        drawn = stream.uniform((*weights.shape[:-1], num_samples), "float64") * edges[..., -1:]
        found = (drawn[..., :, None] >= edges[..., None, :]).sum(-1)
    else:  # the exponential race (Efraimidis & Spirakis 2006): the smallest draws of Exp(weight) win
        with host.errstate(divide="ignore"):
            race = -host.log1p(-stream.uniform(weights.shape, "float64")) / weights
        found = race.argsort(-1, kind="stable")[..., :num_samples]
    return finish(found.astype("int64"), input.device, False)
