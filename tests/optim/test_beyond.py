"""The optimisers that PyTorch has not: against their papers' algorithms, written out in NumPy."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autograd_core as ag
import optim
from tests.optim import test_device, test_differentiable, test_step
from tests.optim.cases import SHAPES, arrays, entries, give, ours, parameters, run, same
from tests.optim.test_device import cuda  # noqa: F401


def lion(w, gradients, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
    """Algorithm 2 of Chen et al. 2023."""
    m = np.zeros_like(w)
    for g in gradients:
        c = betas[0] * m + (1 - betas[0]) * g
        w = w - lr * (np.sign(c) + weight_decay * w)
        m = betas[1] * m + (1 - betas[1]) * g
    return w, {"exp_avg": m}


def lars(w, gradients, lr=0.1, momentum=0.9, weight_decay=0.0, trust_coefficient=1e-3):
    """Algorithm 1 of You et al. 2017."""
    v = np.zeros_like(w)
    for g in gradients:
        local, size = 1.0, np.linalg.norm(w)
        below = np.linalg.norm(g) + weight_decay * size
        if trust_coefficient is not None and size > 0 and below > 0:
            local = trust_coefficient * size / below
        v = momentum * v + lr * local * (g + weight_decay * w)
        w = w - v
    return w, {"momentum_buffer": v} if momentum else {}


def lamb(w, gradients, lr=1e-3, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.0, norm_bounds=(0.0, np.inf)):
    """Algorithm 2 of You et al. 2020."""
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(gradients, 1):
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        r = m / (1 - betas[0] ** t) / (np.sqrt(v / (1 - betas[1] ** t)) + eps)
        u = r + weight_decay * w
        phi, norm = min(max(np.linalg.norm(w), norm_bounds[0]), norm_bounds[1]), np.linalg.norm(u)
        w = w - lr * (phi / norm if phi > 0 and norm > 0 else 1.0) * u
    return w, {"step": len(gradients), "exp_avg": m, "exp_avg_sq": v}


def ftrl(w, gradients, lr=0.1, beta=1.0, l1=0.0, l2=0.0):
    """Algorithm 1 of McMahan et al. 2013, per coordinate, from the z at whose minimum the weights are."""
    w, z, n = w.ravel(), np.empty(w.size), np.zeros(w.size)
    for i in range(w.size):
        z[i] = -w[i] * (beta / lr + l2) - np.sign(w[i]) * l1
    for gradient in gradients:
        for i, g in enumerate(gradient.ravel()):
            if abs(z[i]) <= l1:
                w[i] = 0.0
            else:
                w[i] = -(z[i] - np.sign(z[i]) * l1) / ((beta + np.sqrt(n[i])) / lr + l2)
            sigma = (np.sqrt(n[i] + g * g) - np.sqrt(n[i])) / lr
            z[i] += g - sigma * w[i]
            n[i] += g * g
    for i in range(w.size):  # the paper's next prediction would begin by this
        w[i] = 0.0 if abs(z[i]) <= l1 else -(z[i] - np.sign(z[i]) * l1) / ((beta + np.sqrt(n[i])) / lr + l2)
    return w, {"n": n, "z": z}


PAPERS = {"Lion": lion, "LARS": lars, "LAMB": lamb, "FTRL": ftrl}
CASES = [
    ("Lion", {}),
    ("Lion", {"lr": 0.01, "betas": (0.5, 0.8), "weight_decay": 0.3}),
    ("LARS", {}),
    ("LARS", {"lr": 1.0, "momentum": 0.5, "weight_decay": 0.1, "trust_coefficient": 0.1}),
    ("LARS", {"momentum": 0, "weight_decay": 0.1}),
    ("LARS", {"lr": 0.01, "trust_coefficient": None}),
    ("LAMB", {}),
    ("LAMB", {"lr": 0.1, "betas": (0.5, 0.6), "eps": 0.1, "weight_decay": 0.1}),
    ("LAMB", {"lr": 0.01, "weight_decay": 0.1, "norm_bounds": (0.5, 2.0)}),
    ("FTRL", {}),
    ("FTRL", {"lr": 0.5, "beta": 0.2, "l1": 1.0, "l2": 0.3}),
]
every = pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{n}-{'-'.join(o)}" for n, o in CASES])
SMALL = (*SHAPES[:5], (40, 60))  # several that are gathered, and one that is not


@every
@pytest.mark.parametrize("maximize", [False, True])
def test_trajectory_is_the_papers(name, options, maximize):
    values = arrays(0, SMALL)
    values[1][:] = 0  # begins at nothing, where ratios of norms and z do too
    gradients = [arrays(100 + step, SMALL) for step in range(20)]
    gradients[3][0][:] = 0
    optimizer, params = ours(name, {**options, "maximize": maximize}, values)
    for step in gradients:
        for p, g in zip(params, step, strict=True):
            p.grad = ag.tensor(-g if maximize else g)
        optimizer.step()
    for i, (p, value) in enumerate(zip(params, values, strict=True)):
        expected, state = PAPERS[name](value.copy(), [step[i] for step in gradients], **options)
        close(p.detach().numpy(), expected)
        assert optimizer.state[p].keys() == state.keys()
        for key, held in state.items():
            close(optimizer.state[p][key].numpy(), held)


def close(found, expected):
    expected = np.reshape(expected, found.shape)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.abs(expected).max(initial=1e-3))


@every
def test_step_is_update(name, options):
    test_step.test_step_is_update(name, options)


@every
def test_update_is_pure(name, options):
    test_step.test_update_is_pure(name, options)


@every
def test_same_bits_again(name, options):
    test_step.test_same_bits_again(name, options)


@every
def test_any_layout_and_any_gradient(name, options):
    test_step.test_any_layout_and_any_gradient(name, options)


@every
def test_recorded_steps_are_the_same_steps(name, options):
    test_differentiable.test_recorded_steps_are_the_same_steps(name, options)


@every
def test_gradients_through_three_steps(name, options):
    test_differentiable.test_gradients_through_three_steps(name, options)


@every
def test_on_a_gpu(cuda, name, options):  # noqa: F811
    test_device.test_same_numbers_and_no_waiting(cuda, name, options)


@every
def test_resuming_from_a_state_dict(name, options):
    """Six steps, a round trip through bytes into another optimiser, six more: the same bits as twelve."""
    values = arrays(0)
    whole, p = ours(name, options, values)
    run(ag, whole, p, range(12))
    begun, q = ours(name, options, values)
    run(ag, begun, q, range(6))
    again, r = ours(name, {"lr": 5.0}, [x.detach().numpy() for x in q])
    again.load_state_dict(pickle.loads(pickle.dumps(begun.state_dict())))
    run(ag, again, r, range(6, 12))
    same(p, r)
    assert [key for key, _ in entries(whole)] == [key for key, _ in entries(again)]


@every
def test_groups_have_options_of_their_own(name, options):
    values = arrays(0, SMALL)
    params = parameters(ag, values)
    both = getattr(optim, name)([{"params": params[:2], **options}, {"params": params[2:], "lr": 0.3}])
    (one, p), (two, q) = ours(name, options, values[:2]), ours(name, {"lr": 0.3}, values[2:])
    for step in range(3):
        give(ag, params, step)
        for x, y in zip([*p, *q], params, strict=True):
            x.grad = y.grad.clone()
        for optimizer in (both, one, two):
            optimizer.step()
    same(params, [*p, *q], 1e-15)


def test_a_layer_without_adaptation():
    """As in LARS' use: biases in a group with λ = 1 take plain momentum steps."""
    values = arrays(0, [(5,)])
    a, p = ours("LARS", {"lr": 0.1, "trust_coefficient": None}, values)
    b, q = ours("SGD", {"lr": 0.1, "momentum": 0.9}, values)
    run(ag, a, p, range(8, 16))
    run(ag, b, q, range(8, 16))
    same(p, q, 1e-14)


