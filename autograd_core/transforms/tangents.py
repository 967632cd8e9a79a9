"""Dual tensors: a value and how it changes along a direction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autograd_core.engine.indices import Index, keyed
from autograd_core.engine.lifted import Level, Lifted
from autograd_core.engine.tensor import Tensor, new
from autograd_core.transforms.forward_rules import pushed

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive

__all__ = ["Dual", "Tangents", "dual"]


class Dual(Lifted):
    """A value and its tangent, None where it does not change."""

    __slots__ = ("primal", "tangent")

    primal: Tensor
    tangent: Tensor | None

    def bare(self) -> Dual:
        """Return the same value and tangent without a node."""
        return dual(self.level, self.primal, self.tangent)

    def over(self, function: Callable[[Tensor], Tensor]) -> Dual:
        """Return ``function`` of the value and of the tangent, on the same node."""
        out = dual(self.level, function(self.primal), None if self.tangent is None else function(self.tangent))
        out._node = self._node
        return out

    def held(self) -> tuple[Tensor, ...]:
        """Return the value and the tangent."""
        return (self.primal,) if self.tangent is None else (self.primal, self.tangent)

    def detach(self) -> Tensor:
        """Return the value outside every graph, as one that does not change."""
        return dual(self.level, self.primal.detach(), None)

    def __repr__(self) -> str:
        return f"Dual(level={self.level.depth}, {self.primal!r}, tangent={self.tangent!r})"


def dual(level: Level, primal: Tensor, tangent: Tensor | None) -> Dual:
    """Return a tensor of ``level``."""
    out = new(Dual)
    out.level, out.primal, out.tangent, out._node, out._view = level, primal, tangent, None, None
    out._array = primal._array
    return out


class Tangents(Level):
    """A running ``jvp``."""

    name = "jvp"

    def lift(self, value: Tensor) -> Dual:
        """Return a tensor that does not change."""
        return dual(self, value, None)

    def run(self, prim: Primitive, args: Sequence[Any], meta: dict[str, Any]) -> tuple[Any, ...]:
        """Apply ``prim`` to the values, and its forward rule to the tangents."""
        primals: list[Any] = []
        tangents: list[Any] = []
        moves = False
        for a in args:
            if type(a) is Dual and a.level is self:
                primals.append(a.primal)
                tangents.append(a.tangent)
                moves = moves or a.tangent is not None
            elif type(a) is list:
                primals.append([v.primal if self._owns(v) else v for v in a])
                tangents.append([v.tangent if self._owns(v) else None for v in a])
                moves = moves or any(t is not None for t in tangents[-1])
            else:
                primals.append(a)
                tangents.append(None)
        if type(meta.get("key")) is Index:
            meta = meta | {"key": keyed([k.primal if self._owns(k) else k for k in meta["key"]])}
        found = prim.call(*primals, **meta)
        results = found if type(found) is tuple else (found,)
        changes = pushed(prim, primals, tangents, meta, results) if moves else (None,) * len(results)
        return tuple([dual(self, y, t) for y, t in zip(results, changes, strict=True)])

    def _owns(self, a: Any) -> bool:
        return type(a) is Dual and a.level is self
