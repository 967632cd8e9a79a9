"""PyTorch's operator test database: the operators in scope give its values, gradients, forms and errors.

The whole of it takes some minutes and is ``make soak``'s; here each entry is tried on its first few samples.
What is known to differ, and why, is listed in ``tests/scope/differences.toml``; an entry there that agrees fails too.
"""
