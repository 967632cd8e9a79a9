"""cuDNN's switches, kept for those who set them; the kernels here choose without searching, and deterministically."""

from __future__ import annotations

enabled = True
benchmark = False
deterministic = False
allow_tf32 = False


def is_available() -> bool:
    """Return False: no kernel here is cuDNN's."""
    return False


def version() -> int | None:
    """Return None: there is no cuDNN."""
    return None
