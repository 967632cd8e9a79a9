"""``ag.explain``: why a gradient is None, zero, NaN or huge; where tensors were cut, changed, and what holds graphs."""

from __future__ import annotations

import gc
import re
from typing import Any

import pytest

import autograd_core as ag
import nn
from autograd_core.engine import cuts
from autograd_core.engine.modes import QUIET
from autograd_core.errors import DTypeError, GraphError

HERE = re.escape(__file__)


@pytest.fixture(autouse=True)
def forget() -> None:
    gc.collect()  # what other tests have left would be found
    cuts._noted.clear()
    QUIET.clear()


def leaf(*values: Any) -> Any:
    return ag.tensor(list(values), requires_grad=True)


def gradient_of(tensor: Any, loss: Any = None) -> str:
    return "\n".join(ag.explain(tensor, loss).gradient)


# ---- what it is ----


def test_a_leaf_an_operation_and_a_constant_are_told_apart() -> None:
    w = leaf(1.0, 2.0)
    h = w * 2  # the product
    d = h.detach()  # the cut
    assert ag.explain(w).about == ["'w' is a leaf that requires grad, float32[2]"]
    (about,) = ag.explain(h).about
    made = rf"'h' is mul\(input float32\[2\], \.\.\.\) -> float32\[2\], computed at {HERE}:\d+: .*product$"
    assert re.match(made, about)
    kind, cut = ag.explain(d).about
    assert kind == "'d' requires no grad, float32[2]"
    assert re.match(rf"it was cut from its graph by detach\(\) at {HERE}:\d+: .*# the cut: it cut off float32", cut)


def test_parameters_have_the_names_of_their_model() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    assert ag.explain(model[1].weight).about[0].startswith("'1.weight' is a leaf")


def test_bad_values_are_counted_and_traced() -> None:
    x = leaf(-1.0, 4.0)
    y = x.log().exp() * 2  # the log
    about = ag.explain(y).about
    assert about[1] == "its values: 1 NaN, 0 Inf of 2 (finite: min 8, max 8, mean 8); first at index (0,)"
    assert re.match(rf"the first bad number on the way to it is in 'exp', built at {HERE}:\d+: .*# the log", about[2])


# ---- None ----


def test_none_of_what_is_no_leaf() -> None:
    h = leaf(1.0) * 2
    text = gradient_of(h)
    assert text.startswith("None, because it is no leaf: 'mul' computed it at") and "retain_grad()" in text
    h.retain_grad()
    assert gradient_of(h) == "None, because no backward() has come through it since retain_grad()"
    h.sum().backward()
    assert gradient_of(h) == "there, and finite: its norm is 1"


def test_none_of_what_requires_no_grad() -> None:
    assert gradient_of(ag.ones(2)).startswith("None, because the tensor requires no grad")


def test_none_before_backward() -> None:
    w = leaf(1.0, 2.0)
    loss = (w * 3).sum()  # the loss
    text = gradient_of(w)
    assert re.match(r"None, because backward\(\) has not run from 'loss', which depends on it: the result of", text)
    assert "# the loss" in text
    assert gradient_of(w, loss) == text


def test_none_after_zero_grad() -> None:
    model = nn.Linear(2, 1)
    model(ag.ones(1, 2)).sum().backward()
    model.zero_grad()
    assert "set to None: by zero_grad()" in gradient_of(model.weight)


def test_none_of_what_the_loss_does_not_depend_on() -> None:
    used, unused = leaf(1.0), leaf(1.0)
    loss = (used * 2).sum()
    loss.backward()
    assert gradient_of(unused, loss).startswith("None, because the graph of 'loss' does not reach it: no operation")
    assert gradient_of(unused).startswith("None, because no live graph reaches it")


