"""From indices to vectors: rows of a table, sums of rows, one-hot vectors."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.backend import host
from autograd_core.backend.device import module_of
from autograd_core.backend.ranges import check_range
from autograd_core.composites.fitting import key_along
from autograd_core.engine.indices import all_values, as_part
from autograd_core.engine.tensor import wrap
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.ops.index import getitem, put_zeros, setitem

__all__ = ["embedding", "embedding_bag", "one_hot"]


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Return the rows ``weight[input]``.

    Row ``padding_idx`` gets no gradient.  ``max_norm``: the rows that are used are first shortened to that
    ``norm_type``-norm, in place.  ``scale_grad_by_freq``: each row's gradient is divided by how often it is used.
    ``sparse`` changes nothing: gradients are dense.

    Shape: any of integers, weight ``(V, D)`` -> ``(*, D)``.

    Raises: IndexRangeError for an index outside the table, ShapeError for another weight.
    """
    if weight.ndim != 2:
        raise ShapeError(f"embedding: 'weight' must be 2-D; got shape {tuple(weight.shape)}")
    index = _rows_asked("embedding", input, weight)
    if max_norm is not None:
        _shorten(weight, all_values(input), max_norm, norm_type)
    rows = getitem(weight, key=key_along(0, index))
    if scale_grad_by_freq:
        rows = _scale_gradient(rows, index, weight)
    if padding_idx is None:
        return rows
    row = _row("embedding", padding_idx, weight)
    return _through(rows, lambda g: ag.masked_fill(g, (input == row).unsqueeze(-1), 0.0))


