"""Anomaly mode: the first NaN or Inf of forward and backward, what it says, and that it leaves nothing behind."""

from __future__ import annotations

import re
import threading
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core.autograd import detect_anomaly, set_detect_anomaly
from autograd_core.engine import backward
from autograd_core.engine.primitive import PRIMITIVES
from autograd_core.errors import AnomalyError

HERE = re.escape(__file__)
INF, NAN = float("inf"), float("nan")


def found(call: Any) -> str:
    """Return what anomaly mode says of a call."""
    with detect_anomaly(), pytest.raises(AnomalyError) as raised:
        call()
    return str(raised.value)


def leaf(*values: Any) -> Any:
    return ag.tensor(list(values), requires_grad=True)


# ---- forward ----


@pytest.mark.parametrize(
    ("call", "name", "what", "index"),
    [
        (lambda: ag.log(leaf(1.0, 0.0)), "log", "Inf", (1,)),
        (lambda: ag.log(leaf(1.0, -1.0, 0.0)), "log", "NaN", (1,)),
        (lambda: ag.sqrt(leaf(-4.0)), "sqrt", "NaN", (0,)),
        (lambda: ag.exp(leaf(0.0, 1000.0)), "exp", "Inf", (1,)),
        (lambda: leaf(1.0, 2.0) / ag.tensor([1.0, 0.0]), "div", "Inf", (1,)),
        (lambda: leaf(0.0) / ag.tensor([0.0]), "div", "NaN", (0,)),
        (lambda: leaf(1.0) / 0, "div", "Inf", (0,)),
        (lambda: leaf(1e30, 2.0) * 1e30, "mul", "Inf", (0,)),
        (lambda: leaf(-8.0) ** 0.5, "pow|sqrt", "NaN", (0,)),
        (lambda: ag.matmul(leaf([1e30, 1.0]), ag.full((2, 2), 1e30)), "matmul", "Inf", (0, 0)),
        (lambda: ag.ones(2).log().sub(2).log(), "log", "NaN", (0,)),
    ],
)
def test_the_first_bad_result_of_a_forward(call: Any, name: str, what: str, index: tuple[int, ...]) -> None:
    text = found(call)
    assert re.match(rf"({name}): gave {what}, the first NaN or Inf of this forward pass, at index", text)
    assert f"at index {index}\n" in text and re.search(rf"\nat {HERE}:\d+: ", text)


def test_a_forward_gives_statistics_cause_and_remedy() -> None:
    text = found(lambda: ag.log(leaf(4.0, 0.0, 1.0)))
    assert "result float32[3]: 0 NaN, 1 Inf of 3 (finite: min 0, max 1.386, mean 0.6931)" in text
    assert "input float32[3]: all 3 finite (min 0, max 4, mean 1.667); 0 there" in text
    assert "cause: log gives -Inf at 0 and NaN below" in text and "where() on the argument" in text


def test_a_forward_names_the_operand_that_was_bad_already() -> None:
    x = ag.tensor([[1.0, NAN], [2.0, 3.0]])
    net = nn.Sequential(nn.Identity(), nn.Linear(2, 3))
    text = found(lambda: net(x))
    assert "x float32[2, 2]: 1 NaN, 0 Inf of 4 (finite: min 1, max 3, mean 2); bad already" in text
    assert "first at index (0, 1)" in text
    assert "cause: x was bad before 'linear' ran: it is data, outside every graph" in text
    assert re.search(rf"\nin module 1, called at {HERE}:", text)
    text = found(lambda: leaf(NAN) * 2)
    assert "cause: input was bad before 'mul' ran: it is a leaf" in text
    h = leaf(-1.0).log()  # made before
    text = found(lambda: h * 2)
    assert re.search(rf"it is the result of 'log', built at {HERE}:\d+: .*# made before", text)


def test_what_is_given_on_purpose_is_no_anomaly() -> None:
    x = leaf([1.0, 2.0], [3.0, 4.0])
    mask = ag.tensor([[True, False], [False, False]])
    with detect_anomaly():
        scores = x.masked_fill(mask, -INF)
        scores.softmax(-1).pow(2).sum().backward()
        ag.where(mask, -INF, x).max()
        ag.full((2,), NAN)
        x.detach().masked_fill(mask, NAN)
        ag.tensor([1.0, NAN])[0].exp()
        F.scaled_dot_product_attention(x[None], x[None], x[None], is_causal=True).sum().backward()
    assert x.grad.isfinite().all()


