"""Elementwise functions on large arrays: the same bits as on whole arrays, on any number of threads, in any layout."""

from __future__ import annotations

import multiprocessing
import os
import threading

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F
from autograd_core.backend.cpu import elementwise, threads, tracing
from autograd_core.engine import general, large
from autograd_core.engine.primitive import PRIMITIVES

ODD = 100_003
RULES = {
    f"{name}.{arg}": (prim, prim.large_rules[arg])
    for name, prim in PRIMITIVES.items()
    for arg in prim.large_rules
    if not (prim.residuals or prim.outputs)
}
UNARY = ("abs", "atan", "cos", "exp", "expm1", "neg", "relu", "sigmoid", "silu", "sin", "softplus", "square", "tanh")


@pytest.fixture(params=[1, 2, 3])
def shares(request, monkeypatch):
    """Cut small arrays into blocks and among that many threads."""
    monkeypatch.setattr(elementwise, "_BLOCK_BYTES", 4096)
    monkeypatch.setattr(elementwise, "_SHARE_BYTES", 4096)
    monkeypatch.setattr(elementwise, "thread_count", lambda: request.param)
    for prim in PRIMITIVES.values():
        monkeypatch.setattr(prim, "large", 2)
    return request.param


def numbers(*shape, seed=0, dtype="float32"):
    values = np.asarray(np.random.default_rng(seed).standard_normal(shape)).astype(dtype)
    values.flags.writeable = False
    return values


def layouts():
    """Arrays of one shape each, in every layout that a large tensor can have."""
    yield "vector", numbers(ODD)
    yield "matrix", numbers(97, 1031)
    yield "transposed", numbers(1031, 97).T
    yield "channels last", numbers(4, 30, 31, 8).transpose(0, 3, 1, 2)
    yield "strided", numbers(2 * ODD)[::2]
    yield "backwards", numbers(ODD)[::-1]
    yield "strided rows", numbers(97, 1031)[:, ::3]
    yield "float64", numbers(ODD, dtype="float64")
    yield "few", numbers(3)
    yield "empty", numbers(0, 5)


@pytest.mark.parametrize(("layout", "x"), list(layouts()))
@pytest.mark.parametrize("name", UNARY)
def test_forwards_give_the_same_bits_in_the_same_layout(name, layout, x, shares):
    forward = PRIMITIVES[name].forward
    expected = forward(np, x)
    got = large.forward(PRIMITIVES[name], np, (x,), {})
    np.testing.assert_array_equal(got, expected)
    assert (got.dtype, got.strides) == (expected.dtype, expected.strides)
    assert got.base is None and got.flags.writeable


@pytest.mark.parametrize(
    "name", ["tanh.x", "sigmoid.x", "silu.x", "mul.a", "div.b", "pow.a", "maximum.a", "relu.x", "leaky_relu.x"]
)
@pytest.mark.parametrize(
    "g", [numbers(ODD, seed=1), np.broadcast_to(np.float32(0.5), (ODD,))], ids=["dense", "repeated"]
)
def test_rules_give_the_same_bits(name, g, shares):
    prim, rule = RULES[name]
    saved = [
        {"slope": 0.1}.get(n, g.shape if n.endswith("_shape") else np.abs(numbers(ODD, seed=i)))
        for i, n in enumerate(prim.needs[rule])
    ]
    expected = rule.rule(g, *saved)
    np.testing.assert_array_equal(rule(g, *saved), expected)
    total = np.ones_like(expected)
    assert rule.add(total, g, *saved)
    np.testing.assert_array_equal(total, expected + 1)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (numbers(600, 70), numbers(70)), (numbers(600, 70), numbers(600, 1)), (numbers(600, 70), numbers(1, 70)),
        (numbers(600, 1), numbers(1, 70)), (numbers(600, 70), numbers(1, 1)), (numbers(600, 70), numbers()),
        (numbers(2, 300, 70), numbers(300, 70)), (numbers(600, 70), 2.5), (-0.0, numbers(600, 70)),
        (0.0, numbers(600, 70)), (numbers(600, 70), numbers(600, 70)[::-1]),
        (numbers(70, 600).T, numbers(600, 70)), (numbers(600, 70), numbers(600, 70, dtype="float64")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["mul", "div", "maximum"])
