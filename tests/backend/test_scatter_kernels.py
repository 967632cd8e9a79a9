"""Sums at indices on raw arrays."""

import numpy as np
import pytest

from autograd_core.backend import cpu
from autograd_core.backend.choices import Deterministic
from autograd_core.backend.cuda.scatter import index_add_at

KEYS = [
    3,
    (slice(1, 4),),
    (..., 2),
    (None, 1, slice(None, None, -2)),
    (),
    (np.array([1, 1, 3]),),
    (np.array([[0, 4], [4, 0]]),),
    (np.array([-1, 4, -1]),),
    (np.array([0, 0, 1]), np.array([5, 5, 2])),
    (np.array([[0], [0]]), np.array([1, 1, 2])),
    (np.array([0, 0, 1]), np.array([5, 5, 2]), np.array([1, 1, 1])),
    (slice(None), np.array([1, 1])),
    (np.array([0, 0]), slice(None), np.array([1, 1])),
    (2, np.array([1, 1])),
    (np.array([1, 1]), ...),
    (np.array([1, 1]), slice(None), slice(1, 3)),
    (np.array([1, 2, 2], np.uint8),),
    (np.array([], int),),
    (np.array(2),),
    (np.array([True, False, True, True, False]),),
    (np.zeros((5, 6, 7), bool),),
    (np.ones((5, 6), bool), 2),
]


@pytest.fixture(params=[False, True], ids=["as it comes", "in order"])
def ordered(request, monkeypatch):
    monkeypatch.setattr(Deterministic, "wanted", request.param)


@pytest.mark.usefixtures("ordered")
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "int32", "complex64"])
@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_values_at_a_key_add_up(run, dtype, key):
    values = np.random.default_rng(0).integers(-9, 9, np.zeros((5, 6, 7))[key].shape).astype(dtype)
    expected = np.zeros((5, 6, 7), dtype)
    np.add.at(expected, key, values)
    got = run("index_add_at", (5, 6, 7), np.dtype(dtype), key, values)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, expected)


@pytest.mark.usefixtures("ordered")
@pytest.mark.parametrize("rows, width, count", [(300, 64, 2000), (1000, 1, 5000), (4, 9000, 20), (7, 3, 5), (10, 4, 0)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_of_a_table(run, rows, width, count, dtype):
    rng = np.random.default_rng(0)
    index, values = rng.integers(0, rows, count), rng.standard_normal((count, width)).astype(dtype)
    expected = np.zeros((rows, width))
    np.add.at(expected, index, values)
    got = run("index_add_at", (rows, width), np.dtype(dtype), (index,), values)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected, atol=1e-4 if dtype == "float32" else 1e-12)
    negative = run("index_add_at", (rows, width), np.dtype(dtype), (index - rows,), values)
    np.testing.assert_allclose(negative, got, atol=1e-4)
    broadcast = np.broadcast_to(values.dtype.type(1), values.shape)
    ones = run("index_add_at", (rows, width), np.dtype(dtype), (index,), broadcast)
    np.testing.assert_array_equal(ones[:, 0], np.bincount(index, minlength=rows))


@pytest.mark.parametrize("count, width", [(5, 3), (2000, 64)])
def test_rows_that_do_not_exist_are_refused(count, width):
    index = np.arange(count) % 7
    for wrong in (7, -8):
        index[3] = wrong
        with pytest.raises(IndexError):
            cpu.index_add_at(np, (7, width), np.dtype(float), (index,), np.ones((count, width)))


def test_short_integers_as_indices(run):
    index, values = np.array([[199, 3, 199]], np.uint8), np.ones((1, 3, 100))
    counts = np.bincount(index[0], minlength=200)[:, None]
    np.testing.assert_array_equal(
        run("index_add_at", (200, 100), values.dtype, (index,), values), counts * np.ones(100)
    )
    tall = np.broadcast_to(index.T, (3, 100))
    np.testing.assert_array_equal(
        run("scatter_add", (200, 100), values.dtype, 0, tall, values[0]), counts * np.ones(100)
    )


def test_the_same_bits_each_time():
    rng = np.random.default_rng(0)
    index, values = rng.integers(0, 50, 3000), rng.standard_normal((3000, 32)).astype("float32")
    first = cpu.index_add_at(np, (50, 32), values.dtype, (index,), values)
    np.testing.assert_array_equal(cpu.index_add_at(np, (50, 32), values.dtype, (index,), values), first)


def test_sums_on_a_gpu_are_in_one_order_where_that_is_wanted(monkeypatch):
    monkeypatch.setattr(Deterministic, "wanted", True)
    rng = np.random.default_rng(0)
    index, values = rng.integers(0, 50, 3000), rng.standard_normal(3000).astype("float32")
    added = index_add_at(np, (50,), values.dtype, (index,), values)
    exact = np.zeros(50)
    np.add.at(exact, index, values)
    np.testing.assert_allclose(added, exact, rtol=1e-5, atol=1e-5)
    monkeypatch.setattr(np, "add", None)  # no addition at indices, whose order a GPU does not keep
    np.testing.assert_array_equal(index_add_at(np, (50,), values.dtype, (index,), values), added)


@pytest.mark.usefixtures("ordered")
@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64"])
def test_scatter_add(run, dim, dtype):
    rng = np.random.default_rng(0)
    src = rng.integers(-9, 9, (4, 5, 6)).astype(dtype)
    shape = [4, 5, 6]
    shape[dim] = 3
    index = rng.integers(0, 3, (3, 4, 6))
    expected = np.zeros(shape, dtype)
    for at in np.ndindex(index.shape):
        to = list(at)
        to[dim] = index[at]
        expected[tuple(to)] += src[at]
    got = run("scatter_add", tuple(shape), np.dtype(dtype), dim, index, src)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, expected)


