"""Batched tensors: many examples that a function sees as one, and how a primitive treats them all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autograd_core.engine.lifted import Level, Lifted, Outline, made
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import GraphError
from autograd_core.ops.batching import spaced

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive

__all__ = ["Batched", "Batching", "batched"]


class Batched(Lifted):
    """Examples that a function sees as one tensor: ``value`` has them along its first dimension, unless ``shared``."""

    __slots__ = ("shared", "value")

    value: Tensor
    shared: bool  # the same for all examples: there is no such dimension

    def __getattr__(self, name: str) -> Any:
        if name != "_array":
            raise AttributeError(f"'Tensor' object has no attribute '{name}'")
        held = self.value._array
        self._array = held if self.shared else Outline(self.level, held.shape[1:], held)
        return self._array

    def bare(self) -> Batched:
        """Return the same examples without a node."""
        return batched(self.level, self.value, self.shared)

    def over(self, function: Callable[[Tensor], Tensor]) -> Batched:
        """Return ``function`` of the examples, on the same node."""
        out = batched(self.level, function(self.value), self.shared)
        out._node = self._node
        return out

    def held(self) -> tuple[Tensor, ...]:
        """Return the examples."""
        return (self.value,)

    def detach(self) -> Tensor:
        """Return the same examples outside every graph."""
        return batched(self.level, self.value.detach(), self.shared)

    def __repr__(self) -> str:
        return f"Batched({'shared, ' if self.shared else ''}level={self.level.depth}, value={self.value!r})"


def batched(level: Level, value: Tensor, shared: bool = False) -> Batched:
    """Return a tensor of ``level``."""
    out: Batched = made(Batched, level)
    out.value, out.shared = value, shared
    return out


class Batching(Level):
    """A running ``vmap`` over ``size`` examples."""

    name = "vmap"

    def __init__(self, size: int, randomness: str = "error") -> None:
        """``randomness``: 'error', 'same' or 'different' draws for the examples."""
        self.size, self.randomness = size, randomness

    def lift(self, value: Tensor) -> Batched:
        """Return a tensor that is the same for all examples."""
        return batched(self, value, shared=True)

    def run(self, prim: Primitive, args: Sequence[Any], meta: dict[str, Any]) -> tuple[Any, ...]:
        """Apply ``prim`` to all examples at once."""
        values, flags = [], []
        for a in args:
            value, flag = self._taken(a)
            values.append(value)
            flags.append(flag)
        key = meta.get("key")
        if not _any(flags) and not (type(key) is tuple and any(isinstance(k, Batched) for k in key)):
            results = prim.call(*values, **meta)
            shared = True
        elif prim.batch_rule is not None:
            results = prim.batch_rule(self.size, tuple(flags), *values, **meta)
            shared = False
        elif prim.elementwise:
            results = prim.call(*aligned(values, flags), **meta)
            shared = False
        else:
            raise GraphError(f"vmap: {prim.name} has no batch rule; give it one with {prim.name}.batch(rule)")
        results = results if type(results) is tuple else (results,)
        return tuple([batched(self, r, shared) for r in results])

    def _taken(self, a: Any) -> tuple[Any, Any]:
        """Return what an argument stands for, and whether it has a dimension of examples."""
        if type(a) is Batched and a.level is self:
            return a.value, not a.shared
        if type(a) is list:
            taken = [self._taken(v) for v in a]
            return [v for v, _ in taken], [f for _, f in taken]
        return a, False


def _any(flags: Sequence[Any]) -> bool:
    return any(_any(f) if type(f) is list else f for f in flags)


def aligned(values: Sequence[Any], flags: Sequence[bool]) -> list[Any]:
    """Return the arguments of an elementwise function so shaped that they broadcast as those of one example do."""
    dims = [v._array.ndim - f if isinstance(v, Tensor) else 0 for v, f in zip(values, flags, strict=True)]
    most = max(dims)
    return [
        spaced(v, most - d) if f and d < most else v for v, f, d in zip(values, flags, dims, strict=True)
    ]
