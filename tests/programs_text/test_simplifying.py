"""``simplify`` makes programs shorter and changes no value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.programs.ir import Listing, Variable
from autograd_core.programs.program import Program
from autograd_core.transforms.trees import leaves_of
from tests.programs_text.generating import SOAK, listing

HEAD = "program f(x: f32[2, 3], z: c64[2], i: i64[4]):\n"


def lines(text: str) -> str:
    """The lines and the result of the simplified program."""
    return "; ".join(str(Program.parse(HEAD + text).simplify()).replace("    ", "").splitlines()[1:])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a: f32[2, 3] = exp(x)\nreturn x", "return x"),  # dead
        ("a: f32[2, 3] = mul(x, 1)\nb: f32[2, 3] = exp(a)\nreturn b", "b: f32[2, 3] = exp(x); return b"),
        ("a: f32[2, 3] = sub(x, 0.0)\nb: f32[2, 3] = exp(a)\nreturn b", "b: f32[2, 3] = exp(x); return b"),
        ("a: f32[2, 3] = neg(x)\nb: f32[2, 3] = neg(a)\nc: f32[2, 3] = exp(b)\nreturn c",
         "c: f32[2, 3] = exp(x); return c"),
        ("a: f32[3, 2] = permute(x, dims=(1, 0))\nb: f32[2, 3] = permute(a, dims=(-1, 0))\nreturn b", "return x"),
        ("a: f32[6] = reshape(x, shape=(6,))\nb: f32[3, 2] = reshape(a, shape=(3, 2))\nreturn b",
         "b: f32[3, 2] = reshape(x, shape=(3, 2)); return b"),
        ("a: f32[2, 3] = getitem(x, key=[:, ...])\nreturn a", "return x"),
        ("a: f32[2, 3] = cast(x, dtype=f32)\nb: f32[2, 3] = exp(a)\nreturn b", "b: f32[2, 3] = exp(x); return b"),
        ("a: f32[2, 3] = exp(x)\nb: f32[2, 3] = exp(x)\nc: f32[2, 3] = add(a, b)\nreturn c",
         "a: f32[2, 3] = exp(x); c: f32[2, 3] = add(a, a); return c"),
        ("constant c: f32[2] = [1.0, 2.0]\na: f32[2] = mul(c, 3.0)\nb: c64[2] = mul(z, a)\nreturn b",
         "constant a: f32[2] = [3.0, 6.0]; b: c64[2] = mul(z, a); return b"),
        ("constant c: f32[2, 3] = [[2.0, 2.0, 2.0], [2.0, 2.0, 2.0]]\na: f32[2, 3] = where(x, c, 0.0)\n"
         "b: f32[2, 3] = exp(a)\nreturn b",  # the condition says nothing of the dtype
         "constant c: f32[2, 3] = [[2.0, 2.0, 2.0], [2.0, 2.0, 2.0]]; a: f32[2, 3] = where(x, c, 0.0); "
         "b: f32[2, 3] = exp(a); return b"),
        ("buffer w: f32[2, 3]\nupdate w = w\nreturn x", "buffer w: f32[2, 3]; return x"),
        # these would change a value, a dtype, or share a result's memory
        ("a: f32[2, 3] = add(x, 0.0)\nb: f32[2, 3] = exp(a)\nreturn b",
         "a: f32[2, 3] = add(x, 0.0); b: f32[2, 3] = exp(a); return b"),
        ("a: f32[2, 3] = sub(x, -0.0)\nb: f32[2, 3] = exp(a)\nreturn b",
         "a: f32[2, 3] = sub(x, -0.0); b: f32[2, 3] = exp(a); return b"),
        ("a: c64[2] = mul(z, 1)\nb: c64[2] = exp(a)\nreturn b", "a: c64[2] = mul(z, 1); b: c64[2] = exp(a); return b"),
        ("a: f32[4] = div(i, 1)\nb: f32[4] = exp(a)\nreturn b", "a: f32[4] = div(i, 1); b: f32[4] = exp(a); return b"),
        ("a: f32[2, 3] = mul(x, 1)\nreturn a", "a: f32[2, 3] = mul(x, 1); return a"),
        ("constant c: f32[] = 2.0\na: f32[] = exp(c)\nb: f32[] = exp(a)\nupdate c = b\nreturn x",
         "constant c: f32[] = 2.0; a: f32[] = exp(c); b: f32[] = exp(a); update c = b; return x"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_program(text: str, wanted: str) -> None:
    assert lines(text) == wanted


def values(rng: np.random.Generator, variable: Variable) -> ag.Tensor:
    numbers = rng.choice([0.0, -0.0, 1.0, -2.5, np.inf, np.nan, 3.0], variable.shape)
    if variable.dtype.category < 2:
        numbers = rng.integers(0, 3, variable.shape)
    return ag.tensor(np.asarray(numbers)).to(variable.dtype)


def outcome(program: Program, given: list[ag.Tensor]) -> list[Any]:
    """All results, and what the bound values have become."""
    result = leaves_of(program(*given))
    return [x._array if isinstance(x, ag.Tensor) else x for x in (*result, *program.parameters.values())]


def same_bits(a: Any, b: Any) -> bool:
    if not isinstance(a, np.ndarray):
        return a is b or a == b
    return a.dtype == b.dtype and a.shape == b.shape and np.ascontiguousarray(a).tobytes() == b.tobytes()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_no_value_changes() -> None:
    rng = np.random.default_rng(3)
    before = after = 0
    for _ in range(20_000 if SOAK else 200):
        made = listing(rng, 16, masks=False)
        given = [values(rng, v) for v in made.inputs]
        bound = {b.variable.name: values(rng, b.variable) for b in made.bound if b.literal is None}
        first = Program(made, {name: x.clone() for name, x in bound.items()})
        second = Program(made, {name: x.clone() for name, x in bound.items()}).simplify()
        assert str(Program.parse(str(second))) == str(second)
        before, after = before + len(made.lines), after + len(second.listing.lines)
        pairs = zip(outcome(first, given), outcome(second, given), strict=True)
        assert all(same_bits(a, b) for a, b in pairs), f"{first}\n{second}"
    assert after < before * 0.9


def test_gradients_stay() -> None:
    text = """program f(x: f64[3, 2]):
        parameter w: f64[2, 3]
        constant c: f64[2] = [0.5, 2.0]
        a: f64[3, 2] = permute(w, dims=(1, 0))
        b: f64[2, 3] = permute(a, dims=(1, 0))
        d: f64[3, 3] = matmul(x, b)
        e: f64[3, 3] = matmul(x, w)
        k: f64[2] = exp(c)
        m: f64[3, 2] = mul(x, k)
        n: f64[3, 3] = mul(d, e)
        o: f64[3, 2] = matmul(n, m)
        return o"""
    w = ag.randn(2, 3).double().requires_grad_()
    x = ag.randn(3, 2).double().requires_grad_()
    program = Program.parse(text, {"w": w})
    short = program.simplify()
    assert len(short.listing.lines) == 4 and short.parameters == {"w": w}
    slopes = [ag.autograd.grad(p(x).sum(), (x, w)) for p in (program, short)]
    for a, b in zip(*slopes, strict=True):
        assert ag.allclose(a, b, rtol=1e-12)


def test_an_empty_program() -> None:
    assert str(Program(Listing("nothing")).simplify()) == "program nothing():\n    return None\n"
