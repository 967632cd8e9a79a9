"""What a function keeps from gradients, by ``detach`` and ``no_grad``, its program keeps from them too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import autograd_core as ag
import nn
import optim
from autograd_core.func import grad, jvp
from autograd_core.programs.program import Program

X = ag.tensor([2.0, 3.0, -1.0])
W = ag.tensor([1.0, -2.0, 0.5], requires_grad=True)


def unrecorded(x: Any) -> Any:
    with ag.no_grad():
        s = x.exp() * 2
    return (s * x).sum()


def straight_through(x: Any) -> Any:
    return (x + (x.round() - x).detach()).sum() * x[0]


def penalised(x: Any) -> Any:
    (slope,) = ag.autograd.grad((x**3 * W).sum(), x, create_graph=True) if x.requires_grad else (3 * x**2 * W,)
    return (slope**2).sum() + slope.detach().sum()


CUT: dict[str, Callable[[Any], Any]] = {
    "detach": lambda x: (x.detach() * x * W).sum(),
    "no_grad": unrecorded,
    "straight_through": straight_through,
    "inner grad": lambda x: (grad(lambda y: (y**3).sum())(x) * x.detach()).sum(),
    "grad under no_grad": lambda x: (ag.no_grad()(grad(lambda y: (y**3).sum()))(x) * x).sum(),
    "twice": lambda x: (x.detach().detach() * x + x.detach() * 2).sum(),
    "penalty": penalised,
    "of ints": lambda x: (x.long().detach() * x).sum(),
    "of a constant": lambda x: (ag.ones(3).detach() * x).sum(),
}


@pytest.mark.parametrize("name", CUT)
def test_gradients_of_the_program_are_those_of_the_function(name: str) -> None:
    function, leaf = CUT[name], X.clone().requires_grad_()
    program = Program.trace(function)(X)
    (wanted,) = ag.autograd.grad(function(leaf), leaf)
    assert ag.allclose(program.grad("x")(X), wanted)
    (found,) = ag.autograd.grad(program(leaf), leaf)
    assert ag.allclose(found, wanted)
    assert ag.allclose(program.simplify().grad("x")(X), wanted)
    assert ag.allclose(jvp(program, (X,), (ag.ones(3),))[1], jvp(function, (X,), (ag.ones(3),))[1])
    assert str(Program.parse(str(program), program.values)) == str(program)


def test_only_what_is_used_behind_a_cut_says_so() -> None:
    assert "detach" not in str(Program.trace(CUT["of a constant"])(X))
    assert str(Program.trace(CUT["twice"])(X)).count("detach(") == 1
    assert "h0: f32[3] = detach(x)" in str(Program.trace(CUT["detach"])(X))
    assert "tangent=True" in str(Program.trace(unrecorded)(X))


def test_results_that_require_no_grad() -> None:
    for function in (lambda x: (x * W).detach(), ag.no_grad()(lambda x: x * W)):
        program = Program.trace(function)(X)
        assert not program(X).requires_grad and "return h1" in str(program)
    assert Program.trace(lambda x: x * W)(X)(X).requires_grad


def test_a_step_has_no_line_of_it() -> None:
    net = nn.Linear(3, 2)
    optimizer = optim.Adam(net.parameters())

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = net(x).square().sum()
        loss.backward()
        optimizer.step()
        return loss

    assert "detach" not in str(Program.trace(step, module=net)(X))
