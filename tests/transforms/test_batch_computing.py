"""Batch rules of the whole table: every primitive, of many examples at once as one at a time; gradients, too."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.transforms.mapping import vmap
from autograd_core.transforms.reverse import vjp
from tests.op_table import PRIMITIVES, ROWS
from tests.rows import Row, Sample, outputs
from tests.trials import array, tensors

SIZE = 3
FEW = 4  # arguments up to which every choice of those that differ between examples is tried
SAMPLES = [(row, sample, i) for row in ROWS for i, sample in enumerate(row.samples[:2])]
each_sample = pytest.mark.parametrize(
    ("row", "sample"), [pytest.param(row, sample, id=f"{row.name}-{i}") for row, sample, i in SAMPLES]
)


def test_every_primitive_has_a_batch_rule_or_is_elementwise() -> None:
    assert sorted(n for n, p in PRIMITIVES.items() if not p.elementwise and p.batch_rule is None) == []


class Case:
    """Arguments of ``SIZE`` examples: those of a sample that are arrays, those inside lists too."""

    def __init__(self, row: Row, sample: Sample) -> None:
        dtype = "float64" if "float64" in row.dtypes else row.dtypes[0]
        drawn = [sample.draw(row, dtype, salt) for salt in range(SIZE)]
        self.row, self.options = row, sample.options
        self.form = [len(a) if isinstance(a, list) else None for a in drawn[0]]
        spread = [[v for a in args for v in (a if isinstance(a, list) else [a])] for args in drawn]
        self.examples = list(zip(*spread))  # argument by argument
        self.arrays = [i for i, a in enumerate(spread[0]) if isinstance(a, np.ndarray)]

    def choices(self) -> list[tuple[int, ...]]:
        """Return every choice of arrays that differ between examples; of many each alone, all but it, and all."""
        n = len(self.arrays)
        sizes = range(1, n + 1) if n <= FEW else (1, n - 1, n)
        return [c for k in sizes for c in itertools.combinations(self.arrays, k)]

    def at(self, example: int, differing: tuple[int, ...]) -> list[Any]:
        """Return the tensors that differ, of one example."""
        return tensors(ag, [self.examples[i][example] for i in differing], grad=False)

    def stacked(self, differing: tuple[int, ...]) -> list[Any]:
        """Return the tensors that differ, of all examples."""
        return tensors(ag, [np.stack(self.examples[i]) for i in differing], grad=False)

    def function(self, differing: tuple[int, ...]) -> Callable[..., Any]:
        """Return the primitive as a function of the tensors that differ, the rest being the first example's."""

        def call(*own: Any) -> Any:
            values = [v[0].copy() if isinstance(v[0], np.ndarray) else v[0] for v in self.examples]
            values = tensors(ag, values, grad=False)
            for i, v in zip(differing, own, strict=True):
                values[i] = v
            rest = iter(values)
            args = [next(rest) if n is None else [next(rest) for _ in range(n)] for n in self.form]
            return self.row.call(*args, **self.options)

        return call

    def differentiable(self, differing: tuple[int, ...]) -> tuple[int, ...]:
        """Return those among the tensors that differ which are floats."""
        return tuple(i for i in differing if self.examples[i][0].dtype.kind in "fc")


def agree(found: Any, wanted: list[Any], tolerance: float) -> None:
    """Compare what a batch gave with what each example gave, in number, shape, dtype and value."""
    for k, one in enumerate(wanted):
        assert len(outputs(found)) == len(outputs(one))
        for a, b in zip(outputs(found), outputs(one)):
            assert a.dtype is b.dtype and tuple(a.shape[1:]) == tuple(b.shape)
            np.testing.assert_allclose(array(a)[k], array(b), rtol=tolerance, atol=tolerance)


@each_sample
def test_a_batch_is_each_example_by_itself(row: Row, sample: Sample) -> None:
    case = Case(row, sample)
    for differing in case.choices():
        call = case.function(differing)
        found = vmap(call)(*case.stacked(differing))
        agree(found, [call(*case.at(k, differing)) for k in range(SIZE)], 1e-10)


