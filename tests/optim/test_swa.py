"""Averaged weights and the schedule that goes with them, against PyTorch's."""

from __future__ import annotations

import copy
import inspect
import pickle

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from optim import swa_utils
from tests.optim.cases import arrays
from tests.optim.schedules import each, follow, optimizer_of, plain
from tests.optim.test_device import cuda  # noqa: F401

AVERAGES = {
    "default": lambda package: {},
    "swa": lambda package: {"avg_fn": package.get_swa_avg_fn()},
    "swa, lists": lambda package: {"multi_avg_fn": package.get_swa_multi_avg_fn()},
    "ema": lambda package: {"avg_fn": package.get_ema_avg_fn(0.9)},
    "ema, lists": lambda package: {"multi_avg_fn": package.get_ema_multi_avg_fn(0.9)},
    "of one's own": lambda package: {"avg_fn": lambda averaged, current, n: averaged + current * (n + 1)},
}
# PyTorch's mean of lists fails on integers, which the buffers of batch normalisation have.
WAYS = [(name, buffers) for name in AVERAGES for buffers in (False, True) if (name, buffers) != ("swa, lists", True)]


def network(api):
    """Return a small model of either side with buffers of both kinds, in float64."""
    layers = api.nn if hasattr(api, "nn") else nn
    model = layers.Sequential(layers.Linear(3, 4), layers.BatchNorm1d(4, momentum=0.3), layers.Linear(4, 2)).double()
    fill(api, model, 0)
    return model


def fill(api, model, seed):
    """Change all parameters and buffers, the same on either side."""
    for part, values in ((model.parameters(), 100), (model.buffers(), 200)):
        held = list(part)
        for x, value in zip(held, arrays(seed + values, [tuple(x.shape) for x in held]), strict=True):
            x.data.copy_(api.tensor(np.abs(value) * (10 if x.dtype == api.int64 else 1)))


def values(model):
    return {name: x.detach().numpy() for name, x in model.state_dict().items()}


@pytest.mark.parametrize(("name", "buffers"), WAYS)
def test_averages_as_there(torch, name, buffers):
    models = []
    for api, package in ((ag, swa_utils), (torch, torch.optim.swa_utils)):
        model = network(api)
        averaged = package.AveragedModel(model, use_buffers=buffers, **AVERAGES[name](package))
        for step in range(6):
            fill(api, model, step + 1)
            averaged.update_parameters(model)
        models.append(averaged)
    mine, yours = map(values, models)
    assert list(mine) == list(yours)
    for key, value in yours.items():
        np.testing.assert_allclose(mine[key], value, rtol=1e-12, err_msg=key)
        assert mine[key].dtype == value.dtype
    x = arrays(7, [(5, 3)])[0]
    outputs = [m.eval()(api.tensor(x)).detach().numpy() for m, api in zip(models, (ag, torch), strict=True)]
    np.testing.assert_allclose(*outputs, rtol=1e-10)
    models[0].load_state_dict({key: ag.tensor(value) for key, value in yours.items()})
    assert models[0].n_averaged.item() == 6


@pytest.mark.parametrize("name", ["ema", "ema, lists", "swa, lists"])
def test_integer_buffers_are_averaged_too(name):
    model = nn.BatchNorm1d(2)
    averaged = swa_utils.AveragedModel(model, use_buffers=True, **AVERAGES[name](swa_utils))
    for count in (10, 20):
        model.num_batches_tracked.fill_(count)
        averaged.update_parameters(model)
    assert averaged.module.num_batches_tracked.dtype == ag.int64
    assert averaged.module.num_batches_tracked.item() == (15 if "swa" in name else 11)


def test_the_mean_is_the_mean():
    model = network(ag)
    averaged, seen = swa_utils.AveragedModel(model), []
    for step in range(5):
        fill(ag, model, step)
        averaged.update_parameters(model)
        seen.append([p.detach().numpy().copy() for p in model.parameters()])
    for own, *given in zip(averaged.parameters(), *seen, strict=True):
        np.testing.assert_allclose(own.detach().numpy(), np.mean(given, 0), rtol=1e-12)
    assert not any(a is b for a, b in zip(averaged.parameters(), model.parameters(), strict=True))


@pytest.mark.parametrize("name", AVERAGES)
def test_averages_on_another_device(cuda, name):  # noqa: F811
    """As a user keeps them beside a model on the GPU; and the other way about."""
    for place, kept in ((cuda, "cpu"), ("cpu", cuda), (cuda, cuda)):
        here, model = network(ag), network(ag)
        there = swa_utils.AveragedModel(model.to(place), device=kept, **AVERAGES[name](swa_utils))
        plain = swa_utils.AveragedModel(here, **AVERAGES[name](swa_utils))
        for step in range(3):
            fill(ag, here, step)
            model.load_state_dict(here.state_dict())
            there.update_parameters(model)
            plain.update_parameters(here)
        assert {x.device for x in (*there.parameters(), *there.buffers())} == {ag.device(kept)}
        for x, y in zip(there.cpu().parameters(), plain.parameters(), strict=True):
            np.testing.assert_allclose(x.detach().numpy(), y.detach().numpy(), rtol=1e-12)


