"""Saving and loading: safetensors files, whole checkpoints in one atomic file, PyTorch's and NumPy's files.

Nothing in here runs code from a file: see `docs/saving.md`.
"""
