"""``backward_steps``: each node of the walk as it happens, and the same gradients as ``backward``."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.engine.walk import Walk
from autograd_core.errors import DTypeError, GraphError
from autograd_core.insight.stepper.visiting import OneStep


class Cube(ag.autograd.Function):
    """An operation of the user's own."""

    @staticmethod
    def forward(ctx, base):
        ctx.save_for_backward(base)
        return base * base * base

    @staticmethod
    def backward(ctx, g):
        (base,) = ctx.saved_tensors
        return 3 * base * base * g


class Scaled(ag.autograd.Function):
    """Its backward works on the gradient alone."""

    @staticmethod
    def forward(ctx, base):
        return base * 2

    @staticmethod
    def backward(ctx, g):
        return g * 2


@pytest.fixture
def xy():
    return ag.tensor(2.0, requires_grad=True), ag.tensor(-4.0, requires_grad=True)


def walked(*args, **options):
    return list(ag.backward_steps(*args, **options))


# what a step tells


def test_the_steps_of_a_small_expression(xy) -> None:
    x, y = xy
    f = x * y + ag.sin(x)
    steps = walked(f)
    assert [step.call or step.operation for step in steps] == [
        "add(v1, v2)", "sin(x)", "mul(x, y)", "accumulate_grad", "accumulate_grad",
    ]  # fmt: skip
    assert [step.name for step in steps] == ["f", "v2", "v1", "y", "x"]
    assert [step.index for step in steps] == [0, 1, 2, 3, 4]
    product = steps[2]
    assert [out.rule for out in product.outgoing] == ["grad_a = g * b", "grad_b = g * a"]
    assert [out.gradient.item() for out in product.outgoing] == [-4, 2]
    assert [(out.target, out.first) for out in product.outgoing] == [("x", False), ("y", True)]
    assert product.outgoing[0].total.item() == pytest.approx(-4 + np.cos(2))
    assert {name: value.item() for name, value in product.saved.items()} == {"a": 2, "b": -4}
    assert product.outgoing[0].local.item() == -4
    assert product.incoming.item() == 1
    assert "test_stepping.py" in product.line and product.line.endswith("f = x * y + ag.sin(x)")
    assert steps[-1].leaf is x and product.leaf is None and steps[-1].line == ""


def test_a_step_prints_as_it_is_worked_out_on_paper(xy) -> None:
    x, y = xy
    f = x * y + ag.sin(x)
    steps = walked(f)
    assert str(steps[2]).splitlines()[1:] == [
        "  g = 1",
        "  a = 2",
        "  b = -4",
        "  grad_a = g * b = -4 -> x, together -4.416",
        "  grad_b = g * a = 2 -> y",
    ]
    assert str(steps[3]) == "3: y, a leaf\n  g = 2\n  y.grad = g = 2"


def test_an_input_used_twice_by_one_operation_gets_two_gradients() -> None:
    x = ag.tensor(3.0, requires_grad=True)
    (product, leaf) = walked(x * x)
    assert [(out.target, out.first) for out in product.outgoing] == [("x", True), ("x", False)]
    assert leaf.incoming.item() == product.outgoing[1].total.item() == 6
    assert product.outgoing[0].gradient.item() == 3  # not the sum into which the walk made it


def test_what_the_engine_does_on_the_way_is_said() -> None:
    w = ag.ones(3, requires_grad=True)
    b = ag.ones(2, 1, dtype=ag.float64, requires_grad=True)
    product = walked((w * b).sum())[1]
    assert [(out.target, out.fitted) for out in product.outgoing] == [
        ("w", "summed to (3,), cast to float32"), ("b", "summed to (2, 1)"),
    ]  # fmt: skip
    assert [tuple(out.gradient.shape) for out in product.outgoing] == [(3,), (2, 1)]


def test_several_outputs_come_together() -> None:
    a = ag.eye(3, requires_grad=True)
    values, vectors = ag.linalg.eigh(a)
    steps = walked(values.sum())
    handed, main = steps[1], steps[2]
    assert handed.call == "output 0 of v1" and handed.name == "values"
    assert main.operation == "eigh" and main.incoming[0] is not None and main.incoming[1] is None
    assert main.outgoing[0].target == "a"
    assert vectors.shape == (3, 3)


def test_lists_and_joint_rules_name_their_arguments() -> None:
    a, b = ag.ones(2, requires_grad=True), ag.ones(3, requires_grad=True)
    joined = walked(ag.cat([a, b]).sum())[1]
    assert joined.call == "cat(a, b)"
    assert [(out.argument, out.target) for out in joined.outgoing] == [("xs[0]", "a"), ("xs[1]", "b")]
    norm = nn.LayerNorm(3)
    steps = walked(norm(b).sum())
    (normalized,) = [step for step in steps if step.operation == "normalize"]
    assert {out.argument for out in normalized.outgoing} == {"x", "weight", "bias"}
    assert {step.name for step in steps if step.leaf is not None} == {"b", "weight", "bias"}


