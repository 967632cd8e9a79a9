"""Forward and backward errors name operation, module path, arguments, and the user's own line."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core.errors import DeviceError, DTypeError, GraphError, ShapeError

HERE = re.escape(__file__)


class Attention(nn.Module):
    def __init__(self, call: Any) -> None:
        super().__init__()
        self.call = call

    def forward(self, x: Any) -> Any:
        return self.call(x)  # in forward


class Layer(nn.Module):
    def __init__(self, call: Any) -> None:
        super().__init__()
        self.attn = Attention(call)

    def forward(self, x: Any) -> Any:
        return self.attn(x)


class Encoder(nn.Module):
    def __init__(self, call: Any) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Identity(), nn.Identity(), nn.Identity(), Layer(call))

    def forward(self, x: Any) -> Any:
        return self.layers(x)


def model(call: Any) -> Any:
    net = nn.Module()
    net.encoder = Encoder(call)
    net.forward = lambda x: net.encoder(x)
    return net


PATH = "encoder.layers.3.attn"


def failing(call: Any, kind: type[Exception], x: Any = None) -> str:
    with pytest.raises(kind) as raised:
        model(call)(ag.ones(2, 3, requires_grad=True) if x is None else x)
    return str(raised.value)


# ---- forward ----


def test_a_shape_error_names_path_arguments_and_line() -> None:
    text = failing(lambda x: x + ag.ones(4), ShapeError)  # the sum
    assert text.startswith("add: the shapes of input (2, 3) and other (4,) do not broadcast at dim -1")
    assert re.search(rf"\nin module {PATH}, called at {HERE}:\d+: .*# the sum$", text)


def test_a_dtype_error_names_both_dtypes_path_and_line() -> None:
    text = failing(lambda x: F.linear(x.double(), ag.ones(4, 3)), DTypeError)  # the product
    assert "float32" in text and "got x float64[2, 3], w float32[4, 3]" in text
    assert re.search(rf"\nin module {PATH}, called at {HERE}:\d+: .*# the product$", text)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: F.linear(x, ag.ones(4, 3, dtype=ag.float64)),
        lambda x: F.linear(x, ag.ones(4, 3), ag.ones(4, dtype=ag.float64)),
        lambda x: ag.matmul(x, ag.ones(3, 2, dtype=ag.float64)),
        lambda x: x @ ag.ones(3, 2, dtype=ag.float64),
        lambda x: ag.einsum("ij,kj->ik", x, x.double()),
        lambda x: ag.bmm(x[None], ag.ones(1, 3, 2, dtype=ag.float64)),
        lambda x: ag.mv(x, ag.ones(3, dtype=ag.float64)),
        lambda x: ag.dot(x[0], x[0].double()),
        lambda x: F.conv1d(x[None], ag.ones(2, 2, 1, dtype=ag.float64)),
        lambda x: F.conv2d(x[None, None], ag.ones(2, 1, 1, 1, dtype=ag.float64)),
        lambda x: F.conv_transpose2d(x[None, None], ag.ones(1, 1, 1, 1, dtype=ag.float64)),
        lambda x: F.bilinear(x, x.double(), ag.ones(2, 3, 3)),
        lambda x: F.layer_norm(x, (3,), ag.ones(3, dtype=ag.float64)),
        lambda x: F.scaled_dot_product_attention(x[None], x[None].double(), x[None]),
    ],
)
def test_mixed_dtypes_are_refused_with_both_names_as_in_pytorch(call: Any) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)float32.*float64|float64.*float32"):
        call(ag.ones(2, 3))


def test_mixed_dtypes_in_a_layer_name_the_layer() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2).double())
    with pytest.raises(DTypeError, match=rf"(?s)linear: .*float32 and ag.float64.*in module 1, called at {HERE}:"):
        net(ag.ones(2, 3))


def test_mixed_devices_name_path_and_line(cuda: Any) -> None:
    other = ag.ones(2, 3, device="cuda")
    text = failing(lambda x: x + other, DeviceError)  # the sum
    assert "found cpu and cuda:0; got input float32[2, 3], other float32[2, 3] on cuda:0" in text
    assert re.search(rf"\nin module {PATH}, called at {HERE}:\d+: .*# the sum$", text)


def test_an_error_outside_modules_names_the_line() -> None:
    with pytest.raises(ShapeError, match=rf"\nat {HERE}:\d+: ag.ones\(2\) \+ ag.ones\(3\)  # here$"):
        ag.ones(2) + ag.ones(3)  # here


def test_the_check_of_a_layer_names_its_place_too() -> None:
    with pytest.raises(ValueError, match=rf"(?s)RNN input dtype.*\nin module LSTM, called at {HERE}:"):
        nn.LSTM(3, 2)(ag.ones(1, 1, 3, dtype=ag.float64))


def test_the_users_own_errors_are_left_alone() -> None:
    def mine(x: Any) -> Any:
        raise ValueError("mine")

    assert failing(mine, ValueError) == "mine"
    assert failing(lambda x: {}["key"], KeyError) == "'key'"


# ---- backward ----


class Broken(ag.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 1

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g.reshape(77)


def backward_error(loss: Any, kind: type[Exception] = RuntimeError) -> str:
    with pytest.raises(kind) as raised:
        loss.backward()
    return str(raised.value)


def test_an_error_in_a_functions_backward() -> None:
    x = ag.ones(2, 3, requires_grad=True)
    loss = model(lambda x: Broken.apply(x))(x).sum()
    text = backward_error(loss)
    assert text.startswith("reshape: ")
    assert re.search(rf"in the backward of 'Broken', built at {HERE}:\d+: .* \(in module {PATH}\)", text)
    assert "Broken(float32[2, 3]) -> float32[2, 3]" in text


def test_a_wrong_number_of_gradients() -> None:
    class Two(Broken):
        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g, g

    x = ag.ones(2, requires_grad=True)
    text = backward_error(Two.apply(x).sum())
    assert "Two.backward: returned an incorrect number of gradients (expected 1, got 2)" in text
    assert re.search(rf"in the backward of 'Two', built at {HERE}", text)


def test_a_gradient_of_the_wrong_shape() -> None:
    class Wrong(Broken):
        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return ag.ones(5)

    text = backward_error(Wrong.apply(ag.ones(2, requires_grad=True)).sum())
    assert "the rule of 'Wrong' gave a gradient of shape (5,) for an input of shape (2,)" in text


def raising(_: Any) -> Any:
    raise LookupError("in the hook")


def test_an_error_in_a_hook() -> None:
    h = ag.ones(2, requires_grad=True) * 3  # the product
    h.register_hook(raising)
    text = backward_error(h.sum(), LookupError)
    assert re.search(rf"in the backward of 'mul', built at {HERE}:\d+: .*# the product: mul\(input float32\[2\]", text)


@pytest.mark.parametrize("register", ["register_hook", "register_post_accumulate_grad_hook"])
def test_an_error_in_a_hook_of_a_leaf(register: str) -> None:
    x = ag.ones(2, requires_grad=True)
    getattr(x, register)(raising)
    text = backward_error((x * 3).sum(), LookupError)
    assert text == "in the hook\nin a hook on the gradient of a leaf float32[2]"


def test_an_error_in_a_modules_backward_hook_names_an_operation_of_it() -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
    net[1].register_full_backward_hook(lambda *_: raising(None))
    text = backward_error(net(ag.ones(1, 3)).sum(), LookupError)
    assert re.search(rf"in the backward of '\w+', built at {HERE}", text)


def test_a_second_backward_names_path_and_line() -> None:
    loss = model(lambda x: x.exp())(ag.ones(2, 3, requires_grad=True)).sum()  # the exp
    loss.backward()
    text = backward_error(loss)
    assert re.search(rf"'exp', built at {HERE}:\d+: .*\(in module {PATH}\), was freed", text)


def test_a_change_in_place_names_both_lines() -> None:
    x = ag.ones(2, 3, requires_grad=True)
    h = x * 2
    loss = (h * h).sum()  # saves h
    h.add_(1)  # writes h
    text = backward_error(loss, GraphError)
    assert re.search(rf"'mul', built at {HERE}:\d+: .*# saves h, saved its argument 'other' \(float32\[2, 3\]\)", text)
    assert re.search(rf"changed at {HERE}:\d+: h\.add_\(1\)  # writes h\.", text)


def test_large_arrays_rules_are_named_by_argument() -> None:
    x = ag.ones(1500, 1500, requires_grad=True)
    h = x * x
    h.register_hook(raising)
    assert "mul(input float32[1500, 1500], other float32[1500, 1500])" in backward_error(h.sum(), LookupError)


def test_values_of_no_tensor_are_described() -> None:
    with pytest.raises(DTypeError, match=rf"(?s)add: got an argument of type object; .*\nat {HERE}:"):
        ag.add(ag.ones(2), object())
    with pytest.raises(DTypeError, match=rf"(?s)exp: got ndarray|exp: got str.*\nat {HERE}:"):
        ag.exp("text")
    assert isinstance(ag.exp(ag.from_numpy(np.ones(2))), ag.Tensor)
