"""Convolution on raw arrays: against loops, against its own adjoints, and against PyTorch."""

import functools
import itertools
import math
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd_core.backend import cpu, cuda
from autograd_core.backend.cpu import blocks, merging, shifting, spreading, stacking, winograd
from autograd_core.backend.cuda import convolution as gpu_convolution
from autograd_core.backend.windows import conv_size

borrow = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


KERNELS, STEPS = st.integers(1, 4), st.integers(1, 3)


@st.composite
def convolutions(draw, kernels=KERNELS, steps=STEPS):
    """Draw two arrays and the options of a convolution that fits them."""
    dims = draw(st.integers(1, 3))
    each = st.tuples(*[st.integers(0, 3)] * dims)
    kernel, stride, dilation = (draw(st.tuples(*[v] * dims)) for v in (kernels, steps, steps))
    padding, spare = draw(each), draw(each)
    least = (d * (k - 1) + 1 - 2 * p for k, d, p in zip(kernel, dilation, padding))
    size = tuple(max(1, n) + extra for n, extra in zip(least, spare))
    groups, inputs, outputs = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.sampled_from([1, 2, 16]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = rng.standard_normal((draw(st.integers(0, 3)), groups * inputs, *size))
    w = rng.standard_normal((groups * outputs, inputs, *kernel))
    return x, w, {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


def naive(x, w, *, stride, padding, dilation, groups):
    """The definition, one output and one tap at a time."""
    size = conv_size(x.shape[2:], w.shape[2:], stride=stride, padding=padding, dilation=dilation)
    padded = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)])
    y = np.zeros((len(x), len(w), *size))
    for group, h, i in itertools.product(range(groups), np.ndindex(size), np.ndindex(w.shape[2:])):
        at = tuple(s * a + d * b for s, a, d, b in zip(stride, h, dilation, i))
        rows, channels = (slice(group * n, (group + 1) * n) for n in (len(w) // groups, w.shape[1]))
        y[(slice(None), rows, *h)] += padded[(slice(None), channels, *at)] @ w[(rows, slice(None), *i)].T
    return y


def check(run, x, w, options, tolerance=1e-10):
    """Hold the three maps against the definition and against each other: <Ax, g> = <x, Aᵀg>."""
    y = naive(x, w, **options)
    np.testing.assert_allclose(run("conv", x, w, **options), y, atol=tolerance)
    g = np.random.default_rng(0).standard_normal(y.shape)
    back = run("conv_input_grad", g, w, input_size=x.shape[2:], **options)
    weights = run("conv_weight_grad", g, x, kernel_size=w.shape[2:], **options)
    assert back.shape == x.shape
    assert weights.shape == w.shape
    other, kernel = np.random.default_rng(1).standard_normal(x.shape), np.random.default_rng(2).standard_normal(w.shape)
    assert np.vdot(back, other) == pytest.approx(np.vdot(g, naive(other, w, **options)), abs=1e-8)
    assert np.vdot(weights, kernel) == pytest.approx(np.vdot(g, naive(x, kernel, **options)), abs=1e-8)


@borrow
@given(convolutions())
def test_the_definition_and_the_adjoints(run, case):
    check(run, *case)


@borrow
@given(convolutions())
def test_blocks_and_threads(small_blocks, case):
    check(on_cpu, *case)


@borrow
@given(convolutions())
def test_some_images_at_a_time_on_the_gpu(monkeypatch, case):
    monkeypatch.setattr(gpu_convolution, "_COLUMN_BYTES", 1)
    check(lambda name, *args, **options: getattr(cuda, name)(np, *args, **options), *case)


def on_cpu(name, *args, **options):
    return getattr(cpu, name)(np, *args, **options)


@borrow
@given(convolutions(kernels=st.just(3), steps=st.just(1)))
def test_winograd(small_blocks, case):
    with mock.patch.multiple(winograd, _FEW_CHANNELS=1, _HEAVY=1 << 30):
        check(on_cpu, *case)


@borrow
@given(convolutions())
def test_merging(small_blocks, case):
    with (
        mock.patch.multiple(winograd, _FEW_CHANNELS=1 << 30),
        mock.patch.multiple(merging, _FEW_CHANNELS=1, _SHARE=0, _MANY_WEIGHTS=1, _CLASHING_BYTES=8),
        mock.patch.object(merging, "thread_count", lambda: 3),
    ):
        check(on_cpu, *case)


@borrow
@given(convolutions())
def test_stacking(small_blocks, case):
    with mock.patch.object(stacking, "suits", lambda x, w, y, stride, dilation, groups: stride[0] == 1):
        check(on_cpu, *case)


def noted(road, taken):
    def call(*args, **options):
        taken.append(road.__module__)
        return road(*args, **options)

    return call


def test_each_road_is_taken(monkeypatch):
    taken = []
    roads = [(module, "correlate") for module in (shifting, winograd, merging, stacking)]
    for module, name in (*roads, (spreading, "spread"), (shifting, "weight_sums"), (merging, "weight_sums")):
        road = getattr(module, name)
        monkeypatch.setattr(module, name, noted(road, taken))
    for inputs, outputs, stride, *roads in (
        (32, 32, 1, {"winograd"}, {"winograd"}, {"merging"}),
        (64, 64, 1, {"merging"}, {"merging"}, {"merging"}),
        (32, 64, 2, {"merging"}, {"merging", "shifting"}, {"merging"}),
        (4, 8, 1, {"shifting"}, {"shifting"}, {"shifting"}),
        (2, 16, 1, {"shifting"}, {"spreading"}, {"shifting"}),
        (16, 6, 1, {"stacking"}, {"shifting"}, {"shifting"}),
    ):
        options = {"stride": (stride, stride), "padding": (1, 1), "dilation": (1, 1), "groups": 1}
        x, w = np.ones((2, inputs, 5, 5)), np.ones((outputs, inputs, 3, 3))
        y = cpu.conv(np, x, w, **options)
        back = functools.partial(cpu.conv_input_grad, np, y, w, input_size=(5, 5), **options)
        weights = functools.partial(cpu.conv_weight_grad, np, y, x, kernel_size=(3, 3), **options)
        for run, expected in zip((functools.partial(cpu.conv, np, x, w, **options), back, weights), roads):
            taken.clear()
            run()
            assert {name.rsplit(".", 1)[1] for name in taken} == expected


SHAPES = [  # x, w, stride, padding, dilation, groups: networks people train
    ((64, 1, 28, 28), (6, 1, 5, 5), 1, 2, 1, 1),
    ((64, 6, 14, 14), (16, 6, 5, 5), 1, 0, 1, 1),
    ((8, 64, 16, 16), (64, 64, 3, 3), 1, 1, 1, 1),
    ((3, 32, 9, 7), (48, 32, 3, 3), 1, 1, 1, 1),
    ((2, 3, 32, 32), (64, 3, 7, 7), 2, 3, 1, 1),
    ((4, 64, 14, 14), (128, 64, 1, 1), 2, 0, 1, 1),
    ((4, 32, 16, 16), (32, 1, 3, 3), 1, 1, 1, 32),
    ((2, 16, 20, 20), (32, 8, 3, 3), 1, 2, 2, 2),
    ((8, 64, 8, 8), (64, 64, 3, 3), 2, 1, 1, 1),
    ((4, 128, 4, 4), (96, 128, 3, 3), 1, 1, 1, 1),
    ((2, 32, 5, 6, 7), (32, 32, 3, 2, 3), 2, 1, 1, 1),
    ((4, 16, 100), (32, 16, 5), 2, 2, 1, 1),
    ((2, 4, 8, 8, 8), (8, 4, 3, 3, 3), 1, 1, 1, 1),
]


@pytest.mark.parametrize(("x", "w", "stride", "padding", "dilation", "groups"), SHAPES)
def test_agreement_with_pytorch(torch, x, w, stride, padding, dilation, groups):
    rng, dims = np.random.default_rng(0), len(x) - 2
    x, w = rng.standard_normal(x).astype("float32"), rng.standard_normal(w).astype("float32")
    options = {
        name: (value,) * dims for name, value in (("stride", stride), ("padding", padding), ("dilation", dilation))
    }
    tx, tw = torch.from_numpy(x).requires_grad_(), torch.from_numpy(w).requires_grad_()
    ty = getattr(torch.nn.functional, f"conv{dims}d")(tx, tw, None, stride, padding, dilation, groups)
    g = rng.standard_normal(ty.shape).astype("float32")
    ty.backward(torch.from_numpy(g))
    same = {"rtol": 1e-4, "atol": 1e-5 * math.prod(w.shape[1:])}
    np.testing.assert_allclose(cpu.conv(np, x, w, groups=groups, **options), ty.detach(), **same)
    back = cpu.conv_input_grad(np, g, w, input_size=x.shape[2:], groups=groups, **options)
    np.testing.assert_allclose(back, tx.grad, **same)
    weights = cpu.conv_weight_grad(np, g, x, kernel_size=w.shape[2:], groups=groups, **options)
    np.testing.assert_allclose(weights, tw.grad, rtol=1e-4, atol=1e-6 * g.size)


PLAIN = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1}


@pytest.mark.parametrize("channels", [3, 32, 64])
def test_any_strides_and_no_image(run, channels):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, channels, 6, 7)), rng.standard_normal((channels, channels, 3, 3))
    y = run("conv", x, w, **PLAIN)
    last = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(run("conv", last, np.asfortranarray(w), **PLAIN), y, atol=1e-12)
    turned = run("conv", x[:, :, ::-1], w[:, :, ::-1], **PLAIN)
    np.testing.assert_allclose(turned[:, :, ::-1], y, atol=1e-12)
    ones, filled = np.broadcast_to(1.0, y.shape), np.ones(y.shape)
    sizes = {"input_size": (6, 7)}, {"kernel_size": (3, 3)}
    for name, other, size in (("conv_input_grad", w, sizes[0]), ("conv_weight_grad", x, sizes[1])):
        spread, full = run(name, ones, other, **size, **PLAIN), run(name, filled, other, **size, **PLAIN)
        np.testing.assert_allclose(spread, full, atol=1e-12)
    assert run("conv", x[:0], w, **PLAIN).shape == (0, channels, 6, 7)
    assert run("conv_input_grad", y[:0], w, input_size=(6, 7), **PLAIN).shape == (0, channels, 6, 7)
    assert not run("conv_weight_grad", y[:0], x[:0], kernel_size=(3, 3), **PLAIN).any()


