"""``ag.plot.activations`` and ``ag.plot.gradient_flow``: a row for each layer, honest about what is missing."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="Matplotlib is not installed")

import autograd_core as ag
import nn
from autograd_core.insight.plot.sampling import SAMPLE, spread
from tests.insight.plots import Net, said, texts


def rows(figure):
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


# activations


def test_layers_stand_in_the_order_of_their_calls():
    figure = ag.plot.activations(Net(), ag.randn(4, 1, 6, 6))
    assert rows(figure) == [
        "conv · Conv2d", "norm · BatchNorm2d", "relu · ReLU", "drop · Dropout", "head · Linear",
    ]  # fmt: skip
    assert "training mode" in said(figure)
    assert "evaluation mode" in said(ag.plot.activations(Net().eval(), ag.randn(4, 1, 6, 6)))


def test_moments_and_zeros_are_of_all_values():
    x = ag.tensor([[-2.0, 0.0, 1.0, 3.0]])
    figure = ag.plot.activations(nn.Sequential(nn.Identity(), nn.ReLU()), x)
    said_of = texts(figure)
    assert {"0.5", "1.8", "25 %"} <= set(said_of)  # of x itself
    assert {"1", "1.2", "50 %"} <= set(said_of)  # of relu(x)


def test_a_layer_called_twice_has_two_rows():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x):
            return self.layer(self.layer(x))

    assert rows(ag.plot.activations(Twice(), ag.ones(2, 3))) == ["layer · Linear", "layer, call 2 · Linear"]


def test_an_inplace_layer_does_not_change_the_row_above_it():
    x = ag.tensor([[-1.0, 1.0]])
    figure = ag.plot.activations(nn.Sequential(nn.Identity(), nn.ReLU(inplace=True)), x.clone())
    assert [text for text in texts(figure) if text in ("0", "50 %")].count("50 %") == 1


def test_nan_is_counted_and_the_rest_drawn():
    figure = ag.plot.activations(nn.Sequential(nn.Identity()), ag.tensor([1.0, 2.0, float("nan"), float("inf")]))
    assert "50 % NaN or infinite" in said(figure)
    assert "1.5" in texts(figure)


@pytest.mark.parametrize("value", [0.0, 3.0, float("nan")])
def test_a_constant_layer_is_drawn(value):
    figure = ag.plot.activations(nn.Sequential(nn.Identity()), ag.full((4,), value))
    assert ("all" in texts(figure)) == (value == 0)


def test_the_first_output_counts_and_integers_do_not():
    lstm = nn.LSTM(3, 4)
    assert rows(ag.plot.activations(lstm, ag.randn(5, 2, 3))) == ["(model) · LSTM"]
    model = nn.Sequential(nn.Embedding(5, 3))
    assert rows(ag.plot.activations(model, ag.tensor([1, 2]))) == ["0 · Embedding"]


def test_a_batch_may_be_a_tuple_or_named():
    layer = nn.Bilinear(2, 3, 4)
    x, y = ag.ones(2, 2), ag.ones(2, 3)
    assert rows(ag.plot.activations(layer, (x, y))) == rows(ag.plot.activations(layer, {"input1": x, "input2": y}))


def test_layers_can_be_chosen_and_are_capped():
    model = nn.Sequential(*[nn.Sequential(nn.Linear(2, 2), nn.Tanh()) for _ in range(6)])
    assert rows(ag.plot.activations(model, ag.ones(1, 2), layers=["1", "3.0"])) == ["1 · Sequential", "3.0 · Linear"]
    figure = ag.plot.activations(model, ag.ones(1, 2), max_rows=3)
    assert (rows(figure)[0], rows(figure)[-1]) == ("0.0 · Linear", "5.1 · Tanh")
    assert "3 of 12 layers drawn (max_rows)" in said(figure)


def test_parametrisations_are_no_layers():
    model = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)))
    assert rows(ag.plot.activations(model, ag.ones(1, 2))) == ["0 · ParametrizedLinear"]


def test_a_module_whose_children_are_not_called_is_a_layer():
    block = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    assert "self_attn · MultiheadAttention" in rows(ag.plot.activations(block, ag.randn(2, 3, 8)))


def test_a_scale_of_its_own_is_said():
    figure = ag.plot.activations(Net(), ag.randn(4, 1, 6, 6), shared=False)
    assert "standard deviations" in figure.axes[0].get_xlabel()


def test_what_activations_refuses():
    with pytest.raises(TypeError, match="activations: argument model: got function; wanted a module"):
        ag.plot.activations(lambda x: x, ag.ones(1))
    with pytest.raises(ValueError, match="argument layers: the model has no module 'fc'; it has 'conv', 'norm'"):
        ag.plot.activations(Net(), ag.ones(1, 1, 6, 6), layers="fc")
    with pytest.raises(ValueError, match="no layer gave a tensor of floating-point numbers"):
        ag.plot.activations(nn.Sequential(nn.Identity()), ag.ones(2, dtype=ag.int64))


def test_an_error_in_the_model_leaves_nothing_behind():
    model = Net()
    state = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(RuntimeError, match="head"):
        ag.plot.activations(model, ag.ones(2, 1, 5, 5))
    assert all(ag.equal(value, state[name]) for name, value in model.state_dict().items())
    assert all(module._hooks is None or module._hooks.none_left() for module in model.modules())


def test_a_large_tensor_is_sampled_for_its_histogram_alone():
    x = ag.arange(3 * SAMPLE, dtype=ag.float32)
    found = spread(x, np.random.default_rng(0))
    assert found.sample.size == SAMPLE
    assert (found.stats.size, found.stats.zeros, found.stats.max) == (3 * SAMPLE, 1, 3 * SAMPLE - 1)


# gradient_flow


def test_sizes_of_gradients_and_their_share_of_the_weights():
    p = nn.Parameter(ag.tensor([[1.0, 1.0], [1.0, 1.0]]))
    p.grad = ag.tensor([[0.0, 0.02], [0.02, -0.02]])
    figure = ag.plot.gradient_flow({"p": p})
    assert rows(figure) == ["p"]
    assert {"0.017", "25 %"} <= set(texts(figure))
    assert figure.axes[0].get_xscale() == "log"
    assert "logarithmic axis" in figure.axes[0].get_xlabel()


def test_missing_frozen_zero_and_broken_gradients_say_so():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2))
    model[0].weight.requires_grad_(False)
    model[1].weight.grad = ag.zeros(2, 2)
    model[1].bias.grad = ag.tensor([1.0, float("nan")])
    model[2].weight.grad = ag.ones(2, 2)
    said_of = said(ag.plot.gradient_flow(model))
    assert "no gradient: frozen (requires_grad=False)" in said_of
    assert "a gradient of exact zeros" in said_of
    assert "50 % NaN or infinite" in said_of
    assert "3 without a gradient" in said_of
    assert sum(text == "no gradient" for text in said_of.split("\n")) == 2


def test_before_backward_the_figure_says_what_to_do():
    figure = ag.plot.gradient_flow(nn.Linear(2, 2))
    assert "none of the parameters has a gradient: call backward() on a loss first" in said(figure)
    assert not figure.axes[0].lines
    assert list(figure.axes[0].get_xticks()) == []


def test_a_scalar_and_an_empty_parameter_are_drawn():
    one, none = nn.Parameter(ag.tensor(2.0)), nn.Parameter(ag.zeros(0, 3))
    one.grad, none.grad = ag.tensor(0.5), ag.zeros(0, 3)
    assert "a parameter without elements" in said(ag.plot.gradient_flow([("one", one), ("none", none)]))


def test_a_weight_of_zeros_has_no_ratio():
    p = nn.Parameter(ag.zeros(2, 2))
    p.grad = ag.ones(2, 2)
    assert "–" in texts(ag.plot.gradient_flow({"p": p}))


def test_many_parameters_are_capped():
    model = nn.Sequential(*[nn.Linear(1, 1) for _ in range(10)])
    figure = ag.plot.gradient_flow(model, max_rows=5)
    assert (rows(figure)[0], rows(figure)[-1], len(rows(figure))) == ("0.weight", "9.bias", 5)
    assert "5 drawn (max_rows)" in said(figure)


def test_what_gradient_flow_refuses():
    with pytest.raises(TypeError, match="gradient_flow: argument model: got int; wanted a module"):
        ag.plot.gradient_flow(3)
    with pytest.raises(TypeError, match="got a Parameter in it; wanted pairs of a name and a Tensor"):
        ag.plot.gradient_flow(nn.Linear(2, 2).parameters())
    with pytest.raises(ValueError, match="gradient_flow: argument model: it has no parameters"):
        ag.plot.gradient_flow(nn.ReLU())
