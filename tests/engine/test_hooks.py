"""Hooks on tensors, kept gradients, and what happens when a leaf's gradient is complete."""

from __future__ import annotations

from typing import Any

import pytest

import autograd_core as ag
from autograd_core.errors import GraphError


def leaf() -> ag.Tensor:
    return ag.tensor([1.0, 2.0], requires_grad=True)


def test_a_leafs_hook_sees_the_whole_gradient_once() -> None:
    x = leaf()
    seen: list[Any] = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    (x * 2 + x * 3).sum().backward()
    assert seen == [[5, 5]]
    assert x.grad.tolist() == [5, 5]


def test_what_a_hook_returns_takes_the_gradients_place() -> None:
    x = leaf()
    h = x * 2
    h.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    h.sum().backward()
    assert x.grad.tolist() == [21, 21]


def test_hooks_run_in_order_and_can_be_removed() -> None:
    x = leaf()
    calls: list[str] = []
    first = x.register_hook(lambda g: calls.append("first"))
    with x.register_hook(lambda g: calls.append("second")):
        x.sum().backward()
        assert calls == ["first", "second"]
    first.remove()
    first.remove()
    x.sum().backward()
    assert calls == ["first", "second"]


def test_a_hook_that_writes_to_its_gradient_does_not_reach_others() -> None:
    a, b = leaf(), leaf()
    a.register_hook(lambda g: g.mul_(100) and None if g.numel() == 1 else (g.mul_(100), None)[1])
    (a + b).sum().backward()
    assert b.grad.tolist() == [1, 1]


def test_a_hook_under_create_graph_is_recorded() -> None:
    x = leaf()
    h = x * x
    h.register_hook(lambda g: g * x)
    (g,) = ag.autograd.grad(h.sum(), x, create_graph=True)
    assert g.tolist() == [2, 8]
    (gg,) = ag.autograd.grad(g.sum(), x)
    assert gg.tolist() == [4, 8]


def test_plain_backward_runs_hooks_unrecorded() -> None:
    x = leaf()
    modes: list[bool] = []
    x.register_hook(lambda g: modes.append(ag.is_grad_enabled() or g.requires_grad))
    (x * x).sum().backward()
    assert modes == [False]


def test_hooks_run_in_grad_too() -> None:
    x = leaf()
    h = x * 2
    h.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    assert ag.autograd.grad(h.sum(), x)[0].tolist() == [21, 21]


def test_retain_grad_keeps_a_non_leafs_gradient() -> None:
    x = leaf()
    h = x * 2
    assert not h.retains_grad
    h.retain_grad()
    assert h.retains_grad
    (h * h).sum().backward()
    assert h.grad.tolist() == [4, 8]
    assert x.grad.tolist() == [8, 16]
    h.grad.mul_(0)
    assert x.grad.tolist() == [8, 16]


def test_retained_gradient_is_after_the_hooks() -> None:
    x = leaf()
    h = x * 2
    h.retain_grad()
    h.register_hook(lambda g: g * 10)
    h.sum().backward()
    assert h.grad.tolist() == [10, 10]


def test_retain_grad_of_a_leaf_does_nothing_and_without_gradient_is_refused() -> None:
    x = leaf()
    x.retain_grad()
    assert not x.retains_grad
    with pytest.raises(GraphError, match=r"^retain_grad: can't retain_grad on Tensor that has requires_grad=False"):
        ag.ones(2).retain_grad()


def test_post_accumulate_hooks_run_when_grad_is_there() -> None:
    x = leaf()
    seen: list[Any] = []

    def step(t: Any) -> None:
        seen.append(t.grad.tolist())
        t.grad = None

    handle = x.register_post_accumulate_grad_hook(step)
    (x * 2).sum().backward()
    assert seen == [[2, 2]] and x.grad is None
    handle.remove()
    (x * 2).sum().backward()
    assert len(seen) == 1 and x.grad is not None


@pytest.mark.parametrize(
    ("register", "match"),
    [
        (lambda: ag.ones(2).register_hook(print),
         "^register_hook: cannot register a hook on a tensor that doesn't require"),
        (lambda: (leaf() * 2).register_post_accumulate_grad_hook(print), "cannot be registered on non-leaf tensors"),
    ],
)  # fmt: skip
def test_hooks_are_refused_where_no_gradient_comes(register: Any, match: str) -> None:
    with pytest.raises(GraphError, match=match):
        register()


@pytest.mark.parametrize("bad", [lambda g: g.tolist(), lambda g: g[:1], lambda g: 3.0])
def test_a_hook_that_returns_no_gradient_of_that_shape_is_an_error(bad: Any) -> None:
    x = leaf()
    h = x * 2
    h.register_hook(bad)
    with pytest.raises(RuntimeError, match="hook"):
        h.sum().backward()


def test_a_failing_hooks_error_reaches_the_caller_and_the_mode_is_restored() -> None:
    x = leaf()

    def fail(g: Any) -> None:
        raise KeyError("mine")

    x.register_hook(fail)
    with pytest.raises(KeyError, match="mine"):
        (x * 2).sum().backward()
    assert ag.is_grad_enabled()


def test_a_hook_may_walk_another_graph() -> None:
    x, w = leaf(), leaf()

    def walk(g: Any) -> None:
        with ag.enable_grad():
            (w * w).sum().backward()

    h = x * 2
    h.register_hook(walk)
    h.sum().backward()
    assert w.grad.tolist() == [2, 4] and x.grad.tolist() == [2, 2]


def test_hooks_agree_with_pytorch(torch: Any) -> None:
    def program(lib: Any) -> Any:
        x = lib.tensor([1.0, 2.0], requires_grad=True)
        order: list[str] = []
        a = x * 2
        b = a * x
        a.register_hook(lambda g: order.append(f"a {g.tolist()}"))
        b.register_hook(lambda g: (order.append(f"b {g.tolist()}"), g * 2)[1])
        x.register_hook(lambda g: order.append(f"x {g.tolist()}"))
        (a + b).sum().backward()
        return order, x.grad.tolist()

    assert program(ag) == program(torch)
