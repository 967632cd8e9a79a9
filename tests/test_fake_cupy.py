"""The strict fake device refuses what CuPy refuses, and does what hurts on a real one."""

from __future__ import annotations

import copy
import importlib
import pickle
import sys
import weakref

import numpy as np
import pytest

from tests import fake_cupy
from tests.fake_cupy import count_syncs, forbid_sync, freeze
from tests.fake_cupy.signatures import API

cp = fake_cupy.cupy
cupyx = fake_cupy.cupyx


@pytest.fixture
def x():
    return cp.arange(12, dtype=cp.float32).reshape(3, 4)


def test_install_serves_the_fake_and_only_for_the_test(monkeypatch):
    with monkeypatch.context() as patch:
        assert fake_cupy.install(patch) is importlib.import_module("cupy")
        assert importlib.import_module("cupyx.scipy.special").erf(cp.zeros(1)).get() == 0
        assert importlib.import_module("cupy.cuda").is_available()
    assert sys.modules.get("cupy") is not cp


def test_a_machine_without_gpu(monkeypatch):
    fake_cupy.install(monkeypatch, devices=0)
    try:
        assert not cp.cuda.is_available()
        with pytest.raises(RuntimeError, match="no CUDA-capable device"):
            cp.zeros(1)
    finally:
        fake_cupy.set_device_count(2)


# the walls


@pytest.mark.parametrize("name", ["geomspace", "insert", "block", "longdouble", "float128", "no_such_thing"])
def test_what_cupy_lacks_is_missing(name):
    with pytest.raises(AttributeError, match=name):
        getattr(cp, name)


@pytest.mark.parametrize("name", ["ctypes", "setflags", "__array_interface__", "__index__", "__contains__"])
def test_what_cupys_ndarray_lacks_is_missing(x, name):
    assert not hasattr(x, name)


def test_every_method_and_attribute_is_cupys(x):
    real = API["classes"]["cupy.ndarray"]
    ours = {name for name in dir(x) if not name.startswith("_")}
    assert ours <= {*real["methods"], *real["attributes"]}


@pytest.mark.parametrize(
    "refused",
    [
        lambda x: np.asarray(x),
        lambda x: np.array([x]),
        lambda x: x + np.ones(4, np.float32),
        lambda x: np.ones(4, np.float32) + x,
        lambda x: cp.exp(np.ones(3)),
        lambda x: cp.exp([1.0]),
        lambda x: cp.sum([1.0]),
        lambda x: cp.concatenate([x, np.ones((3, 4))]),
        lambda x: x.sum(where=x > 0),
        lambda x: cp.sum(x, initial=1.0),
        lambda x: cp.exp(x, where=x > 0),
        lambda x: cp.add(x, 1, order="F"),
        lambda x: x[0] + object(),
        lambda x: [1, 2, 3][cp.array(1)],
        lambda x: hash(x),
        lambda x: x.__iadd__(np.ones(4, np.float32)),
        lambda x: cp.arange(3).__iadd__(1.5),
        lambda x: cp.broadcast_arrays(x, np.ones(4)),
        lambda x: cp.add.at(cp.zeros(3, cp.int64), cp.array([0]), 1),
        lambda x: cp.subtract.at(cp.zeros(3), cp.array([0]), 1),
    ],
)
def test_refused_with_type_error(x, refused):
    with pytest.raises(TypeError):
        refused(x)


@pytest.mark.parametrize("name", ["maximum", "subtract", "logical_and"])
def test_reduce_is_for_add_and_multiply_only(x, name):
    with pytest.raises(NotImplementedError):
        getattr(cp, name).reduce(x)
    assert cp.add.reduce(x, axis=1).get().tolist() == [6, 22, 38]


@pytest.mark.parametrize("dtype", [object, "U3", "M8[s]", np.longdouble])
def test_dtypes_cupy_cannot_hold(dtype):
    with pytest.raises(ValueError, match="Unsupported dtype"):
        cp.array(np.zeros(2, dtype))


def test_a_cuda_kernel_says_that_it_needs_a_gpu():
    kernel = cp.ElementwiseKernel("T x", "T y", "y = x", "same")
    with pytest.raises(NotImplementedError, match="real GPU"):
        kernel(cp.zeros(1))


# results


