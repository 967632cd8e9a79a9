"""Parametrised tensors, against PyTorch: values, gradients, state dicts, training, copies, removal, errors."""

from __future__ import annotations

import copy
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim  # noqa: F401  # also as ag.optim
from nn.utils import parametrize as P
from tests.nn.twin import array, close, draw, state_to_ours, state_to_theirs


def kinds(lib):
    """Return parametrizations made of a library's modules, and its namespace of them."""

    class Symmetric(lib.nn.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).mT

        def right_inverse(self, x):
            return x.triu()

    class Exponential(lib.nn.Module):
        def forward(self, x):
            return x.exp()

        def right_inverse(self, x):
            return x.log()

    class Double(lib.nn.Module):
        def forward(self, x):
            return 2.0 * x

    class Sum(lib.nn.Module):
        def forward(self, x, y):
            return x + y * y

        def right_inverse(self, x):
            return x - 1.0, lib.ones_like(x)

    class Resize(lib.nn.Module):
        def forward(self, x):
            return x[:2]

    names = {k: v for k, v in locals().items() if k != "lib"}
    return SimpleNamespace(**names, P=lib.nn.utils.parametrize, nn=lib.nn, lib=lib)


def sides(torch):
    return kinds(ag), kinds(torch)


def linears(torch, sides_, size=3, **options):
    """Return a linear layer of each side, in float64, with the same positive weights."""
    torch.manual_seed(0)
    ours, theirs = (side.nn.Linear(size, size, **options).double() for side in sides_)
    with torch.no_grad():
        theirs.weight.abs_().add_(0.1)
    ours.load_state_dict(state_to_ours(theirs))
    return ours, theirs


def same_states(ours, theirs):
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        close(ours.state_dict()[key], value, what=key)


def trained(side, layer, steps=4):
    """Return the losses of some steps of descent, of a loss in which gradients of gradients stand, too."""
    optimizer = side.lib.optim.SGD(layer.parameters(), lr=0.01, momentum=0.9)
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        x = side.lib.tensor(draw((2, layer.in_features), step), requires_grad=True)
        loss = layer(x).square().sum()
        (g,) = side.lib.autograd.grad(loss, x, create_graph=True)
        (loss + g.square().sum()).backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


CHAINS = {
    "one": lambda k: [k.Symmetric()],
    "two": lambda k: [k.Symmetric(), k.Exponential()],
    "without an inverse": lambda k: [k.Double(), k.Double()],
    "several originals": lambda k: [k.Sum()],
    "one upon several": lambda k: [k.Sum(), k.Double()],
}


@pytest.mark.parametrize("chain", CHAINS)
def test_a_parametrized_layer_is_pytorchs(torch, chain):
    both_sides = sides(torch)
    layers = linears(torch, both_sides)
    for side, layer in zip(both_sides, layers, strict=True):
        for parametrization in CHAINS[chain](side):
            assert side.P.register_parametrization(layer, "weight", parametrization) is layer
        layer.losses = trained(side, layer)
    ours, theirs = layers
    assert repr(ours) == repr(theirs)
    np.testing.assert_allclose(ours.losses, theirs.losses, rtol=1e-12)
    same_states(ours, theirs)
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    close(ours.weight, theirs.weight)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        close(p.grad, q.grad)


def test_state_dicts_go_both_ways(torch):
    both_sides = sides(torch)
    layers = linears(torch, both_sides)
    for side, layer in zip(both_sides, layers, strict=True):
        side.P.register_parametrization(layer, "weight", side.Sum())
        side.P.register_parametrization(layer, "bias", side.Double())
    ours, theirs = layers
    ours.load_state_dict({k: v + 1.0 for k, v in ours.state_dict().items()})
    theirs.load_state_dict(state_to_theirs(torch, ours))
    close(ours.weight, theirs.weight)
    theirs.load_state_dict({k: v * 2.0 for k, v in theirs.state_dict().items()})
    ours.load_state_dict(state_to_ours(theirs))
    close(ours.bias, theirs.bias)