def test_none_because_of_a_cut() -> None:
    w = leaf(1.0, 2.0)
    v = leaf(1.0, 2.0)
    h = w * 2
    d = h.detach()  # the cut
    loss = (d * v).sum()
    loss.backward()
    text = gradient_of(w, loss)
    assert re.match(r"None, because the graph of 'loss' does not reach it: what it led to was cut by detach\(\)", text)
    assert "# the cut" in text
    del h, d
    assert "perhaps it was cut off by detach()" in gradient_of(w, loss)


# ---- zero ----


def zero_of(tensor: Any, loss: Any) -> str:
    loss.backward(retain_graph=True)
    text = gradient_of(tensor)
    assert text.startswith("zero everywhere\n")
    return text.partition("\n")[2]


def test_zero_by_a_dead_relu() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    with ag.no_grad():
        model[0].bias.fill_(-100.0)
    loss = model(ag.ones(4, 2)).sum()  # the model
    text = zero_of(model[0].weight, loss)
    assert re.match(rf"it became zero in 'relu', built at {HERE}:\d+: .*# the model \(in module 1\): every input", text)
    assert "a dead relu" in text


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda x: x * ag.zeros(2), "in 'mul', .*: it multiplies by its saved 'b', which is zero everywhere"),
        (lambda x: x * 0, "in 'mul', .*: it multiplies by b = 0"),
        (lambda x: ag.where(x < -9, x, 0.0), "in 'where', .*: the branch was taken nowhere"),
        (lambda x: x.masked_fill(x > 0, 0.0), "zero in '"),
        (lambda x: x.clamp(min=9.0), "in 'clamp', .*: every input of it was outside the bounds"),
        (lambda x: ag.maximum(x, ag.full((2,), 9.0)), "in 'maximum', .*: the other argument was the larger one"),
        (lambda x: (x * 1e4).tanh(), "in 'tanh', .*: it is saturated"),
        (lambda x: x.round() + 0 * x.detach(), "in 'round', .*: its derivative is 0 everywhere"),
        (lambda x: x @ ag.zeros(2, 2), "in 'matmul', .* saved 'b', which is zero everywhere"),
    ],
)
def test_zero_by_an_operation(call: Any, what: str) -> None:
    x = leaf(1.0, 2.0)
    loss = call(x).sum()
    assert re.search(f"it became zero {what}" if what[0] == "i" else f"it became {what}", zero_of(x, loss))


def test_zero_by_zero_weights() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    nn.init.zeros_(model[1].weight)
    loss = model(ag.ones(4, 2)).sum()
    text = zero_of(model[0].weight, loss)
    assert re.search(r"in 'linear', .*\(in module 1\): it multiplies by its saved 'w', which is zero everywhere", text)


def test_zero_from_the_start() -> None:
    x = leaf(1.0)
    loss = (x * 2).sum()
    loss.backward(ag.tensor(0.0), retain_graph=True)
    assert "a second pass, from the same loss, does not show it" in gradient_of(x)


def test_zero_of_a_freed_graph_names_suspects() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    nn.init.zeros_(model[2].weight)
    loss = model(ag.ones(4, 2)).sum()
    loss.backward()
    text = gradient_of(model[0].weight)
    assert "its graph was freed; call backward(retain_graph=True)" in text
    assert "'2.weight' is zero everywhere" in text and "'relu', built at" in text and loss is not None


# ---- NaN, huge ----


def test_nan_names_the_rule_and_the_trap() -> None:
    x = leaf(0.0, 4.0)
    loss = ag.where(x > 0, x.sqrt(), 0.0).sum()  # the trap
    loss.backward(retain_graph=True)
    text = gradient_of(x)
    assert text.startswith("has 1 NaN, 0 Inf of 2 (finite: min 0.25, max 0.25, mean 0.25)\n")
    assert "Function 'SqrtBackward0' returned nan" in text and "0 * Inf = NaN: 'where'" in text and "# the trap" in text
    assert x.grad.isnan()[0]  # and nothing was added


def test_nan_of_a_freed_graph_names_bad_leaves() -> None:
    x, w = leaf(1.0), leaf(float("nan"))
    loss = (x * w).sum()
    loss.backward()
    assert "'w' holds 1 NaN, 0 Inf of 1 (none finite)" in gradient_of(x) and loss is not None


