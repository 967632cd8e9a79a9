"""Batched tensors: many examples that a function sees as one, and how a primitive treats them all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autograd_core.engine.failure import without_place
from autograd_core.engine.indices import Index, keyed
from autograd_core.engine.lifted import Level, Lifted, outline
from autograd_core.engine.tensor import Tensor, new
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
    out = new(Batched)
    out.level, out.value, out.shared, out._node, out._view = level, value, shared, None, None
    held = value._array
    out._array = held if shared else outline(level, held.shape[1:], held)
    return out


class Batching(Level):
    """A running ``vmap`` over ``size`` examples."""

    name = "vmap"

    def __init__(self, size: int, randomness: str = "error") -> None:
        """``randomness``: 'error', 'same' or 'different' draws for the examples."""
        self.size, self.randomness = size, randomness

    def explained(self, error: Exception, args: Sequence[Any]) -> Exception:
        """Return ``error`` with the shapes that the arguments have for one example."""
        if "inside vmap" in str(error):
            return error
        shapes = [str(tuple(a._array.shape)) if isinstance(a, Tensor) else repr(a) for a in args]
        text, place = without_place(str(error))
        inside = f" (inside vmap over {self.size} examples; those of one are {', '.join(shapes)})"
        return type(error)(f"{text}{inside}{place}")

    def draws(self) -> None:
        """Refuse random numbers where nothing is said of them, and where they would be the same against what is."""
        if self.randomness == "error":
            self.refuse(
                "called random operation while in randomness error mode. Please either use the 'same' or 'different' "
                "randomness flags on vmap or perform the randomness operation out of vmap"
            )
        if self.randomness == "different":
            self.refuse(
                "Cannot ask for different inplace randomness on an unbatched tensor. This will appear like same "
                "randomness; draw with a function that returns a new tensor, such as ag.rand"
            )

    def lift(self, value: Tensor) -> Batched:
        """Return a tensor that is the same for all examples."""
        return batched(self, value, shared=True)

    def run(self, prim: Primitive, args: Sequence[Any], meta: dict[str, Any]) -> tuple[Any, ...]:
        """Apply ``prim`` to all examples at once."""
        if prim.elementwise and prim.batch_rule is None:
            return self._elementwise(prim, args, meta)
        values, flags = [], []
        for a in args:
            value, flag = self._taken(a)
            values.append(value)
            flags.append(flag)
        if "key" in meta:  # an index may differ between examples, too
            parts, differ = self._taken(list(meta["key"])) if type(meta["key"]) is Index else (meta["key"], [])
            meta, flags = meta | {"key": keyed(parts)}, [*flags, differ]
        if not _any(flags):
            results, shared = prim.call(*values, **meta), True
        elif prim.batch_rule is not None:
            results, shared = prim.batch_rule(self.size, tuple(flags), *values, **meta), False
        else:
            raise GraphError(f"vmap: {prim.name} has no batch rule; give it one with {prim.name}.batch(rule)")
        return tuple([batched(self, r, shared) for r in (results if type(results) is tuple else (results,))])

    def _elementwise(self, prim: Primitive, args: Sequence[Any], meta: dict[str, Any]) -> tuple[Any, ...]:
        """Apply a function of numbers to arguments so shaped that they broadcast as those of one example do."""
        values, dims, shared = [], [], True
        for a in args:
            if type(a) is Batched and a.level is self:
                dims.append(a._array.ndim)
                shared = shared and a.shared
                a = a.value
            elif isinstance(a, Tensor):
                dims.append(a._array.ndim)
            values.append(a)
        if not shared and len(dims) > 1 and min(dims) < (most := max(dims)):
            for i, a in enumerate(args):
                if type(a) is Batched and a.level is self and not a.shared:
                    values[i] = spaced(a.value, most - a._array.ndim)
        result = prim.call(*values, **meta)
        if type(result) is tuple:
            return tuple([batched(self, r, shared) for r in result])
        return (batched(self, result, shared),)

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