def test_an_inf_that_was_there_is_reported_when_it_becomes_nan() -> None:
    x = ag.tensor([INF, 1.0])
    with detect_anomaly():
        y = x * 2
    text = found(lambda: y - y)
    assert text.startswith("sub: gave NaN") and "input was bad before 'sub' ran" in text


def test_writes_are_looked_at() -> None:
    x = ag.tensor([-1.0, 4.0])
    text = found(lambda: x.sqrt_())
    assert re.match(r"sqrt_?: (gave|put) NaN", text)
    with detect_anomaly():
        x = ag.zeros(2)
        x.fill_(-INF)
        x[0] = 1.0


def test_forward_can_be_left_out() -> None:
    with detect_anomaly(forward=False):
        x = leaf(0.0, 1.0)
        x.log()
        with pytest.raises(AnomalyError, match="backward: Function 'LogBackward0' returned inf values"):
            x.log().sum().backward()


# ---- backward ----


def test_the_first_bad_gradient_of_a_backward() -> None:
    x = leaf(1.0, 0.0)
    net = nn.Sequential(nn.Identity(), Root())
    with detect_anomaly():
        loss = net(x).sum()
        with pytest.raises(AnomalyError) as raised:
            loss.backward()
    text = str(raised.value)
    assert text.startswith("backward: Function 'SqrtBackward0' returned inf values in its 0th output")
    assert "at index (1,)" in text and "gradient given float32[2]: 0 NaN, 1 Inf of 2" in text
    assert "incoming gradient float32[2]: all 2 finite (min 1, max 1, mean 1); 1 there" in text
    assert "saved y float32[2]: all 2 finite (min 0, max 1, mean 0.5); 0 there" in text
    assert "cause: sqrt gives NaN below 0, and its derivative is Inf at 0" in text
    assert re.search(rf"in the backward of 'sqrt', built at {HERE}:\d+: .*# root \(in module 1\)", text)


class Root(nn.Module):
    def forward(self, x: Any) -> Any:
        return x.sqrt()  # root


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    "branch",
    [
        lambda x, ok: ag.where(ok, x.sqrt(), 0.0),
        lambda x, ok: ag.where(ok, x.sqrt() * 3 + 1, 0.0),
        lambda x, ok: x.sqrt().masked_fill(~ok, 0.0),
        lambda x, ok: ag.where(ok, x.sqrt(), 0.0) * 2,
    ],
)
def test_the_where_trap_is_recognised(branch: Any, create_graph: bool) -> None:
    x = leaf(0.0, 4.0)
    with detect_anomaly():
        y = branch(x, x > 0).sum()
        with pytest.raises(AnomalyError) as raised:
            y.backward(create_graph=create_graph)
    text = str(raised.value)
    assert re.search(rf"cause: 0 \* Inf = NaN: '(where|keep|setitem)', built at {HERE}:\d+: ", text)
    assert "does not take this element, so its gradient is 0" in text
    assert "where(ok, sqrt(where(ok, x, 1.0)), 0.0)" in text and "ag.strong_zero()" in text


def test_a_trap_of_0d_tensors() -> None:
    x = ag.tensor(0.0, requires_grad=True)
    text = found(lambda: ag.where(x > 0, x.sqrt(), 0.0).backward())
    assert "0 * Inf = NaN: 'where'" in text and "at index ()" in text


def test_zeros_in_the_gradient_of_a_product_are_no_trap() -> None:
    x = leaf([1.0, 2.0], [3.0, 4.0])
    w = ag.tensor([[1.0, NAN], [1.0, 1.0]])
    with detect_anomaly(forward=False), pytest.raises(AnomalyError) as raised:
        ((x @ w) * ag.tensor([[0.0, 1.0], [1.0, 1.0]])).sum().backward()
    assert "cause: saved b was bad before this rule ran" in str(raised.value)


def test_the_mended_trap_is_healthy() -> None:
    x = leaf(0.0, 4.0)
    with detect_anomaly():
        ok = x > 0
        ag.where(ok, ag.where(ok, x, 1.0).sqrt(), 0.0).sum().backward()
    assert x.grad.tolist() == [0.0, 0.25]


def test_what_was_bad_before_the_backward_began() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"gradient that it was given for .*'mul' is bad already"):
        y.backward(ag.tensor([NAN, 1.0]))
    y = (x * INF).exp() * 2
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"saved y was bad .*; the first .* by 'exp', built"):
        y.sum().backward()