def by_table(
    weight: Tensor, indices: Tensor, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Tensor:
    """Return ``embedding`` with the arguments of ``torch.embedding``; a negative ``padding_idx`` is none."""
    return embedding(indices, weight, None if padding_idx < 0 else padding_idx, None, 2.0, scale_grad_by_freq, sparse)


def _rows_asked(name: str, index: Tensor, weight: Tensor) -> Any:
    """Return indices, each of them a row of ``weight``, as they stand in a key."""
    array = index._array if type(index) is Tensor else all_values(index)
    if array.dtype.kind not in "iu":
        raise DTypeError(f"{name}: input has dtype {array.dtype}; wanted integer indices of the rows of weight")
    check_range(name, array, weight.shape[0], what="index out of range in self: index")
    return array if type(index) is Tensor else as_part(index)


def _row(name: str, padding_idx: int, weight: Tensor) -> int:
    rows = weight.shape[0]
    if not -rows <= padding_idx < rows:
        raise ShapeError(f"{name}: Padding_idx must be within num_embeddings; got {padding_idx} for {rows} rows")
    return padding_idx % rows


def _tally(index: Any, size: int, chosen: Tensor) -> Tensor:
    """Return how often each number below ``size`` is in ``index``, where ``chosen``; ``bincount`` would wait."""
    return put_zeros(chosen.long(), shape=(size,), key=key_along(0, index))


def _scale_gradient(rows: Tensor, index: Any, weight: Tensor) -> Tensor:
    """Return the rows; the gradient of each will be divided by how often it is asked for."""

    def divided(g: Tensor) -> Tensor:
        chosen = ag.ones(index.shape, dtype=ag.int64, device=weight.device)
        often = getitem(_tally(index, weight.shape[0], chosen), key=key_along(0, index)).unsqueeze(-1)
        return (g / often.double()).to(g.dtype)

    return _through(rows, divided)


def _through(rows: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the rows, whose gradient will be changed on its way to the table; their own stays as it is."""
    if not rows.requires_grad:
        return rows
    rows.register_hook(change)
    return rows.view_as(rows)


def _shorten(weight: Tensor, asked: Any, max_norm: float, norm_type: float) -> None:
    """Scale the rows ``asked`` for, in an array, down to ``max_norm``, in place and outside the graph."""
    with ag.no_grad():
        used = wrap(module_of(asked).unique(asked))
        rows = weight[used]
        length = ag.norm(rows, norm_type, 1, keepdim=True)
        weight[used] = ag.where(length > max_norm, rows * (max_norm / (length + 1e-7)), rows)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Return int64 vectors with 1 at each class and 0 elsewhere; ``num_classes`` is by default the largest plus 1.

    ``argmax(-1)`` gives the classes back.

    Shape: any of int64 -> ``(*, num_classes)``.

    Raises: DTypeError for another dtype, ShapeError for a class outside ``[0, num_classes)``.
    """
    if tensor.dtype != ag.int64:
        raise DTypeError(f"one_hot is only applicable to index tensor of type LongTensor; got {tensor.dtype}")
    if not tensor.numel():
        if num_classes <= 0:
            raise ShapeError("one_hot: Can not infer total number of classes from empty tensor")
        return ag.zeros(*tensor.shape, num_classes, dtype=ag.int64, device=tensor.device)
    classes = tensor._array if num_classes == -1 else all_values(tensor)  # a shape must not depend on the example
    if int(classes.min()) < 0:
        raise ShapeError("one_hot: Class values must be non-negative.")
    largest = int(classes.max())
    if num_classes == -1:
        num_classes = largest + 1
    elif num_classes < 1:
        raise ShapeError(f"one_hot: num_classes should be positive; got {num_classes}")
    elif largest >= num_classes:
        raise ShapeError(f"one_hot: Class values must be smaller than num_classes; got {largest} for {num_classes}")
    return (tensor.unsqueeze(-1) == ag.arange(num_classes, device=tensor.device)).long()


# ---- bags ----


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Return the sum, mean or maximum (``mode``) of each bag of rows ``weight[i]``; 0 for an empty bag.

    The bags are the rows of a 2-D ``input``; in a 1-D one they begin at ``offsets`` (``include_last_offset``: the
    last offset is the end of the last bag).  ``per_sample_weights`` scale the rows of a sum.  Indices equal to
    ``padding_idx`` are left out.  The rest is as in ``embedding``.

    Shape: input ``(B, N)``, or ``(N,)`` and offsets ``(B,)``, weight ``(V, D)`` -> ``(B, D)``.

    Raises: ValueError where arguments do not fit together; IndexRangeError as ``embedding``.
    """
    if input.dtype.is_floating_point and weight.dtype == ag.int64:
        warnings.warn(
            "Argument order of nn.functional.embedding_bag was changed. "
            "Usage `embedding_bag(weight, input, ...)` is deprecated, and should now be "
            "`embedding_bag(input, weight, ...)`.",
            stacklevel=3,
        )
        input, weight = weight, input
    _check_bags(input, offsets, mode, scale_grad_by_freq, per_sample_weights)
    index = _rows_asked("embedding_bag", input.reshape(-1), weight)
    bags, total, longest = _bags(input, offsets, include_last_offset)
    if max_norm is not None:
        _shorten(weight, all_values(input), max_norm, norm_type)
    rows = getitem(weight, key=key_along(0, index))
    if scale_grad_by_freq:
        rows = _scale_gradient(rows, index, weight)
    if weight.dtype.itemsize == 2:
        rows = rows.float()  # sums of half-precision numbers round too much
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.reshape(-1, 1)
    kept = None if padding_idx is None else input.reshape(-1) != _row("embedding_bag", padding_idx, weight)
    return _pooled(rows, kept, bags, total, longest, mode).to(weight.dtype)


def _check_bags(
    input: Tensor, offsets: Tensor | None, mode: str, scale_grad_by_freq: bool, per_sample_weights: Tensor | None
) -> None:
    if mode not in ("sum", "mean", "max"):
        raise ShapeError(f"embedding_bag: mode has to be one of sum, mean or max; got {mode!r}")
    if mode == "max" and scale_grad_by_freq:
        raise ShapeError("embedding_bag: max mode does not support scaling the gradient by the frequency")
    if input.ndim not in (1, 2):
        raise ShapeError(f"embedding_bag: input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}")
    if input.ndim == 2 and offsets is not None:
        raise ShapeError("embedding_bag: if input is 2D, then offsets has to be None, as its rows are the bags")
    if input.ndim == 1 and (offsets is None or offsets.ndim != 1):
        raise ShapeError("embedding_bag: offsets has to be a 1D Tensor where input is 1D")
    if per_sample_weights is None:
        return
    if mode != "sum":
        raise NotImplementedError(f"embedding_bag: per_sample_weights is only supported for mode='sum'; got {mode!r}")
    if per_sample_weights.shape != input.shape:
        raise ShapeError(
            f"embedding_bag: If per_sample_weights ({tuple(per_sample_weights.shape)}) is not None, then it must have "
            f"the same shape as the input ({tuple(input.shape)})"
        )


def _bags(input: Tensor, offsets: Tensor | None, include_last_offset: bool) -> tuple[Any, int, int | None]:
    """Return the bag of each index, how many bags there are, and the size of the largest where the shape says it."""
    xp = module_of(input._array)
    places = xp.arange(input.numel())
    if offsets is None:
        rows, n = input.shape
        return places // max(n, 1), rows, n
    starts = offsets._array
    total = starts.size - include_last_offset
    if total > 0:
        _check_offsets(starts, places.size)
    return xp.searchsorted(starts[:total], places, side="right") - 1, total, None


def _check_offsets(starts: Any, size: int) -> None:
    first, last = starts[:1], starts[-1:]
    if type(starts) is not host.ndarray:  # the host does not wait for the answer
        check_range("embedding_bag", first, 1, what="offsets[0] has to be 0;")
        check_range("embedding_bag", last, size + 1, what="offsets[-1] can not be greater than input's length;")
    elif first[0] != 0:
        raise ShapeError(f"embedding_bag: offsets[0] has to be 0, i.e., the first sequence; got {first[0]}")
    elif last[0] > size:
        raise ShapeError(f"embedding_bag: offsets[-1] can not be greater than input's length {size}; got {last[0]}")


def _pooled(rows: Tensor, kept: Tensor | None, bags: Any, total: int, longest: int | None, mode: str) -> Tensor:
    """Return each bag's sum, mean or maximum of those of its rows that are ``kept``."""
    if kept is not None:  # leaving rows out would have the host wait for their number
        rows = ag.masked_fill(rows, (~kept).unsqueeze(-1), -math.inf if mode == "max" else 0.0)
    if mode == "max":
        out = _largest(rows, bags, total, longest)
    else:
        out = put_zeros(rows, shape=(total, rows.shape[1]), key=(bags,))
    if mode == "sum":
        return out
    counts = _tally(bags, total, ag.ones(bags.shape, device=rows.device) if kept is None else kept).unsqueeze(-1)
    return ag.masked_fill(out, counts == 0, 0.0) if mode == "max" else out / counts.clamp(min=1).to(out.dtype)


def _largest(rows: Tensor, bags: Any, total: int, longest: int | None) -> Tensor:
    """Return each bag's maximum: the bags side by side, filled up with -inf."""
    xp = module_of(bags)
    within = xp.arange(bags.size) - xp.searchsorted(bags, bags, side="left")
    if longest is None:
        longest = int(within.max()) + 1 if bags.size else 1
    side_by_side = ag.full(
        (total, max(longest, 1), rows.shape[1]), -math.inf, dtype=rows.dtype, device=rows.device
    )  # (B, longest, D)
    return setitem(side_by_side, rows, key=(bags, within)).max(1).values
