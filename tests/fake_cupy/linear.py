"""``cupy.linalg`` where it is stricter or laxer than NumPy's: what cuSOLVER reports is looked at only on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .array import ndarray
from .sync import synchronize

REPORTING = {"cholesky", "eigh", "eigvalsh", "inv", "lstsq", "qr", "solve", "svd"}
_raising: list[bool] = [False]


@contextmanager
def errstate(*, divide: Any = None, over: Any = None, under: Any = None, invalid: Any = None,
             linalg: str | None = None) -> Iterator[None]:  # fmt: skip
    """``cupyx.errstate``: with ``linalg='raise'`` failures raise, for which the host waits at every call."""
    if linalg not in (None, "ignore", "raise") or (divide, over, under, invalid) != (None,) * 4:
        raise NotImplementedError("cupyx.errstate: only linalg='ignore' and 'raise' are supported")
    _raising.append(_raising[-1] if linalg is None else linalg == "raise")
    try:
        yield
    finally:
        _raising.pop()


def checked(name: str, args: tuple[Any, ...], function: Callable[[], Any]) -> Any:
    """Return ``function()``; where it fails unobserved, garbage of the last argument's shape."""
    if name == "solve" and (args[0].ndim - args[1].ndim not in (0, 1) or _batch(args[0]) != _batch(args[1], args[0])):
        raise ValueError("a must have (..., M, M) shape and b must have (..., M) or (..., M, K)")
    if name in REPORTING and _raising[-1]:
        synchronize(f"cupy.linalg.{name}")
        return function()
    try:
        return function()
    except np.linalg.LinAlgError as error:
        if "square" in str(error) or "dimensional" in str(error):
            raise
        return ndarray._new(np.full(args[-1].shape, np.nan, args[-1].dtype))


def _batch(array: ndarray, beside: ndarray | None = None) -> tuple[int, ...]:
    return array.shape[: (array if beside is None else beside).ndim - 2]
