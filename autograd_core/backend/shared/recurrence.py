"""Recurrent layers step by step: one product per step, everything else in place, in memory of its own.

The elements of all sequences lie in the rows of one matrix, step after step (packed): ``sizes[t]`` sequences have a
step ``t``, the longest first.  Steps of one size follow each other in a *run*, inside which features come before
sequences: a gate is one piece of memory, and ``w @ h`` takes half the time of ``h @ w.T``.  ``h`` and ``c`` hold the
states of all sequences, of which a run changes those that have its steps.

Sigmoid is ``tanh(x / 2) / 2 + 1 / 2``, as tanh is the quickest function NumPy has; the weights are halved beforehand.
What the gradient of a gate is a multiple of is computed for all steps at once, before the steps backwards.
"""

from __future__ import annotations

from itertools import accumulate, groupby
from types import ModuleType
from typing import Any, NamedTuple

__all__ = ["gru", "gru_grads", "lstm", "lstm_grads", "rnn", "rnn_grads", "steps", "sum_columns"]

Array = Any
Sizes = tuple[int, ...]


def steps(sizes: Sizes, reverse: bool) -> list[tuple[slice, int]]:
    """Return for each step, in the order in which they are taken, its rows and how many these are."""
    found = [(slice(end - n, end), n) for n, end in zip(sizes, accumulate(sizes), strict=True)]
    return found[::-1] if reverse else found


class Run(NamedTuple):
    """Steps of one size: the first row, how many steps, of how many sequences, and whether the last comes first."""

    start: int
    length: int
    batch: int
    reverse: bool

    def of_rows(self, rows: Array) -> Array:
        """Return a view in the order of the steps.  Shape: (all rows, features) -> (length, features, batch)."""
        own = rows[self.start : self.start + self.length * self.batch]
        ahead = own.reshape(self.length, self.batch, rows.shape[1]).swapaxes(1, 2)
        return ahead[::-1] if self.reverse else ahead

    def of_columns(self, columns: Array) -> Array:
        """Return a view in the order of the steps.  Shape: (features, all rows) -> (length, features, batch)."""
        own = columns[:, self.start : self.start + self.length * self.batch]
        ahead = own.reshape(len(columns), self.length, self.batch).swapaxes(0, 1)
        return ahead[::-1] if self.reverse else ahead


def _runs(sizes: Sizes, reverse: bool) -> list[Run]:
    """Return the runs in the order in which they are taken."""
    found, start = [], 0
    for n, group in groupby(sizes):
        length = len(list(group))
        found.append(Run(start, length, n, reverse))
        start += length * n
    return found[::-1] if reverse else found


def _blocks(a: Array, n: int) -> list[Array]:
    """Return views of ``n`` blocks of features.  Shape: (..., n * size, batch) -> n of (..., size, batch)."""
    size = a.shape[-2] // n
    return [a[..., k * size : (k + 1) * size, :] for k in range(n)]


def _weights(xp: ModuleType, *parts: Array | None, roll: int = 0) -> Array:
    """Return weights and biases side by side, the last ``roll`` rows first; None is a bias of zeros.

    An LSTM's gates i, f, g, o come into the order o, i, f, g: so the three that go through sigmoid lie together, and
    the three that c' depends on.
    """
    like = next(p for p in parts if p is not None)
    widths = [1 if p is None or p.ndim == 1 else p.shape[1] for p in parts]
    out = xp.empty((len(like), sum(widths)), like.dtype)
    for part, width, end in zip(parts, widths, accumulate(widths), strict=True):
        columns = out[:, end - width : end]
        if part is None:
            columns[...] = 0
        else:
            _roll(part.reshape(len(part), width), roll, columns)
    return out


def _roll(w: Array, by: int, out: Array) -> None:
    """Write ``w`` into ``out``, its last ``by`` rows first."""
    out[by:], out[:by] = w[: len(w) - by], w[len(w) - by :]


def _transposed(xp: ModuleType, w: Array, roll: int = 0) -> Array:
    """Return a copy of ``w.T``, the last ``roll`` columns first."""
    out = xp.empty(w.shape[::-1], w.dtype)
    _roll(w, roll, out.T)
    return out


def sum_columns(xp: ModuleType, a: Array) -> Array:
    """Return the sum over the columns of a matrix, as a product: a fifth of the time of ``a.sum(1)``."""
    return a @ xp.ones(a.shape[1], a.dtype)


