"""What recurrent layers share: parameters, layers upon layers in one or both directions, padded and packed input."""

from __future__ import annotations

import warnings
from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import ShapeError

from . import functional as F
from .base.module import Module
from .parameter import Parameter
from .recurrent_cells import draw_parameters
from .utils.rnn import PackedSequence

__all__ = ["RNNBase"]

GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}
States = tuple[Tensor, ...]


class RNNBase(Module):
    """Base class of the recurrent layers: their parameters, drawn from U(-k, k) with k = 1 / sqrt(hidden_size).

    Layer k has ``weight_ih_l[k]``, ``weight_hh_l[k]``, ``bias_ih_l[k]``, ``bias_hh_l[k]`` and, where it projects its
    state, ``weight_hr_l[k]``; those of the other direction end in ``_reverse``.

    Args:
        mode: "RNN_TANH", "RNN_RELU", "LSTM" or "GRU".
        input_size: features of the input.
        hidden_size: features of the state.
        num_layers: how many layers; each takes the last one's outputs.
        bias: whether there are biases.
        batch_first: whether inputs and outputs are ``(N, T, *)`` instead of ``(T, N, *)``; states are not affected.
        dropout: the probability with which an output of any but the last layer is dropped in training.
        bidirectional: whether a second set of layers reads the sequences backwards.
        proj_size: features that an LSTM's h is projected to; 0: none.

    Raises: ValueError or TypeError for sizes and options that make no sense.
    """

    def __init__(
        self,
        mode: str,
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
        """Make the parameters."""
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = dropout
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._check_options()
        self.dropout = float(dropout)
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[: self._directions]:
                shapes = self._shapes(layer)
                self._all_weights.append([f"{name}_l{layer}{suffix}" for name in shapes])
                for name, shape in zip(self._all_weights[-1], shapes.values(), strict=True):
                    setattr(self, name, Parameter(ag.empty(shape, device=device, dtype=dtype)))
        self.reset_parameters()

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def _shapes(self, layer: int) -> dict[str, tuple[int, ...]]:
        """Return the parameters of one layer in one direction."""
        rows, out = GATES[self.mode] * self.hidden_size, self.proj_size or self.hidden_size
        features = self.input_size if layer == 0 else out * self._directions
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, features), "weight_hh": (rows, out)}
        if self.bias:
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        return shapes | {"weight_hr": (out, self.hidden_size)} if self.proj_size else shapes

    def _check_options(self) -> None:
        dropout, layers = self.dropout, self.num_layers
        if isinstance(dropout, bool) or not isinstance(dropout, (int, float)) or not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an element being zeroed; "
                f"got {dropout!r}"
            )
        if dropout > 0 and layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                f"num_layers greater than 1, but got dropout={dropout} and num_layers={layers}",
                stacklevel=4,
            )
        for name, kind in {"bias": bool, "batch_first": bool, "input_size": int, "hidden_size": int}.items():
            if not isinstance(value := getattr(self, name), kind):
                raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")
        for name in ("input_size", "hidden_size", "num_layers"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than zero; got {getattr(self, name)}")
        if self.proj_size < 0:
            raise ValueError(
                f"proj_size should be a positive integer or zero to disable projections; got {self.proj_size}"
            )
        if self.proj_size >= self.hidden_size:
            raise ValueError(f"proj_size has to be smaller than hidden_size; got {self.proj_size}, {self.hidden_size}")
        if self.mode not in GATES:
            raise ValueError(f"Unrecognized RNN mode: {self.mode}; wanted one of {', '.join(GATES)}")

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        draw_parameters(self)

    def flatten_parameters(self) -> None:
        """Do nothing: PyTorch brings the weights into one piece of memory for cuDNN."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Any]:
        return [getattr(self, name) for name in self._flat_weights_names]

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """Return the last layer's outputs, and the last state of every layer and direction.

        ``input`` is padded, or a ``PackedSequence``; then the outputs are one, too.  ``hx`` are the first states,
        zeros by default.

        Raises: ValueError or RuntimeError where the shapes do not fit the layer or each other.
        """
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        self._check_dims(input, hx)
        if input.ndim == 3:
            y, states = self._forward_padded(input, hx)
            return y, self._joined(states)
        batch_dim = 0 if self.batch_first else 1
        hx = None if hx is None else self._joined(tuple(s.unsqueeze(1) for s in self._apart(hx)))
        y, states = self._forward_padded(input.unsqueeze(batch_dim), hx)
        return y.squeeze(batch_dim), self._joined(tuple(s.squeeze(1) for s in states))

    def _forward_packed(self, input: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        rows, sizes, order, back = input
        hx = None if hx is None else self.permute_hidden(hx, order)
        self.check_forward_args(rows, hx, sizes)
        y, states = self._layers(rows, tuple(sizes.tolist()), hx)
        return PackedSequence(y, sizes, order, back), self.permute_hidden(self._joined(states), back)

    def _forward_padded(self, input: Tensor, hx: Any) -> tuple[Tensor, States]:
        self.check_forward_args(input, hx, None)
        steps = input.transpose(0, 1) if self.batch_first else input
        length, batch, features = steps.shape
        y, states = self._layers(steps.reshape(length * batch, features), (batch,) * length, hx)
        y = y.reshape(length, batch, y.shape[1])
        return y.transpose(0, 1) if self.batch_first else y, states

    def _layers(self, rows: Tensor, sizes: tuple[int, ...], hx: Any) -> tuple[Tensor, States]:
        """Return the outputs of the last layer and the stacked states.  Shape of inputs and outputs: (rows, *)."""
        first = self._zeros(rows, sizes[0] if sizes else 0) if hx is None else self._apart(hx)
        last: list[States] = []
        for layer in range(self.num_layers):
            outputs = []
            for k in range(layer * self._directions, (layer + 1) * self._directions):
                own = first if hx is None else tuple(s[k] for s in first)
                y, *states = self._scan(rows, self._weights(k), own, sizes, reverse=k % self._directions == 1)
                outputs.append(y)
                last.append(tuple(states))
            rows = outputs[0] if len(outputs) == 1 else ag.cat(outputs, 1)
            if self.dropout and self.training and layer < self.num_layers - 1:
                rows = F.dropout(rows, self.dropout, True)
        if len(last) == 1:
            return rows, tuple(s.unsqueeze(0) for s in last[0])
        return rows, tuple(ag.stack(states) for states in zip(*last, strict=True))

    def _weights(self, k: int) -> list[Any]:
        """Return w_ih, b_ih, w_hh, b_hh and the projection of one layer in one direction, None for what it has not."""
        w_ih, w_hh, *rest = (getattr(self, name) for name in self._all_weights[k])
        b_ih, b_hh = rest[:2] if self.bias else (None, None)
        return [w_ih, b_ih, w_hh, b_hh, rest[-1] if self.proj_size else None]

    def _scan(self, x: Tensor, weights: list[Any], states: States, sizes: tuple[int, ...], reverse: bool) -> Any:
        """Return the outputs and last states of one layer in one direction."""
        raise NotImplementedError(f"{type(self).__name__} has no recurrence; wanted RNN, LSTM or GRU")

    # ---- the states ----

    def _features(self) -> tuple[int, ...]:
        """Return how many features each state has."""
        return (self.proj_size or self.hidden_size,)

    def _apart(self, hx: Any) -> States:
        """Return states as a tuple, from the form in which users give and get them."""
        return (hx,)

    def _joined(self, states: States) -> Any:
        """Return states in the form in which users give and get them."""
        return states[0]

    def _zeros(self, rows: Tensor, batch: int) -> States:
        kind = {"dtype": rows.dtype, "device": rows.device}
        made = {n: ag.zeros(batch, n, **kind) for n in self._features()}
        return tuple(made[n] for n in self._features())

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """Return states with the sequences in another order; None leaves them."""
        if permutation is None:
            return hx
        return self._joined(tuple(s.index_select(1, permutation) for s in self._apart(hx)))

    # ---- what does not fit ----

    def _check_dims(self, input: Tensor, hx: Any) -> None:
        """Raise where the input is neither 2-D nor 3-D, or the states are not as many-dimensional."""
        name, n = type(self).__name__, input.ndim
        if n not in (2, 3):
            raise ValueError(f"{name}: Expected input to be 2D or 3D, got {n}D instead")
        dims = [] if hx is None else [s.ndim for s in self._apart(hx)]
        if any(d != n for d in dims):
            what = "hx" if len(dims) == 1 else "hx and cx"
            got = f"{dims[0]}-D tensor" if len(dims) == 1 else f"({dims[0]}-D, {dims[1]}-D) tensors"
            kind = "batched" if n == 3 else "unbatched"
            raise RuntimeError(f"{name}: For {kind} {n}-D input, {what} should also be {n}-D but got {got}")

    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """Raise where dtype, dimensions or features of the input are not the layer's.

        Raises: ValueError for the dtype, RuntimeError for the shape.
        """
        wanted = getattr(self, self._all_weights[0][0]).dtype
        if input.dtype is not wanted:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({wanted}). Convert input: "
                f"input.to({wanted}), or convert model: model.to({input.dtype})"
            )
        dims = 3 if batch_sizes is None else 2
        if input.ndim != dims:
            raise ShapeError(f"input must have {dims} dimensions, got {input.ndim}")
        if input.shape[-1] != self.input_size:
            raise ShapeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.shape[-1]}"
            )

    def get_expected_hidden_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """Return the shape that the states must have; of an LSTM's h."""
        batch = input.shape[0 if self.batch_first else 1] if batch_sizes is None else int(batch_sizes[0])
        return self.num_layers * self._directions, batch, self._features()[0]

    def check_hidden_size(
        self, hx: Tensor, expected_hidden_size: tuple[int, int, int], msg: str = "Expected hidden size {}, got {}"
    ) -> None:
        """Raise where a state has not the expected shape.

        Raises: RuntimeError with ``msg``.
        """
        if tuple(hx.shape) != expected_hidden_size:
            raise ShapeError(msg.format(expected_hidden_size, list(hx.shape)))

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Raise where input or states do not fit the layer; no states fit."""
        self.check_input(input, batch_sizes)
        if hidden is not None:
            self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def extra_repr(self) -> str:
        """Return the sizes and whatever is not the default."""
        text = f"{self.input_size}, {self.hidden_size}"
        defaults = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0, "bidirectional": False,
        }  # fmt: skip
        for name, default in defaults.items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        return text
