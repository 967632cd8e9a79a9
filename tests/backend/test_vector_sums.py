"""BLAS's sums of vectors, and products rounded as processors with bfloat16 round them."""

from __future__ import annotations

import numpy as np
import pytest
from ml_dtypes import bfloat16

from autograd_core.backend import cpu
from autograd_core.backend.cpu import bfloat16 as room
from autograd_core.backend.cpu.vectors import vector_sums


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def sums_of(dtype):
    return vector_sums(np.dtype(dtype)) or pytest.skip("NumPy's BLAS is unknown")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [0, 1, 7, 1000, 30_001])
def test_sums(rng, dtype, size):
    sums, tolerance = sums_of(dtype), 4 * np.finfo(dtype).eps
    whole, x = rng.standard_normal(size + 2).astype(dtype), rng.standard_normal(size).astype(dtype)
    expected, y = whole.copy(), whole[1:-1]
    x.flags.writeable = False
    sums.add_scaled(y, -0.5, x)
    expected[1:-1] += dtype(-0.5) * x
    np.testing.assert_allclose(whole, expected, rtol=tolerance, atol=tolerance)
    sums.blend(sums.operand(y), 0.25, 3.0, sums.operand(y.copy()))
    expected[1:-1] *= dtype(3.25)
    np.testing.assert_allclose(whole, expected, rtol=tolerance, atol=4 * tolerance)


def test_other_dtypes_have_none():
    assert vector_sums(np.dtype(np.float16)) is None
    assert vector_sums(np.dtype(np.int32)) is None


def rounded(x):
    return x.astype(bfloat16).astype(np.float32)


def test_rounding_is_to_the_nearest_and_to_even(rng, monkeypatch):
    monkeypatch.setattr(room, "_BLOCK", 100)
    ties = np.float32(1) + np.arange(64, dtype=np.float32) * np.float32(2**-8)
    x = np.concatenate([rng.standard_normal(500).astype(np.float32) * 10.0 ** rng.integers(-20, 20, 500), ties, [0.0]])
    x = x.astype(np.float32).reshape(5, -1)
    found = x.copy()
    cpu.round_to_bfloat16(np, found)
    np.testing.assert_array_equal(found, rounded(x))


@pytest.mark.parametrize("blas", [True, False])
def test_products_and_sums_are_rounded_once(rng, monkeypatch, blas):
    monkeypatch.setattr(room, "_BLOCK", 100)
    if not blas:
        monkeypatch.setattr(room, "vector_sums", lambda dtype: None)
    a, b, c = (rounded(rng.standard_normal(shape).astype(np.float32)) for shape in ((9, 30), (30, 40), (9, 40)))
    exact = a.astype(float) @ b
    out = np.empty((9, 40), np.float32)
    assert room.bfloat16_product(np, a, b, out) is out
    np.testing.assert_array_equal(out, rounded(exact.astype(np.float32)))
    found = room.bfloat16_product(np, a, b, None, 2.0, -0.5, c)
    np.testing.assert_array_equal(found, rounded((2 * exact - 0.5 * c).astype(np.float32)))
    many = room.bfloat16_product(np, np.stack([a, a]), np.stack([b, -b]))
    np.testing.assert_array_equal(many, [out, -out])
