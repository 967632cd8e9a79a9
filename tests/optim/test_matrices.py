"""Adafactor and Muon, which see each parameter whole: against PyTorch's, and as their own definition says."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import autograd_core as ag
import optim
from autograd_core.errors import DTypeError, ShapeError
from optim.muon import orthogonalize
from tests import fake_cupy
from tests.optim.cases import arrays, entries, give, ours, same
from tests.optim.test_against_torch import theirs, to_ours, to_theirs
from tests.optim.test_device import cuda, give_there  # noqa: F401

SHAPES = {"Adafactor": ((3, 4), (5,), (), (2, 3, 2), (1, 6), (70, 80)), "Muon": ((3, 4), (4, 3), (1, 1), (2, 7))}
CASES = [
    ("Adafactor", {}),
    ("Adafactor", {"lr": 0.1, "beta2_decay": -0.5, "eps": (0.01, 0.1), "d": 1.5, "weight_decay": 0.1}),
    ("Adafactor", {"lr": 1.0, "maximize": True}),
    ("Muon", {}),
    ("Muon", {"lr": 0.1, "nesterov": False, "momentum": 0.5, "weight_decay": 0.0}),
    ("Muon", {"lr": 0.1, "adjust_lr_fn": "match_rms_adamw", "ns_steps": 3, "ns_coefficients": (2.0, -1.5, 0.5)}),
]
every = pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{n}-{'-'.join(o)}" for n, o in CASES])


def take(api, optimizer, params, steps):
    """Step; the first parameter is without a gradient in every third."""
    for step in steps:
        give(api, params, 100 + step, {0} if step % 3 == 2 else ())
        optimizer.step()


@every
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-5)])
def test_trajectory_and_state(torch, name, options, dtype, tolerance):
    values = arrays(0, SHAPES[name], dtype)
    (a, p), (b, q) = ours(name, options, values), theirs(torch, name, options, values)
    take(ag, a, p, range(20))
    take(torch, b, q, range(20))
    same(p, q, tolerance)
    mine, yours = dict(entries(a)), dict(entries(b))
    assert list(mine) == list(yours)
    for key, value in yours.items():
        assert (mine[key].dtype, mine[key].shape) == (value.dtype, value.shape)
        np.testing.assert_allclose(mine[key], value, rtol=0, atol=tolerance * np.abs(value).max(), err_msg=key)
    assert repr(a) == repr(b)
    assert a.state_dict()["param_groups"] == b.state_dict()["param_groups"]


@every
def test_state_dicts_go_from_one_to_the_other(torch, name, options):
    values = arrays(0, SHAPES[name])
    reference, r = theirs(torch, name, options, values)
    take(torch, reference, r, range(12))
    b, q = theirs(torch, name, options, values)
    take(torch, b, q, range(6))
    a, p = ours(name, {"lr": 5.0}, [x.detach().numpy() for x in q])
    a.load_state_dict(to_ours(b.state_dict()))
    take(ag, a, p, range(6, 12))
    same(p, r, 1e-10)
    a, p = ours(name, options, values)
    take(ag, a, p, range(6))
    b, q = theirs(torch, name, {"lr": 5.0}, [x.detach().numpy() for x in p])
    b.load_state_dict(to_theirs(torch, a.state_dict()))
    take(torch, b, q, range(6, 12))
    same(q, r, 1e-10)


@every
def test_update_is_pure(name, options):
    kind = getattr(optim, name)
    options = kind([ag.ones(1, 1)], **options).param_groups[0]
    options = {k: options[k] for k in kind._options}
    p, g = arrays(0, [(4, 3)] * 2)
    shapes = {k: kind.state_shape(k, p.shape) for k in kind.fills(**options)}
    state = {k: np.ones(shape) for k, shape in shapes.items() if shape} | {"step": 3.0}
    for array in (p, g, *state.values()):
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    new, made = kind.update(p, g, state, **options)
    tensors = {k: ag.tensor(v) if k != "step" else v for k, v in state.items()}
    wrapped, made_too = kind.update(ag.tensor(p), ag.tensor(g), tensors, **options)
    np.testing.assert_allclose(wrapped.numpy(), new, rtol=1e-12)
    assert list(made) == list(made_too)


@every
def test_same_numbers_on_the_device_and_no_waiting(cuda, name, options):  # noqa: F811
    values = arrays(0, SHAPES[name])
    here, p = ours(name, options, values)
    q = [ag.tensor(v).to(cuda).requires_grad_() for v in values]
    there = getattr(optim, name)(q, **options)
    for step in range(3):
        give(ag, p, step)
        for x, g in zip(q, p, strict=True):
            x.grad = g.grad.to(cuda)
        here.step()
        with fake_cupy.forbid_sync():
            there.step()
    same([x.cpu() for x in q], p, 1e-12)


@every
def test_copies_and_odd_layouts(name, options):
    values = arrays(0, SHAPES[name])
    a, p = ours(name, options, values)
    q = [ag.tensor(v.T.copy()).permute(*reversed(range(v.ndim))).detach().requires_grad_() for v in values]
    b = getattr(optim, name)(q, **options)
    assert not q[0]._array.flags.c_contiguous
    take(ag, a, p, range(3))
    take(ag, b, q, range(3))
    same(p, q, 1e-12)
    c, r = copy.deepcopy((a, p))
    take(ag, a, p, range(3, 6))
    take(ag, c, r, range(3, 6))
    same(p, r)


def test_a_parameter_of_nothing():
    p = ag.zeros(0, 3, requires_grad=True)
    p.grad = ag.zeros(0, 3)
    optim.Adafactor([p]).step()  # PyTorch divides by zero
    assert p.shape == (0, 3)


def test_state_of_another_shape_is_refused():
    p = ag.ones(3, 4, requires_grad=True)
    optimizer = optim.Adafactor([p])
    p.grad = ag.ones(3, 4)
    optimizer.step()
    saved = copy.deepcopy(optimizer.state_dict())
    saved["state"][0]["row_var"] = ag.zeros(3, 4)
    with pytest.raises(ValueError, match=r"'row_var' of shape \(3, 4\), wanted \(3, 1\) for a parameter of \(3, 4\)"):
        optimizer.load_state_dict(saved)
    optimizer.state[p]["col_var"] = ag.zeros(4)
    with pytest.raises(ShapeError, match=r"state 'col_var' has shape \(4,\); wanted \(1, 4\) beside its parameter's"):
        optimizer.step()


@pytest.mark.parametrize("name", ["Adafactor", "Muon"])
def test_complex_parameters_are_refused(name):
    p = ag.ones(2, 3, dtype=ag.complex64, requires_grad=True)
    p.grad = ag.ones(2, 3, dtype=ag.complex64)
    with pytest.raises(DTypeError, match=f"{name} does not support complex parameters"):
        getattr(optim, name)([p]).step()


REFUSED = [
    ("Adafactor", {"lr": -1}), ("Adafactor", {"beta2_decay": 0.1}), ("Adafactor", {"eps": (-1.0, 1.0)}),
    ("Adafactor", {"eps": (None, -1.0)}), ("Adafactor", {"d": 0.5}), ("Adafactor", {"weight_decay": -1}),
    ("Muon", {"lr": -1}), ("Muon", {"momentum": -1}), ("Muon", {"weight_decay": -1}), ("Muon", {"adjust_lr_fn": "x"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options"), REFUSED, ids=str)
def test_options_are_refused_as_there(torch, name, options):
    answers = []
    for api, package in ((ag, optim), (torch, torch.optim)):
        with pytest.raises(ValueError, match=r".") as refusal:
            getattr(package, name)([api.ones(2, 2, requires_grad=True)], **options)
        answers.append(str(refusal.value))
    assert answers[0] == answers[1]


def test_muon_takes_matrices_only():
    matrix, vector = ag.ones(2, 2, requires_grad=True), ag.ones(3, requires_grad=True)
    with pytest.raises(ValueError, match="Muon only supports 2D parameters whereas we found a parameter with size"):
        optim.Muon([matrix, vector])
    optimizer = optim.Muon(iter([("w", matrix)]))
    with pytest.raises(ValueError, match="2D parameters"):
        optimizer.add_param_group({"params": [("b", vector)]})
    assert len(optimizer.param_groups) == 1


def test_orthogonalize(torch):
    from torch.optim._muon import _zeropower_via_newtonschulz

    g, big = arrays(0, [(5, 3), (90, 60)])
    coefficients = (3.4445, -4.7750, 2.0315)
    expected = _zeropower_via_newtonschulz(torch.tensor(g), coefficients, 5, 1e-7).double().numpy()
    np.testing.assert_array_equal(orthogonalize(g, coefficients, 5, 1e-7), expected)
    expected = _zeropower_via_newtonschulz(torch.tensor(big), coefficients, 5, 1e-7).double().numpy()
    found = orthogonalize(big, coefficients, 5, 1e-7)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-2 * np.abs(expected).max())
    singular = np.linalg.svd(found, compute_uv=False)
    assert 0.5 < singular.min() < singular.max() < 1.3
    with pytest.raises(ValueError, match="less than 100"):
        orthogonalize(g, coefficients, 100, 1e-7)
    with pytest.raises(ValueError, match="exactly 3 values"):
        orthogonalize(g, (1.0, 2.0), 5, 1e-7)
