"""Losses.  Inputs and floating targets get gradients; integer arrays, and targets in the options, get none."""

import importlib
from typing import Any

import numpy as np

from tests.nn.tables import Layer, layer
from tests.nn.twin import draw

REDUCTIONS = ("mean", "sum", "none")
CLASSES = np.array([2, 0, 1, 2])
SIGNS = np.array([1, -1, -1, 1])
SIGNED = {"target": np.sign(draw((4, 3), 5))}
P = 1 / (1 + np.exp(-draw((4, 3), 6)))
SHARES = np.exp(draw((4, 3), 7)) / np.exp(draw((4, 3), 7)).sum(1, keepdims=True)
COUNTS = {"target": np.arange(12.0).reshape(4, 3)}
BINARY = {"target": (draw((4, 3), 8) > 0).astype(np.float64)}
LABELS = np.array([[2, 0, -1], [1, -1, 0], [0, 1, 2], [-1, 2, 1]])
LOG_P = np.log(np.exp(draw((6, 2, 4))) / np.exp(draw((6, 2, 4))).sum(2, keepdims=True))
SPELLED = {
    "targets": np.array([[1, 2, 2], [3, 1, 0]]), "input_lengths": np.array([6, 5]), "target_lengths": np.array([3, 2]),
}  # fmt: skip
DEEP = np.arange(40).reshape(2, 4, 5) % 3


def tensor(nn: Any, values: Any) -> Any:
    """Return ``values`` as a tensor of the side that ``nn`` is of."""
    return importlib.import_module("torch" if nn.__name__ == "torch.nn" else "autograd_core").tensor(values)


def w(nn: Any) -> Any:
    """Return weights of three classes."""
    return tensor(nn, [0.3, 2.0, 1.1])


def every(name: str, make: Any, *inputs: Any, **columns: Any) -> dict[str, Layer]:
    """Return a row per reduction."""
    return {
        f"{name}-{reduction}": layer(lambda nn, r=reduction: make(nn, r), *inputs, **columns)
        for reduction in REDUCTIONS
    }


