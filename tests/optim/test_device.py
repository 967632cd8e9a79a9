"""The step on a GPU, which here is the strict fake one: same numbers, and the host never waits."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import optim
from autograd_core.backend import device
from autograd_core.errors import DeviceError
from tests import fake_cupy
from tests.optim.cases import SHAPES, arrays, every, give, ours, parameters


@pytest.fixture
def cuda(monkeypatch):
    cupy = fake_cupy.install(monkeypatch)
    monkeypatch.setitem(device.XP, cupy.ndarray, cupy)
    monkeypatch.setitem(device.XP_CUDA, "cupy", cupy)
    return ag.device("cuda", 0)


def move(params, place):
    for p in params:
        p.data = p.data.to(place)


def give_there(params, place, seed):
    for p, g in zip(params, arrays(seed), strict=True):
        p.grad = ag.tensor(g).to(place)


@every()
def test_same_numbers_and_no_waiting(cuda, name, options):
    here, p = ours(name, options, arrays(0))
    q = [ag.tensor(v).to(cuda).requires_grad_() for v in arrays(0)]
    there = getattr(optim, name)(q, **options)
    for step in range(4):
        give(ag, p, step)
        give_there(q, cuda, step)
        here.step()
        with fake_cupy.forbid_sync():
            there.step()
    for x, y in zip(p, q, strict=True):
        assert y.device == cuda
        np.testing.assert_allclose(y.detach().cpu().numpy(), x.detach().numpy(), rtol=1e-12, atol=1e-14)
    layout = there.layout_of(there.param_groups[0])
    for state in there.state.values():
        places = {k: v.device.type for k, v in state.items()}
        assert places == dict.fromkeys(layout.numbers, "cpu") | dict.fromkeys(layout.fills, "cuda")


def test_state_follows_its_parameter(cuda):
    """The model moves to the GPU after some steps; PyTorch's user would have to move the state by hand."""
    (a, p), (b, q) = ours("Adam", {"lr": 0.01}, arrays(0)), ours("Adam", {"lr": 0.01}, arrays(0))
    for optimizer, params in ((a, p), (b, q)):
        give(ag, params, 0)
        optimizer.step()
    move(p, cuda)
    give_there(p, cuda, 1)
    give(ag, q, 1)
    a.step()
    b.step()
    for x, y in zip(p, q, strict=True):
        np.testing.assert_allclose(x.detach().cpu().numpy(), y.detach().numpy(), rtol=1e-12)


def test_a_state_dict_goes_to_the_device_of_the_parameters(cuda):
    a, p = ours("Adam", {"lr": 0.01}, arrays(0))
    give(ag, p, 0)
    a.step()
    q = [x.detach().to(cuda).requires_grad_() for x in p]
    b = optim.Adam(q, lr=5.0)
    b.load_state_dict(a.state_dict())
    assert {b.state[x]["exp_avg"].device for x in q} == {cuda}
    give(ag, p, 1)
    give_there(q, cuda, 1)
    a.step()
    b.step()
    for x, y in zip(p, q, strict=True):
        np.testing.assert_allclose(y.detach().cpu().numpy(), x.detach().numpy(), rtol=1e-12)


def test_groups_may_have_both_devices(cuda):
    params = parameters(ag, arrays(0))
    move(params[::2], cuda)
    optimizer = optim.Adam(params)
    for i, (p, g) in enumerate(zip(params, arrays(1), strict=True)):
        p.grad = ag.tensor(g) if i % 2 else ag.tensor(g).to(cuda)
    optimizer.step()
    assert [p.device.type for p in params] == ["cuda", "cpu"] * (len(SHAPES) // 2) + ["cuda"]


def test_a_gradient_on_another_device(cuda):
    p = ag.ones(3, requires_grad=True)
    optimizer = optim.SGD([p])
    p.grad = ag.ones(3)
    p.data = p.data.to(cuda)
    with pytest.raises(DeviceError, match=r"parameter 0 .* is on cuda:0, but its gradient is on cpu"):
        optimizer.step()
