"""Running extremes."""

from __future__ import annotations

from typing import Any


def running_extreme(xp: Any, x: Any, dim: int, largest: bool) -> Any:
    """Return the largest (or smallest) element so far along ``dim``; NaN from the first one on."""
    return (xp.maximum if largest else xp.minimum).accumulate(x, dim)
