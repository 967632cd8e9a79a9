"""The device seam: the environment variable, devices and transfers, and what is said where a GPU is missing."""

import os
import subprocess
import sys

import pytest

import autograd_core as ag
from autograd_core.errors import DeviceError
from tests import fake_cupy

PROGRAM = "import autograd_core as ag; print(ag.zeros(2).device, ag.cuda.is_available())"
WITH_FAKE = f"from tests import fake_cupy; fake_cupy.install(devices={{n}}); {PROGRAM}"


def run(value, program=PROGRAM):
    environment = {**os.environ, "AUTOGRAD_DEVICE": value}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(autouse=True)
def default_device():
    yield
    ag.set_default_device("cpu")


@pytest.mark.parametrize("value", ["cpu", "auto", "", " cpu "])
def test_the_variable_names_the_cpu(value):
    assert run(value).stdout == "cpu False\n"


@pytest.mark.parametrize("value", ["gpu", "CUDA", "cuda:", "cuda:x", "cpu:0"])
def test_a_bad_value_lists_the_choices(value):
    error = run(value).stderr
    assert f"AUTOGRAD_DEVICE={value!r}; wanted 'cpu', 'cuda', 'cuda:N' or 'auto'" in error


def test_cuda_without_cupy_says_how_to_get_it():
    error = run("cuda").stderr
    assert "DeviceError: device 'cuda': CuPy is not installed; pip install 'autograd-core[cuda13]'" in error


@pytest.mark.parametrize(("value", "place"), [("cuda", "cuda:0"), ("cuda:1", "cuda:1"), ("auto", "cuda:0")])
def test_the_variable_names_a_gpu(value, place):
    assert run(value, WITH_FAKE.format(n=2)).stdout == f"{place} True\n"


def test_a_gpu_that_is_not_there():
    assert "got 'cuda:5', but this machine has 2 CUDA device(s)" in run("cuda:5", WITH_FAKE.format(n=2)).stderr
    assert "no CUDA device is visible" in run("cuda", WITH_FAKE.format(n=0)).stderr
    assert run("auto", WITH_FAKE.format(n=0)).stdout == "cpu False\n"


def test_a_gpu_that_cannot_allocate(monkeypatch, cuda):
    def broken(*args, **options):
        raise RuntimeError("cudaErrorInsufficientDriver")

    monkeypatch.setattr(cuda, "zeros", broken)
    with pytest.raises(DeviceError, match=r"no usable GPU or driver: RuntimeError: cudaErrorInsufficientDriver"):
        ag.device("cuda") and ag.ones(2, device="cuda")
    assert not ag.cuda.is_available()


def test_devices_as_values():
    assert ag.device("cuda:1") == ag.device("cuda", 1)
    assert ag.device("cpu") != "cpu"
    assert str(ag.device("cuda", 1)) == "cuda:1"
    assert repr(ag.device("cuda:1")) == "device(type='cuda', index=1)"
    assert len({ag.device("cpu"), ag.device("cpu")}) == 1
    for bad in ("tpu", "cuda:-1", 3.0, None):
        with pytest.raises(DeviceError, match="wanted 'cpu', 'cuda' or 'cuda:N'"):
            ag.device(bad)


def test_a_device_as_context(cuda):
    with ag.device("cuda"):
        assert ag.zeros(2).is_cuda
        assert ag.tensor([1.0]).device == ag.device("cuda:0")
        with ag.device("cpu"):
            assert not ag.ones(2).is_cuda
        assert ag.randn(2).is_cuda
    assert not ag.zeros(2).is_cuda


MAKERS = {
    "zeros": lambda **kw: ag.zeros(2, 3, **kw),
    "ones": lambda **kw: ag.ones(2, **kw),
    "full": lambda **kw: ag.full((2,), 3.0, **kw),
    "arange": lambda **kw: ag.arange(3, **kw),
    "linspace": lambda **kw: ag.linspace(0, 1, 3, **kw),
    "eye": lambda **kw: ag.eye(2, **kw),
    "tensor": lambda **kw: ag.tensor([[1, 2]], **kw),
    "randn": lambda **kw: ag.randn(3, **kw),
    "randint": lambda **kw: ag.randint(0, 5, (3,), **kw),
}


@pytest.mark.parametrize("name", MAKERS)
def test_creation_on_each_device(cuda, name):
    for place in ("cuda:0", "cuda:1"):
        assert str(MAKERS[name](device=place).device) == place


def test_random_numbers_are_the_same_on_both_devices(cuda):
    here = ag.manual_seed(3) and ag.randn(4)
    there = ag.manual_seed(3) and ag.randn(4, device="cuda")
    assert here.tolist() == there.cpu().tolist()


def test_gradients_travel_back(cuda):
    x = ag.ones(3, requires_grad=True)
    y = (x.cuda() * ag.tensor([1.0, 2.0, 3.0], device="cuda")).sum()
    assert y.is_cuda
    y.backward()
    assert not x.grad.is_cuda
    assert x.grad.tolist() == [1, 2, 3]
    assert x.to("cpu") is x


@pytest.mark.parametrize(
    "call",
    [
        lambda a, b: a + b,
        lambda a, b: ag.matmul(a, b),
        lambda a, b: ag.cat([a, b]),
        lambda a, b: ag.where(a > 0, a, b),
        lambda a, b: ag.maximum(b, a),
    ],
)
def test_mixed_devices_are_named(cuda, call):
    with pytest.raises(DeviceError, match=r"on the same device, but found cpu and cuda:0; got .*on cuda:0"):
        call(ag.ones(2, 2), ag.ones(2, 2, device="cuda"))


def test_numpy_refuses_what_is_on_the_gpu(cuda):
    with pytest.raises(TypeError, match="numpy: can't convert cuda:0 device type tensor to numpy"):
        ag.ones(2, device="cuda").numpy()
    assert ag.ones(2, device="cuda").tolist() == [1, 1]


def test_a_training_step_does_not_wait(cuda):
    w = ag.ones(3, 3, device="cuda", requires_grad=True)
    x = ag.ones(2, 3, device="cuda")
    with fake_cupy.forbid_sync():
        loss = ((x @ w).tanh() ** 2).mean()
        loss.backward()
    assert w.grad.is_cuda
