"""Monte Carlo dropout and ensembles: what varies, what stays, and the closed forms."""

from __future__ import annotations

import math

import pytest

import autograd_core as ag
import nn
from autograd_core.data import TensorDataset
from autograd_core.training import (
    Ensemble,
    bagging,
    bootstrap,
    mc_dropout,
    mc_samples,
    mutual_information,
    predictive_entropy,
)


def test_mean_and_deviation_of_dropout_are_those_of_the_closed_form():
    """Σ wᵢ mᵢ / (1 - p) over n ones: mean Σ wᵢ, variance Σ wᵢ² p / (1 - p)."""
    model = nn.Sequential(nn.Dropout(0.2), nn.Linear(400, 1, bias=False))
    found = mc_dropout(model, ag.ones(1, 400), samples=4000)
    weight = model[1].weight.detach()
    deviation = math.sqrt((weight**2).sum().item() * 0.25)
    assert found.std.item() == pytest.approx(deviation, rel=0.05)
    assert abs(found.mean.item() - weight.sum().item()) < 4 * deviation / math.sqrt(4000)


@pytest.mark.parametrize("mode", [True, False])
def test_only_dropout_is_in_training_mode(mode):
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 2)).train(mode)
    model[2].train(not mode)
    modes = [module.training for module in model.modules()]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    mean, std = mc_dropout(model, ag.randn(5, 3), samples=7)
    assert mean.shape == std.shape == (5, 2)
    assert not mean.requires_grad
    assert (std > 0).all()
    assert all((before[name] == value).all() for name, value in model.state_dict().items())
    assert [module.training for module in model.modules()] == modes


def test_activation_comes_before_the_mean():
    model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5))
    samples = mc_samples(model, ag.randn(5, 3), 6, activation=lambda scores: scores.softmax(1))
    assert samples.shape == (6, 5, 4)
    assert ag.allclose(samples.sum(dim=2), ag.ones(6, 5))


def test_dropout_inside_layers_counts():
    lstm = nn.LSTM(3, 4, num_layers=2, dropout=0.5)

    class Last(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = lstm

        def forward(self, x):
            return self.lstm(x)[0][-1]

    assert (mc_dropout(Last(), ag.randn(5, 2, 3), 10).std > 0).any()


def test_a_model_without_dropout_and_a_single_sample_are_refused():
    with pytest.raises(ValueError, match=r"mc_dropout: Linear has no dropout, and gives the same each time"):
        mc_dropout(nn.Linear(3, 2), ag.ones(1, 3))
    with pytest.raises(ValueError, match=r"got samples=1; wanted 2 or more"):
        mc_dropout(nn.Dropout(), ag.ones(3), samples=1)


def test_entropy_and_information():
    probabilities = ag.tensor([[0.25, 0.25, 0.25, 0.25], [1.0, 0, 0, 0]])
    assert predictive_entropy(probabilities).tolist() == pytest.approx([math.log(4), 0.0])
    agreed = ag.stack([probabilities, probabilities])
    assert mutual_information(agreed).tolist() == pytest.approx([0.0, 0.0])
    torn = ag.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])  # two samples, each certain, of different classes
    assert mutual_information(torn).tolist() == pytest.approx([math.log(2)])


def test_an_ensemble_averages_what_activation_makes_of_each():
    models = [nn.Linear(3, 2) for _ in range(3)]
    x = ag.randn(5, 3)
    ensemble = Ensemble(models)
    assert ag.allclose(ensemble(x), sum(model(x) for model in models) / 3, atol=1e-6)
    assert ensemble.outputs(x).shape == (3, 5, 2)
    chances = Ensemble(models, activation=lambda scores: scores.softmax(1))
    assert ag.allclose(chances(x), sum(model(x).softmax(1) for model in models) / 3, atol=1e-6)
    assert len(list(ensemble.parameters())) == 6
    with pytest.raises(ValueError, match=r"Ensemble: there are no models; wanted one or more"):
        Ensemble([])


def test_bagging_trains_each_model_on_a_sample_of_its_own():
    data = TensorDataset(ag.arange(1000.0))
    seen = []

    class Constant(nn.Module):
        def __init__(self, value: float) -> None:
            super().__init__()
            self.value = value

        def forward(self, x):
            return ag.full_like(x, self.value)

    def train(sample):
        values = [sample[i][0].item() for i in range(len(sample))]
        seen.append(set(values))
        return Constant(sum(values) / len(values))

    ensemble = bagging(train, data, 8, generator=ag.Generator().manual_seed(1))
    assert len(ensemble.models) == 8
    assert all(0.58 < len(values) / 1000 < 0.68 for values in seen)
    assert len({frozenset(values) for values in seen}) == 8
    # the mean of n values varies by σ/√n; σ² = 1000²/12
    assert ensemble.outputs(ag.zeros(1)).std().item() == pytest.approx(1000 / math.sqrt(12 * 1000), rel=0.6)
    assert bootstrap(data, ag.Generator().manual_seed(2)).indices != bootstrap(data).indices
