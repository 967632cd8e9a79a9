"""Pooling and columns on raw arrays: against loops, against their own adjoints, and against PyTorch."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from autograd_core.backend import cpu
from autograd_core.backend.cpu import averaging, pooling
from autograd_core.backend.windows import pool_shape
from autograd_core.errors import ShapeError

borrow = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def pools(draw, dilated=True):
    """Draw an array and the options of a pool that fits it."""
    dims = draw(st.integers(1, 3))
    kernel, stride, dilation = (draw(st.tuples(*[st.integers(1, n)] * dims)) for n in (4, 4, 2 if dilated else 1))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    size = draw(st.tuples(*[st.integers(1, 7)] * dims))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = rng.standard_normal((draw(st.integers(0, 3)), draw(st.integers(1, 2)), *size))
    options = {"kernel_size": kernel, "stride": stride, "padding": padding, "ceil_mode": draw(st.booleans())}
    options |= {"dilation": dilation} if dilated else {}
    assume(shape_of(x, options) is not None)
    return x, options


def shape_of(x, options):
    """Return the shape of the pool's output; None where no window fits."""
    try:
        return pool_shape("pool", x.shape, **{"dilation": (1,) * (x.ndim - 2), **options})
    except ShapeError:
        return None


def places(x, window, *, kernel_size, stride, padding, dilation, **_):
    """Return the offset and the index in ``x`` of the elements of one window that are not padding."""
    found = []
    for offset, tap in enumerate(np.ndindex(kernel_size)):
        at = tuple(h * s - p + i * d for h, i, s, p, d in zip(window, tap, stride, padding, dilation))
        if all(0 <= a < n for a, n in zip(at, x.shape[2:])):
            found.append((offset, at))
    return found


def naive_max_pool(x, **options):
    shape = pool_shape("max_pool", x.shape, **options)
    y, which = np.empty(shape), np.empty(shape, int)
    for n, c, *window in np.ndindex(shape):
        seen = [(offset, x[(n, c, *at)]) for offset, at in places(x, window, **options)]
        nans = [offset for offset, value in seen if np.isnan(value)]
        offset = nans[-1] if nans else max(seen, key=lambda pair: (pair[1], -pair[0]))[0]
        y[(n, c, *window)], which[(n, c, *window)] = dict(seen)[offset], offset
    return y, which


@borrow
@given(pools(), st.sampled_from(["plain", "ties", "nan", "-inf"]))
def test_max_pool(run, case, kind):
    x, options = case
    if kind != "plain":
        x = np.round(x)
    if kind == "nan":
        x[x > 0.5] = np.nan
    elif kind == "-inf":
        x[x < 1] = -np.inf
    y, which = run("max_pool", x, **options)
    expected = naive_max_pool(x, **options)
    assert which.dtype == np.uint8
    np.testing.assert_array_equal(y, expected[0])
    np.testing.assert_array_equal(which, expected[1])


def test_minus_infinity_is_found_in_the_input_not_in_the_padding(run):
    x = np.full((1, 1, 3, 5), -np.inf)
    options = {"kernel_size": (3, 3), "stride": (1, 2), "padding": (1, 1), "dilation": (1, 1), "ceil_mode": False}
    np.testing.assert_array_equal(run("max_pool", x, **options)[1], naive_max_pool(x, **options)[1])


@borrow
@given(pools())
def test_places_of_maxima(run, case):
    x, options = case
    which = run("max_pool", x, **options)[1]
    options.pop("ceil_mode")
    found = run("max_pool_places", which, input_size=x.shape[2:], **options)
    for n, c, *window in np.ndindex(which.shape):
        at = dict(places(x, window, **options))[which[(n, c, *window)]]
        assert found[(n, c, *window)] == np.ravel_multi_index(at, x.shape[2:])


def test_a_window_too_large_for_bytes(run):
    x = np.arange(400.0).reshape(1, 1, 20, 20)
    y, which = run("max_pool", x, kernel_size=(20, 20), stride=(1, 1), padding=(0, 0), dilation=(1, 1), ceil_mode=False)
    assert which.dtype == np.int32
    assert (y.item(), which.item()) == (399.0, 399)


@pytest.mark.parametrize("dtype", ["int64", "uint8", "float16"])
def test_max_pool_of_other_dtypes(run, dtype):
    x = np.random.default_rng(0).integers(0, 9, (2, 3, 5, 5)).astype(dtype)
    options = {"kernel_size": (3, 3), "stride": (2, 2), "padding": (1, 1), "dilation": (1, 1), "ceil_mode": False}
    y, which = run("max_pool", x, **options)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, naive_max_pool(x, **options)[0])
    np.testing.assert_array_equal(which, naive_max_pool(x, **options)[1])


def test_max_pool_in_blocks_and_threads(monkeypatch):
    monkeypatch.setattr(pooling, "_BLOCK_ELEMENTS", 64)
    monkeypatch.setattr(pooling, "_FEW_ELEMENTS", 8)
    monkeypatch.setattr(pooling, "thread_count", lambda: 3)
    x = np.round(np.random.default_rng(0).standard_normal((11, 2, 6, 6)), 1)
    options = {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 0), "dilation": (1, 1), "ceil_mode": True}
    for got, expected in zip(cpu.max_pool(np, x, **options), naive_max_pool(x, **options)):
        np.testing.assert_array_equal(got, expected)


