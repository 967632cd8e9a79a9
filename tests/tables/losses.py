"""Losses, and the distances that some of them are made of."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core.errors import DTypeError, ShapeError
from tests import references as ref
from tests.rows import Row, bad, broken, distinct, positive, real, s
from tests.tables import function

CLASSES = np.array([1, 0])
SIGNS = np.array([1, -1])
PAIR = ((2, 3), (2, 3))
CHUNKS = nn.LinearCrossEntropyOptions(batch_chunk_size=1)
UNKNOWN = bad(ValueError, "^abc is not a valid value for reduction", *PAIR, reduction="abc")


def unit(rng: Any, shape: Any) -> Any:
    """Numbers in [0.1, 0.9)."""
    return np.asarray(rng.uniform(0.1, 0.9, shape))


def loss(name: str, *samples: Any, **columns: Any) -> Any:
    return function(f"nn.functional.{name}", *samples, **columns)


def reduced(each: Any, reduction: str = "mean") -> Any:
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray, "batchmean": lambda v: v.sum() / len(v)}[reduction](
        each
    )


def of_error(each: Any, with_mean_of_weights: bool = True) -> Any:
    """Return the reference of a loss of ``input - target``."""

    def reference(x: Any, t: Any, *old: Any, reduction: str = "mean", **options: Any) -> Any:
        reduction, weight = old[2:] if old else (reduction, None)
        value = each(x - t, **options)
        if weight is not None and reduction == "mean" and with_mean_of_weights:
            return (value * weight).sum() / weight.sum()
        return reduced(value if weight is None else value * weight, reduction)

    return reference


def smooth_l1(e: Any, beta: float = 1.0) -> Any:
    size = np.abs(e)
    return np.where(size < beta, e * e / 2 / (beta or 1), size - beta / 2)


def huber(e: Any, delta: float = 1.0) -> Any:
    size = np.abs(e)
    return np.where(size < delta, e * e / 2, delta * (size - delta / 2))


OLD = (None, None, "sum", (2, 3))  # size_average, reduce, reduction, weight


def nll(log_p: Any, t: Any, w: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> Any:
    w = (np.ones(log_p.shape[1]) if w is None else w)[np.where(t == ignore_index, 0, t)] * (t != ignore_index)
    picked = np.take_along_axis(log_p, np.where(t == ignore_index, 0, t)[:, None], 1)[:, 0]
    return -(w * picked).sum() / w.sum() if reduction == "mean" else reduced(-w * picked, reduction)


def cross_entropy(x: Any, t: Any, w: Any = None, *, label_smoothing: float = 0.0, **options: Any) -> Any:
    log_p = ref.log_softmax(x, dim=1)
    if t.dtype.kind == "f":
        t = t * (1 - label_smoothing) + label_smoothing / x.shape[1]
        return reduced(-(log_p * t * (1 if w is None else w)).sum(1), options.get("reduction", "mean"))
    if label_smoothing:
        hard, even = nll(log_p, t, w, **options), -(log_p * (1 if w is None else w)).mean(1)
        total = len(t) if w is None else w[t].sum()
        return hard * (1 - label_smoothing) + label_smoothing * even.sum() / total
    return nll(log_p, t, w, **options)


def bce(x: Any, t: Any, w: Any = None, *, reduction: str = "mean") -> Any:
    return reduced(-(t * np.log(x) + (1 - t) * np.log(1 - x)) * (1 if w is None else w), reduction)


def bce_logits(x: Any, t: Any, w: Any = None, a: Any = None, b: Any = None, reduction: str = "mean", p: Any = 1) -> Any:
    x = ref.sigmoid(x)
    return reduced(-(t * p * np.log(x) + (1 - t) * np.log(1 - x)) * (1 if w is None else w), reduction)


# PyTorch's own give no gradient to weights, or no second one


def torch_reduced(each: Any, reduction: str) -> Any:
    return each if reduction == "none" else getattr(each, reduction)()


def torch_nll(torch: Any, x: Any, t: Any, w: Any = None, *, reduction: str = "mean", ignore_index: int = -100) -> Any:
    if w is None:
        return torch.nn.functional.nll_loss(x, t, ignore_index=ignore_index, reduction=reduction)
    each = torch.nn.functional.nll_loss(x, t, ignore_index=ignore_index, reduction="none")
    share = w[torch.where(t == ignore_index, 0, t)] * (t != ignore_index)
    return (each * share).sum() / share.sum() if reduction == "mean" else torch_reduced(each * share, reduction)


def torch_bce(torch: Any, x: Any, t: Any, w: Any = 1, *, reduction: str = "mean") -> Any:
    return torch_reduced(torch.nn.functional.binary_cross_entropy(x, t, reduction="none") * w, reduction)


def torch_logits(torch: Any, x: Any, t: Any, w: Any = 1, a: Any = None, b: Any = None, reduction: str = "mean",
                 p: Any = 1) -> Any:  # fmt: skip
    log_s = torch.nn.functional.logsigmoid
    return torch_reduced(-(t * p * log_s(x) + (1 - t) * log_s(-x)) * w, reduction)


def torch_pdist(torch: Any, x: Any, p: float = 2) -> Any:
    i, j = torch.triu_indices(len(x), len(x), 1)
    return torch.linalg.vector_norm(x[i] - x[j], ord=p, dim=1)


def kl_div(x: Any, t: Any, *, reduction: str, log_target: bool = False) -> Any:
    return reduced(np.exp(t) * (t - x) if log_target else t * (np.log(t) - x), reduction)


def poisson(x: Any, t: Any, log_input: bool = True, full: bool = False, *, reduction: str = "mean") -> Any:
    each = np.exp(x) - t * x if log_input else x - t * np.log(x + 1e-8)
    stirling = t * np.log(t) - t + np.log(2 * np.pi * t) / 2
    return reduced(each + np.where(t > 1, stirling, 0) if full else each, reduction)


def gaussian(x: Any, t: Any, v: Any, full: bool = False, *, reduction: str = "mean") -> Any:
    v = v[..., None] if v.ndim < x.ndim else v
    each = (np.log(v) + (x - t) ** 2 / v) / 2
    return reduced(each + np.log(2 * np.pi) / 2 if full else each, reduction)


def cosine(x: Any, y: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    x, y = np.broadcast_arrays(x, y)
    return (x / np.linalg.norm(x, axis=dim, keepdims=True) * (y / np.linalg.norm(y, axis=dim, keepdims=True))).sum(dim)


def distance(x: Any, y: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    return np.linalg.vector_norm(x - y + eps, ord=p, axis=-1, keepdims=keepdim)


def pdist(x: Any, p: float = 2) -> Any:
    rows = [np.linalg.vector_norm(a - b, ord=p) for a, b in itertools.combinations(x, 2)]
    return np.array(rows) if rows else np.zeros(0, x.dtype)


def cosine_embedding(x: Any, y: Any, t: Any, margin: float = 0, reduction: str = "mean") -> Any:
    c = cosine(x, y, -1)
    return reduced(np.where(t == 1, 1 - c, np.maximum(c - margin, 0)), reduction)


def triplet(a: Any, near: Any, far: Any, margin: float = 1.0, swap: bool = False, reduction: str = "mean") -> Any:
    apart = np.minimum(distance(a, far), distance(near, far)) if swap else distance(a, far)
    return reduced(np.maximum(distance(a, near) - apart + margin, 0), reduction)


def ranking(x: Any, y: Any, t: Any, margin: float = 0, reduction: str = "mean") -> Any:
    return reduced(np.maximum(-t * (x - y) + margin, 0), reduction)


def members(x: Any, t: Any) -> Any:
    """Return a target as 0 and 1 for each class."""
    return t if t.shape == x.shape else np.moveaxis(np.eye(x.shape[min(1, x.ndim - 1)])[t], -1, min(1, x.ndim - 1))


def categorical_hinge(x: Any, t: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
    t, dim = members(x, t), min(1, x.ndim - 1)
    return reduced(np.maximum(margin + ((1 - t) * x).max(dim) - (t * x).sum(dim), 0), reduction)


def dice(p: Any, t: Any, smooth: float = 1.0, squared: bool = True, reduction: str = "mean") -> Any:
    t = members(p, t)
    sizes = (p * p + t * t if squared else p + t).reshape(*p.shape[:2], -1).sum(2)
    both = (p * t).reshape(*p.shape[:2], -1).sum(2)
    return reduced(1 - (2 * both + smooth) / (sizes + smooth), reduction)


def linear_cross_entropy(x: Any, w: Any, t: Any, *, options: Any = None, **words: Any) -> Any:
    del options
    return cross_entropy(np.moveaxis(w @ x.T, -1, 0), t, **words)


def linear_cross_entropy_of_torch(torch: Any, x: Any, w: Any, t: Any, *, options: Any = None, **words: Any) -> Any:
    del options  # PyTorch's chunks have no second derivative
    return torch.nn.functional.linear_cross_entropy(x, w, t, **words)


def hinge(x: Any, t: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
    return reduced(np.where(t == 1, x, np.maximum(margin - x, 0)), reduction)


def multi_margin(x: Any, t: Any, p: int = 1, margin: float = 1.0, w: Any = None, *, reduction: str = "mean") -> Any:
    cost = np.maximum(margin - np.take_along_axis(x, t[:, None], 1) + x, 0) ** p * (1 if w is None else w[t][:, None])
    np.put_along_axis(cost, t[:, None], 0, 1)
    return reduced(cost.sum(1) / x.shape[1], reduction)


def multilabel_margin(x: Any, t: Any, *, reduction: str = "mean") -> Any:
    each = []
    for row, target in zip(x, t, strict=True):
        labels = list(itertools.takewhile(lambda label: label >= 0, target))
        others = [i for i in range(len(row)) if i not in labels]
        each.append(sum(max(0, 1 - row[j] + row[i]) for j in labels for i in others) / len(row))
    return reduced(np.array(each), reduction)


def multilabel_soft_margin(x: Any, t: Any, w: Any = None, *, reduction: str = "mean") -> Any:
    x = ref.sigmoid(x)
    each = -(t * np.log(x) + (1 - t) * np.log(1 - x)) * (1 if w is None else w)
    return reduced(each.mean(-1), reduction)


def ctc(x: Any, targets: Any, steps: Any, sizes: Any, blank: int = 0, **options: Any) -> Any:
    """All the paths of every example, one by one."""
    log_p, each, start = ref.log_softmax(x, dim=-1), [], 0
    for n, (length, size) in enumerate(zip(steps, sizes, strict=True)):
        target = targets[n][:size] if targets.ndim == 2 else targets[start : start + size]
        start += size
        paths = itertools.product(range(x.shape[2]), repeat=length)
        read = [p for p in paths if [k for k, _ in itertools.groupby(p) if k != blank] == list(target)]
        each.append(-np.log(sum(np.exp(sum(log_p[i, n, k] for i, k in enumerate(p))) for p in read)))
    mean = options.get("reduction", "mean") == "mean"
    return np.mean(np.array(each) / np.maximum(sizes, 1)) if mean else reduced(np.array(each), options["reduction"])


def ctc_row() -> Any:
    """CTC of a softmax: the gradient is PyTorch's, which is right only there."""
    target, both = np.array([[1, 1], [2, 0]]), [2, 1]
    row = loss(
        "ctc_loss", s((3, 2, 3), target, [3, 2], both), s((3, 2, 3), target, [3, 3], both, reduction="none"),
        s((2, 2, 3), np.array([2, 1]), [2, 2], [1, 1], 0, reduction="sum"), numpy=ctc, tolerance=1e-9, syncs=True,
        torch=lambda t, x, *rest, **o: t.nn.functional.ctc_loss(x.log_softmax(-1), *rest, **o), order=1, errors=(
            bad(ShapeError, "^ctc_loss: blank must be in label range", (3, 2, 3), target, [3, 2], both, 3),
            bad(ShapeError, "^ctc_loss: Expected input_lengths to have value between 0 and 3", (3, 2, 3), target,
                [4, 2], both),
            bad(ShapeError, "^ctc_loss: target_lengths must be of size batch_size 2; got 1", (3, 2, 3), target, [3, 2],
                [2]),
            bad(ShapeError, "^ctc_loss: Expected tensor targets to fit", (3, 2, 3), target, [3, 2], [3, 1]),
            bad(ShapeError, r"^ctc_loss: targets has a label outside \[0, 2\)", (3, 2, 2), target, [3, 2], both),
            bad(DTypeError, "^ctc_loss: target_lengths must be integral", (3, 2, 3), target, [3, 2], (2,)),
            bad(ShapeError, r"^ctc_loss: log_probs has shape \(3,\)", (3,), target, [3, 2], both)))  # fmt: skip
    row.call = lambda x, *rest, **options: F.ctc_loss(ag.log_softmax(x, -1) if x.ndim > 1 else x, *rest, **options)
    return row


