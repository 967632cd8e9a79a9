"""Floors and profiles: operations and bytes that are known, and primitives that are put back as they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.engine.primitive import ADDING, PRIMITIVES
from benchmarks import __main__ as cli
from benchmarks import api, draws
from benchmarks.insight import counting, floor, profiling
from benchmarks.insight.watching import watched
from benchmarks.workloads import WORKLOADS


def counted(work: Callable[[], Any]) -> counting.Counter:
    counter = counting.Counter()
    with watched(counter):
        work()
    return counter


def backward_of(y: ag.Tensor) -> None:
    y.backward(ag.ones_like(y))


def test_matmul_takes_two_operations_per_product_and_its_gradients_twice_that() -> None:
    a, b = ag.randn(5, 7, requires_grad=True), ag.randn(7, 3, requires_grad=True)
    assert counted(lambda: a @ b).flops == 2 * 5 * 7 * 3
    assert counted(lambda: backward_of(a @ b)).flops == 3 * 2 * 5 * 7 * 3


def test_matmul_moves_its_operands_and_its_result() -> None:
    a, b = ag.randn(5, 7), ag.randn(7, 3)
    assert counted(lambda: a @ b).of("matmul").bytes == 4 * (5 * 7 + 7 * 3 + 5 * 3)


def test_view_moves_nothing_and_elementwise_work_multiplies_no_matrices() -> None:
    a = ag.randn(8, 8)
    counter = counted(lambda: a.reshape(64) * 2.0)
    assert counter.of("reshape").bytes == 0
    assert counter.of("mul").bytes == 2 * 4 * 64
    assert counter.flops == 0


@pytest.mark.parametrize("groups", [1, 2])
def test_convolution_takes_its_taps_and_each_gradient_as_much(groups: int) -> None:
    x = ag.randn(2, 4, 9, 9, requires_grad=True)
    w = ag.randn(6, 4 // groups, 3, 3, requires_grad=True)
    once = 2 * (2 * 6 * 4 * 4) * (4 // groups * 3 * 3)  # outputs of stride 2, taps of each
    assert counted(lambda: F.conv2d(x, w, stride=2, groups=groups)).flops == once
    assert counted(lambda: backward_of(F.conv2d(x, w, stride=2, groups=groups))).flops == 3 * once


def test_linear_and_recurrent_layers_take_their_matrices_for_each_row() -> None:
    x, w, b = ag.randn(10, 4), ag.randn(6, 4, requires_grad=True), ag.randn(6, requires_grad=True)
    assert counted(lambda: F.linear(x, w, b)).flops == 2 * 10 * 4 * 6
    assert counted(lambda: backward_of(F.linear(x, w, b))).flops == 2 * (2 * 10 * 4 * 6)  # no gradient of x
    layer, steps = nn.LSTM(5, 8), ag.randn(7, 3, 5, requires_grad=True)
    once = 2 * 21 * (4 * 8 * 5 + 4 * 8 * 8)
    assert counted(lambda: layer(steps)).flops == once
    assert counted(lambda: backward_of(layer(steps)[0])).flops == 3 * once


def test_attention_takes_two_products_and_causal_attention_half_of_the_pairs() -> None:
    q, k, v = (ag.randn(2, 3, 8, 4, requires_grad=True) for _ in range(3))
    once = 2 * (2 * 2 * 3 * 8 * 8 * 4)
    assert counted(lambda: F.scaled_dot_product_attention(q, k, v)).flops == once
    assert counted(lambda: F.scaled_dot_product_attention(q, k, v, is_causal=True)).flops == once * 9 / 16
    assert counted(lambda: backward_of(F.scaled_dot_product_attention(q, k, v))).flops == 3 * once


def test_second_order_is_counted_too() -> None:
    a, b = ag.randn(4, 4, requires_grad=True), ag.randn(4, 4, requires_grad=True)

    def twice() -> None:
        (grad,) = ag.autograd.grad((a @ b).sum(), [a], create_graph=True)
        ag.autograd.grad((grad * grad).sum(), [b])

    assert counted(twice).flops == 3 * 2 * 4**3


def test_update_reads_and_writes_parameters_and_states() -> None:
    p = nn.Parameter(ag.randn(100))
    p.grad = ag.randn(100)
    adam = optim.Adam([p])
    adam.step()
    assert counted(adam.step).of(counting.UPDATE).bytes >= 4 * 100 * (3 + 2 * 2)


def functions() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, prim in PRIMITIVES.items():
        space = prim.call.__globals__
        rules = {k: v for k, v in space.items() if k.startswith("rule_") and v is not None}
        found[name] = (prim.forward, dict(prim.rules), prim.joint, space["forward"], set(prim.needs), rules)
    return found


def test_primitives_are_put_back_even_where_the_step_fails() -> None:
    x = ag.randn(3, requires_grad=True)
    (x[[0, 0]] * 2).sum().backward()
    before, adding = functions(), dict(ADDING)
    with pytest.raises(ZeroDivisionError), watched(counting.Counter()):
        x.exp().sum().backward()
        assert functions()["exp"] != before["exp"]
        raise ZeroDivisionError
    after = functions()
    for name, (forward, rules, joint, seen, needs, _) in before.items():
        assert after[name][:5] == (forward, rules, joint, seen, needs), name
    assert adding == ADDING
    assert counted(lambda: None).counts == {}


def test_watching_changes_no_number() -> None:
    def grads() -> list[np.ndarray]:
        step = WORKLOADS["mixed40"].build(api.load("ours", 2), draws.generator())
        return [t.detach().numpy().copy() for t in step()]

    plain, seen = grads(), []
    counted(lambda: seen.extend(grads()))
    assert all(np.array_equal(a, b) for a, b in zip(plain, seen, strict=True))


def test_floor_is_what_the_rates_say() -> None:
    rates = {"gemm_gflops": 100.0, "copy_gbs": 10.0, "copy_on_all_threads_gbs": 20.0, "add_gbs": 15.0}
    counts = {"matmul": {"calls": 1, "flops": 1e9, "bytes": 2e7}}
    lines = floor.text("mlp", {"seconds": 0.02, "rates": rates, "counts": counts}).splitlines()
    assert lines[0] == "mlp: 20.000 ms a step; its floor is 10.000 ms, 50% of that"
    assert lines[2].split("GB/s")[1].split()[0] == "1.000"  # 20 MB at 20 GB/s


def test_profile_adds_up_to_the_step() -> None:
    step = WORKLOADS["mlp"].build(api.load("ours", 2), draws.generator())
    look = profiling.look(step, threads=2, seconds=0.05)
    parts = sum(forward + backward for _, forward, backward in look["spent"].values())
    assert 0 < parts < look["clocked"]
    assert {"linear", "relu", "cross_entropy", profiling.UPDATE} <= look["spent"].keys()
    assert look["spent"]["linear"][0] == 2
    assert look["spent"]["linear"][2] > 0
    text = profiling.text("mlp", look)
    assert "linear" in text and "Python, records, walk" in text


def test_command_line_prints_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--floor", "chain20", "--profile", "chain20"]) == 0
    printed = capsys.readouterr().out
    assert "its floor is" in printed
    assert "Python, records, walk" in printed