def test_assigning_sets_the_originals(torch):
    both_sides = sides(torch)
    for names in (["Symmetric", "Exponential"], ["Sum"]):
        layers = linears(torch, both_sides)
        value = np.abs(draw((3, 3))) + 0.5
        for side, layer in zip(both_sides, layers, strict=True):
            for name in names:
                side.P.register_parametrization(layer, "weight", getattr(side, name)())
            originals = list(layer.parameters())
            layer.weight = side.lib.tensor(value + value.T)
            assert all(p is q for p, q in zip(layer.parameters(), originals, strict=True))
            np.testing.assert_allclose(array(layer.weight), value + value.T)
        same_states(*layers)
    with pytest.raises(KeyError, match="already exists"):
        layers[0].weight = nn.Parameter(ag.ones(3, 3))


@pytest.mark.parametrize("leave", [True, False])
def test_removing_keeps_the_parameter(torch, leave):
    both_sides = sides(torch)
    layers = linears(torch, both_sides)
    for side, layer in zip(both_sides, layers, strict=True):
        weight = layer.weight
        side.P.register_parametrization(layer, "weight", side.Symmetric())
        side.P.register_parametrization(layer, "bias", side.Double())
        side.P.remove_parametrizations(layer, "weight", leave_parametrized=leave)
        assert layer.weight is weight and weight.requires_grad
        assert side.P.is_parametrized(layer) and not side.P.is_parametrized(layer, "weight")
        side.P.remove_parametrizations(layer, "bias")
        assert type(layer) is side.nn.Linear and not hasattr(layer, "parametrizations")
    same_states(*layers)


def test_removing_several_originals_makes_a_parameter(torch):
    both_sides = sides(torch)
    layers = linears(torch, both_sides)
    for side, layer in zip(both_sides, layers, strict=True):
        side.P.register_parametrization(layer, "weight", side.Sum())
        with pytest.raises(ValueError, match="leave_parametrized=False"):
            side.P.remove_parametrizations(layer, "weight", leave_parametrized=False)
        side.P.remove_parametrizations(layer, "weight")
        assert isinstance(layer.weight, side.nn.Parameter) and layer.weight.is_leaf
    same_states(*layers)


def test_buffers_and_frozen_parameters_stay_what_they_are():
    k = kinds(ag)
    layer = nn.Linear(3, 3).requires_grad_(False)
    layer.register_buffer("scale", ag.ones(3))
    P.register_parametrization(layer, "scale", k.Double())
    P.register_parametrization(layer, "weight", k.Sum())
    assert "parametrizations.scale.original" in dict(layer.named_buffers())
    assert not any(p.requires_grad for p in layer.parameters()) and not layer.weight.requires_grad
    P.remove_parametrizations(layer, "scale")
    np.testing.assert_array_equal(array(dict(layer.named_buffers())["scale"]), [2, 2, 2])


def test_the_training_mode_is_the_modules():
    k = kinds(ag)
    layer = nn.Linear(3, 3).eval()
    P.register_parametrization(layer, "weight", k.Double())
    assert not layer.parametrizations.weight[0].training
    P.register_parametrization(layer.train(), "weight", k.Double().eval())
    assert all(each.training for each in layer.parametrizations.weight)


def test_cached_tensors_are_computed_once():
    k = kinds(ag)
    calls = []

    class Counted(nn.Module):
        def forward(self, x):
            calls.append(x)
            return 2.0 * x

    layer, other = (P.register_parametrization(nn.Linear(3, 3), "weight", Counted()) for _ in range(2))
    del calls[:]
    with P.cached():
        with P.cached():
            first = layer.weight
        assert layer.weight is first and other.weight is other.weight is not first
        layer(ag.ones(3))
    assert len(calls) == 2
    assert layer.weight is not layer.weight
    with pytest.raises(ZeroDivisionError), P.cached():
        raise ZeroDivisionError
    assert layer.weight is not layer.weight
    P.register_parametrization(layer, "bias", k.Double())


def test_copies_are_apart():
    k = kinds(ag)
    layer = P.register_parametrization(nn.Linear(3, 3), "weight", k.Double())
    layer.note = [1]
    layer(ag.ones(3)).sum().backward()
    twin = copy.deepcopy(nn.Sequential(layer))[0]
    assert twin.note == [1] and twin.note is not layer.note and P.type_before_parametrizations(twin) is nn.Linear
    before = array(layer.weight).copy()
    twin.weight.sum().backward()
    with ag.no_grad():
        twin.parametrizations.weight.original.zero_()
    P.remove_parametrizations(twin, "weight")
    np.testing.assert_array_equal(array(layer.weight), before)
    assert type(twin) is nn.Linear and P.is_parametrized(layer)


