"""Metrics: scikit-learn's numbers, of scores and labels in all their forms; what does not fit is refused."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F
from autograd_core.training import accuracy, confusion_matrix, precision, recall, top_k_error

SCORES = ag.tensor([[5.0, 1, 0], [0, 2, 1], [3, 0, 1], [0, 1, 4], [1, 2, 0], [0, 0, 9]])
LABELS = ag.tensor([0, 1, 2, 2, 0, 2])  # found: 0 1 0 2 1 2
GUESSES = ag.tensor([0, 1, 0, 2, 1, 2])


@pytest.fixture(autouse=True)
def sklearn():
    return pytest.importorskip("sklearn.metrics")


@pytest.mark.parametrize("outputs", [SCORES, GUESSES, GUESSES.to(ag.int32), SCORES.requires_grad_(), GUESSES.tolist()])
@pytest.mark.parametrize("targets", [LABELS, LABELS[:, None], LABELS.float()])
def test_scores_and_labels(outputs, targets):
    assert accuracy(outputs, targets) == pytest.approx(4 / 6)
    assert confusion_matrix(outputs, targets).tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 2]]
    assert precision(outputs, targets) == pytest.approx((1 / 2 + 1 / 2 + 1) / 3)
    assert recall(outputs, targets) == pytest.approx((1 / 2 + 1 + 2 / 3) / 3)
    assert precision(outputs, targets, average=None).tolist() == [0.5, 0.5, 1.0]
    assert recall(outputs, targets, average="micro") == pytest.approx(4 / 6)


def test_one_hot_targets_beside_scores():
    hot = F.one_hot(LABELS, 3)
    for targets in (hot, hot.float()):
        assert accuracy(SCORES, targets) == pytest.approx(4 / 6)
        assert top_k_error(SCORES, targets, k=1) == pytest.approx(2 / 6)


def test_classes_without_examples_are_in_matrix_and_averages():
    scores = F.one_hot(ag.tensor([0, 1, 1]), 4).float()
    assert confusion_matrix(scores, ag.tensor([0, 1, 0])).tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [0] * 4, [0] * 4]
    assert precision(scores, ag.tensor([0, 1, 0]), average=None).tolist() == [1.0, 0.5, 0.0, 0.0]


def test_two_classes():
    probabilities, labels = ag.tensor([0.9, 0.2, 0.6, 0.4]), ag.tensor([1, 0, 0, 1])
    for scores in (probabilities, probabilities[:, None]):
        assert accuracy(scores, labels.float()[:, None]) == 0.5
        assert accuracy(scores, labels, threshold=0.7) == 0.75
        assert confusion_matrix(scores, labels).tolist() == [[1, 1], [1, 1]]
    logits = probabilities.logit()
    assert accuracy(logits, labels, threshold=0.0) == 0.5
    with pytest.raises(ValueError, match=r"go from -1\.39 to 2\.2 and are no probabilities; give threshold=0\.0"):
        accuracy(logits, labels)


def test_scores_of_many_places():
    scores = SCORES.reshape(2, 3, 3).transpose(1, 2)  # (N, C, L)
    assert accuracy(scores, LABELS.reshape(2, 3)) == pytest.approx(4 / 6)
    square = ag.randn(2, 3, 4, 5)
    assert accuracy(square, square.argmax(1)) == 1.0


def test_top_k_error():
    assert top_k_error(SCORES, LABELS, k=1) == pytest.approx(2 / 6)
    assert top_k_error(SCORES, LABELS, k=2) == 0.0
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(50, 10)), rng.integers(0, 10, 50)
    top = np.argsort(scores, axis=1)[:, -3:]
    assert top_k_error(ag.tensor(scores), labels, k=3) == pytest.approx(1 - (top == labels[:, None]).any(1).mean())
    with pytest.raises(ValueError, match=r"top_k_error: got k=3; wanted 1 or more, below the 3 classes"):
        top_k_error(SCORES, LABELS, k=3)
    with pytest.raises(ValueError, match=r"outputs have shape \(6,\), ag\.int64; wanted scores \(N, C\)"):
        top_k_error(GUESSES, LABELS)


@pytest.mark.parametrize(
    ("outputs", "targets", "message"),
    [
        (SCORES, LABELS[:4], r"outputs of shape \(6, 3\) do not fit targets of shape \(4,\)"),
        (SCORES[None], LABELS, r"outputs of shape \(1, 6, 3\) do not fit"),
        (SCORES, ag.ones(6, 3), r"accuracy: targets \(6, 3\) are not one-hot: wanted a single 1 in each row"),
        (SCORES, LABELS + 0.5, r"targets are ag\.float32 with fractions; wanted labels, or one-hot rows"),
    ],
)
def test_what_does_not_fit_is_refused(outputs, targets, message):
    with pytest.raises((ValueError, TypeError), match=message):
        accuracy(outputs, targets)


def test_an_unknown_average_is_refused():
    with pytest.raises(ValueError, match=r"recall: got average='mean'; wanted 'macro', 'micro', 'weighted' or None"):
        recall(SCORES, LABELS, average="mean")


def test_without_scikit_learn_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.metrics", None)
    with pytest.raises(ImportError, match=r"needs scikit-learn, .* pip install scikit-learn"):
        accuracy(SCORES, LABELS)
