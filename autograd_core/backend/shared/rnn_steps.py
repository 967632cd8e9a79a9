"""The recurrent layer without gates, step by step."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from autograd_core.backend.shared.recurrence import (
    Run,
    each_part,
    in_row_blocks,
    joined,
    row_blocks,
    sequence_parts,
    sum_parts,
    transposed,
)

__all__ = ["rnn", "rnn_grads"]

Array = Any
Sizes = tuple[int, ...]


def rnn(
    xp: ModuleType, x: Array, w_ih: Array, bias: Array | None, w_hh: Array, h: Array, relu: bool, sizes: Sizes,
    reverse: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """Return the outputs, the last state, and per part and run what goes into its steps: x, 1 and h."""
    w = joined(xp, w_ih, bias, w_hh)
    h, y = h.copy(), xp.empty((len(x), len(w_ih)), x.dtype)

    def work(part: slice, runs: list[Run]) -> list[Array]:
        return [_run(xp, run, x, w, h[part][: run.n], relu, y) for run in runs]

    return y, h, each_part(xp, work, sequence_parts(xp, sizes, w), sizes, reverse)


def _run(xp: ModuleType, run: Run, x: Array, w: Array, h: Array, relu: bool, y: Array) -> Array:
    """Write the outputs and the last state of a run into ``y`` and ``h``."""
    length, k, w = run.length, x.shape[1], in_row_blocks(xp, w, run.n)
    into = xp.empty((length + 1, w.shape[2], run.n), x.dtype)
    into[:length, :k], into[:, k], into[0, k + 1 :] = run.of_rows(x), 1, h.T
    states = into[1:, k + 1 :]
    for before, state, sums in zip(into, states, row_blocks(w, states), strict=False):
        xp.matmul(w, before, out=sums)
        if relu:
            xp.maximum(state, 0, out=state)
        else:
            xp.tanh(state, out=state)
    run.of_rows(y)[...] = states
    h[...] = states[-1].T
    return into


def rnn_grads(
    xp: ModuleType, grads: tuple[Array, ...], x: Array, w_ih: Array, w_hh: Array, relu: bool, kept: list[list[Array]],
    wants: tuple[bool, ...], sizes: Sizes, reverse: bool,
) -> tuple[Array | None, ...]:  # fmt: skip
    """Return the gradients of x, w_ih, a bias, w_hh, a bias and h."""
    gy, dh = grads[0], grads[1].copy()
    k, w = x.shape[1], transposed(xp, w_hh)
    dx = xp.empty(x.shape, x.dtype) if wants[0] else None

    def work(part: slice, runs: list[Run]) -> Array | None:
        rows = sum(run.length * run.n for run in runs)
        d, into = xp.empty((len(w_ih), rows), x.dtype), xp.empty((k + 1 + len(w_hh), rows), x.dtype)
        _runs_back(xp, list(zip(runs, kept[part.start], strict=True)), gy, dh[part], w, relu, d, into)
        if dx is not None:
            found = (d.T @ w_ih).T
            for run in runs:
                run.of_rows(dx)[...] = run.of_columns(found)
        return d @ into.T if any(wants[1:5]) else None

    found = each_part(xp, work, len(kept), sizes, reverse)
    return dx, *(sum_parts(found, columns) for columns in (slice(k), k, slice(k + 1, None), k)), dh


def _runs_back(
    xp: ModuleType, runs: list[tuple[Run, Array]], gy: Array, dh: Array, w: Array, relu: bool, d_all: Array,
    into_all: Array,
) -> None:  # fmt: skip
    """Fill the gradients of the sums and what went into these; ``dh`` becomes that of the first h."""
    for run, into in reversed(runs):
        dy, y = run.of_rows(gy).copy(), into[1:, -dh.shape[1] :]
        d = xp.empty_like(dy)
        if relu:
            d[...] = y != 0
        else:
            xp.multiply(y, y, out=d)
            xp.subtract(1, d, out=d)
        state, own = xp.ascontiguousarray(dh[: run.n].T), in_row_blocks(xp, w, run.n)
        before = row_blocks(own, state[None])[0]
        for slope, g in zip(d[::-1], dy[::-1], strict=True):
            state += g
            slope *= state
            xp.matmul(own, slope, out=before)
        dh[: run.n] = state.T
        run.of_columns(d_all)[...], run.of_columns(into_all)[...] = d, into[:-1]
