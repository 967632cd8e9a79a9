"""Resampling along one dimension: for each tap, the elements that the outputs read, weighted and added up."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from autograd_core.backend.resampling import Rule, taps_of

__all__ = ["resample"]

Array = Any


def resample(xp: ModuleType, x: Array, *, dim: int, rule: Rule, adjoint: bool) -> Array:
    """Return ``y[j] = Σ weight[j, k] x[index[j, k]]`` along ``dim``, for the taps ``k`` of the rule.

    Shape: ``rule``'s inputs along ``dim`` -> its outputs; for the adjoint the other way round.
    """
    index, weight = taps_of(rule, adjoint)
    total: Any = None
    for tap in range(index.shape[1]):
        part = xp.take(x, xp.asarray(index[:, tap]), axis=dim)
        if (weight[:, tap] != 1).any():
            part *= xp.asarray(weight[:, tap], x.dtype).reshape(-1, *(1,) * (x.ndim - dim - 1))
        total = part if total is None else xp.add(total, part, out=total)
    return total
