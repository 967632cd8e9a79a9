"""The kernels that are there for speed alone give what the plain array function gives."""

import numpy as np
import pytest

from autograd_core.backend import cpu, cuda

SHAPES = [(3,), (40, 50), (2, 30, 40)]


def numbers(shape, dtype, seed=0):
    x = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    x.flat[:: max(1, x.size // 7)] = np.inf
    x.flat[1 :: max(1, x.size // 5)] = np.nan
    x.setflags(write=False)
    return x


@pytest.mark.parametrize("kernels", [cpu, cuda])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64"])
@pytest.mark.parametrize("shape", SHAPES)
def test_choosing_by_a_mask(kernels, dtype, shape):
    rng = np.random.default_rng(1)
    if dtype == "int64":
        a, b = rng.integers(-9, 9, (2, *shape))
    else:
        a, b = numbers(shape, dtype, 2), numbers(shape, dtype, 3)
    for mask in (rng.random(shape) < 0.5, rng.random(shape[-1:]) < 0.5, np.ones(shape, bool)):
        kept = kernels.keep(np, a, mask)
        assert kept.dtype == a.dtype
        np.testing.assert_array_equal(kept, np.where(mask, a, a.dtype.type(0)))
        for x, y in ((a, b), (a, 2), (-1, b)):
            chosen = kernels.select(np, mask, x, y)
            assert chosen.dtype == np.where(mask, x, y).dtype
            np.testing.assert_array_equal(chosen, np.where(mask, x, y))


def test_choosing_between_broadcast_and_transposed_arrays():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((50, 40)).T, rng.standard_normal((40, 1))
    mask = rng.random((40, 50)) < 0.5
    np.testing.assert_array_equal(cpu.select(np, mask, a, b), np.where(mask, a, b))
    np.testing.assert_array_equal(cpu.keep(np, a, mask), np.where(mask, a, 0))


@pytest.mark.parametrize("kernels", [cpu, cuda])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (60, 100), (70000, 2)])
def test_sums_of_rows(kernels, dtype, shape):
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    for m in (x, np.asfortranarray(x), x[:, ::-1]):
        got = kernels.sum_rows(np, m)
        assert got.dtype == x.dtype
        tolerance = {"float16": 2e-2, "float32": 2e-6, "float64": 1e-14}[dtype] * max(1, len(x)) ** 0.5 * 4
        np.testing.assert_allclose(got, m.sum(axis=0, dtype="float64"), atol=tolerance)


@pytest.mark.parametrize("kernels", [cpu, cuda])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(0, 3, 2), (2, 3, 0), (5, 7, 3), (2, 3, 1500), (1500, 2, 2)])
@pytest.mark.parametrize("dim", [(0,), (0, 1), (2,), (1, 2)])
def test_sums_over_the_first_or_last_dimensions(kernels, dtype, shape, dim):
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    for m in (x, np.asfortranarray(x), x[:, ::-1]):
        got = kernels.sum_ends(np, m, dim)
        assert got.dtype == x.dtype
        tolerance = {"float16": 2e-2, "float32": 2e-6, "float64": 1e-14}[dtype] * max(1, x.size) ** 0.5 * 4
        np.testing.assert_allclose(got, m.sum(axis=dim, dtype="float64"), atol=tolerance)


@pytest.mark.parametrize("kernels", [cpu, cuda])
@pytest.mark.parametrize(("n", "k", "m"), [(0, 3, 2), (5, 7, 3), (3, 7, 5), (60, 78, 100), (300, 20, 400)])
@pytest.mark.parametrize("bias", [False, True])
def test_affine_maps(kernels, n, k, m, bias):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((n, k)), rng.standard_normal((m, k))
    b = rng.standard_normal(m) if bias else None
    y = kernels.affine(np, x, w, b)
    assert y.flags.c_contiguous
    np.testing.assert_allclose(y, x @ w.T + (b if bias else 0), atol=1e-12)
