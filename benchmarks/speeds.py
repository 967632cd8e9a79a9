"""How fast the machine is: products of matrices by either library, and copies through memory."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks import draws
from benchmarks.api import Api

SIZE = 1536
"""Of the square matrices that are multiplied: large enough for either library's best rate."""
VECTOR = 16 << 20
"""Elements of a vector that no cache holds: 64 MiB of float32."""


def measure(api: Api, threads: int, seconds: float = 0.4) -> dict[str, float]:
    """Return Gflop/s of a float32 product on this side, and the GB/s that NumPy copies and adds at.

    A copy counts twice, a sum of two vectors three times: what is read and what is written.
    """
    gb, shared = 4e-9 * VECTOR, range(0, VECTOR, VECTOR // threads)
    a, b, out = (np.ones(VECTOR, np.float32) for _ in range(3))
    parts = [slice(start, start + VECTOR // threads) for start in shared]
    with ThreadPoolExecutor(threads) as pool:
        copying = best(lambda: list(pool.map(lambda part: np.copyto(out[part], a[part]), parts)), seconds)
    return {
        "gemm_gflops": 2e-9 * SIZE**3 / best(product(api), seconds),
        "copy_gbs": 2 * gb / best(lambda: np.copyto(out, a), seconds),
        "add_gbs": 3 * gb / best(lambda: np.add(a, b, out), seconds),
        "copy_on_all_threads_gbs": 2 * gb / copying,
    }


def product(api: Api) -> Callable[[], object]:
    """Return a product of two square matrices, with nothing recorded."""
    rng = draws.generator()
    a, b = (api.torch.from_numpy(draws.uniform(rng, SIZE, SIZE)) for _ in range(2))
    return lambda: api.torch.matmul(a, b)


def best(work: Callable[[], object], seconds: float) -> float:
    """Return the least time that ``work`` took in ``seconds``, after one call that warms up."""
    work()
    least, until = math.inf, time.perf_counter() + seconds
    while least == math.inf or time.perf_counter() < until:
        began = time.perf_counter()
        work()
        least = min(least, time.perf_counter() - began)
    return least
