"""Arrays for the tests of kernels: in several layouts, drawn read-only, and compared to 1e-5."""

from __future__ import annotations

import numpy as np

LAYOUTS = {
    "in order": lambda a: a,
    "channels last": lambda a: np.moveaxis(np.ascontiguousarray(np.moveaxis(a, 1, -1)), -1, 1),
    "cut out": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "reversed": lambda a: np.ascontiguousarray(a[..., ::-1])[..., ::-1],
    "transposed": lambda a: np.ascontiguousarray(a.swapaxes(0, -1)).swapaxes(0, -1),
}


def draw(rng: np.random.Generator, *shape: int) -> np.ndarray:
    a = rng.standard_normal(shape).astype(np.float32)
    a.flags.writeable = False
    return a


def close(found: np.ndarray, wanted: np.ndarray) -> None:
    assert found.dtype == np.float32 and found.shape == wanted.shape
    assert abs(found - wanted).max(initial=0) <= 1e-5 * max(1, abs(wanted).max(initial=0))
