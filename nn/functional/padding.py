"""Padding of the last dimensions."""

from __future__ import annotations

from autograd_core.composites.padding import pad

__all__ = ["pad"]
