"""Programs of programs: gradients, tangents, batches, and these of each other."""

from __future__ import annotations

import pytest

import autograd_core as ag
import nn
from autograd_core.errors import ProgramError
from autograd_core.programs.program import Program
from autograd_core.transforms.forward import jvp
from autograd_core.transforms.mapping import vmap
from autograd_core.transforms.reverse import grad


@pytest.fixture
def net():
    ag.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))


@pytest.fixture
def loss(net):
    return lambda x: (net(x) ** 2).mean()


def test_gradients_by_parameters_and_by_inputs(net, loss):
    x = ag.randn(4, 3)
    p = Program.trace(loss)(x)
    names = dict(zip(p.parameters, net.parameters(), strict=True))
    loss(x).backward()
    found = p.grad()(x)
    assert list(found) == list(names)
    for name, parameter in names.items():
        assert ag.allclose(found[name], parameter.grad)
    assert ag.allclose(p.grad("x")(x), grad(loss)(x))
    assert list(p.grad(["x", next(iter(names))])(x)) == ["x", next(iter(names))]


def test_tangents_and_batches(loss):
    x, t = ag.randn(4, 3), ag.randn(4, 3)
    p = Program.trace(loss)(x)
    for found, wanted in zip(p.jvp()(x, t), jvp(loss, (x,), (t,)), strict=True):
        assert ag.allclose(found, wanted)
    many = ag.randn(6, 4, 3)
    assert ag.allclose(p.vmap(6)(many), vmap(loss)(many))
    last = p.vmap(6, in_dims=2)
    assert last.inputs[0].shape == (4, 3, 6)
    assert ag.allclose(last(many.movedim(0, 2)), vmap(loss)(many))


def test_they_compose(loss):
    x, t = ag.randn(4, 3), ag.randn(4, 3)
    p = Program.trace(loss)(x)
    product = p.grad("x").jvp()(x, t)[1]
    assert ag.allclose(product, jvp(grad(loss), (x,), (t,))[1], atol=1e-6)
    many = ag.randn(6, 4, 3)
    assert ag.allclose(p.grad("x").vmap(6)(many), vmap(grad(loss))(many), atol=1e-6)
    for q in (p.grad(), p.jvp(), p.vmap(6), p.grad("x").jvp(), p.grad("x").vmap(6)):
        assert Program.parse(str(q), q.values).listing == q.listing


def test_of_a_program_without_values():
    p = Program.parse("program f(x: f32[3]):\n    parameter w: f32[3]\n    h: f32[3] = mul(x, w)\n"
                      "    y: f32[] = sum(h, dim=(0,))\n    return y\n")  # fmt: skip
    q = p.grad("w")
    assert not q.parameters
    x = ag.randn(3)
    assert ag.equal(q.bind({"w": ag.ones(3)})(x), x)


def test_refusals(loss):
    p = Program.trace(loss)(ag.randn(4, 3))
    with pytest.raises(ProgramError, match="there is no 'y' to differentiate by"):
        p.grad("y")
    with pytest.raises(ProgramError, match="wanted one tensor of shape"):
        Program.trace(lambda x: x * 2)(ag.randn(3)).grad()
    with pytest.raises(ProgramError, match="wanted one for each of 1 inputs"):
        p.vmap(3, in_dims=(0, 0))