def test_a_product_without_copies_takes_any_strides(run):
    rng, options = np.random.default_rng(0), {**PLAIN, "padding": (0, 0)}
    x, w = rng.standard_normal((2, 4, 5, 6)), rng.standard_normal((3, 4, 1, 1))
    for view in (x, np.asfortranarray(x), x[:, ::-1], x.swapaxes(2, 3), np.broadcast_to(x[:, :, :1, :1], x.shape)):
        y = run("conv", view, w, **options)
        np.testing.assert_allclose(y, np.einsum("nchw,oc->nohw", view, w[..., 0, 0]), atol=1e-12)
        weights = run("conv_weight_grad", y, view, kernel_size=(1, 1), **options)
        np.testing.assert_allclose(weights[..., 0, 0], np.einsum("nohw,nchw->oc", y, view), atol=1e-12)


@pytest.mark.parametrize("channels", [2, 32])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_dtype_stays_and_float16_sums_in_float32(run, dtype, channels):
    rng = np.random.default_rng(0)
    x, w = (rng.standard_normal((n, channels, k, k)).astype(dtype) for n, k in ((2, 5), (32, 3)))
    exact = naive(x.astype(float), w.astype(float), **PLAIN)
    y = run("conv", x, w, **PLAIN)
    step = np.finfo(dtype).eps
    assert y.dtype == dtype
    np.testing.assert_allclose(y, exact, rtol=step, atol=1e-4 if dtype == "float16" else 1e3 * step)
    assert run("conv_input_grad", y, w, input_size=(5, 5), **PLAIN).dtype == dtype
    assert run("conv_weight_grad", y, x, kernel_size=(3, 3), **PLAIN).dtype == dtype


