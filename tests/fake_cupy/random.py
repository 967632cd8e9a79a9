"""``cupy.random``: the same distributions as NumPy's, from streams of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .array import ndarray
from .signatures import API, check_call

GENERATOR = API["classes"]["cupy.random.Generator"]["methods"]
LEGACY = API["modules"]["cupy.random"]["functions"]
TYPED = ("integers", "random", "standard_exponential", "standard_normal")  # NumPy's take a dtype too
STREAM = 0xC0DA  # mixed into every seed, so that no test can count on NumPy's numbers


class Generator:
    """``cupy.random.Generator``: the distributions that CuPy's has, each result on the current device."""

    def __init__(self, seed: int | None = None) -> None:
        entropy = [STREAM] if seed is None else [int(seed), STREAM]
        self._host = np.random.Generator(np.random.Philox(np.random.SeedSequence(entropy)))

    def __getattr__(self, name: str) -> Callable[..., ndarray]:
        if name not in GENERATOR:
            raise AttributeError(f"'Generator' object has no attribute {name!r}")

        def draw(*args: Any, dtype: Any = None, **options: Any) -> ndarray:
            given = options if dtype is None else {**options, "dtype": dtype}
            check_call(f"random.Generator.{name}", GENERATOR[name], (self, *args), given)
            if name in TYPED and dtype is not None:
                return ndarray._new(getattr(self._host, name)(*args, dtype=dtype, **options))
            return ndarray._new(np.asarray(getattr(self._host, name)(*args, **options), dtype))

        return draw


def default_rng(seed: int | None = None) -> Generator:
    """Return a generator."""
    return Generator(seed)


class Legacy:
    """The functions of ``cupy.random`` that share one hidden stream."""

    def __init__(self) -> None:
        self.seed(None)

    def seed(self, seed: int | None = None) -> None:
        """Start the hidden stream anew."""
        self._host = np.random.RandomState(None if seed is None else (seed + STREAM) % 2**32)

    def __getattr__(self, name: str) -> Callable[..., ndarray]:
        if name not in LEGACY or not hasattr(np.random.RandomState, name):
            raise AttributeError(f"module 'cupy.random' has no attribute {name!r}")

        def draw(*args: Any, dtype: Any = None, **options: Any) -> ndarray:
            return ndarray._new(np.asarray(getattr(self._host, name)(*args, **options), dtype))

        return draw