def test_copying_takes_slots_and_a_class_of_its_own_way():
    class Slotted(nn.Linear):
        __slots__ = ("kept",)

    class Own(nn.Linear):
        def __deepcopy__(self, memo):
            return "own"

    layer = Slotted(2, 2)
    layer.kept = [3]
    P.register_parametrization(layer, "weight", kinds(ag).Double())
    twin = copy.deepcopy(layer)
    assert twin.kept == [3] and twin.kept is not layer.kept
    assert copy.deepcopy(P.register_parametrization(Own(2, 2), "weight", kinds(ag).Double())) == "own"


def test_pickling_is_refused(torch):
    for side in sides(torch):
        layer = side.P.register_parametrization(side.nn.Linear(2, 2), "weight", side.Double())
        with pytest.raises(RuntimeError, match="only supported through state_dict"):
            pickle.dumps(layer)


def test_nested_parametrizations(torch):
    both_sides = sides(torch)
    layers = linears(torch, both_sides)
    for side, layer in zip(both_sides, layers, strict=True):
        side.P.register_parametrization(layer, "weight", side.Double())
        inner = layer.parametrizations.weight
        side.P.register_parametrization(inner, "original", side.Exponential())
        layer.losses = trained(side, layer)
    np.testing.assert_allclose(layers[0].losses, layers[1].losses, rtol=1e-12)
    same_states(*layers)
    P.remove_parametrizations(layers[0].parametrizations.weight, "original")
    assert type(layers[0].parametrizations.weight) is P.ParametrizationList


@pytest.mark.parametrize("name", ["Double", "Sum"])
def test_transfer(torch, name):
    for side in sides(torch):
        source, target = side.nn.Linear(3, 3), side.nn.Linear(3, 3)
        assert side.P.transfer_parametrizations_and_params(source, target) is target
        assert type(target) is side.nn.Linear
        side.P.register_parametrization(source, "weight", getattr(side, name)())
        source.extra = side.nn.Parameter(side.lib.ones(2))
        side.P.register_parametrization(source, "extra", side.Double())
        side.P.transfer_parametrizations_and_params(source, target)
        for tensor in ("weight", "extra"):
            np.testing.assert_array_equal(array(target.__getattribute__(tensor)), array(getattr(source, tensor)))
        mine, yours = source.parametrizations.weight.parameters(), target.parametrizations.weight.parameters()
        assert all(p is q for p, q in zip(mine, yours, strict=True))


def test_unsafe_allows_other_shapes(torch):
    for side in sides(torch):
        layer = side.nn.Linear(3, 3, bias=False)
        with pytest.raises(ValueError, match="may not change the shape of the tensor"):
            side.P.register_parametrization(layer, "weight", side.Resize())
        side.P.register_parametrization(layer, "weight", side.Resize(), unsafe=True)
        side.P.register_parametrization(layer, "weight", side.Double())
        assert tuple(layer(side.lib.ones(1, 3)).shape) == (1, 2)
        side.P.remove_parametrizations(layer, "weight")
        assert tuple(layer.weight.shape) == (2, 3)


def module(forward, inverse=None):
    """Return a class of modules with these methods."""
    members = {"forward": lambda self, *args: forward(*args)}
    if inverse is not None:
        members["right_inverse"] = lambda self, x: inverse(x)
    return lambda lib: type("Given", (lib.nn.Module,), dict(members))()


def same(x):
    return x


REFUSED = [
    (module(lambda x: x.bool()), "may not change the dtype of the tensor"),
    (module(lambda x: x[:-1]), "may not change the shape of the tensor"),
    (module(lambda x: 2), "A parametrization must return a tensor. Got int"),
]
REFUSED_FIRST = [
    (module(same, lambda x: None), r"must return a Tensor or a Sequence of tensors \(list, tuple...\). Got NoneType"),
    (module(lambda x, y: x, lambda x: (None, x)), "Got element 0 of the sequence with type NoneType"),
    (module(lambda x: x.double(), lambda x: x.bool()), "outputs one tensor, it may not change the dtype"),
]
REFUSED_NEXT = [
    (module(same, lambda x: (x, x)), "parametrization.right_inverse must return a tensor. Got: tuple"),
    (module(same, lambda x: x.bool()), "must have the same dtype"),
    (module(same, lambda x: x[:-1]), "must have the same shape"),
]