@borrow
@given(pools(dilated=False), st.booleans(), st.sampled_from([None, None, 3]))
def test_avg_pool(run, case, include, divisor):
    x, options = case
    once = {**options, "dilation": (1,) * len(options["stride"])}
    shape = pool_shape("avg_pool", x.shape, **once)
    expected = np.empty(shape)
    for n, c, *window in np.ndindex(shape):
        inside = [x[(n, c, *at)] for _, at in places(x, window, **once)]
        steps = zip(window, options["kernel_size"], options["stride"], options["padding"], x.shape[2:])
        counted = [min(k, length + 2 * p - h * s) for h, k, s, p, length in steps]
        expected[(n, c, *window)] = sum(inside) / (divisor or (math.prod(counted) if include else len(inside)))
    options = options | {"count_include_pad": include, "divisor_override": divisor}
    np.testing.assert_allclose(run("avg_pool", x, **options), expected, atol=1e-12)
    g, other = np.random.default_rng(0).standard_normal(shape), np.random.default_rng(1).standard_normal(x.shape)
    back = run("avg_pool_grad", g, input_size=x.shape[2:], **options)
    assert np.vdot(back, other) == pytest.approx(np.vdot(g, run("avg_pool", other, **options)), abs=1e-9)


def test_an_infinite_element_stays_in_its_windows(run):
    x = np.ones((1, 1, 16, 16), "float32")
    x[0, 0, 9, 3] = np.inf
    y = run("avg_pool", x, kernel_size=(8, 8), stride=(8, 8), padding=(0, 0), ceil_mode=False, count_include_pad=True,
            divisor_override=None)  # fmt: skip
    np.testing.assert_array_equal(y, [[[[1, 1], [np.inf, 1]]]])


@borrow
@given(pools())
def test_columns(run, case):
    x, options = case
    options.pop("ceil_mode")
    shape = shape_of(x, options)
    assume(shape is not None)
    expected = np.zeros((*x.shape[:2], math.prod(options["kernel_size"]), math.prod(shape[2:])))
    for column, window in enumerate(np.ndindex(shape[2:])):
        for offset, at in places(x, window, **options):
            expected[:, :, offset, column] = x[(..., *at)]
    expected = expected.reshape(len(x), x.shape[1] * math.prod(options["kernel_size"]), math.prod(shape[2:]))
    np.testing.assert_array_equal(run("unfold", x, **options), expected)
    g = np.random.default_rng(0).standard_normal(expected.shape)
    back = run("fold", g, output_size=x.shape[2:], **options)
    assert np.vdot(back, x) == pytest.approx(np.vdot(g, expected), abs=1e-9)


@pytest.mark.parametrize("kernel", [2, 3])
@pytest.mark.parametrize("stride", [2, 3])
@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("ceil", [False, True])
def test_agreement_with_pytorch(torch, kernel, stride, padding, ceil):
    x = np.random.default_rng(0).standard_normal((4, 3, 13, 11)).astype("float32")
    tx = torch.from_numpy(x).requires_grad_()
    shared = {"kernel_size": (kernel,) * 2, "stride": (stride,) * 2, "padding": (padding,) * 2}
    options = shared | {"dilation": (1, 1)}
    ty, index = torch.nn.functional.max_pool2d(tx, kernel, stride, padding, ceil_mode=ceil, return_indices=True)
    y, which = cpu.max_pool(np, x, ceil_mode=ceil, **options)
    np.testing.assert_array_equal(y, ty.detach())
    np.testing.assert_array_equal(cpu.max_pool_places(np, which, input_size=(13, 11), **options), index)
    for include in (False, True):
        tx.grad = None
        ty = torch.nn.functional.avg_pool2d(tx, kernel, stride, padding, ceil, include)
        averages = shared | {"ceil_mode": ceil, "count_include_pad": include, "divisor_override": None}
        y = cpu.avg_pool(np, x, **averages)
        np.testing.assert_allclose(y, ty.detach(), atol=1e-6)
        (ty * ty.detach()).sum().backward()
        np.testing.assert_allclose(cpu.avg_pool_grad(np, y, input_size=(13, 11), **averages), tx.grad, atol=1e-6)
    columns = cpu.unfold(np, x, **options)
    np.testing.assert_array_equal(columns, torch.nn.functional.unfold(tx, kernel, 1, padding, stride).detach())
    back = torch.nn.functional.fold(torch.from_numpy(columns), (13, 11), kernel, 1, padding, stride)
    np.testing.assert_allclose(cpu.fold(np, columns, output_size=(13, 11), **options), back, atol=1e-5)


@pytest.mark.parametrize("images", [1, 2, 11])
def test_averages_in_blocks_and_threads(monkeypatch, images):
    x = np.random.default_rng(0).standard_normal((images, 2, 6, 6))
    pool = {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 0), "ceil_mode": True}
    pool |= {"count_include_pad": False, "divisor_override": None}
    calls = [
        (cpu.avg_pool, x, pool),
        (cpu.avg_pool_grad, cpu.avg_pool(np, x, **pool), {**pool, "input_size": (6, 6)}),
    ]
    whole = [kernel(np, array, **options) for kernel, array, options in calls]
    monkeypatch.setattr(averaging, "_BLOCK_ELEMENTS", 128)
    monkeypatch.setattr(averaging, "_FEW_ELEMENTS", 8)
    monkeypatch.setattr(averaging, "thread_count", lambda: 3)
    for (kernel, array, options), expected in zip(calls, whole):
        np.testing.assert_array_equal(kernel(np, array, **options), expected)
