"""Settings of the whole process, under PyTorch's names: threads, determinism, precision of products."""

from __future__ import annotations

import math
from typing import Any

from autograd_core.backend.choices import Deterministic
from autograd_core.dtypes import BY_NAME, set_default_dtype
from autograd_core.errors import DTypeError, ShapeError

__all__ = [
    "are_deterministic_algorithms_enabled", "compile", "e", "get_float32_matmul_precision", "get_num_interop_threads",
    "get_num_threads", "inf", "is_deterministic_algorithms_warn_only_enabled", "nan", "newaxis", "pi",
    "set_default_tensor_type", "set_float32_matmul_precision", "set_num_interop_threads", "set_num_threads",
    "typename", "use_deterministic_algorithms",
]  # fmt: skip

e, inf, nan, newaxis, pi = math.e, math.inf, math.nan, None, math.pi

PRECISIONS = ("highest", "high", "medium")
_STATE: dict[str, Any] = {"warn_only": False, "precision": "highest"}


def get_num_threads() -> int:
    """Return how many threads work on the CPU: in products of matrices, convolutions, and on large arrays.

    At first as many as BLAS takes: one for each core, or what ``OMP_NUM_THREADS`` says.
    """
    from autograd_core.backend.cpu.threads import thread_count

    return thread_count()


def set_num_threads(int: int) -> None:
    """Set how many threads work on the CPU: in products of matrices, convolutions, and on large arrays.

    Elementwise functions give the same bits on any number.

    Raises: ShapeError for fewer than one.
    """
    from autograd_core.backend.cpu.threads import set_thread_count

    if int < 1:
        raise ShapeError(f"set_num_threads: expects a positive integer, but got {int}")
    set_thread_count(int)


def get_num_interop_threads() -> int:
    """Return 1: operations run one after the other."""
    return 1


def set_num_interop_threads(int: int) -> None:
    """Take note that operations may run beside each other; here they never do."""


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for the same numbers on every run.  On the CPU that is always so.

    On a GPU, sums at indices (gradients of embeddings and of indexing, scatter_add, index_add) are atomic additions,
    whose order varies; with ``mode`` they are sorted first, which takes longer.  Nothing is refused: ``warn_only`` is
    only noted.
    """
    Deterministic.wanted = bool(mode)
    _STATE["warn_only"] = bool(warn_only)


def are_deterministic_algorithms_enabled() -> bool:
    """Return what ``use_deterministic_algorithms`` was told."""
    return Deterministic.wanted


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Return what ``use_deterministic_algorithms`` was told of ``warn_only``."""
    return bool(_STATE["warn_only"])


def set_float32_matmul_precision(precision: str) -> None:
    """Allow products of float32 matrices to round their factors: 'highest' does not.  The CPU always gives 'highest'.

    Raises: DTypeError for anything but 'highest', 'high', 'medium'.
    """
    if precision not in PRECISIONS:
        raise DTypeError(f"set_float32_matmul_precision: precision is {precision!r}; wanted one of {PRECISIONS}")
    _STATE["precision"] = precision


def get_float32_matmul_precision() -> str:
    """Return what ``set_float32_matmul_precision`` was told, at first 'highest'."""
    return str(_STATE["precision"])


def set_default_tensor_type(t: Any) -> None:
    """Set the default dtype by a tensor type's name, such as 'torch.DoubleTensor'; see ``set_default_dtype``.

    Raises: DTypeError for a type that there is not.
    """
    name = (t if isinstance(t, str) else getattr(t, "__name__", str(t))).rsplit(".", 1)[-1]
    kind = BY_NAME.get(name.removesuffix("Tensor").lower())
    if kind is None:
        raise DTypeError(f"set_default_tensor_type: t is {t!r}; wanted a type such as 'torch.DoubleTensor'")
    set_default_dtype(kind)


def typename(obj: Any) -> str:
    """Return the name of an object's type, of a tensor such as ``ag.FloatTensor`` that of its elements' too."""
    if hasattr(obj, "_array"):
        return str(obj.type())
    kind = type(obj)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def compile(model: Any = None, **options: Any) -> Any:
    """Return ``model``, a module or function, as it is: operations always run as they are called.

    Programs that ask for compilation run unchanged; there is no compiler here to take ``options``.
    """
    if model is None:
        return lambda function: function
    return model
