"""Recurrent layers: one primitive is one layer in one direction, over all steps of all sequences.

The rows of ``x`` are the elements of the sequences, step after step: ``sizes[t]`` sequences, the longest first, have a
step ``t``.  A padded batch has ``sizes = (batch,) * length``; a cell is one step.

Plain backward runs kernels; under ``create_graph`` the gradients are those of the same steps written in primitives.
"""

from __future__ import annotations

from typing import Any

from autograd_core.backend.device import kernels_of, module_of
from autograd_core.backend.shared import gru_steps, rnn_steps
from autograd_core.engine.primitive import primitive
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import ShapeError
from autograd_core.ops.batching import also_of_none
from autograd_core.ops.contract import linear
from autograd_core.ops.functions import relu, sigmoid
from autograd_core.ops.trigonometry import tanh
from autograd_core.ops.unrolling import examples_of_steps, gradients_of_steps, tangents_of_steps

Sizes = tuple[int, ...]


@primitive(dtypes="match", outputs=("y", "last_h", "last_c"), residuals=("kept",))
def lstm(
    xp: Any, x: Any, w_ih: Any, b_ih: Any, w_hh: Any, b_hh: Any, w_hr: Any, h: Any, c: Any, /, *, sizes: Sizes,
    reverse: bool = False,
) -> Any:  # fmt: skip
    """Return the outputs and the last states of ``c' = f * c + i * g``, ``h' = o * tanh(c')``, projected by ``w_hr``.

    ``i, f, g, o`` are the blocks of ``w_ih @ x + b_ih + w_hh @ h + b_hh``: g through tanh, the others through sigmoid.
    Shape: x (rows, k), w_ih (4m, k), w_hh (4m, p), biases (4m) or None, w_hr (p, m), or None and p = m, h (n, p),
    c (n, m) -> (rows, p), (n, p), (n, m).
    Source: Hochreiter & Schmidhuber 1997; Gers et al. 2000 (f); Sak et al. 2014 (w_hr).
    """
    _check("lstm", x, w_ih, w_hh, (h, c), sizes)
    return kernels_of(xp).lstm(xp, x, w_ih, _both(b_ih, b_hh), w_hh, w_hr, h, c, sizes, reverse)


