"""The generators behind all randomness, and the default one, from which draws come that name none.

A trace keeps a position of its own, from which a program goes on: see ``ops.random``.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from autograd_core.backend.device import as_device, to_device
from autograd_core.backend.generator import Stream, entropy
from autograd_core.dtypes import as_dtype
from autograd_core.engine.lifted import Lifted, adopting
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError

__all__ = ["Generator", "default_generator", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]


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
        return wrap(self.stream.position())

    def set_state(self, new_state: Tensor) -> Generator:
        """Go to a position that ``get_state`` returned; return the generator.

        Raises: DTypeError for anything but a uint8 tensor; ShapeError for one of another length.
        """
        if not isinstance(new_state, Tensor) or new_state.dtype is not as_dtype("uint8"):
            raise DTypeError("set_state: expected a ByteTensor: what get_state returned")
        self.stream.set_state(to_device(new_state._array, as_device("cpu")).tobytes())
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
    if (level := adopting()) is not None:
        level.move(Generator().manual_seed(seed).get_state())
        return _default.get()
    return _default.get().manual_seed(seed)


def seed() -> int:
    """Seed the default generator from the operating system; return the seed."""
    return _default.get().seed()


def initial_seed() -> int:
    """Return the seed of the default generator."""
    return _default.get().initial_seed()


def get_rng_state() -> Tensor:
    """Return the default generator's position, as a uint8 tensor."""
    level = adopting()
    return _default.get().get_state() if level is None else level.position()


def set_rng_state(new_state: Tensor) -> None:
    """Bring the default generator to a position that ``get_rng_state`` returned."""
    level = adopting()
    if isinstance(new_state, Lifted) and new_state.level is not level:
        new_state.level.refuse(
            "a draw has parameters that differ between the examples, which leave one stream at positions of their own; "
            "trace or call the function under vmap itself, where randomness= says what is meant"
        )
    if level is not None:
        level.move(new_state)
    else:
        _default.get().set_state(new_state)


def stream_of(generator: Generator | None) -> Stream:
    """Return the stream to draw from."""
    return (_default.get() if generator is None else generator).stream
