"""Every distribution has PyTorch's moments, densities, entropies, supports and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from tests.distributions.cases import CASES, Case

cases = pytest.mark.parametrize("case", CASES, ids=str)
PROPERTIES = ("mean", "mode", "variance", "stddev")
FLAGS = ("has_rsample", "has_enumerate_support", "batch_shape", "event_shape")


def number(lib: Any, case: Case) -> Any:
    values = np.asarray(case.values)
    kind = lib.int64 if values.dtype.kind == "i" else lib.float64
    return lib.tensor(values.tolist(), dtype=kind)


def outcome(lib: Any, case: Case, what: str) -> Any:
    """Return a result and its gradients by the parameters (and value) as arrays, or the error's type."""
    d, leaves = case.make(lib)
    value = number(lib, case)
    if value.is_floating_point() and what in ("log_prob", "cdf"):
        value.requires_grad_()
        leaves = [*leaves, value]
    try:
        if what in PROPERTIES or what in ("probs", "logits"):
            found = getattr(d, what)
        elif what == "icdf":
            found = d.icdf(lib.tensor([[0.1], [0.7]], dtype=lib.float64))
        else:
            found = getattr(d, what)(value) if what in ("log_prob", "cdf") else getattr(d, what)()
    except (NotImplementedError, AttributeError):
        return "missing"
    if not found.requires_grad:
        return [found.numpy()]
    weights = lib.tensor(np.linspace(0.5, 1.5, found.numel()).reshape(tuple(found.shape)).tolist(), dtype=lib.float64)
    finite = lib.where(lib.isfinite(found.detach()), weights, 0.0)
    try:
        grads = lib.autograd.grad((lib.nan_to_num(found) * finite).sum(), leaves, allow_unused=True)
    except RuntimeError:  # of the incomplete gamma function there is no derivative by the concentration
        return [found.detach().numpy()]
    zeros = [np.zeros(tuple(x.shape)) if g is None else g.detach().numpy() for g, x in zip(grads, leaves, strict=True)]
    return [found.detach().numpy(), *zeros]


@pytest.mark.parametrize(
    "what", [*PROPERTIES, "probs", "logits", "log_prob", "cdf", "icdf", "entropy", "perplexity", "enumerate_support"]
)
@cases
def test_numbers_and_gradients(torch: Any, case: Case, what: str) -> None:
    theirs, ours = outcome(torch, case, what), outcome(ag, case, what)
    if isinstance(theirs, str) or isinstance(ours, str):
        assert ours == theirs
        return
    assert len(ours) == len(theirs) or len(theirs) == 1
    for mine, wanted in zip(ours, theirs, strict=False):
        assert mine.shape == wanted.shape and mine.dtype == wanted.dtype
        np.testing.assert_allclose(mine, wanted, rtol=5e-7, atol=1e-11)


@cases
def test_what_it_is(torch: Any, case: Case) -> None:
    (ours, _), (theirs, _) = case.make(ag), case.make(torch)
    for flag in FLAGS:
        assert getattr(ours, flag) == getattr(theirs, flag), flag
    assert ours.support.event_dim == theirs.support.event_dim
    assert ours.support.is_discrete == theirs.support.is_discrete
    assert set(ours.arg_constraints) == set(theirs.arg_constraints)
    assert repr(ours).split("(")[0] == repr(theirs).split("(")[0]


@cases
def test_draws_have_its_shapes(torch: Any, case: Case) -> None:
    (ours, _), (theirs, _) = case.make(ag), case.make(torch)
    for shape in ((), (4,), (2, 3)):
        mine, wanted = ours.sample(shape), theirs.sample(shape)
        assert mine.shape == tuple(wanted.shape) and str(mine.dtype)[3:] == str(wanted.dtype)[6:]
        assert not mine.requires_grad
    if theirs.has_rsample:
        assert ours.rsample((2,)).requires_grad == theirs.rsample((2,)).requires_grad
    else:
        with pytest.raises(NotImplementedError):
            ours.rsample()


@cases
def test_expanded(torch: Any, case: Case) -> None:
    (ours, _), (theirs, _) = case.make(ag), case.make(torch)
    wide = (4, *ours.batch_shape)
    mine, wanted = ours.expand(wide), theirs.expand(wide)
    assert type(mine) is type(ours) and mine.batch_shape == wide and mine.event_shape == ours.event_shape
    shape = ours.batch_shape + ours.event_shape
    value = np.resize(case.values, shape)
    found = []
    for lib, d in ((ag, mine), (torch, wanted)):
        density = d.log_prob(number(lib, Case("", {}, value)).expand(d.batch_shape + d.event_shape))
        found.append((density.detach().numpy(), tuple(d.sample().shape)))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-9)
    assert found[0][1] == found[1][1]
