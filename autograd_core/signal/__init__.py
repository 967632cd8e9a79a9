"""PyTorch's ``signal`` namespace: windows."""

from autograd_core.signal import windows as windows

__all__ = ["windows"]
