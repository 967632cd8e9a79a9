"""Trajectories, state, state dicts, printing and refusals against PyTorch's."""

from __future__ import annotations

import copy
import inspect

import numpy as np
import pytest

import autograd_core as ag
import optim
from tests.optim.cases import CASES, SHAPES, arrays, entries, every, ours, parameters, run, same

TOLERANCE = {np.float64: 1e-12, np.float32: 1e-6}


def theirs(torch, name, options, values):
    params = parameters(torch, values)
    return getattr(torch.optim, name)(params, **options), params


@every()
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_trajectory_and_state(torch, name, options, dtype):
    values = arrays(0, dtype=dtype)
    (a, p), (b, q) = ours(name, options, values), theirs(torch, name, options, values)
    run(ag, a, p, range(25))
    run(torch, b, q, range(25))
    same(p, q, TOLERANCE[dtype])
    mine, yours = dict(entries(a)), dict(entries(b))
    assert list(mine) == list(yours)
    for key, value in yours.items():
        assert mine[key].dtype == value.dtype
        scale = np.abs(value).max(initial=0)
        np.testing.assert_allclose(mine[key], value, rtol=0, atol=TOLERANCE[dtype] * scale, err_msg=key)


@every()
def test_groups_and_printing(torch, name, options):
    (a, _), (b, _) = ours(name, options, arrays(0)), theirs(torch, name, options, arrays(0))
    assert a.state_dict()["param_groups"] == b.state_dict()["param_groups"]
    assert repr(a) == repr(b)


@every()
def test_state_dicts_go_from_one_to_the_other(torch, name, options):
    """Ten steps there, ten here: as twenty there; and the other way about."""
    values = arrays(0)
    (reference, r) = theirs(torch, name, options, values)
    run(torch, reference, r, range(20))

    (b, q) = theirs(torch, name, options, values)
    run(torch, b, q, range(10))
    (a, p) = ours(name, {"lr": 5.0}, [x.detach().numpy() for x in q])
    a.load_state_dict(to_ours(b.state_dict()))
    run(ag, a, p, range(10, 20))
    same(p, r, 1e-12)

    (a, p) = ours(name, options, values)
    run(ag, a, p, range(10))
    (b, q) = theirs(torch, name, {"lr": 5.0}, [x.detach().numpy() for x in p])
    b.load_state_dict(to_theirs(torch, a.state_dict()))
    run(torch, b, q, range(10, 20))
    same(q, r, 1e-12)


def to_ours(saved):
    state = {k: {n: v.numpy().copy() for n, v in s.items()} for k, s in saved["state"].items()}
    return {**saved, "state": state}


def to_theirs(torch, saved):
    state = {k: {n: torch.tensor(v.numpy()) for n, v in s.items()} for k, s in saved["state"].items()}
    return {**saved, "state": state}


NAMES = sorted({name for name, _ in CASES})


# What a class takes besides, by keyword alone: the forms that textbooks have.
BEYOND = {
    "Adagrad": ["eps_inside_root"], "Adam": ["bias_correction", "eps_inside_root"],
    "AdamW": ["bias_correction", "eps_inside_root"], "RMSprop": ["eps_inside_root"], "SGD": ["velocity"],
}  # fmt: skip


@pytest.mark.parametrize("name", ["Optimizer", "Adafactor", "LBFGS", "Muon", *NAMES])
def test_signatures(torch, name):
    mine, yours = (
        [(p.name, p.default, p.kind) for p in inspect.signature(getattr(side, name)).parameters.values()]
        for side in (optim, torch.optim)
    )
    assert mine[: len(yours)] == yours
    more = mine[len(yours) :]
    assert [name for name, _, _ in more] == BEYOND.get(name, [])
    assert all(kind is inspect.Parameter.KEYWORD_ONLY for _, _, kind in more)


