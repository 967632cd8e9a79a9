"""``vmap`` against PyTorch's; and what it and the other transforms refuse."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import autograd_core as ag
from autograd_core import func
from autograd_core.errors import DTypeError, GraphError, ShapeError
from tests.transforms.nests import agree, array, bowl, curve

# PyTorch's forward mode compiles with something it deprecates itself
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")


# ---- vmap ----


@pytest.mark.parametrize("in_dims", [0, (0, 1), (-1, 0), (None, 0), (1, None)])
@pytest.mark.parametrize("out_dims", [0, 1, -1])
def test_in_dims_and_out_dims(torch: ModuleType, in_dims: Any, out_dims: int) -> None:
    x, y = array(3, 3), array(3, 3, seed=1)

    def outer(a: Any, b: Any) -> Any:
        return a * 2 + b.sin()

    ours = func.vmap(outer, in_dims, out_dims)(ag.tensor(x), ag.tensor(y))
    agree(ours, torch.func.vmap(outer, in_dims, out_dims)(torch.tensor(x), torch.tensor(y)))


def test_nests_in_and_out(torch: ModuleType) -> None:
    x, y = array(4, 3), array(3, 4, seed=1)

    def mixed(state: Any, k: Any) -> Any:
        return {"sum": state["x"] + state["y"][0] * k, "k": (k.sin(),)}

    def mapped(library: Any, vmap: Any) -> Any:
        state = {"x": library.tensor(x), "y": [library.tensor(y)]}
        dims = ({"x": 0, "y": [1]}, None)
        return vmap(mixed, dims, {"sum": 1, "k": (None,)})(state, library.tensor(2.0, dtype=library.float64))

    agree(mapped(ag, func.vmap), mapped(torch, torch.func.vmap))


def test_nested_vmap_is_an_outer_product(torch: ModuleType) -> None:
    x, y = array(3, 4), array(5, 4, seed=1)
    table = func.vmap(func.vmap(lambda a, b: (a * b).sum(), (None, 0)), (0, None))(ag.tensor(x), ag.tensor(y))
    agree(table, torch.tensor(x @ y.T))


def test_keyword_arguments_are_mapped_over_the_first_dimension() -> None:
    x, y = ag.tensor(array(4, 3)), ag.tensor(array(4, 3))
    agree(func.vmap(lambda a, b: a * b)(x, b=y), x * y)


def test_a_result_that_is_the_same_for_all_examples() -> None:
    one = ag.ones(2)
    same, own = func.vmap(lambda x: (one, x), out_dims=(None, 0))(ag.zeros(3, 2))
    assert same.shape == (2,) and own.shape == (3, 2)
    assert func.vmap(lambda x: one)(ag.zeros(3, 2)).shape == (3, 2)


def test_vmap_of_grad_is_per_example(torch: ModuleType) -> None:
    x, y = array(5, 3), array(3, seed=1)
    ours = func.vmap(func.grad(bowl, (0, 1)), (0, None))(ag.tensor(x), ag.tensor(y))
    agree(ours, torch.func.vmap(torch.func.grad(bowl, (0, 1)), (0, None))(torch.tensor(x), torch.tensor(y)))


def test_grad_through_vmap(torch: ModuleType) -> None:
    x = array(5, 3)

    def loss(vmap: Any) -> Any:
        return lambda x: vmap(curve)(x).sum()

    agree(func.grad(loss(func.vmap))(ag.tensor(x)), torch.func.grad(loss(torch.func.vmap))(torch.tensor(x)))
    leaf = ag.tensor(x, requires_grad=True)
    loss(func.vmap)(leaf).backward()
    agree(leaf.grad, func.grad(loss(func.vmap))(ag.tensor(x)))


def test_laplacian(torch: ModuleType) -> None:
    x = array(6, 3)

    def laplacian(library: Any) -> Any:
        field = lambda p: (p.sin() * p.sum()).exp().sum()  # noqa: E731
        return library.vmap(lambda p: library.hessian(field)(p).diagonal().sum())

    agree(laplacian(func)(ag.tensor(x)), laplacian(torch.func)(torch.tensor(x)))



# ---- what is refused ----


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda x: func.grad(curve)(x), GraphError, "scalar tensor, got tensor with 1 dims"),
        (lambda x: func.grad(lambda a: 3.0)(x), DTypeError, "to return a Tensor"),
        (lambda x: func.grad(bowl, 2)(x, x), GraphError, "Got argnum=2, but only 2 positional inputs"),
        (lambda x: func.grad(bowl, ("x",))(x, x), TypeError, "argnums must be int or tuple of ints, got str"),
        (lambda x: func.grad(lambda a: a.sum())(x.long()), DTypeError, "floating point"),
        (lambda x: func.grad(lambda a: a.sum(), has_aux=True)(x), DTypeError, "tuple .output, aux."),
        (lambda x: func.vjp(curve, x)[1](x[:1]), ShapeError, "cotangent 0"),
        (lambda x: func.jacrev(lambda a: a.argmax())(x), DTypeError, "All outputs of f must be floating-point"),
        (lambda x: func.jvp(curve, x, x), GraphError, "to be tuples"),
        (lambda x: func.jvp(curve, (x,), (x[:1],)), ShapeError, "tangent 0"),
        (lambda x: func.jvp(curve, (x,), (x, x)), GraphError, "same python structure"),
        (lambda x: func.vmap(curve, randomness="any")(x), ShapeError, "randomness is 'any'"),
        (lambda x: func.vmap(curve, chunk_size=0)(x), ShapeError, "chunk_size should be"),
        (lambda x: func.jacrev(curve, chunk_size=0)(x), ShapeError, "chunk_size should be"),
        (lambda x: func.vmap(curve, (0, 0))(x), ShapeError, "not compatible"),
        (lambda x: func.vmap(curve, 1)(x), ShapeError, "Got in_dim=1 for input 0 of dimensionality 1"),
        (lambda x: func.vmap(bowl)(x, 3.0), ShapeError, "the input is of type float"),
        (lambda x: func.vmap(bowl)(x, x[:2]), ShapeError, "same size in the mapped dimension"),
        (lambda x: func.vmap(curve, None)(x), ShapeError, "in_dims is None"),
        (lambda x: func.vmap(curve, (None,))(x), ShapeError, "all in_dims are None"),
        (lambda x: func.vmap(lambda a: 3.0)(x), DTypeError, "must only return Tensors, got type float"),
        (lambda x: func.vmap(curve, 0, 3)(x), ShapeError, "out_dims is 3"),
        (lambda x: func.vmap(curve, 0, None)(x), GraphError, "differs between the examples"),
        (lambda x: func.vmap(lambda a: a if a > 0 else -a)(x), GraphError, "values of a tensor were asked for"),
        (lambda x: func.vmap(lambda a: a * a.item())(x), GraphError, "values of a tensor were asked for"),
    ],
)  # fmt: skip
def test_refusals(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call(ag.tensor(array(3)))


def test_a_tensor_that_escapes_its_transform_is_refused() -> None:
    escaped = []
    func.vmap(lambda x: escaped.append(x) or x)(ag.zeros(3))
    with pytest.raises(GraphError, match="after the transform that made it had ended"):
        escaped[0] + 1