def test_operands_broadcast_and_mix(name, a, b, shares):
    prim = PRIMITIVES[name]
    with np.errstate(all="ignore"):
        expected = prim.forward(np, a, b)
        got = large.forward(prim, np, (a, b), {})
    assert got.dtype == expected.dtype and got.shape == expected.shape
    assert got.tobytes() == np.ascontiguousarray(expected).tobytes() or not np.isfinite(expected).all()
    np.testing.assert_array_equal(got, expected)


def test_metadata_are_told_apart_whatever_their_order(shares):
    x, clamp = numbers(ODD), PRIMITIVES["clamp"]
    for meta in (
        {"low": 0.1, "high": None},
        {"high": None, "low": 0.1},
        {"low": None, "high": 0.1},
        {"high": 0.1, "low": None},
    ):
        np.testing.assert_array_equal(large.forward(clamp, np, (x,), meta), clamp.forward(np, x, **meta))


def test_what_is_no_list_of_ufuncs_is_run_as_it_is(shares):
    x = numbers(ODD)
    sign, ints = PRIMITIVES["sign"], np.array([2, 3, 1])
    np.testing.assert_array_equal(large.forward(sign, np, (x,), {}), np.sign(x))
    negative = large.forward(PRIMITIVES["pow"], np, (ints, -ints), {})  # NumPy's power refuses these
    np.testing.assert_array_equal(negative, [0, 0, 1])
    assert elementwise.by_blocks(lambda a: a, "identity", (x,)) is None
    assert elementwise.by_blocks(lambda a: a.cumsum(), "sum", (x,)) is None
    assert not elementwise.add_by_blocks(np.negative, "alias", x, (x,))


def chain(x):
    return 0.5 * x * (1 + ag.tanh(0.7978845608 * (x + 0.044715 * x**3)))


