"""What may be chosen among kernels; light, as it is imported with the package."""

from __future__ import annotations

import os

__all__ = ["Deterministic", "OneDnn"]


class OneDnn:
    """Whether oneDNN serves where it is installed; ``AUTOGRAD_ONEDNN=0`` in the environment says no."""

    enabled = os.environ.get("AUTOGRAD_ONEDNN", "1") != "0"


class Deterministic:
    """Whether sums at indices are added up in one order on a GPU too; ``use_deterministic_algorithms`` says so."""

    wanted = False
