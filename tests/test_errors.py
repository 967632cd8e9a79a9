"""Errors are of the types that PyTorch code catches, and say operation, argument, what came and what was wanted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import errors
from autograd_core.errors import DTypeError, GraphError, IndexRangeError, ShapeError


@pytest.mark.parametrize(
    ("error", "bases"),
    [
        (errors.ShapeError, ValueError), (errors.DTypeError, TypeError), (errors.IndexRangeError, IndexError),
        (errors.DeviceError, RuntimeError), (errors.GraphError, RuntimeError),
    ],
)  # fmt: skip
def test_errors_are_the_builtin_type_and_runtime_errors(error: type[Exception], bases: type[Exception]) -> None:
    assert issubclass(error, bases) and issubclass(error, RuntimeError)


# what a person gets wrong on the first day, and what the message must tell them
MISTAKES: dict[str, tuple[Any, type[Exception], tuple[str, ...]]] = {
    "shapes that do not broadcast": (lambda: ag.ones(2, 3) + ag.ones(4), ShapeError,
        ("add", "input (2, 3)", "other (4,)", "dim -1", "3 against 4")),
    "a matrix product": (lambda: ag.ones(2, 3) @ ag.ones(4, 5), ShapeError,
        ("matmul", "2x3 and 4x5", "cannot be multiplied")),
    "a layer's input": (lambda: nn.Linear(3, 4)(ag.ones(2, 5)), ShapeError,
        ("linear", "input has 5 features", "(4, 3)", "Linear")),
    "a convolution's channels": (lambda: nn.Conv2d(3, 4, 2)(ag.ones(1, 2, 5, 5)), ShapeError,
        ("conv", "2 channels", "wanted 3")),
    "a target outside the classes": (lambda: nn.CrossEntropyLoss()(ag.zeros(2, 3), ag.tensor([0, 3])), IndexRangeError,
        ("cross_entropy", "Target 3", "size 3")),
    "dtypes that do not match": (lambda: ag.ones(2, 2) @ ag.ones(2, 2, dtype=ag.float64), DTypeError,
        ("matmul", "float32", "float64", ".to(dtype)")),
    "an integer index wanted": (lambda: ag.ones(3)[ag.ones(1)], DTypeError,
        ("getitem", "float32", "long, int, byte or bool")),
    "an index too far": (lambda: ag.ones(3)[5], IndexRangeError, ("getitem", "5", "size 3", "float32[3]")),
    "a dim too far": (lambda: ag.ones(2, 3).sum(2), IndexRangeError, ("sum", "Dimension out of range", "[-2, 1]", "2")),
    "a reshape": (lambda: ag.ones(6).reshape(4, 2), ShapeError, ("reshape", "[4, 2]", "size 6")),
    "a view of what is not contiguous": (lambda: ag.ones(2, 3).T.view(6), ShapeError,
        ("view", "(3, 2)", ".reshape(...)")),
    "a mean of integers": (lambda: ag.arange(3).mean(), DTypeError, ("mean", "int64", "floating point")),
    "a mask that is no mask": (lambda: ag.ones(2).masked_fill(ag.ones(2), 0), DTypeError,
        ("masked_fill", "float32", "boolean")),
    "backward of a vector": (lambda: (ag.ones(2, requires_grad=True) * 2).backward(), GraphError,
        ("backward", "scalar outputs", "(2,)", ".sum()")),
    "backward without a graph": (lambda: ag.ones(1).backward(), GraphError,
        ("backward", "does not require grad", "float32[1]")),
    "numpy of what requires grad": (lambda: ag.ones(1, requires_grad=True).numpy(), GraphError,
        ("numpy", "requires grad", ".detach()")),
    "gradient of integers": (lambda: ag.arange(3).requires_grad_(), DTypeError,
        ("requires_grad_", "floating point", "int64")),
    "a write into a leaf": (lambda: ag.ones(1, requires_grad=True).add_(1), GraphError, ("add_", "leaf", "no_grad()")),
    "text as data": (lambda: ag.tensor("abc"), DTypeError, ("tensor", "str", "numbers")),
    "ragged data": (lambda: ag.tensor([[1], [2, 3]]), ShapeError, ("tensor", "rectangular")),
    "a list for a tensor": (lambda: ag.add(ag.ones(2), [1, 2]), DTypeError, ("add", "list", "Tensor or a number")),
    "the truth of many": (lambda: bool(ag.ones(2)), ShapeError, ("bool", "ambiguous", "(2,)", ".any()")),
    "one number of many": (lambda: ag.ones(2).item(), ShapeError, ("item", "2 elements")),
    "cat of different shapes": (lambda: ag.cat([ag.ones(2, 3), ag.ones(2, 4)]), ShapeError,
        ("cat", "(2, 3)", "(2, 4)", "tensor number 1")),
    "an unknown keyword": (lambda: ag.ones(2).sum(axes=0), DTypeError, ("sum", "axes")),
    "an unknown device": (lambda: ag.ones(1).to("gpu"), errors.DeviceError, ("device", "gpu", "cuda:N")),
    "a second backward": (lambda: twice(), GraphError,
        ("backward", "second time", "'mul'", __file__, "retain_graph=True")),
}  # fmt: skip


def twice() -> None:
    x = ag.ones(1, requires_grad=True)
    y = x * x
    y.backward()
    y.backward()


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_explained(name: str) -> None:
    make, error, parts = MISTAKES[name]
    with pytest.raises(error) as raised:
        make()
    message = str(raised.value)
    assert isinstance(raised.value, RuntimeError)
    for part in parts:
        assert part in message
    assert "\n\n" not in message and message[0] != " "


@pytest.mark.parametrize("name", MISTAKES)
def test_the_same_mistake_twice_gives_the_same_message(name: str) -> None:
    def say() -> str:
        with pytest.raises(RuntimeError) as raised:
            MISTAKES[name][0]()
        return str(raised.value)

    assert say() == say()


def test_the_cause_is_kept() -> None:
    with pytest.raises(ShapeError) as raised:
        ag.ones(2) + ag.ones(3)
    assert isinstance(raised.value.__cause__, ValueError)


def test_pytorchs_own_except_clauses_work() -> None:
    for make, _, _ in MISTAKES.values():
        try:
            make()
        except RuntimeError:
            continue
        raise AssertionError("no RuntimeError")


HOSTILE: list[Any] = [None, "text", object(), [], {}, float("nan"), 10**30, -1, [1.0], np.ones(2), (), b"", 1j]
CALLS = {
    "index": lambda x, bad: x[bad], "dim": lambda x, bad: x.sum(bad), "keepdim": lambda x, bad: x.sum(0, keepdim=bad),
    "add": lambda x, bad: x + bad, "matmul": lambda x, bad: x @ bad, "reshape": lambda x, bad: x.reshape(bad),
    "permute": lambda x, bad: x.permute(bad), "to": lambda x, bad: x.to(bad),
    "where": lambda x, bad: ag.where(x > 0, x, bad), "clamp": lambda x, bad: x.clamp(bad),
    "cat": lambda x, bad: ag.cat([x, bad]), "expand": lambda x, bad: x.expand(bad),
    "split": lambda x, bad: x.split(bad), "masked_fill": lambda x, bad: x.masked_fill(x > 0, bad),
    "gather": lambda x, bad: x.gather(bad, ag.tensor([[0]])), "einsum": lambda x, bad: ag.einsum(bad, x),
    "pow": lambda x, bad: x**bad, "topk": lambda x, bad: x.topk(bad), "roll": lambda x, bad: x.roll(bad),
    "norm": lambda x, bad: x.norm(bad), "var": lambda x, bad: x.var(bad),
    "backward": lambda x, bad: (x * 1).requires_grad_().sum().backward(bad),
    "zeros": lambda x, bad: ag.zeros(bad, dtype=ag.bool) if bad != 10**30 else 0,
    "setitem": lambda x, bad: x.__setitem__(bad, 0.0), "value": lambda x, bad: x.__setitem__(0, bad),
    "item": lambda x, bad: x.size(bad),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_hostile_arguments_raise_or_work_and_break_nothing(name: str) -> None:
    """Whatever comes in, what comes out is a result or an ordinary error; the tensor is usable afterwards."""
    for bad in HOSTILE:
        x = ag.tensor([[1.0, 2.0], [3.0, 4.0]])
        try:
            CALLS[name](x, bad)
        except (TypeError, ValueError, RuntimeError, IndexError, OverflowError, AttributeError) as error:
            assert str(error), (name, bad)
        assert x.shape == (2, 2) and (x * 1).numel() == 4
        assert ag.is_grad_enabled()
