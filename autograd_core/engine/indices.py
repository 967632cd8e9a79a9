"""Keys with tensors of transforms among their parts: an index that differs between examples, or depends on a trace.

Indices that are plain tensors stand in a key as arrays, so that a call at a key costs what the array module asks for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from autograd_core.engine.lifted import Lifted
from autograd_core.engine.tensor import Tensor, wrap

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive

__all__ = ["Index", "all_values", "as_part", "as_tensor", "keyed"]


class Index(tuple[Any, ...]):
    """A key with tensors of transforms in it: it takes a call over, as they would as arguments."""

    __slots__ = ()

    @staticmethod
    def __primitive__(prim: Primitive, args: tuple[Any, ...], meta: dict[str, Any]) -> Any:
        """Interpret ``prim`` by the deepest level among its arguments and the parts of its key."""
        return Lifted.__primitive__(prim, args, meta)


def keyed(parts: Iterable[Any]) -> tuple[Any, ...]:
    """Return the key of these parts, of which some may be tensors."""
    key = tuple([as_part(p) if isinstance(p, Tensor) else p for p in parts])
    return Index(key) if any(isinstance(p, Lifted) for p in key) else key


def as_part(index: Tensor) -> Any:
    """Return an index as it stands in a key: the array of a plain tensor; others as they are."""
    return index if isinstance(index, Lifted) else index._array


def as_tensor(part: Any) -> Tensor:
    """Return the inverse of ``as_part``."""
    return part if isinstance(part, Tensor) else wrap(part)


def all_values(value: Tensor) -> Any:
    """Return the array of all the values that a tensor stands for, those of all examples in one."""
    while isinstance(value, Lifted):
        value = value.held()[0]
    return value._array
