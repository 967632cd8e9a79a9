"""Every loss against PyTorch, with its weights and reductions, to second order."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from tests.nn.twin import array, both, close, draw

X, Y = draw((4, 3)), draw((4, 3), 1)
P = 1 / (1 + np.exp(-X))
BINARY = (Y > 0).astype(np.float64)
HARD = np.array([2, 0, 1, 2])
SOFT = np.exp(Y) / np.exp(Y).sum(1, keepdims=True)
W = np.array([0.3, 2.0, 1.1])
DEEP, DEEP_T = draw((2, 3, 4, 5)), np.arange(40).reshape(2, 4, 5) % 3

# name -> (function, input, target, keyword arguments; arrays among them become tensors)
LOSSES = {
    "mse": ("mse_loss", X, Y, {}),
    "mse-weight": ("mse_loss", X, Y, {"weight": P}),
    "l1": ("l1_loss", X, Y, {}),
    "l1-weight": ("l1_loss", X, Y, {"weight": P}),
    "smooth-l1": ("smooth_l1_loss", X, Y, {"beta": 0.7}),
    "smooth-l1-0": ("smooth_l1_loss", X, Y, {"beta": 0.0}),
    "huber": ("huber_loss", X, Y, {"delta": 0.7}),
    "huber-weight": ("huber_loss", X, Y, {"weight": P}),
    "bce": ("binary_cross_entropy", P, BINARY, {}),
    "bce-soft-weight": ("binary_cross_entropy", P, 1 - P * P, {"weight": W}),
    "bce-logits": ("binary_cross_entropy_with_logits", X, BINARY, {}),
    "bce-logits-pos": ("binary_cross_entropy_with_logits", X, BINARY, {"pos_weight": W, "weight": P}),
    "bce-logits-zero": ("binary_cross_entropy_with_logits", X * 0, BINARY, {}),
    "bce-logits-large": ("binary_cross_entropy_with_logits", X * 1000, BINARY, {}),
    "nll": ("nll_loss", X, HARD, {}),
    "nll-weight": ("nll_loss", X, HARD, {"weight": W}),
    "nll-ignore": ("nll_loss", X, HARD, {"ignore_index": 2}),
    "nll-one": ("nll_loss", X[0], HARD[0], {"weight": W}),
    "nll-deep": ("nll_loss", DEEP, DEEP_T, {"weight": W, "ignore_index": 0}),
    "ce": ("cross_entropy", X, HARD, {}),
    "ce-large": ("cross_entropy", X * 1000, HARD, {}),
    "ce-weight": ("cross_entropy", X, HARD, {"weight": W}),
    "ce-ignore": ("cross_entropy", X, HARD, {"ignore_index": 2}),
    "ce-ignore-outside": ("cross_entropy", X, np.array([2, -100, 1, -100]), {"weight": W}),
    "ce-smooth": ("cross_entropy", X, HARD, {"label_smoothing": 0.2}),
    "ce-smooth-all": ("cross_entropy", X, HARD, {"label_smoothing": 0.2, "weight": W, "ignore_index": 0}),
    "ce-one": ("cross_entropy", X[0], HARD[0], {}),
    "ce-soft": ("cross_entropy", X, SOFT, {}),
    "ce-soft-all": ("cross_entropy", X, SOFT, {"weight": W, "label_smoothing": 0.1}),
    "ce-deep": ("cross_entropy", DEEP, DEEP_T, {"weight": W, "label_smoothing": 0.1}),
    "ce-deep-soft": ("cross_entropy", DEEP, np.abs(DEEP), {"weight": W}),
}
MODULES = {
    "MSELoss": (X, Y, {}), "L1Loss": (X, Y, {}), "SmoothL1Loss": (X, Y, {"beta": 0.5}),
    "HuberLoss": (X, Y, {"delta": 0.5}), "BCELoss": (P, BINARY, {"weight": W}),
    "BCEWithLogitsLoss": (X, BINARY, {"pos_weight": W}), "NLLLoss": (X, HARD, {"weight": W, "ignore_index": 1}),
    "CrossEntropyLoss": (X, HARD, {"weight": W, "ignore_index": 1, "label_smoothing": 0.1}),
}  # fmt: skip


def tensors(options, make):
    return {k: make(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_pytorchs_to_second_order(torch, name, reduction):
    function, x, t, options = LOSSES[name]
    (x, x_), (t, t_) = both(torch, x), both(torch, t, requires_grad=False)
    results = []
    for lib, functions, at, target in ((ag, F, x, t), (torch, torch.nn.functional, x_, t_)):
        loss = getattr(functions, function)(at, target, **tensors(options, lib.tensor), reduction=reduction)
        (first,) = lib.autograd.grad(loss.sum(), at, create_graph=True)
        # Where a loss is piecewise linear PyTorch's gradient is a constant, outside the graph.
        (second,) = lib.autograd.grad((first * (at + 1.0) * at).sum(), at)
        results.append((loss, first, second))
    for ours, theirs in zip(*results, strict=True):
        close(ours, theirs)


@pytest.mark.parametrize("name", MODULES)
def test_a_loss_layer_is_pytorchs(torch, name):
    x, t, options = MODULES[name]
    (x, x_), (t, t_) = both(torch, x), both(torch, t, requires_grad=False)
    ours = getattr(nn, name)(**tensors(options, ag.tensor), reduction="sum")
    theirs = getattr(torch.nn, name)(**tensors(options, torch.tensor), reduction="sum")
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    close(ours(x, t), theirs(x_, t_))


def test_probabilities_of_0_and_1_give_finite_losses_and_gradients(torch):
    x, x_ = both(torch, np.array([0.0, 0.0, 1.0, 1.0]))
    t, t_ = both(torch, np.array([0.0, 1.0, 0.0, 1.0]), requires_grad=False)
    loss = F.binary_cross_entropy(x, t, reduction="none")
    close(loss, torch.nn.functional.binary_cross_entropy(x_, t_, reduction="none"))
    loss.sum().backward()
    assert np.isfinite(array(x.grad)).all()


@pytest.mark.parametrize(
    ("old", "reduction"),
    [
        ({"size_average": False}, "sum"),
        ({"size_average": True}, "mean"),
        ({"reduce": False}, "none"),
        ({"reduce": True}, "mean"),
    ],
)
def test_older_arguments_choose_the_reduction(old, reduction):
    x, t = ag.tensor(X), ag.tensor(HARD)
    with pytest.warns(UserWarning, match=f"will be deprecated, please use reduction='{reduction}'"):
        older = F.cross_entropy(x, t, **old)
    close(older, F.cross_entropy(x, t, reduction=reduction))
    with pytest.warns(UserWarning, match="size_average and reduce args will be deprecated"):
        assert nn.MSELoss(**old).reduction == reduction


@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss])
def test_sizes_that_broadcast_by_accident_warn(loss):
    with pytest.warns(
        UserWarning, match=r"Using a target size \(\(3,\)\) that is different to the input size \(\(3, 1\)\)"
    ) as w:
        loss(ag.ones(3, 1), ag.ones(3))
    assert w[0].filename == __file__


def test_every_target_ignored_gives_nan_as_in_pytorch(torch):
    value = F.cross_entropy(ag.tensor(X), ag.tensor(np.full(4, -100)))
    assert np.isnan(array(value))


def test_losses_refuse_what_does_not_fit():
    x, t = ag.tensor(X), ag.tensor(HARD)
    cases = [
        (ValueError, lambda: F.mse_loss(x, x, reduction="average"), "average is not a valid value for reduction"),
        (ValueError, lambda: F.mse_loss(x, x, weight=ag.ones(3)), "weight has shape (3,); wanted the input's"),
        (ValueError, lambda: F.huber_loss(x, x, weight=ag.ones(3)), "weight has shape (3,); wanted the input's"),
        (ValueError, lambda: F.huber_loss(x, x, delta=0), "delta is 0; wanted a positive number"),
        (ValueError, lambda: F.smooth_l1_loss(x, x, beta=-1), "beta is -1"),
        (ValueError, lambda: F.binary_cross_entropy(x, x[0]), "Please ensure they have the same size"),
        (ValueError, lambda: F.binary_cross_entropy_with_logits(x, x[0]), "Target size ((3,)) must be the same"),
        (ValueError, lambda: F.cross_entropy(x, t, label_smoothing=2.0), "label_smoothing is 2.0"),
        (ValueError, lambda: F.cross_entropy(x, t[:2]), "target has shape (2,) for input (4, 3); wanted class indices"),
        (RuntimeError, lambda: F.nll_loss(x, x[:, 0]), "nll_loss: target is"),
        (RuntimeError, lambda: F.cross_entropy(x, t.unsqueeze(1).expand(4, 3)), "wanted floating probabilities"),
        (ValueError, lambda: F.cross_entropy(x, t, weight=ag.ones(2)), "weight has shape (2,); wanted one per class"),
        (ValueError, lambda: F.cross_entropy(x[0, 0], t), "input has shape ()"),
        (IndexError, lambda: F.cross_entropy(x, t + 1), "3 is out of bounds"),
        (IndexError, lambda: F.nll_loss(x, t - 1), "-1 is out of bounds"),
    ]  # fmt: skip
    for kind, call, message in cases:
        with pytest.raises(kind) as caught:
            call()
        assert message in str(caught.value)
