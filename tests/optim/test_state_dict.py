"""State dicts: round trips, what is refused and then changes nothing, hooks."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import autograd_core as ag
import optim
from tests.optim.cases import arrays, entries, every, give, ours, parameters, run, same


@every()
def test_a_run_goes_on_bit_for_bit(name, options):
    a, p = ours(name, options, arrays(0))
    run(ag, a, p, range(6))
    b, q = ours(name, {}, [x.detach().numpy() for x in p])
    b.load_state_dict(copy.deepcopy(a.state_dict()))
    run(ag, a, p, range(6, 12))
    run(ag, b, q, range(6, 12))
    same(p, q)
    assert [k for k, _ in entries(a)] == [k for k, _ in entries(b)]
    assert repr(a) == repr(b)


def test_loading_copies():
    a, p = ours("Adam", {}, arrays(0))
    run(ag, a, p, range(3))
    b, _ = ours("Adam", {}, arrays(0))
    b.load_state_dict(a.state_dict())
    before = dict(entries(b))
    before = {k: v.copy() for k, v in before.items()}
    run(ag, a, p, range(3, 6))
    for key, value in entries(b):
        np.testing.assert_array_equal(value, before[key])


def test_layout():
    p, q, r = parameters(ag, arrays(0)[:3])
    optimizer = optim.SGD([{"params": [p]}, {"params": [q, r], "lr": 0.5}], lr=0.1, momentum=0.9)
    give(ag, [p, q, r], 0, without=[1])
    optimizer.step()
    saved = optimizer.state_dict()
    assert [group["params"] for group in saved["param_groups"]] == [[0], [1, 2]]
    assert [group["lr"] for group in saved["param_groups"]] == [0.1, 0.5]
    assert {k: list(v) for k, v in saved["state"].items()} == {0: ["momentum_buffer"], 2: ["momentum_buffer"]}


def group(saved):
    return saved["param_groups"][0]


DAMAGES = {
    "has no 'state'": lambda s: s.pop("state"),
    "different number of parameter groups: 2; wanted 1": lambda s: s["param_groups"].append(group(s)),
    "size of optimizer's group: group 0 has 6 parameters, wanted 7": lambda s: group(s)["params"].pop(),
    "state 1 has no 'exp_avg_sq'": lambda s: s["state"][1].pop("exp_avg_sq"),
    r"state 0 has 'exp_avg' of shape \(5,\), wanted \(3, 4\)": lambda s: s["state"][0].update(exp_avg=ag.zeros(5)),
    r"state 0 has no 'exp_avg'; state 6 has 'exp_avg_sq' of shape \(1,\)": lambda s: (
        s["state"][0].pop("exp_avg"), s["state"][6].update(exp_avg_sq=np.zeros(1))
    ),
    "state 0 has no 'max_exp_avg_sq'": lambda s: group(s).update(amsgrad=True),
}  # fmt: skip


@pytest.mark.parametrize("message", DAMAGES)
def test_a_refused_state_dict_changes_nothing(message):
    a, p = ours("Adam", {}, arrays(0))
    b, q = ours("Adam", {"lr": 0.5}, arrays(0))
    for optimizer, params in ((a, p), (b, q)):
        run(ag, optimizer, params, range(2, 6))
    before, groups = {k: v.copy() for k, v in entries(b)}, repr(b)
    saved = copy.deepcopy(a.state_dict())
    saved["state"][0]["exp_avg_sq"].fill_(7.0)
    DAMAGES[message](saved)
    with pytest.raises(ValueError, match=f"Adam.load_state_dict: .*{message}"):
        b.load_state_dict(saved)
    assert repr(b) == groups
    after = dict(entries(b))
    assert list(after) == list(before)
    for key, value in after.items():
        np.testing.assert_array_equal(value, before[key])
    c, r = ours("Adam", {"lr": 0.5}, arrays(0))
    run(ag, c, r, range(2, 7))
    run(ag, b, q, range(6, 7))
    same(q, r)


def test_what_belongs_to_no_parameter_is_kept():
    a, _ = ours("SGD", {}, arrays(0))
    a.state["note"] = {"epoch": 3}
    b, _ = ours("SGD", {}, arrays(0))
    b.load_state_dict(a.state_dict())
    assert b.state["note"] == {"epoch": 3}


def test_buffers_that_older_checkpoints_have_as_none():
    a, p = ours("SGD", {"momentum": 0.9, "dampening": 0.5}, arrays(0))
    b, q = ours("SGD", {"momentum": 0.9, "dampening": 0.5}, arrays(0))
    saved = a.state_dict()
    saved["state"] = {i: {"momentum_buffer": None} for i in range(len(p))}
    b.load_state_dict(saved)
    run(ag, a, p, range(8, 11))
    run(ag, b, q, range(8, 11))
    same(p, q)


def test_options_that_older_checkpoints_lack_get_their_defaults():
    a, _ = ours("Adam", {"lr": 0.5}, arrays(0))
    saved = a.state_dict()
    for option in ("amsgrad", "decoupled_weight_decay", "maximize"):
        del saved["param_groups"][0][option]
    b, _ = ours("Adam", {}, arrays(0))
    b.load_state_dict(saved)
    assert repr(a) == repr(b)


def test_adamw_stays_adamw():
    a, _ = ours("Adam", {}, arrays(0))
    b, _ = ours("AdamW", {}, arrays(0))
    b.load_state_dict(a.state_dict())
    assert b.param_groups[0]["decoupled_weight_decay"] is True


def test_names():
    named = list(zip("ab", parameters(ag, arrays(0)[:2]), strict=True))
    a = optim.SGD(named)
    assert a.param_groups[0]["param_names"] == ["a", "b"]
    assert a.state_dict()["param_groups"][0]["param_names"] == ["a", "b"]
    b = optim.SGD([p for _, p in named])
    b.load_state_dict(a.state_dict())
    assert b.param_groups[0]["param_names"] == ["a", "b"]
    saved = optim.SGD([p for _, p in named]).state_dict()
    a.load_state_dict(saved)
    assert a.param_groups[0]["param_names"] == ["a", "b"]


def test_hooks_around_saving_and_loading():
    optimizer, _ = ours("SGD", {}, arrays(0))
    seen = []
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("before"))
    optimizer.register_state_dict_post_hook(lambda o, s: {**s, "extra": 1})
    first = optimizer.register_state_dict_post_hook(lambda o, s: seen.append("extra" in s), prepend=True)
    saved = optimizer.state_dict()
    assert saved["extra"] == 1
    assert seen == ["before", False]
    first.remove()
    saved["param_groups"][0]["lr"] = 7.0
    optimizer.register_load_state_dict_pre_hook(lambda o, s: {k: v for k, v in s.items() if k != "extra"})
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append(o.param_groups[0]["lr"]))
    optimizer.load_state_dict(saved)
    assert seen == ["before", False, 7.0]


def test_hooks_around_the_step():
    optimizer, params = ours("SGD", {"lr": 1.0}, [np.ones(1)])
    params[0].grad = ag.ones(1, dtype=ag.float64)
    seen = []

    def note(what):
        return lambda o, args, kwargs: seen.append((what, args[0] is o, params[0].item()))

    handles = [
        optimizer.register_step_pre_hook(note("before")),
        optimizer.register_step_post_hook(note("after")),
        optim.optimizer.register_optimizer_step_pre_hook(note("before all")),
        optim.optimizer.register_optimizer_step_post_hook(note("after all")),
    ]
    optimizer.step()
    order = [("before all", 1.0), ("before", 1.0), ("after", 0.0), ("after all", 0.0)]
    assert seen == [(what, True, value) for what, value in order]
    for handle in handles:
        handle.remove()
    optimizer.step()
    assert len(seen) == 4
    with optimizer.register_step_pre_hook(lambda o, args, kwargs: ((o, lambda: "from the hook"), {})):
        assert optimizer.step() == "from the hook"
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 1)
    with pytest.raises(RuntimeError, match="must return None or a tuple"):
        optimizer.step()
