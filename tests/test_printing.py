"""Tensors print as PyTorch prints them, letter by letter, but for the name of the package."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_core as ag

CASES: dict[str, Callable[[Any], Any]] = {
    "scalar": lambda t: t.tensor(1.5),
    "whole scalar": lambda t: t.tensor(2.0),
    "int scalar": lambda t: t.tensor(3),
    "bool scalar": lambda t: t.tensor(True),
    "vector": lambda t: t.tensor([1.5, -2.25, 3.0]),
    "whole numbers": lambda t: t.tensor([1.0, 20.0, -300.0]),
    "integers": lambda t: t.tensor([1, -20, 300]),
    "bools": lambda t: t.tensor([[True, False], [False, True]]),
    "matrix": lambda t: t.tensor([[1.0, 0.5], [-2.0, 4.125]]),
    "cube": lambda t: t.arange(12).reshape(2, 2, 3),
    "four dims": lambda t: t.arange(16.0).reshape(2, 2, 2, 2) / 3,
    "float64": lambda t: t.tensor([1.0, 2.5], dtype=t.float64),
    "int32": lambda t: t.tensor([1, 2], dtype=t.int32),
    "uint8": lambda t: t.tensor([1, 200], dtype=t.uint8),
    "float16": lambda t: t.tensor([1.0, 2.5], dtype=t.float16),
    "large": lambda t: t.tensor([1e5, 2.5]),
    "huge": lambda t: t.tensor([1e10, 1.0]),
    "huge whole": lambda t: t.tensor([1e9, 2e9]),
    "tiny": lambda t: t.tensor([1e-5, 1.0]),
    "all tiny": lambda t: t.tensor([1.5e-7, 2e-7]),
    "wide range": lambda t: t.tensor([0.001, 5000.0]),
    "nan and inf": lambda t: t.tensor([1.0, float("nan"), float("inf"), -float("inf")]),
    "nan and fractions": lambda t: t.tensor([1.5, float("nan"), -float("inf")]),
    "all nan": lambda t: t.tensor([float("nan"), float("nan")]),
    "zeros": lambda t: t.zeros(2, 3),
    "negative zero": lambda t: t.tensor([-0.0, 1.5]),
    "empty": lambda t: t.tensor([]),
    "empty int": lambda t: t.zeros(0, dtype=t.int64),
    "empty rows": lambda t: t.zeros(0, 3),
    "empty columns": lambda t: t.zeros(2, 0),
    "long row": lambda t: t.arange(30),
    "long float row": lambda t: t.arange(40) / 7,
    "wide matrix": lambda t: t.arange(60.0).reshape(2, 30) / 7,
    "summarised": lambda t: t.arange(2000),
    "summarised matrix": lambda t: t.arange(10000.0).reshape(100, 100),
    "summarised cube": lambda t: t.arange(8000).reshape(20, 20, 20),
    "summarised tall": lambda t: t.arange(4000.0).reshape(2000, 2) / 3,
    "leaf": lambda t: t.tensor([1.0, 2.0], requires_grad=True),
    "result": lambda t: t.tensor([1.0, 2.0], requires_grad=True) * 2,
    "double leaf": lambda t: t.tensor([1.0, 2.0], dtype=t.float64, requires_grad=True),
    "result matrix": lambda t: t.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True).exp(),
    "scalar result": lambda t: t.tensor([1.0, 2.0], requires_grad=True).sum(),
    "long result": lambda t: (t.arange(40.0) / 7).requires_grad_() * 2,
    "complex": lambda t: t.tensor([1 + 2j, -0.5 - 1j]),
    "small negatives": lambda t: t.tensor([-0.1, -10.5]),
    "non-contiguous": lambda t: t.arange(6.0).reshape(2, 3).T,
}


@pytest.mark.parametrize("name", CASES)
def test_repr_is_pytorchs(torch: Any, name: str) -> None:
    assert repr(CASES[name](ag)) == repr(CASES[name](torch)).replace("torch.", "ag.")
    assert str(CASES[name](ag)) == repr(CASES[name](ag))


LITERAL = {
    "scalar": "tensor(1.5000)",
    "whole numbers": "tensor([   1.,   20., -300.])",
    "bools": "tensor([[ True, False],\n        [False,  True]])",
    "float64": "tensor([1.0000, 2.5000], dtype=ag.float64)",
    "huge": "tensor([1.0000e+10, 1.0000e+00])",
    "empty rows": "tensor([], size=(0, 3))",
    "summarised": "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])",
    "leaf": "tensor([1., 2.], requires_grad=True)",
    "result": "tensor([2., 4.], grad_fn=<MulBackward0>)",
    "nan and inf": "tensor([1., nan, inf, -inf])",
}


@pytest.mark.parametrize("name", LITERAL)
def test_repr_is_what_it_should_be_without_pytorch_too(name: str) -> None:
    assert repr(CASES[name](ag)) == LITERAL[name]


def test_parameters_say_so() -> None:
    assert repr(ag.Parameter(ag.ones(2))) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"


def test_the_device_is_named_where_it_is_not_the_cpu(cuda: Any) -> None:
    assert repr(ag.ones(2, device="cuda")) == "tensor([1., 1.], device='cuda:0')"


ARRAYS = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.bool_]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=12),
    elements={"allow_subnormal": False},
)


@given(ARRAYS)
def test_any_array_prints_as_in_pytorch(array: Any) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; it is the reference of this test")
    ours, theirs = repr(ag.tensor(array)), repr(torch.tensor(array)).replace("torch.", "ag.")
    # a name three letters shorter may still fit into the line
    assert ours.replace(",\n       dtype=", ", dtype=") == theirs.replace(",\n       dtype=", ", dtype=")


@pytest.fixture
def usual_options() -> Iterator[None]:
    yield
    ag.set_printoptions(precision=4, threshold=1000, edgeitems=3, linewidth=80)


@pytest.mark.parametrize(
    "options", [{"precision": 2}, {"threshold": 5, "edgeitems": 1}, {"linewidth": 40}, {"sci_mode": True},
        {"sci_mode": False}]
)
def test_print_options_are_pytorchs(torch: Any, usual_options: None, options: dict[str, Any]) -> None:
    try:
        for lib in (ag, torch):
            lib.set_printoptions(**options)
        for name in ("vector", "large", "long float row", "wide range", "cube"):
            assert repr(CASES[name](ag)) == repr(CASES[name](torch)).replace("torch.", "ag."), name
    finally:
        torch.set_printoptions(profile="default", sci_mode=None)


def test_formatting() -> None:
    assert f"{ag.tensor(2.5):6.2f}" == "  2.50"
    assert f"{ag.tensor([1.0])}" == "tensor([1.])"
    assert f"{ag.tensor(3)}" == "tensor(3)" or f"{ag.tensor(3)}" == "3"


def test_printing_records_nothing_and_keeps_the_graph() -> None:
    x = ag.ones(2, requires_grad=True)
    y = x * 2
    repr(y)
    y.sum().backward()
    assert x.grad.tolist() == [2, 2]


def test_dtypes_devices_and_sizes_print() -> None:
    assert repr(ag.float32) == "ag.float32" and repr(ag.bool) == "ag.bool"
    assert repr(ag.device("cpu")) == "device(type='cpu')" and str(ag.device("cuda", 1)) == "cuda:1"
    assert repr(ag.ones(2, 3).shape) == "ag.Size([2, 3])"


def test_results_with_named_fields_print_them() -> None:
    found = ag.max(ag.tensor([[1.0, 3.0]]), 1)
    assert repr(found) == "ag.return_types.max(\nvalues=tensor([3.]),\nindices=tensor([1]))"
    assert type(found) is ag.return_types.max and found.indices is found[1]
