"""``autograd.Function`` under transforms: as if it were made of operations; and what it has to bring along."""

from __future__ import annotations

from typing import Any

import pytest

import autograd_core as ag
from autograd_core import func
from autograd_core.errors import GraphError, ShapeError
from tests.nn.twin import close, draw


class Cube(ag.autograd.Function):
    """``w * x**3`` and ``sin(x)``, whose second output is saved."""

    @staticmethod
    def forward(x: Any, w: Any) -> Any:
        return x**3 * w, x.sin()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs, output[1])
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, g: Any, h: Any) -> Any:
        x, w, s = ctx.saved_tensors
        return 3 * x * x * w * g + h * (1 - s * s).sqrt() * x.cos().sign(), x**3 * g

    @staticmethod
    def jvp(ctx: Any, t: Any, u: Any) -> Any:
        x, w = ctx.saved_tensors
        return 3 * x * x * w * t + x**3 * u, x.cos() * t


def by_function(x: Any, w: Any) -> Any:
    cube, sine = Cube.apply(x, w)
    return (cube * cube + 2 * sine).sum()


def by_operations(x: Any, w: Any) -> Any:
    cube = x**3 * w
    return (cube * cube + 2 * x.sin()).sum()


COMPOSITIONS = {
    "grad": lambda f, x, w: func.grad(f, (0, 1))(x[0], w),
    "vmap": lambda f, x, w: (func.vmap(f, (0, None))(x, w),),
    "vmap of grad": lambda f, x, w: func.vmap(func.grad(f, (0, 1)), (0, None))(x, w),
    "grad of vmap": lambda f, x, w: func.grad(lambda x, w: func.vmap(f, (0, None))(x, w).sum(), (0, 1))(x, w),
    "grad of grad of vmap": lambda f, x, w: func.grad(
        lambda x, w: func.grad(lambda w: func.vmap(f, (0, None))(x, w).sum())(w).sum(), (0, 1)
    )(x, w),
    "grad of vmap of grad": lambda f, x, w: func.grad(
        lambda x, w: func.vmap(func.grad(f), (0, None))(x, w).sum(), (0, 1)
    )(x, w),
    "vmap of vmap": lambda f, x, w: (func.vmap(func.vmap(f, (None, 0)), (0, None))(x, x * w),),
    "vmap of grad of vmap": lambda f, x, w: (
        func.vmap(func.grad(lambda v: func.vmap(lambda a: f(a, v))(x).sum()))(x * w),
    ),
    "jvp": lambda f, x, w: func.jvp(f, (x[0], w), (w, w + 1)),
    "vmap of jvp": lambda f, x, w: func.vmap(lambda x: func.jvp(f, (x, w), (w, w)))(x),
    "grad of jvp": lambda f, x, w: (func.grad(lambda x: func.jvp(f, (x, w), (w, w))[1])(x[0]),),
    "jvp of vmap": lambda f, x, w: func.jvp(lambda x: func.vmap(f, (0, None))(x, w), (x,), (x,)),
    "jacrev of jacrev": lambda f, x, w: (func.jacrev(func.jacrev(f))(x[0], w),),
    "hessian": lambda f, x, w: (func.hessian(f)(x[0], w),),
    "vmap of hessian": lambda f, x, w: (func.vmap(func.hessian(f), (0, None))(x, w),),
}


@pytest.mark.parametrize("composition", COMPOSITIONS.values(), ids=COMPOSITIONS)
def test_a_function_is_transformed_as_its_operations_are(composition: Any) -> None:
    x, w = ag.tensor(draw((4, 3))), ag.tensor(draw((3,), 1))
    for found, wanted in zip(composition(by_function, x, w), composition(by_operations, x, w), strict=True):
        close(found, wanted)


class Tripled(ag.autograd.Function):
    """``x`` with a gradient three times too large, to see whose it is; an old form, with ctx in forward."""

    @staticmethod
    def forward(ctx: Any, x: Any, power: int) -> Any:
        ctx.note = x * 0 + 3
        return x**power

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * ctx.note, None


