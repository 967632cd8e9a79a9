"""Lazy modules: what they are before their first call, what it makes of them, and their states on the way."""

from __future__ import annotations

import copy
import io
import pickle

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn.modules.lazy import LazyModuleMixin
from nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy
from tests.nn.twin import array, close

MADE = {
    "LazyLinear": ((3,), (2, 4), "Linear"),
    "LazyConv1d": ((3, 2), (2, 4, 5), "Conv1d"),
    "LazyConv2d": ((4, 2), (4, 5, 5), "Conv2d"),
    "LazyConvTranspose2d": ((4, 2), (2, 4, 5, 5), "ConvTranspose2d"),
    "LazyBatchNorm2d": ((), (2, 4, 5, 5), "BatchNorm2d"),
    "LazyInstanceNorm1d": ((), (2, 4, 5), "InstanceNorm1d"),
}


def made(package, name):
    return getattr(package, name)(*MADE[name][0])


@pytest.mark.parametrize("name", MADE)
def test_the_first_call_makes_it_the_layer(torch, name):
    _, shape, final = MADE[name]
    theirs, ours = made(torch.nn, name), made(nn, name)
    assert repr(ours) == repr(theirs) and ours.has_uninitialized_params()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        if torch.nn.parameter.is_lazy(value):
            assert repr(ours.state_dict()[key]) == repr(value)
            assert ours.state_dict()[key] is getattr(ours, key)
    held = dict(ours.named_parameters())
    ours(ag.ones(shape)), theirs(torch.ones(shape))
    assert type(ours) is getattr(nn, final) and repr(ours) == repr(theirs)
    assert not hasattr(ours, "_initialize_hook") and ours._hooks is None
    assert {k: tuple(v.shape) for k, v in ours.state_dict().items()} == {
        k: tuple(v.shape) for k, v in theirs.state_dict().items()
    }
    for key, value in ours.named_parameters():
        assert value is held[key] and type(value) is nn.Parameter  # an optimiser may hold it already


@pytest.mark.parametrize("name", MADE)
def test_values_are_those_of_the_layer(name):
    settings, shape, final = MADE[name]
    layer = made(nn, name)
    ag.manual_seed(5)
    layer(ag.ones(shape))
    ag.manual_seed(5)
    channels = () if settings else (4,)
    again = getattr(nn, final)(*((4,) if settings else ()), *settings, *channels)
    for key, value in again.named_parameters():
        close(layer.get_parameter(key), value)


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("assign", [False, True])
def test_loading_a_state_makes_the_parameters(name, assign):
    _, shape, final = MADE[name]
    source, layer, empty = made(nn, name), made(nn, name), made(nn, name)
    assert not any(layer.load_state_dict(empty.state_dict()))  # nothing on either side
    assert layer.has_uninitialized_params()
    source(ag.randn(shape))
    layer.load_state_dict(source.state_dict(), assign=assign)
    assert type(layer) is getattr(nn, name) and not layer.has_uninitialized_params()
    for key, value in source.state_dict().items():
        np.testing.assert_array_equal(array(layer.state_dict()[key]), array(value))
    weight = layer.weight
    x = ag.randn(shape)
    close(layer.eval()(x), source.eval()(x))
    assert type(layer) is getattr(nn, final) and layer.weight is weight and repr(layer) == repr(source)
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized parameter or buffer"):
        source.load_state_dict(empty.state_dict())


def test_a_refused_state_changes_nothing():
    net = nn.Sequential(nn.LazyLinear(3), nn.Linear(3, 2))
    right = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)).state_dict()
    with pytest.raises(RuntimeError, match=r"size mismatch for 1\.bias"):
        net.load_state_dict({**right, "1.bias": ag.ones(5)})
    with pytest.raises(RuntimeError, match=r"0\.weight: got list; wanted a Tensor or an array"):
        net.load_state_dict({**right, "0.weight": [1.0]})
    handle = net.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.append("more"))
    with pytest.raises(RuntimeError, match="more"):  # when everything was written already
        net.load_state_dict(right)
    handle.remove()
    assert type(net[0].weight) is UninitializedParameter and net[0].weight.requires_grad
    assert not any(net.load_state_dict({k: array(v) for k, v in right.items()}))
    close(net[0].weight, right["0.weight"])