def _lstm_rule(
    g: Any, x: Any, w_ih: Any, b_ih: Any, w_hh: Any, b_hh: Any, w_hr: Any, h: Any, c: Any, y: Any, kept: Any,
    wants: tuple[bool, ...], sizes: Sizes, reverse: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """Source: Graves & Schmidhuber 2005, appendix A."""
    if isinstance(x, Tensor):
        return gradients_of_steps(_lstm_step, g, (x, w_ih, b_ih, w_hh, b_hh, w_hr, h, c), wants, sizes, reverse)
    xp = module_of(x)
    return kernels_of(xp).lstm_grads(xp, g, x, w_ih, w_hh, w_hr, y, kept, wants, sizes, reverse)


def _lstm_step(a: Any, w_hh: Any, b_hh: Any, w_hr: Any, h: Any, c: Any) -> tuple[Any, Any]:
    i, f, g, o = _blocks(a + linear(h, w_hh, b_hh), 4)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    h = sigmoid(o) * tanh(c)
    return h if w_hr is None else linear(h, w_hr, None), c


def _lstm_change(
    t: tuple[Any, ...], x: Any, w_ih: Any, b_ih: Any, w_hh: Any, b_hh: Any, w_hr: Any, h: Any, c: Any, sizes: Sizes,
    reverse: bool,
) -> tuple[Any, ...]:  # fmt: skip
    return tangents_of_steps(_lstm_step, t, (x, w_ih, b_ih, w_hh, b_hh, w_hr, h, c), 2, sizes, reverse)


lstm.joint_vjp(_lstm_rule)
lstm.joint_jvp(_lstm_change)
lstm.batch(also_of_none(lambda *given, **meta: examples_of_steps(lstm, _lstm_step, 2, *given, **meta)))


@primitive(dtypes="match", outputs=("y", "last_h"), residuals=("kept",))
def gru(
    xp: Any, x: Any, w_ih: Any, b_ih: Any, w_hh: Any, b_hh: Any, h: Any, /, *, sizes: Sizes, reverse: bool = False
) -> Any:
    """Return the outputs and the last state of ``h' = (1 - z) * n + z * h``, ``n = tanh(a_n + r * q_n)``.

    ``r = sigmoid(a_r + q_r)``, ``z = sigmoid(a_z + q_z)``; the blocks of ``a`` are those of ``w_ih @ x + b_ih``, of
    ``q`` those of ``w_hh @ h + b_hh``.
    Shape: x (rows, k), w_ih (3m, k), w_hh (3m, m), biases (3m) or None, h (n, m) -> (rows, m), (n, m).
    Source: Cho et al. 2014, with the reset gate after the product.
    """
    _check("gru", x, w_ih, w_hh, (h,), sizes)
    return gru_steps.gru(xp, x, w_ih, b_ih, w_hh, b_hh, h, sizes, reverse)


def _gru_rule(
    g: Any, x: Any, w_ih: Any, b_ih: Any, w_hh: Any, b_hh: Any, h: Any, kept: Any,
    wants: tuple[bool, ...], sizes: Sizes, reverse: bool,
) -> tuple[Any, ...]:  # fmt: skip
    if isinstance(x, Tensor):
        return gradients_of_steps(_gru_step, g, (x, w_ih, b_ih, w_hh, b_hh, h), wants, sizes, reverse)
    return gru_steps.gru_grads(module_of(x), g, x, w_ih, w_hh, kept, wants, sizes, reverse)


def _gru_step(a: Any, w_hh: Any, b_hh: Any, h: Any) -> tuple[Any]:
    (a_r, a_z, a_n), (q_r, q_z, q_n) = _blocks(a, 3), _blocks(linear(h, w_hh, b_hh), 3)
    n = tanh(a_n + sigmoid(a_r + q_r) * q_n)
    return (n + sigmoid(a_z + q_z) * (h - n),)


def _gru_change(
    t: tuple[Any, ...], x: Any, w_ih: Any, b_ih: Any, w_hh: Any, b_hh: Any, h: Any, sizes: Sizes, reverse: bool
) -> tuple[Any, ...]:
    return tangents_of_steps(_gru_step, t, (x, w_ih, b_ih, w_hh, b_hh, h), 1, sizes, reverse)


gru.joint_vjp(_gru_rule)
gru.joint_jvp(_gru_change)
gru.batch(also_of_none(lambda *given, **meta: examples_of_steps(gru, _gru_step, 1, *given, **meta)))


@primitive(dtypes="match", outputs=("y", "last_h"), residuals=("kept",))
def rnn(
    xp: Any, x: Any, w_ih: Any, b_ih: Any, w_hh: Any, b_hh: Any, h: Any, /, *, nonlinearity: str, sizes: Sizes,
    reverse: bool = False,
) -> Any:  # fmt: skip
    """Return the outputs and the last state of ``h' = act(w_ih @ x + b_ih + w_hh @ h + b_hh)``, act tanh or relu.

    Shape: x (rows, k), w_ih (m, k), w_hh (m, m), biases (m) or None, h (n, m) -> (rows, m), (n, m).
    Source: Elman 1990.
    """
    _check("rnn", x, w_ih, w_hh, (h,), sizes)
    return rnn_steps.rnn(xp, x, w_ih, _both(b_ih, b_hh), w_hh, h, nonlinearity == "relu", sizes, reverse)


def _rnn_rule(
    g: Any, x: Any, w_ih: Any, b_ih: Any, w_hh: Any, b_hh: Any, h: Any, kept: Any, wants: tuple[bool, ...],
    nonlinearity: str, sizes: Sizes, reverse: bool,
) -> tuple[Any, ...]:  # fmt: skip
    if isinstance(x, Tensor):
        return gradients_of_steps(STEPS[nonlinearity], g, (x, w_ih, b_ih, w_hh, b_hh, h), wants, sizes, reverse)
    relu_used = nonlinearity == "relu"
    return rnn_steps.rnn_grads(module_of(x), g, x, w_ih, w_hh, relu_used, kept, wants, sizes, reverse)


def _tanh_step(a: Any, w_hh: Any, b_hh: Any, h: Any) -> tuple[Any]:
    return (tanh(a + linear(h, w_hh, b_hh)),)


def _relu_step(a: Any, w_hh: Any, b_hh: Any, h: Any) -> tuple[Any]:
    return (relu(a + linear(h, w_hh, b_hh)),)


STEPS = {"tanh": _tanh_step, "relu": _relu_step}


def _rnn_change(
    t: tuple[Any, ...], x: Any, w_ih: Any, b_ih: Any, w_hh: Any, b_hh: Any, h: Any, nonlinearity: str, sizes: Sizes,
    reverse: bool,
) -> tuple[Any, ...]:  # fmt: skip
    return tangents_of_steps(STEPS[nonlinearity], t, (x, w_ih, b_ih, w_hh, b_hh, h), 1, sizes, reverse)


rnn.joint_vjp(_rnn_rule)
rnn.joint_jvp(_rnn_change)
rnn.batch(
    also_of_none(lambda *given, **meta: examples_of_steps(rnn, STEPS[meta["nonlinearity"]], 1, *given, **meta))
)


# ---- what they share ----


def _check(name: str, x: Any, w_ih: Any, w_hh: Any, states: tuple[Any, ...], sizes: Sizes) -> None:
    """Raise ShapeError, in PyTorch's words, where the arguments do not fit together."""
    if x.shape[1] != w_ih.shape[1]:
        raise ShapeError(f"{name}: input has inconsistent input_size: got {x.shape[1]} expected {w_ih.shape[1]}")
    if not sizes:
        raise ShapeError(f"{name}: Expected sequence length to be larger than 0 in RNN")
    for k, (state, features) in enumerate(zip(states, (w_hh.shape[1], len(w_hh) // 4), strict=False)):
        if sizes[0] != len(state):
            raise ShapeError(f"{name}: Input batch size {sizes[0]} doesn't match hidden{k} batch size {len(state)}")
        if state.shape[1] != features:
            raise ShapeError(
                f"{name}: hidden{k} has inconsistent hidden_size: got {state.shape[1]}, expected {features}"
            )


def _both(a: Any, b: Any) -> Any:
    """Return the sum of two biases, of which either may be None."""
    return b if a is None else a if b is None else a + b


def _blocks(a: Any, n: int) -> list[Any]:
    size = a.shape[1] // n
    return [a[:, k * size : (k + 1) * size] for k in range(n)]