def test_reductions_and_elements_are_0d_arrays(x):
    for result in (
        x.sum(),
        cp.max(x),
        x[1, 2],
        cp.add(1, 2),
        cp.exp(x[0, 0]),
        cp.allclose(x, x),
        np.exp(x[0, 1]),
    ):
        assert type(result) is cp.ndarray
        assert result.shape == ()


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda xp, x: x @ x.T - 2 * x.sum(axis=1, keepdims=True), "f4"),
        (lambda xp, x: xp.where(x > 3, x, xp.float32(0)), "f4"),
        (lambda xp, x: xp.einsum("ij,kj->ik", x, x), "f4"),
        (lambda xp, x: xp.concatenate([x, x[:1]])[::-1, 1:], "f4"),
        (lambda xp, x: xp.take_along_axis(x, xp.argsort(-x, axis=1), axis=1), "f4"),
        (lambda xp, x: np.float32(2) * x + np.float64(1), "f8"),
        (lambda xp, x: 2 - x / 3, "f4"),
        (lambda xp, x: xp.cumsum(x, axis=0).astype(xp.int32) % 5, "i4"),
        (lambda xp, x: xp.linalg.norm(x, axis=0), "f4"),
        (lambda xp, x: xp.fft.fft(x).real, "f4"),
        (lambda xp, x: xp.lib.stride_tricks.as_strided(x, (2, 2), (16, 4)), "f4"),
        (lambda xp, x: xp.pad(x, ((1, 1), (0, 2))), "f4"),
        (lambda xp, x: xp.tril(x[:, :3]) + xp.triu(x[:, 1:]), "f4"),
        (lambda xp, x: x[xp.array([2, 0])][:, None, xp.array([1, 1])], "f4"),
        (lambda xp, x: x[x > 4], "f4"),
    ],
)
def test_values_and_dtypes_are_numpys(x, ours, theirs):
    got, wanted = ours(cp, x), ours(np, x.get())
    assert got.dtype == wanted.dtype == np.dtype(theirs)
    np.testing.assert_allclose(got.get(), wanted, rtol=1e-6)


def test_grids_are_on_the_device():
    rows, columns = cp.ogrid[:2, :3]
    assert type(rows) is type(columns) is type(cp.mgrid[:2, :2]) is cp.ndarray
    assert (rows + columns).get().tolist() == [[0, 1, 2], [1, 2, 3]]


def test_constants_and_types_are_numpys():
    assert cp.pi == np.pi
    assert cp.newaxis is None
    assert cp.float32 is np.float32
    with pytest.raises(NotImplementedError, match=r"cupy\.vectorize is in CuPy"):
        _ = cp.vectorize


def test_repeats_must_be_known_on_the_host(x):
    assert cp.repeat(x[0], 2).shape == (8,)
    with pytest.raises(ValueError, match="repeats"):
        cp.repeat(x[0], cp.array([1, 2, 3, 4]))


def test_division_by_zero_warns_of_nothing(x):
    assert np.isnan((x[:1] / 0).get()[0, 0])


def test_fortran_order_is_not_kept(x):
    assert (x.T + 0).flags.c_contiguous
    assert x.T.flags.f_contiguous
    assert x.T.astype(cp.float64).flags.f_contiguous  # astype keeps it


def test_views_share_memory_and_know_their_owner():
    owner = cp.zeros((2, 3))
    view = owner.T[1:]
    assert view.base is owner
    assert owner.base is None
    view[0, 0] = 5
    assert owner.get()[0, 1] == 5
    assert (owner + 1).base is None
    assert cp.broadcast_to(owner, (2, 3)) is owner
    assert owner.astype(owner.dtype, copy=False) is owner
    assert cp.asarray(owner) is owner


def test_arrays_can_be_weakly_referenced_copied_and_pickled(x):
    assert weakref.ref(x)() is x
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert twin.get().tolist() == x.get().tolist()
        twin[0, 0] = 9
        assert x.get()[0, 0] == 0


def test_frozen_arrays_refuse_writes(x):
    freeze(x)
    with pytest.raises(ValueError, match="read-only"):
        x += 1
    with pytest.raises(ValueError, match="read-only"):
        cp.add(x, 1, out=x)


# what hurts on a GPU


@pytest.mark.parametrize("dtype", ["f4", "c8", "i4", "u1"])
def test_new_memory_is_poison(dtype):
    for fresh in (cp.empty(3, dtype), cp.empty_like(cp.zeros(3, dtype)), cp.ndarray((3,), dtype)):
        assert not np.isin(fresh.get(), [0, 1]).any()


def test_indices_out_of_range_wrap_silently(x):
    assert x[cp.array([0, 3]), cp.array([-5, 5])].get().tolist() == [3, 1]
    assert x.take(cp.array([13])).get().tolist() == [1]
    assert cp.take_along_axis(x, cp.array([[4]] * 3), axis=1).get().ravel().tolist() == [0, 4, 8]
    x[cp.array([3])] = -1
    assert x.get()[0].tolist() == [-1] * 4
    with pytest.raises(IndexError):
        x[5]


def test_of_duplicate_indices_the_last_need_not_win():
    a = cp.zeros(2)
    a[cp.array([0, 0])] = cp.array([1.0, 2.0])
    assert a.get().tolist() == [1, 0]


def test_scatter_adds_duplicates():
    a = cp.zeros((2, 2), cp.float32)
    cupyx.scatter_add(a, (cp.array([0, 0, 3]), slice(None)), cp.array([[1, 2]], cp.float32))
    assert a.get().tolist() == [[2, 4], [1, 2]]
    cp.add.at(a, (slice(None), 0), 1)
    assert a.get().tolist() == [[3, 4], [2, 2]]


