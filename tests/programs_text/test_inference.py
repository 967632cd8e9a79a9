"""Shapes and dtypes inferred without computing, against those of every sample of the op table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.errors import ProgramError
from autograd_core.programs import inference, options
from autograd_core.programs.ir import Variable, plain
from autograd_core.programs.shape_rules import RULES
from tests.op_table import ROWS
from tests.rows import Row, Sample, outputs
from tests.trials import cases, tensors

OWN = {n: p for n, p in ag.PRIMITIVES.items() if p.forward.__module__.startswith("autograd_core.")}


def declared(value: Any) -> Any:
    """A tensor as a variable, a list of them as a tuple."""
    if isinstance(value, list | tuple):
        return tuple(map(declared, value))
    value = ag.tensor(value) if isinstance(value, np.ndarray) else value
    return Variable("x", tuple(value.shape), value.dtype) if isinstance(value, ag.Tensor) else value


def written(given: dict[str, Any]) -> dict[str, Any]:
    """Options as a program holds them: arrays in an index as variables."""
    if "key" in given:
        given = given | {"key": tuple(declared(k) if isinstance(k, np.ndarray) else k for k in given["key"])}
    return {key: plain(value) for key, value in given.items()}


@cases([row for row in ROWS if row.name in OWN])
def test_inference_agrees_with_the_run(row: Row, sample: Sample) -> None:
    prim = OWN[row.name]
    for dtype in row.dtypes:
        args = tensors(ag, sample.draw(row, dtype), grad=False)
        meta = written(sample.options)
        for key, value in meta.items():
            options.check_option(prim, key, value)
        said = tuple(map(declared, args))
        options.check_arguments(prim, said)
        options.check_complete(prim, meta)
        found = inference.infer(prim, said, meta)
        assert found is not None
        made = outputs(row.call(*args, **sample.options))
        for (shape, kind), result in zip(found, made, strict=True):
            assert kind in (None, result.dtype)
            assert all(n in (m, -1) for n, m in zip(shape, result.shape, strict=True)), (shape, result.shape)


@pytest.mark.parametrize("name", sorted(OWN))
def test_every_primitive_has_a_rule(name: str) -> None:
    assert OWN[name].elementwise or name in RULES


@pytest.mark.parametrize("name", sorted(OWN))
def test_options_are_checked(name: str) -> None:
    """An option declared as text or as anything has a list of what it may be."""
    for key, hint in options._hints(OWN[name]).items():
        if key in OWN[name].meta:
            assert hint is not str or (name, key) in options.WORDS
            assert hint is not Any or key in options.KINDS


@pytest.mark.parametrize("key", [(0,), (slice(None), 1), (..., -1), (None, slice(3, 0, -1)), (1, ..., None)])
def test_basic_indices(key: tuple[Any, ...]) -> None:
    from autograd_core.programs.indexing import indexed

    x = np.empty((4, 3, 2))
    assert indexed(x.shape, key) == x[key].shape


def test_advanced_indices() -> None:
    from autograd_core.programs.indexing import indexed

    rng = np.random.default_rng(0)
    x = np.empty((4, 5, 3, 2))
    for _ in range(500):
        key: list[Any] = []
        for n in x.shape[: rng.integers(1, 5)]:
            kind = rng.integers(0, 5)
            array = rng.integers(0, n, [(3,), (1,), (2, 3), (2, 1)][rng.integers(0, 4)])
            key.append([int(rng.integers(0, n)), slice(int(rng.integers(0, n)), None), array, slice(None), array][kind])
            key += [None] * int(rng.integers(0, 4) == 0)
        if rng.integers(0, 2):
            key.append(...)
        said = tuple(declared(k) if isinstance(k, np.ndarray) else k for k in key)
        assert indexed(x.shape, said) == x[tuple(key)].shape, key


@pytest.mark.parametrize("shape", [(10**12, 10**12), (1,) * 65, (2**60,)])
def test_huge_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ProgramError, match="wanted at most"):
        inference.check_variable(shape)
