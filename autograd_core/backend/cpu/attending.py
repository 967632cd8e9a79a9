"""Attention on the CPU: by blocks of examples, shared among threads."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np

from autograd_core.backend.cpu.scratch import scratch
from autograd_core.backend.cpu.threads import run_parts, thread_count
from autograd_core.backend.shared import attending
from autograd_core.backend.shared.attending import attention_shares

__all__ = ["attend", "attend_grads"]

_BLOCK_BYTES = 1 << 20  # of scores: they stay in the cache
_FEW_PRODUCTS = 1 << 21  # a thread with less work costs more than it brings
_FEW_SHARES = 1 << 15  # for fewer, what is done for blocks and threads costs more than it brings
_ONLY_PRODUCTS = (True, True, True, False, False)


def attend(xp: ModuleType, q: Any, k: Any, v: Any, bias: Any, kept: Any, scale: float, causal: bool) -> tuple[Any, Any]:
    """Do ``attend`` of ``backend.shared.attending``; the result lies in memory as the queries do.

    Heads that were cut out of one projection then stand side by side again, and putting them together copies nothing.
    """
    ahead = q.shape[:-2]
    if not ahead or k.shape[:-2] != ahead or v.shape[:-2] != ahead or (bias is not None and bias.ndim > q.ndim):
        return attending.attend(xp, q, k, v, bias, kept, scale, causal)
    shape = (*q.shape[:-1], k.shape[-2])
    y = np.empty_like(q, shape=(*v.shape[:-2], q.shape[-2], v.shape[-1]))
    shares = np.empty(shape, q.dtype)
    masks = [None if m is None else np.broadcast_to(m, shape) for m in (bias, kept)]

    def work(part: list[slice]) -> None:
        for at in part:
            # the copy in order is what OpenBLAS multiplies by fastest: 150 us instead of 220 with a view
            keys = np.multiply(k[at].swapaxes(-1, -2), scale, order="C")
            added, factor = (None if m is None else m[at] for m in masks)
            found = attention_shares(np, q[at], keys, added, causal, out=shares[at])
            np.matmul(found if factor is None else found * factor, v[at], out=y[at])

    run_parts(work, _parts(shape, q.shape[-1], q.dtype.itemsize))
    return y, shares


def attend_grads(
    g: Any, q: Any, k: Any, v: Any, kept: Any, y: Any, shares: Any, scale: float, wants: tuple[bool, ...]
) -> tuple[Any, ...]:
    """Do ``attend_grads`` of ``backend.shared.attending``; q's, k's and v's gradients lie in memory as they do."""
    plain = wants != _ONLY_PRODUCTS or q.ndim < 3 or not q.shape[:-2] == k.shape[:-2] == v.shape[:-2]
    if plain or shares.size < _FEW_SHARES:
        return attending.attend_grads(g, q, k, v, kept, y, shares, scale, wants)
    found = [np.empty_like(a) for a in (q, k, v)]
    factors = None if kept is None else np.broadcast_to(kept, shares.shape)

    def work(part: list[slice]) -> None:
        for at in part:
            q_grad, k_grad, v_grad = (a[at] for a in found)
            share = shares[at]
            slope = np.matmul(g[at], v[at].swapaxes(-1, -2), out=scratch("attention", share.shape, share.dtype))
            if factors is not None:
                slope *= factors[at]
            slope -= np.vecdot(g[at], y[at])[..., None]
            slope *= share
            slope *= scale
            np.matmul(slope, k[at], out=q_grad)
            np.matmul(slope.swapaxes(-1, -2), q[at], out=k_grad)
            dropped = share if factors is None else np.multiply(share, factors[at], out=slope)
            np.matmul(dropped.swapaxes(-1, -2), g[at], out=v_grad)

    run_parts(work, _parts(shares.shape, q.shape[-1], q.dtype.itemsize))
    return *found, None, None


def _parts(shape: tuple[int, ...], width: int, itemsize: int) -> list[list[slice]]:
    """Return the blocks of examples that each thread takes."""
    examples, each = shape[0], math.prod(shape[1:])
    threads = max(1, min(thread_count(), examples, examples * each * width // _FEW_PRODUCTS))
    share = -(-examples // threads)
    step = max(1, min(share, _BLOCK_BYTES // max(1, each * itemsize)))
    blocks = [slice(i, i + step) for i in range(0, examples, step)]
    return [blocks[t::threads] for t in range(threads)]
