"""Softmax and its logarithm: NumPy's kernels beside the formula in float64, and oneDNN's beside NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_core.backend import cpu, onednn
from autograd_core.backends import mkldnn
from tests.backend.arrays import close, draw

SHAPES = [(60, 10), (1, 7), (5, 3, 4), (96, 65), (2, 3, 40, 41)]
KERNELS = [cpu, pytest.param(onednn, marks=pytest.mark.skipif(not mkldnn.is_available(), reason="no extra fast"))]


def formula(x: np.ndarray, dim: int) -> np.ndarray:
    e = np.exp(x.astype(float) - x.max(dim, keepdims=True))
    return e / e.sum(dim, keepdims=True)


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scale", [1, 30, 1000])  # calm, beyond it, and where exp overflows
def test_softmax_and_its_logarithm(kernels, shape, scale):
    rng = np.random.default_rng(0)
    x, g = draw(rng, *shape) * np.float32(scale), draw(rng, *shape)
    for dim in range(-1, len(shape)):
        for array, slope in ((x, g), (x[..., ::-1], g[..., ::-1])):
            p = formula(array, dim)
            y = kernels.softmax(np, array, dim)
            close(y, p)
            close(kernels.softmax_grad(np, slope, y, dim), p * (slope - (slope * p).sum(dim, keepdims=True)))
            y = kernels.log_softmax(np, array, dim)
            largest = array.max(dim, keepdims=True).astype(float)
            total = np.log(np.exp(array - largest).sum(dim, keepdims=True))
            np.testing.assert_allclose(y, array - largest - total, rtol=1e-5, atol=1e-5)
            close(kernels.log_softmax_grad(np, slope, y, dim), slope - p * slope.sum(dim, keepdims=True))


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("shape", [(2, 8), (64, 80)])
def test_rows_with_infinities_and_nan(kernels, shape):
    x = draw(np.random.default_rng(0), *shape).copy()
    x[0, 1], x[1, :] = -np.inf, np.nan
    with np.errstate(invalid="ignore"):
        y = kernels.softmax(np, x, 1)
    assert y[0, 1] == 0
    assert np.isnan(y[1]).all()
    assert abs(y[0].sum() - 1) < 1e-6


@pytest.mark.parametrize("shape", [(0, 5), (3, 0)])
def test_empty(shape):
    x = np.zeros(shape, np.float32)
    for kernel in (cpu.softmax, onednn.softmax, cpu.log_softmax, onednn.log_softmax):
        assert kernel(np, x, 1).shape == shape
