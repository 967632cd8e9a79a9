"""Counts the moments when the host waits for the device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_logs: list[list[str]] = []
_forbidden: list[bool] = [False]


class DeviceSynchronized(RuntimeError):
    """Raised where the host would wait for the device inside ``forbid_sync``."""


def synchronize(what: str) -> None:
    """Note that ``what`` makes the host wait.

    Raises: DeviceSynchronized inside ``forbid_sync``.
    """
    if _forbidden[-1]:
        raise DeviceSynchronized(f"{what} makes the host wait for the device")
    for log in _logs:
        log.append(what)


@contextmanager
def count_syncs() -> Iterator[list[str]]:
    """Yield a list that gains one entry, saying what it was, for each host synchronisation."""
    log: list[str] = []
    _logs.append(log)
    try:
        yield log
    finally:
        _logs.remove(log)


@contextmanager
def forbid_sync(allowed: bool = False) -> Iterator[None]:
    """Raise DeviceSynchronized at the first host synchronisation inside."""
    _forbidden.append(not allowed)
    try:
        yield
    finally:
        _forbidden.pop()