LAYERS = {
    **every("mseloss", lambda nn, r: nn.MSELoss(reduction=r), (4, 3), (4, 3)),
    **every("l1loss", lambda nn, r: nn.L1Loss(reduction=r), (4, 3), (4, 3)),
    **every("smoothl1loss", lambda nn, r: nn.SmoothL1Loss(reduction=r, beta=0.5), (4, 3), (4, 3)),
    **every("huberloss", lambda nn, r: nn.HuberLoss(r, 0.5), (4, 3), (4, 3)),
    **every("nllloss", lambda nn, r: nn.NLLLoss(w(nn), ignore_index=1, reduction=r), (4, 3), CLASSES),
    **every("crossentropyloss", lambda nn, r: nn.CrossEntropyLoss(reduction=r), (4, 3), CLASSES),
    **every(
        "crossentropyloss-all",
        lambda nn, r: nn.CrossEntropyLoss(w(nn), ignore_index=1, reduction=r, label_smoothing=0.1),
        (2, 3, 4, 5), DEEP,
    ),
    **every("crossentropyloss-soft", lambda nn, r: nn.CrossEntropyLoss(w(nn), reduction=r), (4, 3), SHARES),
    **every("bceloss", lambda nn, r: nn.BCELoss(w(nn), reduction=r), P, options=BINARY),
    **every("bcewithlogitsloss", lambda nn, r: nn.BCEWithLogitsLoss(w(nn), reduction=r, pos_weight=w(nn)), (4, 3), P),
    "kldivloss-sum": layer(lambda nn: nn.KLDivLoss(reduction="sum"), (4, 3), SHARES),
    "kldivloss-none": layer(lambda nn: nn.KLDivLoss(reduction="none"), (4, 3), SHARES),
    "kldivloss-batchmean": layer(lambda nn: nn.KLDivLoss(reduction="batchmean", log_target=True), (4, 3), (4, 3)),
    **every("poissonnllloss", lambda nn, r: nn.PoissonNLLLoss(reduction=r, full=True), (4, 3), options=COUNTS),
    "poissonnllloss-plain": layer(lambda nn: nn.PoissonNLLLoss(False, eps=1e-3), P, options=COUNTS),
    **every(
        "gaussiannllloss", lambda nn, r: nn.GaussianNLLLoss(full=True, eps=0.3, reduction=r), (4, 3), (4, 3), P,
        waits=True,
    ),
    **every("ctcloss", lambda nn, r: nn.CTCLoss(reduction=r), LOG_P, options=SPELLED, second=False, waits=True),
    "ctcloss-all": layer(
        lambda nn: nn.CTCLoss(blank=3, zero_infinity=True), LOG_P, second=False, waits=True,
        options=SPELLED | {"targets": np.array([[1, 2, 2], [0, 1, 0]]), "input_lengths": np.array([3, 5])},
    ),
    **every("hingeembeddingloss", lambda nn, r: nn.HingeEmbeddingLoss(0.7, reduction=r), (4, 3), options=SIGNED),
    **every(
        "marginrankingloss", lambda nn, r: nn.MarginRankingLoss(0.3, reduction=r), (4, 3), (4, 3), options=SIGNED
    ),
    **every("cosineembeddingloss", lambda nn, r: nn.CosineEmbeddingLoss(0.1, reduction=r), (4, 3), (4, 3), SIGNS),
    **every("softmarginloss", lambda nn, r: nn.SoftMarginLoss(reduction=r), (4, 3), options=SIGNED),
    **every(
        "multimarginloss", lambda nn, r: nn.MultiMarginLoss(2, 0.5, w(nn), reduction=r), (4, 3), CLASSES, second=False
    ),
    "multimarginloss-one": layer(lambda nn: nn.MultiMarginLoss(reduction="none"), (3,), CLASSES[:1], second=False),
    **every("multilabelmarginloss", lambda nn, r: nn.MultiLabelMarginLoss(reduction=r), (4, 3), LABELS, second=False),
    **every(
        "multilabelsoftmarginloss", lambda nn, r: nn.MultiLabelSoftMarginLoss(w(nn), reduction=r), (4, 3),
        options=BINARY,
    ),
    **every(
        "tripletmarginloss", lambda nn, r: nn.TripletMarginLoss(0.8, swap=True, reduction=r), (4, 3), (4, 3), (4, 3)
    ),
    **every(
        "tripletmarginwithdistanceloss",
        lambda nn, r: nn.TripletMarginWithDistanceLoss(distance_function=nn.PairwiseDistance(p=3.0), reduction=r),
        (4, 3), (4, 3), (4, 3),
    ),
    "tripletmarginwithdistanceloss-default": layer(
        lambda nn: nn.TripletMarginWithDistanceLoss(swap=True), (4, 3), (4, 3), (4, 3)
    ),
    **every(
        "linearcrossentropyloss",
        lambda nn, r: nn.LinearCrossEntropyLoss(5, 3, bias=True, weight=w(nn), ignore_index=1, reduction=r),
        (4, 5), CLASSES,
    ),
    **every(
        "linearcrossentropyloss-chunks",
        lambda nn, r: nn.LinearCrossEntropyLoss(
            5, 3, bias=True, weight=w(nn), reduction=r,
            options=nn.LinearCrossEntropyOptions(batch_chunk_size=3, allow_retain_graph=True),
        ),
        (4, 5), CLASSES, second=False,
    ),
    "linearcrossentropyloss-deep": layer(
        lambda nn: nn.LinearCrossEntropyLoss(5, 3, out_features=(4, 5), label_smoothing=0.1, bias=True), (2, 5), DEEP
    ),
    "adaptivelogsoftmaxwithloss": layer(
        lambda nn: nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6], div_value=2.0, head_bias=True), (5, 8),
        np.array([9, 0, 4, 5, 2]), waits=True,
    ),
    "adaptivelogsoftmaxwithloss-one": layer(
        lambda nn: nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3], div_value=2.0), (8,), np.array(4), waits=True
    ),
}  # fmt: skip
