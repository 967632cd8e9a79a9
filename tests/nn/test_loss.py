"""Every loss against PyTorch, with its weights and reductions, to second order."""

from __future__ import annotations

import copy
import pickle
import tracemalloc

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from tests.nn.twin import array, both, close, draw, pair, state_to_theirs

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


@pytest.mark.parametrize(
    "loss",
    [
        F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss,
        nn.MSELoss(), nn.L1Loss(), nn.SmoothL1Loss(), nn.HuberLoss(),
    ],
)  # fmt: skip
def test_sizes_that_broadcast_by_accident_warn(torch, loss):
    with pytest.warns(
        UserWarning, match=r"Using a target size \(\(3,\)\) that is different to the input size \(\(3, 1\)\)"
    ) as w:
        value = loss(ag.ones(3, 1), ag.tensor([1.0, 2.0, 4.0]))
    assert w[0].filename == __file__
    assert len(w) == 1
    name = getattr(loss, "__name__", "") or type(loss).__name__
    theirs = getattr(torch.nn, name)() if name[0].isupper() else getattr(torch.nn.functional, name)
    with pytest.warns(UserWarning, match="Using a target size"):
        close(value, theirs(torch.ones(3, 1), torch.tensor([1.0, 2.0, 4.0])), 1e-6)


@pytest.mark.parametrize("options", [{}, {"weight": W}])
def test_every_target_ignored_gives_nan_without_gradient_as_in_pytorch(torch, options):
    x, x_ = both(torch, X)
    t, t_ = both(torch, np.full(4, -100), requires_grad=False)
    loss = F.cross_entropy(x, t, **tensors(options, ag.tensor))
    loss_ = torch.nn.functional.cross_entropy(x_, t_, **tensors(options, torch.tensor))
    close(loss, loss_)
    assert np.isnan(array(loss))
    loss.backward()
    loss_.backward()
    close(x.grad, x_.grad)


def test_older_names_and_means_warn():
    x, t = ag.tensor(X), ag.tensor(HARD)
    with pytest.warns(FutureWarning, match="`NLLLoss2d` has been deprecated. Please use `NLLLoss`") as w:
        old = nn.NLLLoss2d(ignore_index=1)
    assert w[0].filename == __file__
    close(old(x, t), nn.NLLLoss(ignore_index=1)(x, t))
    with pytest.warns(UserWarning, match="'batchmean' divides only by the batch size") as w:
        mean = nn.KLDivLoss()(x, ag.tensor(SOFT))
    assert w[0].filename == __file__
    close(mean, F.kl_div(x, ag.tensor(SOFT), reduction="sum") / 12)


def keras_hinge(t, x):
    """Keras' source: neg = max((1 - y_true) * y_pred), pos = sum(y_true * y_pred), max(neg - pos + 1, 0)."""
    return np.maximum(((1 - t) * x).max(-1) - (t * x).sum(-1) + 1, 0)


def test_categorical_hinge_is_keras():
    x, one_hot = ag.tensor(X), np.eye(3)[HARD]
    for target in (one_hot, HARD):
        values = nn.CategoricalHingeLoss(reduction="none")(x, ag.tensor(target))
        np.testing.assert_allclose(array(values), keras_hinge(one_hot, X), rtol=1e-12)
    assert float(F.categorical_hinge_loss(x[0], ag.tensor(2))) == pytest.approx(keras_hinge(one_hot, X)[0])
    deep = F.categorical_hinge_loss(ag.tensor(DEEP), ag.tensor(DEEP_T), margin=0.5, reduction="none")
    expected = keras_hinge(np.eye(3)[DEEP_T], np.moveaxis(DEEP, 1, -1)) - 0.5
    np.testing.assert_allclose(array(deep), np.maximum(expected, 0), rtol=1e-12, atol=1e-12)
    assert deep.shape == DEEP_T.shape


def test_dice_is_one_minus_the_overlap():
    p = np.exp(DEEP) / np.exp(DEEP).sum(1, keepdims=True)
    mask = np.moveaxis(np.eye(3)[DEEP_T], -1, 1)
    both = (p * mask).sum((2, 3))
    expected = 1 - (2 * both + 0.5) / ((p**2).sum((2, 3)) + (mask**2).sum((2, 3)) + 0.5)
    for target in (mask, DEEP_T):
        values = nn.DiceLoss(smooth=0.5, reduction="none")(ag.tensor(p), ag.tensor(target))
        np.testing.assert_allclose(array(values), expected, rtol=1e-12)
    assert float(F.dice_loss(ag.tensor(p), ag.tensor(mask), 0.5)) == pytest.approx(expected.mean())
    # Of two masks it is Dice's coefficient: 2 * 1 / (2 + 3).
    a, b = ag.tensor([[[1.0, 1.0, 0.0, 0.0]]]), ag.tensor([[[0.0, 1.0, 1.0, 1.0]]])
    assert float(nn.DiceLoss(smooth=0.0, squared=False)(a, b)) == pytest.approx(1 - 2 / 5)
    assert float(nn.DiceLoss()(a * 0, b * 0)) == 0.0
    assert float(nn.DiceLoss()(a, a)) == 0.0


