"""Programs run: on tensors of any kind, with updates at the end."""

from __future__ import annotations

import pytest

import autograd_core as ag
from autograd_core.programs.program import Program
from autograd_core.transforms.forward import jvp
from autograd_core.transforms.mapping import vmap
from autograd_core.transforms.reverse import grad
from tests.programs_text.test_round_trips import EVERYTHING, MLP

SMALL = """program f(x: f64[3], i: i64[2]):
    h: f64[3] = sin(x)
    k: f64[2] = getitem(h, key=[i])
    y: f64[] = sum(k, dim=(0,))
    return y
"""


def test_a_run_is_the_function() -> None:
    x, w, b = ag.randn(64, 784), ag.randn(100, 784).requires_grad_(), ag.randn(100)
    y = Program.parse(MLP)(x, w, b)
    wanted = (x @ w.T + b).relu()
    assert ag.equal(y, wanted)
    assert ag.allclose(ag.autograd.grad(y.sum(), w)[0], ag.autograd.grad(wanted.sum(), w)[0])


def test_all_kinds_of_lines_run() -> None:
    values = {"encoder.0.weight": ag.randn(4, 3), "mean": ag.randn(3), "table": ag.randn(1000, 3)}
    text = EVERYTHING.replace("h7: f32[5]", "h7: f32[12]").replace("gt(h0, 0.5)", "gt(h0, -inf)")
    program = Program.parse(text, values)
    found = program(ag.randn(4, 3), ag.tensor(1j))
    assert list(found) == ["loss", "rest", "n", "none", "x", 'é "'] and found["n"] == 3 and found["none"] is None
    assert found["rest"][1].shape == (12,) and isinstance(found["rest"][2], tuple)


def test_inputs_may_come_in_trees() -> None:
    x, i = ag.randn(3).double(), ag.tensor([0, 2])
    program = Program.parse(SMALL)
    assert program({"x": x, "rest": [i]}) == program(x, i)


def test_transforms_of_runs() -> None:
    program, i = Program.parse(SMALL), ag.tensor([0, 2])
    x, t = ag.randn(3).double(), ag.randn(3).double()
    slope = ag.tensor([1.0, 0.0, 1.0]) * x.cos()
    assert ag.allclose(grad(lambda x: program(x, i))(x), slope)
    assert ag.allclose(jvp(lambda x: program(x, i), (x,), (t,))[1], (slope * t).sum())
    xs, js = ag.randn(4, 3).double(), ag.tensor([[0, 1], [1, 2], [2, 2], [0, 0]])
    wanted = ag.stack([program(x, j) for x, j in zip(xs, js, strict=True)])
    assert ag.allclose(vmap(program)(xs, js), wanted)


def test_updates_come_at_the_end() -> None:
    text = """program step(g: f32[2]):
        parameter w: f32[2]
        buffer old: f32[2]
        h: f32[2] = sub(w, g)
        v: f32[1, 2] = reshape(w, shape=(1, 2))
        update w = h
        update old = w
        return (w, v)
    """
    w, old = ag.nn.Parameter(ag.tensor([3.0, 4.0])), ag.zeros(2)
    program = Program.parse(text, {"w": w, "old": old})
    before, view = program(ag.tensor([1.0, 2.0]))
    assert w.tolist() == [2, 2] and w.requires_grad and w.is_leaf
    assert old.tolist() == before.tolist() == view[0].tolist() == [3, 4]
    program(ag.tensor([1.0, 2.0]))
    assert w.tolist() == [1, 0] and old.tolist() == [2, 2]


def test_a_failed_run_updates_nothing() -> None:
    text = """program f(m: bool[3]):
        buffer w: f32[3]
        h: f32[3] = add(w, 1.0)
        k: f32[2] = getitem(h, key=[m])
        update w = h
        return k
    """
    w = ag.zeros(3)
    with pytest.raises(ValueError, match="turned out to be"):
        Program.parse(text, {"w": w})(ag.tensor([True, False, False]))
    assert w.tolist() == [0, 0, 0]


@pytest.mark.skipif(not hasattr(Exception, "add_note"), reason="notes came with Python 3.11")
def test_an_error_names_the_line() -> None:
    program = Program.parse("program f(a: f32[2, 2]):\n h: f32[2, 2] = cholesky(a)\n return h")
    with pytest.raises(ag.linalg.LinAlgError) as raised:
        program(-ag.eye(2))
    assert raised.value.__notes__ == ["in the line h: f32[2, 2] = cholesky(a)"]
