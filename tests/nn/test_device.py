"""Modules on a GPU, which here is the strict fake one: same numbers, everything moves, and the host never waits."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from tests import fake_cupy
from tests.nn.test_layers import LAYERS, flat
from tests.nn.test_loss import LOSSES, tensors
from tests.nn.twin import array


def same(there, here):
    assert there.device.type == "cuda"
    np.testing.assert_allclose(array(there.cpu()), array(here), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_gives_the_same_without_waiting(cuda, name):
    row = LAYERS[name]
    here = row.make(nn).double()
    there = row.make(nn).double()
    there.load_state_dict(here.state_dict())
    there.cuda()
    options = {k: ag.tensor(v) if isinstance(v, np.ndarray) else v for k, v in row.options.items()}
    moved = {k: v.cuda() if isinstance(v, ag.Tensor) else v for k, v in options.items()}
    for training in (True, False):
        xs = [ag.tensor(x, requires_grad=x.dtype.kind == "f") for x in row.arrays(0)]
        us = [x.detach().cuda().requires_grad_(x.requires_grad) for x in xs]
        ag.manual_seed(0)
        ys = list(flat(here.train(training)(*xs, **options)))
        ag.manual_seed(0)
        with fake_cupy.forbid_sync(allowed=row.waits):
            vs = list(flat(there.train(training)(*us, **moved)))
            descend(vs)
        descend(ys)
        for v, y in zip(vs, ys, strict=True):
            same(v, y)
        for u, x in zip(us, xs, strict=True):
            assert (u.grad is None) == (x.grad is None)
            if x.grad is not None:
                same(u.grad, x.grad)
    for p, q in zip(there.parameters(), here.parameters(), strict=True):
        if q.grad is not None:
            same(p.grad, q.grad)
    for key, value in here.state_dict().items():
        same(there.state_dict()[key], value)


def descend(outputs):
    squares = [y.square().sum() for y in outputs if y.requires_grad]
    if squares:
        sum(squares).backward()


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_gives_the_same_without_waiting(cuda, name):
    function, x, t, options = LOSSES[name]
    x = ag.tensor(x, requires_grad=True)
    u = x.detach().cuda().requires_grad_()
    loss = getattr(F, function)(x, ag.tensor(t), **tensors(options, ag.tensor))
    loss.backward()
    there = ag.tensor(t).cuda(), tensors(options, lambda value: ag.tensor(value).cuda())
    with fake_cupy.forbid_sync():
        found = getattr(F, function)(u, there[0], **there[1])
        found.backward()
    same(found, loss)
    same(u.grad, x.grad)


def test_modules_and_states_travel(cuda):
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    parameters = list(net.parameters())
    net(ag.ones(4, 2)).sum().backward()
    assert net.to("cuda") is net
    assert {t.device.type for t in [*net.state_dict().values(), *(p.grad for p in parameters)]} == {"cuda"}
    assert all(p is q for p, q in zip(parameters, net.parameters(), strict=True))
    net.load_state_dict(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)).state_dict())
    assert net[0].weight.device.type == "cuda"
    other = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    other.load_state_dict(net.state_dict())
    same(net[0].weight, other[0].weight)
    assert {t.device.type for t in net.cpu().state_dict().values()} == {"cpu"}


def test_layers_are_made_on_a_device_with_the_same_weights(cuda):
    for make in (lambda d: nn.Linear(3, 4, device=d), lambda d: nn.BatchNorm1d(3, device=d)):
        ag.manual_seed(5)
        there = make("cuda")
        ag.manual_seed(5)
        here = make(None)
        for key, value in here.state_dict().items():
            same(there.state_dict()[key], value)


def test_dropout_draws_the_same_mask(cuda):
    x = ag.ones(50, 4)
    ag.manual_seed(5)
    here = F.dropout(x, 0.4)
    ag.manual_seed(5)
    same(F.dropout(x.cuda(), 0.4), here)


def test_clipping_does_not_wait(cuda):
    p = nn.Parameter(ag.ones(3).cuda())
    p.grad = ag.full((3,), 2.0).cuda()
    with fake_cupy.forbid_sync():
        nn.utils.clip_grad_norm_([p], 1.0)
        nn.utils.clip_grad_value_([p], 0.1)
    same(p.grad, ag.full((3,), 0.1))
