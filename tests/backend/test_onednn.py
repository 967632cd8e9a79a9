"""oneDNN's kernels beside NumPy's, to 1e-5, and what goes to NumPy."""

from __future__ import annotations

import multiprocessing
import threading

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F
from autograd_core.backend import cpu, onednn
from autograd_core.backend.onednn import library as loading
from autograd_core.backend.onednn import operations
from autograd_core.backend.onednn.convolution import _forward
from autograd_core.backends import mkldnn
from tests.backend.arrays import LAYOUTS, close, draw

pytestmark = pytest.mark.skipif(not mkldnn.is_available(), reason="oneDNN is not installed: the extra fast")

GEOMETRIES = {  # shape of x, of w, stride, padding, dilation, groups
    "3x3": ((2, 3, 8, 9), (4, 3, 3, 3), (1, 1), (1, 1), (1, 1), 1),
    "no bias room": ((2, 3, 8, 9), (4, 3, 3, 3), (3, 2), (0, 1), (1, 1), 1),
    "1x1 strided": ((2, 16, 8, 8), (8, 16, 1, 1), (2, 2), (0, 0), (1, 1), 1),
    "dilated": ((2, 3, 11, 9), (4, 3, 3, 2), (1, 2), (2, 1), (3, 2), 1),
    "groups": ((2, 6, 8, 9), (4, 3, 3, 3), (1, 1), (1, 1), (1, 1), 2),
    "depthwise": ((2, 16, 8, 9), (16, 1, 3, 3), (1, 1), (1, 1), (1, 1), 16),
    "one dim": ((2, 3, 12), (4, 3, 5), (2,), (2,), (1,), 1),
    "three dims": ((2, 2, 5, 6, 4), (3, 2, 3, 2, 3), (1, 2, 1), (1, 0, 1), (1, 1, 1), 1),
    "one channel": ((2, 1, 8, 8), (6, 1, 5, 5), (1, 1), (2, 2), (1, 1), 1),
    "one pixel": ((3, 8, 1, 1), (4, 8, 1, 1), (1, 1), (0, 0), (1, 1), 1),
}
@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def options_of(geometry: tuple) -> dict:
    return dict(zip(("stride", "padding", "dilation", "groups"), geometry[2:], strict=True))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", GEOMETRIES)
def test_convolution_and_its_adjoints(name: str, layout: str, rng: np.random.Generator) -> None:
    geometry, lay = GEOMETRIES[name], LAYOUTS[layout]
    options = options_of(geometry)
    x, w, b = (draw(rng, *shape) for shape in (*geometry[:2], geometry[1][:1]))
    wanted = cpu.conv(np, x.astype(float), w.astype(float), b.astype(float), **options)
    y = onednn.conv(np, lay(x), lay(w), b, **options)
    close(y, wanted)
    assert y.base is None and (y.strides[1] == 4 or 1 in (y.shape[1], y[0, 0].size))
    close(onednn.conv(np, lay(x), w, **options), wanted - b.reshape(-1, *(1,) * (y.ndim - 2)))
    g = draw(rng, *wanted.shape)
    more = {"input_size": x.shape[2:], **options}
    exact = cpu.conv_input_grad(np, g.astype(float), w.astype(float), **more)
    close(onednn.conv_input_grad(np, lay(g), lay(w), **more), exact)
    more = {"kernel_size": w.shape[2:], **options}
    exact = cpu.conv_weight_grad(np, g.astype(float), x.astype(float), **more)
    close(onednn.conv_weight_grad(np, lay(g), lay(x), **more), exact)


def test_a_gradient_that_is_one_number_spread_out(rng: np.random.Generator) -> None:
    w, g = draw(rng, 4, 3, 3, 3), np.broadcast_to(np.float32(2), (2, 4, 6, 6))
    options = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1, "input_size": (6, 6)}
    close(onednn.conv_input_grad(np, g, w, **options), cpu.conv_input_grad(np, g.astype(float), w, **options))


