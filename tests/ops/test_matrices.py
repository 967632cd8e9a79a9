"""Linear algebra where a table does not reach: singular matrices, repeated values, phases, reports, large systems."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.checking.gradcheck import gradcheck, gradgradcheck
from autograd_core.errors import GraphError, LinAlgError


def leaf(array: Any) -> ag.Tensor:
    return ag.tensor(np.asarray(array), requires_grad=True)


def draw(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape)


def complex_draw(*shape: int) -> Any:
    return draw(*shape) + 1j * draw(*shape, seed=1)


def of_rank(n: int, rank: int) -> Any:
    return draw(n, rank) @ draw(rank, n, seed=1)


# ---- determinants ----


@pytest.mark.parametrize("a", [of_rank(3, 2), of_rank(3, 1), np.zeros((3, 3)), np.eye(3), np.diag([1.0, 0, 2]),
                               np.zeros((1, 1)), np.stack([np.eye(2), np.ones((2, 2))])])  # fmt: skip
def test_determinants_have_both_gradients_where_a_matrix_is_singular(a: Any) -> None:
    x = leaf(a)
    assert gradcheck(ag.linalg.det, [x], atol=1e-7)
    assert gradgradcheck(ag.linalg.det, [x], atol=1e-6)


def test_determinants_of_float32_are_right_where_singular() -> None:
    x = leaf(of_rank(4, 3).astype("float32"))
    ag.linalg.det(x).backward()
    u, s, vh = np.linalg.svd(x.detach().numpy().astype("float64"))
    wanted = np.linalg.det(u) * np.linalg.det(vh) * s[:3].prod() * np.outer(u[:, 3], vh[3])
    np.testing.assert_allclose(x.grad.numpy(), wanted, rtol=1e-3, atol=1e-4)


def test_logdet_of_a_negative_and_of_a_zero_determinant() -> None:
    assert np.isnan(ag.logdet(ag.tensor([[1.0, 0], [0, -1]])).item())
    assert ag.logdet(ag.zeros(2, 2)).item() == -np.inf
    sign, size = ag.linalg.slogdet(ag.tensor([[1.0, 2], [2, 4]]))
    assert (sign.item(), size.item()) == (0, -np.inf)


def test_slogdet_neither_overflows_nor_underflows() -> None:
    a = np.eye(100) * 1e30
    x = leaf(a)
    sign, size = ag.linalg.slogdet(x)
    size.backward()
    np.testing.assert_allclose(size.item(), 100 * np.log(1e30))
    np.testing.assert_allclose(x.grad.numpy(), np.eye(100) * 1e-30)
    assert sign.item() == 1


# ---- repeated values, and the phases of complex vectors ----


@pytest.mark.parametrize("ord", ["nuc", 2, -2])
@pytest.mark.parametrize("a", [np.eye(3), np.diag([2.0, 2, 0]), np.zeros((2, 3))])
def test_norms_by_singular_values_are_finite_where_they_repeat(ord: Any, a: Any) -> None:
    x = leaf(a)
    ag.linalg.matrix_norm(x, ord).backward()
    assert np.isfinite(x.grad.numpy()).all()


def test_eigenvalues_have_a_gradient_where_they_repeat() -> None:
    x = leaf(np.eye(3))
    ag.linalg.eigvalsh(x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.eye(3))


def through_svd(a: Any) -> Any:
    """A function of all factors that knows no phases."""
    u, s, vh = ag.linalg.svd(a, full_matrices=False)
    return abs(u), s, abs(vh), u * (1 / (1 + s)) @ vh


def through_qr(a: Any) -> Any:
    q, r = ag.linalg.qr(a)
    return abs(r), q * (abs(r).sum(-1)) @ r


def through_eigh(a: Any) -> Any:
    values, vectors = ag.linalg.eigh((a + a.mH) / 2)
    return values, abs(vectors), vectors * (1 / (1 + values**2)) @ vectors.mH


def through_cholesky(a: Any) -> Any:
    return ag.linalg.cholesky(a @ a.mH + ag.eye(a.shape[-2]))


def through_slogdet(a: Any) -> Any:
    return tuple(ag.linalg.slogdet(a @ a.mT + 2 * ag.eye(a.shape[-2])))


@pytest.mark.parametrize("function", [through_svd, through_qr, through_eigh, through_cholesky, through_slogdet])
@pytest.mark.parametrize("shape", [(3, 3), (2, 2, 2)])
def test_complex_factors_have_both_gradients(function: Any, shape: Any) -> None:
    x = leaf(complex_draw(*shape))
    assert gradcheck(function, [x], atol=1e-6)
    assert gradgradcheck(function, [x], atol=1e-5)


@pytest.mark.parametrize("function", [through_svd, through_qr])
@pytest.mark.parametrize("shape", [(3, 2), (2, 3)])
def test_complex_factors_of_no_squares_have_gradients(function: Any, shape: Any) -> None:
    assert gradcheck(function, [leaf(complex_draw(*shape))], atol=1e-6)


def test_full_factors_give_the_gradient_of_the_reduced_ones() -> None:
    grads = []
    for full in (False, True):
        x = leaf(draw(4, 2))
        u, s, vh = ag.linalg.svd(x, full)
        ((u[:, :2] * s) @ vh * ag.arange(8.0).reshape(4, 2).double() + u[:, :2] ** 3).sum().backward()
        grads.append(x.grad.numpy())
    np.testing.assert_allclose(*grads, atol=1e-12)
    u, _, vh = ag.linalg.svd(ag.from_numpy(draw(4, 2)))
    assert u.shape == (4, 4) and vh.shape == (2, 2)


def test_columns_that_complete_a_basis_have_no_gradient() -> None:
    q, r = ag.linalg.qr(leaf(draw(3, 2)), "complete")
    assert q.shape == (3, 3) and r.shape == (3, 2)
    with pytest.raises(GraphError, match=r"^qr: .* not differentiable when mode='complete' and nrows > ncols"):
        q.sum().backward()


# ---- pseudoinverses and least squares ----


@pytest.mark.parametrize("hermitian", [False, True])
def test_pseudoinverses_have_both_gradients_among_matrices_of_a_rank(hermitian: bool) -> None:
    def function(a: Any, b: Any) -> Any:
        return ag.linalg.pinv(a @ (a if hermitian else b).mT, hermitian=hermitian)

    xs = [leaf(draw(4, 2)), leaf(draw(4, 2, seed=1))]
    assert gradcheck(function, xs[: 2 - hermitian] * (1 + hermitian), atol=1e-6)
    assert gradgradcheck(function, xs[: 2 - hermitian] * (1 + hermitian), atol=1e-5)


def test_small_singular_values_count_as_zero() -> None:
    a = np.diag([4.0, 2, 1e-20])
    np.testing.assert_allclose(ag.linalg.pinv(ag.from_numpy(a)).numpy(), np.diag([0.25, 0.5, 0]))
    for options in ({"rtol": 0.6}, {"atol": 3.0}, {"rcond": 0.6}, {"atol": ag.tensor(3.0)}):
        np.testing.assert_allclose(ag.linalg.pinv(ag.from_numpy(a), **options).numpy(), np.diag([0.25, 0, 0]))


@pytest.mark.parametrize("driver", [None, "gels", "gelsy", "gelsd", "gelss"])
def test_least_squares_report_what_the_driver_reports(driver: Any) -> None:
    a, b = draw(2, 4, 3), draw(2, 4, 2, seed=1)
    found = ag.linalg.lstsq(ag.from_numpy(a), ag.from_numpy(b), driver=driver)
    wanted = [np.linalg.lstsq(x, y) for x, y in zip(a, b)]
    np.testing.assert_allclose(found.solution.numpy(), [w[0] for w in wanted])
    if driver not in (None, "gelsy"):
        np.testing.assert_allclose(found.residuals.numpy(), [w[1] for w in wanted])
    if driver in ("gelsd", "gelss"):
        np.testing.assert_allclose(found.singular_values.numpy(), [w[3] for w in wanted])
    assert found.rank.tolist() == ([] if driver == "gels" else [3, 3])
    vector = ag.linalg.lstsq(ag.from_numpy(a[0]), ag.from_numpy(b[0, :, 0])).solution
    np.testing.assert_allclose(vector.numpy(), wanted[0][0][:, 0])


def test_condition_of_a_singular_matrix_is_infinite() -> None:
    assert ag.linalg.cond(ag.ones(2, 2), 1).item() == np.inf
    assert ag.linalg.cond(ag.zeros(2, 2)).isnan().item()


# ---- reports and errors ----


def test_reports_say_which_matrix_fails_and_where() -> None:
    a = ag.tensor([[[2.0, 0], [0, 2]], [[1, 1], [1, 1]], [[0, 0], [0, 1]]], requires_grad=True)
    inverse, info = ag.linalg.inv_ex(a)
    assert info.tolist() == [0, 2, 1] and info.dtype is ag.int32
    assert inverse[1:].isnan().all() and (inverse[0] == ag.eye(2) / 2).all()
    inverse[0].sum().backward()
    assert (a.grad[0] == -0.25).all()
    assert ag.linalg.solve_ex(a.detach(), ag.ones(3, 2)).result[0].tolist() == [0.5, 0.5]
    factor, info = ag.linalg.cholesky_ex(ag.tensor([[[4.0, 0], [0, 9]], [[1, 2], [2, 1]]]))
    assert info.tolist() == [0, 2] and factor[0].tolist() == [[2, 0], [0, 3]]


def test_errors_are_numpys_and_runtime_errors() -> None:
    with pytest.raises(np.linalg.LinAlgError) as raised:
        ag.linalg.inv(ag.zeros(2, 2))
    assert isinstance(raised.value, RuntimeError) and ag.linalg.LinAlgError is LinAlgError


def test_a_zero_on_the_diagonal_of_a_triangle_gives_infinities() -> None:
    a = ag.tensor([[1.0, 0], [1, 0]])
    found = ag.linalg.solve_triangular(a, ag.tensor([[1.0], [2]]), upper=False)
    assert found.flatten().tolist() == [1, np.inf]


@pytest.mark.parametrize("upper", [False, True])
def test_large_triangles_are_solved_by_blocks(upper: bool) -> None:
    a = np.eye(130) * 20 + draw(130, 130)
    b = draw(2, 130, 3)
    found = ag.linalg.solve_triangular(ag.from_numpy(a), ag.from_numpy(b), upper=upper).numpy()
    np.testing.assert_allclose((np.triu(a) if upper else np.tril(a)) @ found, b, atol=1e-12)


def test_eigenvalues_of_any_matrix_come_without_gradient() -> None:
    a = ag.tensor([[0.0, 1], [-1, 0]])
    values, vectors = ag.linalg.eig(a)
    np.testing.assert_allclose((vectors * values @ ag.linalg.inv(vectors)).numpy(), a.numpy(), atol=1e-6)
    assert values.dtype is ag.complex64 and sorted(ag.linalg.eigvals(a).numpy().imag) == [-1, 1]
    with pytest.raises(GraphError, match=r"^linalg.eigvals: has no gradient"):
        ag.linalg.eigvals(a.requires_grad_())


def test_the_device_waits_for_reports_and_raises(cuda: Any) -> None:
    with ag.device("cuda"), pytest.raises(LinAlgError, match="singular"):
        ag.linalg.inv(ag.zeros(2, 2))


# ---- products ----


def test_labels_of_einsum_as_numbers() -> None:
    a, b = ag.from_numpy(draw(2, 3)), ag.from_numpy(draw(3, 2))
    np.testing.assert_allclose(ag.einsum(a, [0, 1], b, [1, 2], [0, 2]).numpy(), (a @ b).numpy())
    np.testing.assert_allclose(ag.einsum(a, [..., 40], b, [40, 3]).numpy(), (a @ b).numpy())
    with pytest.raises(ValueError, match=r"^einsum: got the label 52; not within the valid range \[0, 52\)"):
        ag.einsum(a, [0, 52])


def test_products_of_many_matrices_take_the_cheapest_order() -> None:
    from autograd_core.composites.algebra import _cuts

    cut = _cuts([30, 35, 15, 5, 10, 20, 25])  # Cormen et al., figure 15.5
    assert (cut[0, 5], cut[0, 2], cut[3, 5]) == (2, 0, 4)


def test_a_factor_of_zero_forgets_even_nan() -> None:
    x = ag.full((2, 2), float("nan"))
    assert ag.addmm(x, ag.eye(2), ag.eye(2), beta=0).tolist() == [[1, 0], [0, 1]]


def test_distances_by_products_have_no_gradient_at_zero() -> None:
    x = leaf(draw(30, 2))
    ag.cdist(x, x).sum().backward()
    assert np.isfinite(x.grad.numpy()).all()
