"""What a user may do between two steps: the plan that the step keeps must notice all of it."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import autograd_core as ag
import optim
from autograd_core.errors import ShapeError
from tests.optim.cases import arrays, give, ours, parameters, run, same

OPTIONS = {"lr": 0.01}


def stepped(steps=3):
    optimizer, params = ours("Adam", OPTIONS, arrays(0))
    for step in range(steps):
        give(ag, params, step)
        optimizer.step()
    return optimizer, params


def twins():
    """Two optimisers in the same state: one that has been stepping, one newly loaded."""
    a, p = stepped()
    b, q = ours("Adam", OPTIONS, [x.detach().numpy() for x in p])
    b.load_state_dict(a.state_dict())
    return a, p, b, q


def step_both(a, p, b, q, rtol=1e-15):
    for optimizer, params in ((a, p), (b, q)):
        give(ag, params, 50)
        optimizer.step()
    same(p, q, rtol)


def test_a_kept_plan_is_used_again():
    optimizer, params = stepped()
    plan = optimizer._plans[0]
    give(ag, params, 9)
    optimizer.step()
    assert optimizer._plans[0] is plan


def test_state_written_in_place():
    a, p, b, q = twins()
    for optimizer, params in ((a, p), (b, q)):
        for x in params:
            optimizer.state[x]["exp_avg"].mul_(0.5)
            optimizer.state[x]["exp_avg_sq"].fill_(2.0)
    step_both(a, p, b, q)
    assert (a.state[p[0]]["exp_avg_sq"] < 3.0).all()


@pytest.mark.parametrize("number", [0, 1, 6])
def test_state_replaced(number):
    """The user's own tensor is used, and written, from then on."""
    a, p, b, q = twins()
    given = ag.full(tuple(p[number].shape), 3.0, dtype=ag.float64)
    a.state[p[number]]["exp_avg"] = given
    b.state[q[number]]["exp_avg"].fill_(3.0)
    step_both(a, p, b, q)
    step_both(a, p, b, q)
    assert a.state[p[number]]["exp_avg"] is given
    assert not (given == 3.0).any()


def test_a_step_count_replaced_or_written():
    """One counts on by itself, in the tensor that the user gave or in the one that was there."""
    a, p, b, q = twins()
    step_both(a, p, b, q)
    a.state[p[1]]["step"] = given = ag.tensor(50.0)
    b.state[q[1]]["step"].fill_(50.0)
    step_both(a, p, b, q)
    assert given.item() == a.state[p[1]]["step"].item() == b.state[q[1]]["step"].item() == 51
    assert a.state[p[0]]["step"].item() == b.state[q[0]]["step"].item() == 5
    step_both(a, p, b, q)


def test_state_replaced_in_an_odd_layout():
    a, p, b, q = twins()
    a.state[p[0]]["exp_avg"] = a.state[p[0]]["exp_avg"].t().clone().t()
    assert not a.state[p[0]]["exp_avg"]._array.flags.c_contiguous
    step_both(a, p, b, q)
    step_both(a, p, b, q)
    same([a.state[p[0]]["exp_avg"]], [b.state[q[0]]["exp_avg"]])


def test_a_step_count_as_old_checkpoints_have_it():
    a, p, b, q = twins()
    for x in p:
        a.state[x]["step"] = 3
    step_both(a, p, b, q)
    assert a.state[p[0]]["step"].item() == 4


@pytest.mark.parametrize("forget", [lambda state, p: state.pop(p), lambda state, p: state[p].clear()])
def test_state_dropped_begins_anew(forget):
    a, p = stepped()
    forget(a.state, p[1])
    give(ag, p, 5)
    a.step()
    assert [a.state[x]["step"].item() for x in p[:3]] == [4, 1, 4]
    fresh, q = ours("Adam", OPTIONS, arrays(3))
    give(ag, q, 5)
    fresh.step()
    same([a.state[p[1]]["exp_avg"]], [fresh.state[q[1]]["exp_avg"]])


