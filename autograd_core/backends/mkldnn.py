"""Whether oneDNN (once MKL-DNN), which the extra ``fast`` installs, serves convolutions, pools and norms on the CPU."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from autograd_core.backend.choices import OneDnn

__all__ = ["flags", "is_available", "set_flags", "version"]


def is_available() -> bool:
    """Whether oneDNN is installed and can be loaded here."""
    return version() is not None


def version() -> str | None:
    """Return oneDNN's version; None where it is not available."""
    from autograd_core.backend.onednn.library import installed

    library = installed()
    return None if library is None else library.version


def set_flags(enabled: bool) -> tuple[bool]:
    """Let oneDNN serve, or not; return what was set before."""
    before, OneDnn.enabled = OneDnn.enabled, bool(enabled)
    return (before,)


@contextmanager
def flags(enabled: bool = False) -> Iterator[None]:
    """Let oneDNN serve, or not, inside the ``with`` block."""
    (before,) = set_flags(enabled)
    try:
        yield
    finally:
        set_flags(before)


class _Mkldnn(ModuleType):
    """The module, with ``enabled`` as a switch."""

    @property
    def enabled(self) -> bool:
        """Whether oneDNN serves where it is available."""
        return OneDnn.enabled

    @enabled.setter
    def enabled(self, wanted: bool) -> None:
        set_flags(wanted)


sys.modules[__name__].__class__ = _Mkldnn
