"""The loss of sequences whose alignment is unknown: connectionist temporal classification."""

from __future__ import annotations

import math
from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops.shape import pad

from .loss import reduced

__all__ = ["ctc_loss"]

# log(0), but finite: of -inf, logsumexp's gradient would be NaN.  Below HOPELESS a path has gone through it.
NEVER, HOPELESS = -1e30, -1e29


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Return ``-log(p)``, ``p`` the probability of all paths of labels and blanks that read as the target.

    The mean is of each loss over its target's length.  ``zero_infinity``: 0, gradient too, where no path is possible.
    As in PyTorch, the gradient is that of log-probabilities that a ``log_softmax`` made: ``exp(x)`` minus the
    posterior.

    Shape: log_probs ``(T, N, C)`` or ``(T, C)``, targets ``(N, S)``, or ``(sum(target_lengths),)`` one after the
    other, lengths N integers each -> ``()``, or ``(N,)`` for "none".

    Raises: ShapeError where lengths or labels do not fit, DTypeError for lengths that are no integers.
    Source: Graves et al., Connectionist temporal classification, section 4.1.
    """
    batched = log_probs.ndim == 3
    if log_probs.ndim == 2:
        log_probs = log_probs.unsqueeze(1)
        targets = targets if targets.ndim else targets.reshape(1)
    if log_probs.ndim != 3:
        raise ShapeError(f"ctc_loss: log_probs has shape {tuple(log_probs.shape)}; wanted (T, N, C) or (T, C)")
    if not log_probs.dtype.is_floating_point:
        raise DTypeError(f"ctc_loss: log_probs has dtype {log_probs.dtype}; wanted a floating one")
    steps, n, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise ShapeError(f"ctc_loss: blank must be in label range [0, {classes}); got {blank}")
    lasting = _lengths("input_lengths", input_lengths, n, steps)
    sizes = _lengths("target_lengths", target_lengths, n, None)
    labels = _with_blanks(targets, sizes, blank, classes)
    place: dict[str, Any] = {"device": log_probs.device}
    lost = _of_paths(log_probs, ag.tensor(labels, **place), _may_skip(labels, blank, place), lasting, sizes)
    if zero_infinity:
        lost = ag.masked_fill(lost, lost == math.inf, 0.0)
    if reduction == "mean":
        lost = lost / ag.tensor([max(size, 1) for size in sizes], dtype=lost.dtype, **place)
    return reduced(lost if batched else lost.squeeze(0), reduction)


def _lengths(name: str, given: Any, n: int, most: int | None) -> list[int]:
    """Return one int per example of the batch."""
    if isinstance(given, Tensor) and given.dtype.is_floating_point:
        raise DTypeError(f"ctc_loss: {name} must be integral; got {given.dtype}")
    if isinstance(given, Tensor):
        given = given.reshape(-1).tolist()
    lengths = [int(length) for length in (given if isinstance(given, list | tuple) else [given])]
    if len(lengths) != n:
        raise ShapeError(f"ctc_loss: {name} must be of size batch_size {n}; got {len(lengths)}")
    if any(length < 0 for length in lengths) or (most is not None and max(lengths, default=0) > most):
        raise ShapeError(f"ctc_loss: Expected {name} to have value between 0 and {most}; got {lengths}")
    return lengths


def _with_blanks(targets: Tensor, sizes: list[int], blank: int, classes: int) -> list[list[int]]:
    """Return each target as blank, label, blank, ..., label, blank, filled up with blanks to one length."""
    rows = targets.tolist()
    if targets.ndim == 1:
        if len(rows) != sum(sizes):
            raise ShapeError(f"ctc_loss: Expected targets of length {sum(sizes)}, the sum of lengths; got {len(rows)}")
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        rows = [rows[start : start + size] for start, size in zip(starts, sizes, strict=True)]
    longest = max(sizes, default=0)
    if len(rows) != len(sizes) or any(len(row) < size for row, size in zip(rows, sizes, strict=True)):
        raise ShapeError(f"ctc_loss: Expected tensor targets to fit {sizes}; got shape {tuple(targets.shape)}")
    out = [[blank] * (2 * longest + 1) for _ in sizes]
    for row, target, size in zip(out, rows, sizes, strict=True):
        if any(not 0 <= label < classes for label in target[:size]):
            raise ShapeError(f"ctc_loss: targets has a label outside [0, {classes}): {target[:size]}")
        row[1 : 2 * size : 2] = target[:size]
    return out


def _may_skip(labels: list[list[int]], blank: int, place: dict[str, Any]) -> Tensor:
    """Return 0 where a path may come from two places before (over a blank, to another label), else NEVER."""
    return ag.tensor(
        [
            [0.0 if i > 1 and label not in (blank, row[i - 2]) else NEVER for i, label in enumerate(row)]
            for row in labels
        ],
        dtype=ag.float64,
        **place,
    )


def _of_paths(x: Tensor, labels: Tensor, skip: Tensor, lasting: list[int], sizes: list[int]) -> Tensor:
    """Return ``-log(p)`` of each example: the forward variables of Graves et al., eq. 6, in logarithms."""
    steps, n, _ = x.shape
    places = labels.shape[1]
    skip = skip.to(x.dtype)
    emitted = ag.clamp(ag.gather(x, 2, labels.unsqueeze(0).expand(steps, n, places)), min=NEVER)  # (T, N, 2S + 1)
    state = ag.full((n, places), NEVER, dtype=x.dtype, device=x.device)
    state[:, 0] = 0.0  # before the first step, a path is at the first blank
    states = [state]
    for now in emitted.unbind(0):
        before = pad(state, widths=((0, 0), (2, 0)), value=NEVER)
        ways = ag.stack((state, before[:, 1:-1], before[:, :-2] + skip))
        state = ag.logsumexp(ways, 0) + now
        states.append(state)
    last = ag.stack(states)[ag.tensor(lasting), ag.arange(n)]  # (N, 2S + 1)
    ends = ag.tensor([[2 * size, max(2 * size - 1, 0)] for size in sizes], device=x.device).reshape(n, 2)
    second = ag.tensor([[0.0, 0.0 if size else NEVER] for size in sizes], dtype=x.dtype, device=x.device).reshape(n, 2)
    log_p = ag.logsumexp(ag.gather(last, 1, ends) + second, 1)
    return ag.masked_fill(_seen_from_softmax(-log_p, x, lasting), log_p < HOPELESS, math.inf)


def _seen_from_softmax(lost: Tensor, x: Tensor, lasting: list[int]) -> Tensor:
    """Return ``lost`` with the gradient ``exp(x)`` added at each step that counts."""
    steps = ag.arange(x.shape[0], device=x.device).unsqueeze(1) < ag.tensor(lasting, device=x.device)  # (T, N)
    total = (ag.exp(x).sum(2) * steps).sum(0)
    return lost + (total - total.detach())
