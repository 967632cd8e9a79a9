"""Kernels that are the same on NumPy and CuPy, and lose nothing by it."""
