"""Complex parameters: pairs of real numbers, updated each by itself, as in PyTorch."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import autograd_core as ag
import optim
from autograd_core.errors import DTypeError
from tests import fake_cupy
from tests.optim.cases import arrays, entries, every, parameters, same
from tests.optim.test_against_torch import to_ours
from tests.optim.test_device import cuda  # noqa: F401

SHAPES = ((3, 4), (), (0, 2), (70, 40))


def values(seed, dtype=np.complex128):
    return [np.asarray(a + 1j * b, dtype) for a, b in zip(arrays(seed, SHAPES), arrays(seed + 1000, SHAPES))]


def give(api, params, seed, without=()):
    for i, (p, g) in enumerate(zip(params, values(seed), strict=True)):
        p.grad = None if i in without else api.tensor(np.asarray(g, p.detach().cpu().numpy().dtype)).to(p.device)


def take(api, optimizer, params, steps):
    for step in steps:
        give(api, params, 10 + step, {step % 4})
        optimizer.step()


@every()
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.complex128, 1e-12), (np.complex64, 2e-6)])
def test_trajectory_and_state(torch, name, options, dtype, tolerance):
    sides = []
    for api, package in ((ag, optim), (torch, torch.optim)):
        params = parameters(api, values(0, dtype))
        optimizer = getattr(package, name)(params, **options)
        take(api, optimizer, params, range(12))
        sides.append((params, optimizer))
    (p, a), (q, b) = sides
    same(p, q, tolerance)
    mine, yours = dict(entries(a)), dict(entries(b))
    assert list(mine) == list(yours)
    for key, value in yours.items():
        assert mine[key].dtype == value.dtype
        np.testing.assert_allclose(mine[key], value, rtol=0, atol=tolerance * np.abs(value).max(initial=0), err_msg=key)


@every("SGD", "Adam", "Rprop")
def test_a_state_dict_of_pytorchs(torch, name, options):
    params, more = (parameters(api, values(0)) for api in (torch, ag))
    theirs, ours = getattr(torch.optim, name)(params, **options), getattr(optim, name)(more)
    take(torch, theirs, params, range(5))
    for p, q in zip(more, params, strict=True):
        p.data.copy_(ag.tensor(q.detach().numpy()))
    ours.load_state_dict(to_ours(copy.deepcopy(theirs.state_dict())))
    take(torch, theirs, params, range(5, 9))
    take(ag, ours, more, range(5, 9))
    same(more, params, 1e-12)


@every("SGD", "Adam", "NAdam", "Rprop")
def test_recorded_steps_are_the_same_steps(name, options):
    p = parameters(ag, values(0))
    q = [x.clone() for x in p]
    a, b = getattr(optim, name)(p, **options), getattr(optim, name)(q, **options, differentiable=True)
    take(ag, a, p, range(4))
    take(ag, b, q, range(4))
    same(p, q, 1e-13)
    for x, y in zip(p, q, strict=True):
        assert {k: (v.dtype, v.shape) for k, v in a.state[x].items()} == {
            k: (v.dtype, v.shape) for k, v in b.state[y].items()
        }


@every("SGD", "Adam")
def test_odd_layouts_and_both_kinds_side_by_side(name, options):
    plain = [ag.tensor(values(0)[0]), ag.tensor(values(0)[3]), ag.tensor(arrays(0)[0])]
    odd = [plain[0].t().clone().t(), ag.cat([plain[1], plain[1]], 1)[:, :40], plain[2]]
    assert not any(x._array.flags.c_contiguous for x in odd[:2])
    sides = [[x.detach().requires_grad_() for x in side] for side in (plain, odd)]
    sides[0][2] = plain[2].clone().requires_grad_()
    for params in sides:
        optimizer = getattr(optim, name)(params, **options)
        for step in range(3):
            for p, g in zip(params, [values(step)[0].T.copy().T, values(step)[3], arrays(step)[0]], strict=True):
                p.grad = ag.from_numpy(g)
            optimizer.step()
    same(sides[1], sides[0], 1e-14)


def test_on_the_device(cuda):  # noqa: F811
    p, q = parameters(ag, values(0)), [ag.tensor(v).to(cuda).requires_grad_() for v in values(0)]
    a, b = optim.Adam(p), optim.Adam(q)
    for step in range(3):
        give(ag, p, step)
        give(ag, q, step)
        a.step()
        with fake_cupy.forbid_sync():
            b.step()
    same([x.cpu() for x in q], p, 1e-13)


def test_a_real_gradient_is_refused():
    p = ag.ones(2, dtype=ag.complex64, requires_grad=True)
    with pytest.raises((DTypeError, RuntimeError), match=r"complex|dtype"):
        p.grad = ag.ones(2)
        optim.SGD([p]).step()
