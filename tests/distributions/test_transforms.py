"""Transforms: PyTorch's images, inverses and Jacobians; and what holds of all of them."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import distributions as D
from autograd_core.distributions import constraints
from autograd_core.distributions import transforms as T

X = np.array([[-1.3, 0.4, 2.2], [0.1, -0.6, 1.1]])
P = np.array([[0.2, 1.1, 3.0], [0.7, 2.5, 0.5]])
MATRIX = np.array([[0.5, 0.1, 0.0], [0.3, -0.4, 0.2], [0.1, 0.7, 1.0]])
MAKERS = {
    "Exp": (lambda D, t: D.ExpTransform(), X),
    "Sigmoid": (lambda D, t: D.SigmoidTransform(), X),
    "Softplus": (lambda D, t: D.SoftplusTransform(), X),
    "Tanh": (lambda D, t: D.TanhTransform(), X),
    "Power": (lambda D, t: D.PowerTransform(t([0.5, 2.0, -1.5])), P),
    "Abs": (lambda D, t: D.AbsTransform(), P),
    "Affine": (lambda D, t: D.AffineTransform(t([0.5, 1.0, -1.0]), t([2.0, -1.0, 0.3])), X),
    "Affine of numbers": (lambda D, t: D.AffineTransform(0.5, -2.0), X),
    "Affine of vectors": (lambda D, t: D.AffineTransform(t([0.5, 1.0, -1.0]), t([2.0, -1.0, 0.3]), event_dim=1), X),
    "Cdf": (lambda D, t: D.CumulativeDistributionTransform(D.Normal(t(0.2), t(1.5))), X),
    "Softmax": (lambda D, t: D.SoftmaxTransform(), X),
    "StickBreaking": (lambda D, t: D.StickBreakingTransform(), X),
    "LowerCholesky": (lambda D, t: D.LowerCholeskyTransform(), MATRIX),
    "PositiveDefinite": (lambda D, t: D.PositiveDefiniteTransform(), MATRIX),
    "Reshape": (lambda D, t: D.ReshapeTransform((3,), (3, 1)), X),
    "Independent": (lambda D, t: D.IndependentTransform(D.ExpTransform(), 1), X),
    "Inverse": (lambda D, t: D.ExpTransform().inv, P),
    "Identity": (lambda D, t: D.ComposeTransform([]), X),
    "Compose": (lambda D, t: D.ComposeTransform([D.AffineTransform(0.5, 2.0), D.TanhTransform(), D.ExpTransform()]), X),
    "Compose with vectors": (lambda D, t: D.ComposeTransform([D.ExpTransform(), D.StickBreakingTransform()]), X),
    "Compose twice": (lambda D, t: D.ComposeTransform([twice := D.SigmoidTransform(), twice]), X),
}  # fmt: skip
each = pytest.mark.parametrize("name", MAKERS)


def made(name: str, lib: Any) -> tuple[Any, Any]:
    maker, values = MAKERS[name]
    tensor = lambda v: lib.tensor(v, dtype=lib.float64)  # noqa: E731
    return maker(lib.distributions, tensor), tensor(values.tolist()).requires_grad_()


def results(name: str, lib: Any) -> list[Any]:
    transform, x = made(name, lib)
    y = transform(x)
    found = [y, transform.inv(y)]
    if transform.bijective:
        found.append(transform.log_abs_det_jacobian(x, y))
    total = sum((v * lib.linspace(0.5, 1.5, v.numel(), dtype=lib.float64).reshape(v.shape)).sum() for v in found)
    facts = [transform.bijective, transform.domain.event_dim, transform.codomain.event_dim, tuple(y.shape)]
    facts += [tuple(transform.forward_shape(x.shape)), tuple(transform.inverse_shape(y.shape))]
    if "StickBreaking" not in name and "vectors" not in name and transform.bijective and name != "Reshape":
        facts.append(np.asarray(transform.sign).tolist())
    return [*(v.detach().numpy() for v in found), lib.autograd.grad(total, x)[0].numpy(), facts]


@each
def test_pytorch_has_the_same(torch: Any, name: str) -> None:
    *ours, facts = results(name, ag)
    *theirs, wanted = results(name, torch)
    assert facts == wanted
    for mine, its in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-8, atol=1e-12)


@each
def test_inverses(name: str) -> None:
    transform, x = made(name, ag)
    y = transform(x.detach())
    assert transform.inv.inv is transform
    assert transform.codomain.check(y).all() and transform.domain.check(x).all()
    back = transform.inv(y)
    np.testing.assert_allclose(transform(back).numpy(), y.numpy(), rtol=1e-9)
    if transform.bijective:
        np.testing.assert_allclose(back.numpy(), x.detach().numpy(), rtol=1e-7)
        there, here = transform.log_abs_det_jacobian(x, y), transform.inv.log_abs_det_jacobian(y, x)
        np.testing.assert_allclose(there.detach().numpy(), -here.detach().numpy())
        assert transform.inv.domain.event_dim == transform.codomain.event_dim


@pytest.mark.parametrize("name", ["Exp", "Sigmoid", "Softplus", "Tanh", "Power", "Affine", "Cdf", "Compose"])
def test_jacobians_of_numbers(name: str) -> None:
    transform, x = made(name, ag)
    y = transform(x)
    slope = ag.autograd.grad(y.sum(), x, retain_graph=True)[0]
    found = transform.log_abs_det_jacobian(x, y).detach().numpy()
    np.testing.assert_allclose(found, slope.abs().log().numpy(), rtol=1e-9)


def test_the_jacobian_of_stick_breaking() -> None:
    transform, x = made("StickBreaking", ag)
    x = x[0].detach().requires_grad_()
    y = transform(x)
    rows = [ag.autograd.grad(y[i], x, retain_graph=True)[0].numpy() for i in range(3)]
    expected = np.linalg.slogdet(np.stack(rows))[1]
    assert transform.log_abs_det_jacobian(x, y).item() == pytest.approx(expected)


def test_a_number_as_the_scale_of_vectors() -> None:
    """``|dy/dx|`` is the product over all elements, where PyTorch counts a 0-d scale once."""
    x = ag.zeros(2, 3)
    for scale in (2.0, ag.tensor(2.0), ag.tensor([2.0])):
        found = T.AffineTransform(0.0, scale, event_dim=1).log_abs_det_jacobian(x, x)
        assert found.tolist() == pytest.approx([3 * math.log(2)] * 2)


def test_a_cache_gives_the_very_same_tensor() -> None:
    plain, kept = T.TanhTransform(), T.TanhTransform(cache_size=1)
    x = ag.tensor([20.0])
    assert plain.inv(plain(x)).isinf() and kept.inv(y := kept(x)) is x and kept(x) is y
    z = ag.tensor([0.5])
    assert kept(kept.inv(z)) is z
    assert plain.with_cache(0) is plain and plain.with_cache(1)._cache_size == 1
    chain = T.ComposeTransform([T.AffineTransform(0.0, 2.0), T.TanhTransform()], cache_size=1)
    assert chain.inv(chain(x)) is x
    for transform in (T.AffineTransform(1.0, 2.0), T.PowerTransform(2.0), T.ExpTransform().inv,
                      T.IndependentTransform(T.ExpTransform(), 1), T.ReshapeTransform((2,), (1, 2)),
                      T.CumulativeDistributionTransform(D.Normal(0.0, 1.0)), T.ComposeTransform([])):  # fmt: skip
        cached = transform.with_cache()
        assert type(cached) is type(transform) and cached._cache_size == 1
        if not isinstance(transform, T.CumulativeDistributionTransform | T.ReshapeTransform | T.IndependentTransform):
            assert cached == transform and transform != T.TanhTransform()
    with pytest.raises(ValueError, match="cache_size must be 0 or 1"):
        T.ExpTransform(cache_size=2)


def test_equality_copies_and_text() -> None:
    assert T.ExpTransform() == T.ExpTransform() != T.TanhTransform() and T.ExpTransform() != T.ExpTransform().inv
    assert T.AffineTransform(ag.tensor([1.0]), 2.0) == T.AffineTransform(ag.tensor([1.0]), 2.0)
    assert T.AffineTransform(1.0, 2.0) != T.AffineTransform(1.0, 3.0)
    assert repr(T.ExpTransform()) == "ExpTransform()" and repr(T.identity_transform) == "ComposeTransform(\n    \n)"
    assert repr(T.IndependentTransform(T.ExpTransform(), 1)) == "IndependentTransform(ExpTransform(), 1)"
    kept = T.TanhTransform(cache_size=1)
    kept(ag.tensor([0.3]))
    for copied in (pickle.loads(pickle.dumps(kept)), copy.deepcopy(kept)):
        assert copied._cache_size == 1 and copied(ag.tensor([0.0])).tolist() == [0]


def test_a_transform_of_ones_own() -> None:
    class Doubled(T.Transform):
        bijective, sign = True, 1
        domain = codomain = constraints.real

        def _call(self, x: Any) -> Any:
            return 2 * x

        def _inverse(self, y: Any) -> Any:
            return y / 2

        def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
            return ag.full_like(x, math.log(2.0))

    d = D.TransformedDistribution(D.Normal(0.0, 1.0), [Doubled()])
    assert d.log_prob(ag.tensor(1.5)).item() == pytest.approx(D.Normal(0.0, 2.0).log_prob(ag.tensor(1.5)).item())
    assert d.cdf(ag.tensor(1.5)).item() == pytest.approx(D.Normal(0.0, 2.0).cdf(ag.tensor(1.5)).item())
    for what in ("_call", "_inverse", "sign"):
        with pytest.raises(NotImplementedError, match=f"Transform.{what}: not implemented"):
            getattr(T.Transform(), what)(*([] if what == "sign" else [None]))


def test_refusals() -> None:
    for call, match in (
        (lambda: T.ReshapeTransform((2,), (3,)), "in_shape, out_shape have different numbers of elements"),
        (lambda: T.ReshapeTransform((2,), (2, 1))(ag.zeros(3)), r"Shape mismatch: expected \(2,\) but got \(3,\)"),
        (lambda: T.ReshapeTransform((2,), (2, 1)).inv(ag.zeros(2)), "Too few dimensions on input"),
        (lambda: T.StickBreakingTransform().forward_shape(()), "Too few dimensions on input"),
        (lambda: T.IndependentTransform(T.ExpTransform(), 2)(ag.zeros(2)), "Too few dimensions on input"),
        (lambda: T.StickBreakingTransform.event_dim.fget(T.ReshapeTransform((4,), (2, 2))), "Please use either"),
    ):
        with pytest.raises(ValueError, match=match):
            call()
