"""Grad modes: as contexts, as decorators, on generators, one per thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import autograd_core as ag

OFF = [ag.no_grad, ag.inference_mode, lambda: ag.set_grad_enabled(False)]
NAMES = ["no_grad", "inference_mode", "set_grad_enabled"]


@pytest.fixture
def x() -> ag.Tensor:
    return ag.ones(2, requires_grad=True)


@pytest.mark.parametrize("mode", OFF, ids=NAMES)
def test_nothing_is_recorded_inside(mode: Any, x: Any) -> None:
    with mode():
        assert not ag.is_grad_enabled()
        y = x * 2
        assert not y.requires_grad and y.is_leaf
        assert x.requires_grad
    assert ag.is_grad_enabled()
    assert (x * 2).requires_grad


@pytest.mark.parametrize("mode", OFF, ids=NAMES)
def test_the_mode_ends_with_an_error_too(mode: Any) -> None:
    with pytest.raises(KeyError), mode():
        raise KeyError
    assert ag.is_grad_enabled()


@pytest.mark.parametrize("mode", OFF, ids=NAMES)
def test_modes_nest(mode: Any, x: Any) -> None:
    with mode():
        with ag.enable_grad():
            assert (x * 2).requires_grad
            with ag.no_grad():
                assert not (x * 2).requires_grad
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad


def test_one_mode_object_can_be_entered_twice_and_inside_itself(x: Any) -> None:
    mode = ag.no_grad()
    with mode:
        pass
    with mode:
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("mode", OFF, ids=NAMES)
def test_decorators(mode: Any, bare: bool, x: Any) -> None:
    @mode if bare and isinstance(mode, type) else mode()
    def double(t: Any, *, times: int = 2) -> Any:
        """Say what it does."""
        return t * times

    assert not double(x, times=3).requires_grad
    assert double.__name__ == "double" and double.__doc__ == "Say what it does."
    assert (x * 2).requires_grad


def test_enable_grad_decorates_too(x: Any) -> None:
    @ag.enable_grad()
    def double(t: Any) -> Any:
        return t * 2

    with ag.no_grad():
        assert double(x).requires_grad
        assert not (x * 2).requires_grad


def test_a_decorated_method_binds(x: Any) -> None:
    class Doubler:
        @ag.no_grad()
        def __call__(self, t: Any) -> Any:
            return t * 2

    assert not Doubler()(x).requires_grad


def test_a_decorated_generator_runs_each_step_in_the_mode(x: Any) -> None:
    @ag.no_grad()
    def steps(t: Any) -> Iterator[Any]:
        got = yield t * 2
        yield got, ag.is_grad_enabled()
        try:
            yield None
        except KeyError:
            yield ag.is_grad_enabled()
        return

    run = steps(x)
    assert not next(run).requires_grad
    assert ag.is_grad_enabled()  # the caller's mode holds between the steps
    assert run.send("word") == ("word", False)
    assert ag.is_grad_enabled()
    assert next(run) is None
    assert run.throw(KeyError) is False
    assert ag.is_grad_enabled()
    with pytest.raises(StopIteration):
        next(run)


def test_a_decorated_generator_closes(x: Any) -> None:
    closed = []

    @ag.no_grad
    def steps() -> Iterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append(ag.is_grad_enabled())

    run = steps()
    next(run)
    run.close()
    assert len(closed) == 1


def test_set_grad_enabled_switches_at_once(x: Any) -> None:
    ag.set_grad_enabled(False)
    try:
        assert not (x * 2).requires_grad
    finally:
        ag.set_grad_enabled(True)
    assert (x * 2).requires_grad


def test_inference_mode_says_so_and_can_be_off(x: Any) -> None:
    assert not ag.is_inference_mode_enabled()
    with ag.inference_mode():
        assert ag.is_inference_mode_enabled()
    with ag.inference_mode(False):
        assert not ag.is_inference_mode_enabled()
        assert (x * 2).requires_grad
    assert not ag.is_inference_mode_enabled()


def test_each_thread_has_its_own_mode(x: Any) -> None:
    inside, done = threading.Event(), threading.Event()
    seen: list[bool] = []

    def other() -> None:
        inside.wait(5)
        seen.append(ag.is_grad_enabled() and (x * 2).requires_grad)
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with ag.no_grad():
        inside.set()
        done.wait(5)
        assert not ag.is_grad_enabled()
    thread.join()
    assert seen == [True]


def test_each_task_has_its_own_mode() -> None:
    async def off() -> bool:
        with ag.no_grad():
            await asyncio.sleep(0)
            return ag.is_grad_enabled()

    async def on() -> bool:
        await asyncio.sleep(0)
        return ag.is_grad_enabled()

    async def both() -> list[bool]:
        return await asyncio.gather(off(), on(), off(), on())

    assert asyncio.run(both()) == [False, True, False, True]


def test_a_leaf_made_inside_no_grad_still_wants_its_gradient() -> None:
    with ag.no_grad():
        w = ag.zeros(2, requires_grad=True)
    (w * 2).sum().backward()
    assert w.grad.tolist() == [2, 2]


def test_detach_and_data_share_memory_outside_the_graph(x: Any) -> None:
    y = x * 2
    for cut in (y.detach(), y.data):
        assert not cut.requires_grad and cut.is_leaf and cut.grad_fn is None
        cut[0] = 7
        assert y[0].item() == 7


def test_detach_in_place() -> None:
    x = ag.ones(2, requires_grad=True)
    y = x * 2
    assert y.detach_() is y
    assert not y.requires_grad
    with pytest.raises(RuntimeError, match="Can't detach views in-place"):
        (x * 2)[0].detach_()