def test_a_state_array_dropped_begins_anew_alone():
    a, p = stepped()
    del a.state[p[1]]["exp_avg_sq"]
    kept = a.state[p[1]]["exp_avg"].clone()
    give(ag, p, 5)
    a.step()
    assert a.state[p[1]]["step"].item() == 4
    same([a.state[p[1]]["exp_avg"]], [0.9 * kept + 0.1 * p[1].grad], 1e-15)


def test_options_changed():
    a, p, b, q = twins()
    for group in (*a.param_groups, *b.param_groups):
        group["amsgrad"] = True
        group["lr"] = 0.5
    step_both(a, p, b, q)
    assert "max_exp_avg_sq" in a.state[p[0]]


def test_a_parameter_s_memory_replaced():
    a, p, b, q = twins()
    for x, v in zip(p, arrays(7), strict=True):
        x.data = ag.tensor(v)
    for x, v in zip(q, arrays(7), strict=True):
        with ag.no_grad():
            x.copy_(ag.tensor(v))
    step_both(a, p, b, q)


def test_a_parameter_in_another_dtype():
    """As after ``model.float()``: the state follows."""
    a, p = stepped()
    for x in p:
        x.data = x.data.to(ag.float32)
    give(ag, p, 3)
    a.step()
    b, q = stepped()
    give(ag, q, 3)
    b.step()
    same(p, q, 1e-6)
    assert {a.state[x]["exp_avg"].dtype for x in p} == {ag.float32}
    assert [a.state[x]["step"].item() for x in p] == [4] * len(p)


def test_a_parameter_of_another_shape_is_refused():
    a, p = stepped()
    p[0].data = ag.zeros(7, dtype=ag.float64)
    give(ag, p, 3)
    before = [x.detach().clone() for x in p]
    with pytest.raises(ShapeError, match=r"state 'exp_avg' has shape \(3, 4\); wanted its parameter's shape \(7,\)"):
        a.step()
    same(p, before)
    del a.state[p[0]]
    a.step()
    assert a.state[p[0]]["step"].item() == 1


def test_groups_added_and_changed():
    a, p = stepped()
    q = parameters(ag, arrays(8))
    a.add_param_group({"params": q, "lr": 0.1})
    a.param_groups[0]["params"].append(extra := ag.ones(2, requires_grad=True))
    give(ag, [*p, *q, extra], 1)
    a.step()
    assert [a.state[x]["step"].item() for x in (p[0], q[0], extra)] == [4, 1, 1]
    a.param_groups[0]["params"] = p[2:]
    give(ag, [*p, *q, extra], 2)
    before = p[0].detach().clone()
    a.step()
    same([p[0]], [before])
    assert a.state[p[2]]["step"].item() == 5


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies(duplicate):
    """A copy steps by itself, and as fast: its state is flat again."""
    a, p = stepped()
    pair = duplicate({"optimizer": a, "params": p})
    b, q = pair["optimizer"], pair["params"]
    assert b.param_groups[0]["params"][0] is q[0]
    step_both(a, p, b, q)
    before = [x.detach().clone() for x in q]
    give(ag, p, 3)
    a.step()
    same(q, before)
    assert len(b._plans[0].batches[0].runs) == len(a._plans[0].batches[0].runs)


def test_a_parameter_twice_in_a_group():
    p = ag.tensor([1.0], requires_grad=True)
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optimizer = optim.Adam([p, p], lr=0.1)
    p.grad = ag.ones(1)
    optimizer.step()
    assert optimizer.state[p]["step"].item() == 2
    np.testing.assert_allclose(p.item(), 0.8, rtol=1e-6)


def test_no_memory_is_kept_or_lost():
    """The optimiser keeps no gradient, and goes without the help of the collector."""
    gc.collect()
    gc.disable()
    try:
        optimizer, params = ours("Adam", OPTIONS, arrays(0))
        run(ag, optimizer, params, range(10))
        gradient = weakref.ref(params[0].grad._array)
        gone = weakref.ref(optimizer)
        optimizer.zero_grad()
        assert gradient() is None
        del optimizer
        assert gone() is None
    finally:
        gc.enable()