POOLS = {  # shape, kernel, stride, padding
    "2x2": ((2, 6, 8, 8), (2, 2), (2, 2), (0, 0)),
    "overlapping": ((2, 3, 9, 8), (3, 3), (2, 2), (1, 1)),
    "global": ((2, 16, 8, 8), (8, 8), (8, 8), (0, 0)),
    "one dim": ((2, 3, 9), (3,), (2,), (1,)),
    "three dims": ((2, 3, 5, 6, 4), (2, 2, 2), (2, 1, 2), (0, 0, 1)),
}


@pytest.mark.parametrize("layout", ["in order", "channels last", "transposed"])
@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("up", [False, True], ids=["floor", "ceil"])
def test_maximum_pools_take_the_first_of_equals(name: str, layout: str, up: bool, rng: np.random.Generator) -> None:
    shape, kernel, stride, padding = POOLS[name]
    x = LAYOUTS[layout](np.round(draw(rng, *shape) * 2))
    options = {"kernel_size": kernel, "stride": stride, "padding": padding, "dilation": (1,) * len(kernel)}
    wanted, places = cpu.max_pool(np, x, ceil_mode=up, **options)
    y, which = onednn.max_pool(np, x, ceil_mode=up, **options)
    np.testing.assert_array_equal(y, wanted)
    np.testing.assert_array_equal(which, places)
    g = LAYOUTS[layout](draw(rng, *y.shape))
    exact = cpu.max_pool_grad(np, g.astype(float), places, x_shape=shape, **options)
    close(onednn.max_pool_grad(np, g, which, x_shape=shape, **options), exact)
    close(onednn.max_pool_grad(np, g, places, x_shape=shape, **options), exact)


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("with_padding", [False, True])
def test_average_pools(name: str, with_padding: bool, rng: np.random.Generator) -> None:
    shape, kernel, stride, padding = POOLS[name]
    x = draw(rng, *shape)
    options = {
        "kernel_size": kernel, "stride": stride, "padding": padding, "ceil_mode": False, "divisor_override": None,
        "count_include_pad": with_padding,
    }  # fmt: skip
    wanted = cpu.avg_pool(np, x.astype(float), **options)
    close(onednn.avg_pool(np, x, **options), wanted)
    g, options = draw(rng, *wanted.shape), {"input_size": shape[2:], **options}
    close(onednn.avg_pool_grad(np, g, **options), cpu.avg_pool_grad(np, g.astype(float), **options))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_maxima_of_what_is_not_finite_are_numpys(bad: float, rng: np.random.Generator) -> None:
    x = draw(rng, 1, 2, 4, 4).copy()
    x[0, 0, :2, :2] = bad
    x[0, 1, 1, 1] = bad
    options = {"kernel_size": (2, 2), "stride": (2, 2), "padding": (0, 0), "dilation": (1, 1), "ceil_mode": False}
    for found, wanted in zip(onednn.max_pool(np, x, **options), cpu.max_pool(np, x, **options), strict=True):
        np.testing.assert_array_equal(found, wanted)


NORMS = {  # shape, dim, shape of the weights
    "images": ((8, 16, 20, 20), (0, 2, 3), (1, -1, 1, 1)),
    "rows": ((400, 100), (0,), (1, -1)),
    "layer": ((12, 40, 128), (2,), (1, 1, 128)),
    "layer of two dims": ((30, 10, 8, 16), (2, 3), (1, 1, 8, 16)),
}


