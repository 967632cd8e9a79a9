"""Resampling along one dimension: interpolation and adaptive averages are linear maps that read a few inputs each."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from autograd_core.backend.device import kernels_of
from autograd_core.backend.resampling import Rule
from autograd_core.engine.primitive import primitive
from autograd_core.ops.batching import along


@primitive(dtypes="promote", linear=True)
def resample(xp: ModuleType, x: Any, /, *, dim: int, rule: Rule, adjoint: bool = False) -> Any:
    """Return ``y[j] = sum over i of R[j, i] * x[i]`` along ``dim``, or with R transposed, which is the adjoint.

    ``rule`` is ``(kind, inputs, outputs, step, centre)``, as in ``autograd_core.backend.resampling``.
    Shape: inputs along ``dim`` -> outputs; for the adjoint the other way round.
    """
    return kernels_of(xp).resample(xp, x, dim=dim, rule=rule, adjoint=adjoint)


resample.vjp(x=lambda g, dim, rule, adjoint: resample(g, dim=dim, rule=rule, adjoint=not adjoint))
resample.batch(along(resample, "dim"))