def test_atomic_maximum_skips_nan_and_rounds_doubles():
    a = cp.zeros(2)
    cp.maximum.at(a, cp.array([0, 1]), cp.array([np.nan, 1 + 1e-12]))
    assert a.get().tolist() == [0, 1]


def test_put_along_axis(x):
    cp.put_along_axis(x, cp.array([[1], [2], [3]]), -1, axis=1)
    assert x.get().tolist() == [[0, -1, 2, 3], [4, 5, -1, 7], [8, 9, 10, -1]]


def test_only_a_number_or_a_device_array_is_assigned(x):
    x[0] = 7
    x[1] = np.float32(8)
    x[2] = cp.ones(4)
    with pytest.raises(ValueError, match=r"non-scalar numpy\.ndarray"):
        x[0] = np.ones(4)
    with pytest.raises(TypeError):
        x[0] = [1, 2, 3, 4]


# waiting


@pytest.mark.parametrize(
    "wait",
    [
        lambda x: float(x[0, 0]),
        lambda x: int(x[0, 0]),
        lambda x: bool(x[0, 0]),
        lambda x: x[0, 0].item(),
        lambda x: x.tolist(),
        lambda x: x.get(),
        lambda x: cp.asnumpy(x),
        lambda x: cp.nonzero(x),
        lambda x: x.nonzero(),
        lambda x: cp.where(x > 0),
        lambda x: cp.unique(x),
        lambda x: x[x > 1],
        lambda x: x.__setitem__(x > 1, 0),
        lambda x: cp.bincount(cp.arange(3)),
        lambda x: repr(x),
        lambda x: cp.cuda.Device().synchronize(),
        lambda x: 3 in x[0],
    ],
)
def test_waiting_is_counted_and_can_be_forbidden(x, wait):
    with count_syncs() as log:
        wait(x)
    assert log
    with forbid_sync(), pytest.raises(fake_cupy.DeviceSynchronized):
        wait(x)


def test_work_on_the_device_does_not_wait(x):
    with forbid_sync(), count_syncs() as log:
        y = cp.exp(x).sum(axis=0) @ cp.ones(4, cp.float32)
        y += cp.where(x > 1, x, 0).max()
        x[cp.array([0, 1])] = 0
        x[0, 1] = 3
        cp.asarray(np.ones(3))
        _ = x.shape, x.device, x.T, x[1:], len(x), cp.isnan(x).any()
    assert log == []


# devices


def test_arrays_live_on_the_device_that_was_current():
    with cp.cuda.Device(1):
        there = cp.ones(2)
    assert there.device == cp.cuda.Device(1)
    assert there[1:].device.id == 1
    assert cp.ones(2).device.id == 0
    assert cp.cuda.runtime.getDeviceCount() == 2


@pytest.mark.parametrize(
    "mix", [lambda a, b: a + b, lambda a, b: b * 2, lambda a, b: b.sum(), lambda a, b: a.__setitem__(0, b)]
)
def test_work_on_another_device_than_the_current_one_raises(mix):
    with cp.cuda.Device(1):
        there = cp.ones(2)
    with pytest.raises(ValueError, match="different from the current device"):
        mix(cp.ones(2), there)


def test_an_array_moves_between_devices():
    here = cp.ones(2)
    with cp.cuda.Device(1):
        moved = cp.asarray(here)
        assert moved.device.id == 1
        assert (moved + moved).device.id == 1


def test_a_device_that_is_not_there():
    with pytest.raises(cp.cuda.runtime.CUDARuntimeError), cp.cuda.Device(2):
        pass


def test_the_pool_counts_live_memory():
    before = cp.get_default_memory_pool().used_bytes()
    held = cp.zeros(1000)
    view = held[1:]
    assert cp.get_default_memory_pool().used_bytes() == before + 8192
    del held
    assert cp.get_default_memory_pool().used_bytes() == before + 8192
    del view
    assert cp.get_default_memory_pool().used_bytes() == before


# random numbers and exchange


def test_random_streams_repeat_and_are_not_numpys():
    a, b = (cp.random.default_rng(0).standard_normal(3, dtype=cp.float32).get() for _ in range(2))
    assert a.tolist() == b.tolist()
    assert a.tolist() != np.random.default_rng(0).standard_normal(3, dtype=np.float32).tolist()
    with pytest.raises(AttributeError):
        cp.random.default_rng(0).permutation(3)


def test_dlpack_shares_memory(x):
    twin = cp.from_dlpack(x)
    twin[0, 0] = 5
    assert x.get()[0, 0] == 5
    assert x.__dlpack_device__() == (2, 0)
    with pytest.raises(BufferError):
        cp.from_dlpack(np.ones(2))


def test_special_functions_are_cupyxs():
    special = fake_cupy.cupyx.scipy.special
    assert special.erf(cp.zeros(2)).get().tolist() == [0, 0]
    with pytest.raises(AttributeError):
        _ = special.airy
