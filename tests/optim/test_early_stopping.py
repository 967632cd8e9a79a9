"""Early stopping: Keras' rules written out, weights put back, states, refusals."""

from __future__ import annotations

import itertools
import json
import math
import pickle

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim

OPTIONS = [
    {"patience": patience, "min_delta": delta, "mode": mode, "baseline": baseline, "start_from_epoch": start}
    for patience, delta, mode, baseline, start in itertools.product(
        (0, 1, 3), (0.0, -0.2), ("min", "max"), (None, 0.5), (0, 2)
    )
]


def keras(values, patience, min_delta, mode, baseline, start_from_epoch):
    """Follow Keras' callback: return the epoch at which it stops (None: never), the best epoch and the best value."""
    sign, delta = (-1, abs(min_delta)) if mode == "min" else (1, abs(min_delta))

    def improves(value, reference):
        return reference is None or sign * value - delta > sign * reference

    wait, best, best_epoch, weights = 0, None, 0, None
    for epoch, value in enumerate(values):
        if epoch < start_from_epoch:
            continue
        if weights is None:
            weights = best_epoch = epoch
        wait += 1
        if improves(value, best):
            best, best_epoch, weights = value, epoch, epoch
            if baseline is None or improves(value, baseline):
                wait = 0
            continue
        if wait >= patience and epoch > 0:
            return epoch, best_epoch, best
    return None, best_epoch, best


def model_of(value):
    layer = nn.Linear(1, 1, bias=False)
    layer.weight.data.fill_(float(value))
    return layer


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(map(str, o.values())))
def test_rules(options):
    for seed in range(10):
        values = np.random.default_rng(seed).random(12).round(1).tolist()
        stopped, best_epoch, best = keras(values, **options)
        stopper = optim.EarlyStopping("metric", restore_best_weights=True, **options)
        for epoch, value in enumerate(values):
            model = model_of(epoch)
            if stopper.step({"other": 0.0, "metric": ag.tensor(value, dtype=ag.float64)}, model):
                break
        assert stopper.stopped_epoch == stopped
        assert (stopper.best_epoch, stopper.best) == (best_epoch, best)
        assert epoch == (11 if stopped is None else stopped)
        assert model.weight.item() == (11 if stopped is None else best_epoch)
        stopper.restore(model)
        assert model.weight.item() == best_epoch


def test_best_weights_come_with_buffers_and_are_a_copy():
    layer = nn.BatchNorm1d(2)
    stopper = optim.EarlyStopping(patience=1, restore_best_weights=True)
    layer.running_mean.fill_(3.0)
    assert not stopper.step(1.0, layer)
    layer.running_mean.fill_(4.0)
    layer.weight.data.mul_(2)
    assert stopper.step(2.0, layer)
    assert layer.running_mean.tolist() == [3.0, 3.0]
    assert layer.weight.tolist() == [1.0, 1.0]


def test_without_weights():
    stopper = optim.EarlyStopping("val_accuracy", patience=2)
    assert [stopper.step({"val_accuracy": v}) for v in (0.5, 0.6, 0.6, 0.59)] == [False, False, False, True]
    assert (stopper.best, stopper.best_epoch, stopper.stopped_epoch, stopper.wait) == (0.6, 1, 3, 2)
    assert stopper.best_weights is None
    with pytest.raises(RuntimeError, match="no weights were kept"):
        stopper.restore(model_of(0))


def test_not_a_number_is_no_improvement():
    """In Keras, where the first value is NaN, nothing after it improves."""
    stopper = optim.EarlyStopping(patience=2, restore_best_weights=True)
    model = model_of(1)
    assert not stopper.step(math.nan, model)
    assert not stopper.step(1.0, model)
    assert not stopper.step(math.nan, model)
    assert (stopper.best, stopper.wait) == (1.0, 1)
    always = optim.EarlyStopping(patience=2, restore_best_weights=True)
    assert [always.step(math.nan, model_of(i)) for i in range(2)] == [False, True]
    assert always.best_weights["weight"].item() == 0


@pytest.mark.parametrize("at", range(1, 6))
def test_resuming(at):
    values = [1.0, 0.8, 0.9, 0.7, 0.75, 0.9, 0.8]
    options = {"patience": 3, "restore_best_weights": True}
    whole = optim.EarlyStopping(**options)
    expected = [whole.step(v, model_of(i)) for i, v in enumerate(values)]
    begun, again = optim.EarlyStopping(**options), optim.EarlyStopping(**options)
    said = [begun.step(v, model_of(i)) for i, v in enumerate(values[:at])]
    again.load_state_dict(pickle.loads(pickle.dumps(begun.state_dict())))
    said += [again.step(v, model_of(i)) for i, v in enumerate(values[at:], at)]
    assert said == expected
    assert again.best_weights["weight"].item() == 3
    assert {k: v for k, v in again.state_dict().items() if k != "best_weights"} == {
        k: v for k, v in whole.state_dict().items() if k != "best_weights"
    }


def test_a_state_dict_is_plain():
    stopper = optim.EarlyStopping(patience=1)
    stopper.step(np.float32(1.5))
    assert json.loads(json.dumps(stopper.state_dict())) == stopper.state_dict()


def test_another_training():
    stopper = optim.EarlyStopping()
    assert [stopper.step(v) for v in (1.0, 1.0)] == [False, True]
    stopper.reset()
    assert [stopper.step(v) for v in (2.0, 1.0, 2.0)] == [False, False, True]


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("loss", "min"), ("val_loss", "min"), ("train/mean-squared-error", "min"), ("val_mae", "min"),
        ("neg_log_likelihood", "min"), ("log_likelihood", "max"), ("neg_mean_squared_error", "max"),
        ("val_accuracy", "max"), ("acc", "max"), ("macro F1", "max"), ("ROC AUC", "max"), ("perplexity", "min"),
    ],
)  # fmt: skip
def test_the_direction_is_in_the_name(name, mode):
    assert optim.EarlyStopping(name).mode == mode
    assert optim.EarlyStopping(name, mode="max").mode == "max"


@pytest.mark.parametrize("name", ["quality", "lossy", "accuracy_loss", ""])
def test_a_name_that_does_not_tell(name):
    with pytest.raises(ValueError, match="does not tell whether the metric is to fall or to rise"):
        optim.EarlyStopping(name)
    assert optim.EarlyStopping(name, mode="min").mode == "min"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "low"}, "EarlyStopping: got mode='low'; wanted 'auto', 'min' or 'max'"),
        ({"patience": -1}, "EarlyStopping: got patience=-1, start_from_epoch=0; wanted 0 or more of each"),
        ({"start_from_epoch": -1}, "EarlyStopping: got patience=0, start_from_epoch=-1; wanted 0 or more of each"),
    ],
)
def test_options_are_refused(options, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        optim.EarlyStopping(**options)


def test_refused_steps_change_nothing():
    stopper = optim.EarlyStopping(restore_best_weights=True)
    before = stopper.state_dict()
    with pytest.raises(KeyError, match="no metric 'val_loss'; there are 'loss', 'acc'"):
        stopper.step({"loss": 1.0, "acc": 0.5}, model_of(0))
    with pytest.raises(KeyError, match="no metric 'val_loss'; there are none"):
        stopper.step({}, model_of(0))
    with pytest.raises(TypeError, match="got no model; wanted the one whose weights restore_best_weights keeps"):
        stopper.step(1.0)
    with pytest.raises(KeyError, match="the state dict has no 'wait', 'best'"):
        stopper.load_state_dict({"epoch": 3, "best_epoch": 1, "stopped_epoch": None, "best_weights": None})
    assert stopper.state_dict() == before
