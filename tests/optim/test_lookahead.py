"""Lookahead: the paper's algorithm around an optimiser, its schedules, its state."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from optim import lr_scheduler
from tests.optim.cases import SHAPES, arrays, give, parameters, run, same

SMALL = SHAPES[:5]
INNER = {
    "SGD": lambda params: optim.SGD(params, lr=0.1),
    "momentum": lambda params: optim.SGD(params, lr=0.1, momentum=0.9),
    "Adam": lambda params: optim.Adam(params, lr=0.01),
    "LAMB": lambda params: optim.LAMB(params, lr=0.01),
}
every = pytest.mark.parametrize("inner", INNER.values(), ids=INNER)


def paper(values, gradients, k, alpha, lr=0.1, momentum=0.9):
    """Algorithm 1 of Zhang et al. 2019, with momentum as the optimiser within."""
    slow, fast, v = [w.copy() for w in values], [w.copy() for w in values], [0.0 * w for w in values]
    for t, step in enumerate(gradients, 1):
        for i, g in enumerate(step):
            v[i] = momentum * v[i] + g
            fast[i] = fast[i] - lr * v[i]
            if t % k == 0:
                slow[i] = slow[i] + alpha * (fast[i] - slow[i])
                fast[i] = slow[i].copy()
    return fast, slow


@pytest.mark.parametrize(("k", "alpha"), [(5, 0.5), (3, 0.8), (1, 0.5), (6, 0.0)])
def test_trajectory_is_the_papers(k, alpha):
    values, gradients = arrays(0, SMALL), [arrays(100 + step, SMALL) for step in range(20)]
    params = parameters(ag, values)
    optimizer = optim.Lookahead(optim.SGD(params, lr=0.1, momentum=0.9), k, alpha)
    for step in gradients:
        for p, g in zip(params, step, strict=True):
            p.grad = ag.tensor(g)
        optimizer.step()
    fast, slow = paper(values, gradients, k, alpha)
    for p, f, s in zip(params, fast, slow, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), f, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(optimizer.state[p]["slow_param"].numpy(), s, rtol=1e-12, atol=1e-13)


@every
def test_all_the_way_is_the_optimiser_itself(inner):
    p, q = parameters(ag, arrays(0)), parameters(ag, arrays(0))
    run(ag, optim.Lookahead(inner(p), k=4, alpha=1.0), p, range(10))
    run(ag, inner(q), q, range(10))
    same(p, q, 1e-14)


@every
def test_resuming_from_a_state_dict(inner):
    """Seven steps, five of them since the slow weights moved, then bytes; the same bits as twelve steps."""
    p = parameters(ag, arrays(0))
    whole = optim.Lookahead(inner(p), k=5)
    run(ag, whole, p, range(12))
    q = parameters(ag, arrays(0))
    begun = optim.Lookahead(inner(q), k=5)
    run(ag, begun, q, range(7))
    r = [x.detach().clone().requires_grad_() for x in q]
    again = optim.Lookahead(inner(r), k=2, alpha=0.1)
    again.load_state_dict(pickle.loads(pickle.dumps(begun.state_dict())))
    run(ag, again, r, range(7, 12))
    same(p, r)


@every
def test_a_state_dict_of_the_optimiser_within(inner):
    """What was trained without Lookahead goes on with it: the slow weights begin where it stands."""
    p = parameters(ag, arrays(0))
    alone = inner(p)
    run(ag, alone, p, range(8, 12))
    q = [x.detach().clone().requires_grad_() for x in p]
    wrapped = optim.Lookahead(inner(q), k=3)
    wrapped.load_state_dict(alone.state_dict())
    assert wrapped.param_groups[0]["lookahead_k"] == 3
    run(ag, wrapped, q, range(12, 14))
    run(ag, alone, p, range(12, 14))
    same(p, q)


def test_a_state_dict_that_does_not_fit():
    wide, narrow = ([ag.ones(n, requires_grad=True)] for n in (3, 2))
    given, wanted = (optim.Lookahead(optim.SGD(params)) for params in (wide, narrow))
    give(ag, wide, 0)
    given.step()
    with pytest.raises(ValueError, match=r"state 0 has 'slow_param' of shape \(3,\), wanted \(2,\)"):
        wanted.load_state_dict(given.state_dict())
    assert not wanted.state


@pytest.mark.parametrize("outer", [True, False])
def test_schedules_of_either(outer):
    p = ag.ones(1, requires_grad=True)
    inner = optim.SGD([p], lr=1.0)
    optimizer = optim.Lookahead(inner, k=2)
    scheduler = lr_scheduler.ExponentialLR(optimizer if outer else inner, 0.5)
    for rate in (1.0, 0.5, 0.25):
        assert inner.param_groups[0]["lr"] == optimizer.param_groups[0]["lr"] == rate
        p.grad = ag.ones(1)
        optimizer.step()
        scheduler.step()
    np.testing.assert_allclose(p.item(), 1 - (1 + 0.5) / 2 - 0.25)


def test_a_cycle_moves_the_momentum_within():
    optimizer = optim.Lookahead(optim.Adam([ag.ones(1, requires_grad=True)]))
    lr_scheduler.OneCycleLR(optimizer, 1.0, 10)
    assert optimizer.optimizer.param_groups[0]["betas"][0] == 0.95


def test_groups_with_options_of_their_own():
    p, q = ag.ones(2, requires_grad=True), ag.ones(2, requires_grad=True)
    optimizer = optim.Lookahead(optim.SGD([p], lr=0.5), k=2)
    optimizer.add_param_group({"params": [q], "lr": 1.0, "lookahead_k": 1, "lookahead_alpha": 0.25})
    for _ in range(2):
        for x in (p, q):
            x.grad = ag.ones(2)
        optimizer.step()
    assert p.tolist() == [0.5, 0.5]
    assert q.tolist() == [0.5, 0.5]
    optimizer.zero_grad()
    assert p.grad is None and q.grad is None


def test_weights_loaded_before_the_first_step_are_where_it_begins():
    layer = nn.Linear(2, 1)
    optimizer = optim.Lookahead(optim.SGD(layer.parameters(), lr=0.0), k=1)
    layer.load_state_dict({"weight": ag.ones(1, 2), "bias": ag.ones(1)})
    layer(ag.ones(1, 2)).sum().backward()
    optimizer.step()
    assert layer.weight.tolist() == [[1.0, 1.0]]


def test_a_closure_that_is_called_many_times():
    p = ag.tensor([2.0, -3.0], requires_grad=True)
    optimizer = optim.Lookahead(optim.SGD([p], lr=0.5), k=1, alpha=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (p**2).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 13.0
    assert p.tolist() == [1.0, -1.5]


def test_gradients_through_the_steps():
    """Of the end with respect to the start: each pair of steps halves what gradient descent leaves."""
    start = ag.tensor([1.0, -2.0], dtype=ag.float64, requires_grad=True)
    p = start.clone()
    optimizer = optim.Lookahead(optim.SGD([p], lr=0.1, differentiable=True), k=2)
    for _ in range(4):
        q = p.clone()
        (p.grad,) = ag.autograd.grad((q**2).sum(), q, create_graph=True)
        optimizer.step()
    p.sum().backward()
    np.testing.assert_allclose(start.grad.numpy(), [((1 + 0.8**2) / 2) ** 2] * 2, rtol=1e-12)


def test_copies_go_on_and_say_what_they_are():
    p = parameters(ag, arrays(0, SMALL))
    optimizer = optim.Lookahead(optim.Adam(p, lr=0.01), k=2)
    give(ag, p, 0)
    optimizer.step()
    for copied in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        assert repr(copied) == repr(optimizer)
        others, ours = copied.param_groups[0]["params"], [x.detach().clone() for x in p]
        give(ag, others, 1)
        copied.step()
        give(ag, p, 1)
        again = copy.deepcopy(optimizer)
        chosen = again.param_groups[0]["params"]
        give(ag, chosen, 1)
        again.step()
        same(chosen, others)
        same(p, ours)
    assert repr(optimizer).startswith("Lookahead of Adam (\nParameter Group 0\n")


def test_hooks_around_the_step():
    p = ag.ones(1, requires_grad=True)
    p.grad = ag.ones(1)
    optimizer = optim.Lookahead(optim.SGD([p]))
    seen = []
    optimizer.register_step_pre_hook(lambda *_: seen.append("before"))
    optimizer.optimizer.register_step_pre_hook(lambda *_: seen.append("within"))
    optimizer.register_step_post_hook(lambda *_: seen.append("after"))
    optimizer.step()
    assert seen == ["before", "within", "after"]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (([],), TypeError, "list is not an Optimizer"),
        ((None, 0), ValueError, "Invalid k value: 0; wanted an integer of at least 1"),
        ((None, 1.5), ValueError, "Invalid k value: 1.5"),
        ((None, 5, 1.5), ValueError, "Invalid alpha value: 1.5; wanted one between 0 and 1"),
    ],
)
def test_refusals(given, error, message):
    optimizer = optim.SGD([ag.ones(1, requires_grad=True)])
    before = optimizer.state_dict()
    with pytest.raises(error, match=f"^{message}"):
        optim.Lookahead(optimizer if given[0] is None else given[0], *given[1:])
    assert optimizer.state_dict() == before


def test_an_optimiser_around_another_as_programs_write_it():
    """Without ``super().__init__()``, and yet with schedules."""

    class Every2nd(optim.Optimizer):
        def __init__(self, optimizer):
            self.optimizer, self.param_groups, self.calls = optimizer, optimizer.param_groups, 0

        def step(self, closure=None):
            self.calls += 1
            return self.optimizer.step(closure) if self.calls % 2 == 0 else None

    p = ag.ones(1, requires_grad=True)
    p.grad = ag.ones(1)
    optimizer = Every2nd(optim.SGD([p], lr=0.5))
    scheduler = lr_scheduler.StepLR(optimizer, 1, 0.5)
    for _ in range(2):
        optimizer.step()
        scheduler.step()
    assert p.item() == 0.75
