"""The loop: what it computes is what a loop by hand computes, and it moves nothing that it only looks at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.data import DataLoader, TensorDataset, WeightedRandomSampler
from autograd_core.errors import AnomalyError
from autograd_core.training import Callback, Loop
from autograd_core.training.passes import _size, generators_of

X = ag.tensor(np.random.default_rng(0).normal(size=(40, 3)).astype("float32"))
Y = (X[:, 0] > 0).long()
DATA = TensorDataset(X, Y)


def network(dropout: float = 0.5) -> nn.Module:
    ag.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, 2))


def looped(**options) -> Loop:
    model = network()
    return Loop(model, F.cross_entropy, optim.Adam(model.parameters(), lr=0.01), **options)


def weights(model: nn.Module) -> list[bytes]:
    return [value.detach().numpy().tobytes() for value in model.state_dict().values()]


def right(outputs: ag.Tensor, targets: ag.Tensor) -> float:
    return (outputs.argmax(1) == targets).float().mean().item()


def test_it_is_the_loop_that_one_writes_by_hand():
    loop = looped(metrics={"accuracy": right})
    ag.manual_seed(2)
    history = loop.fit(DataLoader(DATA, 12, shuffle=True), 3, DataLoader(DATA, 7))

    model = network()
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    ag.manual_seed(2)
    for epoch in range(3):
        model.train()
        total = correct = 0.0
        for x, y in DataLoader(DATA, 12, shuffle=True):
            outputs = model(x)
            loss = F.cross_entropy(outputs, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
            correct += (outputs.argmax(1) == y).sum().item()
        model.eval()
        with ag.no_grad():
            outputs = model(X)
        assert history["train_loss"][epoch] == pytest.approx(total / 40, rel=1e-12)
        assert history["train_accuracy"][epoch] == pytest.approx(correct / 40)
        assert history["val_loss"][epoch] == pytest.approx(F.cross_entropy(outputs, Y).item(), rel=1e-5)
        assert history["val_accuracy"][epoch] == pytest.approx(right(outputs, Y))
    assert weights(loop.model) == weights(model)
    assert list(history) == ["epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "seconds", "lr"]
    assert history["epoch"] == [1, 2, 3]
    assert history["lr"] == [0.01] * 3


def test_looking_changes_nothing():
    """Validation, metrics, predictions and progress draw as they like, and the training is the same."""
    shared = ag.Generator().manual_seed(9)

    def trained(**options) -> list[bytes]:
        ag.manual_seed(4)
        shared.manual_seed(9)
        loop = looped(**{k: v for k, v in options.items() if k != "validation"})
        loop.fit(DataLoader(DATA, 12, shuffle=True, generator=shared), 3, options.get("validation"))
        return weights(loop.model)

    def drawing(outputs, targets):
        return ag.rand(()).item()

    class Looks(Callback):
        def on_epoch_end(self, loop):
            loop.predict(DataLoader(DATA, 12, shuffle=True, generator=shared))
            loop.evaluate(DataLoader(DATA, 8, sampler=WeightedRandomSampler([1.0] * 40, 40, generator=shared)))

    plain = trained()
    validation = DataLoader(DATA, 8, shuffle=True, generator=shared)
    assert trained(validation=validation) == plain
    metrics = {"noise": drawing, "accuracy": right}
    assert trained(validation=validation, metrics=metrics, callbacks=[Looks()], progress=True) == plain


def test_modes_are_as_before_after_evaluating():
    loop = looped()
    loop.model[1].eval()
    modes = [module.training for module in loop.model.modules()]
    first = loop.evaluate([(X, Y)])
    assert first == loop.evaluate([(X, Y)])  # no dropout, and batch norm's statistics stay
    with pytest.raises(ValueError, match=r"Loop\.evaluate: there are no batches in list"):
        loop.evaluate([])
    assert [module.training for module in loop.model.modules()] == modes
    assert ag.is_grad_enabled()


def test_predictions_of_a_loader_of_inputs_and_of_one_tensor():
    loop = looped()
    loop.model.eval()
    with ag.no_grad():
        wanted = loop.model(X)
    loop.model.train()
    for given in (X, [(X[:10], Y[:10]), (X[10:], Y[10:])], DataLoader(X, 13), DataLoader(TensorDataset(X), 40)):
        outputs = loop.predict(given, batch_size=11)
        assert ag.allclose(outputs, wanted, atol=1e-6)
        assert not outputs.requires_grad
    assert loop.model.training
    with pytest.raises(ValueError, match=r"Loop\.predict: there are no batches in list"):
        loop.predict([])


def test_steps_of_ones_own():
    """An autoencoder with noise: the loop asks train_step and evaluate_step, and nothing else, what a step is."""

    class Denoising(Loop):
        def train_step(self, inputs, targets):
            return super().train_step(inputs + 0.1 * ag.randn_like(inputs), inputs)

        def evaluate_step(self, inputs, targets):
            return super().evaluate_step(inputs, inputs)

    ag.manual_seed(0)
    model = nn.Linear(3, 3)
    loop = Denoising(model, F.mse_loss, optim.Adam(model.parameters(), lr=0.05))
    history = loop.fit(DataLoader(DATA, 8), 20, [(X, Y)])
    assert history.last("val_loss") < 0.3 * history["val_loss"][0]


def test_fit_goes_on_where_it_was_and_stops_when_told():
    class Stops(Callback):
        def on_batch_end(self, loop):
            loop.stop = loop.epoch == 4

    loop = looped(callbacks=[Stops()])
    assert loop.fit([(X, Y)], 2)["epoch"] == [1, 2]
    assert loop.epoch == 2
    assert loop.fit([(X, Y)], 9)["epoch"] == [1, 2, 3, 4, 5]
    assert loop.fit([(X, Y)], 0).epochs == 5
    assert loop.model.training


def test_callbacks_see_the_run():
    seen = []

    class Notes(Callback):
        def on_fit_start(self, loop):
            seen.append(("start", loop.last_epoch))

        def on_epoch_start(self, loop):
            seen.append(("epoch", loop.epoch))

        def on_batch_end(self, loop):
            assert isinstance(loop.loss, ag.Tensor) and not loop.loss.requires_grad
            seen.append(("batch", loop.epoch, loop.batch))

        def on_epoch_end(self, loop):
            seen.append(("ended", loop.epoch, list(loop.history["epoch"])))

        def on_fit_end(self, loop):
            seen.append(("end",))

    looped(callbacks=[Notes()]).fit([(X, Y), (X, Y)], 1)
    assert seen == [("start", 1), ("epoch", 0), ("batch", 0, 1), ("batch", 0, 2), ("ended", 1, [1]), ("end",)]


def nan_in(batch: int) -> list[tuple[ag.Tensor, ag.Tensor]]:
    return [(X * (float("nan") if i == batch else 1.0), Y) for i in range(1, 5)]


def test_a_loss_that_is_nan_is_an_error_naming_epoch_and_batch():
    loop = looped()
    loop.fit(nan_in(0), 1)
    with pytest.raises(AnomalyError, match=r"Loop\.fit: the loss is NaN from batch 3 of epoch 2 on; try a smaller"):
        loop.fit(nan_in(3), 5)
    assert loop.history.epochs == 1
    allowed = looped(allow_nan=True).fit(nan_in(3), 2)
    assert np.isnan(allowed["train_loss"]).all()
    assert allowed.epochs == 2


@pytest.mark.parametrize(
    ("batches", "error", "message"),
    [
        ([], ValueError, r"Loop\.fit: there are no batches in list\n"),
        ([X], TypeError, r"batch 1 is a tensor of shape \(40, 3\); wanted a pair \(inputs, targets\), as DataLoader"),
        ([(X, Y), (X, Y, Y)], TypeError, r"batch 2 is a tuple of 3; wanted a pair"),
        ([{"x": X}], TypeError, r"batch 1 is dict; wanted a pair"),
        (iter([(X, Y)]), TypeError, r"batches is list_iterator: it is an iterator, which gives its batches once"),
    ],
)
def test_batches_that_are_none(batches, error, message):
    with pytest.raises(error, match=message):
        looped().fit(batches, 2)


def test_a_validation_that_would_be_used_up_is_refused_before_the_training():
    loop = looped()
    with pytest.raises(TypeError, match=r"validation is generator: it is an iterator, .* wanted a DataLoader"):
        loop.fit([(X, Y)], 2, ((x, y) for x, y in [(X, Y)]))
    assert loop.epoch == 0
    batches = iter([(X, Y)])
    assert loop.fit([(X, Y)], 1, batches).epochs == 1  # one epoch is well
    with pytest.raises(ValueError, match=r"Loop\.evaluate: there are no batches in list_iterator; it is an iterator"):
        loop.fit([(X, Y)], 1, batches)


@pytest.mark.parametrize("epochs", [-1, 1.5, "3"])
def test_epochs_are_a_count(epochs):
    with pytest.raises(TypeError, match=r"Loop\.fit: epochs is .*; wanted a whole number, 0 or more"):
        looped().fit([(X, Y)], epochs)


def test_metrics_take_tensors():
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 2)

        def forward(self, x):
            return self.layer(x), x

    model = Two()
    loop = Loop(model, lambda o, y: F.cross_entropy(o[0], y), optim.SGD(model.parameters(), lr=0.1))
    loop.fit([(X, Y)], 1)  # without metrics an output may be anything
    loop.metrics["accuracy"] = right
    with pytest.raises(TypeError, match=r"got a tuple of 2 and a tensor of shape \(40,\); let train_step and eval"):
        loop.fit([(X, Y)], 1)


def test_examples_count_alike_whatever_their_batch():
    loop = looped()
    parts = [loop.evaluate([(X[a:b], Y[a:b])])["loss"] * (b - a) / 40 for a, b in ((0, 30), (30, 40))]
    assert loop.evaluate([(X[:30], Y[:30]), (X[30:], Y[30:])])["loss"] == pytest.approx(sum(parts))


@pytest.mark.parametrize("device", [None, "cuda:0"])
def test_model_and_batches_are_on_one_device(cuda, device):
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    if device is None:
        model.to("cuda:0")
    loop = Loop(model, F.cross_entropy, optimizer, device=device, metrics={"accuracy": right})
    loop.fit(DataLoader(DATA, 20), 2, [(X, Y)])
    assert loop.predict(X).device == ag.device("cuda:0")
    assert next(model.parameters()).device == ag.device("cuda:0")


class Both(NamedTuple):
    first: ag.Tensor
    second: tuple[ag.Tensor, str]


def test_batches_of_dicts_and_tuples_are_moved_whole(cuda):
    class Sums(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 2)

        def forward(self, batch):
            assert batch["name"] == batch["c"].second[1] == "text"
            return self.layer(batch["a"] + batch["b"][0] + batch["c"].first + batch["c"].second[0])

    model = Sums()
    loop = Loop(model, F.cross_entropy, optim.SGD(model.parameters(), lr=0.1), device="cuda:0")
    loop.fit([({"a": X, "b": [X], "c": Both(X, (X, "text")), "name": "text"}, Y)], 1)


def test_examples_are_counted_in_the_targets_whatever_their_form():
    sizes = [_size(targets) for targets in (Y, Y[0], [Y, X], {"a": X[:3]}, (), "text")]
    assert sizes == [40, 1, 40, 3, 1, 1]


def test_a_model_is_a_module():
    with pytest.raises(TypeError, match=r"Loop: model is function; wanted an nn\.Module"):
        Loop(F.relu, F.cross_entropy, None)


def test_generators_are_found_in_loaders_and_their_samplers():
    one, two = ag.Generator(), ag.Generator()
    sampler = WeightedRandomSampler([1.0] * 40, 40, generator=one)
    assert generators_of(DataLoader(DATA, 4, sampler=sampler, generator=two)) == [two, one]
    assert generators_of(DataLoader(DATA, 4, shuffle=True, generator=one)) == [one]
    assert generators_of([(X, Y)]) == generators_of(None) == generators_of(X) == []
