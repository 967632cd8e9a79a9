"""``backward``: what it fills, what it keeps, what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.errors import DTypeError, GraphError, ShapeError

grad = ag.autograd.grad


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(values or 2.0, dtype=ag.float64, requires_grad=True)


# ---- backward ----


def test_backward_fills_leaves_and_adds_up() -> None:
    x, c = leaf(1, 2), ag.tensor([3.0, 4.0], dtype=ag.float64)
    (x * c).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [3, 4]
    assert c.grad is None
    (x * 2).sum().backward()
    assert x.grad.tolist() == [5, 6]


def test_a_tensor_used_often_gets_the_sum() -> None:
    x = leaf(3)
    (x * x * x + x).sum().backward()
    assert x.grad.tolist() == [28]


@pytest.mark.parametrize("create_graph", [False, True])
def test_parts_of_a_tensor_add_up_to_its_gradient(create_graph: bool) -> None:
    x = ag.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    parts = [x[0], x[:, 1:], x[1, 2], x[..., None], x[[0, 0]], x[:, [2, 2, 0]], x[x > 4]]
    y = sum(((i + 1) * part).sum() for i, part in enumerate(parts))
    sliced = np.array([[1, 3, 3], [0, 2, 5]]) + 4
    taken = np.array([[16, 10, 22], [6, 7, 19]])
    y.backward(create_graph=create_graph)
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.detach().numpy(), sliced + taken)


def test_a_leaf_is_its_own_output() -> None:
    x = leaf()
    x.backward()
    assert x.grad.item() == 1


def test_backward_adds_in_place_so_that_a_held_grad_follows() -> None:
    x = leaf(1, 2)
    x.sum().backward()
    held = x.grad
    x.sum().backward()
    assert x.grad is held and held.tolist() == [2, 2]


def test_several_roots_with_gradients_of_their_own() -> None:
    x = leaf(1, 2)
    y = x * 2
    ag.autograd.backward([y, y, x], [ag.ones(2), ag.ones(2), ag.tensor([5.0, 5.0])])
    assert x.grad.tolist() == [9, 9]


def test_gradient_is_cast_to_the_outputs_dtype() -> None:
    x = leaf(1, 2)
    (x * 2).backward(ag.tensor([1, 2]))
    assert x.grad.dtype is ag.float64 and x.grad.tolist() == [2, 4]


def test_backward_of_a_given_gradient_leaves_it_alone() -> None:
    x, g = leaf(1, 2), ag.ones(2, dtype=ag.float64)
    y = x + 0
    y.backward(g)
    x.grad.add_(1)
    assert g.tolist() == [1, 1]


def test_backward_into_chosen_inputs() -> None:
    x, w = leaf(1, 2), leaf(3, 4)
    h = x * w
    h.sum().backward(inputs=[w])
    assert x.grad is None and w.grad.tolist() == [1, 2]
    (x * w).sum().backward(inputs=w)
    assert w.grad.tolist() == [2, 4]


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda x: (x * 2).backward(), GraphError,
         r"^backward: grad can be implicitly created only for scalar outputs; "
         r"output 0 has shape \(2,\); pass a gradient"),
        (lambda x: (x * 1j).sum().backward(), GraphError,
         r"^backward: grad can be implicitly created only for real scalar outputs; output 0 is ag.complex128"),
        (lambda x: (x.detach() * 2).sum().backward(), GraphError,
         r"^backward: element 0 of tensors does not require grad "
         r"and does not have a grad_fn: it is float64\[\]"),
        (lambda x: (x * 2).backward(ag.ones(3)), ShapeError,
         r"^backward: Mismatch in shape: grad_output\[0\] has a shape of "
         r"\(3,\) and output\[0\] has a shape of \(2,\)"),
        (lambda x: (x * 2).backward(1.0), DTypeError, "^backward: the gradient of output 0 is float; wanted a Tensor"),
        (lambda x: ag.autograd.backward([x, x], [None]), GraphError, "^backward: got 2 tensors and 1 gradients"),
        (lambda x: ag.autograd.backward([3.0]), DTypeError, "^backward: output 0 is float; wanted a Tensor"),
    ],
)  # fmt: skip
def test_backward_refuses(make: Any, error: type[Exception], match: str) -> None:
    x = leaf(1, 2)
    with pytest.raises(error, match=match) as raised:
        make(x)
    assert isinstance(raised.value, RuntimeError)
    assert x.grad is None


# ---- buffers ----


@pytest.mark.parametrize("create_graph", [False, True])
def test_grads_share_no_memory_with_anything(create_graph: bool) -> None:
    a, b = leaf(1, 2), leaf(3, 4)
    g = ag.ones(2, dtype=ag.float64)
    (a + b).backward(g, create_graph=create_graph)
    arrays = [a.grad._array, b.grad._array, g._array]
    assert not any(np.shares_memory(x, y) for i, x in enumerate(arrays) for y in arrays[:i])
    a.grad.mul_(7)
    assert b.grad.tolist() == [1, 1] and g.tolist() == [1, 1]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.sum(), lambda x: x.mean(), lambda x: x.reshape(-1).sum(), lambda x: x.expand(5, 2, 3).sum(),
        lambda x: x.T.sum(), lambda x: (x + x).sum(), lambda x: x[0].sum(), lambda x: x.clone().sum(),
        lambda x: ag.cat([x, x]).sum(), lambda x: x.sum(0).sum(), lambda x: (x - 1).flatten().sum(),
    ],
)  # fmt: skip
def test_grad_is_a_whole_writable_buffer_never_a_view(function: Any) -> None:
    x = ag.ones(2, 3, requires_grad=True)
    function(x).backward()
    array = x.grad._array
    assert array.flags.owndata and array.flags.writeable and array.flags.c_contiguous
    array[0, 0] = 7
    assert (array == 7).sum() == 1


def test_grad_functions_results_share_no_memory() -> None:
    a, b = leaf(1, 2), leaf(3, 4)
    g = ag.ones(2, dtype=ag.float64)
    ga, gb = grad(a + b, (a, b), g)
    assert not np.shares_memory(ga._array, gb._array) and not np.shares_memory(ga._array, g._array)
    assert ga._array.flags.writeable


# ---- retaining ----


def test_a_second_backward_names_the_operation_and_the_line() -> None:
    x = leaf(1, 2)
    y = (x * x).sum()  # the line to be named
    y.backward()
    with pytest.raises(GraphError, match="Trying to backward through the graph a second time") as raised:
        y.backward()
    message = str(raised.value)
    assert "'mul'" in message and __file__ in message and "y = (x * x).sum()  # the line to be named" in message
    assert "retain_graph=True" in message
    assert x.grad.tolist() == [2, 4]


def test_retain_graph_allows_another() -> None:
    x = leaf(1, 2)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [4, 8]


def test_a_graph_that_saved_nothing_can_be_walked_twice() -> None:
    x = leaf(1, 2)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [2, 2]


def test_create_graph_retains_and_gives_a_grad_with_a_graph() -> None:
    x = leaf(3)
    y = (x**3).sum()
    y.backward(create_graph=True)
    assert x.grad.requires_grad
    (gg,) = grad(x.grad, x, ag.ones(1, dtype=ag.float64))
    assert gg.tolist() == [18]
    y.backward()
    assert x.grad.tolist() == [54]


def test_third_order() -> None:
    x = leaf(2)
    (g,) = grad((x**4).sum(), x, create_graph=True)
    (gg,) = grad(g.sum(), x, create_graph=True)
    (ggg,) = grad(gg.sum(), x)
    assert (g.item(), gg.item(), ggg.item()) == (32, 48, 48)


def test_a_failed_walk_leaves_other_leaves_gradients_and_grad_mode_alone() -> None:
    x = leaf(1, 2)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(GraphError):
        y.backward()
    assert ag.is_grad_enabled()
    assert (x * x).requires_grad


def test_an_error_in_a_rule_names_the_operation_and_the_users_line() -> None:
    @ag.primitive
    def fails_in_its_rule(xp: Any, x: Any, /) -> Any:
        """Return ``x``, and fail on the way back."""
        return x + 0

    def fail(g: Any) -> Any:
        raise ZeroDivisionError("no way")

    fails_in_its_rule.vjp(x=fail)
    try:
        y = fails_in_its_rule(leaf(1))  # the user's line
        message = r"(?s)no way.*in the backward of 'fails_in_its_rule'.*# the user's line"
        with pytest.raises(ZeroDivisionError, match=message):
            y.backward()
    finally:
        del ag.PRIMITIVES["fails_in_its_rule"]


# ---- against PyTorch ----


def test_a_walk_through_a_diamond_agrees_with_pytorch(torch: Any) -> None:
    def program(lib: Any) -> list[Any]:
        x = lib.tensor([[0.3, -1.2], [0.7, 2.0]], dtype=lib.float64, requires_grad=True)
        w = lib.tensor([0.5, -0.25], dtype=lib.float64, requires_grad=True)
        a = lib.tanh(x * w)
        b = a @ a.T + x
        c, d = lib.exp(b[0]), b.sum(1)
        (c * d + a.max(1)[0]).sum().backward()
        return [x.grad.tolist(), w.grad.tolist()]

    for ours, theirs in zip(program(ag), program(torch)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