def test_saved_pickled_and_refused():
    model = network(ag)
    averaged = swa_utils.AveragedModel(model)
    averaged.update_parameters(model)
    for again in (pickle.loads(pickle.dumps(averaged)), copy.deepcopy(averaged), swa_utils.AveragedModel(network(ag))):
        again.load_state_dict(averaged.state_dict())
        assert again.n_averaged.item() == 1
        fill(ag, model, 3)
        again.update_parameters(model)
        assert again.n_averaged.item() == 2
    with pytest.raises(AssertionError, match="Only one of avg_fn and multi_avg_fn should be provided"):
        swa_utils.AveragedModel(model, avg_fn=min, multi_avg_fn=max)
    for make in (swa_utils.get_ema_avg_fn, swa_utils.get_ema_multi_avg_fn):
        for decay in (-0.1, 1.1):
            with pytest.raises(ValueError, match=f"^Invalid decay value {decay} provided"):
                make(decay)


@pytest.mark.parametrize("pairs", [False, True])
def test_statistics_as_there(torch, pairs):
    batches = arrays(1, [(5, 3)] * 4)
    models = []
    for api, package in ((ag, swa_utils), (torch, torch.optim.swa_utils)):
        model = network(api).eval()
        loader = [(api.tensor(x), None) if pairs else api.tensor(x) for x in batches]
        package.update_bn(loader, model, device="cpu")
        assert not model.training
        assert model[1].momentum == 0.3
        models.append(values(model))
    for name, value in models[1].items():
        np.testing.assert_allclose(models[0][name], value, rtol=1e-12, err_msg=name)


def test_statistics_of_nothing_and_after_an_error():
    swa_utils.update_bn(iter(int, 1), nn.Linear(2, 2))  # without such layers the loader is not touched
    model = network(ag).eval()
    with pytest.raises(ValueError, match="batch_norm: "):
        swa_utils.update_bn([ag.ones(2, 2, 3, dtype=ag.float64)] * 2, model)
    assert (model.training, model[1].momentum) == (False, 0.3)


SCHEDULES = {
    "cosine": plain("SWALR", swa_lr=0.05, anneal_epochs=4),
    "straight": plain("SWALR", swa_lr=[0.05, 0.5], anneal_epochs=3, anneal_strategy="linear"),
    "at once": plain("SWALR", swa_lr=0.05, anneal_epochs=0),
    "in one": plain("SWALR", swa_lr=0.05, anneal_epochs=1),
}


@each(SCHEDULES)
def test_schedule_as_there(torch, make):
    """After some epochs of another schedule, with state dicts going both ways, and with rates as Tensors."""
    seen = []
    for api, package in ((ag, optim), (torch, torch.optim)):
        optimizer = optimizer_of(api, package)
        before, scheduler = package.lr_scheduler.ExponentialLR(optimizer, 0.9), make(package.swa_utils, optimizer)
        follow(before, 3)
        seen.append((follow(scheduler, 3), scheduler))
    np.testing.assert_allclose(seen[0][0], seen[1][0], rtol=1e-13)
    (mine, yours), (first, second) = (s.state_dict() for _, s in seen), (s for _, s in seen)
    assert mine.keys() == yours.keys()
    first.load_state_dict(copy.deepcopy(yours))
    second.load_state_dict(copy.deepcopy(mine))
    np.testing.assert_allclose(follow(first, 4), follow(second, 4), rtol=1e-13)
    rates = [ag.tensor(lr, dtype=ag.float64) for lr in (0.1, 2.0)]
    numbers, tensors = make(swa_utils, optimizer_of()), make(swa_utils, optimizer_of(lrs=rates))
    for (a, _), (b, _) in zip(follow(numbers, 5)[5], follow(tensors, 5)[5], strict=True):
        np.testing.assert_allclose(b.item(), a, rtol=1e-6)
    assert tensors.optimizer.param_groups[0]["lr"] is rates[0]


@pytest.mark.parametrize(
    "options",
    [{"anneal_strategy": "exponential"}, {"anneal_epochs": -1}, {"anneal_epochs": 1.7}, {"swa_lr": [1.0, 0.1, 0.01]}],
    ids=str,
)
def test_schedule_refuses_as_there(torch, options):
    answers = []
    for api, package in ((ag, optim), (torch, torch.optim)):
        optimizer = optimizer_of(api, package)
        with pytest.raises(ValueError) as caught:
            package.swa_utils.SWALR(optimizer, **{"swa_lr": 1.0, **options})
        answers.append(str(caught.value))
    assert answers[0] == answers[1]


def test_names_and_signatures(torch):
    theirs = torch.optim.swa_utils
    assert swa_utils.__all__ == theirs.__all__
    for name in (*theirs.__all__, "AveragedModel.forward", "AveragedModel.update_parameters", "SWALR.get_lr"):
        mine, yours = swa_utils, theirs
        for part in name.split("."):
            mine, yours = getattr(mine, part), getattr(yours, part)
        a, b = (inspect.signature(f).parameters.values() for f in (mine, yours))
        assert [(p.name, p.default, p.kind) for p in a] == [(p.name, p.default, p.kind) for p in b], name
