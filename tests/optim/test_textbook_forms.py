"""The forms of SGD, Adam, RMSprop and Adagrad that textbooks have and PyTorch has not, written out in NumPy."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import autograd_core as ag
import optim
from tests.optim import test_device, test_differentiable, test_state_dict, test_step
from tests.optim.cases import arrays, ours
from tests.optim.test_device import cuda  # noqa: F401


def sgd(w, gradients, lr, momentum, velocity, nesterov=False):
    v = np.zeros_like(w)
    for g in gradients:
        change = (1 - momentum) * g if velocity == "ema" else lr * g
        v = momentum * v + change
        step = momentum * v + change if nesterov else v
        w = w - (lr * step if velocity == "ema" else step)
    return w, {"momentum_buffer": v}


def adam(w, gradients, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, bias_correction=True, eps_inside_root=False):
    m = v = np.zeros_like(w)
    for t, g in enumerate(gradients, 1):
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat, v_hat = (m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)) if bias_correction else (m, v)
        w = w - lr * m_hat / (np.sqrt(v_hat + eps) if eps_inside_root else np.sqrt(v_hat) + eps)
    return w, {"step": len(gradients), "exp_avg": m, "exp_avg_sq": v}


def adamw(w, gradients, lr=1e-3, weight_decay=1e-2, **options):
    states = {"m": 0.0, "v": 0.0}
    for t, g in enumerate(gradients, 1):
        states = {"m": 0.9 * states["m"] + 0.1 * g, "v": 0.999 * states["v"] + 0.001 * g**2}
        root = np.sqrt(states["v"] / (1 - 0.999**t) + options["eps"])
        w = w - lr * weight_decay * w - lr * states["m"] / (1 - 0.9**t) / root
    return w, {"step": len(gradients), "exp_avg": states["m"], "exp_avg_sq": states["v"]}


def rmsprop(w, gradients, lr=1e-2, eps=1e-8, eps_inside_root=True):
    v = np.zeros_like(w)
    for g in gradients:
        v = 0.99 * v + 0.01 * g**2
        w = w - lr * g / np.sqrt(v + eps)
    return w, {"step": len(gradients), "square_avg": v}


def adagrad(w, gradients, lr=1e-2, eps=1e-10, eps_inside_root=True):
    s = np.zeros_like(w)
    for g in gradients:
        s = s + g**2
        w = w - lr * g / np.sqrt(s + eps)
    return w, {"step": len(gradients), "sum": s}


WRITTEN = {"SGD": sgd, "Adam": adam, "AdamW": adamw, "RMSprop": rmsprop, "Adagrad": adagrad}
CASES = [
    ("SGD", {"lr": 0.1, "momentum": 0.9, "velocity": "ema"}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "velocity": "ema", "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "velocity": "scaled"}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "velocity": "scaled", "nesterov": True}),
    ("Adam", {"lr": 0.01, "bias_correction": False}),
    ("Adam", {"lr": 0.01, "eps": 0.1, "eps_inside_root": True}),
    ("Adam", {"lr": 0.01, "eps": 0.1, "eps_inside_root": True, "bias_correction": False}),
    ("AdamW", {"lr": 0.01, "eps": 0.1, "eps_inside_root": True}),
    ("RMSprop", {"eps": 0.1, "eps_inside_root": True}),
    ("Adagrad", {"eps": 0.1, "eps_inside_root": True}),
]
every = pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{n}-{'-'.join(o)}" for n, o in CASES])


@every
def test_trajectory_is_the_formulas(name, options):
    values, gradients = arrays(0), [arrays(100 + step) for step in range(20)]
    optimizer, params = ours(name, options, values)
    for step in gradients:
        for p, g in zip(params, step, strict=True):
            p.grad = ag.tensor(g)
        optimizer.step()
    for i, (p, value) in enumerate(zip(params, values, strict=True)):
        expected, state = WRITTEN[name](value, [step[i] for step in gradients], **options)
        np.testing.assert_allclose(p.detach().numpy(), expected, rtol=1e-10, atol=1e-12)
        assert optimizer.state[p].keys() == state.keys()
        for key, held in state.items():
            np.testing.assert_allclose(optimizer.state[p][key].numpy(), held, rtol=1e-10, atol=1e-12)


@every
def test_step_is_update(name, options):
    test_step.test_step_is_update(name, options)


@every
def test_recorded_steps_are_the_same_steps(name, options):
    test_differentiable.test_recorded_steps_are_the_same_steps(name, options)


@every
def test_a_run_goes_on_bit_for_bit(name, options):
    test_state_dict.test_a_run_goes_on_bit_for_bit(name, options)


@every
def test_same_numbers_and_no_waiting(cuda, name, options):  # noqa: F811
    test_device.test_same_numbers_and_no_waiting(cuda, name, options)


@every
def test_groups_tell_only_what_differs(name, options):
    """So that PyTorch's groups and ours are the same where the options are."""
    beyond = {"velocity", "bias_correction", "eps_inside_root"}
    asked, _ = ours(name, options, arrays(0))
    plain, _ = ours(name, {"lr": 0.1}, arrays(0))
    assert beyond & asked.param_groups[0].keys() == beyond & options.keys()
    assert not beyond & plain.param_groups[0].keys()
    plain.load_state_dict(copy.deepcopy(asked.state_dict()))
    assert plain.param_groups[0] == {**asked.param_groups[0], "params": plain.param_groups[0]["params"]}


def test_the_scaled_velocity_remembers_the_rate_of_each_step():
    p, q = (ag.zeros(1, dtype=ag.float64, requires_grad=True) for _ in range(2))
    for x, velocity in ((p, "heavy_ball"), (q, "scaled")):
        optimizer = optim.SGD([x], lr=1.0, momentum=0.5, velocity=velocity)
        for rate in (1.0, 0.1):
            x.grad = ag.ones(1, dtype=ag.float64)
            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
    np.testing.assert_allclose([p.item(), q.item()], [-1 - 0.1 * 1.5, -1 - (0.5 + 0.1)], rtol=1e-12)


def test_refusals():
    p = ag.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match="velocity is 'mean'; wanted 'heavy_ball', 'ema' or 'scaled'"):
        optim.SGD([p], velocity="mean")
    with pytest.raises(ValueError, match=r"velocity='ema' takes no dampening, and dampening is 0.5"):
        optim.SGD([p], momentum=0.9, dampening=0.5, velocity="ema")
