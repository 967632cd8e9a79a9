"""Whole programs, each with its imports, its classes and a ``main`` that returns the numbers it would have printed.

They are what a PyTorch user has after changing the imports: with ``torch`` for ``autograd_core`` each is the program
that PyTorch runs, and the test wants the same numbers of both.
"""