def test_winograd_is_as_exact_as_the_definition(monkeypatch):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 64, 12, 12)).astype("float32"), rng.standard_normal((64, 64, 3, 3)).astype("float32")
    exact = cpu.conv(np, x.astype(float), w.astype(float), **PLAIN)
    quick = abs(cpu.conv(np, x, w, **PLAIN) - exact).max()
    monkeypatch.setattr(winograd, "_FEW_CHANNELS", 1 << 30)
    assert quick < 2 * abs(cpu.conv(np, x, w, **PLAIN) - exact).max()


@pytest.mark.parametrize("channels", [3, 32])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_stays_in_its_windows(run, channels, bad):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, channels, 8, 8)), rng.standard_normal((32, channels, 3, 3))
    x[0, 0, 2, 5] = bad
    with np.errstate(invalid="ignore"):
        y = run("conv", x, w, **PLAIN)
    reached = np.zeros((8, 8), bool)
    reached[1:4, 4:7] = True
    np.testing.assert_array_equal(~np.isfinite(y), np.broadcast_to(reached, y.shape))


@pytest.mark.parametrize(("channels", "size"), [(8, 9), (32, 9), (64, 5)])
def test_the_same_bits_each_time(monkeypatch, channels, size):
    monkeypatch.setattr(blocks, "thread_count", lambda: 4)
    monkeypatch.setattr(blocks, "_FEW_PRODUCTS", 8)
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((16, channels, size, size)), rng.standard_normal((channels, channels, 3, 3))
    g = cpu.conv(np, x, w, **PLAIN)
    back = cpu.conv_input_grad(np, g, w, input_size=(size, size), **PLAIN)
    weights = cpu.conv_weight_grad(np, g, x, kernel_size=(3, 3), **PLAIN)
    for _ in range(20):
        np.testing.assert_array_equal(cpu.conv(np, x, w, **PLAIN), g)
        np.testing.assert_array_equal(cpu.conv_input_grad(np, g, w, input_size=(size, size), **PLAIN), back)
        np.testing.assert_array_equal(cpu.conv_weight_grad(np, g, x, kernel_size=(3, 3), **PLAIN), weights)
