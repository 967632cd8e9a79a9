"""Whether two sides that started from the same numbers computed the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.workloads import Tensor

SEED = 20260101
"""Seeds the data and weights of every workload, and the vectors that fingerprints are projected on."""

RTOL = 1e-3


def fingerprint(t: Tensor) -> tuple[float, float]:
    """Return ``(norm(t), <t, r>)`` for a seeded random vector r, which sees order as well as size."""
    x = t.detach().numpy().astype(np.float64).ravel()
    return float(np.linalg.norm(x)), float(x @ np.random.default_rng(SEED).standard_normal(x.size))


def compare(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]], rtol: float = RTOL) -> str:
    """Say in what two lists of fingerprints differ; an empty string where they agree.

    A tensor that is small beside the largest (a bias before a batch norm, whose gradient is rounding) is
    held to the largest one's scale, at a thousandth.
    """
    if len(ours) != len(theirs):
        return f"{len(ours)} tensors against {len(theirs)}"
    largest = max(norm for norm, _ in theirs)
    for i, (a, b) in enumerate(zip(ours, theirs)):
        bound = rtol * max(b[0], 1e-3 * largest)
        worst = max(abs(p - q) for p, q in zip(a, b))
        if not worst <= bound:  # a NaN disagrees too
            return f"tensor {i}: norm and projection {a} against {b}"
    return ""
