"""``ag.autograd.functional`` against PyTorch's, and many gradients in one pass."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import autograd_core as ag
from autograd_core.autograd import functional
from autograd_core.errors import DTypeError, GraphError
from tests.nn.twin import close, draw

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")


def scalar(x: Any, y: Any) -> Any:
    return (x.sin() * y.exp()).sum() ** 2


def several(x: Any, y: Any) -> Any:
    return x.sin() * y, (x * y).sum()


def point(library: Any, requires_grad: bool = False) -> tuple[Any, Any]:
    return tuple(library.tensor(draw((3,), seed), requires_grad=requires_grad) for seed in (0, 1))  # type: ignore[return-value]


def agree(ours: Any, theirs: Any) -> None:
    if isinstance(ours, tuple):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            agree(one, other)
        return
    assert ours.requires_grad == theirs.requires_grad
    close(ours, theirs)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", ["vjp", "jvp", "hvp", "vhp", "jacobian", "hessian"])
def test_derivatives(torch: ModuleType, name: str, create_graph: bool) -> None:
    def found(library: Any) -> Any:
        v = {"v": point(library)} if name in ("jvp", "hvp", "vhp") else {}
        of = getattr(library.autograd.functional, name)
        return of(scalar, point(library, create_graph), **v, create_graph=create_graph)

    agree(found(ag), found(torch))


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("vectorize", [False, True])
def test_jacobians_of_several_outputs(torch: ModuleType, vectorize: bool, create_graph: bool) -> None:
    def found(library: Any) -> Any:
        of = library.autograd.functional.jacobian
        return of(several, point(library, create_graph), create_graph=create_graph, vectorize=vectorize)

    agree(found(ag), found(torch))


def test_forward_mode_strategies(torch: ModuleType) -> None:
    def found(library: Any) -> Any:
        of = library.autograd.functional
        return (
            of.jacobian(several, point(library), vectorize=True, strategy="forward-mode"),
            of.hessian(scalar, point(library), vectorize=True, outer_jacobian_strategy="forward-mode"),
            of.hessian(scalar, point(library), vectorize=True),
        )

    ours, theirs = found(ag), found(torch)
    agree(ours[0], theirs[0])
    for one, other in zip(ours[1:], theirs[1:], strict=True):
        for row, wanted in zip(one, other, strict=True):
            for a, b in zip(row, wanted, strict=True):
                close(a, b)  # PyTorch's has a graph that nobody asked for


def test_a_single_tensor_gives_single_tensors(torch: ModuleType) -> None:
    def found(library: Any) -> Any:
        x, of = point(library)[0], library.autograd.functional
        single = lambda x: (x.sin() * x).sum()  # noqa: E731
        return of.vjp(single, x), of.hvp(single, x, x), of.jacobian(library.sin, x), of.hessian(single, x)

    agree(found(ag), found(torch))


def test_created_graphs_can_be_followed(torch: ModuleType) -> None:
    def third(library: Any) -> Any:
        x, y = point(library, True)
        hessian = library.autograd.functional.hessian(scalar, (x, y), create_graph=True)[0][1]
        return library.autograd.grad(hessian.sum(), (x, y))

    agree(third(ag), third(torch))


def test_what_does_not_depend_is_zeros_or_refused(torch: ModuleType) -> None:
    def constant(x: Any, y: Any) -> Any:
        return (x * x).sum()

    def found(library: Any) -> Any:
        of = library.autograd.functional
        return of.jacobian(constant, point(library)), of.hvp(constant, point(library), point(library))

    agree(found(ag), found(torch))
    for name, options in (("vjp", {}), ("jvp", {"v": point(ag)}), ("jacobian", {}), ("hvp", {"v": point(ag)})):
        with pytest.raises(GraphError, match=r"independent of input 1\. This is not allowed in strict mode"):
            getattr(functional, name)(constant, point(ag), strict=True, **options)
    with pytest.raises(GraphError, match="Output 0 of the user-provided function does not require gradients"):
        functional.vjp(lambda x, y: ag.ones(()), point(ag), strict=True)


x, y = ag.ones(3), ag.ones(2)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda of: of.vjp(ag.sin, x), GraphError, "The vector v can only be None"),
        (lambda of: of.vjp(ag.sin, x, y), GraphError, r"v has invalid size: should be \(3,\) but got \(2,\)"),
        (lambda of: of.vjp(ag.sin, x, (x, x)), GraphError, "should contain a single Tensor"),
        (lambda of: of.jvp(several, (x, x), (x,)), GraphError, "invalid length: should be 2 but got 1"),
        (lambda of: of.vjp(ag.sin, 3.0), DTypeError, "must be either a Tensor or a tuple of Tensors"),
        (lambda of: of.hvp(ag.sin, x, x), GraphError, "should contain a single element"),
        (lambda of: of.hessian(several, (x, x)), GraphError, "should return a single Tensor"),
        (lambda of: of.jacobian(ag.sin, x, strategy="sideways"), AssertionError, "Expected strategy"),
        (lambda of: of.jacobian(ag.sin, x, strategy="forward-mode"), NotImplementedError, "vectorize=True"),
        (lambda of: of.jacobian(ag.sin, x, strict=True, vectorize=True), GraphError, "not supported together"),
        (
            lambda of: of.jacobian(ag.sin, x, True, vectorize=True, strategy="forward-mode"),
            NotImplementedError,
            "not supported together",
        ),
    ],
)
def test_refusals(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call(functional)


def test_the_namespace_can_be_imported() -> None:
    from autograd_core.autograd.functional import jacobian

    assert jacobian is ag.autograd.functional.jacobian


# ---- many gradients in one pass ----


@pytest.mark.parametrize("create_graph", [False, True])
def test_batched_gradients(torch: ModuleType, create_graph: bool) -> None:
    def found(library: Any) -> Any:
        x, w = point(library, True)
        outputs = (x.sin() * w, (x * x).sum())
        weights = (library.tensor(draw((4, 3), 2)), library.tensor(draw((4,), 3)))
        return library.autograd.grad(outputs, (x, w), weights, create_graph=create_graph, is_grads_batched=True)

    agree(found(ag), found(torch))


def test_batched_gradients_of_what_is_not_used() -> None:
    x, w = point(ag, True)
    weights = ag.eye(3, dtype=ag.float64)
    used, unused = ag.autograd.grad(x.sin(), (x, w), weights, allow_unused=True, is_grads_batched=True)
    assert used.shape == (3, 3) and unused is None
    with pytest.raises(GraphError, match="not have been used in the graph"):
        ag.autograd.grad(x.sin(), (x, w), weights, is_grads_batched=True)
