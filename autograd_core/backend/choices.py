"""What may be chosen among kernels for the CPU; light, as it is imported with the package."""

from __future__ import annotations

import os

__all__ = ["OneDnn"]


class OneDnn:
    """Whether oneDNN serves where it is installed; ``AUTOGRAD_ONEDNN=0`` in the environment says no."""

    enabled = os.environ.get("AUTOGRAD_ONEDNN", "1") != "0"
