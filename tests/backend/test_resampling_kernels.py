"""Resampling on raw arrays: every way gives the rule's matrix, its adjoint the transpose, and NaN goes no further."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd_core.backend import cpu, cuda, resampling
from tests.tables.resizing import matrix

KINDS = ["nearest", "linear", "cubic", "linear-antialias", "cubic-antialias", "area"]
EXTENSIONS = ["reflect", "replicate", "circular"]
borrow = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def rules(draw):
    inputs, outputs = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    kind = draw(st.sampled_from(KINDS + EXTENSIONS))
    if kind in EXTENSIONS:
        before, after = draw(st.integers(0, inputs - 1)), draw(st.integers(0, inputs - 1))
        return (kind, inputs, inputs + before + after, 1.0, float(-before))
    return (kind, inputs, outputs, inputs / outputs, draw(st.sampled_from([0.0, 0.5])))


@borrow
@given(rules(), st.integers(0, 2), st.booleans())
def test_a_rule_is_its_matrix(run, rule, dim, adjoint):
    m = matrix(rule).T if adjoint else matrix(rule)
    shape = [2, 3, 2]
    shape[dim] = m.shape[1]
    x = np.random.default_rng(0).standard_normal(shape)
    expected = np.moveaxis(np.tensordot(m, x, (1, dim)), 0, dim)
    np.testing.assert_allclose(run("resample", x, dim=dim, rule=rule, adjoint=adjoint), expected, atol=1e-7)


@pytest.mark.parametrize("kernels", [cpu, cuda])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_stays_where_it_is_read(kernels, value):
    x = np.ones((2, 8), "float32")
    x[0, 2] = value
    for adjoint, rule in ((False, ("linear", 8, 16, 0.5, 0.5)), (True, ("linear", 16, 8, 2.0, 0.5))):
        y = kernels.resample(np, x, dim=1, rule=rule, adjoint=adjoint)
        assert not np.isfinite(y[0, 3:7]).all()
        assert np.isfinite(np.delete(y[0], range(2, 8))).all() and np.isfinite(y[1]).all()


@pytest.mark.parametrize("shape, dim", [((0, 4, 3), 1), ((2, 4, 0), 1), ((0, 4), 1), ((4,), 0), ((2, 4, 1), 1)])
def test_empty_batches_and_single_lines(run, shape, dim):
    y = run("resample", np.ones(shape), dim=dim, rule=("linear", 4, 6, 4 / 6, 0.5), adjoint=False)
    np.testing.assert_allclose(y, np.ones((*shape[:dim], 6, *shape[dim + 1 :])), atol=1e-12)


def test_weights_of_bytes_are_fractions_that_add_up():
    weight = resampling.taps_of(("cubic-bytes", 5, 7, 5 / 7, 0.5), False)[1]
    exact = resampling.taps_of(("cubic", 5, 7, 5 / 7, 0.5), False)[1]
    assert (weight * 2**14 == np.round(weight * 2**14)).all()
    assert (abs(weight.sum(1) - exact.sum(1)) <= 2.0**-13).all()
