"""Systems of equations with a triangular matrix, solved by blocks: mostly matrix products, and batched as those are."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from autograd_core.backend import host

BLOCK = 48  # rows that are solved as a general system; larger ones are halved


def solve_triangular(xp: ModuleType, a: Any, b: Any, lower: bool, unit: bool) -> Any:
    """Return ``x`` with ``a @ x = b``, of ``a`` reading one triangle; ``unit``: with ones for its diagonal.

    A zero on the diagonal gives infinities, as a division does.  Shape: (..., n, n), (..., n, k) -> (..., n, k).
    """
    n = a.shape[-1]
    if n <= BLOCK:
        return _solve_block(xp, a, b, lower, unit)
    h = n // 2
    first, last = (slice(h), slice(h, None)) if lower else (slice(h, None), slice(h))
    x = solve_triangular(xp, a[..., first, first], b[..., first, :], lower, unit)
    rest = b[..., last, :] - xp.matmul(a[..., last, first], x)
    y = solve_triangular(xp, a[..., last, last], rest, lower, unit)
    return xp.concatenate([x, y] if lower else [y, x], axis=-2)


def _solve_block(xp: ModuleType, a: Any, b: Any, lower: bool, unit: bool) -> Any:
    triangle = xp.tril if lower else xp.triu
    part = triangle(a, (-1 if lower else 1) if unit else 0)
    a = part + xp.eye(a.shape[-1], dtype=a.dtype) if unit else part
    try:
        return xp.linalg.solve(a, b)
    except host.linalg.LinAlgError:
        return _substitute(xp, a, b, lower)


def _substitute(xp: ModuleType, a: Any, b: Any, lower: bool) -> Any:
    x = xp.zeros_like(b)
    steps = range(a.shape[-1])
    with host.errstate(all="ignore"):
        for i in steps if lower else reversed(steps):
            known = xp.matmul(a[..., i : i + 1, :], x)[..., 0, :]
            x[..., i, :] = (b[..., i, :] - known) / a[..., i, i, None]
    return x
