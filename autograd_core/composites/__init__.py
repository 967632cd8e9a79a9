"""Functions made of primitives: PyTorch's signatures, defaults and errors.  No gradient code."""
