"""L1, L2 and elastic-net penalties: in the loss, in the step, decoupled from it."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import optim
from tests import fake_cupy
from tests.optim.cases import arrays, every, give, ours, parameters, same
from tests.optim.test_device import cuda, give_there  # noqa: F401

RATES = [(0.1, 0.0), (0.0, 0.2), (0.1, 0.2)]
rates = pytest.mark.parametrize(("l1", "l2"), RATES)


def penalised(name, options, values, *rates, **more):
    params = parameters(ag, values)
    return getattr(optim, name)([optim.penalized(params, *rates, **more)], **options), params


@rates
def test_the_term_of_the_loss(l1, l2):
    params = parameters(ag, arrays(0))
    term = optim.penalty(params, l1, l2)
    flat = np.concatenate([v.ravel() for v in arrays(0)])
    np.testing.assert_allclose(term.item(), l1 * np.abs(flat).sum() + l2 / 2 * (flat**2).sum(), rtol=1e-12)
    term.backward()
    for p, v in zip(params, arrays(0), strict=True):
        np.testing.assert_allclose(p.grad.numpy(), l1 * np.sign(v) + l2 * v, rtol=1e-12)


def test_the_term_of_nothing_and_of_complex_numbers():
    assert optim.penalty([], 1.0, 1.0).item() == 0.0
    z = ag.tensor([3 - 4j], requires_grad=True)
    assert optim.penalty([z], 1.0, 2.0).item() == 7.0 + 25.0


@every()
def test_coupled_is_added_to_the_gradient(name, options):
    a, p = penalised(name, options, arrays(0), 0.1, 0.2)
    b, q = ours(name, options, arrays(0))
    for step in range(4):
        give(ag, p, step)
        give(ag, q, step)
        for x in q:
            pull = 0.1 * x.detach().sign() + 0.2 * x.detach()
            x.grad = x.grad - pull if options.get("maximize") else x.grad + pull
        a.step()
        b.step()
    same(p, q, 1e-13)


@every()
def test_decoupled_shrinks_before_the_step_and_thresholds_after_it(name, options):
    a, p = penalised(name, options, arrays(0), 0.1, 0.2, decoupled=True)
    b, q = ours(name, options, arrays(0))
    lr = b.param_groups[0]["lr"]
    for step in range(4):
        give(ag, p, step)
        give(ag, q, step)
        with ag.no_grad():
            for x in q:
                x.mul_(1 - lr * 0.2)
            a.step()
            b.step()
            for x in q:
                x.copy_(x.sign() * (x.abs() - lr * 0.1).clamp(min=0))
    same(p, q, 1e-13)


@rates
@pytest.mark.parametrize("decoupled", [False, True])
def test_recorded_steps_are_the_same_steps(l1, l2, decoupled):
    a, p = penalised("Adam", {"lr": 0.1}, arrays(0), l1, l2, decoupled=decoupled)
    q = [x.detach().clone().requires_grad_().clone() for x in p]
    b = optim.Adam([optim.penalized(q, l1, l2, decoupled=decoupled)], lr=0.1, differentiable=True)
    for step in range(3):
        give(ag, p, step)
        give(ag, q, step)
        a.step()
        b.step()
    same(p, q, 1e-13)


def test_l2_is_weight_decay():
    for decoupled, plain in ((False, optim.Adam), (True, optim.AdamW)):
        a, p = penalised("Adam", {"lr": 0.1}, arrays(0), 0.0, 0.3, decoupled=decoupled)
        q = parameters(ag, arrays(0))
        b = plain(q, lr=0.1, weight_decay=0.3)
        for step in range(4):
            give(ag, p, step)
            give(ag, q, step)
            a.step()
            b.step()
        same(p, q, 1e-13)


def test_decoupled_l1_makes_zeros_that_small_gradients_leave():
    p = ag.tensor([0.05, -0.05, 1.0], requires_grad=True)
    optimizer = optim.SGD([optim.penalized([p], l1=0.1, decoupled=True)], lr=1.0)
    for _ in range(2):
        p.grad = ag.tensor([0.04, -0.09, 0.0])
        optimizer.step()
    np.testing.assert_allclose(p.tolist(), [0.0, 0.0, 0.8], rtol=1e-6)


def test_whole_parameters_are_penalised_too():
    value = arrays(0, [(4, 3)])
    a, p = penalised("Adafactor", {}, value, 0.1, 0.2)
    b, q = ours("Adafactor", {}, value)
    give(ag, p, 1)
    give(ag, q, 1)
    q[0].grad += 0.1 * q[0].detach().sign() + 0.2 * q[0].detach()
    a.step()
    b.step()
    same(p, q, 1e-13)


def test_groups_of_their_own_that_change_and_are_saved():
    """Weights with a penalty, biases without."""
    w, b = parameters(ag, [np.ones(2), np.ones(2)])
    optimizer = optim.SGD([optim.penalized([("w", w)], l1=0.5), {"params": [("b", b)], "lr": 0.2}], lr=0.1)
    for x in (w, b):
        x.grad = ag.zeros(2, dtype=ag.float64)
    optimizer.step()
    np.testing.assert_allclose([w.tolist(), b.tolist()], [[0.95, 0.95], [1.0, 1.0]])
    optimizer.param_groups[0]["l1_penalty"] = 1.0
    optimizer.step()
    np.testing.assert_allclose(w.tolist(), [0.85, 0.85])
    other = optim.SGD([{"params": [("w", w)]}, {"params": [("b", b)]}])
    other.load_state_dict(optimizer.state_dict())
    assert other.param_groups[0]["l1_penalty"] == 1.0


def test_on_the_device(cuda):  # noqa: F811
    a, p = penalised("Adam", {}, arrays(0), 0.1, 0.2, decoupled=True)
    q = [ag.tensor(v).to(cuda).requires_grad_() for v in arrays(0)]
    b = optim.Adam([optim.penalized(q, 0.1, 0.2, decoupled=True)])
    for step in range(3):
        give(ag, p, step)
        give_there(q, cuda, step)
        a.step()
        with fake_cupy.forbid_sync():
            b.step()
    same([x.cpu() for x in q], p, 1e-13)


def test_refusals():
    p = ag.ones(2, requires_grad=True)
    for rates, message in (((-1.0, 0.0), "Invalid l1 value: -1.0"), ((0.0, -1.0), "Invalid l2 value: -1.0")):
        with pytest.raises(ValueError, match=message):
            optim.penalized([p], *rates)