def test_chunks_need_little_memory_and_give_second_derivatives():
    x, w = ag.tensor(draw((9, 4)), requires_grad=True), ag.tensor(draw((5, 4), 1), requires_grad=True)
    t = ag.tensor(np.arange(9) % 5)
    found = []
    for options in (None, nn.LinearCrossEntropyOptions(batch_chunk_size=2)):
        loss = F.linear_cross_entropy(x, w, t, options=options)
        first = ag.autograd.grad(loss, [x, w], create_graph=True)
        found.append([*first, *ag.autograd.grad(sum((g * g).sum() for g in first), [x, w])])
    for whole, chunked in zip(*found, strict=True):
        close(chunked, whole, 1e-12)
    many = ag.tensor(draw((4000, 4)), requires_grad=True)

    def peak(options):
        tracemalloc.start()
        F.linear_cross_entropy(ag.tensor(draw((256, 4))), many, ag.tensor(np.arange(256)), options=options).backward()
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    whole, chunked = (min(peak(options) for _ in range(3)) for options in (None, nn.LinearCrossEntropyOptions()))
    assert chunked < whole / 10  # the least of three: what is made once, by whoever is first, is no part of it


def test_chunks_are_cut_as_pytorch_cuts_them(torch):
    from nn.functional.many_classes import _settled

    kinds = {ag.float64: torch.float64, ag.float16: torch.float16, ag.bfloat16: torch.bfloat16}
    for words in ({}, {"chunking_method": "aspect_ratio:4"}, {"batch_chunk_size": 3}, {"chunking_method": None}):
        for sizes in ((64, 8, 100), (5, 8, 3), (1, 1, 1)):
            for kind, theirs in kinds.items():
                size, scores = _settled(nn.LinearCrossEntropyOptions(**words), *sizes, kind, ag.ones(1).device)
                wanted = torch.nn.LinearCrossEntropyOptions(**words)._adjust(*sizes, theirs, torch.device("cpu"))
                assert (size, str(scores)[3:]) == (wanted.batch_chunk_size, str(wanted.acc_dtype)[6:])


def test_options_that_chunks_do_not_take_warn(torch):
    x, w, t = ag.tensor(draw((4, 3))), ag.tensor(draw((3, 3))), ag.tensor(HARD)
    with pytest.warns(UserWarning, match="``options`` ignored; chunked path needs") as warned:
        F.linear_cross_entropy(x, w, t, label_smoothing=0.1, options=nn.LinearCrossEntropyOptions())
    assert warned[0].filename == __file__
    half = F.linear_cross_entropy(x.half(), w.half(), t, options=nn.LinearCrossEntropyOptions())
    assert half.dtype is ag.float16
    close(half.double(), F.linear_cross_entropy(x, w, t), 1e-2)


def test_adaptive_softmax_knows_all_classes(torch):
    ours, theirs = pair(torch, lambda nn: nn.AdaptiveLogSoftmaxWithLoss(6, 9, [3, 5], div_value=2.0))
    for seed in range(3):  # likeliest are frequent classes only, or rare ones too
        with ag.no_grad():
            ours.head.weight.mul_(2.0)
        theirs.load_state_dict(state_to_theirs(torch, ours))
        x, x_ = both(torch, draw((5, 6), seed))
        close(ours.log_prob(x), theirs.log_prob(x_))
        close(ours.predict(x), theirs.predict(x_))
        np.testing.assert_allclose(np.exp(array(ours.log_prob(x))).sum(1), 1, rtol=1e-12)
        t = ag.tensor(np.array([8, 0, 4, 1, 3]))
        close(ours(x, t).output, ag.gather(ours.log_prob(x), 1, t.unsqueeze(1)).squeeze(1))
    weight = array(ours.head.weight).copy()
    ours.reset_parameters()
    assert not np.array_equal(array(ours.head.weight), weight)


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
        (RuntimeError, lambda: F.nll_loss(x, t, weight=ag.ones(3)), "expected scalar type float64 but found float32"),
        (RuntimeError, lambda: F.cross_entropy(x, x, ignore_index=1), "not supported for floating point target"),
        (ValueError, lambda: F.categorical_hinge_loss(x, t[:2]), "wanted the input's shape (4, 3), or integer classes"),
        (ValueError, lambda: F.categorical_hinge_loss(x[0, 0], t), "input has shape (); wanted (N, C, *) or (C,)"),
        (ValueError, lambda: F.dice_loss(x, x), "input has shape (4, 3); wanted (N, C, *) with at least one place"),
        (ValueError, lambda: F.dice_loss(ag.tensor(DEEP), ag.tensor(DEEP[:1])), "dice_loss: target is"),
        (ValueError, lambda: F.dice_loss(ag.tensor(DEEP), ag.tensor(DEEP), smooth=-1.0), "smooth is -1.0"),
        (IndexError, lambda: F.cross_entropy(x, t + 1), "3 is out of bounds"),
        (IndexError, lambda: F.nll_loss(x, t - 1), "-1 is out of bounds"),
    ]  # fmt: skip
    for kind, call, message in cases:
        with pytest.raises(kind) as caught:
            call()
        assert message in str(caught.value)


