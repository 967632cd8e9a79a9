"""Recurrent layers over whole sequences: stacked, in one or both directions, padded or packed."""

from __future__ import annotations

from typing import Any

from autograd_core import Tensor
from autograd_core.ops.recurrence import gru, lstm, rnn

from .recurrent_base import RNNBase, States

__all__ = ["GRU", "LSTM", "RNN"]


class RNN(RNNBase):
    """At each step, return ``h' = tanh(weight_ih @ x + bias_ih + weight_hh @ h + bias_hh)``, or with relu for tanh.

    Shape: ``(T, N, input_size)`` and h ``(layers * directions, N, hidden_size)`` ->
    ``(T, N, directions * hidden_size)`` and the last h; or all without ``N``.

    Args:
        input_size: features of the input.
        hidden_size: features of the state.
        num_layers: how many layers; each takes the last one's outputs.
        nonlinearity: "tanh" or "relu".
        bias: whether there are biases.
        batch_first: whether inputs and outputs are ``(N, T, *)``; states are not affected.
        dropout: the probability with which an output of any but the last layer is dropped in training.
        bidirectional: whether a second set of layers reads the sequences backwards.

    Source: Elman, Finding structure in time.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        **options: Any,
    ) -> None:
        """Make a layer.

        Raises: ValueError for an unknown nonlinearity, or for ``proj_size``, which is an LSTM's.
        """
        _refuse(options)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(
            f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, bias, batch_first, dropout,
            bidirectional, 0, device, dtype,
        )  # fmt: skip
        self.nonlinearity = nonlinearity

    def _scan(self, x: Tensor, weights: list[Any], states: States, sizes: tuple[int, ...], reverse: bool) -> Any:
        return rnn(x, *weights[:4], *states, nonlinearity=self.nonlinearity, sizes=sizes, reverse=reverse)


class LSTM(RNNBase):
    """At each step, return ``c' = f * c + i * g`` and ``h' = o * tanh(c')``: long short-term memory.

    ``i, f, g, o`` are the blocks of ``weight_ih @ x + bias_ih + weight_hh @ h + bias_hh``, g through tanh, the others
    through sigmoid.  With ``proj_size``, ``h' = weight_hr @ (o * tanh(c'))``.

    Shape: ``(T, N, input_size)``, h ``(layers * directions, N, proj_size or hidden_size)`` and c
    ``(layers * directions, N, hidden_size)`` -> ``(T, N, directions * (proj_size or hidden_size))`` and the last
    ``(h, c)``; or all without ``N``.

    Args:
        input_size: features of the input.
        hidden_size: features of the states.
        num_layers: how many layers; each takes the last one's outputs.
        bias: whether there are biases.
        batch_first: whether inputs and outputs are ``(N, T, *)``; states are not affected.
        dropout: the probability with which an output of any but the last layer is dropped in training.
        bidirectional: whether a second set of layers reads the sequences backwards.
        proj_size: features that h is projected to; 0: none.

    Source: Hochreiter and Schmidhuber, Long short-term memory; Gers et al., Learning to forget; Sak et al., Long
    short-term memory based recurrent neural network architectures (proj_size).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        """Make a layer."""
        super().__init__(
            "LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, device,
            dtype,
        )  # fmt: skip

    def _scan(self, x: Tensor, weights: list[Any], states: States, sizes: tuple[int, ...], reverse: bool) -> Any:
        return lstm(x, *weights, *states, sizes=sizes, reverse=reverse)

    def _features(self) -> tuple[int, ...]:
        return self.proj_size or self.hidden_size, self.hidden_size

    def _apart(self, hx: Any) -> States:
        return tuple(hx)

    def _joined(self, states: States) -> Any:
        return states

    def get_expected_cell_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """Return the shape that c must have."""
        return *self.get_expected_hidden_size(input, batch_sizes)[:2], self.hidden_size

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Raise where input or states do not fit the layer; no states fit."""
        self.check_input(input, batch_sizes)
        if hidden is not None:
            wanted = self.get_expected_hidden_size, self.get_expected_cell_size
            for k, size in enumerate(wanted):
                self.check_hidden_size(hidden[k], size(input, batch_sizes), f"Expected hidden[{k}] size {{}}, got {{}}")


class GRU(RNNBase):
    """At each step, return ``h' = (1 - z) * n + z * h`` with ``n = tanh(a_n + r * q_n)``: gated recurrent units.

    ``r = sigmoid(a_r + q_r)`` and ``z = sigmoid(a_z + q_z)``, where the blocks r, z, n of a are those of
    ``weight_ih @ x + bias_ih``, of q those of ``weight_hh @ h + bias_hh``.

    Shape: ``(T, N, input_size)`` and h ``(layers * directions, N, hidden_size)`` ->
    ``(T, N, directions * hidden_size)`` and the last h; or all without ``N``.

    Args:
        input_size: features of the input.
        hidden_size: features of the state.
        num_layers: how many layers; each takes the last one's outputs.
        bias: whether there are biases.
        batch_first: whether inputs and outputs are ``(N, T, *)``; states are not affected.
        dropout: the probability with which an output of any but the last layer is dropped in training.
        bidirectional: whether a second set of layers reads the sequences backwards.

    Source: Cho et al., Learning phrase representations using RNN encoder-decoder; here r acts after the product.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        **options: Any,
    ) -> None:
        """Make a layer.

        Raises: ValueError for ``proj_size``, which is an LSTM's.
        """
        _refuse(options)
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )

    def _scan(self, x: Tensor, weights: list[Any], states: States, sizes: tuple[int, ...], reverse: bool) -> Any:
        return gru(x, *weights[:4], *states, sizes=sizes, reverse=reverse)


def _refuse(options: dict[str, Any]) -> None:
    """Raise for keyword arguments that a layer does not take."""
    if "proj_size" in options:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
    if options:
        raise TypeError(f"got an unexpected keyword argument {next(iter(options))!r}")
