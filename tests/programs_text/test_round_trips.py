"""Text and program are each other's inverse: on written and on generated programs."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.programs.ir import Application, Bound, Listing, Variable
from autograd_core.programs.parsing import parse
from autograd_core.programs.program import Program
from autograd_core.programs.writing import write
from tests.programs_text.generating import SOAK, listing

MLP = """\
program mlp(x: f32[64, 784], w: f32[100, 784], b: f32[100]):
    h0: f32[784, 100] = permute(w, dims=(1, 0))
    h1: f32[64, 100] = matmul(x, h0)
    h2: f32[64, 100] = add(h1, b)
    h3: f32[64, 100] = maximum(h2, 0.0)
    return h3
"""
EVERYTHING = """\
program everything(x: f32[4, 3], y.0: c64[]):
    parameter encoder.0.weight: f32[4, 3]
    buffer mean: f32[3]
    constant table: f32[1000, 3]
    constant c0: i64[2, 2] = [[0, 1], [2, 2]]
    constant c1: bool[] = True
    constant c2: f64[3] = [inf, nan, -1e-300]
    constant c3: c64[1] = [complex(0.0, -inf)]
    constant c4: f32[0, 3] = []
    h0: f32[4, 3] = add(x, encoder.0.weight)
    u: f32[4, 3], s: f32[3], vh: f32[3, 3] = svd(h0, full_matrices=False)
    h1: f32[8, 3] = cat([u, h0], dim=0)
    h2: f32[2, 2, 3] = getitem(table, key=[c0])
    h3: f32[1, 3] = getitem(h1, key=[None, -1, ...])
    h4: f32[4, 2] = getitem(h0, key=[:, ::2])
    h5: f32[2, 3] = getitem(h0, key=[1:3, :])
    h6: bool[4, 3] = gt(h0, 0.5)
    h7: f32[5] = getitem(h0, key=[h6])
    h8: f64[4, 3] = cast(h0, dtype=f64)
    h9: f32[4, 3] = transfer(h0, device=device("cpu"))
    h10: f32[4, 3] = replace_view(h9, 0.0, view=primitive("getitem"), meta={"key": [0, :1]})
    h11: f32[4, 3] = clamp(h10, low=None, high=2.5)
    h12: f32[6, 3] = pad(h11, widths=((1, 1), (0, 0)), value=-inf)
    h13: c64[] = mul(y.0, complex(0.0, 1.0))
    h14: f32[4, 4] = linear(h0, x, None)
    h15: f32[4, 3] = whole(h0, name="floor")
    update encoder.0.weight = h15
    update mean = s
    return {"loss": (h3, h4), "rest": [h5, h7, (h8,)], "n": 3, "none": None, "x": (), "é \\"": complex(nan, 2.0)}
"""


@pytest.mark.parametrize("text", [MLP, EVERYTHING], ids=["mlp", "everything"])
def test_print_of_parse_is_the_text(text: str) -> None:
    assert write(parse(text)) == text.replace("é", "\\u00e9")


def test_blanks_comments_and_line_breaks_are_free() -> None:
    text = MLP.replace("\n", "   # a word\r\n\n").replace("x: f32", "\n x :f32").replace("(h1, b)", "(h1,\n\n   b,)")
    assert write(parse(text)) == MLP


def test_many_inputs_stand_on_lines_of_their_own() -> None:
    inputs = tuple(Variable(f"layers.{i}.weight", (10, 10), ag.float32) for i in range(10))
    text = write(Listing("wide", inputs, result=inputs[0]))
    assert text.startswith("program wide(\n    layers.0.weight: f32[10, 10],\n")
    assert write(parse(text)) == text


def test_generated_programs_come_back() -> None:
    rng = np.random.default_rng(1)
    lines = 0
    for _ in range(30_000 if SOAK else 300):
        made = listing(rng)
        text = write(made)
        assert write(parse(text)) == text
        lines += len(made.lines)
    assert lines > 1500  # the generator is no desert


def test_floats_come_back_exactly() -> None:
    rng = np.random.default_rng(2)
    x = Variable("x", (2,), ag.float64)
    for bits in rng.integers(0, 2**63, 200):
        number = float(np.int64(bits).view("float64"))
        if not np.isnan(number):
            program = parse(write(Listing("f", (x,), (), (Application("mul", (x, -number), {}, ()),), x)).replace(
                "     = ", "    y: f64[2] = "))  # fmt: skip
            assert program.lines[0].args[1] == -number


def test_small_constants_come_back_exactly() -> None:
    for kind in ("bool", "uint8", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128"):
        from autograd_core.programs.literals import literal_of

        value = ag.tensor([0, 1, 0]).to(getattr(ag, "bool_" if kind == "bool" else kind))
        value = value / 3 if value.dtype.category > 1 else value
        bound = Bound("constant", Variable("c", (3,), value.dtype), literal_of(value))
        program = Program.parse(write(Listing("f", (), (bound,), (), bound.variable)))
        assert (program() == value).all()
        assert program().dtype is value.dtype


@pytest.mark.parametrize("name", ["update", "return", "parameter", "program", "device", "primitive", "complex", "σ_1"])
def test_words_of_statements_are_names_too(name: str) -> None:
    for given, made in ((name, "h"), ("x", name), ("x", f"{name}.0")):
        text = f"program f({given}: f32[2]):\n    {made}: f32[2] = exp({given})\n    return {made}\n"
        assert write(parse(text)) == text
