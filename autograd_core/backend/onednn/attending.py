"""Attention by oneDNN: products and softmax in its threads, of short float32 sequences without a mask of their own.

Nothing is kept for the gradients: the softmax is computed again from queries and keys, in a third of their time.
Measured inside a step of a GPT, (12, 4, 64, 32), forward and backward: 0.6 and 1.2 ms, by NumPy 0.8 and 1.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from autograd_core.backend import cpu as plain
from autograd_core.backend.onednn.interface import Argument
from autograd_core.backend.onednn.layouts import Layout, dense, layout_of
from autograd_core.backend.onednn.library import Library, library
from autograd_core.backend.onednn.operations import Operation, described, prepared, released
from autograd_core.backend.onednn.softmax import softmax, softmax_grad
from autograd_core.backend.shared.attending import ONLY_PRODUCTS, hide

__all__ = ["attend", "attend_grads"]

Array = Any
Size = tuple[int, ...]

FEW = 1 << 14  # scores: for fewer, NumPy's passes take less time than the calls
MANY = 1 << 14  # scores of one head: of more, NumPy's blocks of queries leave out those that are not seen
BLOCK_BYTES = 1 << 23  # of scores that are computed at a time


def attend(
    xp: ModuleType, q: Array, k: Array, v: Array, bias: Array, kept: Array, scale: float, causal: bool
) -> tuple[Array, Array]:
    """Do ``attend`` of ``backend.cpu.attending``, without the logarithms."""
    if not _serves(q, k, v, bias):
        return plain.attend(xp, q, k, v, bias, kept, scale, causal)
    shape = (*q.shape[:-1], k.shape[-2])
    factors = None if kept is None else np.broadcast_to(kept, shape)

    def of_block(at: slice) -> tuple[Array]:
        shares = _shares(q[at] * np.float32(scale), k[at], causal)
        if factors is not None:
            shares *= factors[at]
        return (_product(shares, v[at], like=q),)

    return _by_blocks(of_block, shape)[0], None


def attend_grads(
    xp: ModuleType, g: Array, q: Array, k: Array, v: Array, bias: Array, kept: Array, y: Array, lse: Array,
    scale: float, causal: bool, wants: tuple[bool, ...],
) -> tuple[Any, ...]:  # fmt: skip
    """Do ``attend_grads`` of ``backend.cpu.attending``."""
    if lse is None and (wants != ONLY_PRODUCTS or library() is None):
        y, lse = plain.attend(xp, q, k, v, bias, kept, scale, causal)
    if lse is not None:
        return plain.attend_grads(xp, g, q, k, v, bias, kept, y, lse, scale, causal, wants)
    shape = (*q.shape[:-1], k.shape[-2])
    factors = None if kept is None else np.broadcast_to(kept, shape)

    def of_block(at: slice) -> tuple[Array, ...]:
        return _block_grads(g[at], q[at], k[at], v[at], None if factors is None else factors[at], scale, causal)

    return *_by_blocks(of_block, shape), None, None


def _by_blocks(work: Callable[[slice], tuple[Array, ...]], scores: Size) -> Sequence[Array]:
    """Return what ``work`` gives for all examples, of whose scores ``BLOCK_BYTES`` are there at a time."""
    n, step = scores[0], max(1, BLOCK_BYTES // (4 * math.prod(scores[1:])))
    first = work(slice(0, step))
    if step >= n:
        return first
    found = [np.empty_like(part, shape=(n, *part.shape[1:])) for part in first]
    for i in range(0, n, step):
        for whole, part in zip(found, work(slice(i, i + step)) if i else first):
            whole[i : i + step] = part
    return found


def _block_grads(
    g: Array, q: Array, k: Array, v: Array, factors: Array, scale: float, causal: bool
) -> tuple[Array, Array, Array]:
    """Return the gradients of q, k and v.  Source: that of softmax, and those of products."""
    scaled = q * np.float32(scale)
    shares = _shares(scaled, k, causal)
    slopes = _product(g, v.swapaxes(-1, -2))
    if factors is not None:
        slopes *= factors
    slopes = softmax_grad(np, slopes, shares, -1)
    q_grad = _product(slopes, k, like=q)
    q_grad *= scale
    k_grad = _product(slopes.swapaxes(-1, -2), scaled, like=k)
    if factors is not None:
        shares *= factors
    return q_grad, k_grad, _product(shares.swapaxes(-1, -2), g, like=v)


def _serves(q: Array, k: Array, v: Array, bias: Array) -> bool:
    """Whether oneDNN can do it, and is there."""
    if bias is not None or q.ndim < 3 or not q.shape[:-2] == k.shape[:-2] == v.shape[:-2]:
        return False
    each = q.shape[-2] * k.shape[-2]
    if each > MANY or math.prod(q.shape[:-2]) * each < FEW or not q.dtype == k.dtype == v.dtype == np.float32:
        return False
    return library() is not None


def _shares(scaled: Array, k: Array, causal: bool) -> Array:
    """Return the softmax of the scores."""
    scores = _product(scaled, k.swapaxes(-1, -2))
    hide(np, scores, 0 if causal else None)
    return softmax(np, scores, -1)


def _product(a: Array, b: Array, like: Array | None = None) -> Array:
    """Return ``a @ b``, in row-major order or with dims that lie in memory as those of ``like`` do."""
    shape = (*a.shape[:-1], b.shape[-1])
    strides = None if like is None else np.empty_like(like, shape=shape).strides
    operation = prepared(_matmul, a.shape, a.strides, b.shape, b.strides, strides)
    return np.matmul(a, b) if operation is None else operation(a, b)


# ---- how oneDNN is told ----


def _matmul(
    lib: Library, a_shape: Size, a_strides: Size, b_shape: Size, b_strides: Size, strides: Size | None
) -> Operation:
    shape = (*a_shape[:-1], b_shape[-1])
    layouts: list[Layout] = [layout_of(a_shape, a_strides), layout_of(b_shape, b_strides)]
    layouts.append(dense(shape) if strides is None else layout_of(shape, strides))
    a, b, y = handles = [described(lib, layout) for layout in layouts]
    with released(lib, handles):
        descriptor = lib.create("matmul_primitive_desc_create", lib.engine, a, b, None, y, None)
    inputs = {Argument.SRC: layouts[0], Argument.WEIGHTS: layouts[1]}
    return Operation(lib, descriptor, inputs, {Argument.DST: layouts[2]})
