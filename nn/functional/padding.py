"""Padding of the last dimensions."""

from __future__ import annotations

from autograd_core.composites.shaping import pad

__all__ = ["pad"]
