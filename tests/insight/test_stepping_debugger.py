"""A debugger stops inside a rule as in any function of Python, in ``backward`` and in its steps."""

from __future__ import annotations

import inspect
import io
import pdb
import sys

import pytest

import autograd_core as ag
from autograd_core.ops.arithmetic import mul


class Twice(ag.autograd.Function):
    """An operation with a backward of one's own."""

    @staticmethod
    def forward(ctx, t):
        return t * 2

    @staticmethod
    def backward(ctx, g):
        doubled = g * 2
        return doubled


def by_backward(loss):
    loss.backward()


def by_steps(loss):
    for _ in ag.backward_steps(loss):
        pass


WALKS = pytest.mark.parametrize("walk", [by_backward, by_steps])


@pytest.fixture
def tracing():
    """Whatever traces the tests (a coverage tool) goes on afterwards."""
    before = sys.gettrace()
    yield
    sys.settrace(before)


def session(function, argument, *commands: str) -> str:
    """Return what pdb says to ``commands`` while ``function`` runs."""
    said = io.StringIO()
    debugger = pdb.Pdb(stdin=io.StringIO("\n".join([*commands, "continue", ""])), stdout=said, readrc=False)
    debugger.use_rawinput = False
    debugger.runcall(function, argument)
    return said.getvalue()


@WALKS
def test_a_breakpoint_in_the_backward_of_ones_own(walk, tracing) -> None:
    x = ag.tensor(3.0, requires_grad=True)
    loss = Twice.apply(x) * 5
    line = inspect.getsourcelines(Twice.backward)[1] + 2
    said = session(walk, loss, f"tbreak {__file__}:{line}", "continue", "p g.item()", "where", "up", "up")
    assert "doubled = g * 2" in said
    assert "\n(Pdb) 5.0" in said
    assert "walk.py" in said and f"{walk.__name__}()" in said
    assert x.grad.item() == 10


@WALKS
def test_a_breakpoint_in_a_rule_of_the_library(walk, tracing) -> None:
    a, b = ag.tensor(2.0, requires_grad=True), ag.tensor(7.0, requires_grad=True)
    code = mul.primitive.rules["a"].__code__
    loss = a * b
    stop = f"tbreak {code.co_filename}:{code.co_firstlineno}"
    said = session(walk, loss, stop, "continue", "p float(b)", "p float(g)", "up", "up")
    assert "g * b" in said
    assert "\n(Pdb) 7.0" in said and "\n(Pdb) 1.0" in said
    assert "walk.py" in said
    assert (a.grad.item(), b.grad.item()) == (7, 2)


def test_a_trace_function_sees_every_rule(tracing) -> None:
    a, b = ag.tensor(2.0, requires_grad=True), ag.tensor(7.0, requires_grad=True)
    rules = {rule.__code__ for rule in mul.primitive.rules.values()}
    loss, seen = a * b, []

    def trace(frame, event, argument):
        if frame.f_code in rules and event == "call":
            seen.append(dict(frame.f_locals))
        return trace

    sys.settrace(trace)
    loss.backward()
    sys.settrace(None)
    assert [float(v["g"]) for v in seen] == [1, 1]
    assert [float(v.get("b", v.get("a"))) for v in seen] == [7, 2]


def test_names_are_read_while_a_debugger_looks_and_its_view_stays_whole(tracing) -> None:
    x = ag.tensor(3.0, requires_grad=True)

    def look(loss):
        factor = loss * 2
        return factor

    said = session(look, x * 2, "next", "next", "p [s.name for s in ag.backward_steps(factor)]", "p factor.item()")
    assert "['factor', 'loss', 'x']" in said
    assert "\n(Pdb) 12.0" in said
