"""What a tensor is beside its graph: leaves, attributes, copies, Python's and NumPy's protocols."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.errors import DTypeError, GraphError, ShapeError


def leaf() -> ag.Tensor:
    return ag.tensor([1.0, 2.0], requires_grad=True)


# ---- the graph's side ----


def test_leaves_and_their_results() -> None:
    x, c = leaf(), ag.ones(2)
    y = x * c
    assert (x.is_leaf, c.is_leaf, y.is_leaf) == (True, True, False)
    assert (x.requires_grad, c.requires_grad, y.requires_grad) == (True, False, True)
    assert x.grad_fn is None and c.grad_fn is None and repr(y.grad_fn) == "<MulBackward0>"
    assert y.grad_fn.name == "mul" and y.grad_fn.next_functions[0][0].name == "accumulate_grad"
    assert x.grad is None


def test_requires_grad_can_be_switched_on_leaves_alone() -> None:
    x = ag.ones(2)
    assert x.requires_grad_() is x and x.requires_grad
    x.requires_grad = False
    assert not x.requires_grad
    x.requires_grad = True
    y = x * 2
    message = (
        r"^requires_grad_: you can only change requires_grad flags of leaf variables; this tensor was "
        "computed by 'mul'. Use .detach()"
    )
    with pytest.raises(GraphError, match=message):
        y.requires_grad = False
    assert y.requires_grad_() is y


@pytest.mark.parametrize("dtype", [ag.int64, ag.bool, ag.uint8])
def test_integers_and_bools_never_require_grad(dtype: Any) -> None:
    for make in (lambda: ag.ones(2, dtype=dtype).requires_grad_(), lambda: ag.zeros(2, dtype=dtype, requires_grad=True),
                 lambda: ag.tensor([1, 0], dtype=dtype, requires_grad=True)):  # fmt: skip
        message = r"Only Tensors of floating point and complex dtype can require gradients|only Tensors of"
        with pytest.raises(DTypeError, match=message):
            make()
    x = leaf()
    assert not (x > 1).requires_grad and not x.argmax().requires_grad and not x.long().requires_grad


def test_switching_off_ends_recording_but_not_what_is_recorded() -> None:
    x = leaf()
    y = x * 2
    x.requires_grad_(False)
    assert not (x * 2).requires_grad
    y.sum().backward()
    x.requires_grad_(True)
    (x * 3).sum().backward()
    assert x.grad.tolist() in ([5, 5], [3, 3])


@pytest.mark.parametrize(
    ("value", "error", "match"),
    [
        (3.0, DTypeError, "^grad: got float; wanted a Tensor or None"),
        (ag.ones(3), ShapeError, r"^grad: got shape \(3,\); wanted the tensor's shape \(2,\)"),
        (ag.ones(2, dtype=ag.float64), DTypeError, "^grad: got dtype ag.float64; wanted the tensor's dtype ag.float32"),
    ],
)
def test_grad_can_be_set_to_what_fits(value: Any, error: type[Exception], match: str) -> None:
    x = leaf()
    x.grad = ag.ones(2)
    x.sum().backward()
    assert x.grad.tolist() == [2, 2]
    with pytest.raises(error, match=match):
        x.grad = value
    x.grad = None
    assert x.grad is None


def test_data_can_be_replaced() -> None:
    x = leaf()
    x.data = ag.tensor([5.0, 6.0, 7.0])
    (x * x).sum().backward()
    assert x.grad.tolist() == [10, 12, 14]
    with pytest.raises(DTypeError, match=r"^data: got list; wanted a Tensor"):
        x.data = [1.0]


def test_a_parameter_is_a_leaf_that_shares_memory() -> None:
    x = ag.ones(2)
    p = ag.Parameter(x)
    assert isinstance(p, ag.Tensor) and p.requires_grad and p.is_leaf
    x[0] = 5
    assert p.tolist() == [5, 1]
    assert type(p * 2) is ag.Tensor and type(p.detach()) is ag.Tensor
    assert not ag.Parameter(x, requires_grad=False).requires_grad
    with pytest.raises(DTypeError, match=r"^Parameter: data is list; wanted a Tensor"):
        ag.Parameter([1.0])


def test_a_parameter_of_a_result_is_cut_from_its_graph() -> None:
    p = ag.Parameter(leaf() * 2)
    assert p.is_leaf and p.requires_grad


# ---- what it is ----


def test_attributes() -> None:
    x = ag.zeros(2, 3, 4, dtype=ag.float64)
    assert x.shape == (2, 3, 4) and x.size() == x.shape and x.size(-1) == 4 and x.shape.numel() == 24
    assert repr(x.shape) == "ag.Size([2, 3, 4])" and repr(x.shape[1:]) == "ag.Size([3, 4])"
    assert (x.ndim, x.dim(), x.numel(), x.nelement(), len(x)) == (3, 3, 24, 24, 2)
    assert (x.itemsize, x.nbytes, x.element_size()) == (8, 192, 8)
    assert x.stride() == (12, 4, 1) and x.stride(1) == 4 and x.is_contiguous() and not x.mT.is_contiguous()
    assert x.dtype is ag.float64 and x.is_floating_point() and not x.is_complex()
    assert str(x.device) == "cpu" and not x.is_cuda
    assert x.T.shape == (4, 3, 2) and x.mT.shape == (2, 4, 3)
    assert x.contiguous() is x and x.mT.contiguous().is_contiguous()


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: ag.ones(2).item(), ShapeError,
         r"^item: a Tensor with 2 elements \(shape \(2,\)\) cannot be converted to Scalar"),
        (lambda: bool(ag.ones(2)), ShapeError,
         r"^bool: Boolean value of Tensor with more than one value is ambiguous: shape \(2,\)"),
        (lambda: bool(ag.ones(0)), ShapeError, "^bool: Boolean value of Tensor with no value is ambiguous"),
        (lambda: len(ag.tensor(1.0)), DTypeError, "^len: len\\(\\) of a 0-d tensor"),
        (lambda: list(ag.tensor(1.0)), DTypeError, "^iter: iteration over a 0-d tensor"),
        (lambda: float(ag.ones(2)), ShapeError, "^item: a Tensor with 2 elements"),
    ],
)  # fmt: skip
def test_what_needs_one_element_or_a_dimension(call: Any, error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        call()


def test_numbers_of_one_element() -> None:
    x = ag.tensor(2.5)
    assert (float(x), int(x), complex(x), bool(x), x.item()) == (2.5, 2, 2.5 + 0j, True, 2.5)
    with pytest.raises((TypeError, AttributeError)):
        [10, 20, 30][ag.tensor(1.0)]
    assert [10, 20, 30][ag.tensor(2)] == 30 and list(range(ag.tensor(3))) == [0, 1, 2]
    assert f"{x:.2f}" == "2.50" and not ag.zeros(1, 1)
    assert float(leaf()[0]) == 1.0


def test_iteration_unpacking_and_membership() -> None:
    x = leaf()
    a, b = x
    assert a.requires_grad and [float(v) for v in x] == [1, 2]
    assert 2.0 in x and 3.0 not in x
    (a * b).backward()
    assert x.grad.tolist() == [2, 1]


def test_tensors_hash_by_identity_and_compare_by_element() -> None:
    x, y = ag.ones(2), ag.ones(2)
    assert {x: "x", y: "y"}[y] == "y" and x in {x}
    assert (x == y).tolist() == [True, True] and (x != 1).tolist() == [False, False]
    assert (x == None) is False and (x != "text") is True  # noqa: E711
    assert (x == np.ones(2, np.float32)).tolist() == [True, True]


# ---- copies ----


def test_clone_stays_in_the_graph_and_deepcopy_copies_leaves() -> None:
    x = leaf()
    x.clone().sum().backward()
    twin = copy.deepcopy(x)
    assert twin is not x and twin.tolist() == [1, 2] and twin.requires_grad and twin.is_leaf
    assert twin.grad.tolist() == [1, 1] and twin.grad is not x.grad
    twin.data.fill_(9)
    twin.grad.fill_(9)
    assert x.tolist() == [1, 2] and x.grad.tolist() == [1, 1]
    with pytest.raises(GraphError, match=r"^deepcopy: Only Tensors created explicitly by the user \(graph leaves\)"):
        copy.deepcopy(x * 2)


def test_deepcopy_keeps_shared_tensors_shared() -> None:
    x = leaf()
    a, b = copy.deepcopy([x, x])
    assert a is b and a is not x


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickling_keeps_data_and_drops_the_graph(protocol: int) -> None:
    x = leaf()
    for original in (x, ag.Parameter(ag.ones(2, 2).T), ag.arange(3), ag.tensor(True), x.detach()[1:]):
        twin = pickle.loads(pickle.dumps(original, protocol))
        assert type(twin) is type(original) and twin.dtype is original.dtype
        assert twin.tolist() == original.tolist() and twin.requires_grad == original.requires_grad
    twin = pickle.loads(pickle.dumps(x * 2, protocol))
    assert twin.is_leaf


def test_a_pickled_view_carries_its_own_elements_alone() -> None:
    x = ag.zeros(100_000)
    assert len(pickle.dumps(x[:2])) < 1000


# ---- NumPy's side ----


def test_arrays_of_tensors_share_memory() -> None:
    x = ag.ones(2, 3)
    array = x.numpy()
    array[0, 0] = 7
    assert x[0, 0].item() == 7
    assert np.asarray(x) is array or np.shares_memory(np.asarray(x), array)
    assert np.asarray(x, dtype=np.float64).dtype == np.float64
    assert not np.shares_memory(np.array(x), array)
    assert np.mean(x) == pytest.approx(2)


def test_what_would_lose_a_gradient_is_refused() -> None:
    x = leaf()
    for lose in (x.numpy, lambda: np.asarray(x), lambda: np.modf(x), lambda: np.from_dlpack(x), x.__dlpack__):
        with pytest.raises(RuntimeError, match=r"requires? grad"):
            lose()
    assert x.detach().numpy().tolist() == [1, 2] and x.numpy(force=True).tolist() == [1, 2]
    assert x.tolist() == [1, 2]


def test_numpy_arrays_and_scalars_as_operands() -> None:
    x, a = leaf(), np.array([3.0, 4.0], np.float32)
    for y in (x * a, a * x, x + np.float32(1), np.float64(2) * x, a - x, x / a, np.float32(3) ** x):
        assert isinstance(y, ag.Tensor) and y.requires_grad and y.dtype is ag.float32
    assert (a * x).tolist() == [3, 8] and (a - x).tolist() == [2, 2]
    assert (x > a).dtype is ag.bool and (a > x).tolist() == [True, True]


def test_dlpack_shares_memory_both_ways(torch: Any) -> None:
    x = ag.zeros(2, 3)
    theirs = torch.from_dlpack(x)
    theirs[0, 0] = 7
    assert x[0, 0].item() == 7
    ours = ag.from_dlpack(theirs)
    ours[1, 1] = 5
    assert x[1, 1].item() == 5
    assert np.from_dlpack(x)[0, 0] == 7


def test_random_garbage_is_no_operand() -> None:
    for bad in ("text", None, object(), [1, "a"], {}):
        with pytest.raises((TypeError, RuntimeError)):
            leaf() + bad
        with pytest.raises((TypeError, RuntimeError)):
            bad + leaf()


def test_conversions() -> None:
    x = leaf()
    assert x.to(ag.float32) is x and x.to("cpu") is x and x.float() is x and x.cpu() is x
    assert x.to(ag.float32, copy=True) is not x
    y = x.to("cpu", ag.float64)
    assert y.dtype is ag.float64 and y.requires_grad
    y.sum().backward()
    assert x.grad.dtype is ag.float32
    kinds = [x.double(), x.half(), x.long(), x.int(), x.short(), x.char(), x.byte(), x.bool()]
    assert [k.dtype.name for k in kinds] == ["float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]
    assert x.to(ag.arange(2)).dtype is ag.int64 and x.type_as(y).dtype is ag.float64
    assert x.to(np.float64).dtype is ag.float64 and x.to(float).dtype is ag.float32


def test_new_tensors_like_this_one() -> None:
    x = ag.ones(2, dtype=ag.float64)
    made = [x.new_tensor([1, 2]), x.new_zeros(2, 3), x.new_ones((2, 3)), x.new_full((2,), 7), x.new_empty(2)]
    assert [m.dtype.name for m in made] == ["float64"] * 5 and made[3].tolist() == [7, 7]
    assert made[1].shape == (2, 3) and made[2].sum().item() == 6
