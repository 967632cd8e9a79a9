"""Large arrays on the CPU: elementwise primitives, forward and backward, block by block in several threads.

The generated callers send a large array the general way.  Forwards and rules stay as they are written; what runs them
here gives the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd_core.backend import host
from autograd_core.backend.device import kernels_of

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive, Rule

# Elements from which it pays.  A training step of networks whose arrays have up to a quarter of that took 3 to 7 %
# longer with 2**18 here: another pool of threads comes between the kernels of convolutions and products.
LARGE = 1 << 21


def is_large(prim: Primitive, arrays: tuple[Any, ...]) -> bool:
    """Whether one of these is a large array on the CPU, to this primitive."""
    return any(type(a) is host.ndarray and a.size >= prim.large for a in arrays)


def forward(prim: Primitive, xp: Any, arrays: tuple[Any, ...], meta: dict[str, Any]) -> Any:
    """Return what the primitive's forward gives on ``arrays``."""
    if prim.elementwise and not (prim.residuals or prim.outputs) and is_large(prim, arrays):
        key = (prim.forward, repr(meta))
        done = kernels_of(xp).by_blocks(lambda *given: prim.forward(xp, *given, **meta), key, arrays)
        if done is not None:
            return done
    return prim.forward(xp, *arrays, **meta)


class Blockwise:
    """A rule for large arrays.  It is recorded, and given anything but arrays, as the rule that it stands for."""

    def __init__(self, rule: Rule) -> None:
        """Stand for ``rule``."""
        self.rule = rule

    def __call__(self, g: Any, *saved: Any) -> Any:
        """Return the gradient."""
        if type(g) is host.ndarray:
            done = kernels_of(host).by_blocks(self.rule, self.rule, (g, *saved))
            if done is not None:
                return done
        return self.rule(g, *saved)

    def add(self, total: Any, g: Any, *saved: Any) -> bool:
        """Add the gradient to ``total`` in place; say whether that was possible."""
        if type(g) is not host.ndarray or type(total) is not host.ndarray:
            return False
        return bool(kernels_of(host).add_by_blocks(self.rule, self.rule, total, (g, *saved)))
