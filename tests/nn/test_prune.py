"""Pruning, against PyTorch: masks, gradients, training, one pruning after another, removal, errors."""

from __future__ import annotations

import copy
import importlib
import pickle

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.utils import prune
from tests.nn.twin import array, close, draw, state_to_ours, state_to_theirs


@pytest.fixture
def packages(torch):
    """Each side's library and its package of pruning methods."""
    torch.manual_seed(0)
    return (ag, prune), (torch, importlib.import_module("torch.nn.utils.prune"))


def pair(torch, make=lambda nn: nn.Conv2d(3, 4, 2)):
    theirs, ours = make(torch.nn).double(), make(nn).double()
    ours.load_state_dict(state_to_ours(theirs))
    return ours, theirs


def same_states(ours, theirs):
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        close(ours.state_dict()[key], value, what=key)


def scores(lib):
    return lib.tensor(draw((4, 3, 2, 2), 5))


WAYS = {
    "identity": lambda p, m, lib: p.identity(m, "weight"),
    "elements": lambda p, m, lib: p.l1_unstructured(m, "weight", 0.3),
    "a number of elements": lambda p, m, lib: p.l1_unstructured(m, "weight", 7),
    "no elements": lambda p, m, lib: p.l1_unstructured(m, "weight", 0),
    "all elements": lambda p, m, lib: p.l1_unstructured(m, "weight", 1.0),
    "by scores": lambda p, m, lib: p.l1_unstructured(m, "weight", 0.5, importance_scores=scores(lib)),
    "slices": lambda p, m, lib: p.ln_structured(m, "weight", 0.3, n=2, dim=1),
    "no slices": lambda p, m, lib: p.ln_structured(m, "weight", 0, n=2, dim=1),
    "slices from the end": lambda p, m, lib: p.ln_structured(m, "weight", 1, n=1, dim=-4),
    "by the largest": lambda p, m, lib: p.ln_structured(m, "weight", 0.5, n=float("inf"), dim=0),
    "by scores of slices": lambda p, m, lib: p.ln_structured(m, "weight", 1, 2, 0, importance_scores=scores(lib)),
    "by a mask": lambda p, m, lib: p.custom_from_mask(m, "weight", scores(lib) > 0),
    "the bias": lambda p, m, lib: p.l1_unstructured(m, "bias", 2),
    "twice": lambda p, m, lib: p.l1_unstructured(p.l1_unstructured(m, "weight", 0.3), "weight", 0.3),
    "three times": lambda p, m, lib: p.custom_from_mask(
        p.ln_structured(p.l1_unstructured(m, "weight", 9), "weight", 1, 2, 1), "weight", scores(lib) > 0
    ),
    "weight and bias": lambda p, m, lib: p.l1_unstructured(p.l1_unstructured(m, "weight", 0.3), "bias", 1),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_pruned_layer_is_pytorchs(torch, packages, way):
    ours, theirs = pair(torch)
    for (lib, package), layer in zip(packages, (ours, theirs), strict=True):
        parameters = list(layer.parameters())
        assert WAYS[way](package, layer, lib) is layer
        assert package.is_pruned(layer)
        assert {id(p) for p in parameters} == {id(p) for p in layer.parameters()}
        optimizer = lib.optim.SGD(layer.parameters(), lr=0.1)
        for step in range(3):
            optimizer.zero_grad()
            layer(lib.tensor(draw((1, 3, 4, 4), step))).square().sum().backward()
            optimizer.step()
    assert repr(ours) == repr(theirs)
    same_states(ours, theirs)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        close(p.grad, q.grad)
    theirs.load_state_dict(state_to_theirs(torch, ours))
    for name in ("weight", "bias"):
        close(getattr(ours, name), getattr(theirs, name))
        if f"{name}_mask" in ours.state_dict():
            original = dict(ours.named_parameters())[f"{name}_orig"]
            assert all(p.remove(m, name) is m for (_, p), m in zip(packages, (ours, theirs), strict=True))
            assert getattr(ours, name) is original
    same_states(ours, theirs)
    assert not prune.is_pruned(nn.Sequential(ours)) and ours._hooks is None


@pytest.mark.parametrize("way", ["elements", "slices"])
def test_pruning_at_random(way):
    layer = nn.Conv2d(4, 4, 3)
    if way == "elements":
        prune.random_unstructured(layer, "weight", 0.25)
        assert array(layer.weight_mask).mean() == 0.75
        prune.random_unstructured(layer, "weight", 8)
        assert array(layer.weight_mask).sum() == 144 * 0.75 - 8
    else:
        prune.random_structured(layer, "weight", 0.25, dim=1)
        assert sorted(array(layer.weight_mask).mean((0, 2, 3))) == [0, 1, 1, 1]
        prune.random_structured(layer, "weight", 1, dim=-3)
        assert array(layer.weight_mask).mean() == 0.5
        prune.RandomStructured.apply(layer, "weight", 1)  # along the last dimension
        assert sorted(array(layer.weight_mask).mean((0, 1, 2))) == [0, 0.5, 0.5]
    assert not array(layer.weight)[array(layer.weight_mask) == 0].any()
    ag.manual_seed(3)
    again = prune.random_unstructured(nn.Linear(9, 9), "weight", 0.5).weight_mask
    ag.manual_seed(3)
    assert (array(again) == array(prune.random_unstructured(nn.Linear(9, 9), "weight", 0.5).weight_mask)).all()


@pytest.mark.parametrize("scored", [False, True])
def test_pruning_several_layers_at_once(torch, packages, scored):
    pairs = [pair(torch, lambda nn: nn.Linear(3, 2)), pair(torch, lambda nn: nn.Linear(2, 4))]
    for i, (lib, package) in enumerate(packages):
        where = [(layers[i], name) for layers in pairs for name in ("weight", "bias")]
        package.l1_unstructured(pairs[0][i], "weight", 2)
        given = {where[0]: lib.tensor(draw((2, 3), 7))} if scored else None
        parameters = iter(where) if lib is ag else where
        package.global_unstructured(parameters, package.L1Unstructured, importance_scores=given, amount=0.4)
    for ours, theirs in pairs:
        same_states(ours, theirs)


def test_containers_combine_masks(packages):
    for lib, package in packages:
        container = package.PruningContainer()
        container._tensor_name = "test"
        for method, expected in [
            (package.L1Unstructured(amount=2), [[0, 0, 1, 0], [1, 1, 0, 1]]),
            (package.LnStructured(amount=1, n=2, dim=0), [[0, 0, 0, 0], [1, 1, 0, 1]]),
            (package.LnStructured(amount=1, n=2, dim=1), [[0, 1, 1, 0], [0, 1, 0, 1]]),
        ]:
            method._tensor_name = "test"
            container.add_pruning_method(method)
            t, mask = lib.arange(1.0, 9.0).reshape(2, 4), lib.tensor([[1, 1, 1, 0], [1, 1, 0, 1]])
            np.testing.assert_array_equal(array(container.compute_mask(t, mask)), expected)
        assert len(container) == 3 and list(container)[1] is container[1]
        other = package.L1Unstructured(amount=2)
        other._tensor_name = "another"
        with pytest.raises(ValueError, match="acting on the parameter named 'test' to"):
            container.add_pruning_method(other)
        with pytest.raises(TypeError, match="is not a BasePruningMethod subclass"):
            container.add_pruning_method(10)


def test_containers_are_made_by_pruning_again():
    layer = nn.Linear(4, 3)
    first = prune.L1Unstructured.apply(layer, "weight", 2)
    container = prune.LnStructured.apply(layer, "weight", 1, 2, 0)
    assert isinstance(container, prune.PruningContainer) and container[0] is first and len(container) == 2
    assert prune.L1Unstructured.apply(layer, "weight", 1) is container and len(container) == 3
    assert len(layer._hooks.forward_pre) == 1
    two = prune.PruningContainer(*container[:2])
    assert two._tensor_name == "weight" and list(prune.PruningContainer(container[:2])) == list(two)


def test_a_method_of_ones_own():
    class EverySecond(prune.BasePruningMethod):
        PRUNING_TYPE = "unstructured"

        def compute_mask(self, t, default_mask):
            mask = default_mask.clone()
            mask.view(-1)[::2] = 0
            return mask

    layer = nn.Linear(4, 2)
    EverySecond.apply(layer, "weight")
    np.testing.assert_array_equal(array(layer.weight_mask), [[0, 1, 0, 1]] * 2)
    EverySecond.apply(layer, "weight")  # of those that are left
    np.testing.assert_array_equal(array(layer.weight_mask), [[0, 0, 0, 1]] * 2)


def test_pruning_a_tensor(packages):
    for lib, package in packages:
        method, t = package.L1Unstructured(2), lib.tensor([3.0, -1.0, 2.0, 0.5])
        np.testing.assert_array_equal(array(method.prune(t)), [3, 0, 2, 0])
        np.testing.assert_array_equal(
            array(method.prune(t, default_mask=lib.tensor([0.0, 1.0, 1.0, 1.0]))), [0, 0, 2, 0]
        )
        np.testing.assert_array_equal(array(method.prune(t, importance_scores=lib.arange(4.0))), [0, 0, 2, 0.5])
        with pytest.raises(AssertionError, match="same shape as tensor t"):
            method.prune(t, importance_scores=lib.ones(3))


def test_pruned_layers_are_pickled_and_copied():
    layer = prune.l1_unstructured(prune.l1_unstructured(nn.Linear(4, 3), "weight", 2), "weight", 2)
    again = pickle.loads(pickle.dumps(layer))
    np.testing.assert_array_equal(array(again(ag.ones(4))), array(layer(ag.ones(4))))
    prune.remove(again, "weight")
    assert prune.is_pruned(layer) and not prune.is_pruned(again)
    with pytest.raises(RuntimeError, match="support the deepcopy protocol"):  # as in PyTorch: weight has a graph
        copy.deepcopy(layer)


AMOUNTS = [("many", TypeError), (1.1, ValueError), (-10, ValueError), (float("nan"), ValueError)]
REFUSED = [
    (lambda p, m: p.l1_unstructured(m, "weight", 7), ValueError, "smaller than the number of parameters to prune=6"),
    (lambda p, m: p.random_structured(m, "weight", 3, 0), ValueError, "number of parameters to prune=2"),
    (lambda p, m: p.ln_structured(m, "bias", 1, 2, 0), ValueError, "applied to multidimensional tensors"),
    (lambda p, m: p.ln_structured(m, "weight", 1, 2, 2), IndexError, "Invalid index 2 for tensor of size"),
    (lambda p, m: p.custom_from_mask(m, "weight", m.bias.data), AssertionError, "must match self.mask shape"),
    (lambda p, m: p.l1_unstructured(m, "weight", 1, m.bias.data), AssertionError, "same shape as parameter weight"),
    (lambda p, m: p.remove(m, "weight"), ValueError, "has to be pruned before pruning can be removed"),
    (lambda p, m: p.global_unstructured(1, p.L1Unstructured), TypeError, "parameters is not an Iterable"),
    (lambda p, m: p.global_unstructured([], p.L1Unstructured, [1]), TypeError, "must be of type dict"),
    (lambda p, m: p.global_unstructured([(m, "weight")], p.LnStructured, amount=1, n=2), TypeError, "Only"),
]


def test_errors(packages):
    for lib, package in packages:
        for amount, kind in AMOUNTS[: 4 if lib is ag else 3]:  # PyTorch lets nan pass
            with pytest.raises(kind, match=r"Invalid type for amount|should either be a float in the range"):
                package.L1Unstructured(amount)
        layer = lib.nn.Linear(3, 2)
        for call, kind, message in REFUSED:
            with pytest.raises(kind, match=message):
                call(package, layer)
            assert sorted(layer.state_dict()) == ["bias", "weight"] and not package.is_pruned(layer)


def test_what_fails_changes_nothing():
    class Wrong(prune.BasePruningMethod):
        PRUNING_TYPE = "odd"

        def compute_mask(self, t, default_mask):
            return default_mask[0]

    layer = nn.Linear(3, 2)
    with pytest.raises(
        ValueError, match=r"Wrong.compute_mask: returned a mask of shape \(3,\); wanted a mask of shape"
    ):
        Wrong.apply(layer, "weight")
    assert list(layer.state_dict()) == ["weight", "bias"]
    hook = prune.L1Unstructured.apply(layer, "weight", 2)
    before = array(layer.weight_mask).copy()
    with pytest.raises(ValueError, match="Unrecognized PRUNING_TYPE odd"):
        Wrong.apply(layer, "weight")
    with pytest.raises(ValueError, match="smaller than the number of parameters"):
        prune.l1_unstructured(layer, "weight", 5)
    Wrong.PRUNING_TYPE = "structured"
    with pytest.raises(AttributeError, match="need to have the attribute `dim`"):
        Wrong.apply(layer, "weight")
    with pytest.raises(IndexError, match="out of bounds"):
        prune.ln_structured(layer, "weight", 1, 2, -3)
    assert [h.function for h in layer._hooks.forward_pre.values()] == [hook]
    np.testing.assert_array_equal(array(layer.weight_mask), before)
    with pytest.raises(AssertionError, match="has to be pruned"):
        prune.L1Unstructured(1).apply_mask(layer)


def test_pruning_on_a_gpu(cuda):
    layer = nn.Conv2d(3, 4, 2, device="cuda")
    prune.random_structured(prune.l1_unstructured(layer, "weight", 5), "weight", 1, 0)
    prune.ln_structured(prune.random_unstructured(layer, "weight", 5), "weight", 1, 2, 1)
    layer(ag.ones(1, 3, 4, 4, device="cuda")).sum().backward()
    assert layer.weight_mask.device.type == layer.weight_orig.grad.device.type == "cuda"
    assert 0 < float(layer.weight_mask.sum()) < 48 - 10
