"""Weights that turn their input and leave its length."""

from __future__ import annotations

import math

import autograd_core as ag
from autograd_core import Generator, Tensor

__all__ = ["orthogonal_"]


@ag.no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Make the rows of the weight, flattened to ``(out, -1)``, orthonormal (or its columns, if they are fewer).

    It is the Q of a QR decomposition of normal numbers, with the signs that make R's diagonal positive: so Q favours
    no direction.  ``gain`` then scales it.

    Raises: ValueError where the tensor has less than two dimensions.
    Source: Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks, section
    3; Mezzadri, How to generate random matrices from the classical compact groups, section 5 (signs).
    """
    if tensor.dim() < 2:
        raise ValueError(
            f"orthogonal_: Only tensors with 2 or more dimensions are supported; got shape {tuple(tensor.shape)}"
        )
    if 0 in tensor.shape:
        return tensor
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    kind = tensor.dtype if tensor.dtype in (ag.float32, ag.float64) else ag.float32  # LAPACK has no halves
    drawn = ag.empty((rows, columns), dtype=kind, device=tensor.device).normal_(generator=generator)
    q, r = ag.linalg.qr(drawn if rows >= columns else drawn.T)
    q = q * ag.sign(ag.diagonal(r))
    return tensor.copy_((q if rows >= columns else q.T).reshape(tensor.shape)).mul_(gain)