def test_huge_names_the_layers_that_multiply() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    with ag.no_grad():
        model[1].weight.mul_(1e6)
    loss = model(ag.ones(1, 2)).sum()
    loss.backward(retain_graph=True)
    text = gradient_of(model[0].weight)
    assert re.match(r"huge: its norm is \S+\n'linear', built at .*\(in module 1\), makes it \S+ times as large", text)


def test_a_healthy_gradient_is_said_to_be_so() -> None:
    x = leaf(3.0, 4.0)
    (x * x).sum().backward()
    assert gradient_of(x) == "there, and finite: its norm is 10"


def test_asking_changes_nothing() -> None:
    x = leaf(0.0, 0.0)
    loss = (x.relu() * 2).sum()
    loss.backward(retain_graph=True)
    before = x.grad.tolist()
    ag.explain(x)
    assert x.grad.tolist() == before
    loss.backward()


# ---- writes, holders ----


def test_writes_are_named_with_their_lines() -> None:
    x = leaf(1.0, 2.0)
    y = x * 3
    product = y * y  # saves y
    y.add_(1)  # writes y
    (first,) = ag.explain(product).changes
    assert re.search(rf"'mul', built at {HERE}:\d+: .*# saves y, saved float32\[2\], which was changed", first)
    assert re.search(rf"at {HERE}:\d+: y\.add_\(1\)  # writes y; backward\(\) will refuse it", first)
    y.add_(1)
    assert ag.explain(y).changes[0].startswith(f"its memory was written in place 2 times, last at {__file__}:")
    assert ag.explain(x).changes == []


class History:
    def __init__(self) -> None:
        self.losses: list[Any] = []


def test_what_keeps_a_graph_alive_is_named() -> None:
    x = leaf(1.0, 2.0)
    h = x * 2
    history = History()
    history.losses.append((h * h).sum())  # kept
    table = {"last": history.losses[0]}
    alive = "\n".join(ag.explain(h).alive)
    assert re.search(rf"held by the result of 'sum', built at {HERE}:\d+: .*# kept, which is held by", alive)
    assert "the list 'History.losses'" in alive and "the dict 'table'" in alive and "the variable 'h'" in alive
    assert re.search(r"its graph \(5 nodes, 8 bytes saved\)|its graph \(4 nodes, \d+ bytes saved\)", alive) and table


def test_a_leaf_or_a_constant_has_no_graph_to_be_held() -> None:
    assert ag.explain(leaf(1.0)).alive == [] and ag.explain(ag.ones(1)).alive == []


def test_asking_keeps_nothing_alive() -> None:
    import weakref

    x = leaf(1.0)
    loss = (x * 2).sum()
    node = weakref.ref(loss._node)
    str(ag.explain(x))
    gc.disable()
    try:
        del loss
        assert node() is None
    finally:
        gc.enable()


# ---- the answer ----


def test_the_answer_prints_as_text() -> None:
    x = leaf(1.0)
    (x * x).sum().backward()
    answer = ag.explain(x)
    said = ["'x' is a leaf that requires grad, float32[1]", ".grad: there, and finite: its norm is 2"]
    assert str(answer) == repr(answer) == "\n".join(said)
    assert answer._repr_mimebundle_() == {"text/plain": str(answer)}


def test_a_transforms_tensors_are_refused() -> None:
    with pytest.raises(GraphError, match="explain looks at values"):
        ag.vmap(lambda x: [ag.explain(x), x][1])(ag.ones(2))


def test_what_is_no_tensor_is_refused() -> None:
    with pytest.raises(DTypeError, match="explain: tensor is list; wanted a Tensor"):
        ag.explain([1.0])
    with pytest.raises(DTypeError, match="explain: loss is int; wanted a Tensor"):
        ag.explain(ag.ones(1), 3)
