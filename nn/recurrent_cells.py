"""Recurrent cells: one step of a recurrent layer."""

from __future__ import annotations

import math
from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.ops.recurrence import gru, lstm, rnn

from . import init
from .base.module import Module
from .parameter import Parameter

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "RNNCellBase"]


class RNNCellBase(Module):
    """Base class of the cells: their weights and biases, drawn from U(-k, k) with k = 1 / sqrt(hidden_size).

    Args:
        input_size: features of the input.
        hidden_size: features of the state.
        bias: whether there are ``bias_ih`` and ``bias_hh``.
        num_chunks: how many blocks of ``hidden_size`` rows the weights have.
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        """Make the parameters."""
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows, kind = num_chunks * hidden_size, {"device": device, "dtype": dtype}
        self.weight_ih = Parameter(ag.empty((rows, input_size), **kind))
        self.weight_hh = Parameter(ag.empty((rows, hidden_size), **kind))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(ag.empty(rows, **kind)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        draw_parameters(self)

    def _checked(self, input: Tensor, states: tuple[Tensor, ...] | None, count: int = 1) -> tuple[Tensor, Any]:
        """Return input and states as batches: zeros for no states, a batch of one for an input without batch.

        Raises: ValueError where one has more than two dimensions.
        """
        for what, tensor in (("input", input), *((f"hx[{k}]", s) for k, s in enumerate(states or ()))):
            if tensor.ndim not in (1, 2):
                raise ValueError(f"{type(self).__name__}: Expected {what} to be 1D or 2D, got {tensor.ndim}D instead")
        batched = input.ndim == 2
        x = input if batched else input.unsqueeze(0)
        if states is None:
            return x, (ag.zeros(len(x), self.hidden_size, dtype=x.dtype, device=x.device),) * count
        return x, states if batched else tuple(s.unsqueeze(0) for s in states)

    def extra_repr(self) -> str:
        """Return the sizes and whatever is not the default."""
        text = f"{self.input_size}, {self.hidden_size}"
        text += "" if self.bias is True else f", bias={self.bias}"
        nonlinearity = vars(self).get("nonlinearity", "tanh")
        return text if nonlinearity == "tanh" else f"{text}, nonlinearity={nonlinearity}"


class RNNCell(RNNCellBase):
    """Return ``h' = tanh(weight_ih @ x + bias_ih + weight_hh @ h + bias_hh)``, or with relu for tanh.

    Shape: ``(N, input_size)`` and h ``(N, hidden_size)`` -> ``(N, hidden_size)``; or all without ``N``.

    Args:
        input_size: features of the input.
        hidden_size: features of the state.
        bias: whether there are ``bias_ih`` and ``bias_hh``.
        nonlinearity: "tanh" or "relu".

    Source: Elman, Finding structure in time.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        """Make a cell."""
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """Return the next state; ``hx`` is the last one, zeros by default.

        Raises: RuntimeError for an unknown nonlinearity.
        """
        x, (h,) = self._checked(input, None if hx is None else (hx,))
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}; wanted 'tanh' or 'relu'")
        weights = self.weight_ih, self.bias_ih, self.weight_hh, self.bias_hh
        y: Tensor = rnn(x, *weights, h, nonlinearity=self.nonlinearity, sizes=(len(x),))[0]
        return y if input.ndim == 2 else y.squeeze(0)


class LSTMCell(RNNCellBase):
    """Return ``c' = f * c + i * g`` and ``h' = o * tanh(c')``: long short-term memory.

    ``i, f, g, o`` are the blocks of ``weight_ih @ x + bias_ih + weight_hh @ h + bias_hh``, g through tanh, the others
    through sigmoid.

    Shape: ``(N, input_size)``, h and c ``(N, hidden_size)`` -> the same, h' and c'; or all without ``N``.

    Args:
        input_size: features of the input.
        hidden_size: features of the states.
        bias: whether there are ``bias_ih`` and ``bias_hh``.

    Source: Hochreiter and Schmidhuber, Long short-term memory; Gers et al., Learning to forget.
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        """Make a cell."""
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """Return the next ``(h, c)``; ``hx`` are the last ones, zeros by default."""
        x, (h, c) = self._checked(input, hx, 2)
        weights = self.weight_ih, self.bias_ih, self.weight_hh, self.bias_hh
        h, _, c = lstm(x, *weights, None, h, c, sizes=(len(x),))
        return (h, c) if input.ndim == 2 else (h.squeeze(0), c.squeeze(0))


class GRUCell(RNNCellBase):
    """Return ``h' = (1 - z) * n + z * h`` with ``n = tanh(a_n + r * q_n)``: a gated recurrent unit.

    ``r = sigmoid(a_r + q_r)`` and ``z = sigmoid(a_z + q_z)``, where the blocks r, z, n of a are those of
    ``weight_ih @ x + bias_ih``, of q those of ``weight_hh @ h + bias_hh``.

    Shape: ``(N, input_size)`` and h ``(N, hidden_size)`` -> ``(N, hidden_size)``; or all without ``N``.

    Args:
        input_size: features of the input.
        hidden_size: features of the state.
        bias: whether there are ``bias_ih`` and ``bias_hh``.

    Source: Cho et al., Learning phrase representations using RNN encoder-decoder; here r acts after the product.
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        """Make a cell."""
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """Return the next state; ``hx`` is the last one, zeros by default."""
        x, (h,) = self._checked(input, None if hx is None else (hx,))
        y: Tensor = gru(x, self.weight_ih, self.bias_ih, self.weight_hh, self.bias_hh, h, sizes=(len(x),))[0]
        return y if input.ndim == 2 else y.squeeze(0)


def draw_parameters(module: Any) -> None:
    """Draw every parameter of a recurrent module from U(-k, k) with k = 1 / sqrt(hidden_size)."""
    bound = 1 / math.sqrt(module.hidden_size) if module.hidden_size > 0 else 0.0
    for parameter in module.parameters():
        init.uniform_(parameter, -bound, bound)