def test_gradients_inside_and_outside_use_the_backward_of_ones_own() -> None:
    x = ag.tensor(draw((4, 3)))
    three = ag.full((4, 3), 3.0, dtype=ag.float64)
    close(func.vmap(func.grad(lambda a: Tripled.apply(a, 1).sum()))(x), three)
    close(func.grad(lambda x: func.vmap(lambda a: Tripled.apply(a, 1))(x).sum())(x), three)
    leaf = x.clone().requires_grad_()
    func.vmap(lambda a: Tripled.apply(a, 1))(leaf).sum().backward()
    close(leaf.grad, three)


def test_forward_mode_needs_a_jvp() -> None:
    with pytest.raises(GraphError, match=r"You must implement the jvp function .*Tripled has no static jvp"):
        func.jvp(lambda x: Tripled.apply(x, 1), (ag.ones(2),), (ag.ones(2),))
    _, change = func.jvp(lambda x: Tripled.apply(x.detach(), 1), (ag.ones(2),), (ag.ones(2),))
    close(change, ag.zeros(2))


class Wrong(Cube):
    """One whose jvp does not fit."""

    @staticmethod
    def jvp(ctx: Any, t: Any, u: Any) -> Any:
        return t.sum(), t


def test_tangents_that_do_not_fit_are_refused() -> None:
    x = ag.ones(2)
    with pytest.raises(ShapeError, match=r"Wrong\.jvp: returned shape \(\); wanted the output's, \(2,\)"):
        func.jvp(Wrong.apply, (x, x), (x, x))


class Mapped(Cube):
    """One that says itself what it is for many examples, here by another order of dimensions."""

    @staticmethod
    def vmap(info: Any, in_dims: Any, x: Any, w: Any) -> Any:
        assert info.batch_size == 4 and info.randomness == "error" and in_dims == (0, None)
        cube, sine = Cube.apply(x, w)
        return (cube.movedim(0, 1), sine), (1, 0)


def test_a_vmap_of_ones_own_is_used() -> None:
    x, w = ag.tensor(draw((4, 3))), ag.tensor(draw((3,), 1))
    run = lambda x, w: sum(part.sum() for part in Mapped.apply(x, w))  # noqa: E731
    wanted = lambda x, w: (x**3 * w + x.sin()).sum()  # noqa: E731
    close(func.vmap(run, (0, None))(x, w), func.vmap(wanted, (0, None))(x, w))
    close(func.vmap(func.grad(run), (0, None))(x, w), func.vmap(func.grad(wanted), (0, None))(x, w))


@pytest.mark.parametrize(
    ("answer", "match"),
    [(lambda x: x, r"tuple \(output, out_dims\)"), (lambda x: (x, (0, 0)), "1 outputs and 2 out_dims")],
)
def test_a_vmap_that_returns_something_else_is_refused(answer: Any, match: str) -> None:
    class Odd(Tripled):
        @staticmethod
        def vmap(info: Any, in_dims: Any, x: Any, power: int) -> Any:
            return answer(x)

    with pytest.raises(GraphError, match=match):
        func.vmap(lambda x: Odd.apply(x, 1))(ag.ones(3))


def test_a_vmap_without_setup_context_cannot_be_differentiated_inside() -> None:
    class Half(Tripled):
        @staticmethod
        def vmap(info: Any, in_dims: Any, x: Any, power: int) -> Any:
            return x**power, 0

    run = lambda x: Half.apply(x, 2)  # noqa: E731
    close(func.vmap(run)(ag.ones(3)), ag.ones(3))
    with pytest.raises(GraphError, match="it needs setup_context"):
        func.vmap(func.grad(run))(ag.ones(3))


def test_outputs_without_gradient_stay_so() -> None:
    class Largest(ag.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            place = x.argmax()
            ctx.mark_non_differentiable(place)
            ctx.save_for_backward(x)
            return x * 2, place

        @staticmethod
        def backward(ctx: Any, g: Any, nothing: Any) -> Any:
            assert nothing is None
            return g * 2

    x = ag.tensor(draw((4, 3)))
    _, places = func.vmap(Largest.apply)(x)
    assert places.tolist() == x.argmax(1).tolist()
    close(func.vmap(func.grad(lambda a: Largest.apply(a)[0].sum()))(x), ag.full((4, 3), 2.0, dtype=ag.float64))