def _sigmoid_of_double(xp: ModuleType, a: Array) -> None:
    """Overwrite ``tanh(x / 2)`` with ``sigmoid(x)``."""
    a *= 0.5
    a += 0.5


# ---- LSTM ----


def lstm(
    xp: ModuleType, x: Array, w_ih: Array, bias: Array | None, w_hh: Array, w_hr: Array | None, h: Array, c: Array,
    sizes: Sizes, reverse: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """Return the outputs, the last states, and per run what goes into its steps, c, and the gates o, i, f, g."""
    k, size = x.shape[1], len(w_ih) // 4
    w = _weights(xp, w_ih, bias, w_hh, roll=size)
    w[: 3 * size] *= 0.5
    h, c, y, kept = h.copy(), c.copy(), xp.empty((len(x), h.shape[1]), x.dtype), []
    for run in _runs(sizes, reverse):
        length, n = run.length, run.batch
        shapes = (length + 1, w.shape[1], n), (length + 1, size, n), (length, 4 * size, n)
        into, cells, gates = (xp.empty(shape, x.dtype) for shape in shapes)
        into[:length, :k], into[:, k] = run.of_rows(x), 1
        into[0, k + 1 :], cells[0] = h[:n].T, c[:n].T
        _lstm_steps(xp, w, w_hr, into, into[1:, k + 1 :], cells, gates)
        run.of_rows(y)[...] = into[1:, k + 1 :]
        h[:n], c[:n] = into[length, k + 1 :].T, cells[length].T
        kept += [into, cells, gates]
    return y, h, c, kept


def _lstm_steps(
    xp: ModuleType, w: Array, w_hr: Array | None, into: Array, states: Array, cells: Array, gates: Array
) -> None:
    size = cells.shape[1]
    u = xp.empty_like(cells[0])
    for a, ahead, before, cell, state in zip(gates, into, cells, cells[1:], states, strict=False):
        xp.matmul(w, ahead, out=a)
        xp.tanh(a, out=a)
        _sigmoid_of_double(xp, a[: 3 * size])
        o, i, f, g = _blocks(a, 4)
        xp.multiply(f, before, out=cell)
        cell += xp.multiply(i, g, out=u)
        xp.tanh(cell, out=u)
        if w_hr is None:
            xp.multiply(o, u, out=state)
        else:
            xp.matmul(w_hr, xp.multiply(o, u, out=u), out=state)


def lstm_grads(
    xp: ModuleType, grads: tuple[Array, ...], w_hh: Array, w_hr: Array | None, kept: list[Array], rows: int,
    sizes: Sizes, reverse: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """Return the gradients of the gates' sums, h before each step, the gradients of the first h and c, and of w_hr.

    Shape: (4 * size, rows), (rows, p), (n, p), (n, size), (p, size).
    """
    gy, dh, dc = grads[0], grads[1].T.copy(), grads[2].T.copy()
    size, w = len(dc), _transposed(xp, w_hh, roll=len(dc))
    d_all, h_all = _all_steps(xp, len(w_hh), len(dh), rows, gy.dtype)
    d_hr = None if w_hr is None else xp.zeros(w_hr.shape, gy.dtype)
    for k, run in reversed(list(enumerate(_runs(sizes, reverse)))):
        into, cells, gates = kept[3 * k : 3 * k + 3]
        d, slope, dy = xp.empty_like(gates), xp.empty_like(cells[1:]), run.of_rows(gy).copy()
        _lstm_slopes(xp, cells, gates, d, slope)
        state, cell = (xp.ascontiguousarray(v[:, : run.batch]) for v in (dh, dc))
        _lstm_steps_back(xp, w, w_hr, dy, state, cell, gates, d, slope)
        dh[:, : run.batch], dc[:, : run.batch] = state, cell
        own = run.of_columns(d_all)
        own[:, 3 * size :], own[:, : 3 * size] = d[:, :size], d[:, size:]
        run.of_rows(h_all)[...] = into[:-1, -len(dh) :]
        if d_hr is not None:
            hidden = xp.tanh(cells[1:]) * gates[:, :size]
            d_hr += xp.matmul(dy, hidden.swapaxes(1, 2)).sum(axis=0)
    return d_all, h_all, dh.T, dc.T, d_hr


def _lstm_slopes(xp: ModuleType, cells: Array, gates: Array, d: Array, slope: Array) -> None:
    """Compute what the gates' gradients are to those of h (o) and c' (i, f, g), and what that of c' is to that of h."""
    size = cells.shape[1]
    (o, i, _, g), (d_o, d_i, d_f, d_g) = _blocks(gates, 4), _blocks(d, 4)
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


def _lstm_steps_back(
    xp: ModuleType, w: Array, w_hr: Array | None, dy: Array, state: Array, cell: Array, gates: Array, d: Array,
    slope: Array,
) -> None:  # fmt: skip
    """Multiply the slopes ``d`` by the gradients; ``dy`` becomes that of each h, ``state`` and ``cell`` the first's."""
    length, rows, n = d.shape
    u, size = xp.empty_like(cell), rows // 4
    blocks = d.reshape(length, 4, size, n)
    for t in reversed(range(length)):
        dy[t] += state
        out = dy[t] if w_hr is None else xp.matmul(w_hr.T, dy[t])
        cell += xp.multiply(out, slope[t], out=u)
        block = blocks[t]
        block[0] *= out
        block[1:] *= cell
        xp.matmul(w, d[t], out=state)
        cell *= gates[t, 2 * size : 3 * size]


def _all_steps(xp: ModuleType, gates: int, size: int, rows: int, dtype: Any) -> tuple[Array, Array]:
    """Return memory for the gradients and states of all steps, for products over all of them."""
    return xp.empty((gates, rows), dtype), xp.empty((rows, size), dtype)


# ---- GRU ----


def gru(
    xp: ModuleType, x: Array, w_ih: Array, b_ih: Array | None, w_hh: Array, b_hh: Array | None, h: Array,
    sizes: Sizes, reverse: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """Return the outputs, the last states, and per run 1 and h, the gates r, z, n, and what r scales: W_hn h + b_hn."""
    k, size = x.shape[1], len(w_ih) // 3
    from_x, from_h = _weights(xp, w_ih, b_ih), _weights(xp, b_hh, w_hh)
    for w in (from_x, from_h):
        w[: 2 * size] *= 0.5
    h, y, kept = h.copy(), xp.empty((len(x), size), x.dtype), []
    for run in _runs(sizes, reverse):
        length, n = run.length, run.batch
        shapes = (length, k + 1, n), (length + 1, size + 1, n), (length, 3 * size, n), (length, size, n)
        into, states, gates, inner = (xp.empty(shape, x.dtype) for shape in shapes)
        into[:, :k], into[:, k] = run.of_rows(x), 1
        states[:, 0], states[0, 1:] = 1, h[:n].T
        xp.matmul(from_x, into, out=gates)
        _gru_steps(xp, from_h, states, gates, inner)
        run.of_rows(y)[...] = states[1:, 1:]
        h[:n] = states[length, 1:].T
        kept += [states, gates, inner]
    return y, h, kept


def _gru_steps(xp: ModuleType, w: Array, states: Array, gates: Array, inner: Array) -> None:
    _, size, n = inner.shape
    q, u = xp.empty((3 * size, n), gates.dtype), xp.empty((size, n), gates.dtype)
    for a, scaled, before, after in zip(gates, inner, states, states[1:], strict=False):
        xp.matmul(w, before, out=q)
        rz, new = a[: 2 * size], a[2 * size :]
        rz += q[: 2 * size]
        xp.tanh(rz, out=rz)
        _sigmoid_of_double(xp, rz)
        scaled[...] = q[2 * size :]
        new += xp.multiply(rz[:size], scaled, out=u)
        xp.tanh(new, out=new)
        xp.subtract(before[1:], new, out=u)
        u *= rz[size:]
        xp.add(u, new, out=after[1:])


def gru_grads(
    xp: ModuleType, grads: tuple[Array, ...], w_hh: Array, kept: list[Array], rows: int, sizes: Sizes, reverse: bool
) -> tuple[Array, ...]:
    """Return the gradients of the sums from x and from h, h before each step, and the gradient of the first h.

    Shape: (3 * size, rows) twice, (rows, size), (n, size).
    """
    gy, dh = grads[0], grads[1].T.copy()
    size, w = len(dh), _transposed(xp, w_hh)
    d_all, h_all = _all_steps(xp, len(w_hh), size, rows, gy.dtype)
    d_in = xp.empty_like(d_all)
    for k, run in reversed(list(enumerate(_runs(sizes, reverse)))):
        states, gates, inner = kept[3 * k : 3 * k + 3]
        d, d_new, dy = xp.empty_like(gates), xp.empty_like(inner), run.of_rows(gy).copy()
        _gru_slopes(xp, states, gates, inner, d, d_new)
        state = xp.ascontiguousarray(dh[:, : run.batch])
        _gru_steps_back(xp, w, dy, state, gates, d, d_new)
        dh[:, : run.batch] = state
        run.of_columns(d_all)[...] = d
        own = run.of_columns(d_in)
        own[:, : 2 * size], own[:, 2 * size :] = d[:, : 2 * size], d_new
        run.of_rows(h_all)[...] = states[:-1, 1:]
    return d_in, d_all, h_all, dh.T


def _gru_slopes(xp: ModuleType, states: Array, gates: Array, inner: Array, d: Array, d_new: Array) -> None:
    """Compute what the gradients of the sums are to that of h': ``d`` those from h, ``d_new`` the new gate's from x."""
    size = inner.shape[1]
    (r, _, new), (d_r, d_z, d_q) = _blocks(gates, 3), _blocks(d, 3)
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


def _gru_steps_back(xp: ModuleType, w: Array, dy: Array, state: Array, gates: Array, d: Array, d_new: Array) -> None:
    length, size, n = d_new.shape
    u, blocks = xp.empty((size, n), d.dtype), d.reshape(length, 3, size, n)
    for t in reversed(range(length)):
        state += dy[t]
        blocks[t] *= state
        d_new[t] *= state
        state *= gates[t, size : 2 * size]
        state += xp.matmul(w, d[t], out=u)


# ---- RNN ----


def rnn(
    xp: ModuleType, x: Array, w_ih: Array, bias: Array | None, w_hh: Array, h: Array, relu: bool, sizes: Sizes,
    reverse: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """Return the outputs, the last states, and per run what goes into its steps: x, 1 and h."""
    k, size = x.shape[1], len(w_ih)
    w = _weights(xp, w_ih, bias, w_hh)
    h, y, kept = h.copy(), xp.empty((len(x), size), x.dtype), []
    for run in _runs(sizes, reverse):
        length, n = run.length, run.batch
        into = xp.empty((length + 1, w.shape[1], n), x.dtype)
        into[:length, :k], into[:, k], into[0, k + 1 :] = run.of_rows(x), 1, h[:n].T
        for before, state in zip(into, into[1:, k + 1 :], strict=False):
            xp.matmul(w, before, out=state)
            if relu:
                xp.maximum(state, 0, out=state)
            else:
                xp.tanh(state, out=state)
        run.of_rows(y)[...] = into[1:, k + 1 :]
        h[:n] = into[length, k + 1 :].T
        kept.append(into)
    return y, h, kept


def rnn_grads(
    xp: ModuleType, grads: tuple[Array, ...], w_hh: Array, relu: bool, kept: list[Array], rows: int, sizes: Sizes,
    reverse: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """Return the gradients of the sums, h before each step, and the gradient of the first h.

    Shape: (size, rows), (rows, size), (n, size).
    """
    gy, dh = grads[0], grads[1].T.copy()
    size, w = len(dh), _transposed(xp, w_hh)
    d_all, h_all = _all_steps(xp, size, size, rows, gy.dtype)
    for into, run in reversed(list(zip(kept, _runs(sizes, reverse), strict=True))):
        dy, y = run.of_rows(gy).copy(), into[1:, -size:]
        d = xp.empty_like(dy)
        if relu:
            d[...] = y != 0
        else:
            xp.multiply(y, y, out=d)
            xp.subtract(1, d, out=d)
        state = xp.ascontiguousarray(dh[:, : run.batch])
        for slope, g in zip(d[::-1], dy[::-1], strict=True):
            state += g
            slope *= state
            xp.matmul(w, slope, out=state)
        dh[:, : run.batch] = state
        run.of_columns(d_all)[...] = d
        run.of_rows(h_all)[...] = into[:-1, -size:]
    return d_all, h_all, dh.T
