"""L1, L2 and elastic-net penalties for every optimiser: as options of a parameter group, or as a term of the loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import autograd_core as ag
from autograd_core import abs, maximum, sign
from autograd_core.engine.tensor import Tensor

from .checks import check_not_negative
from .memory import plain
from .runs import Write

__all__ = ["penalized", "penalty"]


def penalty(params: Iterable[Tensor], l1: float = 0.0, l2: float = 0.0) -> Tensor:
    """Return ``l1 * sum(|p|) + l2 / 2 * sum(p²)`` over all parameters, to be added to the loss.

    With l1 alone it is the L1 penalty (lasso), with l2 alone L2 (ridge), with both the elastic net.  Its gradient is
    ``l1 * sign(p) + l2 * p``, so that l2 is what optimisers call weight_decay.

    Source: Zou and Hastie, Regularization and Variable Selection via the Elastic Net, JRSS B 2005, equation 3 (there
        without the half).
    """
    total = ag.zeros(())
    for p in params:
        p = ag.view_as_real(p) if p.is_complex() else p
        total = total + l1 * p.abs().sum() + l2 / 2 * (p * p).sum()
    return total


def penalized(
    params: Iterable[Any], l1: float = 0.0, l2: float = 0.0, *, decoupled: bool = False, **options: Any
) -> dict[str, Any]:
    """Return a parameter group that every optimiser penalises: ``optim.Adam([optim.penalized(weights, l1=1e-4)])``.

    Coupled, ``l1 * sign(p) + l2 * p`` is added to the gradient, as by adding ``penalty`` to the loss.  Decoupled, the
    optimiser does not see it: before its step ``p`` is multiplied by ``1 - lr * l2``, and after it moved by ``lr * l1``
    towards zero, but not beyond, so that weights which the loss hardly needs are exactly zero.

    Args:
        params: parameters or named parameters.
        l1: the factor of the sum of absolute values.
        l2: the factor of half the sum of squares.
        decoupled: shrink the parameters instead of adding to the gradients.
        options: further options of the group, such as ``lr``.

    They are the options "l1_penalty", "l2_penalty" and "decoupled_penalty" of the group, which may be changed.  An
    optimiser that steps by asking a closure, LBFGS, has no use for them: there, add ``penalty`` to the loss.

    Raises: ValueError for a negative factor.
    Source: decoupled: Loshchilov and Hutter, Decoupled Weight Decay Regularization, ICLR 2019 (L2); Duchi and Singer,
        Efficient Online and Batch Learning Using Forward Backward Splitting, JMLR 2009, section 5.1 (L1).
    """
    check_not_negative("l1 value", l1)
    check_not_negative("l2 value", l2)
    return {"params": params, "l1_penalty": l1, "l2_penalty": l2, "decoupled_penalty": decoupled, **options}


class Penalty(NamedTuple):
    """The penalty of a group, and what its step needs of the group's options."""

    l1: Any
    l2: Any
    lr: Any
    decoupled: bool
    maximize: bool

    def before(self, p: Any, g: Any) -> tuple[Any, Any]:
        """Return the parameter and the gradient that the optimiser is to see; pure, for raw arrays and Tensors."""
        if self.decoupled:
            return p * (1 - self.lr * self.l2), g
        pull = self.l1 * sign(p) + self.l2 * p
        return p, g - pull if self.maximize else g + pull

    def after(self, p: Any) -> Any:
        """Return what becomes of the parameter that the optimiser has stepped to; pure as well."""
        return sign(p) * maximum(abs(p) - self.lr * self.l1, 0.0) if self.decoupled and self.l1 != 0 else p

    def around(self, write: Write) -> Write:
        """Return ``write`` with the penalty applied to what it changes."""

        def penalized_write(p: Any, g: Any, state: dict[str, Any]) -> None:
            shrunk, g = self.before(p, g)
            if self.decoupled:
                p[...] = shrunk
            write(p, g, state)
            if self.decoupled:
                p[...] = self.after(p)

        return penalized_write


def penalty_of(group: Mapping[str, Any], recorded: bool = False) -> Penalty | None:
    """Return the penalty that a group asks for, its options as plain numbers unless the step is ``recorded``."""
    if not (group.get("l1_penalty") or group.get("l2_penalty")):
        return None
    numbers = [group.get("l1_penalty", 0.0), group.get("l2_penalty", 0.0), group.get("lr", 1.0)]
    l1, l2, lr = numbers if recorded else map(plain, numbers)
    return Penalty(l1, l2, lr, bool(group.get("decoupled_penalty")), bool(group.get("maximize")))
