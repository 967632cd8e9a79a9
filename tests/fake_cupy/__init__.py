"""A strict stand-in for CuPy, so that mistakes on the GPU are found without one.

It is NumPy behind a wall.  What CuPy offers (the names and signatures in ``api.json``, written from CuPy
14.2 by ``snapshot.py``) works; what CuPy lacks raises as CuPy does: no ``where=`` on ufuncs and reductions,
no implicit conversion to or mixing with NumPy, no scalars as results.  It also does what hurts on a real
device: new memory is poison, integer arrays as indices wrap round silently, of duplicate indices any may win,
atomic operations take few dtypes, and every moment when the host would wait is counted.
"""

from __future__ import annotations

import sys
from typing import Any

from . import cuda
from .array import ndarray
from .modules import ALL, cupy, cupyx
from .sync import DeviceSynchronized, count_syncs, forbid_sync

__all__ = [
    "DeviceSynchronized", "count_syncs", "cupy", "cupyx", "forbid_sync", "freeze", "install", "ndarray",
    "set_device_count", "uninstall",
]  # fmt: skip

set_device_count = cuda.set_device_count


def install(monkeypatch: Any = None, *, devices: int = 2) -> Any:
    """Make ``import cupy`` and ``import cupyx`` find the fake; return the fake ``cupy``.

    With pytest's ``monkeypatch`` the change ends with the test; without it, with ``uninstall()``.
    """
    set_device_count(devices)
    for name, module in ALL.items():
        if monkeypatch is None:
            sys.modules[name] = module
        else:
            monkeypatch.setitem(sys.modules, name, module)
    return cupy


def uninstall() -> None:
    """Take the fake modules out of ``sys.modules`` again."""
    for name, module in ALL.items():
        if sys.modules.get(name) is module:
            del sys.modules[name]


def freeze(array: ndarray) -> ndarray:
    """Make writes into ``array`` raise, to prove that a rule leaves its inputs alone; return it."""
    array._host.flags.writeable = False
    return array
