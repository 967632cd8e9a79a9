"""State dicts: what is saved, what is refused and reported, what hooks may do; a refusal changes nothing."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import autograd_core as ag
import nn
from tests.nn.twin import array, close, state_to_theirs


def make():
    return nn.Sequential(OrderedDict(fc=nn.Linear(2, 3), norm=nn.BatchNorm1d(3), act=nn.ReLU()))


def values(module):
    return {name: array(value).copy() for name, value in module.state_dict().items()}


def same(module, before):
    after = values(module)
    assert list(after) == list(before)
    return all(np.array_equal(after[name], before[name]) for name in before)


class Extra(nn.Module):
    def __init__(self, note):
        super().__init__()
        self.note = note
        self.w = nn.Parameter(ag.ones(2))

    def get_extra_state(self):
        return self.note

    def set_extra_state(self, state):
        self.note = state


def test_what_is_saved(torch):
    net = make()
    net.fc.register_buffer("scratch", ag.ones(1), persistent=False)
    net.register_buffer("nothing", None)
    state = net.state_dict(prefix="net.")
    assert list(state) == [
        "net.fc.weight", "net.fc.bias", "net.norm.weight", "net.norm.bias", "net.norm.running_mean",
        "net.norm.running_var", "net.norm.num_batches_tracked",
    ]  # fmt: skip
    theirs = torch.nn.Sequential(
        OrderedDict(fc=torch.nn.Linear(2, 3), norm=torch.nn.BatchNorm1d(3), act=torch.nn.ReLU())
    )
    assert state._metadata == theirs.state_dict(prefix="net.")._metadata
    assert not any(value.requires_grad for value in state.values())
    assert net.state_dict(keep_vars=True)["fc.weight"] is net.fc.weight
    with ag.no_grad():
        net.fc.weight.fill_(7.0)
    assert array(state["net.fc.weight"]).max() == 7
    destination = {"kept": 1}
    assert net.state_dict(destination=destination) is destination
    assert len(destination) == 8


def test_states_go_both_ways(torch):
    ours, theirs = make(), torch.nn.Sequential(OrderedDict(fc=torch.nn.Linear(2, 3), norm=torch.nn.BatchNorm1d(3)))
    keys = ours.load_state_dict(OrderedDict((k, v.numpy()) for k, v in theirs.state_dict().items()))
    assert keys == ([], [])
    assert repr(keys) == repr(theirs.load_state_dict(theirs.state_dict())) == "<All keys matched successfully>"
    for key, value in theirs.state_dict().items():
        close(ours.state_dict()[key], value)
    assert theirs.load_state_dict(state_to_theirs(torch, ours)) == ([], [])


def test_values_are_cast_and_identity_is_kept():
    net = make()
    parameters = list(net.parameters())
    state = {
        name: value.double() if value.dtype == ag.float32 else value for name, value in make().state_dict().items()
    }
    pickled = pickle.loads(pickle.dumps(OrderedDict(state)))
    net.load_state_dict(pickled)
    assert all(p is q for p, q in zip(parameters, net.parameters(), strict=True))
    assert {p.dtype for p in parameters} == {ag.float32}
    close(net.fc.weight, state["fc.weight"], 1e-7)
    assert all(p.requires_grad and p.is_leaf for p in parameters)


def test_all_that_is_wrong_is_reported_and_nothing_changes():
    net = make()
    before = values(net)
    state = make().state_dict()
    del state["fc.bias"], state["norm.running_var"]
    state["fc.extra"] = state["other.w"] = state["act.slope"] = ag.ones(1)
    state["fc.weight"] = ag.ones(3, 4)
    state["norm.weight"] = [1, 2, 3]
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    assert str(caught.value) == (
        "Error(s) in loading state_dict for Sequential:\n"
        '\tMissing key(s) in state_dict: "fc.bias", "norm.running_var". \n'
        '\tUnexpected key(s) in state_dict: "other.w", "fc.extra", "act.slope". \n'
        "\tsize mismatch for fc.weight: copying a param with shape (3, 4) from checkpoint, "
        "the shape in current model is (3, 2).\n"
        "\tnorm.weight: got list; wanted a Tensor or an array."
    )
    assert same(net, before)
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state, strict=False)
    assert "Missing" not in str(caught.value)
    assert "size mismatch for fc.weight" in str(caught.value)
    assert same(net, before)
    with pytest.raises(TypeError, match=r"Sequential\.load_state_dict: state_dict is list; wanted a mapping"):
        net.load_state_dict([])


def test_values_that_are_no_numbers_and_memory_that_cannot_be_written():
    net = make()
    fixed = np.zeros(3, "float32")
    fixed.flags.writeable = False
    net.norm.weight.data = ag.from_numpy(fixed)
    before = values(net)
    state = {name: ag.ones_like(value) for name, value in net.state_dict().items()}
    state |= {"fc.bias": np.array(["x", "y", "z"]), "norm.bias": np.ones(3, "uint16")}
    with pytest.raises(RuntimeError) as error:
        net.load_state_dict(state)
    for part in ("fc.bias: tensor: can't", "norm.bias: tensor: can't", "norm.weight: the memory of the current model"):
        assert part in str(error.value)
    assert same(net, before)


def test_not_strict_loads_what_fits_and_says_what_does_not():
    net, other = make(), make()
    state = other.state_dict()
    del state["fc.bias"]
    state["fc.extra"] = ag.ones(1)
    kept = array(net.fc.bias).copy()
    keys = net.load_state_dict(state, strict=False)
    assert keys.missing_keys == ["fc.bias"]
    assert keys.unexpected_keys == ["fc.extra"]
    assert repr(keys) == "IncompatibleKeys(missing_keys=['fc.bias'], unexpected_keys=['fc.extra'])"
    close(net.fc.weight, other.fc.weight)
    assert np.array_equal(array(net.fc.bias), kept)


def test_assign_puts_the_given_tensors_in_place():
    net = make()
    net.fc.bias.requires_grad_(False)
    state = make().double().state_dict()
    net.load_state_dict(state, assign=True)
    assert net.fc.weight.dtype == ag.float64
    assert isinstance(net.fc.weight, nn.Parameter)
    assert net.fc.weight.requires_grad
    assert not net.fc.bias.requires_grad
    assert net.norm.running_mean is state["norm.running_mean"]


def test_older_states_without_num_batches_tracked_load():
    state = {k: v for k, v in make().state_dict().items() if "num_batches" not in k}
    assert make().load_state_dict(state) == ([], [])
    state = make().state_dict()
    del state["norm.num_batches_tracked"]
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "norm\.num_batches_tracked"'):
        make().load_state_dict(state)  # of version 2, which has it


def test_extra_state_is_saved_and_loaded():
    net = nn.Sequential(Extra("old"), nn.ReLU())
    state = nn.Sequential(Extra("new"), nn.ReLU()).state_dict()
    assert state["0._extra_state"] == "new"
    net.load_state_dict(state)
    assert net[0].note == "new"
    state["0.w"] = ag.ones(5)
    state["0._extra_state"] = "refused"
    with pytest.raises(RuntimeError, match="size mismatch"):
        net.load_state_dict(state)
    assert net[0].note == "new"
    with pytest.raises(RuntimeError, match=r'Missing key.*"0\._extra_state"'):
        net.load_state_dict({"0.w": ag.ones(2)})
    with pytest.raises(RuntimeError, match=r'Unexpected key.*"_extra_state"'):
        nn.ReLU().load_state_dict({"_extra_state": 1})


def test_hooks_around_saving():
    calls = []
    net = make()
    net.fc.register_state_dict_pre_hook(lambda m, prefix, keep: calls.append((type(m).__name__, prefix, keep)))
    handle = net.register_state_dict_post_hook(lambda m, state, prefix, meta: state.update(note=meta["version"]))
    assert net.state_dict()["note"] == 1
    handle.remove()
    assert "note" not in net.state_dict()
    assert calls == [("Linear", "fc.", False)] * 2


def test_hooks_before_loading_may_rename():
    net = make()

    def rename(module, state, prefix, metadata, strict, missing, unexpected, errors):
        state[prefix + "weight"] = state.pop(prefix + "w")

    net.fc.register_load_state_dict_pre_hook(rename)
    state = make().state_dict()
    weight = state["fc.w"] = state.pop("fc.weight")
    assert net.load_state_dict(state) == ([], [])
    close(net.fc.weight, weight)
    assert "fc.w" in state


def test_hooks_after_loading_see_the_values_and_decide_on_names():
    net = make()
    seen = []
    state = make().state_dict()
    weight = array(state["fc.weight"]).copy()
    del state["fc.bias"]
    handle = net.fc.register_load_state_dict_post_hook(lambda m, keys: seen.append(array(m.weight).copy()))
    before = values(net)
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "fc\.bias"'):
        net.load_state_dict(state)
    assert np.array_equal(seen[0], weight)
    assert same(net, before)
    with pytest.raises(RuntimeError, match="Missing"):
        net.load_state_dict(state, assign=True)
    assert same(net, before)
    handle.remove()
    net.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.clear())
    assert net.load_state_dict(state) == ([], [])
    close(net.fc.weight, state["fc.weight"])


def test_a_class_may_load_in_its_own_way():
    class Renamed(nn.Linear):
        def _load_from_state_dict(self, state_dict, prefix, *args):
            state_dict[prefix + "weight"] = state_dict.pop(prefix + "kernel")
            super()._load_from_state_dict(state_dict, prefix, *args)

    net = nn.Sequential(Renamed(2, 3, bias=False))
    net.load_state_dict({"0.kernel": np.full((3, 2), 5.0)})
    assert array(net[0].weight).min() == 5


def test_hooks_by_their_older_names(torch):
    def run(lib, nn):
        class Renamed(nn.Linear):
            def __init__(self):
                super().__init__(1, 1)
                self._register_load_state_dict_pre_hook(self.rename)
                self._register_load_state_dict_pre_hook(lambda module, *a: seen.append(type(module).__name__), True)

            def rename(self, state, prefix, *rest):
                state[prefix + "weight"] = state.pop(prefix + "old")
                seen.append((id(self), prefix, len(rest)))

        seen = []
        net = copy.deepcopy(nn.Sequential(Renamed()))  # the hook is then the copy's
        net.load_state_dict({"0.old": lib.full((1, 1), 5.0), "0.bias": lib.zeros(1)})
        assert seen[0][0] == id(net[0])
        net._register_state_dict_hook(lambda module, state, prefix, metadata: {"only": state["0.weight"]})
        return seen[0][1:], seen[1:], list(net.state_dict()), net.state_dict()["only"].item()

    assert run(ag, nn) == run(torch, torch.nn)


def test_a_hook_after_saving_returns_nothing():
    net = make()
    net.register_state_dict_post_hook(lambda module, state, prefix, metadata: state)
    with pytest.raises(RuntimeError, match="state_dict post-hook must return None"):
        net.state_dict()


def test_an_override_may_hand_over_entries_of_its_own():
    class Renamed(nn.Linear):
        def _load_from_state_dict(self, state_dict, prefix, *rest):
            super()._load_from_state_dict({k.replace("old", "weight"): v for k, v in state_dict.items()}, prefix, *rest)

    net = nn.Sequential(Renamed(1, 1))
    net.load_state_dict({"0.old": ag.full((1, 1), 5.0), "0.bias": ag.zeros(1)})
    assert net[0].weight.item() == 5
    assert net[0].weight.requires_grad
    with pytest.raises(RuntimeError, match=r"size mismatch for 0\.weight"):
        net.load_state_dict({"0.old": ag.ones(2), "0.bias": ag.zeros(1)})


def test_options_by_position_are_deprecated(torch):
    for package in (nn, torch.nn):
        found = OrderedDict()
        with pytest.warns(FutureWarning, match="Positional args are being deprecated"):
            assert package.Linear(1, 1).state_dict(found, "p.", True) is found
        assert list(found) == ["p.weight", "p.bias"]
        assert found["p.weight"].requires_grad


def test_a_number_saved_as_one_element(torch):
    for lib, package in ((ag, nn), (torch, torch.nn)):
        module = package.Module()
        module.scale = package.Parameter(lib.tensor(1.0))
        module.load_state_dict({"scale": lib.tensor([3.0])})
        assert module.scale.item() == 3
