"""Other libraries on our tensors: NumPy's ufuncs and functions, DLPack, the array API, einops."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.errors import DTypeError, GraphError

TRACED = {
    "exp": lambda x: np.exp(x),
    "array * tensor": lambda x: np.array([3.0, 4.0]) * x,
    "tensor * array": lambda x: x * np.array([3.0, 4.0]),
    "array / tensor": lambda x: np.array([3.0, 4.0]) / x,
    "number of NumPy's - tensor": lambda x: np.float64(2) - x,
    "array @ tensor": lambda x: np.array([3.0, 4.0]) @ x,
    "power": lambda x: np.power(x, 3.0),
    "hypot": lambda x: np.hypot(x, x),
    "add": lambda x: np.add(x, x),
}


@pytest.mark.parametrize("call", TRACED.values(), ids=TRACED.keys())
def test_ufuncs_are_recorded(call: Any) -> None:
    x = ag.tensor([1.0, 2.0], dtype=ag.float64, requires_grad=True)
    y = call(x)
    assert isinstance(y, ag.Tensor) and y.requires_grad
    np.testing.assert_allclose(y.detach().numpy(), call(x.detach().numpy()))
    assert ag.autograd.gradcheck(call, (x,))


def test_comparisons_from_the_left() -> None:
    y = np.array([1.0, 3.0]) > ag.tensor([2.0, 2.0])
    assert isinstance(y, ag.Tensor) and y.tolist() == [False, True]


def test_what_has_no_name_here_computes_where_no_gradient_is_lost() -> None:
    x = ag.tensor([1.0, 2.0])
    assert np.add.reduce(x).item() == 3
    assert [part.tolist() for part in np.divmod(x, 2.0)] == [[0, 1], [1, 0]]
    for call in (np.add.reduce, lambda x: np.divmod(x, 2.0), lambda x: np.exp(x, where=np.array([True, False]))):
        with pytest.raises(GraphError, match=r"^numpy\.\w+: an argument requires grad, and this call is not diff"):
            call(x.clone().requires_grad_())


def test_results_can_go_into_arrays_and_tensors() -> None:
    x, array = ag.tensor([1.0, 2.0]), np.array([3.0, 4.0])
    array += x
    assert isinstance(array, np.ndarray) and array.tolist() == [4, 6]
    place = ag.empty(2)
    assert np.exp(x, out=place) is place
    np.testing.assert_allclose(place.numpy(), np.exp([1, 2]), rtol=1e-6)
    with pytest.raises(GraphError, match=r"^numpy\.add: "):
        array += x.requires_grad_()


def test_numpys_functions_give_arrays_of_numbers_never_of_objects() -> None:
    x = ag.tensor([1.0, 2.0])
    for made in (np.array([x, x]), np.stack([x, x]), np.concatenate([x, x]), np.asarray(x), np.array(x, dtype="f8")):
        assert made.dtype.kind == "f"
    assert np.shares_memory(np.asarray(x), x.numpy())
    with pytest.raises(GraphError, match="requires grad"):
        np.stack([x.requires_grad_(), x])


def test_dlpack_shares_memory_with_numpy_and_pytorch(torch: Any) -> None:
    x = ag.arange(6.0).reshape(2, 3)
    for theirs in (np.from_dlpack(x), torch.from_dlpack(x), torch.utils.dlpack.from_dlpack(x)):
        theirs[0, 0] += 1
        back = ag.from_dlpack(theirs)
        back[1, 2] += 1
    assert x[0, 0].item() == 3 and x[1, 2].item() == 8
    assert torch.from_dlpack(x.t()).stride() == (1, 3)
    assert ag.from_dlpack(torch.ones(3, dtype=torch.int32)).dtype is ag.int32
    with pytest.raises(GraphError, match=r"^dlpack: Can't export tensors that require gradient"):
        torch.from_dlpack(x.requires_grad_())


def test_the_array_namespace() -> None:
    x = ag.arange(6.0).reshape(2, 3).requires_grad_()
    xp = x.__array_namespace__(api_version="2024.12")
    y = xp.permute_dims(xp.concat([x, xp.ones((2, 1))], axis=1), (1, 0))
    assert y.shape == (4, 2) and y.requires_grad
    assert xp.isdtype(y.dtype, "real floating")
    with pytest.raises(DTypeError, match=r"^__array_namespace__: api_version is '1999'; wanted one of"):
        x.__array_namespace__(api_version="1999")


def check_einops(einops: Any) -> None:
    x = ag.arange(24.0).reshape(2, 3, 4).requires_grad_()
    assert einops.rearrange(x, "a (b c) d -> (a b) c d", c=1).shape == (6, 1, 4)
    assert einops.reduce(x, "a b c -> a", "max").tolist() == [11, 23]
    assert einops.repeat(x, "a b c -> a b c k", k=2).shape == (2, 3, 4, 2)
    packed, shapes = einops.pack([x, x[0]], "* b c")
    assert [p.shape for p in einops.unpack(packed, shapes, "* b c")] == [(2, 3, 4), (3, 4)]
    einops.rearrange([x, x], "n a b c -> a (n b c)").sum().backward()
    assert x.grad.tolist() == np.full((2, 3, 4), 2.0).tolist()


@pytest.mark.parametrize("module", ["einops", "einops.array_api"])
def test_einops(module: str) -> None:
    check_einops(pytest.importorskip(module))


@pytest.mark.parametrize("first", ["einops", "autograd_core"])
def test_einops_knows_our_tensors_whichever_is_imported_first(first: str) -> None:
    pytest.importorskip("einops")
    program = (
        f"import {first}\n"
        "import autograd_core as ag, einops\n"
        "print(einops.rearrange(ag.ones(2, 3), 'a b -> b a').shape == (3, 2), einops.einsum(ag.ones(3), 'a ->').item())"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "True 3.0\n"


def test_the_cuda_array_interface_is_there_on_a_gpu_alone(cuda: Any) -> None:
    assert not hasattr(ag.ones(2), "__cuda_array_interface__")
    x = ag.ones(2, device="cuda")
    assert x.__cuda_array_interface__["shape"] == (2,)
    with pytest.raises(GraphError, match=r"^__cuda_array_interface__: Can't export tensors that require gradient"):
        _ = x.requires_grad_().__cuda_array_interface__
