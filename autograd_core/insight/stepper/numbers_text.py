"""Tensors in a few words: small ones by their numbers, large ones by shape and norm."""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.engine.tensor import Tensor

SHOWN = 6  # up to so many elements are written out


def number_text(tensor: Tensor, digits: int = 4) -> str:
    """Return ``0.25``, ``[1, 2.5]`` or ``float32[64, 100], norm 0.12``."""
    array = tensor.detach().numpy(force=True)
    if array.size <= SHOWN:
        return _listed(array.tolist(), digits)
    kind = f"{tensor.dtype.name}{list(array.shape)}"
    return f"{kind}, {_norm(array, digits)}" if array.dtype.kind in "fc" else kind


def short_text(tensor: Tensor, digits: int = 4) -> str:
    """Return ``0.25`` or ``norm 0.12``."""
    array = tensor.detach().numpy(force=True)
    return _listed(array.item(), digits) if array.size == 1 else _norm(array, digits)


def _norm(array: Any, digits: int) -> str:
    with host.errstate(all="ignore"):
        wide = abs(array.astype("complex128" if array.dtype.kind == "c" else "float64"))
        return f"norm {float((wide * wide).sum() ** 0.5):.{digits}g}"


def _listed(value: Any, digits: int) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_listed(v, digits) for v in value)}]"
    return f"{value + 0:.{digits}g}" if isinstance(value, float | complex) else str(value)
