"""Random streams on the host: Philox 4x64-10, so that a seed means the same numbers on every machine."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from autograd_core.errors import ShapeError


class Stream:
    """A seeded source of random arrays."""

    def __init__(self, seed: int) -> None:
        """Start the stream that belongs to ``seed``."""
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Start again, at the beginning of the stream that belongs to ``seed``."""
        self.bits = np.random.Philox(seed % 2**64)
        self.draw = np.random.Generator(self.bits)

    def state(self) -> bytes:
        """Return the position in the stream, as bytes."""
        s = self.bits.state
        words = [
            *s["state"]["counter"],
            *s["state"]["key"],
            *s["buffer"],
            s["buffer_pos"],
            s["has_uint32"],
            s["uinteger"],
        ]
        return np.array(words, np.uint64).tobytes()

    def position(self) -> Any:
        """Return the position in the stream, as an array of bytes."""
        return np.frombuffer(self.state(), np.uint8).copy()

    def set_state(self, state: bytes) -> None:
        """Go to a position that ``state`` returned.  Raises: ShapeError for bytes of another length."""
        if len(state) != 104:
            raise ShapeError(f"set_state: got {len(state)} bytes; wanted the 104 that get_state returned")
        words = np.frombuffer(state, np.uint64)
        self.bits.state = {
            "bit_generator": "Philox",
            "state": {"counter": words[:4].copy(), "key": words[4:6].copy()},
            "buffer": words[6:10].copy(),
            "buffer_pos": min(int(words[10]), 4),  # whatever the bytes say, they are a position
            "has_uint32": int(words[11] & 1),
            "uinteger": int(words[12] & 0xFFFFFFFF),
        }

    def uniform(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """Return numbers in [0, 1), complex ones with both parts in it."""
        return _by_parts(self.draw.random, shape, np.dtype(dtype))

    def normal(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """Return numbers of the standard normal distribution; each part of a complex one has half the variance."""
        drawn = _by_parts(self.draw.standard_normal, shape, np.dtype(dtype))
        return np.asarray(drawn / drawn.dtype.type(2**0.5)) if drawn.dtype.kind == "c" else drawn

    def integers(self, low: int, high: int, shape: tuple[int, ...], dtype: Any) -> Any:
        """Return integers in [low, high)."""
        return np.asarray(self.draw.integers(low, high, shape, np.int64)).astype(dtype)

    def permutation(self, n: int) -> Any:
        """Return 0 ... n-1 in random order."""
        return self.draw.permutation(n)


def _by_parts(draw: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Return drawn numbers of a floating or complex dtype; those of half precision are drawn in float32."""
    if dtype.kind == "c":
        return draw((*shape, 2), f"f{dtype.itemsize // 2}").view(dtype)[..., 0]
    wide = np.float32 if dtype.itemsize < 4 else dtype
    return np.asarray(draw(shape, wide)).astype(dtype, copy=False)


def entropy() -> int:
    """Return a seed from the operating system."""
    return int.from_bytes(os.urandom(8), "little") >> 1
