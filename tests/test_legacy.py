"""Types of tensors by PyTorch's older names: made, recognised, converted to."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.errors import DTypeError

NAMES = {
    "Float": ag.float32, "Double": ag.float64, "Half": ag.float16, "BFloat16": ag.bfloat16, "Long": ag.int64,
    "Int": ag.int32, "Short": ag.int16, "Char": ag.int8, "Byte": ag.uint8, "Bool": ag.bool,
    "ComplexFloat": ag.complex64, "ComplexDouble": ag.complex128,
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_types_make_and_recognise_their_tensors(name: str) -> None:
    kind = getattr(ag, f"{name}Tensor")
    made = kind(2, 3)
    assert made.shape == (2, 3) and made.dtype is NAMES[name] and made.sum().item() == 0
    assert isinstance(made, kind) and not isinstance(made.to(ag.int16 if name != "Short" else ag.int8), kind)
    assert not isinstance(made, getattr(ag.cuda, f"{name}Tensor")) and not isinstance(1, kind)
    assert made.type() == str(kind) == f"torch.{name}Tensor" and repr(kind) == f"<class 'torch.{name}Tensor'>"
    assert kind.dtype is NAMES[name] and kind.__name__ == f"{name}Tensor" and not kind.is_cuda
    assert ag.ones(2).type(kind).dtype is ag.ones(2).type(str(kind)).dtype is NAMES[name]


def test_from_data() -> None:
    assert ag.LongTensor([[1, 2]]).tolist() == [[1, 2]] and ag.LongTensor([1.5]).tolist() == [1]
    assert ag.FloatTensor(np.ones(2)).dtype is ag.float32 and ag.FloatTensor().shape == (0,)
    assert ag.FloatTensor(ag.ones(2, 3).size()).shape == (2, 3) and ag.FloatTensor((2, 3)).tolist() == [2, 3]
    x = ag.ones(2)
    alias = ag.FloatTensor(x)
    alias[0] = 5
    assert x.tolist() == [5, 1]


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: ag.LongTensor(ag.ones(2)), r"^LongTensor: expected a tensor of ag.int64, but got ag.float32"),
        (lambda: ag.FloatTensor(3.5), r"^FloatTensor: got \(3.5,\); wanted a shape as ints, or a sequence of data"),
        (lambda: ag.FloatTensor([1], [2]), r"^FloatTensor: got \(\[1\], \[2\]\); wanted"),
        (lambda: ag.ones(1).type("torch.FloatTensr"), r"^dtype: got 'torch.FloatTensr'; wanted one of"),
    ],
)
def test_refusals(call: Any, match: str) -> None:
    with pytest.raises(DTypeError, match=match):
        call()


def test_on_the_device(cuda: Any) -> None:
    made = ag.cuda.FloatTensor(2, 3)
    assert made.is_cuda and isinstance(made, ag.cuda.FloatTensor) and not isinstance(made, ag.FloatTensor)
    assert made.type() == "torch.cuda.FloatTensor" and ag.cuda.FloatTensor.is_cuda
    assert ag.ones(2).type("torch.cuda.LongTensor").is_cuda and not made.type(ag.LongTensor).is_cuda


@pytest.mark.parametrize("name", ["add", "sub", "addcmul", "addcdiv"])
@pytest.mark.parametrize("form", ["function", "method", "in place"])
def test_a_number_before_the_tensors(torch: Any, name: str, form: str) -> None:
    def run(library: Any) -> list[float]:
        x, *rest = (library.tensor([1.0, 2.0]) + i for i in range(3 if name.startswith("addc") else 2))
        if form == "function":
            return getattr(library, name)(x, 0.5, *rest).tolist()
        return getattr(x, name + "_" * (form == "in place"))(0.5, *rest).tolist()

    with pytest.warns(UserWarning, match=f"^{name}: a number before the tensors is deprecated") as warned:
        found = run(ag)
    assert warned[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert found == pytest.approx(run(torch))


@pytest.mark.parametrize("call", [lambda x: x.add_(x, x), lambda x: x.sub(1, x, x), lambda x: x.addcmul_(x, x, x)])
def test_too_many_tensors(call: Any) -> None:
    x = ag.ones(2)
    with pytest.raises(TypeError, match=r"^(add|sub|addcmul): got . positional arguments; wanted"):
        call(x)
    assert x.tolist() == [1, 1]
