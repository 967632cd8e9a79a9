"""Attention on the CPU: by blocks of examples, shared among threads."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from autograd_core.backend.cpu.scratch import scratch
from autograd_core.backend.cpu.threads import run_parts, thread_count
from autograd_core.backend.shared import attending
from autograd_core.backend.shared.attending import ONLY_PRODUCTS, attention_shares, attention_weights

__all__ = ["attend", "attend_grads"]

_BLOCK_BYTES = 1 << 20  # of scores: they stay in the cache
_FEW_PRODUCTS = 1 << 21  # a thread with less work costs more than it brings
_FEW_SHARES = 1 << 15  # for fewer, what is done for blocks and threads costs more than it brings
_FEW_ROWS, _ROW_BLOCKS = 64, 8  # queries of a block where none sees a later key: fewer cost more than they save


def attend(xp: ModuleType, q: Any, k: Any, v: Any, bias: Any, kept: Any, scale: float, causal: bool) -> tuple[Any, Any]:
    """Do ``attend`` of ``backend.shared.attending``; the result lies in memory as the queries do.

    Heads that were cut out of one projection then stand side by side again, and putting them together copies nothing.
    """
    ahead = q.shape[:-2]
    if not ahead or k.shape[:-2] != ahead or v.shape[:-2] != ahead or (bias is not None and bias.ndim > q.ndim):
        return attending.attend(xp, q, k, v, bias, kept, scale, causal)
    shape = (*q.shape[:-1], k.shape[-2])
    y = np.empty_like(q, shape=(*v.shape[:-2], q.shape[-2], v.shape[-1]))
    lse = np.empty((*q.shape[:-1], 1), q.dtype)
    added, factors = (None if m is None else np.broadcast_to(m, shape) for m in (bias, kept))

    def work(part: list[slice]) -> None:
        for at in part:
            keys = _scaled(k[at], scale)
            for rows in _rows(shape[-2], shape[-1], causal):
                here = (at, ..., rows.span, slice(None))
                seen = (at, ..., rows.span, slice(rows.seen))
                own = q[here]
                out = scratch("scores", (*own.shape[:-1], rows.seen), q.dtype)
                bias_here = None if added is None else added[seen]
                weights, total, lse[here] = attention_weights(
                    np, own, keys[..., : rows.seen], bias_here, rows.first, out
                )
                if factors is not None:
                    weights *= factors[seen]
                np.matmul(weights, v[at][..., : rows.seen, :], out=y[here])
                y[here] /= total

    run_parts(work, _parts(shape, q.shape[-1], q.dtype.itemsize))
    return y, lse


def attend_grads(
    xp: ModuleType, g: Any, q: Any, k: Any, v: Any, bias: Any, kept: Any, y: Any, lse: Any, scale: float, causal: bool,
    wants: tuple[bool, ...],
) -> tuple[Any, ...]:  # fmt: skip
    """Do ``attend_grads`` of ``backend.shared.attending``; q's, k's and v's gradients lie in memory as they do."""
    shape = (*q.shape[:-1], k.shape[-2])
    plain = wants != ONLY_PRODUCTS or q.ndim < 3 or not q.shape[:-2] == k.shape[:-2] == v.shape[:-2]
    if plain or math.prod(shape) < _FEW_SHARES or (bias is not None and bias.ndim > q.ndim):
        return attending.attend_grads(xp, g, q, k, v, bias, kept, y, lse, scale, causal, wants)
    found = [np.empty_like(a) for a in (q, k, v)]
    added, factors = (None if m is None else np.broadcast_to(m, shape) for m in (bias, kept))

    def work(part: list[slice]) -> None:
        for at in part:
            keys = _scaled(k[at], scale)
            for rows in reversed(_rows(shape[-2], shape[-1], causal)):  # the last sees all keys, and so begins the sums
                here = (at, ..., rows.span, slice(None))
                seen = (at, ..., rows.span, slice(rows.seen))
                ahead = (at, ..., slice(rows.seen), slice(None))
                own, g_own = q[here], g[here]
                share, slope = (scratch(n, (*own.shape[:-1], rows.seen), q.dtype) for n in ("scores", "slopes"))
                bias_here = None if added is None else added[seen]
                attention_shares(np, own, keys[..., : rows.seen], bias_here, lse[here], rows.first, out=share)
                np.matmul(g_own, v[ahead].swapaxes(-1, -2), out=slope)
                if factors is not None:
                    slope *= factors[seen]
                slope -= np.vecdot(g_own, y[here])[..., None]
                slope *= share
                slope *= scale
                if factors is not None:
                    share *= factors[seen]
                np.matmul(slope, k[ahead], out=found[0][here])
                for grad, weights, source in ((found[1], slope, own), (found[2], share, g_own)):
                    if rows.span.stop >= shape[-2]:
                        np.matmul(weights.swapaxes(-1, -2), source, out=grad[ahead])
                    else:
                        grad[ahead] += np.matmul(weights.swapaxes(-1, -2), source)

    run_parts(work, _parts(shape, q.shape[-1], q.dtype.itemsize))
    return *found, None, None


class _Rows(NamedTuple):
    """Queries that are taken together: which, how many keys they see, and the first of them if none sees later keys."""

    span: slice
    seen: int
    first: int | None


def _rows(queries: int, keys: int, causal: bool) -> list[_Rows]:
    """Return the blocks of queries; where none sees a later key, each block goes without those after its last."""
    if not causal:
        return [_Rows(slice(0, queries), keys, None)]
    step = max(_FEW_ROWS, queries // _ROW_BLOCKS)
    starts = range(0, queries, step)
    return [_Rows(slice(i, i + step), keys if i + step >= queries else min(i + step, keys), i) for i in starts]


def _scaled(k: Any, scale: float) -> Any:
    """Return the keys transposed and scaled, in the order that OpenBLAS is quickest at: 150 us, of a view 220."""
    return np.multiply(k.swapaxes(-1, -2), scale, order="C")


def _parts(shape: tuple[int, ...], width: int, itemsize: int) -> list[list[slice]]:
    """Return the blocks of examples that each thread takes."""
    examples, each = shape[0], math.prod(shape[1:])
    threads = max(1, min(thread_count(), examples, examples * each * width // _FEW_PRODUCTS))
    share = -(-examples // threads)
    step = max(1, min(share, _BLOCK_BYTES // max(1, each * itemsize)))
    blocks = [slice(i, i + step) for i in range(0, examples, step)]
    return [blocks[t::threads] for t in range(threads)]