# ASGD minds neither, and only Adam whether its betas are of one kind.
UNMINDED = [("ASGD", {"alpha": -1}), *((name, {"betas": "mixed"}) for name in ("Adamax", "NAdam", "RAdam"))]
REFUSED = [
    {"lr": -1}, {"weight_decay": -0.1}, {"eps": -1.0}, {"momentum": -1}, {"alpha": -1}, {"betas": (1.0, 0.9)},
    {"betas": (0.9, -0.1)}, {"lr_decay": -1}, {"initial_accumulator_value": -1}, {"nesterov": True},
    {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, {"fused": True, "differentiable": True},
    {"fused": True, "foreach": True}, {"lr": "two"}, {"lr": "scalar", "foreach": True}, {"betas": "mixed"},
    {"rho": 1.1}, {"rho": -0.1}, {"momentum_decay": -1}, {"etas": (1.0, 1.2)}, {"etas": (0.5, 1.0)},
]  # fmt: skip
TENSORS = {
    "two": lambda api: api.ones(2), "scalar": lambda api: api.tensor(0.1), "mixed": lambda api: (api.tensor(0.9), 0.99),
}  # fmt: skip
TAKEN = {name: inspect.signature(getattr(optim, name)).parameters.keys() for name in NAMES}


@pytest.mark.parametrize(("name", "options"), [(n, o) for n in NAMES for o in REFUSED if o.keys() <= TAKEN[n]], ids=str)
def test_options_are_refused_as_there(torch, name, options):
    answers = []
    for api, package in ((ag, optim), (torch, torch.optim)):
        given = {k: TENSORS[v](api) if isinstance(v, str) else v for k, v in options.items()}
        answers.append(answer(lambda: getattr(package, name)([api.ones(1, requires_grad=True)], **given)))  # noqa: B023
    assert answers[0] == answers[1]
    assert answers[0] is not None or "foreach" in options or (name, options) in UNMINDED


def answer(call):
    """Return the error that a call raises, as its type and text."""
    try:
        call()
    except Exception as error:
        return type(error), str(error).replace("torch.FloatTensor", "Tensor")
    return None


def bad_groups(api):
    p, q = api.ones(2, requires_grad=True), api.ones(3, requires_grad=True)
    yield "empty", []
    yield "a tensor", p
    yield "not tensors", [1.0]
    yield "twice", [{"params": [p]}, {"params": [q, p]}]
    yield "non-leaf", [p * 2]
    yield "a set", [{"params": {p}}]
    yield "some names missing", [("p", p), q]
    yield "one group without names", [{"params": [("p", p)]}, {"params": [q]}]
    yield "a negative rate in a group", [{"params": [p]}, {"params": [q], "lr": -1}]


def test_parameters_are_refused_as_there(torch):
    for (what, mine), (_, yours) in zip(bad_groups(ag), bad_groups(torch), strict=True):
        refused = answer(lambda: optim.SGD(mine, lr=0.1))  # noqa: B023
        assert refused is not None or what == "a negative rate in a group", what
        assert refused == answer(lambda: torch.optim.SGD(yours, lr=0.1)), what  # noqa: B023


def test_the_pattern_of_gradients_may_change_at_any_time(torch):
    """Parameters whose gradients come and go keep their own counts of steps."""
    rng = np.random.default_rng(0)
    patterns = [set(np.flatnonzero(rng.random(len(SHAPES)) < 0.5).tolist()) for _ in range(20)]
    values = arrays(0)
    sides = []
    for api, (optimizer, params) in (
        (ag, ours("Adam", {"lr": 0.01}, values)), (torch, theirs(torch, "Adam", {"lr": 0.01}, values)),
    ):  # fmt: skip
        for step, pattern in enumerate(patterns):
            for i, (p, g) in enumerate(zip(params, arrays(step), strict=True)):
                p.grad = None if i in pattern else api.tensor(g)
            optimizer.step()
        sides.append(params)
    same(*sides, 1e-12)


def test_a_tensor_as_learning_rate(torch):
    sides = []
    for api, package in ((ag, optim), (torch, torch.optim)):
        lr = api.tensor(0.1)
        params = parameters(api, arrays(0))
        optimizer = package.Adam(params, lr=lr)
        run(api, optimizer, params, range(3))
        lr.fill_(0.01)
        run(api, optimizer, params, range(3, 6))
        sides.append(params)
    same(*sides, 1e-7)  # PyTorch computes with the float32 that the rate is


def test_deepcopied_groups_with_options_of_their_own(torch):
    sides = []
    for api, package in ((ag, optim), (torch, torch.optim)):
        params = parameters(api, arrays(0))
        groups = [{"params": params[:3]}, {"params": params[3:], "lr": 0.5, "momentum": 0.5, "nesterov": True}]
        optimizer = package.SGD(groups, lr=0.1)
        run(api, optimizer, params, range(8))
        optimizer.param_groups[0]["momentum"] = 0.9  # a buffer begins now
        run(api, optimizer, params, range(8, 12))
        optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        run(api, optimizer, params, range(12, 16))
        sides.append(params)
    same(*sides, 1e-12)