@pytest.mark.parametrize("again", [False, True])
def test_what_does_not_fit_is_refused_and_changes_nothing(torch, again):
    for lib, registry in ((torch, torch.nn.utils.parametrize), (ag, P)):
        for make, message in REFUSED + (REFUSED_NEXT if again else REFUSED_FIRST):
            layer = lib.nn.Linear(3, 3)
            if again:
                registry.register_parametrization(layer, "weight", module(same)(lib))
            before, value = list(layer.state_dict()), array(layer.weight).copy()
            with pytest.raises(ValueError, match=message):
                registry.register_parametrization(layer, "weight", make(lib))
            assert list(layer.state_dict()) == before and registry.is_parametrized(layer) == again
            np.testing.assert_array_equal(array(layer.weight), value)


def test_a_refused_inverse_leaves_the_weight():
    layer = nn.Linear(3, 3)
    before = array(layer.weight).copy()
    with pytest.raises(ValueError, match="may not change the shape"):
        P.register_parametrization(layer, "weight", module(lambda x: x[:2], lambda x: x * 0.0)(ag))
    np.testing.assert_array_equal(array(layer.weight), before)


def test_errors(torch):
    for lib, registry in ((torch, torch.nn.utils.parametrize), (ag, P)):
        layer = lib.nn.Linear(3, 3)
        with pytest.raises(
            ValueError, match="does not have a parameter, a buffer, or a parametrized element with name"
        ):
            registry.register_parametrization(layer, "foo", module(same)(lib))
        with pytest.raises(ValueError, match="does not have a parametrization on weight"):
            registry.remove_parametrizations(layer, "weight")
        with pytest.raises(ValueError, match="requires one or more modules"):
            registry.ParametrizationList([], layer.weight)
        registry.register_parametrization(layer, "weight", module(same)(lib))
        with pytest.raises(RuntimeError, match="parametrization Given does not implement right_inverse"):
            layer.weight = lib.ones(3, 3)
    given = []
    P.register_parametrization(layer, "bias", module(same, lambda x: given.pop() if given else x)(ag))
    for wrong, message in [
        ((ag.ones(3),), r"`right_inverse` should return a tensor. Got tuple"),
        (ag.ones(3, dtype=ag.float64), "has dtype ag.float64 while `original` has dtype"),
    ]:
        given.append(wrong)
        with pytest.raises(ValueError, match=message):
            layer.bias = ag.ones(3)
    several = nn.Linear(3, 3)
    P.register_parametrization(
        several, "bias", module(lambda x, y: x + y, lambda x: given.pop() if given else (x, x))(ag)
    )
    for wrong, message in [
        (ag.ones(3), "must return a sequence of tensors. Got Tensor"),
        ((ag.ones(3),), "a sequence of tensors of length 2. Got a sequence of length 1"),
        ((ag.ones(3), 1.0), "must return a sequence of tensors. Got element 1 of type float"),
        ((ag.ones(3), ag.ones(3, dtype=ag.float64)), "Tensor 1 returned by `right_inverse` has dtype ag.float64"),
    ]:
        given.append(wrong)
        with pytest.raises(ValueError, match=message):
            several.bias = ag.ones(3)


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_an_optimiser_made_before_goes_on(torch, kind):
    both_sides = sides(torch)
    layers = linears(torch, both_sides)
    for side, layer in zip(both_sides, layers, strict=True):
        optimizer = getattr(side.lib.optim, kind)(layer.parameters(), lr=0.01)

        def step(seed, layer=layer, optimizer=optimizer, side=side):
            optimizer.zero_grad()
            layer(side.lib.tensor(draw((2, 3), seed))).square().sum().backward()
            optimizer.step()

        step(0)
        side.P.register_parametrization(layer, "weight", side.Symmetric())
        step(1)
        layer.weight = side.lib.tensor(draw((3, 3), 7))
        step(2)
        side.P.remove_parametrizations(layer, "weight")
        step(3)
    same_states(*layers)
