"""``autograd.Function``: operations with a forward and a backward of one's own."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

import autograd_core as ag
from autograd_core.autograd import Function, grad, gradcheck, gradgradcheck
from autograd_core.errors import DTypeError, GraphError


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(values, dtype=ag.float64, requires_grad=True)


class Exp(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (y,) = ctx.saved_tensors
        return g * y


class Scale(Function):
    """Arguments that are no tensors, and a context made apart."""

    @staticmethod
    def forward(x: Any, factor: float, label: str) -> Any:
        return x * factor

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        _, ctx.factor, ctx.label = inputs
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * ctx.factor, None, None


class Halves(Function):
    """Two outputs, and one without gradient."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        n = x.shape[0] // 2
        sign = x > 0
        ctx.mark_non_differentiable(sign)
        return x[:n] * 2, sign, x[n:] * 3

    @staticmethod
    def backward(ctx: Any, a: Any, sign: Any, b: Any) -> Any:
        return ag.cat([a * 2, b * 3])


class Product(Function):
    needed: tuple[bool, ...] = ()

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, b = ctx.saved_tensors
        Product.needed = ctx.needs_input_grad
        return g * b, g * a


def test_values_and_gradients_to_second_order() -> None:
    x = leaf(0.5, -1, 2)
    y = Exp.apply(x)
    assert ag.allclose(y, x.exp())
    assert gradcheck(Exp.apply, x) and gradgradcheck(Exp.apply, x)
    assert gradcheck(Product.apply, (leaf(1, 2), leaf(3, 4)))
    assert gradgradcheck(Product.apply, (leaf(1, 2), leaf(3, 4)))


def test_a_saved_output_is_differentiated_through() -> None:
    x = leaf(0.5)
    (g,) = grad(Exp.apply(x), x, create_graph=True)
    (gg,) = grad(g, x, create_graph=True)
    (ggg,) = grad(gg, x)
    assert ggg.item() == pytest.approx(x.exp().item())


def test_its_node_bears_its_name() -> None:
    y = Exp.apply(leaf(1))
    assert "Exp" in repr(y.grad_fn) or "Exp" in repr(y.grad_fn.next_functions)


def test_setup_context_and_arguments_that_are_no_tensors() -> None:
    x = leaf(1, 2)
    (Scale.apply(x, 3.0, "name")).sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_several_outputs() -> None:
    x = leaf(1, -2, 3, 4)
    a, sign, b = Halves.apply(x)
    assert sign.dtype is ag.bool and not sign.requires_grad
    (a.sum() + b.sum()).backward()
    assert x.grad.tolist() == [2, 2, 3, 3]


def test_an_unused_output_gives_zeros_to_backward() -> None:
    x = leaf(1, -2, 3, 4)
    Halves.apply(x)[2].sum().backward()
    assert x.grad.tolist() == [0, 0, 3, 3]