def test_a_function_of_ones_own_is_named_by_its_forward() -> None:
    t = ag.tensor(2.0, requires_grad=True)
    y = Cube.apply(t)
    main = walked(y)[1]
    assert main.operation == "Cube"
    assert main.outgoing[0].rule == "grad_base = Cube.backward(ctx, g)"
    assert main.outgoing[0].gradient.item() == 12 and main.outgoing[0].local is None
    assert main.saved["saved_tensors"][0].item() == 2


def test_a_backward_of_ones_own_gets_an_array_where_numpy_gives_a_scalar() -> None:
    t = ag.tensor(2.0, requires_grad=True)
    (Scaled.apply(t) * 5).backward()
    assert t.grad.item() == 10


def test_modules_are_named() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    steps = walked(model(ag.ones(1, 2)).sum())
    assert [step.module for step in steps[:3]] == ["", "1", "0"]
    assert [out.target for out in steps[2].outgoing] == ["0.weight", "0.bias"]


@pytest.mark.parametrize("kind", [dict, list])
def test_names_that_are_given_come_first(xy, kind) -> None:
    x, y = xy
    steps = walked(x * y, names=kind({"first": x, "second": y}.items()))
    assert steps[0].call == "mul(first, second)"


def test_a_model_gives_names() -> None:
    model = nn.Linear(2, 1)
    assert {s.name for s in walked((model.weight * 2).sum(), names=model) if s.leaf is not None} == {"weight"}


# the backward pass that it is


def test_gradients_add_up_over_passes(xy) -> None:
    x, y = xy
    walked(x * y)
    steps = walked(x * y)
    assert steps[-1].outgoing[0].rule == "x.grad += g" and not steps[-1].outgoing[0].first
    assert steps[-1].outgoing[0].total.item() == x.grad.item() == -8


def test_a_loop_that_is_left_leaves_the_rest_undone(xy) -> None:
    x, y = xy
    f = x * y + ag.sin(x)
    for step in ag.backward_steps(f):
        if step.name == "y":
            break
    assert y.grad.item() == 2 and x.grad is None
    with pytest.raises(GraphError, match="second time"):
        f.backward()


def test_nothing_happens_before_the_first_step(xy) -> None:
    x, y = xy
    f = x * y
    ag.backward_steps(f)
    assert x.grad is None
    f.backward()
    assert x.grad.item() == -4


def test_a_retained_graph_can_be_walked_again(xy) -> None:
    x, y = xy
    f = ag.exp(x) * y
    rules = [edges for _, edges, _ in (node.edges[0] for node in (f.grad_fn, *f.grad_fn.parents[:1]))]
    walked(f, retain_graph=True)
    assert [edges for _, edges, _ in (node.edges[0] for node in (f.grad_fn, *f.grad_fn.parents[:1]))] == rules
    f.backward()
    assert y.grad.item() == pytest.approx(2 * np.exp(2))


def test_hooks_run_once_and_are_shown(xy) -> None:
    x, y = xy
    seen = []
    p = x * y
    p.register_hook(lambda g: seen.append("p") or g * 10)
    x.register_hook(lambda g: seen.append("x") or g + 1)
    x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.item()))
    p.retain_grad()
    steps = walked(p * 2)
    assert seen == ["p", "x", -79.0]
    product = steps[1]
    assert product.incoming.item() == 2 and product.hooked.item() == 20
    assert [out.rule for out in product.outgoing] == ["p.grad = g", "grad_a = g * b", "grad_b = g * a"]
    assert p.grad.item() == 20
    assert "  g = 20, as its hooks return it" in str(product)
    assert steps[-1].hooked.item() == x.grad.item() == -79


def test_several_roots_with_gradients_of_their_own(xy) -> None:
    x, y = xy
    walked([x * y, x + y], [ag.tensor(2.0), None])
    assert (x.grad.item(), y.grad.item()) == (-7, 5)


def test_the_loop_runs_in_the_users_own_modes(xy) -> None:
    x, y = xy
    for step in ag.backward_steps(x * y):
        assert ag.is_grad_enabled()
        inner = step.incoming * ag.tensor(1.0, requires_grad=True)
        inner.backward()
    with ag.no_grad():
        for _ in ag.backward_steps((x.detach().requires_grad_()) * 2 if ag.is_grad_enabled() else inner_loss(x)):
            assert not ag.is_grad_enabled()


def inner_loss(x):
    with ag.enable_grad():
        return x * 2


def test_what_a_step_shows_stays_as_it_was(xy) -> None:
    x, y = xy
    steps = walked(x * y)
    shown = steps[1].incoming.item(), steps[1].outgoing[0].total.item()
    (x * y).backward()  # adds in place to .grad
    assert (steps[1].incoming.item(), steps[1].outgoing[0].total.item()) == shown


def test_complex_numbers() -> None:
    z = ag.tensor(1 + 2j, requires_grad=True)
    steps = walked(abs(z * z))
    (product,) = [step for step in steps if step.operation in ("mul", "square")]
    assert product.outgoing[0].formula.startswith("conj(")
    total = sum(complex(out.gradient.item()) for out in product.outgoing)
    assert total == pytest.approx(complex(z.grad.item()))


