"""Shapes, views, joining and splitting."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.rows import ALL, Row, s


def strided(x: Any, *, size: Any, steps: Any, start: int = 0) -> Any:
    """The elements ``x[..., start + i * steps[0] + j * steps[1] + ...]``, for either library."""
    index = np.asarray(start + sum(i * step for i, step in zip(np.indices(size), steps, strict=True)), np.int64)
    return x[..., index] if isinstance(x, np.ndarray) else x[..., type(x)(index).long()]


PRIMITIVES = [
    Row("band", s((3, 3)), s((2, 3), diagonal=1), s((2, 3, 2), diagonal=-1), s((2, 3), diagonal=-1, upper=True),
        numpy=lambda x, *, diagonal=0, upper=False: (np.triu if upper else np.tril)(x, diagonal),
        torch=lambda t, x, *, diagonal=0, upper=False: (t.triu if upper else t.tril)(x, diagonal),
        dtypes=ALL, linear=(0,)),
    Row("diagonal", s((3, 3)), s((2, 3), offset=1), s((2, 3, 2), offset=-1), s((2, 0)), s((2, 2), offset=4),
        numpy=lambda x, *, offset=0: np.diagonal(x, offset, -2, -1), dtypes=ALL, linear=(0,),
        torch=lambda t, x, *, offset=0: t.diagonal(x, offset, -2, -1)),
    Row("strided", s((7,), size=(3, 2), steps=(2, 1)), s((2, 5), size=(2, 3), steps=(2, 1)),
        s((6,), size=(2, 2, 1), steps=(3, 1, 9), start=1), s((4,), size=(), steps=(), start=2),
        numpy=strided, torch=lambda t, x, **at: strided(x, **at), dtypes=ALL, linear=(0,)),
]  # fmt: skip
