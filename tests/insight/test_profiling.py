"""``ag.profile``: what is timed, whose time it is, and that nothing of it stays behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

import autograd_core as ag
import nn
import optim
from autograd_core.engine import exchanging
from autograd_core.engine.intercepting import intercepted
from autograd_core.engine.primitive import PRIMITIVES
from autograd_core.engine.timing import Tracks, timed
from autograd_core.errors import ShapeError
from autograd_core.insight.usage.profiling import Profile
from autograd_core.utils.checkpoint import checkpoint


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    assert not exchanging._codes and not exchanging._layers


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
        self.head = nn.Linear(8, 1)

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        return self.head(self.layers(x))


def train(net: nn.Module, optimizer: optim.Optimizer, steps: int = 1) -> None:
    for _ in range(steps):
        optimizer.zero_grad()
        loss = (net(ag.ones(4, 8)) ** 2).mean()
        loss.backward()
        optimizer.step()


def profiled(steps: int = 2) -> Profile:
    net = Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    train(net, optimizer)
    with ag.profile() as prof:
        train(net, optimizer, steps)
    return prof


def calls(prof: Profile) -> dict[tuple[str, str], int]:
    return {(e.key, e.phase): e.calls for e in prof.by_operation()}


def test_operations_forward_and_backward_and_steps_are_apart() -> None:
    assert calls(profiled()) == {
        ("linear", "forward"): 4, ("relu", "forward"): 2, ("pow", "forward"): 2, ("mean", "forward"): 2,
        ("linear", "backward"): 4, ("relu", "backward"): 2, ("pow", "backward"): 2, ("mean", "backward"): 2,
        ("accumulate_grad", "backward"): 8, ("SGD.step", "optimizer"): 2,
    }  # fmt: skip


def test_times_add_up() -> None:
    prof = profiled(5)
    entries = prof.by_operation()
    assert all(0 <= e.self_seconds <= e.total_seconds + 1e-9 for e in entries)
    assert 0 < sum(e.self_seconds for e in entries) <= prof.seconds
    assert sum(prof.phases.values()) == pytest.approx(prof.seconds)
    assert [e.self_seconds for e in entries] == sorted((e.self_seconds for e in entries), reverse=True)


def test_modules_are_named_from_their_network_on_and_totals_are_with_those_inside() -> None:
    entries = {(e.key, e.phase): e for e in profiled().by_module()}
    assert {key for key, phase in entries if phase == "forward"} == {
        "(no module)", "Net", "Net.head", "Net.layers", "Net.layers.0", "Net.layers.1"
    }  # fmt: skip
    for phase in ("forward", "backward"):
        inner = sum(entries[f"Net.{name}", phase].self_seconds for name in ("head", "layers.0", "layers.1"))
        assert entries["Net", phase].total_seconds == pytest.approx(inner)
        assert entries["Net", phase].calls == 0
        assert entries["Net.layers.0", phase].calls == 2


def test_lines_are_the_users() -> None:
    lines = {(e.key.split(": ", 1)[1], e.phase): e.calls for e in profiled().by_line() if ": " in e.key}
    assert lines == {
        ("return self.head(self.layers(x))", "forward"): 6,
        ("return self.head(self.layers(x))", "backward"): 6,
        ("loss = (net(ag.ones(4, 8)) ** 2).mean()", "forward"): 4,
        ("loss = (net(ag.ones(4, 8)) ** 2).mean()", "backward"): 4,
        ("optimizer.step()", "optimizer"): 2,
    }
    assert all(__file__ in e.key for e in profiled().by_line() if e.key != "(no line)")


def test_without_a_graph_the_line_and_the_module_are_known_too() -> None:
    net = Net()
    with ag.no_grad(), ag.profile() as prof:
        net(ag.ones(4, 8))
    assert {e.module for e in prof.events} == {"Net.layers.0", "Net.layers.1", "Net.head"}
    assert all(e.line.endswith("return self.head(self.layers(x))") and e.order is None for e in prof.events)


def test_bytes_are_those_of_results_that_are_no_views() -> None:
    x = ag.ones(10, 10)
    with ag.profile() as prof:
        x.transpose(0, 1) + 1
    assert {e.key: e.nbytes for e in prof.by_operation()} == {"permute": 0, "add": 400}


def test_a_write_has_the_name_of_its_method() -> None:
    x = ag.ones(3)
    with ag.profile() as prof:
        x.add_(1)
        x[0] = 5.0
        x.zero_()
    assert [(e.name, e.kind) for e in prof.events] == [(name, "write") for name in ("add_", "setitem", "zero_")]
    assert x.tolist() == [0, 0, 0]


def test_a_recorded_write_holds_what_it_is_made_of() -> None:
    x = ag.ones(3, requires_grad=True) * 1
    with ag.profile() as prof:
        x.mul_(2)
    outer, inner = (next(e for e in prof.events if e.kind == kind) for kind in ("write", "operation"))
    assert outer.began <= inner.began and inner.ended <= outer.ended
    assert outer.self_seconds <= (outer.ended - outer.began) - (inner.ended - inner.began) + 1e-9


def test_what_a_rule_calls_on_arrays_is_part_of_the_rule_and_with_create_graph_an_operation() -> None:
    x = ag.ones(3, requires_grad=True)
    with ag.profile() as prof:
        (x.exp() * x).sum().backward()
    assert {e.kind for e in prof.events if e.phase == "backward"} == {"node"}
    with ag.profile() as prof:
        (x.exp() * x).sum().backward(create_graph=True)
    assert "operation" in {e.kind for e in prof.events if e.phase == "backward"}
    x.grad = None


def test_a_checkpoint_computes_again_in_the_backward_pass() -> None:
    x = ag.ones(3, requires_grad=True)
    with ag.profile() as prof:
        checkpoint(lambda t: t.sin().cos(), x, use_reentrant=False).sum().backward()
    found = calls(prof)
    assert found["sin", "forward"] == 1 and found["sin", "backward"] == 2  # once more, and its rule


def test_operations_of_a_closure_are_forward_and_its_walk_is_backward() -> None:
    w = ag.ones(3, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)

    def closure() -> ag.Tensor:
        optimizer.zero_grad()
        loss = w.square().sum()
        loss.backward()
        return loss

    with ag.profile() as prof:
        optimizer.step(closure)
    found = calls(prof)
    assert found["square", "forward"] == found["square", "backward"] == found["SGD.step", "optimizer"] == 1
    step = next(e for e in prof.by_operation() if e.key == "SGD.step")
    assert step.self_seconds < step.total_seconds


def test_every_thread_is_timed_by_itself() -> None:
    x = ag.ones(3, requires_grad=True)

    def work() -> None:
        for _ in range(50):
            (x * 2).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(3)]
    with ag.profile() as prof:
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    assert {e.thread for e in prof.events} == set(threads)
    assert calls(prof)["mul", "forward"] == calls(prof)["mul", "backward"] == 150
    assert prof.phases["outside"] == pytest.approx(prof.seconds)
    assert all(e.self_seconds >= 0 for e in prof.events)


def test_an_error_leaves_no_trace() -> None:
    a, b = ag.ones(2), ag.ones(3)
    with ag.profile() as prof:
        with pytest.raises(ShapeError, match="add"):
            a + b
        a + a
    assert [e.name for e in prof.events] == ["add"]
    with pytest.raises(ZeroDivisionError), ag.profile() as prof:
        a * a
        1 / 0  # noqa: B018
    assert [e.name for e in prof.events] == ["mul"]


def test_a_step_that_raised_ends_with_the_next() -> None:
    w = ag.ones(3, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    with ag.profile() as prof:
        with pytest.raises(ZeroDivisionError):
            optimizer.step(lambda: 1 / 0)
        optimizer.step()
        w + 0.0
    assert [(e.name, e.phase) for e in prof.events] == [("SGD.step", "optimizer"), ("add", "forward")]


def test_one_profile_at_a_time_and_each_once() -> None:
    with ag.profile() as prof:
        with pytest.raises(RuntimeError, match=r"one runs already, begun at .*test_profiling.py:\d+: with ag.profile"):
            ag.profile().start()
        with pytest.raises(RuntimeError, match="it has not ended yet"):
            _ = prof.events
        assert repr(prof) == "<profile that has not ended>"
    with pytest.raises(RuntimeError, match="it does not run"):
        prof.stop()
    with pytest.raises(RuntimeError, match="this one has ended; make another"):
        prof.start()


def test_the_callers_are_as_before() -> None:
    ag.ones(3) * 2
    before = {prim: (prim.call.__code__, prim.public.__code__) for prim in PRIMITIVES.values()}
    with ag.profile():
        ag.ones(3) * 2
        assert PRIMITIVES["mul"].call.__code__ is not before[PRIMITIVES["mul"]][0]
    assert {prim: (prim.call.__code__, prim.public.__code__) for prim in PRIMITIVES.values()} == before


def test_a_caller_that_is_first_needed_during_a_profile_is_timed_and_stays_written() -> None:
    @ag.primitive
    def first_needed(xp, x, /):
        return x + 1

    try:
        x = ag.ones(3)
        with ag.profile() as prof:
            for _ in range(3):
                first_needed(x)
        assert calls(prof) == {("first_needed", "forward"): 3}
        assert "specialize" not in PRIMITIVES["first_needed"].call.__code__.co_names
        assert first_needed(x).tolist() == [2, 2, 2]
    finally:
        PRIMITIVES.pop("first_needed")


@pytest.mark.parametrize("first", ["trace", "profile"])
def test_traces_and_profiles_end_in_any_order(first: str) -> None:
    code = PRIMITIVES["add"].call.__code__
    every: list = []
    one, other = intercepted(), timed(Tracks(every, lambda: None))
    opened = [one, other] if first == "trace" else [other, one]
    for context in opened:
        context.__enter__()
    ag.ones(3) + 1
    opened[0].__exit__(None, None, None)
    ag.ones(3) + 1
    opened[1].__exit__(None, None, None)
    ag.ones(3) + 1
    assert PRIMITIVES["add"].call.__code__ is code
    assert len(every[0].spans) == (2 if first == "trace" else 1)


def test_a_program_traced_during_a_profile_is_the_same() -> None:
    def f(x: ag.Tensor) -> ag.Tensor:
        return (x * 2).sum()

    wanted = str(ag.Program.trace(f)(ag.ones(3)))
    with ag.profile():
        assert str(ag.Program.trace(f)(ag.ones(3))) == wanted


def test_blame_is_as_without_a_profile() -> None:
    x = ag.ones(3, requires_grad=True)
    with ag.profile():
        y = x.exp()
        y.add_(1)
    with pytest.raises(RuntimeError, match=r"test_profiling.py:\d+: y.add_\(1\)"):
        y.sum().backward()


def test_a_time_that_is_waited_is_found() -> None:
    class Slow(ag.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            time.sleep(0.02)
            return g

    with ag.profile() as prof:
        Slow.apply(ag.ones(3, requires_grad=True)).sum().backward()
    worst = prof.by_operation()[0]
    assert (worst.key, worst.phase) == ("Slow", "backward") and worst.self_seconds > 0.015
