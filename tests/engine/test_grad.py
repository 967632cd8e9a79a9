"""``autograd.grad``: gradients on request, of any outputs with respect to any inputs, to any order."""

from __future__ import annotations

from typing import Any

import pytest

import autograd_core as ag
from autograd_core.errors import DTypeError, GraphError

grad = ag.autograd.grad


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(values or 2.0, dtype=ag.float64, requires_grad=True)


def test_grad_returns_one_per_input_and_fills_nothing() -> None:
    x, w = leaf(1, 2), leaf(3, 4)
    gx, gw = grad((x * w).sum(), (x, w))
    assert gx.tolist() == [3, 4] and gw.tolist() == [1, 2]
    assert x.grad is None and w.grad is None
    assert not gx.requires_grad


def test_grad_takes_one_tensor_or_a_list() -> None:
    x = leaf(1)
    assert isinstance(grad(x * 2, x), tuple)
    assert grad([x * 2], [x])[0].item() == 2


def test_grad_of_several_outputs_adds_up_with_grad_outputs() -> None:
    x = leaf(1, 2)
    (g,) = grad([x * 2, x * 3], x, [ag.ones(2), ag.tensor([0.0, 1.0])])
    assert g.tolist() == [2, 5]


def test_grad_outputs_may_require_grad_themselves() -> None:
    x, v = leaf(1, 2), leaf(5, 6)
    (g,) = grad(x * x, x, v, create_graph=True)
    (gv,) = grad(g.sum(), v)
    assert gv.tolist() == [2, 4]


def test_grad_with_respect_to_what_is_inside_the_graph() -> None:
    x = leaf(1, 2)
    h = x * 3
    y = (h * h).sum()
    gh, gx = grad(y, (h, x))
    assert gh.tolist() == [6, 12] and gx.tolist() == [18, 36]


def test_grad_with_respect_to_the_output_itself() -> None:
    x = leaf(1)
    y = x * 2
    gy, gx = grad(y, (y, x))
    assert (gy.item(), gx.item()) == (1, 2)


def test_grad_of_the_same_input_twice() -> None:
    x = leaf(1)
    assert [g.item() for g in grad(x * 2, (x, x))] == [2, 2]


def test_grad_visits_only_what_leads_to_the_inputs() -> None:
    x, w = leaf(1), leaf(2)
    seen: list[Any] = []
    w.register_hook(seen.append)
    side = w * w
    grad((x * x + side).sum(), x)
    assert seen == []
    side.sum().backward()  # its saved arrays were kept


def test_unused_inputs() -> None:
    x, w = leaf(1), leaf(2)
    message = (
        r"^grad: One of the differentiated Tensors appears to not have been used in the graph "
        r"\(input 1\)"
    )
    with pytest.raises(GraphError, match=message):
        grad(x * 2, (x, w))
    gx, gw = grad(x * 2, (x, w), allow_unused=True)
    assert gx.item() == 2 and gw is None
    gx, gw = grad(x * 2, (x, w), materialize_grads=True)
    assert gw.tolist() == [0] and gw.dtype is ag.float64


def test_grad_refuses_inputs_without_gradient() -> None:
    with pytest.raises(GraphError, match=r"^grad: One of the differentiated Tensors does not require grad \(input 0\)"):
        grad(leaf(1) * 2, ag.ones(1))
    with pytest.raises(DTypeError, match=r"^grad: input 0 is float; wanted a Tensor"):
        grad(leaf(1) * 2, 1.0)
    with pytest.raises(GraphError, match=r"^grad: got 1 outputs and 2 gradients"):
        grad(leaf(1), leaf(1), [None, None])
    with pytest.raises(DTypeError, match="is_grads_batched=True wants grad_outputs"):
        grad(leaf(1), leaf(1), is_grads_batched=True)


def test_hessian_vector_product_of_a_small_network() -> None:
    w = ag.randn(3, 2, dtype=ag.float64, requires_grad=True)
    x, v = ag.randn(4, 3, dtype=ag.float64), ag.randn(3, 2, dtype=ag.float64)

    def gradient(at: Any) -> Any:
        return grad(ag.tanh(x @ at).pow(2).sum(), at, create_graph=True)[0]

    (product,) = grad((gradient(w) * v).sum(), w)
    eps = 1e-6
    ends = [gradient((w.detach() + e * v).requires_grad_()).detach() for e in (eps, -eps)]
    assert ag.allclose(product, (ends[0] - ends[1]) / (2 * eps), atol=1e-7)
