"""The errors a user can meet.  Each is also the built-in type that PyTorch code catches."""

from __future__ import annotations

from contextlib import suppress
from pickle import UnpicklingError

from autograd_core.backend import host

__all__ = [
    "AnomalyError", "AssertedError", "DTypeError", "DeviceError", "FormatError", "GraphError", "IndexRangeError",
    "IndexTypeError", "LinAlgError", "ProgramError", "ShapeError",
]  # fmt: skip


class _Placed(Exception):
    """An error that says where the user's code was: it looks when it is made, so that no call pays for it before."""

    def __init__(self, *args: object) -> None:
        """Add the user's line, and inside modules their path, to the message."""
        super().__init__(*args)
        with suppress(ImportError):  # while the package itself is being imported
            from autograd_core.engine.failure import place

            place(self)


class ShapeError(_Placed, ValueError, RuntimeError):
    """Shapes or dims that do not fit together."""


class AssertedError(ShapeError, AssertionError):
    """Arguments of a layer that do not fit together, where PyTorch asserts that they do."""


class DTypeError(_Placed, TypeError, RuntimeError):
    """A dtype, or a kind of argument, that the operation does not take."""


class DeviceError(_Placed, RuntimeError):
    """Tensors on different devices, or a device that is not there."""


class GraphError(_Placed, RuntimeError):
    """A graph that cannot be walked: freed, cut, changed in place, or never recorded."""


class AnomalyError(RuntimeError, FloatingPointError):
    """A NaN or Inf that anomaly mode found, in forward or backward."""


class IndexRangeError(_Placed, IndexError, RuntimeError):
    """An index outside the dimension it points into."""


class IndexTypeError(DTypeError, IndexRangeError):
    """What is given as an index and does not index: a float, a text."""


class LinAlgError(_Placed, RuntimeError, host.linalg.LinAlgError):
    """A matrix that is singular or not positive-definite where it must not be, or an iteration that fails on it."""


class FormatError(ValueError, RuntimeError, UnpicklingError):
    """A file that is damaged, of an unknown format, or that asks for code to be run."""


class ProgramError(ValueError):
    """A program that does not fit together; one in a text says at which ``line`` and ``column``, counted from 1."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        """Put the place, where there is one, before the message."""
        super().__init__(message if line is None else f"line {line}, column {column}: {message}")
        self.line, self.column = line, column
