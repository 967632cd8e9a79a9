"""Every row's second derivatives of many examples: forward mode, reverse mode and batches, in all their six orders."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.transforms.forward import jvp
from autograd_core.transforms.mapping import vmap
from autograd_core.transforms.reverse import grad
from tests.rows import Row, Sample
from tests.transforms.scalars import Function, Tensors, along, direction, rows, scalar
from tests.trials import array

COUNT = 4


def examples(x: Any, seed: int) -> Any:
    """Return tensors near ``x``."""
    factors = np.random.default_rng(seed).uniform(0.85, 1.1, (COUNT, *x.shape))
    return x * ag.tensor(factors, dtype=ag.float64)


def changes(f: Function, xs: Tensors, vs: Tensors) -> dict[str, Tensors]:
    """Return what the gradient of ``f`` at each example changes by along a direction, in each order of transforms."""
    n = len(xs)
    places = tuple(range(n))

    def pushed(*pair: Any) -> Any:
        return jvp(f, pair[:n], pair[n:])[1]

    def total(*moved: Any) -> Any:
        return vmap(f)(*moved).sum()

    return {
        "vmap of forward of reverse": vmap(lambda *p: jvp(grad(f, places), p[:n], p[n:])[1])(*xs, *vs),
        "vmap of reverse of forward": vmap(grad(pushed, places))(*xs, *vs),
        "forward of vmap of reverse": jvp(vmap(grad(f, places)), xs, vs)[1],
        "reverse of vmap of forward": grad(lambda *moved: vmap(pushed)(*moved, *vs).sum(), places)(*xs),
        "forward of reverse of vmap": jvp(grad(total, places), xs, vs)[1],
        "reverse of forward of vmap": grad(lambda *moved: jvp(total, moved, vs)[1], places)(*xs),
    }


@rows
def test_orders_agree_with_a_loop(row: Row, sample: Sample) -> None:
    f, point = scalar(row, sample)
    xs = tuple(examples(x, i) for i, x in enumerate(point))
    vs, places = direction(xs), tuple(range(len(xs)))
    loop = [grad(along(f, tuple(v[b] for v in vs)), places)(*[x[b] for x in xs]) for b in range(COUNT)]
    wanted = [np.stack([array(g) for g in column]) for column in zip(*loop, strict=True)]
    for name, found in changes(f, xs, vs).items():
        for g, w in zip(found, wanted, strict=True):
            scale = 1 + np.abs(w).max(initial=0)
            np.testing.assert_allclose(array(g), w, rtol=1e-9, atol=1e-10 * scale, err_msg=name)
