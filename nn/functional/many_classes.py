"""Cross-entropy of a linear layer with so many classes that their scores are not to be held all at once."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.autograd import Function, grad
from autograd_core.dtypes import dtype as DType
from autograd_core.engine.blame import stacklevel
from autograd_core.engine.lifted import LEVELS
from autograd_core.errors import ShapeError

from .classification import cross_entropy
from .dense import linear

__all__ = ["linear_cross_entropy"]

NAME = "linear_cross_entropy"
HALVES = (ag.float16, ag.bfloat16)


@dataclass(slots=True, frozen=True)
class LinearCrossEntropyOptions:
    """How ``linear_cross_entropy`` cuts a batch into chunks, whose scores alone are in memory.

    Args:
        allow_retain_graph: Taken for PyTorch's sake: here a graph can be walked again anyway.
        batch_chunk_size: Examples in a chunk; None for all of them.
        chunking_method: "aspect_ratio" takes chunks whose scores need as much memory as the input, "aspect_ratio:N"
            an Nth of that; "auto" is one of them unless there is a ``batch_chunk_size``; None is that size.
        acc_policy: "accurate", "balanced", "compact" or "auto".  Here all compute a chunk in ``acc_dtype``.
        acc_dtype: The dtype of the scores; None is the input's, or under "auto" float32 for float16 and bfloat16.

    Raises: ValueError for other values.
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: DType | None = None

    def __post_init__(self) -> None:
        """Refuse what is no choice."""
        if self.acc_policy not in ("auto", "accurate", "balanced", "compact"):
            raise ValueError(f"invalid acc_policy: {self.acc_policy!r}")
        name, colon, factor = (self.chunking_method or "auto").partition(":")
        fits = factor.isdigit() and int(factor) > 0 if colon else True
        if name not in ("aspect_ratio", "auto") or (name == "auto" and colon) or not fits:
            raise ValueError(f"invalid chunking_method: {self.chunking_method!r}")
        size = self.batch_chunk_size
        if size is not None and (not isinstance(size, int) or size <= 0):
            raise ValueError(f"batch_chunk_size must be positive int or None, got {size!r}")
        if self.acc_dtype is not None and self.acc_dtype not in (*HALVES, ag.float32, ag.float64):
            raise ValueError(f"acc_dtype must be None or a floating dtype, got {self.acc_dtype!r}")


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: LinearCrossEntropyOptions | None = None,
) -> Tensor:
    """Return ``cross_entropy(linear(x, linear_weight, linear_bias), target, ...)``.

    With ``options`` (an ``nn.LinearCrossEntropyOptions``), classes of one dimension, integer targets and no smoothing,
    the scores are computed chunk by chunk of the batch, are not kept, and are computed again in backward.

    Shape: input ``(N, F)`` or ``(F,)``; linear_weight ``(C, *, F)``; target ``(N, *)`` or ``()`` of integers, or
    probabilities ``(N, C, *)`` or ``(C,)``; linear_bias ``(C, *)``; weight ``(C,)`` -> ``()``, or ``(N, *)`` for
    "none".

    Raises: ShapeError where they do not fit, or ``ignore_index`` is given with probabilities.
    """
    _check(input, linear_weight, linear_bias)
    scores = (*input.shape[:-1], *linear_weight.shape[:-1])
    if tuple(target.shape) == scores and ignore_index is not None:
        raise ShapeError(f"{NAME}: ignore_index cannot be specified when target contains probabilities")
    ignored = -100 if ignore_index is None else ignore_index
    if options is not None:
        hard = not target.is_floating_point()
        if hard and label_smoothing == 0.0 and linear_weight.ndim == 2 and reduction in ("mean", "sum", "none"):
            return _chunked(input, linear_weight, target, linear_bias, weight, reduction, ignored, options)
        warnings.warn(
            f"{NAME}: ``options`` ignored; chunked path needs reduction in {{'mean','sum','none'}}, label_smoothing "
            f"== 0, target.dtype == int64, out_features == (). Got reduction={reduction!r}, label_smoothing="
            f"{label_smoothing}, target.dtype={target.dtype}, out_features={tuple(linear_weight.shape[1:-1])}.",
            stacklevel=stacklevel(),
        )
    flat = linear_weight.reshape(-1, linear_weight.shape[-1])
    x = linear(input, flat, None if linear_bias is None else linear_bias.reshape(-1)).reshape(scores)
    return cross_entropy(x, target, weight, ignore_index=ignored, reduction=reduction, label_smoothing=label_smoothing)


