"""The seeded numbers that every side starts from, drawn with NumPy alone."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

SEED = 20260101
"""Seeds the data and weights of every workload, and the vectors that fingerprints are projected on."""

Array = np.ndarray[Any, np.dtype[Any]]


def generator() -> np.random.Generator:
    """Return the generator that a workload is built with."""
    return np.random.default_rng(SEED)


def uniform(rng: np.random.Generator, *shape: int, bound: float = 1.0) -> Array:
    """Draw float32 from U(-bound, bound)."""
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def labels(rng: np.random.Generator, n: int) -> Array:
    """Draw ``n`` labels of ten classes."""
    return rng.integers(0, 10, n)


def perceptron(rng: np.random.Generator, *widths: int) -> list[Array]:
    """Draw weights and biases, one after the other, as `registry.seeded` fills a perceptron of these widths."""
    arrays = []
    for fan_in, fan_out in itertools.pairwise(widths):
        arrays += [uniform(rng, fan_out, fan_in, bound=fan_in**-0.5), np.zeros(fan_out, np.float32)]
    return arrays
