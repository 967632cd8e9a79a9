"""Running extremes, which CuPy's ufuncs do not accumulate."""

from __future__ import annotations

from typing import Any


def running_extreme(xp: Any, x: Any, dim: int, largest: bool) -> Any:
    """Return the largest (or smallest) element so far along ``dim``: the array with itself shifted, log2(n) times.

    Source: Hillis and Steele, Data Parallel Algorithms, 1986.
    """
    choose = xp.maximum if largest else xp.minimum
    before = (slice(None),) * dim
    out, shift = x, 1
    while shift < x.shape[dim]:
        grown = out.copy()
        late, early = (*before, slice(shift, None)), (*before, slice(None, -shift))
        grown[late] = choose(out[late], out[early])
        out, shift = grown, 2 * shift
    return out