def test_most_weights_are_exactly_nothing():
    """The l1 of FTRL, on a regression of which three inputs of twenty matter."""
    rng = np.random.default_rng(0)
    x, true = rng.standard_normal((1000, 20)), np.zeros(20)
    true[:3] = (1.0, -2.0, 3.0)
    inputs, targets = ag.tensor(x), ag.tensor(x @ true)
    w = ag.zeros(20, dtype=ag.float64, requires_grad=True)
    optimizer = optim.FTRL([w], lr=0.5, l1=20.0)
    for _ in range(200):
        optimizer.zero_grad()
        ((inputs @ w - targets) ** 2).mean().backward()
        optimizer.step()
    assert (w[3:] == 0).all()
    assert (w[:3] != 0).all()


REFUSED = [
    ("Lion", {"lr": -1.0}, "Invalid learning rate: -1.0"), ("Lion", {"betas": (1.0, 0.9)}, "Invalid beta parameter at"),
    ("Lion", {"weight_decay": -0.1}, "Invalid weight_decay value: -0.1"),
    ("LARS", {"momentum": -0.1}, "Invalid momentum value: -0.1"),
    ("LARS", {"trust_coefficient": 0.0}, "Invalid trust_coefficient value: 0.0; wanted more than 0, or None"),
    ("LAMB", {"eps": -1.0}, "Invalid epsilon value: -1.0"), ("LAMB", {"betas": (0.9, -1)}, "Invalid beta parameter at"),
    ("LAMB", {"norm_bounds": (2.0, 1.0)}, r"Invalid norm_bounds value: \(2.0, 1.0\); wanted 0 <= low <= high"),
    ("FTRL", {"lr": 0.0}, "Invalid learning rate: 0.0; FTRL divides by it"),
    ("FTRL", {"beta": 0.0}, "Invalid beta value: 0.0; wanted more than 0"),
    ("FTRL", {"l1": -1.0}, "Invalid l1 value: -1.0"), ("FTRL", {"l2": -1.0}, "Invalid l2 value: -1.0"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options", "message"), REFUSED)
def test_refusals(name, options, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        getattr(optim, name)([ag.ones(1, requires_grad=True)], **options)


@every
def test_a_copied_optimiser_goes_on(name, options):
    optimizer, params = ours(name, options, arrays(0, SMALL))
    give(ag, params, 0)
    optimizer.step()
    copied = copy.deepcopy(optimizer)
    others = copied.param_groups[0]["params"]
    for x, chosen in ((optimizer, params), (copied, others)):
        give(ag, chosen, 1)
        x.step()
    same(params, others)
