"""Making tensors: from data, filled, in ranges; their dtypes, devices, memory and errors."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.errors import DeviceError, DTypeError, ShapeError

ROOT = Path(__file__).resolve().parent.parent


# ---- from data ----


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.5, ag.float32), (1, ag.int64), (True, ag.bool), ([1, 2.5], ag.float32), ([1, True], ag.int64),
        ([True, False], ag.bool), ([[1, 2], [3, 4]], ag.int64), ((1.0, 2.0), ag.float32), ([], ag.float32),
        ([[], []], ag.float32), (1 + 2j, ag.complex64), (range(3), ag.int64), (np.ones(2), ag.float64),
        (np.ones(2, np.float16), ag.float16), (np.float64(3), ag.float64), (np.bool_(True), ag.bool),
        (np.arange(3, dtype=np.uint8), ag.uint8), ([np.float64(1), np.float64(2)], ag.float64),
        ([np.int32(1)], ag.int32), ([np.ones(2, np.float32), np.zeros(2, np.float32)], ag.float32),
    ],
)  # fmt: skip
def test_dtypes_follow_the_data(data: Any, dtype: Any) -> None:
    made = ag.tensor(data)
    assert made.dtype is dtype and made.is_leaf and not made.requires_grad
    np.testing.assert_array_equal(made.numpy(), np.asarray(list(data) if isinstance(data, range) else data))


def test_tensors_in_lists() -> None:
    x = ag.tensor([1.0, 2.0], dtype=ag.float64)
    assert ag.tensor([x[0], x[1], 3.0]).tolist() == [1, 2, 3]
    assert ag.tensor([x, x]).dtype is ag.float64
    assert ag.tensor(x).dtype is ag.float64 and ag.tensor(x) is not x


def test_tensor_copies_and_as_tensor_shares() -> None:
    array = np.ones((2, 3), np.float32)
    assert not np.shares_memory(ag.tensor(array)._array, array)
    for share in (ag.as_tensor, ag.from_numpy):
        x = share(array)
        assert np.shares_memory(x._array, array)
    x[0, 0] = 5
    assert array[0, 0] == 5
    assert ag.as_tensor(x) is x and ag.as_tensor(x, dtype=ag.float64).dtype is ag.float64
    assert not np.shares_memory(ag.as_tensor(array, dtype=ag.float64)._array, array)
    assert ag.tensor(array.T).is_contiguous()


def test_as_tensor_keeps_the_graph() -> None:
    x = ag.ones(2, requires_grad=True)
    assert ag.as_tensor(x) is x
    ag.as_tensor(x, dtype=ag.float64).sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_read_only_arrays_are_taken_as_they_are() -> None:
    array = np.arange(3.0)
    array.flags.writeable = False
    x = ag.from_numpy(array)
    assert (x * 2).tolist() == [0, 2, 4]
    assert ag.tensor(array).add_(1).tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: ag.tensor([[1, 2], [3]]), ShapeError, "^tensor: data is no rectangular block of numbers"),
        (lambda: ag.tensor([1, [2]]), ShapeError, "^tensor: data is no rectangular block of numbers"),
        (lambda: ag.tensor("text"), DTypeError,
         "^tensor: could not infer dtype of str; wanted numbers, sequences or arrays"),
        (lambda: ag.tensor(["a"]), DTypeError, "^tensor: could not infer dtype of str"),
        (lambda: ag.tensor(None), DTypeError, "^tensor: could not infer dtype of NoneType"),
        (lambda: ag.tensor({1: 2}), DTypeError, "^tensor: could not infer dtype of dict"),
        (lambda: ag.tensor(object()), DTypeError, "^tensor: could not infer dtype of object"),
        (lambda: ag.tensor(np.array(["a"])), DTypeError,
         "^tensor: can't convert data of type <U1; wanted numbers or booleans"),
        (lambda: ag.tensor(np.array([object()])), DTypeError, "^tensor: can't convert data of type object"),
        (lambda: ag.tensor([300], dtype=ag.uint8), DTypeError, "^tensor: data is no rectangular block of numbers"),
        (lambda: ag.tensor([1.0], dtype="float31"), DTypeError, "^dtype: got 'float31'; wanted one of bool, uint8"),
        (lambda: ag.from_numpy([1.0]), DTypeError, r"^from_numpy: expected np.ndarray \(got list\)"),
        (lambda: ag.from_numpy(np.array(["a"])), DTypeError, "^from_numpy: can't convert an array of dtype <U1"),
        (lambda: ag.zeros(-1), ShapeError, r"^zeros: Trying to create tensor with negative dimension: \(-1,\)"),
        (lambda: ag.ones(2, -3), ShapeError, "^ones: .*negative dimension"),
        (lambda: ag.full((-2,), 1.0), ShapeError, "^full: .*negative dimension"),
        (lambda: ag.arange(1, 5, 0), ShapeError,
         "^arange: upper bound and lower bound inconsistent with step sign: 1, 5, 0"),
        (lambda: ag.arange(5, 1), ShapeError, "^arange: upper bound"),
        (lambda: ag.linspace(0, 1, -1), ShapeError, "^linspace: steps is -1; wanted a non-negative int"),
        (lambda: ag.eye(-1), ShapeError, r"^eye: got n=-1.*wanted"),
        (lambda: ag.meshgrid(ag.ones(2), indexing="ji"), DTypeError,
         "^meshgrid: indexing is 'ji'; wanted 'ij' or 'xy'"),
        (lambda: ag.ones(2, device="tpu"), DeviceError, "^device: got 'tpu'; wanted 'cpu', 'cuda' or 'cuda:N'"),
        (lambda: ag.zeros(2.5), DTypeError, "^zeros: "),
        (lambda: ag.zeros("a"), DTypeError, "^zeros: "),
    ],
)  # fmt: skip
def test_refusals_say_what_came(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match) as raised:
        call()
    assert isinstance(raised.value, RuntimeError)


# ---- filled and in ranges ----


def test_filled() -> None:
    assert ag.zeros(2, 3).tolist() == [[0] * 3] * 2 and ag.zeros((2, 3)).shape == ag.zeros([2, 3]).shape == (2, 3)
    assert ag.ones(()).item() == 1 and ag.zeros(()).shape == () and ag.empty(0, 2).shape == (0, 2)
    assert [ag.full((2,), v).dtype for v in (7, 7.5, True)] == [ag.int64, ag.float32, ag.bool]
    assert ag.full((2,), ag.tensor(3.0)).tolist() == [3, 3] and ag.full((), 2).item() == 2
    assert ag.zeros(2, dtype=ag.int64).dtype is ag.int64 and ag.ones(2, dtype=float).dtype is ag.float32
    assert ag.eye(2).tolist() == [[1, 0], [0, 1]] and ag.eye(2, 3).shape == (2, 3)
    assert ag.eye(2, dtype=ag.bool).dtype is ag.bool
    assert ag.scalar_tensor(3).dtype is ag.float32 and ag.empty(2).shape == (2,)
    assert ag.zeros(2, requires_grad=True).requires_grad and ag.full((2,), 1.0, requires_grad=True).is_leaf


def test_like() -> None:
    x = ag.ones(2, 3, dtype=ag.float64, requires_grad=True)
    for make in (ag.zeros_like, ag.ones_like, ag.empty_like, lambda t: ag.full_like(t, 5)):
        made = make(x)
        assert made.shape == (2, 3) and made.dtype is ag.float64 and not made.requires_grad
    assert ag.full_like(x, 5).sum().item() == 30 and ag.ones_like(x, dtype=ag.int64).dtype is ag.int64
    assert ag.zeros_like(ag.ones(3, 2).T).is_contiguous()


def test_ranges() -> None:
    assert ag.arange(3).tolist() == [0, 1, 2] and ag.arange(3).dtype is ag.int64
    assert ag.arange(1, 4).tolist() == [1, 2, 3] and ag.arange(4, 0, -2).tolist() == [4, 2]
    assert ag.arange(3.0).dtype is ag.float32 and ag.arange(0, 1, 0.25).tolist() == [0, 0.25, 0.5, 0.75]
    assert ag.arange(ag.tensor(3)).tolist() == [0, 1, 2] and ag.arange(0).shape == (0,)
    assert ag.arange(0, 5, 2, dtype=ag.float64).tolist() == [0, 2, 4]
    assert ag.linspace(0, 1, 5).tolist() == [0, 0.25, 0.5, 0.75, 1] and ag.linspace(3, 3, 1).tolist() == [3]
    assert ag.linspace(0, 1, 0).shape == (0,) and ag.linspace(0, 1, 3, dtype=ag.float64).dtype is ag.float64


def test_what_is_empty_holds_zeros() -> None:
    x = ag.ones(2, dtype=ag.float64)
    for made in (ag.empty(2, 2), ag.empty_like(x), x.new_empty(3), x.new_empty_strided((2, 2), (1, 2)), x.new(2)):
        assert made.sum().item() == 0
    assert x.new_empty(3).dtype is x.new().dtype is x.new([1, 2]).dtype is ag.float64
    assert ag.empty_strided((2, 3), (1, 2)).stride() == (1, 2) and ag.empty_strided((0,), (1,)).shape == (0,)
    assert ag.empty_permuted((2, 3, 4), (2, 0, 1)).stride() == (3, 1, 6)
    with pytest.raises(ShapeError, match=r"^empty_permuted: Number of dimensions in size \(2, 3\)"):
        ag.empty_permuted((2, 3), (0, 0))


def test_numbers_that_a_dtype_cannot_hold() -> None:
    assert ag.full_like(ag.zeros(1, dtype=ag.uint8), -9).tolist() == [247]
    assert ag.full((1,), 2.5, dtype=ag.int64).tolist() == [2] and ag.full((1,), 2, dtype=ag.bool).tolist() == [True]
    for value, dtype in ((300, ag.uint8), (float("inf"), ag.int64), (1j, ag.float32), (2**40, ag.int32)):
        with pytest.raises(DTypeError, match=r"^full: value .* cannot be converted to type ag\.\w+ without overflow"):
            ag.full((1,), value, dtype=dtype)


def test_out_is_filled_and_gives_the_dtype() -> None:
    out = ag.ones(2, 2, dtype=ag.int64)
    for make, value in (
        (ag.zeros, [[0, 0], [0, 0]]), (lambda *n, out: ag.full(n, 3, out=out), [[3, 3], [3, 3]]),
        (ag.eye, [[1, 0], [0, 1]]), (ag.ones, [[1, 1], [1, 1]]),
    ):  # fmt: skip
        assert make(2, 2, out=out) is out and out.dtype is ag.int64 and out.tolist() == value
    assert out._version == 4
    line = ag.empty(0)
    assert ag.arange(3, out=line) is line and line.tolist() == [0, 1, 2] and line.dtype is ag.float32
    assert ag.linspace(0, 1, 3, out=line).tolist() == [0, 0.5, 1]
    with pytest.raises(DTypeError, match=r"^zeros: result type ag.float32 can't be cast to .* ag.int64"):
        ag.zeros(2, 2, out=out, dtype=ag.float32)


def test_options_that_change_nothing_are_taken() -> None:
    options = {"layout": ag.strided, "pin_memory": False, "memory_format": ag.contiguous_format, "device": "cpu"}
    x = ag.zeros(2, 3)
    for made in (ag.ones(size=(2, 3), **options), ag.full_like(x, 1, **options), x.new_ones((2, 3), **options)):
        assert made.tolist() == [[1] * 3] * 2
    assert ag.arange(3.0, requires_grad=True, **options).requires_grad
    assert "out" in inspect.signature(ag.zeros).parameters
    with pytest.raises(DTypeError, match=r"^arange: layout is 'csr'; wanted ag.strided, the only one there is"):
        ag.arange(3, layout="csr")
    with pytest.raises(DTypeError, match=r"^requires_grad_: only Tensors of floating point"):
        ag.arange(3, requires_grad=True)


def test_buffers_are_shared() -> None:
    memory = bytearray(range(8))
    x = ag.frombuffer(memory, dtype=ag.uint8)
    x[0] = 9
    assert memory[0] == 9 and ag.frombuffer(memory, dtype=ag.int16, count=1, offset=6).tolist() == [7 * 256 + 6]
    assert ag.frombuffer(np.ones(2), dtype=ag.float64, requires_grad=True).is_leaf
    for options in ({"dtype": ag.int64, "offset": 1}, {"dtype": ag.int64, "count": 2}, {"dtype": ag.int8, "count": 0}):
        with pytest.raises(ShapeError, match=r"^frombuffer: a buffer of 8 bytes holds no"):
            ag.frombuffer(memory, **options)


def test_asarray_shares_where_it_is_told() -> None:
    array, x = np.ones(2), ag.ones(2, requires_grad=True)
    assert np.shares_memory(ag.asarray(array)._array, array)
    assert not np.shares_memory(ag.asarray(array, copy=True)._array, array)
    assert ag.asarray(x, requires_grad=True) is x and not ag.asarray(x).requires_grad
    assert np.shares_memory(ag.asarray(x)._array, x._array) and ag.asarray([1, 2]).dtype is ag.int64
    assert ag.asarray(b"\1\2", dtype=ag.uint8).tolist() == [1, 2] and ag.asarray([1.0], requires_grad=True).is_leaf
    for data, options in (([1, 2], {}), (array, {"dtype": ag.float32})):
        with pytest.raises(ShapeError, match=r"^asarray: can't alias obj"):
            ag.asarray(data, copy=False, **options)


def test_half_precision_arrays_are_taken() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="NumPy has no bfloat16 of its own")
    x = ag.from_numpy(np.ones(2, ml_dtypes.bfloat16))
    assert x.dtype is ag.bfloat16 and ag.tensor(x.numpy()).dtype is ag.bfloat16 and x.float().tolist() == [1, 1]


def test_meshgrid() -> None:
    a, b = ag.tensor([1, 2, 3]), ag.tensor([4, 5])
    for indexing in ("ij", "xy"):
        grids = ag.meshgrid(a, b, indexing=indexing), np.meshgrid([1, 2, 3], [4, 5], indexing=indexing)
        for ours, wanted in zip(*grids):
            np.testing.assert_array_equal(ours.numpy(), wanted)
    assert [g.shape for g in ag.meshgrid([a, b])] == [(3, 2), (3, 2)]


PROGRAMS = [
    lambda t: t.arange(0.1, 1.0, 0.1), lambda t: t.arange(10, 0, -3), lambda t: t.linspace(-1, 2, 7),
    lambda t: t.eye(3, 2), lambda t: t.full((2, 2), 3), lambda t: t.tensor([[1, 2.5]]),
    lambda t: t.zeros(2, dtype=t.int32), lambda t: t.ones(()), lambda t: t.arange(2, 9, 2.5),
    lambda t: t.tensor([1, 2], dtype=t.float16), lambda t: t.full((), 2.0), lambda t: t.scalar_tensor(2),
    lambda t: t.arange(5, dtype=t.float64), lambda t: t.tensor(3.0).expand(2), lambda t: t.logspace(0, 2, 5),
    lambda t: t.linspace(4.3, 0, 50, dtype=t.uint8), lambda t: t.arange(-0.9, 2.1, 2.0, dtype=t.int64),
    lambda t: t.logspace(0, 3, 4, base=2, dtype=t.int64), lambda t: t.linspace(0, 1, 5, dtype=t.complex64),
    lambda t: t.arange(0, 5, 1.5, dtype=t.int32), lambda t: t.tril_indices(3, 4, 1), lambda t: t.full((2,), 1j),
    lambda t: t.arange(end=3), lambda t: t.triu_indices(2, 3, dtype=t.int32), lambda t: t.zeros(size=(2,)),
    lambda t: t.tensor([1, 2]).new_tensor([1.5]), lambda t: t.ones(2).new_tensor([1]),
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_creation_agrees_with_pytorch(torch: Any, program: Any) -> None:
    ours, theirs = program(ag), program(torch)
    assert ours.dtype.name == str(theirs.dtype).removeprefix("torch.")
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-6)


def test_tensor_as_a_class() -> None:
    assert ag.Tensor(2, 3).shape == (2, 3) and ag.Tensor([1, 2]).dtype is ag.float32 and ag.Tensor().shape == (0,)
    assert isinstance(ag.ones(1), ag.Tensor) and ag.is_tensor(ag.ones(1)) and not ag.is_tensor(np.ones(1))


# ---- default dtype ----


def test_the_default_dtype_can_be_changed() -> None:
    ag.set_default_dtype(ag.float64)
    try:
        assert ag.get_default_dtype() is ag.float64
        made = [ag.tensor(1.0), ag.zeros(1), ag.rand(1), ag.arange(1.0), ag.linspace(0, 1, 2)]
        for x in [*made, ag.arange(3) / 2, ag.arange(3) * 1.5]:
            assert x.dtype is ag.float64
        assert ag.ones(1, dtype=ag.float32).dtype is ag.float32
        assert (ag.ones(1, dtype=ag.float32) * 1.5).dtype is ag.float32
    finally:
        ag.set_default_dtype(ag.float32)
    with pytest.raises(DTypeError, match=r"^set_default_dtype: d is ag.int64; wanted a floating dtype"):
        ag.set_default_dtype(ag.int64)


# ---- devices ----


def test_device_names() -> None:
    assert ag.device("cpu") == ag.device("cpu") and ag.device("cuda:1") == ag.device("cuda", 1) != ag.device("cuda")
    assert ag.device(ag.device("cpu")).type == "cpu" and ag.device("cuda:3").index == 3
    assert len({ag.device("cpu"), ag.device("cpu")}) == 1
    for bad in ("gpu", "cuda:x", "", "CPU", 3.5, None):
        with pytest.raises(DeviceError, match=r"^device: got "):
            ag.device(bad)


def test_without_a_gpu_cuda_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    monkeypatch.setattr("autograd_core.backend.device.XP_CUDA", {})
    assert not ag.cuda.is_available() and ag.cuda.device_count() == 0
    for ask in (lambda: ag.zeros(1, device="cuda"), lambda: ag.ones(1).cuda(), lambda: ag.ones(1).to("cuda:0"),
                lambda: ag.set_default_device("cuda"), lambda: ag.cuda.current_device()):  # fmt: skip
        with pytest.raises(DeviceError, match=r"^device 'cuda': CuPy is not installed; pip install"):
            ask()
    assert ag.get_default_device() == ag.device("cpu")


def test_creation_and_transfers_on_the_device(cuda: Any) -> None:
    assert ag.cuda.is_available() and ag.cuda.device_count() == 2 and ag.cuda.current_device() == 0
    there = ag.ones(2, device="cuda")
    made = [
        there, ag.zeros(2, device="cuda"), ag.tensor([1.0, 2.0], device="cuda"), ag.arange(3, device="cuda"),
        ag.eye(2, device="cuda"), ag.full((2,), 1.0, device=0), ag.linspace(0, 1, 2, device="cuda:0"),
        ag.ones(2).cuda(), ag.ones(2).to("cuda"), ag.zeros_like(there), there.new_zeros(2),
        ag.from_dlpack(cuda.ones(2)),
    ]  # fmt: skip
    for x in made:
        assert str(x.device) == "cuda:0" and x.is_cuda and type(x._array) is cuda.ndarray
    x = ag.ones(2, requires_grad=True)
    y = (x.cuda() * 3).cpu()
    assert str(y.device) == "cpu"
    y.sum().backward()
    assert x.grad.tolist() == [3, 3] and str(x.grad.device) == "cpu"
    assert x.to("cuda", ag.float64).dtype is ag.float64
    with pytest.raises(DeviceError, match=r"^device: got 'cuda:2', but this machine has 2 CUDA device"):
        ag.zeros(1, device="cuda:2")
    with pytest.raises(DTypeError, match=r"^numpy: can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu"):
        ag.zeros(1, device="cuda").numpy()


def test_a_device_as_context(cuda: Any) -> None:
    with ag.device("cuda"):
        assert ag.zeros(1).is_cuda and ag.tensor([1.0]).is_cuda and ag.rand(1).is_cuda
        with ag.device("cpu"):
            assert not ag.zeros(1).is_cuda
        assert ag.zeros(1).is_cuda and not ag.from_numpy(np.ones(1)).is_cuda
    assert not ag.zeros(1).is_cuda


def test_mixing_devices_names_both(cuda: Any) -> None:
    here, there = ag.ones(2), ag.ones(2, device="cuda")
    both = r"Expected all tensors to be on the same device, but found cpu and cuda:0; got .*on cuda:0"
    mixes = [
        lambda: here + there, lambda: there * here, lambda: there @ here, lambda: ag.cat([here, there]),
        lambda: ag.where(here > 0, there, here),
    ]  # fmt: skip
    for mix in mixes:
        with pytest.raises(DeviceError, match=both):
            mix()
    assert (there * 2.0 + 1).tolist() == [3, 3]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("cpu", "cpu"), ("", "cpu"), ("auto", "cpu"), ("cuda", "device 'cuda': "), ("cuda:1", "device 'cuda': "),
        ("gpu", "AUTOGRAD_DEVICE='gpu'; wanted 'cpu', 'cuda', 'cuda:N' or 'auto'"),
    ],
)  # fmt: skip
def test_the_environment_chooses_the_default_device(value: str, said: str) -> None:
    code = "import sys; sys.modules['cupy'] = None; import autograd_core as ag; print(ag.zeros(1).device)"
    env = os.environ | {"AUTOGRAD_DEVICE": value}
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)
    assert said in (run.stdout if said == "cpu" else run.stderr)
    assert (run.returncode == 0) == (said == "cpu")
