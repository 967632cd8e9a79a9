"""``strong_zero``: an exact zero among the cotangents stays zero; everything else is as without it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import autograd_core as ag
import nn
from autograd_core.engine import backward

INF = float("inf")


def leaf(*values: Any) -> Any:
    return ag.tensor(list(values), requires_grad=True)


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        (lambda x: ag.where(x > 0, x.sqrt(), 0.0), 0.25),
        (lambda x: ag.where(x > 0, x.log(), 0.0), 0.25),
        (lambda x: ag.where(x > 0, 8 / x, 0.0), -0.5),
        (lambda x: ag.where(x > 0, x * x.log() - x, 0.0), 1.3862943611198906),
        (lambda x: ag.where(x > 0, x**0.5, 0.0), 0.25),
    ],
)
def test_the_branch_not_taken_gives_zero(function: Any, wanted: float) -> None:
    x = leaf(0.0, 4.0)
    function(x).sum().backward()
    assert x.grad.isnan()[0]
    x.grad = None
    with ag.strong_zero():
        function(x).sum().backward()
    assert x.grad[0] == 0 and x.grad[1].item() == pytest.approx(wanted)


def test_an_operation_that_mixes_elements_passes_zeros_on_as_a_whole() -> None:
    w = ag.full((2, 2), INF)
    x = leaf([1.0, 2.0])
    with ag.strong_zero():
        (0 * (x @ w).nan_to_num(posinf=0.0)).sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0]]


def test_what_is_not_zero_stays_infinite() -> None:
    x = leaf(0.0, 4.0)
    with ag.strong_zero():
        x.sqrt().sum().backward()
    assert x.grad.tolist() == [INF, 0.25]


def test_second_order() -> None:
    x = leaf(0.0, 4.0)
    with ag.strong_zero():
        (g,) = ag.autograd.grad(ag.where(x > 0, x.sqrt(), 0.0).sum(), x, create_graph=True)
        (h,) = ag.autograd.grad(g.sum(), x)
    assert g.tolist() == [0.0, 0.25] and h[0] == 0 and h[1].item() == pytest.approx(-1 / 32)


def test_healthy_gradients_are_the_same() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.LayerNorm(4), nn.Linear(4, 1))
    x = ag.randn(5, 3)
    net(x).sum().backward()
    wanted = [p.grad.tolist() for p in net.parameters()]
    net.zero_grad()
    with ag.strong_zero():
        net(x).sum().backward()
    assert [p.grad.tolist() for p in net.parameters()] == wanted


def test_dtypes_and_0d_results_are_kept() -> None:
    for dtype in (ag.float32, ag.float64):
        x = ag.tensor(0.0, dtype=dtype, requires_grad=True)
        with ag.strong_zero():
            ag.where(x > 0, x.sqrt(), 0.0).backward()
        assert x.grad.dtype is dtype and x.grad.item() == 0 and x.grad.shape == ()


def test_in_transforms() -> None:
    def f(x: Any) -> Any:
        return ag.where(x > 0, x.sqrt(), 0.0).sum()

    with ag.strong_zero():
        assert ag.func.grad(f)(ag.tensor([0.0, 4.0])).tolist() == [0.0, 0.25]
        assert ag.func.vmap(ag.func.grad(f))(ag.tensor([[0.0, 4.0], [4.0, 0.0]])).tolist() == [[0.0, 0.25], [0.25, 0.0]]


def test_it_holds_for_this_thread_and_ends() -> None:
    found: list[Any] = []

    def run() -> None:
        x = leaf(0.0)
        ag.where(x > 0, x.sqrt(), 0.0).sum().backward()
        found.append(x.grad)

    with ag.strong_zero():
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert found[0].isnan().all() and backward.exchange is None
    run()
    assert found[1].isnan().all()


def test_as_a_decorator_and_nested() -> None:
    @ag.strong_zero()
    def gradient() -> Any:
        x = leaf(0.0)
        with ag.strong_zero():
            pass
        ag.where(x > 0, x.sqrt(), 0.0).sum().backward()
        return x.grad

    assert gradient().tolist() == [0.0]


def test_with_anomaly_mode() -> None:
    x = leaf(0.0, 4.0)
    for outer, inner in ((ag.strong_zero, ag.autograd.detect_anomaly), (ag.autograd.detect_anomaly, ag.strong_zero)):
        x.grad = None
        with outer(), inner():
            ag.where(x > 0, x.sqrt(), 0.0).sum().backward()
        assert x.grad.tolist() == [0.0, 0.25]
