"""A tensor inside a trace."""

from __future__ import annotations

from collections.abc import Callable

from autograd_core.engine.lifted import Level, Lifted, outline
from autograd_core.engine.tensor import Tensor, new
from autograd_core.programs.ir import Variable

__all__ = ["Traced", "traced"]


class Traced(Lifted):
    """A tensor inside a trace: its value, which is not to be looked at, and the variable that stands for it."""

    __slots__ = ("cut", "value", "variable")

    value: Tensor
    variable: Variable
    cut: int  # whether gradients pass (0), tangents alone, as of what is made under no_grad (1), or nothing (2)

    def bare(self) -> Traced:
        """Return the same variable without a node."""
        return traced(self.level, self.value, self.variable, self.cut)

    def detach(self) -> Tensor:
        """Return the same value; where it is used, the program says that nothing passes."""
        return traced(self.level, self.value, self.variable, 2)

    def without_graph(self) -> Tensor:
        """Return the same value; where it is used, the program says that no gradient passes."""
        return traced(self.level, self.value, self.variable, max(self.cut, 1))

    def over(self, function: Callable[[Tensor], Tensor]) -> Traced:
        """Return ``function`` of the value, on the same node."""
        out = traced(self.level, function(self.value), self.variable, self.cut)
        out._node = self._node
        return out

    def held(self) -> tuple[Tensor, ...]:
        """Return the value."""
        return (self.value,)

    def __repr__(self) -> str:
        return f"Traced({self.variable.name}: {self.variable.dtype}{list(self.variable.shape)})"


def traced(level: Level, value: Tensor, variable: Variable, cut: int = 0) -> Traced:
    """Return a tensor of ``level``."""
    out = new(Traced)
    out.level, out.value, out.variable, out._node, out._view = level, value, variable, None, None
    out.cut, held = cut, value._array
    out._array = outline(level, held.shape, held)
    return out