FUNCTIONS = [
    loss("mse_loss", s(*PAIR), s(*PAIR, *OLD), s((2,), (2,), reduction="none"), domain=(real, real, positive),
        numpy=of_error(np.square), errors=(UNKNOWN,)),
    loss("l1_loss", s(*PAIR), s(*PAIR, *OLD), s((2,), (2,), reduction="none"), domain=(distinct, real, positive),
        numpy=of_error(np.abs), errors=(UNKNOWN,)),
    loss("smooth_l1_loss", s(*PAIR), s(*PAIR, reduction="sum", beta=0.5), s((2,), (2,), reduction="none", beta=0.0),
        numpy=of_error(smooth_l1), errors=(
            UNKNOWN, bad(ShapeError, "^smooth_l1_loss: beta is -1; wanted", *PAIR, beta=-1))),
    loss("huber_loss", s(*PAIR), s(*PAIR, reduction="sum", delta=0.5), s((2,), (2,), reduction="none"),
        numpy=of_error(huber), errors=(UNKNOWN, bad(ShapeError, "^huber_loss: delta is 0; wanted", *PAIR, delta=0))),
    loss("nll_loss", s((2, 3), CLASSES), s((2, 3), CLASSES, (3,), ignore_index=0),
        s((2, 3, 2), np.array([[0, 1], [2, 0]]), (3,), reduction="none"), domain=(real, positive), numpy=nll,
        torch=torch_nll, errors=(
            bad(DTypeError, "^nll_loss: target is ag.float64; wanted integer class indices", (2, 3), (2,)),
            bad(ShapeError, r"^nll_loss: target has shape \(2,\) for input \(3, 3\)", (3, 3), CLASSES),
            bad(ShapeError, r"^nll_loss: weight has shape \(2,\); wanted one per class", (2, 3), CLASSES, (2,)))),
    loss("cross_entropy", s((2, 3), CLASSES), s((2, 3), CLASSES, label_smoothing=0.1), s(*PAIR, (3,)),
        s(*PAIR, reduction="none", label_smoothing=0.2), s((2, 3, 1), np.array([[1], [0]]), reduction="sum"),
        domain=(real, positive, positive), numpy=cross_entropy, errors=(
            bad(ValueError, "^cross_entropy: label_smoothing is 2; wanted", (2, 3), CLASSES, label_smoothing=2),
            bad(DTypeError, "^cross_entropy: got list; wanted a Tensor", (2, 3), [1, 0]))),
    loss("binary_cross_entropy", s(*PAIR), s(*PAIR, (2, 3), reduction="sum"), s((2,), (2,), reduction="none"),
        domain=unit, numpy=bce, torch=torch_bce, errors=(
            bad(ValueError, r"^Using a target size \(\(3,\)\) that is different to", (2, 3), (3,)),
            bad(ShapeError, "^binary_cross_entropy: all elements of input should be between 0 and 1", np.array([1.5]),
                np.array([1.0])))),
    loss("binary_cross_entropy_with_logits", s(*PAIR), s(*PAIR, (3,), None, None, "sum", (3,)),
        s((2,), (2,), reduction="none"), domain=(real, unit, positive, positive), numpy=bce_logits,
        torch=torch_logits, errors=(
            bad(ValueError, r"^binary_cross_entropy_with_logits: Target size \(\(3,\)\) must be the same as", (2, 3),
                (3,)),)),
    loss("kl_div", s(*PAIR, reduction="batchmean"), s(*PAIR, reduction="sum", log_target=True),
        s((2,), (2,), reduction="none"), domain=(real, positive), numpy=kl_div, errors=(UNKNOWN,)),
    loss("poisson_nll_loss", s(*PAIR), s(*PAIR, True, True), s((2,), (2,), False, reduction="none"),
        domain=positive, numpy=poisson, errors=(UNKNOWN,)),
    loss("gaussian_nll_loss", s(*PAIR, (2, 3)), s(*PAIR, (2, 1), True, reduction="sum"),
        s(*PAIR, (2,), reduction="none"),
        domain=(real, real, positive), numpy=gaussian, syncs=True, errors=(
            bad(ValueError, r"^gaussian_nll_loss: var is of incorrect size \(3,\)", (2, 3), (2, 3), (3,)),
            bad(ValueError, "^gaussian_nll_loss: var has negative entry/entries", (2,), (2,), -1.0))),
    loss("soft_margin_loss", s((2,), SIGNS), s((2,), SIGNS, reduction="none"), errors=(
        bad(ValueError, "^abc is not a valid value for reduction", (2,), SIGNS, reduction="abc"),),
        numpy=lambda x, t, reduction="mean": reduced(np.log1p(np.exp(-t * x)), reduction)),
    loss("multi_margin_loss", s((2, 3), CLASSES), s((2, 3), CLASSES, 2, 0.5, (3,)),
        s((2, 3), CLASSES, reduction="none"), domain=(distinct, positive), numpy=multi_margin, torch=None, errors=(
            bad(ValueError, "^multi_margin_loss: only p == 1 and p == 2 supported; got 3", (2, 3), CLASSES, 3),
            bad(ShapeError, r"^multi_margin_loss: inconsistent target size: \(2,\)", (3, 3), CLASSES),
            bad(ShapeError, r"^multi_margin_loss: inconsistent weight size: \(2,\)", (2, 3), CLASSES, 1, 1.0, (2,)))),
    loss("multilabel_margin_loss", s((2, 3), np.array([[2, 0, -1], [1, -1, 0]])),
        s((1, 3), np.array([[-1, 0, 0]]), reduction="none"), domain=broken, numpy=multilabel_margin, torch=None,
        errors=(
            bad(ShapeError, "inconsistent target size: got input", (2, 3), CLASSES),)),
    loss("multilabel_soft_margin_loss", s(*PAIR), s(*PAIR, (3,), reduction="none"), domain=(real, unit, positive),
        numpy=multilabel_soft_margin, errors=(UNKNOWN,)),
    loss("margin_ranking_loss", s((2,), (2,), SIGNS), s((2,), (2,), SIGNS, 0.5, reduction="none"), domain=distinct,
        numpy=ranking, errors=(
            bad(ShapeError, "All input tensors should have same dimension but got sizes", *PAIR, SIGNS),)),
    loss("categorical_hinge_loss", s((2, 3), CLASSES), s((2, 3, 2), np.array([[0, 1], [2, 0]]), 0.5, reduction="none"),
        s((3,), (3,), reduction="sum"), domain=(distinct, unit), numpy=categorical_hinge, torch=None, errors=(
            bad(ShapeError, r"^categorical_hinge_loss: target is ag.int64 of shape \(2,\); wanted the input's shape",
                (3, 3), CLASSES),)),
    loss("dice_loss", s((2, 3, 2), (2, 3, 2)), s((2, 3, 2), np.array([[0, 1], [2, 0]]), 0.1, reduction="none"),
        s((1, 2, 2), (1, 2, 2), 0.0, squared=False, reduction="sum"), domain=unit, numpy=dice, torch=None, errors=(
            bad(ShapeError, r"^dice_loss: input has shape \(2, 3\); wanted \(N, C, \*\)", *PAIR),
            bad(ShapeError, "^dice_loss: smooth is -1; wanted", (2, 3, 2), (2, 3, 2), -1))),
    loss("linear_cross_entropy", s((2, 2), (3, 2), CLASSES), s((2, 2), (3, 2), CLASSES, options=CHUNKS),
        s((2, 2), (3, 1, 2), (2, 3, 1), label_smoothing=0.1),
        domain=(real, real, positive), numpy=linear_cross_entropy, torch=linear_cross_entropy_of_torch, errors=(
            bad(ShapeError, r"^linear_cross_entropy: expected input with dimensionality 1 or 2, got 3", (2, 2, 2),
                (3, 2), CLASSES),)),
    loss("hinge_embedding_loss", s((2,), SIGNS), s((2,), SIGNS, 2.0, reduction="none"), domain=broken, numpy=hinge,
        errors=(bad(ValueError, "^abc is not a valid value for reduction", (2,), SIGNS, reduction="abc"),)),
    loss("cosine_embedding_loss", s(*PAIR, SIGNS), s(*PAIR, SIGNS, -2.0, reduction="none"),
        s((3,), (3,), np.array(1)),
        domain=(distinct, positive), numpy=cosine_embedding, errors=(
            bad(ShapeError, "1D target tensor expects 2D input tensors, but found", (3,), (3,), SIGNS),)),
    loss("triplet_margin_loss", s((2, 3), (2, 3), (2, 3)), s((2, 3), (2, 3), (2, 3), 2.0, swap=True, reduction="none"),
        s((3,), (3,), (3,), reduction="sum"), numpy=triplet, errors=(
            bad(ShapeError, "expected to have the same number of dimensions, but got: anchor 2D", *PAIR, (3,)),
            bad(ShapeError, "^triplet_margin_loss: margin must be greater than 0, got 0", *PAIR, (2, 3), 0))),
    loss("triplet_margin_with_distance_loss", s((2, 3), (2, 3), (2, 3)),
        s((2, 3), (2, 3), (2, 3), margin=2.0, swap=True, reduction="none"), numpy=triplet, errors=(
            bad(ShapeError, "expected to have the same number of dimensions, but got: anchor 2D", *PAIR, (3,)),)),
    loss("cosine_similarity", s(*PAIR), s((2, 3), (1, 3), 0), s((3,), (3,), dim=-1), numpy=cosine, errors=(
        bad(DTypeError, "^cosine_similarity: expected common dtype to be floating point", CLASSES, CLASSES, 0),)),
    loss("pairwise_distance", s(*PAIR), s(*PAIR, 1.0, keepdim=True), s((3,), (2, 3), 3.0), domain=distinct,
        numpy=distance),
    loss("pdist", s((3, 2)), s((4, 2), 1.0), s((1, 2)), domain=distinct, numpy=pdist, torch=torch_pdist, syncs=True,
        errors=(
        bad(ShapeError, "^pdist only supports 2D tensors, got: 1D", (3,)),
        bad(ShapeError, "^pdist only supports non-negative p values; got -1", (3, 2), -1))),
    ctc_row(),
]  # fmt: skip

PRIMITIVES = [
    Row("binary_cross_entropy", s((2, 3), (2, 3)), s((2, 1), (3,)), s((), ()), domain=unit,
        numpy=lambda x, t: bce(x, t, reduction="none"),
        torch=lambda t, x, y: t.nn.functional.binary_cross_entropy(*t.broadcast_tensors(x, y), reduction="none"),
        composition=lambda x, t: (t - 1) * ag.log1p(-x) - t * ag.log(x)),
]  # fmt: skip
