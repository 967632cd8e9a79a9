"""The LSTM by oneDNN: one operation for all steps each way, of float32 sequences of one length."""

from __future__ import annotations

from ctypes import c_void_p
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from autograd_core.backend import cpu as plain
from autograd_core.backend.onednn.interface import EXEC_ARGUMENT_LAYOUT, Argument, Kind
from autograd_core.backend.onednn.layouts import Layout, dense
from autograd_core.backend.onednn.library import Library
from autograd_core.backend.onednn.operations import Operation, described, opened, prepared, released

__all__ = ["lstm", "lstm_grads"]

Array = Any
Sizes = tuple[int, ...]

FEW = 1 << 20  # products of numbers in all steps: for fewer, NumPy's steps take less time than making it ready
FORWARDS, BACKWARDS = 1, 2  # the directions


class _Kept(NamedTuple):
    """What the gradients need beside x, weights and y: the other arguments and results, and oneDNN's own notes."""

    bias: Array
    h: Array
    c: Array
    last_h: Array
    last_c: Array
    notes: Array


def lstm(
    xp: ModuleType, x: Array, w_ih: Array, bias: Array | None, w_hh: Array, w_hr: Array | None, h: Array, c: Array,
    sizes: Sizes, reverse: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """Do ``lstm`` of ``backend.shared.lstm_steps``, which serves packed, projected and small ones."""
    if (
        w_hr is not None or sizes[0] != sizes[-1] or x.dtype != np.float32
        or len(x) * (w_ih.size + w_hh.size) < FEW
        or (operation := prepared(_forward, *_extent(x, w_hh, sizes), reverse)) is None
    ):  # fmt: skip
        return plain.lstm(xp, x, w_ih, bias, w_hh, w_hr, h, c, sizes, reverse)
    bias = np.zeros(len(w_ih), x.dtype) if bias is None else np.ascontiguousarray(bias)
    h, c = h.copy(), c.copy()
    y, last_h, last_c, notes = operation(np.ascontiguousarray(x), h, c, _turned(w_ih), _turned(w_hh), bias)
    y, last_h, last_c = y.reshape(len(x), -1), last_h.reshape(h.shape), last_c.reshape(c.shape)
    return y, last_h, last_c, _Kept(bias, h, c, last_h.copy(), last_c.copy(), notes)


def lstm_grads(
    xp: ModuleType, grads: tuple[Array, ...], x: Array, w_ih: Array, w_hh: Array, w_hr: Array | None, y: Array,
    kept: Any, wants: tuple[bool, ...], sizes: Sizes, reverse: bool,
) -> tuple[Array | None, ...]:  # fmt: skip
    """Do ``lstm_grads`` of ``backend.shared.lstm_steps``."""
    if isinstance(kept, _Kept):
        operation = prepared(_backward, *_extent(x, w_hh, sizes), reverse)
        if operation is not None:
            x, *g = map(np.ascontiguousarray, (x, *grads))
            weights, results = (_turned(w_ih), _turned(w_hh), kept.bias), (y, kept.last_h, kept.last_c, kept.notes)
            dx, dh, dc, d_ih, d_hh, db = operation(x, kept.h, kept.c, *weights, *results, *g)
            d_ih, d_hh = (d.transpose(0, 1, 3, 4, 2).reshape(4 * d.shape[4], -1) for d in (d_ih, d_hh))  # views
            db, dh, dc = db.reshape(-1), dh.reshape(kept.h.shape), dc.reshape(kept.c.shape)
            return dx.reshape(x.shape), d_ih, db, d_hh, db, None, dh, dc
        kept = plain.lstm(xp, x, w_ih, kept.bias, w_hh, None, kept.h, kept.c, sizes, reverse)[-1]  # switched off since
    return plain.lstm_grads(xp, grads, x, w_ih, w_hh, w_hr, y, kept, wants, sizes, reverse)


# ---- how oneDNN is told ----


def _extent(x: Array, w_hh: Array, sizes: Sizes) -> tuple[int, int, int, int]:
    """Return the number of steps, of sequences, of features that come in, and of those that go out."""
    return len(sizes), sizes[0], x.shape[1], w_hh.shape[1]


def _turned(w: Array) -> Array:
    """Return PyTorch's weights as a view with the dims of oneDNN's.  Shape: (4m, k) -> (1, 1, k, 4, m)."""
    return np.ascontiguousarray(w).reshape(1, 1, 4, len(w) // 4, -1).transpose(0, 1, 4, 2, 3)


class _Arrays:
    """The layouts of an LSTM's arrays, and the descriptors that are made of them."""

    def __init__(self, length: int, batch: int, features: int, units: int, reverse: bool) -> None:
        self.direction = BACKWARDS if reverse else FORWARDS
        self.x, self.y = dense((length, batch, features)), dense((length, batch, units))
        self.state, self.bias = dense((1, 1, batch, units)), dense((1, 1, 4, units))
        self.weights = _weights(features, units), _weights(units, units)

    def forward(self, lib: Library) -> c_void_p:
        """Return the descriptor of the forward primitive, which may choose how its weights lie."""
        x, state, bias, y, *weights = handles = self._described(lib)
        with released(lib, handles):
            arrays = (x, state, state, *weights, None, None, bias, y, state, state)
            name, kinds = "lstm_forward_primitive_desc_create", (Kind.FORWARD_TRAINING, self.direction)
            return lib.create(name, lib.engine, *kinds, *arrays, 0, None)

    def backward(self, lib: Library) -> c_void_p:
        """Return the descriptor of the backward primitive."""
        x, state, bias, y, *weights = handles = self._described(lib)
        hint = self.forward(lib)
        with released(lib, handles, (hint,)):
            arrays = (x, state, state, *weights, None, None, bias, y, state, state)
            name, kinds = "lstm_backward_primitive_desc_create", (Kind.BACKWARD, self.direction)
            return lib.create(name, lib.engine, *kinds, *arrays, *arrays, 0, hint, None)

    def _described(self, lib: Library) -> list[c_void_p]:
        fixed = [described(lib, layout) for layout in (self.x, self.state, self.bias, self.y)]
        return fixed + [opened(lib, layout[1]) for layout in self.weights]

    def inputs(self) -> dict[int, Layout]:
        """Return the layouts of what comes in, by place."""
        return {
            Argument.SRC: self.x, Argument.SRC_ITER: self.state, Argument.SRC_ITER_C: self.state,
            Argument.WEIGHTS: self.weights[0], Argument.WEIGHTS_ITER: self.weights[1], Argument.BIAS: self.bias,
        }  # fmt: skip

    def outputs(self, lib: Library, descriptor: c_void_p) -> dict[int, Layout]:
        """Return the layouts of what goes out, by place."""
        notes = lib.functions["primitive_desc_query_md"](descriptor, EXEC_ARGUMENT_LAYOUT, Argument.WORKSPACE)
        return {
            Argument.DST: self.y, Argument.DST_ITER: self.state, Argument.DST_ITER_C: self.state,
            Argument.WORKSPACE: dense((lib.functions["memory_desc_get_size"](notes),), Kind.UINT8),
        }  # fmt: skip


def _weights(features: int, units: int) -> Layout:
    """Return the layout of PyTorch's weights ``(4 * units, features)`` as oneDNN sees it, gates after inputs."""
    every, gate = 4 * units * features, units * features
    return Kind.FLOAT32, (1, 1, features, 4, units), (every, every, 1, gate, features)


def _forward(lib: Library, length: int, batch: int, features: int, units: int, reverse: bool) -> Operation:
    arrays = _Arrays(length, batch, features, units, reverse)
    descriptor = arrays.forward(lib)
    return Operation(lib, descriptor, arrays.inputs(), arrays.outputs(lib, descriptor))


def _backward(lib: Library, length: int, batch: int, features: int, units: int, reverse: bool) -> Operation:
    arrays = _Arrays(length, batch, features, units, reverse)
    descriptor = arrays.backward(lib)
    inputs = arrays.inputs() | arrays.outputs(lib, descriptor) | {Argument.DIFF_DST: arrays.y}
    inputs |= dict.fromkeys((Argument.DIFF_DST_ITER, Argument.DIFF_DST_ITER_C), arrays.state)
    states = dict.fromkeys((Argument.DIFF_SRC_ITER, Argument.DIFF_SRC_ITER_C), arrays.state)
    of_weights = {Argument.DIFF_WEIGHTS: arrays.weights[0], Argument.DIFF_WEIGHTS_ITER: arrays.weights[1]}
    of_weights[Argument.DIFF_BIAS] = arrays.bias
    outputs = {Argument.DIFF_SRC: arrays.x} | states | of_weights
    return Operation(lib, descriptor, inputs, outputs, sums=of_weights)
