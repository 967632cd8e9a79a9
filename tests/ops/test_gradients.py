"""Every row's gradients: by finite differences, at both speeds, of linear maps by their adjoint, of fused ones too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.engine.general import general
from tests.function_table import FUNCTIONS
from tests.op_table import PRIMITIVES, ROWS
from tests.rows import Row, Sample, flat, outputs
from tests.trials import (
    agree,
    agree_outcomes,
    array,
    cases,
    check_by_differences,
    differentiate,
    inner,
    leaves,
    run,
    tensors,
    upstream,
)

TABLES = [*ROWS, *FUNCTIONS]


def differentiable(row: Row) -> bool:
    return row.order > 0


@cases(TABLES, differentiable)
def test_gradients_by_finite_differences(row: Row, sample: Sample) -> None:
    args = tensors(ag, sample.draw(row))
    if leaves(args):
        check_by_differences(row.smooth, args, sample.options, row.order)


@cases(TABLES, lambda row: row.order == 0)
def test_what_has_no_gradient_is_not_recorded(row: Row, sample: Sample) -> None:
    args = tensors(ag, sample.draw(row, row.dtypes[0]))
    for y in outputs(row.call(*args, **sample.options)):
        assert not getattr(y, "requires_grad", False)


def recorded(row: Row, sample: Sample) -> tuple[list[Any], list[Any]]:
    """Return leaves and those outputs of a sample that require grad."""
    args = tensors(ag, sample.draw(row))
    return leaves(args), [y for y in outputs(row.call(*args, **sample.options)) if y.requires_grad]


@cases(TABLES, differentiable)
def test_plain_backward_agrees_with_recorded(row: Row, sample: Sample) -> None:
    results = []
    for create_graph in (False, True):
        xs, ys = recorded(row, sample)
        if ys:
            ag.autograd.backward(ys, [w.detach() for w in upstream(ag, ys, 1)], create_graph=create_graph)
        results.append([x.grad for x in xs])
    for plain, full in zip(*results):
        assert (plain is None) == (full is None)
        if plain is not None:
            assert not plain.requires_grad
            assert plain.dtype is full.dtype
            np.testing.assert_allclose(array(plain), array(full), rtol=1e-12, atol=1e-12)
            assert array(plain).flags.owndata and array(plain).flags.writeable


def freeze(values: list[Any]) -> list[Any]:
    for value in values:
        value._array.setflags(write=False)
    return values


@cases(TABLES, differentiable)
def test_rules_write_to_nothing_they_are_given(row: Row, sample: Sample) -> None:
    for create_graph in (False, True):
        args = tensors(ag, sample.draw(row))
        xs = freeze(leaves(args))
        ys = freeze([y for y in outputs(row.call(*args, **sample.options)) if y.requires_grad])
        if not ys:
            continue
        ws = freeze(upstream(ag, ys, 1))
        first = ag.autograd.grad(ys, xs, ws, create_graph=create_graph, allow_unused=True, materialize_grads=True)
        again = [g for g in first if g.requires_grad]
        if again:
            vs = freeze(upstream(ag, freeze(again), 2))
            ag.autograd.grad(again, [*xs, *ws], vs, allow_unused=True)


@cases(ROWS, differentiable)
def test_generated_caller_is_general_unrolled(row: Row, sample: Sample) -> None:
    prim = PRIMITIVES[row.name]
    defaults = {k: v for k, v in prim.meta.items() if k not in sample.options}

    def by_general(*args: Any, **options: Any) -> Any:
        return general(prim, args, defaults | options)

    slow = differentiate(ag, by_general, tensors(ag, sample.draw(row)), sample.options, row.order)
    fast = run(row, sample)
    agree_outcomes(fast, slow, 0)
    for a, b in zip(fast.values, slow.values):
        if a.requires_grad:
            agree(a.grad_fn.saved, b.grad_fn.saved, 0, "saved")


LINEAR = [(row, sample, at, i) for row in ROWS for i, sample in enumerate(row.samples) for at in row.linear]


@pytest.mark.parametrize(
    ("row", "sample", "at"), [pytest.param(r, s, at, id=f"{r.name}-{i}-{at}") for r, s, at, i in LINEAR]
)
def test_linear_maps_have_their_adjoint_as_rule(row: Row, sample: Sample, at: int) -> None:
    """<A x, u> = <x, A^T u>, A^T by the rule; and A is linear.  No finite differences."""
    drawn, other = sample.draw(row), sample.draw(row, salt=1)
    moved = [b if i == at else a for i, (a, b) in enumerate(zip(drawn, other))]
    if not any(isinstance(a, np.ndarray) for a in flat([drawn[at]])):
        pytest.skip("the argument is a number here")
    args, constants = tensors(ag, drawn), tensors(ag, drawn, grad=False)
    args = [a if i == at else c for i, (a, c) in enumerate(zip(args, constants))]
    y = row.call(*args, **sample.options)
    (u,) = upstream(ag, [y], 1)
    xs = leaves(args)
    left = inner(y, u)
    right = sum(inner(g, x) for g, x in zip(ag.autograd.grad(y, xs, u), xs))
    np.testing.assert_allclose(left, right, rtol=1e-11, atol=1e-11)

    other_y = row.call(*tensors(ag, moved, grad=False), **sample.options)
    both = [combined(a, b) if i == at else a for i, (a, b) in enumerate(zip(drawn, moved))]
    agree([row.call(*tensors(ag, both, grad=False), **sample.options)], [2 * array(y) - array(other_y)], 1e-10,
        "A(2x-z)")


def combined(a: Any, b: Any) -> Any:
    return [combined(x, z) for x, z in zip(a, b)] if isinstance(a, list) else np.asarray(2 * a - b)


@cases(ROWS, lambda row: row.composition is not None)
def test_fused_agrees_with_its_composition_to_second_order(row: Row, sample: Sample) -> None:
    args = tensors(ag, sample.draw(row))
    agree_outcomes(run(row, sample), differentiate(ag, row.composition, args, sample.options), row.tolerance)