def _check(input: Tensor, linear_weight: Tensor, linear_bias: Tensor | None) -> None:
    shape = tuple(linear_weight.shape)
    if input.ndim not in (1, 2):
        raise ShapeError(f"{NAME}: expected input with dimensionality 1 or 2, got {input.ndim}")
    if len(shape) < 2:
        raise ShapeError(f"{NAME}: expected linear_weight with dimensionality at least 2, got {len(shape)}")
    if input.shape[-1] != shape[-1]:
        raise ShapeError(
            f"{NAME}: expected equal input and linear_weight last dimensions (in_features), got {input.shape[-1]} "
            f"and {shape[-1]}, respectively"
        )
    if linear_bias is not None and tuple(linear_bias.shape) != shape[:-1]:
        raise ShapeError(f"{NAME}: expected linear_bias shape {shape[:-1]}, got {tuple(linear_bias.shape)}")
    if len(shape) > 2 and input.ndim == 1:
        raise ShapeError(
            f"{NAME}: K-dimensional loss defined by linear_weight shape {shape} requires batched input, "
            f"(N, {shape[-1]}), got unbatched input with shape {tuple(input.shape)}"
        )


def _chunked(
    input: Tensor, linear_weight: Tensor, target: Tensor, linear_bias: Tensor | None, weight: Tensor | None,
    reduction: str, ignored: int, options: LinearCrossEntropyOptions,
) -> Tensor:  # fmt: skip
    if input.ndim == 1:
        each = _chunked(
            input.unsqueeze(0), linear_weight, target.unsqueeze(0), linear_bias, weight, reduction, ignored, options
        )
        return each.squeeze(0) if reduction == "none" else each
    examples, features = input.shape
    size, dtype = _settled(options, examples, features, linear_weight.shape[0], input.dtype, input.device)
    kind = "none" if reduction == "none" else "sum"

    def of(rows: slice) -> Callable[..., Tensor]:
        def loss(x: Tensor, w: Tensor, b: Tensor | None) -> Tensor:
            x = linear(x.to(dtype), w.to(dtype), None if b is None else b.to(dtype))
            share = None if weight is None else weight.to(dtype)
            return cross_entropy(x, target[rows], share, ignore_index=ignored, reduction=kind)

        return loss

    chunks = [slice(start, start + size) for start in range(0, max(examples, 1), size)]
    losses = [_computed(of(rows), input[rows], linear_weight, linear_bias) for rows in chunks]
    if kind == "none":
        return ag.cat(losses).to(input.dtype)
    total = ag.stack(losses).sum()
    if reduction == "mean":
        counted = target != ignored
        total = total / (counted if weight is None else ag.where(counted, weight[target * counted], 0.0)).sum()
    return total.to(input.dtype)


def _settled(
    options: LinearCrossEntropyOptions, examples: int, features: int, classes: int, dtype: DType, device: Any
) -> tuple[int, DType]:
    """Return the size of a chunk and the dtype of its scores.

    Raises: ValueError where ``batch_chunk_size`` and ``chunking_method`` disagree; ShapeError where ``acc_dtype``
    is neither the input's nor float32 for halves.
    """
    half = dtype in HALVES
    scores = options.acc_dtype or (ag.float32 if half and options.acc_policy == "auto" else dtype)
    if scores is not dtype and not (half and scores is ag.float32):
        raise ShapeError(f"{NAME} supports float32 acc_dtype with halves; got {scores} and {dtype} inputs")
    method, size = options.chunking_method, options.batch_chunk_size
    if method == "auto":
        on_host = "aspect_ratio" if half and device.type == "cpu" else "aspect_ratio:2"
        method = on_host if size is None else None
    if method is None:
        return min(size or max(examples, 1), max(examples, 1)), scores
    wanted = math.ceil(examples / math.ceil(classes / features))
    found = min((1 << (wanted - 1).bit_length()) // int(method.partition(":")[2] or 1), examples)
    if size is not None and size != found:
        raise ValueError(
            f"batch_chunk_size (={size}) and chunking_method ('{method}') give different chunk sizes "
            f"({size} vs {found}); pass only one."
        )
    return max(1, found), scores


def _computed(function: Callable[..., Tensor], *tensors: Tensor | None) -> Tensor:
    """Return ``function(*tensors)``; outside transforms keep nothing of it."""
    return function(*tensors) if LEVELS.get() else _Again.apply(function, *tensors)


class _Again(Function):
    """``function(*tensors)``, of which nothing is kept: backward runs it again, and asks for its gradients."""

    @staticmethod
    def forward(ctx: Any, function: Callable[..., Tensor], *tensors: Tensor | None) -> Tensor:
        ctx.function = function
        ctx.save_for_backward(*tensors)
        return function(*tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:
        recording, saved, wanted = ag.is_grad_enabled(), ctx.saved_tensors, ctx.needs_input_grad[1:]
        with ag.enable_grad():
            if not recording:  # the walk is to end here
                saved = [t if t is None else t.detach().requires_grad_(w) for t, w in zip(saved, wanted, strict=True)]
            y = ctx.function(*saved)
            sources = [t for t, w in zip(saved, wanted, strict=True) if w]
            found = iter(grad(y, sources, grads[0], create_graph=recording))
        return (None, *(next(found) if w else None for w in wanted))
