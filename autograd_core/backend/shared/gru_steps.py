"""The GRU step by step; the product with x is one for all steps of a run."""

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

__all__ = ["gru", "gru_grads"]

Array = Any
Sizes = tuple[int, ...]


def gru(
    xp: ModuleType, x: Array, w_ih: Array, b_ih: Array | None, w_hh: Array, b_hh: Array | None, h: Array,
    sizes: Sizes, reverse: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """Return the outputs, the last state, and per part and run x and 1, 1 and h, the gates, and what r scales."""
    size = len(w_ih) // 3
    weights = joined(xp, w_ih, b_ih), joined(xp, b_hh, w_hh)
    for w in weights:
        w[: 2 * size] *= 0.5
    h, y = h.copy(), xp.empty((len(x), size), x.dtype)

    def work(part: slice, runs: list[Run]) -> list[tuple[Array, ...]]:
        return [_run(xp, run, x, weights, h[part][: run.n], y) for run in runs]

    return y, h, each_part(xp, work, sequence_parts(xp, sizes, weights[1]), sizes, reverse)


def _run(xp: ModuleType, run: Run, x: Array, weights: tuple[Array, Array], h: Array, y: Array) -> tuple[Array, ...]:
    """Write the outputs and the last state of a run into ``y`` and ``h``."""
    (length, n), k, size = (run.length, run.n), x.shape[1], h.shape[1]
    shapes = (length, k + 1, n), (length + 1, size + 1, n), (length, 3 * size, n), (length, size, n)
    into, states, gates, inner = (xp.empty(shape, x.dtype) for shape in shapes)
    into[:, :k], into[:, k] = run.of_rows(x), 1
    states[:, 0], states[0, 1:] = 1, h.T
    from_x, from_h = (in_row_blocks(xp, w, n) for w in weights)
    xp.matmul(from_x, into[:, None], out=row_blocks(from_x, gates))
    _steps(xp, from_h, states, gates, inner)
    run.of_rows(y)[...] = states[1:, 1:]
    h[...] = states[length, 1:].T
    return into, states, gates, inner


def _steps(xp: ModuleType, w: Array, states: Array, gates: Array, inner: Array) -> None:
    """Let r, z, n, which are the sums from x, become the gates; ``inner`` is ``W_hn h + b_hn``."""
    _, size, n = inner.shape
    q, u = xp.empty((3 * size, n), gates.dtype), xp.empty((size, n), gates.dtype)
    sums = row_blocks(w, q[None])[0]
    for a, scaled, before, after in zip(gates, inner, states, states[1:], strict=False):
        xp.matmul(w, before, out=sums)
        rz, new = a[: 2 * size], a[2 * size :]
        rz += q[: 2 * size]
        xp.tanh(rz, out=rz)
        half_plus_half(rz)
        scaled[...] = q[2 * size :]
        new += xp.multiply(rz[:size], scaled, out=u)
        xp.tanh(new, out=new)
        xp.subtract(before[1:], new, out=u)
        u *= rz[size:]
        xp.add(u, new, out=after[1:])


def gru_grads(
    xp: ModuleType, grads: tuple[Array, ...], x: Array, w_ih: Array, w_hh: Array, kept: list[list[tuple[Array, ...]]],
    wants: tuple[bool, ...], sizes: Sizes, reverse: bool,
) -> tuple[Array | None, ...]:  # fmt: skip
    """Return the gradients of x, w_ih, b_ih, w_hh, b_hh and h."""
    gy, dh = grads[0], grads[1].copy()
    k, size, w = x.shape[1], dh.shape[1], transposed(xp, w_hh)
    dx = xp.empty(x.shape, x.dtype) if wants[0] else None

    def work(part: slice, runs: list[Run]) -> tuple[Array | None, Array | None]:
        rows = sum(run.length * run.n for run in runs)
        heights = 3 * size, 3 * size, k + 1, size + 1
        d_in, d, into, states = (xp.empty((height, rows), x.dtype) for height in heights)
        _runs_back(xp, list(zip(runs, kept[part.start], strict=True)), gy, dh[part], w, (d_in, d, into, states))
        if dx is not None:
            found = (d_in.T @ w_ih).T
            for run in runs:
                run.of_rows(dx)[...] = run.of_columns(found)
        return d_in @ into.T if any(wants[1:3]) else None, d @ states.T if any(wants[3:5]) else None

    of_x, of_h = zip(*each_part(xp, work, len(kept), sizes, reverse), strict=True)
    from_x, from_h = (sum_parts(of_x, columns) for columns in (slice(k), k)), (slice(1, None), 0)
    return dx, *from_x, *(sum_parts(of_h, columns) for columns in from_h), dh


def _runs_back(
    xp: ModuleType, runs: list[tuple[Run, tuple[Array, ...]]], gy: Array, dh: Array, w: Array,
    memory: tuple[Array, Array, Array, Array],
) -> None:  # fmt: skip
    """Fill the gradients of the sums from x and h, and what went into these; ``dh`` becomes that of the first h."""
    size = dh.shape[1]
    for run, (into, states, gates, inner) in reversed(runs):
        d, d_new, dy = xp.empty_like(gates), xp.empty_like(inner), run.of_rows(gy).copy()
        _slopes(xp, states, gates, inner, d, d_new)
        state = xp.ascontiguousarray(dh[: run.n].T)
        _steps_back(xp, in_row_blocks(xp, w, run.n), dy, state, gates, d, d_new)
        dh[: run.n] = state.T
        d_in, d_all, into_all, states_all = (run.of_columns(m) for m in memory)
        d_in[:, : 2 * size], d_in[:, 2 * size :] = d[:, : 2 * size], d_new
        d_all[...], into_all[...], states_all[...] = d, into, states[:-1]


def _slopes(xp: ModuleType, states: Array, gates: Array, inner: Array, d: Array, d_new: Array) -> None:
    """Compute what the gradients of the sums are to that of h': ``d`` those from h, ``d_new`` the new gate's from x."""
    size = inner.shape[1]
    (r, _, new), (d_r, d_z, d_q) = blocks(gates, 3), blocks(d, 3)
    through_sigmoid = d[:, : 2 * size]
    xp.subtract(1, gates[:, : 2 * size], out=through_sigmoid)
    xp.multiply(new, new, out=d_new)
    xp.subtract(1, d_new, out=d_new)
    d_new *= d_z  # (1 - n * n) * (1 - z)
    through_sigmoid *= gates[:, : 2 * size]
    xp.subtract(states[:-1, 1:], new, out=d_q)
    d_z *= d_q
    d_r *= inner
    d_r *= d_new
    xp.multiply(d_new, r, out=d_q)


def _steps_back(xp: ModuleType, w: Array, dy: Array, state: Array, gates: Array, d: Array, d_new: Array) -> None:
    """Multiply the slopes by the gradients; ``state`` becomes that of the first h."""
    length, size, n = d_new.shape
    u, thirds = xp.empty((size, n), d.dtype), d.reshape(length, 3, size, n)
    before = row_blocks(w, u[None])[0]
    for t in reversed(range(length)):
        state += dy[t]
        thirds[t] *= state
        d_new[t] *= state
        state *= gates[t, size : 2 * size]
        xp.matmul(w, d[t], out=before)
        state += u
