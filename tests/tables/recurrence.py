"""Recurrent layers: one direction of one layer over packed sequences."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.errors import ShapeError
from tests.rows import Row, bad, s

PLAIN = SimpleNamespace(
    tanh=np.tanh,
    sigmoid=lambda x: 1 / (1 + np.exp(-x)),
    relu=lambda x: np.maximum(x, 0),
    cat=lambda xs: np.concatenate(xs, 0),
)


def affine(x: Any, w: Any, b: Any) -> Any:
    return x @ w.T if b is None else x @ w.T + b


def parts(a: Any, n: int) -> list[Any]:
    size = a.shape[1] // n
    return [a[:, k * size : (k + 1) * size] for k in range(n)]


def scan(t: Any, cell: Any, x: Any, states: list[Any], sizes: tuple[int, ...], reverse: bool) -> tuple[Any, ...]:
    """Apply a cell step after step to the elements of packed sequences and to the states of those still there."""
    ends = np.cumsum(sizes)
    outputs: dict[int, Any] = {}
    for step in range(len(sizes))[:: -1 if reverse else 1]:
        n = sizes[step]
        new = cell(x[int(ends[step]) - n : int(ends[step])], *[v[:n] for v in states])
        states = [t.cat([a, b[n:]]) for a, b in zip(new, states)]
        outputs[step] = new[0]
    return t.cat([outputs[k] for k in range(len(sizes))]), *states


def lstm(
    t: Any, x: Any, w_ih: Any, b_ih: Any, w_hh: Any, b_hh: Any, w_hr: Any, h: Any, c: Any, *, sizes: Any,
    reverse: bool = False,
) -> Any:  # fmt: skip
    def cell(x: Any, h: Any, c: Any) -> list[Any]:
        i, f, g, o = parts(affine(x, w_ih, b_ih) + affine(h, w_hh, b_hh), 4)
        c = t.sigmoid(f) * c + t.sigmoid(i) * t.tanh(g)
        h = t.sigmoid(o) * t.tanh(c)
        return [h if w_hr is None else h @ w_hr.T, c]

    return scan(t, cell, x, [h, c], sizes, reverse)


def gru(
    t: Any, x: Any, w_ih: Any, b_ih: Any, w_hh: Any, b_hh: Any, h: Any, *, sizes: Any, reverse: bool = False
) -> Any:
    def cell(x: Any, h: Any) -> list[Any]:
        (a_r, a_z, a_n), (q_r, q_z, q_n) = parts(affine(x, w_ih, b_ih), 3), parts(affine(h, w_hh, b_hh), 3)
        z = t.sigmoid(a_z + q_z)
        return [(1 - z) * t.tanh(a_n + t.sigmoid(a_r + q_r) * q_n) + z * h]

    return scan(t, cell, x, [h], sizes, reverse)


def rnn(
    t: Any, x: Any, w_ih: Any, b_ih: Any, w_hh: Any, b_hh: Any, h: Any, *, nonlinearity: str, sizes: Any,
    reverse: bool = False,
) -> Any:  # fmt: skip
    def cell(x: Any, h: Any) -> list[Any]:
        return [getattr(t, nonlinearity)(affine(x, w_ih, b_ih) + affine(h, w_hh, b_hh))]

    return scan(t, cell, x, [h], sizes, reverse)


def row(name: str, twin: Any, *samples: Any, **columns: Any) -> Row:
    """Return the row of a recurrence, whose references are all one text, on NumPy, PyTorch and this project."""
    return Row(
        name, *samples, torch=twin, numpy=lambda *args, **options: twin(PLAIN, *args, **options),
        composition=lambda *args, **options: twin(ag, *args, **options), **columns,
    )  # fmt: skip


TANH, RELU = {"nonlinearity": "tanh"}, {"nonlinearity": "relu"}
PACKED: dict[str, Any] = {"sizes": (3, 2, 2, 1)}
BACK = PACKED | {"reverse": True}
TWICE: dict[str, Any] = {"sizes": (2, 2)}
ONCE: dict[str, Any] = {"sizes": (2,)}

# fmt: off
PRIMITIVES = [
    row("lstm", lstm,
        s((4, 3), (8, 3), (8,), (8, 2), (8,), None, (2, 2), (2, 2), **TWICE),
        s((8, 1), (8, 1), (8,), (8, 2), None, None, (3, 2), (3, 2), **PACKED),
        s((8, 2), (8, 2), None, (8, 1), (8,), (1, 2), (3, 1), (3, 2), **BACK),
        s((2, 2), (8, 2), None, (8, 2), None, None, (2, 2), (2, 2), **ONCE),
        s((0, 2), (4, 2), (4,), (4, 1), (4,), None, (0, 1), (0, 1), sizes=(0, 0)),
        errors=(bad(ShapeError, "^lstm: input has inconsistent input_size: got 3 expected 2",
                    (2, 3), (4, 2), None, (4, 1), None, None, (2, 1), (2, 1), **ONCE),
                bad(ShapeError, "^lstm: Input batch size 2 doesn't match hidden1 batch size 3",
                    (2, 3), (4, 3), None, (4, 1), None, None, (2, 1), (3, 1), **ONCE),
                bad(ShapeError, "^lstm: hidden0 has inconsistent hidden_size: got 2, expected 1",
                    (2, 3), (4, 3), None, (4, 1), None, None, (2, 2), (2, 1), **ONCE))),
    row("gru", gru,
        s((4, 3), (6, 3), (6,), (6, 2), (6,), (2, 2), **TWICE),
        s((8, 1), (6, 1), None, (6, 2), (6,), (3, 2), **PACKED),
        s((8, 2), (6, 2), (6,), (6, 2), None, (3, 2), **BACK),
        s((2, 2), (6, 2), None, (6, 2), None, (2, 2), **ONCE),
        errors=(bad(ShapeError, "^gru: hidden0 has inconsistent hidden_size: got 2, expected 1",
                    (2, 3), (3, 3), None, (3, 1), None, (2, 2), **ONCE),)),
    row("rnn", rnn,
        s((4, 3), (2, 3), (2,), (2, 2), (2,), (2, 2), **TANH, **TWICE),
        s((8, 1), (2, 1), None, (2, 2), (2,), (3, 2), **TANH, **PACKED),
        s((8, 2), (2, 2), (2,), (2, 2), None, (3, 2), **RELU, **BACK),
        s((2, 2), (2, 2), None, (2, 2), None, (2, 2), **RELU, **ONCE),
        errors=(bad(ShapeError, "^rnn: Input batch size 2 doesn't match hidden0 batch size 1",
                    (2, 3), (1, 3), None, (1, 1), None, (1, 1), **TANH, **ONCE),)),
]
# fmt: on
