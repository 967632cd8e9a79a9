"""Programs as people publish them, which return the numbers they would have printed.

They use nothing of this project by name: the test runs each with ``autograd_core`` for ``torch``, and with PyTorch
itself where it is installed, and wants the same numbers.  Their data is made by NumPy, so that both see the same.
Here each is a function ``run(torch)``; those of ``whole`` are files with imports and classes of their own.
"""
