"""The checker finds rules that are wrong by one part in a thousand, and passes those that are right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import autograd_core as ag
from autograd_core.autograd import gradcheck, gradgradcheck
from autograd_core.checking.gradcheck import GradcheckError
from autograd_core.errors import GraphError
from tests.trials import check_along_direction

Tensor = ag.Tensor


def wrong(value: Callable[[Tensor], Tensor], slope: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Return an operation with a value and a slope of our choice."""

    class Operation(ag.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return value(x)

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            (x,) = ctx.saved_tensors
            return g * slope(x)

    return Operation.apply


def inputs(*shape: int) -> Tensor:
    return (ag.rand(*shape, dtype=ag.float64) + 0.5).requires_grad_()


cube = wrong(lambda x: x**3, lambda x: 3 * x**2)
OFF = {
    "slope too steep by 0.1 %": wrong(lambda x: x**3, lambda x: 3.003 * x**2),
    "slope too flat by 0.1 %": wrong(lambda x: x**3, lambda x: 2.997 * x**2),
    "sign": wrong(lambda x: x**3, lambda x: -3 * x**2),
    "NaN": wrong(lambda x: x**3, lambda x: x * float("nan")),
    "zero": wrong(lambda x: x**3, lambda x: x * 0),
    "value": wrong(lambda x: 1.001 * x**3, lambda x: 3 * x**2),
}


def test_right_rules_pass() -> None:
    x = inputs(2, 3)
    assert gradcheck(cube, x)
    assert gradgradcheck(cube, x)
    check_along_direction(cube, [x])


@pytest.mark.parametrize("operation", OFF.values(), ids=OFF.keys())
def test_wrong_rules_are_found(operation: Callable[..., Any]) -> None:
    x = inputs(2, 3)
    with pytest.raises(GradcheckError, match=r"(?s)output 0 with respect to input 0\nnumerical: .*\nanalytical: "):
        gradcheck(operation, x)
    assert gradcheck(operation, x, raise_exception=False) is False
    with pytest.raises(AssertionError):
        check_along_direction(operation, [x])


def test_a_wrong_second_order_is_found_though_the_first_is_right() -> None:
    curved = wrong(lambda x: x**3, lambda x: 3.003 * x**2 - 0.003 * x.detach() ** 2)
    x = inputs(3)
    assert gradcheck(curved, x)
    with pytest.raises(GradcheckError):
        gradgradcheck(curved, x)


def test_one_wrong_element_of_many_is_found() -> None:
    spot = ag.ones(4, 5, dtype=ag.float64)
    spot[2, 3] = 1.001
    with pytest.raises(GradcheckError):
        gradcheck(wrong(lambda x: x**3, lambda x: 3 * spot * x**2), inputs(4, 5))


def test_the_wrong_argument_is_named() -> None:
    bent = OFF["sign"]
    with pytest.raises(GradcheckError, match="output 1 with respect to input 1"):
        gradcheck(lambda a, b: (a * b, bent(b)), (inputs(2), inputs(2)))


def test_inputs_that_do_not_require_grad_are_left_alone() -> None:
    x, c = inputs(2), ag.ones(2, dtype=ag.float64)
    assert gradcheck(lambda x, c, n: x * c * n, (x, c, 3.0))
    assert gradgradcheck(lambda x, c, n: x * x * c * n, (x, c, 3.0))
    assert c.tolist() == [1, 1]
    assert x.grad is None


def test_empty_inputs_and_outputs_pass() -> None:
    assert gradcheck(lambda x: x * 2, inputs(0))
    assert gradcheck(lambda x: x.sum(1), inputs(2, 0))
    assert gradgradcheck(lambda x: (x * x).sum(1), inputs(2, 0))


def test_a_constant_gradient_has_nothing_to_check_at_second_order() -> None:
    assert gradgradcheck(lambda x: x.floor(), inputs(2))


def test_weights_of_the_second_order_may_be_given() -> None:
    x = inputs(3)
    assert gradgradcheck(lambda x: x**3, (x,), [inputs(3)])


def test_nothing_to_vary_is_an_error() -> None:
    with pytest.raises(GraphError, match="gradcheck: none of the inputs requires grad"):
        gradcheck(cube, ag.ones(2, dtype=ag.float64))


def test_nothing_to_differentiate_is_an_error() -> None:
    with pytest.raises(GraphError, match="gradcheck: none of the outputs requires grad"):
        gradcheck(lambda x: x.detach() * 2, inputs(2))
