"""Every row to third order: however forward and reverse mode are mixed, the derivatives are those of reverse mode."""

from __future__ import annotations

import numpy as np

from autograd_core.transforms.forward import jvp
from autograd_core.transforms.reverse import grad
from tests.rows import Row, Sample
from tests.transforms.scalars import Function, Tensors, along, direction, dot, rows, scalar
from tests.trials import array


def pulled(function: Function, count: int) -> Function:
    """Return the gradient, in all arguments, of a function to numbers."""
    return grad(function, tuple(range(count)))


def pushed(function: Function, vs: Tensors) -> Function:
    """Return how a function changes along a direction."""
    return lambda *xs: jvp(function, xs, vs)[1]


def third(f: Function, vs: Tensors) -> dict[str, Function]:
    """Return the gradient of the second derivative along ``vs``, by each order of modes."""
    n = len(vs)
    return {
        "reverse over reverse over reverse": pulled(along(along(f, vs), vs), n),
        "forward over forward over reverse": pushed(pushed(pulled(f, n), vs), vs),
        "forward over reverse over forward": pushed(pulled(pushed(f, vs), n), vs),
        "reverse over forward over forward": pulled(pushed(pushed(f, vs), vs), n),
        "reverse over forward over reverse": pulled(lambda *xs: dot(pushed(pulled(f, n), vs)(*xs), vs), n),
    }


@rows
def test_modes_agree_to_third_order(row: Row, sample: Sample) -> None:
    f, xs = scalar(row, sample)
    found = {name: d(*xs) for name, d in third(f, direction(xs)).items()}
    wanted = found.pop("reverse over reverse over reverse")
    size = 1 + max((np.abs(array(w)).max(initial=0) for w in wanted), default=0.0)
    for name, grads in found.items():
        for g, w in zip(grads, wanted, strict=True):
            np.testing.assert_allclose(array(g), array(w), rtol=1e-8, atol=1e-9 * size, err_msg=name)
