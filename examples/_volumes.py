"""Made-up volumes for segmentation: ellipsoid tumours, a little brighter than the body they are in, in noise."""

from __future__ import annotations

import autograd_core as ag
from autograd_core import Tensor

NOISE = 0.7  # deviation; a tumour is 0.5 brighter than the body


def volumes(count: int, size: int) -> tuple[Tensor, Tensor]:
    """Return volumes of mean 0 and deviation 1, and masks of their tumours.  Shape: (N, 1, size, size, size)."""
    axis = ag.linspace(-1, 1, size)
    grid = ag.stack(ag.meshgrid(axis, axis, axis, indexing="ij"))  # (3, size, size, size)

    def ellipsoid(reach: float, low: float, high: float) -> Tensor:
        centre, radii = reach * (2 * ag.rand(count, 3, 1, 1, 1) - 1), low + (high - low) * ag.rand(count, 3, 1, 1, 1)
        return (((grid - centre) / radii) ** 2).sum(1, keepdim=True)  # (N, 1, size, size, size), below 1 inside

    body = ag.sigmoid(6 * (1 - ellipsoid(0.15, 0.65, 0.9)))
    tumour = ag.cat([ellipsoid(0.4, 0.15, 0.4) < 1 for _ in range(3)], 1).any(1, keepdim=True).float()
    lure = (ellipsoid(0.4, 0.15, 0.4) < 1).float() * (1 - tumour)
    x = body + 0.5 * tumour - 0.5 * lure + NOISE * ag.randn(count, 1, size, size, size)
    return (x - x.mean((2, 3, 4), keepdim=True)) / x.std((2, 3, 4), keepdim=True), tumour
