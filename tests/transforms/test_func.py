"""``ag.func`` against ``torch.func``: each transform of derivatives, and their compositions."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

import autograd_core as ag
from autograd_core import func
from autograd_core.errors import GraphError
from tests.transforms.nests import agree, array, bowl, curve

# PyTorch's forward mode compiles with something it deprecates itself
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")


# ---- names ----


def test_every_name_of_torch_func_is_there(torch: ModuleType) -> None:
    import torch.func as theirs

    assert [name for name in dir(theirs) if name[0] != "_" and not hasattr(func, name)] == []


def test_rearrange_is_that_of_einops() -> None:
    pytest.importorskip("einops", reason="einops is not installed")
    x = ag.tensor(array(2, 3, 4))
    agree(func.rearrange(x, "a b c -> b (a c)"), x.permute(1, 0, 2).reshape(3, 8))
    agree(func.vmap(lambda x: func.rearrange(x, "b (c d) -> d b c", c=2))(x), x.reshape(2, 3, 2, 2).permute(0, 3, 1, 2))


def test_the_package_is_loaded_without_transforms() -> None:
    code = "import sys, autograd_core, nn, optim; assert 'autograd_core.transforms.mapping' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_functionalize_says_why_it_is_not_there() -> None:
    with pytest.raises(GraphError, match="functionalize: not offered"):
        func.functionalize(curve)


def test_debug_unwrap_gives_what_a_tensor_stands_for() -> None:
    seen = []

    def look(x: Any) -> Any:
        seen.extend([func.debug_unwrap(x), func.debug_unwrap(x, recurse=False)])
        return x.sum()

    func.vmap(func.vmap(look))(ag.zeros(2, 3, 4))
    assert seen[0].shape == (2, 3, 4) and seen[1].shape == (3, 4)



# ---- gradients ----


def test_grad_and_its_kin(torch: ModuleType) -> None:
    x, y = array(3), array(3, seed=1)
    ours, theirs = (ag.tensor(x), ag.tensor(y)), (torch.tensor(x), torch.tensor(y))
    for argnums in (0, 1, -1, (0, 1), (1,)):
        agree(func.grad(bowl, argnums)(*ours), torch.func.grad(bowl, argnums)(*theirs))
    agree(func.grad_and_value(bowl)(*ours), torch.func.grad_and_value(bowl)(*theirs))
    value, gradient = func.value_and_grad(bowl)(*ours)
    agree((gradient, value), torch.func.grad_and_value(bowl)(*theirs))


def test_gradients_of_nests_and_what_else_comes(torch: ModuleType) -> None:
    x, y = array(3), array(3, seed=1)

    def loss(state: Any, scale: float = 1.0) -> Any:
        out = bowl(state["x"], state["rest"][0]) * scale
        return out, {"half": out / 2}

    def state(make: Any) -> Any:
        return {"x": make(x), "rest": [make(y)]}

    grads, aux = func.grad(loss, has_aux=True)(state(ag.tensor), scale=2.0)
    wanted, other = torch.func.grad(loss, has_aux=True)(state(torch.tensor), scale=2.0)
    agree(grads, wanted)
    assert not aux["half"].requires_grad
    agree(aux["half"], other["half"])


def test_second_and_third_derivatives(torch: ModuleType) -> None:
    def nested(grad: Any, order: int) -> Any:
        if order == 0:
            return lambda x: (x.sin() * x.exp()).sum()
        inner = grad(nested(grad, order - 1))
        return lambda x: inner(x).sum()

    x = array(4)
    for order in (1, 2, 3):
        agree(nested(func.grad, order)(ag.tensor(x)), nested(torch.func.grad, order)(torch.tensor(x)))


def test_vjp_can_be_called_again_and_of_nests(torch: ModuleType) -> None:
    x, u, v = array(3), array(3, seed=1), array(3, seed=2)

    def pulled(library: Any, vjp: Any) -> Any:
        value, pull = vjp(lambda a: {"first": a.sin(), "second": a.exp() * a}, library.tensor(x))
        return value, pull({"first": library.tensor(u), "second": library.tensor(v)}), pull(value)

    agree(pulled(ag, func.vjp), pulled(torch, torch.func.vjp))


@pytest.mark.parametrize("library", ["ours", "linearized"])
def test_jvp_and_linearize(torch: ModuleType, library: str) -> None:
    x, t = array(4), array(4, seed=1)
    if library == "ours":
        agree(func.jvp(curve, (ag.tensor(x),), (ag.tensor(t),)),
              torch.func.jvp(curve, (torch.tensor(x),), (torch.tensor(t),)))  # fmt: skip
        return
    value, push = func.linearize(curve, ag.tensor(x))
    wanted, change = torch.func.jvp(curve, (torch.tensor(x),), (torch.tensor(t),))
    agree((value, push(ag.tensor(t)), push(2 * ag.tensor(t))), (wanted, change, 2 * change))


def test_linearize_composes_and_leaves_no_graph() -> None:
    x, t = ag.tensor(array(3)), ag.tensor(array(3, seed=1))
    pushed = lambda x, w: func.linearize(lambda x: curve(x * w), x)[1](t)  # noqa: E731
    wanted = lambda x, w: func.jvp(lambda x: curve(x * w), (x,), (t,))[1]  # noqa: E731
    for argnums in (0, 1):
        agree(func.jacrev(pushed, argnums)(x, x), func.jacrev(wanted, argnums)(x, x))
        agree(func.jacfwd(pushed, argnums)(x, x), func.jacfwd(wanted, argnums)(x, x))
    agree(func.vmap(pushed)(ag.stack([x, t]), ag.stack([x, x])), func.vmap(wanted)(ag.stack([x, t]), ag.stack([x, x])))
    push = func.linearize(curve, x)[1]
    columns = func.vmap(push)(ag.eye(3, dtype=ag.float64))
    agree(columns.T, func.jacfwd(curve)(x))
    assert not columns.requires_grad and not push(t).requires_grad
    leaf = x.clone().requires_grad_()
    agree(ag.autograd.grad(pushed(x, leaf).sum(), leaf)[0], func.grad(lambda w: wanted(x, w).sum())(x))
    with ag.no_grad():
        assert not pushed(x, leaf).requires_grad
    with pytest.raises(GraphError, match="structure of the primals"):
        push(t, t)



# ---- Jacobians ----


@pytest.mark.parametrize("name", ["jacrev", "jacfwd", "hessian"])
def test_jacobians(torch: ModuleType, name: str) -> None:
    x = array(2, 3)
    agree(getattr(func, name)(curve)(ag.tensor(x)), getattr(torch.func, name)(curve)(torch.tensor(x)))


@pytest.mark.parametrize("name", ["jacrev", "jacfwd", "hessian"])
@pytest.mark.parametrize("argnums", [0, 1, (0, 1)])
def test_jacobians_of_several_arguments_and_outputs(torch: ModuleType, name: str, argnums: Any) -> None:
    def several(x: Any, y: Any) -> Any:
        return {"a": x.sin() * y.sum(), "b": [(x.sum() * y) ** 2, (x * x).sum()]}

    x, y = array(3), array(2, seed=1)
    ours = getattr(func, name)(several, argnums)(ag.tensor(x), ag.tensor(y))
    agree(ours, getattr(torch.func, name)(several, argnums)(torch.tensor(x), torch.tensor(y)))


@pytest.mark.parametrize("name", ["jacrev", "jacfwd"])
def test_jacobians_with_what_else_comes(torch: ModuleType, name: str) -> None:
    x = array(3)
    ours = getattr(func, name)(lambda x: (x.sin(), {"twice": 2 * x}), has_aux=True)(ag.tensor(x))
    agree(ours, getattr(torch.func, name)(lambda x: (x.sin(), {"twice": 2 * x}), has_aux=True)(torch.tensor(x)))


@pytest.mark.parametrize("chunk_size", [1, 2, 100])
def test_chunks_change_nothing(chunk_size: int) -> None:
    x = ag.tensor(array(5))
    for transform in (func.jacrev, func.jacfwd, func.hessian):
        agree(transform(curve, chunk_size=chunk_size)(x), transform(curve)(x), 1e-14)
    rows = ag.tensor(array(5, 3))
    agree(func.vmap(curve, chunk_size=chunk_size)(rows), func.vmap(curve)(rows), 1e-14)


def test_forward_and_reverse_agree_in_any_order() -> None:
    x = ag.tensor(array(3))
    wanted = func.hessian(curve)(x)
    for outer in (func.jacrev, func.jacfwd):
        for inner in (func.jacrev, func.jacfwd):
            agree(outer(inner(curve))(x), wanted)
    third = func.jacfwd(func.jacfwd(func.jacrev(curve)))(x)
    agree(func.jacrev(func.jacrev(func.jacrev(curve)))(x), third)


def test_hvp(torch: ModuleType) -> None:
    x, y, u, v = (array(3, seed=i) for i in range(4))
    ours = [ag.tensor(a) for a in (x, y, u, v)]
    product = func.hvp(bowl, tuple(ours[:2]), tuple(ours[2:]))
    theirs = torch.autograd.functional.hvp(bowl, (torch.tensor(x), torch.tensor(y)), (torch.tensor(u), torch.tensor(v)))
    agree(product, theirs[1])
    agree(func.hvp(lambda a: bowl(a, ours[1]), ours[0], ours[2]), func.hessian(bowl)(*ours[:2]) @ ours[2])



# ---- graphs outside ----


def test_results_have_no_graph_unless_something_outside_requires_it() -> None:
    x, w = ag.tensor(array(3)), ag.tensor(array(3, seed=1), requires_grad=True)
    for transform in (func.grad(bowl), func.jacrev(bowl), func.jacfwd(bowl), func.hessian(bowl)):
        assert not transform(x, x).requires_grad
        assert transform(x, w).requires_grad
        with ag.no_grad():
            assert not transform(x, w).requires_grad
    func.grad(bowl)(x, w).sum().backward()
    agree(w.grad, func.grad(lambda w: func.grad(bowl)(x, w).sum())(w.detach()))


def test_gradients_are_taken_inside_no_grad_and_stop_at_it(torch: ModuleType) -> None:
    x = array(3)
    with ag.no_grad():
        inside = func.grad(lambda a: curve(a).sum())(ag.tensor(x))
    agree(inside, torch.func.grad(lambda a: curve(a).sum())(torch.tensor(x)))

    def half(library: Any) -> Any:
        def loss(a: Any) -> Any:
            with library.no_grad():
                kept = a.exp()
            return (a * kept).sum()

        return loss

    agree(func.grad(half(ag))(ag.tensor(x)), torch.func.grad(half(torch))(torch.tensor(x)))


def test_compositions_are_the_same_inside_no_grad() -> None:
    x = ag.tensor(array(3))
    for outer in (func.jacrev, func.jacfwd, func.vmap):
        for inner in (func.jacrev, func.jacfwd, func.hessian):
            of = (lambda y: (y * y).exp()) if outer is func.vmap else curve
            wanted = outer(inner(of))(x)
            with ag.no_grad():
                agree(outer(inner(of))(x), wanted)
