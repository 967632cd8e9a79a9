"""Jacobians, per-sample gradients, draws and checkpoints on the strict fake device: the same as on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
import nn
from autograd_core import func
from autograd_core.utils.checkpoint import checkpoint
from tests.transforms.nests import array, curve

F = nn.functional


def same(ours: Any, wanted: Any) -> None:
    assert ours.device.type == "cuda"
    np.testing.assert_allclose(ours.cpu().numpy(), wanted.numpy(), 1e-5, 1e-6)


def test_jacobians(cuda: Any) -> None:
    x = ag.tensor(array(3))
    for transform in (func.jacrev, func.jacfwd, func.hessian):
        same(transform(curve)(x.cuda()), transform(curve)(x))
    slopes = func.vmap(func.grad(lambda x: curve(x).sum()))
    same(slopes(ag.stack([x, x]).cuda()), func.jacrev(curve)(x).sum(0).expand(2, 3))


def test_per_sample_gradients_and_checkpoints(cuda: Any) -> None:
    module, x, y = nn.Linear(3, 2), ag.tensor(array(4, 3)).float(), ag.tensor([0, 1, 1, 0])
    wanted = func.per_sample_grad(F.cross_entropy, module)(x, y)["weight"]
    module.cuda()
    same(func.per_sample_grad(F.cross_entropy, module)(x.cuda(), y.cuda())["weight"], wanted)
    checkpoint(module, x.cuda(), use_reentrant=False).sum().backward()
    same(module.weight.grad, x.sum(0).expand(2, 3))


def test_draws(cuda: Any) -> None:
    x = ag.ones(3, 50).cuda()
    found = func.vmap(F.dropout, randomness="different")(x)
    assert found.device.type == "cuda" and set(found.cpu().numpy().ravel()) == {0.0, 2.0}
    assert func.vmap(lambda x: ag.poisson(x), randomness="different")(x).device.type == "cuda"