def test_inputs_that_do_not_fit_change_nothing():
    layer = nn.LazyConv2d(4, 2, groups=2)
    with pytest.raises(RuntimeError, match=r"Expected 3D \(unbatched\) or 4D \(batched\) input to LazyConv2d"):
        layer(ag.ones(3))
    with pytest.raises(ValueError, match="in_channels must be divisible by groups"):
        layer(ag.ones(2, 3, 4, 4))
    with pytest.raises(ValueError, match="expected 4D input"):
        nn.LazyBatchNorm2d()(ag.ones(2, 3))
    assert layer.has_uninitialized_params() and layer.in_channels == 0
    loaded = nn.LazyLinear(2)
    loaded.load_state_dict(nn.Linear(3, 2).state_dict())
    with pytest.raises(ValueError, match="The in_features inferred from input: 4 is not equal to in_features from"):
        loaded(ag.ones(1, 4))
    assert loaded.in_features == 0 and loaded(ag.ones(1, 3)).shape == (1, 2)
    with pytest.raises(ValueError, match="out_channels must be divisible by groups"):
        nn.LazyConvTranspose1d(3, 2, groups=2)


@pytest.mark.parametrize("how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_lazy_on_their_own(how):
    net = nn.Sequential(nn.LazyConv1d(2, 2), nn.LazyBatchNorm1d()).double()
    other = how(net)
    net(ag.ones(2, 3, 4, dtype=ag.float64))
    assert type(other[0]) is nn.LazyConv1d and other[0].weight.dtype is ag.float64
    other(ag.ones(2, 5, 4, dtype=ag.float64))
    assert (net[0].in_channels, other[0].in_channels) == (3, 5) and type(other[1]) is nn.BatchNorm1d
    buffer = io.BytesIO()
    pickle.dump(other.state_dict(), buffer)
    assert other[1].running_mean.dtype is ag.float64


def test_casts_and_devices_wait_too(cuda):
    net = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d())
    net.to("cuda", ag.float64)
    assert net[0].weight.device.type == net[1].running_mean.device.type == "cuda"
    assert type(net[1].running_mean) is UninitializedBuffer
    assert net(ag.ones(2, 4, dtype=ag.float64, device="cuda")).dtype is ag.float64
    assert {t.device.type for t in net.state_dict().values()} == {"cuda"}
    assert nn.LazyLinear(2, device="cuda", dtype=ag.float16).weight.dtype is ag.float16


def test_training_with_a_dry_run_and_without(torch):
    def run(library, package, optimisers, dry):
        net = package.Sequential(package.LazyLinear(4), package.LazyBatchNorm1d(), package.LazyLinear(1))
        x = library.tensor(np.linspace(-1, 1, 15, dtype=np.float32).reshape(5, 3))
        if dry:
            net(x)
        step = optimisers.SGD(net.parameters(), lr=0.1)  # may be made before, as it holds the same objects
        net(x)
        with library.no_grad():
            for p in net.parameters():
                p.copy_(library.linspace(-1, 1, p.numel()).reshape(p.shape))
        for _ in range(3):
            step.zero_grad()
            net(x).square().mean().backward()
            step.step()
        return [p.detach() for p in net.parameters()]

    for dry in (True, False):
        for mine, yours in zip(run(ag, nn, optim, dry), run(torch, torch.nn, torch.optim, dry), strict=True):
            close(mine, yours, 1e-5)


def test_hooks_of_the_user_stay():
    layer, seen = nn.LazyLinear(2), []
    layer.register_forward_pre_hook(lambda module, args: seen.append(type(module).__name__))
    layer(ag.ones(1, 3)), layer(ag.ones(1, 3))
    assert seen == ["Linear", "Linear"] and layer._hooks is not None


def scale(library, package):
    """Return a lazy module of the user's, and the mixin it is made with."""
    mixin = package.modules.lazy.LazyModuleMixin

    class Scale(mixin, package.Module):
        def __init__(self):
            super().__init__()
            self.weight = package.UninitializedParameter()
            self.extra = package.UninitializedBuffer(persistent=False)

        def initialize_parameters(self, x, *, fill):
            self.weight.materialize(x.shape[1:])
            with library.no_grad():
                self.weight.fill_(fill)

        def forward(self, x, *, fill):
            return x * self.weight

    return Scale(), mixin


def test_lazy_modules_of_the_user(torch):
    for library, package in ((torch, torch.nn), (ag, nn)):
        layer, mixin = scale(library, package)
        assert list(layer.state_dict()) == ["weight"]
        with pytest.raises(RuntimeError, match="module Scale has not been fully initialized"):
            layer(library.ones(2, 3), fill=2.0)
        layer.extra.materialize((1,))
        layer.weight = package.UninitializedParameter()
        assert float(layer(library.ones(2, 3), fill=2.0).detach().sum()) == 12.0
        assert type(layer).__name__ == "Scale" and not layer.has_uninitialized_params()
        with pytest.raises(NotImplementedError, match="initialize_parameters is not implemented for Bare"):
            type("Bare", (mixin, package.Module), {})()(1)


def test_the_mixin_is_no_module():
    assert not issubclass(LazyModuleMixin, nn.Module) and not is_lazy(nn.Parameter(ag.ones(1)))
