"""Data types: promotion by PyTorch's categories, conversions, names and limits."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.errors import DTypeError

ALL = [ag.bool, ag.uint8, ag.int8, ag.int16, ag.int32, ag.int64, ag.float16, ag.float32, ag.float64]
REAL = [d for d in ALL if d is not ag.float16]
NUMBERS = [True, 2, 2.5]


def theirs(torch: Any, d: Any) -> Any:
    return getattr(torch, d.name)


def name_of(d: Any) -> str:
    return str(d).split(".")[-1]


@pytest.mark.parametrize("a", ALL, ids=str)
def test_promotion_of_two_dtypes_is_pytorchs(torch: Any, a: Any) -> None:
    for b in ALL:
        wanted = name_of(torch.promote_types(theirs(torch, a), theirs(torch, b)))
        assert ag.promote_types(a, b).name == wanted
        x, y = ag.ones(2, dtype=a), ag.ones(2, dtype=b)
        assert ag.result_type(x, y).name == wanted
        assert (x + y).dtype.name == wanted, (a, b)
        for p, q in ((x[0], y), (x, y[0]), (x[0], y[0])):
            t = torch.ones(2, dtype=theirs(torch, a)), torch.ones(2, dtype=theirs(torch, b))
            reference = (t[0] if p.ndim else t[0][0]) + (t[1] if q.ndim else t[1][0])
            assert (p + q).dtype.name == ag.result_type(p, q).name == name_of(reference.dtype), (a, b, p.ndim, q.ndim)


OPERATIONS = {
    "add": lambda t, x, y: x + y, "mul": lambda t, x, y: x * y, "div": lambda t, x, y: x / y,
    "pow": lambda t, x, y: x**y, "floordiv": lambda t, x, y: x // y, "mod": lambda t, x, y: x % y,
    "lt": lambda t, x, y: x < y, "reflected sub": lambda t, x, y: y - x, "reflected div": lambda t, x, y: y / x,
    "where": lambda t, x, y: t.where(x > 0, x, y), "clamp": lambda t, x, y: t.clamp(x, max=y),
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("d", REAL, ids=str)
def test_python_numbers_are_weak_as_in_pytorch(torch: Any, name: str, d: Any) -> None:
    for number in NUMBERS:
        if (d is ag.bool or number is True) and name in ("clamp", "pow", "floordiv", "mod", "reflected sub"):
            continue  # PyTorch takes no booleans there
        ours = OPERATIONS[name](ag, ag.tensor([1, 2, 3]).to(d), number)
        reference = OPERATIONS[name](torch, torch.tensor([1, 2, 3]).to(theirs(torch, d)), number)
        assert ours.dtype.name == name_of(reference.dtype), number
        np.testing.assert_allclose(ours.numpy(), reference.numpy(), rtol=1e-6, err_msg=str(number))


def test_the_rules_in_short() -> None:
    i, f, d, h, b = (ag.ones(2, dtype=t) for t in (ag.int64, ag.float32, ag.float64, ag.float16, ag.bool))
    assert (i + f).dtype is ag.float32  # NumPy: float64
    assert (i + h).dtype is ag.float16
    assert (f + d).dtype is ag.float64
    assert (f + ag.tensor(1.0, dtype=ag.float64)).dtype is ag.float32  # a 0-d tensor is weak within its category
    assert (i + ag.tensor(1.0, dtype=ag.float64)).dtype is ag.float64  # and counts beyond it
    assert (f + 1).dtype is ag.float32 and (i + 1.5).dtype is ag.float32 and (b + 1).dtype is ag.int64
    assert (i / 2).dtype is ag.float32 and (i // 2).dtype is ag.int64 and (b * b).dtype is ag.bool
    assert (i > 1.5).dtype is ag.bool and i.sum().dtype is ag.int64 and b.sum().dtype is ag.int64
    assert i.exp().dtype is ag.float32 and b.sqrt().dtype is ag.float32 and h.exp().dtype is ag.float16
    assert ag.hstack([ag.zeros(0, dtype=ag.int8), ag.ones(2, 1) > 0][::-1]).dtype is ag.int8  # an empty one counts
    assert (ag.float64 == None) is False and ag.float64 == "float64"  # noqa: E711  # NumPy takes None for float64
    assert i.int().cumsum(0).dtype is ag.int64 and i.int().prod().dtype is ag.int64 and i.int().max().dtype is ag.int32


def test_integers_wrap_and_divide_as_in_pytorch(torch: Any) -> None:
    a, b = [-7, 7, -7, 7], [2, 2, -2, -2]
    divisions = [
        lambda t, x, y: x // y, lambda t, x, y: x % y, lambda t, x, y: t.fmod(x, y),
        *(lambda t, x, y, mode=mode: t.div(x, y, rounding_mode=mode) for mode in ("trunc", "floor")),
    ]  # fmt: skip
    for operation in divisions:
        ours, wanted = operation(ag, ag.tensor(a), ag.tensor(b)), operation(torch, torch.tensor(a), torch.tensor(b))
        assert ours.tolist() == wanted.tolist() and ours.dtype.name == name_of(wanted.dtype)
    assert (ag.tensor([200], dtype=ag.uint8) + 100).tolist() == [44]
    assert (-ag.tensor([1], dtype=ag.uint8)).tolist() == [255]
    assert (ag.tensor([127], dtype=ag.int8) + 1).tolist() == [-128]


@pytest.mark.parametrize("d", ALL, ids=str)
def test_every_dtype_reads_writes_and_converts(d: Any) -> None:
    x = ag.tensor([0, 1, 1], dtype=d)
    assert x.dtype is d and x.tolist() == [0, 1, 1] and x.to(d) is x
    for other in ALL:
        y = x.to(other)
        assert y.dtype is other and y.tolist() == [0, 1, 1]
    y = ag.zeros(3, dtype=d)
    y[1:] = x[1:]
    assert y.tolist() == [0, 1, 1] and (x == y).all()
    assert x.numpy().dtype == d and d == x.numpy().dtype and np.zeros(1, d).dtype == d


def test_conversions_truncate_and_gradients_come_back() -> None:
    x = ag.tensor([1.7, -1.7], requires_grad=True)
    assert x.long().tolist() == [1, -1] and x.bool().tolist() == [True, True] and not x.long().requires_grad
    (x.double() * ag.tensor([1.0, 2.0], dtype=ag.float64)).sum().backward()
    assert x.grad.dtype is ag.float32 and x.grad.tolist() == [1, 2]
    x.grad = None
    x.half().float().sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_mixed_gradients_keep_their_arguments_dtype() -> None:
    a = ag.ones(3, requires_grad=True)
    b = ag.ones(3, dtype=ag.float64, requires_grad=True)
    c = ag.tensor(2.0, dtype=ag.float64, requires_grad=True)
    for create_graph in (False, True):
        grads = ag.autograd.grad((a * b * c).sum(), (a, b, c), create_graph=create_graph)
        assert [g.dtype for g in grads] == [ag.float32, ag.float64, ag.float64]
        assert [g.tolist() for g in grads] == [[2, 2, 2], [2, 2, 2], 3]


def test_a_scalar_of_numpy_is_weak() -> None:
    x = ag.ones(2)
    for number in (np.float64(2), np.float32(2), np.int64(2), np.float16(2)):
        assert (x * number).dtype is ag.float32 and (number * x).dtype is ag.float32
    assert (x * np.ones(2)).dtype is ag.float64


def test_half_precision_works_and_backward_too() -> None:
    x = ag.tensor([1.0, 2.0], dtype=ag.float16, requires_grad=True)
    y = (x * x + 1).sqrt().sum()
    y.backward()
    assert y.dtype is ag.float16 and x.grad.dtype is ag.float16
    assert x.grad.tolist() == pytest.approx([2**-0.5, 2 / 5**0.5], rel=2e-3)


def test_names_flags_and_identity() -> None:
    assert ag.float32.name == "float32" and str(ag.float32) == "ag.float32" and ag.float32.itemsize == 4
    assert ag.float32.is_floating_point and not ag.int64.is_floating_point and ag.complex64.is_complex
    assert ag.int8.is_signed and not ag.uint8.is_signed and not ag.bool.is_signed
    assert ag.float is ag.float32 and ag.double is ag.float64 and ag.half is ag.float16 and ag.long is ag.int64
    assert ag.int is ag.int32 and ag.short is ag.int16
    assert {ag.float32: 1}[ag.float32] == 1 and hash(ag.float32) == hash(np.dtype("float32"))
    assert ag.float32 != ag.float64 and ag.float32 == np.float32 and ag.float32 != "no dtype" and ag.float32 != 3
    for twin in (copy.copy(ag.float32), copy.deepcopy(ag.float32), pickle.loads(pickle.dumps(ag.float32))):
        assert twin is ag.float32


@pytest.mark.parametrize("name", ["float32", np.float32, np.dtype("float32"), ag.float32, "float", float])
def test_what_names_a_dtype(name: Any) -> None:
    assert ag.zeros(1, dtype=name).dtype is ag.float32


@pytest.mark.parametrize("bad", ["float31", object, "S3", 3.5, np.dtype("M8[s]"), []])
def test_what_names_none(bad: Any) -> None:
    with pytest.raises(DTypeError, match=r"^dtype: got .*; wanted one of bool, uint8, int8, int16, int32"):
        ag.zeros(1, dtype=bad)


def test_limits() -> None:
    assert ag.finfo(ag.float32).eps == np.finfo(np.float32).eps and ag.finfo().max == np.finfo(np.float32).max
    assert ag.iinfo(ag.int8).max == 127 and ag.iinfo(ag.uint8).min == 0


def test_complex_numbers_compute() -> None:
    z = ag.tensor([1 + 2j, 3 - 1j])
    assert z.dtype is ag.complex64 and (z * z).tolist() == [-3 + 4j, 8 - 6j] and (z + 1.5).dtype is ag.complex64
    assert (ag.ones(2, dtype=ag.float64) * z).dtype is ag.complex128 and abs(z).dtype is ag.float32