@pytest.mark.usefixtures("ordered")
def test_scatter_add_of_scalars_and_nothing(run):
    assert run("scatter_add", (), np.dtype("f8"), 0, np.array(0), np.array(3.0)) == 3
    assert not run("scatter_add", (4, 5), np.dtype("f8"), 1, np.zeros((4, 0), int), np.ones((4, 3))).any()


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "uint8", "bool"])
@pytest.mark.parametrize("largest", [True, False])
def test_extremes(run, dim, dtype, largest):
    rng = np.random.default_rng(0)
    shape = [4, 5, 6]
    shape[dim] = 3
    x, src = (rng.integers(0, 99, s).astype(dtype) for s in (shape, (4, 5, 6)))
    index = rng.integers(0, 3, (3, 4, 6))
    expected = x.copy()
    for at in np.ndindex(index.shape):
        to = list(at)
        to[dim] = index[at]
        expected[tuple(to)] = (max if largest else min)(expected[tuple(to)], src[at])
    got = run("scatter_extreme", x, dim % 3, index, src, largest)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 17])
def test_extremes_of_long_runs_and_nan(run, count):
    index = np.arange(count) % 3 // 2
    src = np.random.default_rng(0).standard_normal(count)
    got = run("scatter_extreme", np.full(3, -9.0), 0, index, src, True)
    np.testing.assert_array_equal(got, [max([-9, *src[index == i]]) for i in range(3)])
    if count:
        src[-1] = np.nan
        with np.errstate(invalid="ignore"):
            assert np.isnan(run("scatter_extreme", np.zeros(3), 0, index, src, False)).sum() == 1


def test_agreement_with_pytorch(torch):
    rng = np.random.default_rng(0)
    index, src = rng.integers(0, 9, (20, 30)), rng.standard_normal((20, 32)).astype("float32")
    expected = torch.zeros(20, 9).scatter_add_(1, torch.from_numpy(index), torch.from_numpy(src))
    np.testing.assert_allclose(cpu.scatter_add(np, (20, 9), src.dtype, 1, index, src), expected, atol=1e-5)
    key, values = rng.integers(0, 50, (8, 40)), rng.standard_normal((8, 40, 128)).astype("float32")
    expected = torch.zeros(50, 128).index_put_((torch.from_numpy(key),), torch.from_numpy(values), accumulate=True)
    np.testing.assert_allclose(cpu.index_add_at(np, (50, 128), values.dtype, (key,), values), expected, atol=1e-4)
