"""Recurrent layers and cells beyond the table of layers: options, errors, dropout, halves, no steps and no batch."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest

import autograd_core as ag
import nn
from tests.nn.twin import array, both, close, draw, pair

X = (4, 2, 3)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_parameters_have_pytorchs_names_and_order(torch, name):
    options = {"num_layers": 2, "bidirectional": True} | ({"proj_size": 2} if name == "LSTM" else {})
    ours, theirs = pair(torch, lambda nn: getattr(nn, name)(3, 4, **options))
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    for mine, yours in zip(ours.all_weights, theirs.all_weights, strict=True):
        assert all(p is q for p, q in zip(mine, [ours.get_parameter(n) for n in names(ours, mine)], strict=True))
        for p, q in zip(mine, yours, strict=True):
            close(p, q)
    assert ours._flat_weights_names == theirs._flat_weights_names
    assert len(ours._flat_weights) == len(theirs._flat_weights)
    ours.flatten_parameters()
    for key in ("mode", "input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "proj_size"):
        assert getattr(ours, key) == getattr(theirs, key)
    assert all(float(p.abs().max()) <= 0.5 for p in getattr(nn, name)(3, 4).parameters())


def names(module, parameters):
    """Return the names of parameters of a module."""
    return [n for p in parameters for n, q in module.named_parameters() if q is p]


def test_options_that_make_no_sense_are_refused():
    cases = [
        (lambda: nn.LSTM(3, 2, dropout=1.5), ValueError, "number in range [0, 1]"),
        (lambda: nn.LSTM(3, 2, dropout=True), ValueError, "number in range [0, 1]"),
        (lambda: nn.LSTM(3, 2, bias=1), TypeError, "bias should be of type bool, got: int"),
        (lambda: nn.LSTM(3, 2, batch_first=None), TypeError, "batch_first should be of type bool, got: NoneType"),
        (lambda: nn.LSTM(3.0, 2), TypeError, "input_size should be of type int, got: float"),
        (lambda: nn.GRU(3, "2"), TypeError, "hidden_size should be of type int, got: str"),
        (lambda: nn.LSTM(0, 2), ValueError, "input_size must be greater than zero"),
        (lambda: nn.LSTM(3, 0), ValueError, "hidden_size must be greater than zero"),
        (lambda: nn.LSTM(3, 2, 0), ValueError, "num_layers must be greater than zero"),
        (lambda: nn.LSTM(3, 2, proj_size=2), ValueError, "proj_size has to be smaller than hidden_size"),
        (lambda: nn.LSTM(3, 2, proj_size=-1), ValueError, "proj_size should be a positive integer or zero"),
        (lambda: nn.GRU(3, 2, proj_size=1), ValueError, "proj_size argument is only supported for LSTM"),
        (lambda: nn.RNN(3, 2, proj_size=1), ValueError, "proj_size argument is only supported for LSTM"),
        (lambda: nn.RNN(3, 2, depth=1), TypeError, "unexpected keyword argument 'depth'"),
        (lambda: nn.RNN(3, 2, nonlinearity="elu"), ValueError, "Unknown nonlinearity 'elu'"),
        (lambda: nn.RNNBase("CNN", 3, 2), ValueError, "Unrecognized RNN mode: CNN"),
    ]
    for call, error, message in cases:
        with pytest.raises(error) as caught:
            call()
        assert message in str(caught.value)


def test_inputs_that_do_not_fit_are_refused():
    lstm, gru, x = nn.LSTM(3, 2), nn.GRU(3, 2, batch_first=True), ag.zeros(*X)
    cases = [
        (lambda: lstm(ag.zeros(3)), "LSTM: Expected input to be 2D or 3D, got 1D"),
        (lambda: lstm(ag.zeros(4, 2, 5)), "input.size(-1) must be equal to input_size. Expected 3, got 5"),
        (lambda: lstm(x.double()), "RNN input dtype (ag.float64) does not match weight dtype (ag.float32)"),
        (lambda: lstm(ag.zeros(0, 2, 3)), "Expected sequence length to be larger than 0 in RNN"),
        (lambda: lstm(x, (ag.zeros(2, 2),) * 2), "hx and cx should also be 3-D but got (2-D, 2-D) tensors"),
        (lambda: lstm(x[0], (ag.zeros(1, 1, 2),) * 2), "For unbatched 2-D input, hx and cx should also be 2-D"),
        (lambda: lstm(x, (ag.zeros(1, 2, 2), ag.zeros(1, 2, 3))), "Expected hidden[1] size (1, 2, 2), got [1, 2, 3]"),
        (lambda: gru(x, ag.zeros(2, 2)), "hx should also be 3-D but got 2-D tensor"),
        (lambda: gru(x, ag.zeros(1, 2, 2)), "Expected hidden size (1, 4, 2), got [1, 2, 2]"),
        (lambda: nn.RNNCell(3, 2)(x), "RNNCell: Expected input to be 1D or 2D, got 3D"),
        (lambda: nn.LSTMCell(3, 2)(x[0], (ag.zeros(2, 2), x)), "LSTMCell: Expected hx[1] to be 1D or 2D, got 3D"),
        (lambda: nn.GRUCell(3, 2)(ag.zeros(2, 4)), "input has inconsistent input_size: got 4 expected 3"),
        (lambda: nn.GRUCell(3, 2)(x[0], ag.zeros(3, 2)), "Input batch size 2 doesn't match hidden0 batch size 3"),
        (lambda: nn.RNNCell(3, 2, nonlinearity="elu")(x[0]), "Unknown nonlinearity: elu"),
        (lambda: nn.RNNBase("GRU", 3, 2)(x), "RNNBase has no recurrence"),
    ]
    for call, message in cases:
        with pytest.raises((RuntimeError, ValueError)) as caught:
            call()
        assert message in str(caught.value)


def test_dropout_of_one_layer_warns_of_the_users_line():
    with pytest.warns(UserWarning, match="non-zero dropout expects num_layers greater than 1") as caught:
        nn.LSTM(3, 2, dropout=0.5)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.LSTM(3, 2, 2, dropout=0.5)


def test_dropout_acts_between_layers_in_training_only():
    layer, x = nn.RNN(3, 4, 2, dropout=1.0), ag.tensor(draw(X), dtype=ag.float32)
    dropped, _ = layer(x)
    first = nn.RNN(3, 4)
    first.load_state_dict({k: v for k, v in layer.state_dict().items() if "l0" in k})
    second = nn.RNN(4, 4)
    second.load_state_dict({k.replace("l1", "l0"): v for k, v in layer.state_dict().items() if "l1" in k})
    close(dropped, second(ag.zeros(4, 2, 4))[0], 1e-6)
    close(layer.eval()(x)[0], second(first(x)[0])[0], 1e-6)
    layer = nn.LSTM(3, 4, 2, dropout=0.5)
    ag.manual_seed(3)
    y, _ = layer(x)
    ag.manual_seed(3)
    again, _ = layer(x)
    assert ag.equal(y, again) and not ag.equal(y, layer(x)[0])


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_a_cell_step_after_step_is_the_layer(name):
    cell, layer = getattr(nn, f"{name}Cell")(3, 2), getattr(nn, name)(3, 2)
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in layer.state_dict().items()})
    x = ag.tensor(draw(X), dtype=ag.float32)
    state, outputs = None, []
    for step in x:
        state = cell(step, state)
        outputs.append(state[0] if name == "LSTM" else state)
    close(ag.stack(outputs), layer(x)[0], 1e-6)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_halves_are_computed_in_float32(name):
    layer, x = getattr(nn, name)(3, 2), ag.tensor(draw(X), dtype=ag.float32)
    wanted, _ = layer(x)
    half, y = layer.half(), x.half().requires_grad_()
    found, _ = half(y)
    found.sum().backward()
    assert found.dtype is y.grad.dtype is half.weight_ih_l0.grad.dtype is ag.float16
    np.testing.assert_allclose(array(found), array(wanted), atol=3e-3)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_a_batch_of_none(name):
    layer, x = getattr(nn, name)(3, 2, bidirectional=True), ag.zeros(4, 0, 3, requires_grad=True)
    y, _ = layer(x)
    y.sum().backward()
    assert tuple(y.shape) == (4, 0, 4) and x.grad.shape == x.shape
    assert not array(layer.weight_hh_l0.grad).any()


def test_saturated_gates_are_exact_and_silent(torch):
    ours, theirs = pair(torch, lambda nn: nn.LSTM(1, 1))
    x, x_ = both(torch, np.array([[[1e4]], [[-1e4]], [[np.inf]], [[np.nan]], [[1.0]]]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y, y_ = ours(x)[0], theirs(x_)[0]
    close(y, y_)


def test_weights_may_be_replaced_by_computed_ones(torch):
    ours, theirs = pair(torch, lambda nn: nn.GRU(3, 2))
    x, x_ = both(torch, draw(X))
    found = []
    for layer, v in ((ours, x), (theirs, x_)):
        raw = layer.weight_hh_l0
        del layer.weight_hh_l0
        layer.weight_hh_l0 = raw * 2.0
        layer(v)[0].sum().backward()
        found.append(raw.grad)
    close(*found)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU", "RNNBase", "RNNCellBase", "RNNCell", "LSTMCell", "GRUCell"])
def test_arguments_have_pytorchs_names_and_order(torch, name):
    theirs = list(inspect.signature(getattr(torch.nn, name).__init__).parameters.values())
    if name in ("RNN", "LSTM", "GRU"):  # PyTorch's take *args; their overloads say what
        theirs = list(inspect.signature(torch.nn.RNNBase.__init__).parameters.values())
        theirs = [p for p in theirs if p.name != "mode" and (p.name != "proj_size" or name == "LSTM")]
    ours = inspect.signature(getattr(nn, name).__init__).parameters.values()
    mine = [(p.name, p.default) for p in ours if p.name != "nonlinearity" and p.kind is not p.VAR_KEYWORD]
    assert mine == [(p.name, p.default) for p in theirs if p.name != "nonlinearity"]