@pytest.mark.parametrize("layout", ["in order", "channels last"])
@pytest.mark.parametrize("weights", [0, 1, 2])
@pytest.mark.parametrize("name", NORMS)
def test_norms(name: str, weights: int, layout: str, rng: np.random.Generator) -> None:
    shape, dim, spread = NORMS[name]
    x = LAYOUTS[layout](draw(rng, *shape) * 2 + 3)
    size = x.shape[1] if dim[0] == 0 else shape[dim[0] :]
    w, b = (draw(rng, *np.atleast_1d(size)) if n < weights else None for n in range(2))
    options = {"dim": dim, "shape": spread, "eps": 1e-5}
    if layout == "in order":
        options["shape"] = tuple(shape[i] if n == -1 else n for i, n in enumerate(spread))
    found = onednn.normalize(np, x, w, b, **options)
    wanted = cpu.normalize(np, x.astype(float), w, b, **options)
    for one, other in zip(found, wanted, strict=True):
        close(one, other)
    g = draw(rng, *shape)
    wants = (True, weights > 0, weights > 1)
    if dim[0] == 0:
        grads = [of.batch_norm_grads(np, g, x, w, *found[1::2], wants) for of in (onednn, cpu)]
    else:
        count = int(np.prod(shape[: dim[0]]))
        rows = [a.reshape(count, -1) for a in (g, x)]
        flat = None if w is None else w.reshape(-1)
        statistics = [a.reshape(-1, 1) for a in found[1::2]]
        grads = [of.layer_norm_grads(np, *rows, flat, *statistics, wants) for of in (onednn, cpu)]
    for one, other, wanted_too in zip(*grads, wants, strict=True):
        assert (one is None) == (not wanted_too)
        if one is not None:
            assert abs(one - other).max() <= 1e-4 * max(1, abs(other).max())


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu(approximate: str, rng: np.random.Generator) -> None:
    x, g = LAYOUTS["transposed"](draw(rng, 3, 40, 50) * 3), draw(rng, 3, 40, 50)
    y, slope = onednn.gelu(np, x, approximate)
    wanted, slopes = cpu.gelu(np, x.astype(float), approximate)
    assert slope is None
    close(y, wanted)
    close(onednn.gelu_grad(np, g, x, approximate), g * slopes)
    few = x[:1, :2]
    assert onednn.gelu(np, few, approximate)[1] is not None


FACTORS = {  # a (90, 84) times b (84, 110), as they may lie in memory
    "in order": lambda a: a,
    "turned": lambda a: np.ascontiguousarray(a.T).T,
    "rows cut out": lambda a: np.hstack([a, a])[:, : a.shape[1]],
    "every second column": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "upside down": lambda a: np.ascontiguousarray(a[::-1])[::-1],
}


@pytest.mark.parametrize("left", FACTORS)
@pytest.mark.parametrize("right", FACTORS)
def test_products_of_matrices(left: str, right: str, rng: np.random.Generator) -> None:
    a, b = draw(rng, 90, 84), draw(rng, 84, 110)
    found = onednn.product(np, FACTORS[left](a), FACTORS[right](b))
    close(found, a.astype(float) @ b)
    assert found.flags.c_contiguous and found.flags.owndata
    w, bias = draw(rng, 110, 84), draw(rng, 110)
    close(onednn.affine(np, FACTORS[left](a), FACTORS[right](w), bias), a.astype(float) @ w.T + bias)


def test_a_product_turns_the_smaller_factor(rng: np.random.Generator) -> None:
    x, w = draw(rng, 30, 800), draw(rng, 90, 800)
    found = onednn.product(np, x, w.T)
    close(found, x.astype(float) @ w.T)
    assert found.flags.c_contiguous and found.flags.owndata


def test_products_of_other_matrices_are_blas() -> None:
    a = np.ones((90, 84), np.float32)
    assert onednn.product(np, a.astype(float), a.T.astype(float)).dtype == float
    assert onednn.product(np, a[:3], a.T).shape == (3, 90)
    assert onednn.product(np, a[:0], a.T).shape == (0, 90)


# ---- what is not oneDNN's ----


def test_other_types_and_empty_batches_are_numpys(rng: np.random.Generator) -> None:
    options = options_of(GEOMETRIES["3x3"])
    x, w = draw(rng, 2, 3, 8, 9), draw(rng, 4, 3, 3, 3)
    assert onednn.conv(np, x.astype(float), w.astype(float), **options).flags.c_contiguous
    assert onednn.conv(np, x[:0], w, **options).shape == (0, 4, 8, 9)
    assert onednn.conv_weight_grad(np, x[:0], x[:0], kernel_size=(3, 3), **options).shape == (3, 3, 3, 3)