def test_loss_layers_refuse_what_does_not_fit():
    x, w, t = ag.tensor(X), ag.tensor(draw((5, 3))), ag.tensor(HARD)
    chunks = nn.LinearCrossEntropyOptions
    cases = [
        (TypeError, lambda: nn.HuberLoss(delta="1"), "delta must be a float or int, got: <class 'str'>"),
        (ValueError, lambda: nn.MultiMarginLoss(p=3), "only p == 1 and p == 2 supported"),
        (ValueError, lambda: nn.MultiMarginLoss(weight=x), "expected weight to be None or 1D tensor, got 2D instead"),
        (ValueError, lambda: nn.TripletMarginLoss(0.0), "expected margin to be greater than 0, got 0.0 instead"),
        (ValueError, lambda: nn.TripletMarginWithDistanceLoss(margin=-1), "greater than 0, got -1 instead"),
        (RuntimeError, lambda: nn.LinearCrossEntropyLoss(3, 5, weight=x), "expected weight shape to be (5,), got"),
        (RuntimeError, lambda: nn.LinearCrossEntropyLoss(3, 5, label_smoothing=2), "to be in range [0, 1], got 2"),
        (RuntimeError, lambda: F.linear_cross_entropy(x[0, 0], w, t), "dimensionality 1 or 2, got 0"),
        (RuntimeError, lambda: F.linear_cross_entropy(x, w[0], t), "dimensionality at least 2, got 1"),
        (RuntimeError, lambda: F.linear_cross_entropy(x, w.T, t), "(in_features), got 3 and 5, respectively"),
        (RuntimeError, lambda: F.linear_cross_entropy(x, w, t, linear_bias=x), "expected linear_bias shape (5,), got"),
        (RuntimeError, lambda: F.linear_cross_entropy(x[0], w.unsqueeze(1), t), "requires batched input, (N, 3)"),
        (RuntimeError, lambda: F.linear_cross_entropy(x, w, x @ w.T, ignore_index=1), "target contains probabilities"),
        (RuntimeError, lambda: F.linear_cross_entropy(x, w, t, options=chunks(acc_dtype=ag.float32)), "acc_dtype"),
        (ValueError, lambda: chunks(acc_policy="fast"), "invalid acc_policy: 'fast'"),
        (ValueError, lambda: chunks(chunking_method="aspect_ratio:0"), "invalid chunking_method: 'aspect_ratio:0'"),
        (ValueError, lambda: chunks(chunking_method="auto:2"), "invalid chunking_method: 'auto:2'"),
        (ValueError, lambda: chunks(batch_chunk_size=0), "batch_chunk_size must be positive int or None, got 0"),
        (ValueError, lambda: chunks(acc_dtype=ag.int64), "acc_dtype must be None or a floating dtype, got ag.int64"),
        (
            ValueError,
            lambda: F.linear_cross_entropy(x, w, t, options=chunks(chunking_method="aspect_ratio", batch_chunk_size=3)),
            "batch_chunk_size (=3) and chunking_method ('aspect_ratio') give different chunk sizes",
        ),
        (ValueError, lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 5, []), "a sequence of length larger than 0"),
        (ValueError, lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 5, [3, 2]), "sorted in an increasing order"),
        (ValueError, lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 5, [0, 2]), "between 1 and n_classes-1; got [0, 2]"),
    ]
    adaptive = nn.AdaptiveLogSoftmaxWithLoss(3, 5, [2], div_value=1.0).double()
    cases += [
        (RuntimeError, lambda: adaptive(x, x), "0D or 1D target tensor expected, multi-target not supported"),
        (RuntimeError, lambda: adaptive(x[:2], t), "should have the same size in the batch dimension"),
        (RuntimeError, lambda: adaptive(x.reshape(4, 1, 3), t), "1D target tensor expects 2D input tensors"),
        (RuntimeError, lambda: adaptive(x, t[0]), "0D target tensor expects 1D input tensors"),
        (RuntimeError, lambda: adaptive(x, t + 3), "should be in [0, 4], but values in range [3, 5] were found"),
    ]
    for kind, call, message in cases:
        with pytest.raises(kind) as caught:
            call()
        assert message in str(caught.value)


def test_losses_are_copied_and_pickled_whole():
    layers = [nn.CrossEntropyLoss(ag.tensor(W)), nn.TripletMarginWithDistanceLoss(margin=2.0), nn.CTCLoss(blank=1)]
    options = nn.LinearCrossEntropyOptions(batch_chunk_size=2)
    layers.append(nn.LinearCrossEntropyLoss(3, 5, options=options))
    for layer in layers:
        for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
            assert repr(other) == repr(layer)
            assert list(other.state_dict()) == list(layer.state_dict())
    assert copy.deepcopy(layers[-1]).options == options
