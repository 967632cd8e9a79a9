"""The LSTM step by step: one product per step, everything else in place, in memory of its own.

The gates i, f, g, o are kept in the order o, i, f, g: so the three that go through sigmoid lie together, and the three
that c' depends on.  What the gradient of a gate is a multiple of is computed for many steps at once, before the steps
backwards.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from autograd_core.backend.shared.recurrence import (
    Run,
    blocks,
    each_part,
    half_plus_half,
    in_row_blocks,
    joined,
    row_blocks,
    sequence_parts,
    sum_parts,
    transposed,
)

__all__ = ["lstm", "lstm_grads"]

Array = Any
Sizes = tuple[int, ...]


def lstm(
    xp: ModuleType, x: Array, w_ih: Array, bias: Array | None, w_hh: Array, w_hr: Array | None, h: Array, c: Array,
    sizes: Sizes, reverse: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """Return the outputs, the last states, and per part and run what goes into its steps, c, and the gates."""
    size = len(w_ih) // 4
    w = joined(xp, w_ih, bias, w_hh, roll=size)
    w[: 3 * size] *= 0.5
    h, c, y = h.copy(), c.copy(), xp.empty((len(x), h.shape[1]), x.dtype)

    def work(part: slice, runs: list[Run]) -> list[tuple[Array, ...]]:
        return [_run(xp, run, x, w, w_hr, h[part][: run.n], c[part][: run.n], y) for run in runs]

    return y, h, c, each_part(xp, work, sequence_parts(xp, sizes, w), sizes, reverse)


def _run(
    xp: ModuleType, run: Run, x: Array, w: Array, w_hr: Array | None, h: Array, c: Array, y: Array
) -> tuple[Array, ...]:
    """Write the outputs and the last states of a run into ``y``, ``h`` and ``c``."""
    (length, n), k, size = (run.length, run.n), x.shape[1], c.shape[1]
    shapes = (length + 1, w.shape[1], n), (length + 1, size, n), (length, 4 * size, n)
    into, cells, gates = (xp.empty(shape, x.dtype) for shape in shapes)
    into[:length, :k], into[:, k] = run.of_rows(x), 1
    into[0, k + 1 :], cells[0] = h.T, c.T
    _steps(xp, in_row_blocks(xp, w, n), w_hr, into, into[1:, k + 1 :], cells, gates)
    run.of_rows(y)[...] = into[1:, k + 1 :]
    h[...], c[...] = into[length, k + 1 :].T, cells[length].T
    return into, cells, gates


def _steps(
    xp: ModuleType, w: Array, w_hr: Array | None, into: Array, states: Array, cells: Array, gates: Array
) -> None:
    u, through_sigmoid = xp.empty_like(cells[0]), gates[:, : 3 * cells.shape[1]]
    views = row_blocks(w, gates), gates, through_sigmoid, *blocks(gates, 4), into, cells, cells[1:], states
    for sums, a, oif, o, i, f, g, ahead, before, cell, state in zip(*views, strict=False):
        xp.matmul(w, ahead, out=sums)
        xp.tanh(a, out=a)
        half_plus_half(oif)
        xp.multiply(f, before, out=cell)
        cell += xp.multiply(i, g, out=u)
        xp.tanh(cell, out=u)
        if w_hr is None:
            xp.multiply(o, u, out=state)
        else:
            xp.matmul(w_hr, xp.multiply(o, u, out=u), out=state)


def lstm_grads(
    xp: ModuleType, grads: tuple[Array, ...], x: Array, w_ih: Array, w_hh: Array, w_hr: Array | None, y: Array,
    kept: list[list[tuple[Array, ...]]], wants: tuple[bool, ...], sizes: Sizes, reverse: bool,
) -> tuple[Array | None, ...]:  # fmt: skip
    """Return the gradients of x, w_ih, a bias, w_hh, a bias, w_hr, h and c; not by ``y``, which is kept already."""
    gy, dh, dc = grads[0], grads[1].copy(), grads[2].copy()
    k, w = x.shape[1], transposed(xp, w_hh, roll=dc.shape[1])
    dx = xp.empty(x.shape, x.dtype) if wants[0] else None

    def work(part: slice, runs: list[Run]) -> tuple[Array | None, Array | None]:
        rows = sum(run.length * run.n for run in runs)
        d, into = xp.empty((len(w_ih), rows), x.dtype), xp.empty((k + 1 + len(w), rows), x.dtype)
        own, first, d_hr = kept[part.start], (dh[part], dc[part]), None if w_hr is None else xp.zeros_like(w_hr)
        for run, arrays in reversed(list(zip(runs, own, strict=True))):
            _run_back(xp, run, arrays, gy, first, w, w_hr, (run.of_columns(d), run.of_columns(into), d_hr))
        if dx is not None:
            found = (d.T @ w_ih).T
            for run in runs:
                run.of_rows(dx)[...] = run.of_columns(found)
        return d @ into.T if any(wants[1:5]) else None, d_hr

    of_weights, of_hr = zip(*each_part(xp, work, len(kept), sizes, reverse), strict=True)
    found = (sum_parts(of_weights, columns) for columns in (slice(k), k, slice(k + 1, None), k))
    return dx, *found, sum_parts(of_hr, slice(None)), dh, dc


def _run_back(
    xp: ModuleType, run: Run, kept: tuple[Array, ...], gy: Array, first: tuple[Array, Array], w: Array,
    w_hr: Array | None, results: tuple[Array, ...],
) -> None:  # fmt: skip
    """Fill the gradients of the gates' sums and what went into these; add to the gradient of ``w_hr``.

    The gradients ``first`` of the states after the run become those of the states before it.
    """
    (into, cells, gates), (d_own, into_own, d_hr) = kept, results
    (dh, dc), size, dy = (v[: run.n] for v in first), cells.shape[1], run.of_rows(gy).copy()
    d, state, cell = xp.empty_like(gates), xp.ascontiguousarray(dh.T), xp.ascontiguousarray(dc.T)
    _steps_back(xp, in_row_blocks(xp, w, run.n), w_hr, dy, state, cell, cells, gates, d)
    dh[...], dc[...] = state.T, cell.T
    d_own[:, 3 * size :], d_own[:, : 3 * size] = d[:, :size], d[:, size:]
    into_own[...] = into[:-1]
    if d_hr is not None:
        hidden = xp.tanh(cells[1:]) * gates[:, :size]
        d_hr += xp.matmul(dy, hidden.swapaxes(1, 2)).sum(axis=0)


def _slopes(xp: ModuleType, cells: Array, gates: Array, d: Array, slope: Array) -> None:
    """Compute what the gates' gradients are to those of h (o) and c' (i, f, g), and what that of c' is to that of h."""
    size = slope.shape[1]
    (o, i, _, g), (d_o, d_i, d_f, d_g) = blocks(gates, 4), blocks(d, 4)
    xp.tanh(cells[1:], out=slope)
    through_sigmoid = d[:, : 3 * size]
    xp.subtract(1, gates[:, : 3 * size], out=through_sigmoid)
    through_sigmoid *= gates[:, : 3 * size]
    d_o *= slope
    d_i *= g
    d_f *= cells[:-1]
    xp.multiply(g, g, out=d_g)
    xp.subtract(1, d_g, out=d_g)
    d_g *= i
    slope *= slope
    xp.subtract(1, slope, out=slope)
    slope *= o


def _steps_back(
    xp: ModuleType, w: Array, w_hr: Array | None, dy: Array, state: Array, cell: Array, cells: Array, gates: Array,
    d: Array,
) -> None:  # fmt: skip
    """Compute the gates' gradients ``d``; ``dy`` becomes that of each h, ``state`` and ``cell`` those of the first."""
    length, rows, n = d.shape
    u, slope, size = xp.empty_like(cell), xp.empty_like(cells[1:]), rows // 4
    _slopes(xp, cells, gates, d, slope)
    quarters, before = d.reshape(length, 4, size, n), row_blocks(w, state[None])[0]
    for t in reversed(range(length)):
        dy[t] += state
        out = dy[t] if w_hr is None else xp.matmul(w_hr.T, dy[t])
        cell += xp.multiply(out, slope[t], out=u)
        quarter = quarters[t]
        quarter[0] *= out
        quarter[1:] *= cell
        xp.matmul(w, d[t], out=before)
        cell *= gates[t, 2 * size : 3 * size]