def pulled(call: Callable[..., Any], wanted: list[int]) -> Callable[..., Any]:
    """Return the gradient of a function's outputs, with fixed weights, by its arguments at ``wanted``."""

    def gradient(*args: Any) -> Any:
        def function(*own: Any) -> tuple[Any, ...]:
            moved = list(args)
            for i, v in zip(wanted, own, strict=True):
                moved[i] = v
            return tuple(y for y in outputs(call(*moved)) if y.is_floating_point() or y.is_complex())

        ys, pull = vjp(function, *[args[i] for i in wanted])
        weights = [(ag.arange(y.numel()).reshape(y.shape) % 3 - 0.7).to(y.dtype) for y in ys]
        return pull(tuple(weights))

    return gradient


@each_sample
def test_gradients_of_a_batch_are_those_of_each_example(row: Row, sample: Sample) -> None:
    case = Case(row, sample)
    if not row.order:
        return
    for differing in case.choices():
        wanted = [differing.index(i) for i in case.differentiable(differing)]
        if wanted:
            gradient = pulled(case.function(differing), wanted)
            found = vmap(gradient)(*case.stacked(differing))
            agree(found, [gradient(*case.at(k, differing)) for k in range(SIZE)], 1e-8)


@each_sample
def test_a_batch_of_batches(row: Row, sample: Sample) -> None:
    """The first array differs along the outer dimension, the last along the inner one; a single one along both."""
    case = Case(row, sample)
    if not case.arrays:
        return
    ends = tuple(dict.fromkeys((case.arrays[0], case.arrays[-1])))
    call, stacked = case.function(ends), case.stacked(ends)
    if len(ends) == 1:
        (x,) = stacked
        both = vmap(vmap(call))(ag.stack([x, x.flip(0)]))
        once = vmap(call)(x)
        for a, b in zip(outputs(both), outputs(once)):
            np.testing.assert_allclose(array(a), np.stack([array(b), array(b)[::-1]]), rtol=1e-10, atol=1e-10)
        return
    both = vmap(lambda x, z: vmap(lambda w: call(x, w))(z), (0, None))(*stacked)
    for k in range(SIZE):
        wanted = [call(case.at(k, ends)[0], case.at(i, ends)[1]) for i in range(SIZE)]
        agree(tuple(y[k] for y in outputs(both)), wanted, 1e-10)


def test_every_example_has_its_own_mean_of_rows_that_count() -> None:
    x = ag.randn(4, 3, 5, dtype=ag.float64)
    target = ag.tensor([[0, 1, 2], [-100, 1, 2], [-100, -100, 3], [-100, -100, -100]])
    found = vmap(ag.nn.functional.cross_entropy)(x, target)
    wanted = [ag.nn.functional.cross_entropy(a, b) for a, b in zip(x, target)]
    np.testing.assert_allclose(array(found), [float(w) for w in wanted], rtol=1e-12)


def test_gradients_of_each_example_through_a_convolutional_network_agree_with_torch(torch: Any) -> None:
    shapes = {"w1": (4, 1, 3, 3), "b1": (4,), "g1": (4,), "h1": (4,), "w2": (6, 2, 3, 3), "b2": (6,), "w3": (3, 24)}
    rng = np.random.default_rng(0)
    drawn = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    x, target = rng.standard_normal((5, 1, 8, 8)), rng.integers(0, 3, 5)

    def per_example(lib: Any, func: Any) -> Any:
        f = lib.nn.functional

        def loss(p: Any, x: Any, target: Any) -> Any:
            h = f.conv2d(x[None], p["w1"], p["b1"], padding=1)
            h = f.max_pool2d(f.relu(f.group_norm(h, 2, p["g1"], p["h1"])), 2)
            h = f.avg_pool2d(f.gelu(f.conv2d(h, p["w2"], p["b2"], groups=2, padding=1)), 2)
            return f.cross_entropy(f.linear(h.flatten(1), p["w3"]), target[None])

        p = {name: lib.tensor(value) for name, value in drawn.items()}
        return func.vmap(func.grad(loss), (None, 0, 0))(p, lib.tensor(x), lib.tensor(target))

    ours, theirs = per_example(ag, ag.func), per_example(torch, torch.func)
    for name in shapes:
        np.testing.assert_allclose(array(ours[name]), theirs[name].numpy(), rtol=1e-9, atol=1e-10, err_msg=name)


@each_sample
def test_no_examples_give_results_of_none(row: Row, sample: Sample) -> None:
    case = Case(row, sample)
    for differing in case.choices():
        call = case.function(differing)
        found = vmap(call)(*[x[:0] for x in case.stacked(differing)])
        for a, b in zip(outputs(found), outputs(call(*case.at(0, differing))), strict=True):
            assert a.dtype is b.dtype and tuple(a.shape) == (0, *b.shape)
