"""``differentiable=True``: gradients through the step, checked by finite differences."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import optim
from tests.optim.cases import arrays, every, give, ours, parameters, same


@every()
def test_recorded_steps_are_the_same_steps(name, options):
    a, p = ours(name, options, arrays(0))
    leaves = parameters(ag, arrays(0))
    q = [x.clone() for x in leaves]
    b = getattr(optim, name)(q, **options, differentiable=True)
    for step in range(4):
        give(ag, p, step)
        give(ag, q, step)
        a.step()
        b.step()
    same(p, q, 1e-13)
    assert all(x.requires_grad for x in q)
    for x, y in zip(p, q, strict=True):
        assert a.state[x].keys() == b.state[y].keys()


@every()
def test_gradients_through_three_steps(name, options):
    """Of a loss at the end, with respect to the start and to every step's gradient."""
    start, weights, *gradients = arrays(5, [(3,)] * 5)

    def end(start, *gradients):
        p = start.clone()
        optimizer = getattr(optim, name)([p], **{**options, "eps": 0.3} if "lr_decay" in options else options,
                                         differentiable=True)  # fmt: skip
        for g in gradients:
            p.grad = g
            optimizer.step()
        return (p * ag.tensor(weights)).sum()

    inputs = [ag.tensor(v, requires_grad=True) for v in (start, *gradients)]
    found = ag.autograd.grad(end(*inputs), inputs)
    for i, value in enumerate((start, *gradients)):
        for j in range(3):
            change = []
            for h in (1e-6, -1e-6):
                moved = [v.copy() for v in (start, *gradients)]
                moved[i][j] = value[j] + h
                change.append(end(*map(ag.tensor, moved)).item())
            np.testing.assert_allclose(found[i][j].item(), (change[0] - change[1]) / 2e-6, rtol=1e-5, atol=1e-8)


def test_gradient_of_the_learning_rate():
    """The hypergradient: how the loss after two steps depends on the rate."""
    lr = ag.tensor(0.1, dtype=ag.float64, requires_grad=True)
    p = ag.tensor([1.0, -2.0], dtype=ag.float64).requires_grad_().clone()
    optimizer = optim.SGD([p], lr=lr, differentiable=True)
    for _ in range(2):
        q = p.clone()  # the step writes to p, which the loss would have saved
        (p.grad,) = ag.autograd.grad((q**2).sum(), q, create_graph=True)
        optimizer.step()
    (p**2).sum().backward()
    np.testing.assert_allclose(lr.grad.item(), 5 * 4 * (1 - 0.2) ** 3 * -2, rtol=1e-12)


def test_a_leaf_is_refused():
    p = ag.ones(2, requires_grad=True)
    optimizer = optim.SGD([p], differentiable=True)
    p.grad = ag.ones(2)
    with pytest.raises(RuntimeError, match="leaf"):
        optimizer.step()
    assert p.tolist() == [1.0, 1.0]


def test_a_buffer_is_not_the_gradient():
    p = ag.ones(2, requires_grad=True).clone()
    optimizer = optim.SGD([p], momentum=0.9, differentiable=True)
    p.grad = ag.ones(2)
    optimizer.step()
    optimizer.zero_grad(set_to_none=False)
    assert optimizer.state[p]["momentum_buffer"].tolist() == [1.0, 1.0]
