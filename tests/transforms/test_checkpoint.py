"""``ag.utils.checkpoint``: the same gradients, less memory, the same random numbers, and what is refused."""

from __future__ import annotations

import gc
import weakref
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

import autograd_core as ag
import nn
from autograd_core import func
from autograd_core.errors import GraphError
from autograd_core.utils.checkpoint import CheckpointError, checkpoint, checkpoint_sequential
from tests.nn.twin import close, draw

WAYS = pytest.mark.parametrize("use_reentrant", [False, True, None])


def network() -> nn.Sequential:
    return nn.Sequential(*[layer for _ in range(3) for layer in (nn.Linear(4, 4), nn.Tanh(), nn.Dropout(0.5))])


def gradients(module: nn.Module, x: Any, run: Any) -> list[Any]:
    """Return the gradients of a loss at the input and at all parameters, with the same dropout in every call."""
    ag.manual_seed(1)
    module.zero_grad()
    x = x.detach().requires_grad_()
    (run(x) * run(x)).sum().backward()
    return [x.grad, *[p.grad for p in module.parameters()]]


@WAYS
def test_gradients_are_the_same(use_reentrant: bool | None) -> None:
    module, x = network(), ag.randn(5, 4)
    wanted = gradients(module, x, module)
    for found, other in zip(gradients(module, x, lambda x: checkpoint(module, x, use_reentrant=use_reentrant)), wanted):
        close(found, other)
    for segments in (1, 2, 4):
        run = lambda x, n=segments: checkpoint_sequential(module, n, x, use_reentrant)  # noqa: E731
        for found, other in zip(gradients(module, x, run), wanted, strict=True):
            close(found, other)


def test_against_torch(torch: ModuleType) -> None:
    def found(library: Any) -> Any:
        x = library.tensor(draw((3,)), requires_grad=True)
        w = library.tensor(draw((3,), 1), requires_grad=True)
        run = lambda x, scale: {"out": [(x * w).sin() * scale, x + 1], "n": 3}  # noqa: E731
        result = library.utils.checkpoint.checkpoint(run, x, use_reentrant=False, scale=2.0)
        assert result["n"] == 3
        return library.autograd.grad((result["out"][0] ** 2).sum() + result["out"][1].sum(), (x, w))

    import torch.utils.checkpoint

    for ours, theirs in zip(found(ag), found(torch), strict=True):
        close(ours, theirs)


def test_intermediate_results_are_let_go() -> None:
    kept: list[Any] = []

    def chain(x: Any) -> Any:
        for _ in range(5):
            inner = x.exp()
            kept.append(weakref.ref(inner._array))  # which exp and sin save
            x = inner.sin()
        return x * 2

    gc.disable()  # what is to be freed is freed by reference counting alone
    try:
        x = ag.full((10,), 0.1, requires_grad=True)
        y = chain(x)
        assert all(array() is not None for array in kept)
        kept.clear()
        y = checkpoint(chain, x, use_reentrant=False)
        assert [array() for array in kept] == [None] * 5
        y.sum().backward()
        assert len(kept) == 10 and [array() for array in kept] == [None] * 10
    finally:
        gc.enable()
    close(x.grad, ag.autograd.grad(chain(x).sum(), x)[0], 1e-6)


def test_a_part_that_is_used_up_is_freed() -> None:
    x = ag.ones(3, requires_grad=True)
    y = checkpoint(ag.exp, x, use_reentrant=False).sum()
    y.backward(retain_graph=True)
    y.backward()
    close(x.grad, 2 * x.detach().exp(), 1e-6)
    with pytest.raises(GraphError, match="second time"):
        y.backward()


def test_parts_within_parts() -> None:
    x = ag.tensor(draw((4,)), requires_grad=True)
    inner = lambda x: checkpoint(lambda x: (x.sin() * x).exp(), x, use_reentrant=False)  # noqa: E731
    nested = checkpoint(lambda x: inner(inner(x)).cos(), x, use_reentrant=False)
    plain = lambda x: (x.sin() * x).exp()  # noqa: E731
    wanted = plain(plain(x)).cos()
    close(nested, wanted)
    close(ag.autograd.grad(nested.sum(), x)[0], ag.autograd.grad(wanted.sum(), x)[0])


def test_one_input_after_another_that_it_came_from() -> None:
    x = ag.tensor(draw((4,)), requires_grad=True)
    h = x * x
    y = checkpoint(lambda h: h.exp() * x, h, use_reentrant=False)
    wanted = ag.autograd.grad((h.exp() * x).sum(), x, retain_graph=True)
    close(ag.autograd.grad(y.sum(), x)[0], wanted[0])