def test_hooks_functions_and_joint_rules_are_looked_at() -> None:
    class Bad(ag.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g / 0

    x = leaf(1.0)
    assert "Function 'BadBackward0' returned inf" in found(lambda: Bad.apply(x).sum().backward())
    h = x * 3
    h.register_hook(lambda g: g * NAN)
    assert "incoming gradient was bad before this rule ran" in found(lambda: (h * 2).sum().backward())
    with detect_anomaly(forward=False), pytest.raises(AnomalyError, match="'NormalizeBackward0' returned nan"):
        F.layer_norm(leaf([1.0, NAN]), (2,)).sum().backward()


def test_healthy_training_is_as_without_it() -> None:
    def gradients() -> list[Any]:
        ag.manual_seed(0)
        net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3))
        loss = F.cross_entropy(net(ag.randn(4, 1, 4, 4)), ag.tensor([0, 1, 2, 0]))
        loss.backward()
        return [p.grad._array for p in net.parameters()]

    wanted = gradients()
    with detect_anomaly():
        for a, b in zip(gradients(), wanted):
            np.testing.assert_array_equal(a, b)


def test_targets_checkpoints_and_second_order_work_under_it() -> None:
    from autograd_core.utils.checkpoint import checkpoint

    x = leaf(1.0, 2.0)
    with detect_anomaly():
        (g,) = ag.autograd.grad((x**3).sum(), x, create_graph=True)
        (h,) = ag.autograd.grad(g.sum(), x)
        assert h.tolist() == [6.0, 12.0]
        checkpoint(lambda x: x.exp() * x, x, use_reentrant=False).sum().backward()
        assert ag.func.vmap(ag.func.grad(lambda x: (x**2).sum()))(ag.ones(2, 3)).tolist() == [[2.0] * 3] * 2


# ---- switching ----


def test_off_means_off() -> None:
    codes = {name: prim.call.__code__ for name, prim in PRIMITIVES.items()}
    with detect_anomaly():
        assert backward.exchange is not None and ag.is_anomaly_enabled() and ag.is_anomaly_check_nan_enabled()
    assert backward.exchange is None and not ag.is_anomaly_enabled()
    assert {name: prim.call.__code__ for name, prim in PRIMITIVES.items()} == codes
    x = leaf(0.0)
    x.sqrt().sum().backward()
    assert x.grad.tolist() == [INF]


def test_set_detect_anomaly_holds_until_it_is_taken_back() -> None:
    set_detect_anomaly(True)
    try:
        with pytest.raises(AnomalyError):
            leaf(-1.0).log()
        with set_detect_anomaly(False):
            leaf(-1.0).log()
        with pytest.raises(AnomalyError):
            leaf(-1.0).log()
    finally:
        set_detect_anomaly(False)
    leaf(-1.0).log()


def test_check_nan_false_checks_nothing() -> None:
    with detect_anomaly(check_nan=False):
        assert ag.is_anomaly_enabled() and not ag.is_anomaly_check_nan_enabled()
        leaf(-1.0).log().sum().backward()


def test_contexts_nest_and_decorate() -> None:
    @detect_anomaly()
    def bad() -> Any:
        return leaf(-1.0).log()

    with detect_anomaly(), detect_anomaly(check_nan=False):
        leaf(-1.0).log()
    with pytest.raises(AnomalyError):
        bad()
    leaf(-1.0).log()


def test_it_holds_in_all_threads_as_in_pytorch() -> None:
    caught: list[Exception] = []

    def run() -> None:
        try:
            leaf(-1.0).log()
        except AnomalyError as error:
            caught.append(error)

    with detect_anomaly():
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert len(caught) == 1


def test_names_are_pytorchs() -> None:
    from autograd_core.autograd.anomaly_mode import detect_anomaly as other

    assert other is detect_anomaly is ag.autograd.detect_anomaly
    assert ag.autograd.anomaly_mode.set_detect_anomaly is ag.autograd.set_detect_anomaly is set_detect_anomaly
    assert issubclass(AnomalyError, RuntimeError) and issubclass(AnomalyError, FloatingPointError)


def test_on_the_fake_device(cuda: Any) -> None:
    x = ag.tensor([1.0, 0.0], device="cuda", requires_grad=True)
    assert "gave Inf" in found(lambda: x.log())
    assert "cause: sqrt" in found(lambda: x.sqrt().sum().backward())