def test_hooks_on_complex_numbers() -> None:
    z = ag.tensor(1 + 2j, requires_grad=True)
    h = z * z
    h.register_hook(lambda g: g * 1j)
    steps = walked(ag.view_as_real(h).sum())
    (product,) = [step for step in steps if step.hooked is not None]
    assert product.incoming.item() == 1 + 1j and product.hooked.item() == -1 + 1j


def test_modes_that_watch_the_walk_watch_the_steps_too() -> None:
    x = ag.tensor(0.0, requires_grad=True)
    with ag.strong_zero():
        (root,) = [step for step in walked(ag.sqrt(x) * 0) if step.operation == "sqrt"]
    assert root.outgoing[0].gradient.item() == x.grad.item() == 0  # 0 / 0 without it
    with ag.autograd.detect_anomaly():
        y = ag.sqrt(x) * 0
        with pytest.raises(RuntimeError, match=r"'SqrtBackward0' returned nan values"):
            walked(y)


def test_large_arrays_add_up_to_the_same_bits() -> None:
    values = np.random.default_rng(0).standard_normal(1 << 21).astype("float32")

    def loss():
        x = ag.tensor(values, requires_grad=True)
        return x, (ag.exp(x) * x + ag.sin(x) + x * 3.1).sum()

    x, total = loss()
    walked(total)
    other, total = loss()
    total.backward()
    assert np.array_equal(x.grad.numpy(), other.grad.numpy())


def test_a_leaf_that_is_gone_takes_nothing(xy) -> None:
    x, _ = xy
    product = x * ag.tensor(5.0, requires_grad=True)
    gc.collect()
    gone = [step for step in walked(product) if step.operation == "accumulate_grad" and step.leaf is None]
    assert gone and gone[0].outgoing == []


def test_steps_keep_no_graph_alive(xy) -> None:
    x, y = xy
    f = x * y
    node = weakref.ref(f.grad_fn)
    steps = ag.backward_steps(f)
    next(steps)
    del f
    assert node() is None  # the rest of the pass does not need it
    assert len(list(steps)) == 2


def test_the_loop_of_the_walk_is_the_engines_own() -> None:
    assert OneStep.run is Walk.run


# what is refused


def test_a_recorded_pass_is_refused(xy) -> None:
    x, y = xy
    with pytest.raises(GraphError, match=r"^backward_steps: got create_graph=True; a pass by steps is not recorded"):
        ag.backward_steps(x * y, create_graph=True)


def test_gradients_of_another_number_are_refused(xy) -> None:
    x, y = xy
    with pytest.raises(GraphError, match=r"^backward_steps: got 2 tensors and 1 gradients"):
        ag.backward_steps([x * y, x + y], [None])


def test_a_tensor_without_graph_is_refused() -> None:
    with pytest.raises(GraphError, match=r"^backward_steps: element 0 of tensors does not require grad"):
        ag.backward_steps(ag.ones(1))


def test_inside_a_transform_it_is_refused(xy) -> None:
    x, _ = xy

    def inner(v):
        walked(x * v)

    with pytest.raises(GraphError, match=r"^backward_steps: the tensor belongs to a running vmap or jvp"):
        ag.vmap(ag.func.grad(inner))(ag.ones(2))


def test_names_of_what_is_no_tensor_are_refused(xy) -> None:
    x, y = xy
    with pytest.raises(DTypeError, match=r"^names: 'lr' is float; wanted a Tensor"):
        ag.backward_steps(x * y, names={"lr": 0.1})


def test_a_saved_array_that_was_written_is_told_as_backward_tells_it(xy) -> None:
    x, y = xy
    h = ag.exp(x)
    f = h * y
    h.detach().add_(1)
    with pytest.raises(GraphError, match=r"modified by an inplace operation: 'mul'"):
        walked(f)


def test_a_rule_that_fails_is_blamed_on_the_line_of_its_operation() -> None:
    class Broken(Cube):
        @staticmethod
        def backward(ctx, g):
            raise ZeroDivisionError("no gradient today")

    t = ag.tensor(2.0, requires_grad=True)
    with pytest.raises(ZeroDivisionError, match=r"in the backward of 'Broken', built at .*test_stepping.py"):
        walked(Broken.apply(t), retain_graph=True)


# elsewhere


def test_steps_on_the_other_device(cuda) -> None:
    x = ag.tensor([1.0, 2.0], device="cuda", requires_grad=True)
    steps = walked((ag.exp(x) * x).sum())
    assert x.grad.device.type == "cuda" and steps[0].incoming.device.type == "cuda"
    assert "norm" not in str(steps[1]) and "cuda" not in str(steps[1])


def test_what_is_checkpointed_is_one_step() -> None:
    x = ag.tensor(0.5, requires_grad=True)
    steps = walked(ag.utils.checkpoint.checkpoint(lambda t: ag.sin(t) * t, x, use_reentrant=False) * 2)
    assert x.grad.item() == pytest.approx(2 * (np.sin(0.5) + 0.5 * np.cos(0.5)))
    assert steps[-1].name == "x"