def test_second_order() -> None:
    x, w = ag.tensor(draw((4,)), requires_grad=True), ag.tensor(draw((4,), 1), requires_grad=True)

    def second(run: Any) -> Any:
        (first,) = ag.autograd.grad((run(x) ** 2).sum(), x, create_graph=True)
        return ag.autograd.grad((first * first).sum(), (x, w))

    plain = lambda x: (x * w).sin() * w  # noqa: E731
    for found, wanted in zip(second(lambda x: checkpoint(plain, x, use_reentrant=False)), second(plain), strict=True):
        close(found, wanted)


def test_inside_grad_and_jacrev() -> None:
    x = ag.tensor(draw((4,)))
    saving = lambda x: checkpoint(lambda x: x.sin() * x, x, use_reentrant=False)  # noqa: E731
    close(func.grad(lambda x: saving(x).sum())(x), x.sin() + x * x.cos())
    close(func.jacrev(saving)(x), (x.sin() + x * x.cos()).diag())
    with pytest.raises(GraphError, match="checkpoint: inside vmap, jvp and tracing it is not offered"):
        func.vmap(saving)(x)


def test_random_numbers_go_on_as_if_nothing_had_been_run_again() -> None:
    x = ag.ones(100, requires_grad=True)

    def drawn(preserve: bool) -> Any:
        ag.manual_seed(3)
        y = checkpoint(nn.Dropout(0.5), x, use_reentrant=False, preserve_rng_state=preserve)
        before = ag.rand(3)
        (slope,) = ag.autograd.grad(y.sum(), x)
        return y.detach(), slope, before, ag.rand(3)

    y, slope, before, after = drawn(True)
    close(slope, y)
    ag.manual_seed(3)
    nn.Dropout(0.5)(x)
    close(before, ag.rand(3)), close(after, ag.rand(3))
    y, slope, *_ = drawn(False)
    assert bool((y != slope).any())


def test_hooks_run_once() -> None:
    module, calls = nn.Linear(2, 2), []
    module.weight.register_hook(lambda g: calls.append(1))
    checkpoint(module, ag.ones(1, 2, requires_grad=True), use_reentrant=False).sum().backward()
    assert calls == [1]


def test_nothing_is_kept_where_nothing_is_recorded() -> None:
    with ag.no_grad():
        assert not checkpoint(ag.exp, ag.ones(2, requires_grad=True), use_reentrant=False).requires_grad
    assert not checkpoint(ag.exp, ag.ones(2), use_reentrant=False).requires_grad


def test_contexts_are_entered_each_for_its_run() -> None:
    seen: list[str] = []

    @contextmanager
    def noted(name: str) -> Any:
        seen.append(name)
        yield

    contexts = lambda: (noted("first"), noted("second"))  # noqa: E731
    x = ag.ones(2, requires_grad=True)
    y = checkpoint(ag.exp, x, use_reentrant=False, context_fn=contexts)
    assert seen == ["first"]
    y.sum().backward()
    assert seen == ["first", "second"]


def test_the_reentrant_way_asks_for_what_pytorch_does() -> None:
    x, w = ag.ones(2), ag.ones(2, requires_grad=True)
    with pytest.warns(UserWarning, match="None of the inputs have requires_grad=True"):
        assert not checkpoint(lambda x: x * w, x, use_reentrant=True).requires_grad
    with pytest.raises(ValueError, match="Unexpected keyword arguments: scale"):
        checkpoint(lambda x, scale: x * scale, w, use_reentrant=True, scale=2)
    with pytest.raises(ValueError, match="only supported when use_reentrant=False"):
        checkpoint(ag.exp, w, use_reentrant=True, debug=True)


def test_what_cannot_be_run_again_is_refused() -> None:
    x, w, runs = ag.ones(2, requires_grad=True), ag.ones(2, requires_grad=True), []

    def fickle(x: Any) -> Any:
        runs.append(1)
        return x.sin() if len(runs) % 2 else x.sin()[:1]

    def other(x: Any) -> Any:
        runs.append(1)
        return x.sin() if len(runs) % 2 else x * w

    for function, match in ((fickle, "shapes and dtypes"), (other, "it used other tensors")):
        runs.clear()
        with pytest.raises(CheckpointError, match=f"the second run of the function differs from the first: .*{match}"):
            checkpoint(function, x, use_reentrant=False).sum().backward()
    h = x * 1
    y = checkpoint(ag.exp, h.detach().requires_grad_(), use_reentrant=False)
    h.zero_()
    with pytest.raises(GraphError, match="modified by an inplace operation"):
        y.sum().backward()
    with pytest.raises(ValueError, match="determinism_check"):
        checkpoint(ag.exp, x, determinism_check="some")
    with pytest.raises(ValueError, match="segments is 5; wanted 1 to 2"):
        checkpoint_sequential([ag.exp, ag.sin], 5, x)