def test_the_switch(rng: np.random.Generator) -> None:
    x, w = ag.tensor(draw(rng, 2, 3, 8, 9)), ag.tensor(draw(rng, 4, 3, 3, 3))
    assert mkldnn.enabled and mkldnn.version().count(".") == 2
    quick = F.conv2d(x, w)
    assert quick.is_contiguous(memory_format=ag.channels_last)
    with mkldnn.flags(enabled=False):
        assert not mkldnn.enabled and mkldnn.is_available()
        plain = F.conv2d(x, w)
    assert mkldnn.enabled and plain.is_contiguous()
    close(quick.numpy(), plain.numpy())
    mkldnn.enabled = False
    assert F.conv2d(x, w).is_contiguous()
    assert mkldnn.set_flags(True) == (False,)


def test_a_view_of_what_lies_channels_last(rng: np.random.Generator) -> None:
    x = ag.tensor(draw(rng, 2, 3, 8, 9)).requires_grad_()
    y = F.conv2d(x, ag.tensor(draw(rng, 4, 3, 3, 3)))
    turned = y.permute(0, 2, 3, 1)
    corner = turned[0, 0]
    flat = y.view(2, -1)
    assert flat._base is y and y.is_contiguous()
    flat.zero_()
    assert not turned.any() and not corner.any()
    flat.sum().backward()
    assert x.grad is not None and not x.grad.any()


def test_without_the_library_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_found", [])
    monkeypatch.setattr(loading, "DISTRIBUTION", "no-such-distribution")
    assert not mkldnn.is_available() and mkldnn.version() is None
    x = np.ones((1, 1, 4, 4), np.float32)
    assert onednn.conv(np, x, x, **options_of(GEOMETRIES["3x3"])).flags.c_contiguous


def test_another_library_is_refused(tmp_path) -> None:
    with pytest.raises(OSError, match=r"none\.so"):
        loading.Library(str(tmp_path / "none.so"))
    with pytest.raises(loading.OneDnnError, match="wanted version 3"):
        loading.Library("libgomp.so.1")


# ---- threads, processes, and what is kept ----


def test_any_number_of_threads_gives_the_same_to_rounding(rng: np.random.Generator) -> None:
    x, w = draw(rng, 4, 8, 12, 12), draw(rng, 8, 8, 3, 3)
    options, before, found = options_of(GEOMETRIES["3x3"]), ag.get_num_threads(), []
    try:
        for count in (1, 2, 1):
            ag.set_num_threads(count)
            found.append(onednn.conv(np, x, w, **options))
    finally:
        ag.set_num_threads(before)
    np.testing.assert_array_equal(found[0], found[2])
    close(found[0], found[1])


def test_callers_in_several_threads(rng: np.random.Generator) -> None:
    x, w = draw(rng, 4, 8, 12, 12), draw(rng, 8, 8, 3, 3)
    options = options_of(GEOMETRIES["3x3"])
    wanted, wrong = onednn.conv(np, x, w, **options), []

    def work(scale: int) -> None:
        for _ in range(20):
            y = onednn.conv(np, x * np.float32(scale), w, **options)
            wrong.extend([scale] * (not np.array_equal(y, wanted * np.float32(scale))))

    workers = [threading.Thread(target=work, args=(2**n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def _convolved(x: np.ndarray) -> np.ndarray:
    return onednn.conv(np, x, np.ones((4, 3, 3, 3), np.float32), **options_of(GEOMETRIES["3x3"]))


def test_a_forked_child_goes_on_with_numpy(rng: np.random.Generator) -> None:
    x = draw(rng, 2, 3, 8, 9)
    wanted = _convolved(x)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        found = pool.apply_async(_convolved, (x,)).get(timeout=60)
    assert found.flags.c_contiguous
    close(found, wanted)


def test_what_is_no_longer_kept_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    released = []
    monkeypatch.setattr(operations, "_release", lambda _, made: released.append(len(made)))
    lib = loading.library()
    assert lib is not None
    operation = _forward(lib, (1, 3, 4, 4), (192, 64, 16, 4), (4, 3, 3, 3), (1, 1), (0, 0), (1, 1), 1, False)
    del operation
    assert released and released[0] >= 5
