"""A tensor inside a trace."""

from __future__ import annotations

from collections.abc import Callable

from autograd_core.engine.lifted import Level, Lifted, outline
from autograd_core.engine.tensor import Tensor, new
from autograd_core.programs.ir import Variable

__all__ = ["Traced", "traced"]


class Traced(Lifted):
    """A tensor inside a trace: its value, which is not to be looked at, and the variable that stands for it."""

    __slots__ = ("value", "variable")

    value: Tensor
    variable: Variable

    def bare(self) -> Traced:
        """Return the same variable without a node."""
        return traced(self.level, self.value, self.variable)

    def over(self, function: Callable[[Tensor], Tensor]) -> Traced:
        """Return ``function`` of the value, on the same node."""
        out = traced(self.level, function(self.value), self.variable)
        out._node = self._node
        return out

    def held(self) -> tuple[Tensor, ...]:
        """Return the value."""
        return (self.value,)

    def __repr__(self) -> str:
        return f"Traced({self.variable.name}: {self.variable.dtype}{list(self.variable.shape)})"


def traced(level: Level, value: Tensor, variable: Variable) -> Traced:
    """Return a tensor of ``level``."""
    out = new(Traced)
    out.level, out.value, out.variable, out._node, out._view = level, value, variable, None, None
    held = value._array
    out._array = outline(level, held.shape, held)
    return out