FUNCTIONS = {
    "chain": chain, "relu": lambda x: F.relu(x) * x, "leaky": lambda x: F.leaky_relu(x, 0.1) * x,
    "silu": F.silu, "softplus": F.softplus, "erf": ag.erf, "where": lambda x: ag.where(x > 0, x, x * x),
    "shared": lambda x: x + x * x + ag.exp(x) * x,
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_of_a_large_tensor_are_those_of_its_parts(name, monkeypatch):
    monkeypatch.setattr(elementwise, "thread_count", lambda: 2)
    values, seed = numbers(large.LARGE + 5), numbers(large.LARGE + 5, seed=1)

    def run(part):
        x, v = ag.tensor(values[part], requires_grad=True), ag.tensor(seed[part])
        y = FUNCTIONS[name](x)
        y.backward(v, retain_graph=True)
        (g,) = ag.autograd.grad(y, x, v, create_graph=True)
        (second,) = ag.autograd.grad(g, x, v)
        return [t.detach().numpy() for t in (y, x.grad, g, second)]

    middle = large.LARGE // 2
    parts = zip(run(slice(0, middle)), run(slice(middle, None)), strict=True)
    for got, expected in zip(run(slice(None)), map(np.concatenate, parts), strict=True):
        np.testing.assert_allclose(got, expected, rtol=2e-6, atol=2e-6)


def test_the_general_way_records_rules_for_large_arrays(shares):
    x = ag.tensor(numbers(ODD), requires_grad=True)
    y = general.general(PRIMITIVES["tanh"], (x,), {})
    ((_, rule, _),) = y._node.edges
    assert type(rule) is large.Blockwise and rule.rule is PRIMITIVES["tanh"].rules["x"]
    small = general.general(PRIMITIVES["tanh"], (x[:1],), {})
    assert type(small._node.edges[0][1]) is not large.Blockwise


def test_errstate_holds_and_errors_come_out_of_every_thread(shares):
    x = np.ones(ODD, np.float32)
    for bad in (0, ODD // 2, ODD - 1):
        zero = x.copy()
        zero[bad] = 0
        with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
            large.forward(PRIMITIVES["log"], np, (zero,), {})
        with np.errstate(divide="ignore"):
            assert large.forward(PRIMITIVES["log"], np, (zero,), {})[bad] == -np.inf
    assert ag.log(ag.zeros(5))[0] == -np.inf


def test_programs_are_traced_once_and_bounded(monkeypatch):
    monkeypatch.setattr(tracing, "_programs", {})
    monkeypatch.setattr(tracing, "_MOST_KEPT", 4)
    calls = []

    def function(x, exponent):
        calls.append(exponent)
        return x**exponent + x

    x = numbers(8)
    for exponent in (3.5, 3.5, 3.5, 0.0, -0.0, 2.0, 1.5):
        with np.errstate(all="ignore"):
            elementwise.by_blocks(function, "function", (x, exponent))
    assert calls == [3.5, 0.0, -0.0, 2.0, 1.5]
    assert len(tracing._programs) <= 4


def test_programs_use_few_buffers():
    program = tracing.program_of(lambda g, y: g * (1 - y * y) + g, "reuse", (numbers(4), numbers(4)))
    assert [step.buffer for step in program.steps] == [0, 0, 0, 0]
    mixed = tracing.program_of(lambda x: ((x > 0) & (x < 1)).view("int8") * x, "mixed", (numbers(4),))
    assert mixed.dtype == np.float32 and max(step.buffer for step in mixed.steps) == 1


def test_many_callers_at_once(shares):
    x = numbers(ODD)
    expected, found = PRIMITIVES["silu"].forward(np, x), []
    callers = [
        threading.Thread(target=lambda: found.append(large.forward(PRIMITIVES["silu"], np, (x,), {}))) for _ in range(8)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(found) == 8 and all(np.array_equal(got, expected) for got in found)


def silu():
    return large.forward(PRIMITIVES["silu"], np, (numbers(1 << 19),), {})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own(monkeypatch):
    monkeypatch.setattr(elementwise, "thread_count", lambda: 2)
    expected = silu()  # the parent has its threads
    assert threads._pool is not None
    with multiprocessing.get_context("fork").Pool(1) as pool:
        np.testing.assert_array_equal(pool.apply_async(silu).get(timeout=60), expected)


def test_calls_on_large_tensors_go_the_general_way():
    for size, kind in ((large.LARGE, True), (large.LARGE - 1, False)):
        x = ag.zeros(size, requires_grad=True)
        for y in (ag.tanh(x), x * 2.0, 2.0 * x, x * x, ag.where(x > 0, x, 1.0)):
            assert (type(y._node.edges[0][1]) is large.Blockwise) is kind


def test_a_primitive_of_many_temporaries_is_large_sooner(monkeypatch):
    prim = PRIMITIVES["binary_cross_entropy"]
    assert prim.large < large.LARGE
    ran = []
    monkeypatch.setattr(large, "kernels_of", lambda xp, find=large.kernels_of: ran.append(xp) or find(xp))
    p, t = ag.rand(prim.large, requires_grad=True), ag.rand(prim.large)
    loss = F.binary_cross_entropy(p, t, reduction="sum")
    loss.backward()
    assert len(ran) == 2  # forward and backward
    with np.errstate(all="raise"):
        half = slice(0, prim.large // 2)
        own = p.detach()[half].clone().requires_grad_()
        F.binary_cross_entropy(own, t[half], reduction="sum").backward()
    assert len(ran) == 2
    np.testing.assert_array_equal(p.grad[half].numpy(), own.grad.numpy())
