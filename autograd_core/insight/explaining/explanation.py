"""The answer to ``ag.explain(t)``: paragraphs of plain text."""

from __future__ import annotations

import sys

from autograd_core.engine.lifted import Lifted
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError
from autograd_core.insight.explaining import gradients, holders, writes
from autograd_core.insight.explaining.search import name_of, named

__all__ = ["Explanation", "explain"]


class Explanation:
    """What is known of one tensor: ``print`` it, or look at its parts, which are lists of sentences.

    ``about``: what it is and where it came from; ``gradient``: why ``.grad`` is what it is; ``changes``: who wrote to
    it or to what its graph saved; ``alive``: what holds its graph.
    """

    def __init__(self, about: list[str], gradient: list[str], changes: list[str], alive: list[str]) -> None:
        """Keep the sentences."""
        self.about, self.gradient, self.changes, self.alive = about, gradient, changes, alive

    def __str__(self) -> str:
        parts = (("", self.about), (".grad", self.gradient), ("in place", self.changes), ("alive", self.alive))
        lines = []
        for title, sentences in parts:
            lines += [f"{title}: {sentence}" if title else sentence for sentence in sentences]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": str(self)}


def explain(tensor: Tensor, loss: Tensor | None = None) -> Explanation:
    """Return why ``tensor.grad`` is None, zero, NaN or huge, where the tensor was detached, and what holds its graph.

    A gradient that is there is explained by a second backward pass, which changes no ``.grad`` (hooks on tensors run
    again), as far as the graph was kept: by ``backward(retain_graph=True)``, or before ``backward()``.

    Args:
        tensor: what is asked about.
        loss: what was differentiated; by default the newest live scalar that depends on the tensor.

    Raises: DTypeError where one of them is no Tensor; GraphError for a tensor of a running transform.
    """
    for name, value in (("tensor", tensor), ("loss", loss)):
        if not (isinstance(value, Tensor) or (value is None and name == "loss")):
            raise DTypeError(f"explain: {name} is {type(value).__name__}; wanted a Tensor")
        if isinstance(value, Lifted):
            value.level.refuse("explain looks at values, which are not known inside this transform; ask outside it")
    names = named(sys._getframe(1))
    return Explanation(
        writes.identity(tensor, name_of(tensor, names)),
        gradients.reasons(tensor, loss, names),
        writes.changes(tensor, names),
        holders.holders(tensor, names),
    )
