"""Whether two sides that started from the same numbers computed the same.

After some steps what they return must agree to `RTOL`.  The gradients, of which a small learning rate shows little in
the parameters, are compared after the first step, to `KINKED`: where a ReLU's input is within rounding of zero, one
side passes the gradient and the other does not, and from then on they part.  One such element among the 131 000 of
ResNet-18's last stage changes the gradients by 5e-3; summed in another order, it has one or two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.draws import Array, generator
from benchmarks.workloads import Tensor

RTOL, KINKED = 1e-3, 5e-2

Fingerprint = tuple[float, float]


def values(t: Tensor) -> Array:
    """Return a tensor's numbers in float64; a peer may give an array."""
    array = t.detach().numpy() if hasattr(t, "detach") else np.asarray(t)
    return array.astype(np.float64).ravel()


def fingerprint(t: Tensor) -> Fingerprint:
    """Return ``(norm(t), <t, r>)`` for a seeded random vector r, which sees order as well as size."""
    x = values(t)
    return float(np.linalg.norm(x)), float(x @ generator().standard_normal(x.size))


def fingerprints(witness: Sequence[Any]) -> tuple[list[Fingerprint], list[Fingerprint]]:
    """Return the fingerprints of the tensors that a step returns, and of those in lists among them, the gradients."""
    tensors = [fingerprint(t) for t in witness if not isinstance(t, list)]
    return tensors, [fingerprint(t) for each in witness if isinstance(each, list) for t in each]


def disagreement(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """Say in what the reports of two sides differ; an empty string where they agree."""
    if fault := compare(ours["fingerprints"], theirs["fingerprints"]):
        return fault
    fault = compare(ours["gradients"], theirs["gradients"], KINKED)
    return f"gradient {fault}" if fault else ""


def compare(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]], rtol: float = RTOL) -> str:
    """Say in what two lists of fingerprints differ; an empty string where they agree.

    A tensor that is small beside the largest (a bias before a batch norm, whose gradient is rounding) is
    held to the largest one's scale, at a thousandth.
    """
    if len(ours) != len(theirs):
        return f"{len(ours)} tensors against {len(theirs)}"
    largest = max((norm for norm, _ in theirs), default=0.0)
    for i, (a, b) in enumerate(zip(ours, theirs)):
        bound = rtol * max(b[0], 1e-3 * largest)
        worst = max(abs(p - q) for p, q in zip(a, b))
        if not worst <= bound:  # a NaN disagrees too
            return f"tensor {i}: norm and projection {a} against {b}"
    return ""