def test_or_none_where_asked_for() -> None:
    seen: list[Any] = []

    class Pair(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x * 1, x * 2

        @staticmethod
        def backward(ctx: Any, a: Any, b: Any) -> Any:
            seen.append(a)
            return b * 2

    x = leaf(1)
    Pair.apply(x)[1].backward()
    assert seen == [None] and x.grad.item() == 2


def test_needs_input_grad() -> None:
    a, b = leaf(1), ag.ones(1, dtype=ag.float64)
    Product.apply(a, b).backward()
    assert Product.needed == (True, False)
    assert b.grad is None and a.grad.item() == 1


def test_nothing_is_recorded_in_forward_nor_without_need() -> None:
    class Look(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            assert not ag.is_grad_enabled()
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    assert not Look.apply(ag.ones(2)).requires_grad
    with ag.no_grad():
        assert not Look.apply(leaf(1)).requires_grad
    assert Look.apply(leaf(1)).requires_grad


def test_plain_backward_runs_unrecorded_and_double_backward_recorded() -> None:
    modes: list[bool] = []

    class Look(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            modes.append(ag.is_grad_enabled())
            return g * 2

    Look.apply(leaf(1)).backward()
    Look.apply(leaf(1)).backward(create_graph=True)
    assert modes == [False, True]


def test_mark_dirty_returns_the_input_itself() -> None:
    class Double(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x = leaf(1, 2)
    h = x * 1
    y = Double.apply(h)
    assert y is h and y.tolist() == [2, 4]
    (y * y).sum().backward()
    assert x.grad.tolist() == [8, 16]


def test_returning_an_input_makes_a_tensor_of_its_own() -> None:
    class Same(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 10

    x = leaf(1)
    y = Same.apply(x)
    assert y is not x and x.is_leaf
    y.backward()
    assert x.grad.item() == 10


@pytest.mark.parametrize(("count", "said"), [(1, "expected 2, got 1"), (3, "expected 2, got 3")])
def test_a_wrong_number_of_gradients_is_named(count: int, said: str) -> None:
    class Off(Function):
        @staticmethod
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            return a + b

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return (g,) * count

    y = Off.apply(leaf(1), leaf(1))  # made here
    message = rf"(?s)Off.backward: returned an incorrect number of gradients \({said}\).*# made here"
    with pytest.raises(GraphError, match=message):
        y.backward()


def test_surplus_nones_are_allowed() -> None:
    class More(Function):
        @staticmethod
        def forward(ctx: Any, a: Any) -> Any:
            return a + 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g, None, None

    x = leaf(1)
    More.apply(x).backward()
    assert x.grad.item() == 1


def test_a_gradient_of_the_wrong_shape_or_kind_is_named() -> None:
    class Off(Function):
        given: Any = None

        @staticmethod
        def forward(ctx: Any, a: Any) -> Any:
            return a + 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return Off.given

    Off.given = 3.0
    with pytest.raises(DTypeError, match=r"Off.backward: expected Variable or None for gradient 0 \(got float\)"):
        Off.apply(leaf(1)).backward()
    Off.given = ag.ones(3)
    with pytest.raises(RuntimeError, match=r"(?s)'Off'.*shape \(3,\).*shape \(2,\)"):
        Off.apply(leaf(1, 2)).sum().backward()


def test_a_gradient_that_broadcasts_and_one_of_another_dtype_are_fitted() -> None:
    class Wide(Function):
        @staticmethod
        def forward(ctx: Any, a: Any) -> Any:
            return a + 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return ag.ones(3, 2, dtype=ag.float32)

    x = leaf(1, 2)
    Wide.apply(x).sum().backward()
    assert x.grad.tolist() == [3, 3] and x.grad.dtype is ag.float64


def test_methods_that_were_not_written() -> None:
    with pytest.raises(NotImplementedError, match="must implement the forward function"):
        Function.apply(leaf(1))

    class Half(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x + 1

    with pytest.raises(NotImplementedError, match="must implement the backward function"):
        Half.apply(leaf(1)).backward()


def test_save_for_backward_takes_tensors_only() -> None:
    class Off(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x, 3.0)
            return x + 1

    with pytest.raises(DTypeError, match="save_for_backward: got float; can only save Tensors and None"):
        Off.apply(leaf(1))


def test_a_saved_tensor_that_was_written_is_caught() -> None:
    c = ag.ones(2, dtype=ag.float64)
    y = Product.apply(leaf(1, 2), c)
    c.add_(1)  # the write
    with pytest.raises(GraphError, match=r"(?s)modified by an inplace operation: 'Product'.*# the write"):
        y.sum().backward()


def test_a_second_backward_is_refused() -> None:
    y = Exp.apply(leaf(1))
    y.backward()
    with pytest.raises(GraphError, match="second time: 'Exp'"):
        y.backward()


def test_an_error_in_backward_names_the_operation_and_the_line() -> None:
    class Off(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x + 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            raise KeyError("no key")

    y = Off.apply(leaf(1))  # made here
    with pytest.raises(KeyError, match=r"(?s)no key.*in the backward of 'Off'.*# made here"):
        y.backward()


def test_a_backward_that_runs_the_forward_again() -> None:
    """Checkpointing: recompute in backward what forward did not keep, and walk it there."""

    class Again(Function):
        @staticmethod
        def forward(ctx: Any, function: Any, x: Any) -> Any:
            ctx.function = function
            ctx.save_for_backward(x)
            return function(x)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x = ctx.saved_tensors[0].detach().requires_grad_()
            with ag.enable_grad():
                y = ctx.function(x)
            y.backward(g)
            return None, x.grad

    x, w = leaf(0.5, 1), leaf(2, 3)
    Again.apply(lambda t: (t * w).sin(), x).sum().backward()
    plain = ag.autograd.grad((x * w).sin().sum(), (x, w))
    assert ag.allclose(x.grad, plain[0]) and ag.allclose(w.grad, plain[1])


def test_its_graph_frees_itself() -> None:
    gc.disable()
    try:
        x = leaf(1, 2)
        y = Exp.apply(x * 1)
        node, array = weakref.ref(y.grad_fn), weakref.ref(y._array)
        del y
        assert node() is None and array() is None
        z = Exp.apply(x * 1).sum()
        held = weakref.ref(z.grad_fn.parents[0])
        z.backward()
        del z
        assert held() is None
    finally:
        gc.enable()


def test_agrees_with_pytorch(torch: Any) -> None:
    def program(lib: Any) -> Any:
        class Sinh(lib.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any, times: int) -> Any:
                up, down = lib.exp(x), lib.exp(-x)
                ctx.save_for_backward(up, down)
                ctx.times = times
                return (up - down) / 2 * times, up, down

            @staticmethod
            def backward(ctx: Any, g: Any, g_up: Any, g_down: Any) -> Any:
                up, down = ctx.saved_tensors
                return g * ctx.times * (up + down) / 2 + g_up * up - g_down * down, None

        x = lib.tensor([0.3, -1.2], dtype=lib.float64, requires_grad=True)
        y, up, down = Sinh.apply(x, 2)
        (g,) = lib.autograd.grad((y * up - down).sum(), x, create_graph=True)
        (gg,) = lib.autograd.grad((g * g).sum(), x)
        return [*y.tolist(), *g.tolist(), *gg.tolist()]

    assert program(ag) == pytest.approx(program(torch), rel=1e-12)
