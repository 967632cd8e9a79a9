"""What does not fit together is refused, with line and column."""

from __future__ import annotations

import pytest

import autograd_core as ag
from autograd_core.errors import ProgramError
from autograd_core.programs.program import Program

LINES = {
    "y: f32[3] = exp(x)": (3, "exp makes f32[2, 3] here, not f32[3]"),
    "y: f64[2, 3] = exp(x)": (3, "exp makes f32[2, 3] here, not f64[2, 3]"),
    "y: f32[2, 3] = exp(z)": (22, "there is no variable 'z' before this place"),
    "y: f32[2, 3] = exp(y)": (22, "there is no variable 'y' before this place"),
    "y: f32[2, 3] = expp(x)": (18, "there is no primitive 'expp'; did you mean 'exp'?"),
    "y: f32[2, 3] = exp(x, x)": (18, "exp takes 1 (x), not 2 arguments"),
    "y: f32[2, 3] = exp()": (18, "exp takes 1 (x), not 0 arguments"),
    "y: f32[2, 3] = exp(1.0)": (18, "exp: none of its arguments is a tensor"),
    "y: f32[2, 3] = exp([x])": (18, "exp: x: wanted a tensor"),
    'y: f32[2, 3] = exp("x")': (22, "wanted a variable, a number, None, or a list of variables"),
    "y: f32[4, 3] = cat(x, dim=0)": (18, "cat: xs: wanted a list of tensors"),
    "y: f32[4, 3] = cat([x, x])": (18, "cat wants dim="),
    "y: f32[4, 3] = cat([x, x], dim=0, dim=0)": (37, "the option 'dim' is given twice"),
    "y: f32[4, 3] = cat([x, x], dims=0)": (30, "cat has no option 'dims'; its options: dim"),
    "y: f32[4, 3] = cat([x, x], dim=0.5)": (30, "cat: dim is 0.5; wanted int"),
    "y: f32[4, 3] = cat([x, x], dim=7)": (18, "cat of [f32[2, 3], f32[2, 3]]: dim is 7; the shape is (2, 3)"),
    "y: f32[4, 3] = cat(dim=0, [x, x])": (29, "an argument after an option"),
    "y: f32[2, 2] = matmul(x, x)": (18, "matmul of f32[2, 3], f32[2, 3]: (2, 3) and (2, 3) share no inner length"),
    "y: f32[2] = matmul(x, i)": (15, "matmul of f32[2, 3], i64[5]: (2, 3) and (5,) are to be matrices"),
    "y: f16[2, 3] = where(x, 1.0, 2.0)": (3, "where makes f64[2, 3] here, not f16[2, 3]"),
    "y: f32[2, 3] = add(x, i)": (18, "add of f32[2, 3], i64[5]: shapes (2, 3), (5,) do not broadcast"),
    "y: f32[2, 3] = matmul(x, 1)": (18, "matmul: b is 1; wanted a tensor"),
    "y: i64[5] = lt(i, complex(1.0, 2.0))": (15, "lt of i64[5], complex(1.0, 2.0): lt: not implemented for"),
    "y: f32[2] = getitem(x, key=[:, 3])": (15, "getitem of f32[2, 3]: index 3 is out of range for a dim of 3"),
    "y: f32[2] = getitem(x, key=[0:1:2:3])": (37, "got '3'; wanted an index"),
    "y: f32[2] = getitem(x, key=[x])": (15, "getitem of f32[2, 3]: the index x has dtype"),
    "y: f32[2] = getitem(x, key=[0, 0, 0])": (15, "getitem of f32[2, 3]: the key has 0 ellipses and 3 indices for 2"),
    'y: f32[2, 3] = whole(x, name="save")': (27, "whole: name is 'save'; wanted one of 'ceil', 'floor', 'trunc'"),
    'y: f32[2, 3] = transfer(x, device=device("tpu"))': (43, "device: got 'tpu'; wanted 'cpu', 'cuda'"),
    "y: f32[2, 3], z: f32[2] = exp(x)": (3, "exp has 1 outputs, not 2"),
    "u: f32[2, 2], u: f32[2], v: f32[2, 3] = svd(x)": (17, "'u' is set twice"),
    "x: f32[2, 3] = exp(x)": (3, "'x' is set twice"),
    "None: f32[2, 3] = exp(x)": (3, "'None' is a word of the language"),
    "y: g32[2, 3] = exp(x)": (6, "got 'g32'; wanted a dtype: bool, u8"),
    "y: f32[-2, 3] = exp(x)": (10, "got '-2'; wanted the length of a dim"),
    "y: f32[2.0, 3] = exp(x)": (10, "got '2.0'; wanted the length of a dim"),
    "y: f32[9999999999999999, 3] = exp(x)": (6, "the shape has 2 dims, 29999999999999997 elements; wanted at most"),
    "y: f32[123456789012345678901] = exp(x)": (10, "the number '123456789012345678901' is too long"),
    "y: f32[2, 3] = mul(x, 1e999)": (25, "the number '1e999' is beyond what a float64 holds"),
    "y: f32[2, 3] = mul(x, (1))": (26, "a tuple of one value takes a comma: (1,)"),
    "y: f32[2, 3] = exp(x) exp": (25, "got 'exp'; wanted the end of the line"),
    "y: f32[2, 3] = exp(x]": (23, "got ']'; wanted ')'"),
    "y: f32[2, 3] = exp(x; x)": (23, "got ';', with which nothing begins here"),
    "y: f32[2, 3] = __import__(x)": (18, "there is no primitive '__import__'"),
    "y f32[2, 3] = exp(x)": (3, "got 'y'; wanted 'name: type = primitive(...)'"),
    "parameter w: f32[2] = [1.0, 2.0]": (23, "a parameter has no value in the text"),
    "constant c: f32[2] = [1.0]": (24, "c has shape (2,); wanted a list of 2 here"),
    "constant c: f32[2] = [1.0, 2]": (24, "c of ag.float32 has an element 2; wanted float"),
    "constant c: u8[] = 256": (22, "c of ag.uint8: "),
    "update x = i": (10, "'x' is no parameter, buffer or constant"),
    "return i; x": (11, "got ';', with which nothing begins here"),
    'return {"a": i, "a": i}': (19, "'\"a\"' stands twice"),
    "return (0:1)": (12, "got ':'; wanted ')'"),
    'return "text"': (3, "wanted variables, numbers and None, in tuples, lists and dicts"),
    r'return {"\q": 1}': (11, "the text '\"\\\\q\"' has an escape that JSON does not know"),
    "return " + "(" * 40: (43, "wanted at most 32 brackets within each other"),
}  # fmt: skip
TEXTS = {
    "": (1, 1, "got the end of the text; wanted 'program'"),
    "# nothing": (1, 10, "got the end of the text; wanted 'program'"),
    "program f(x: f32[2])": (1, 21, "got the end of the text; wanted ':'"),
    "program f(x: f32[2], x: f32[2]):\n return x": (1, 22, "'x' is set twice"),
    "program f(x: f32[2]):\n": (2, 1, "got the end of the text; wanted a statement"),
    "program f(x: f32[2]):\n return x\n return x": (3, 2, "got 'return' after 'return'; wanted the end of the text"),
    "program f(x: f32[2]):\n y: f32[2] = exp(x)\n buffer b: f32[2]": (3, 2, "a buffer after a line; wanted it before"),
    "program f():\n buffer b: f32[]\n update b = b\n update b = b": (4, 9, "'b' is updated twice"),
    "program f():\n buffer b: f32[]\n buffer c: f64[]\n update b = c": (4, 13, "an update of b: f32[] wants"),
    "program f():\n buffer b: f32[]\n update b = b\n y: f32[] = exp(b)": (4, 2, "a line after an update"),
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_does_not_fit(line: str) -> None:
    column, message = LINES[line]
    with pytest.raises(ProgramError) as raised:
        Program.parse(f"program f(x: f32[2, 3], i: i64[5]):\n  {line}\n  return i")
    assert str(raised.value).startswith(f"line 2, column {column}: {message}"), raised.value
    assert (raised.value.line, raised.value.column) == (2, column)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_does_not_fit(text: str) -> None:
    line, column, message = TEXTS[text]
    with pytest.raises(ProgramError) as raised:
        Program.parse(text)
    assert str(raised.value).startswith(f"line {line}, column {column}: {message}"), raised.value


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(ProgramError, match="parse: got bytes; wanted the text of a program"):
        Program.parse(b"program")  # type: ignore[arg-type]


def test_a_run_says_what_is_missing() -> None:
    program = Program.parse("program f(x: f32[2]):\n parameter w: f32[2]\n y: f32[2] = mul(x, w)\n return y")
    x = ag.ones(2)
    with pytest.raises(ProgramError, match="f: without a value: w; give it with"):
        program(x)
    bound = program.bind({"w": x * 3})
    assert bound(x).tolist() == [3, 3]
    with pytest.raises(ProgramError, match=r"f: got 2 tensors; wanted 1: x: f32\[2\]"):
        bound(x, x)
    with pytest.raises(ProgramError, match=r"f: the input x: f32\[2\] is f64\[2\]"):
        bound(x.double())
    with pytest.raises(ProgramError, match=r"f: the input x: f32\[2\] is a float; wanted a tensor"):
        bound(1.0)
    with pytest.raises(ProgramError, match=r"f: the value of w: f32\[2\] is f32\[3\]"):
        program.bind({"w": ag.ones(3)})
    with pytest.raises(ProgramError, match="f: it binds no 'v'"):
        program.bind({"v": ag.ones(3)})


def test_a_length_that_a_mask_decides_is_checked_by_the_run() -> None:
    program = Program.parse("program f(x: f32[3], m: bool[3]):\n y: f32[2] = getitem(x, key=[m])\n return y")
    x = ag.tensor([1.0, 2.0, 3.0])
    assert program(x, x > 1).tolist() == [2, 3]
    with pytest.raises(ProgramError, match=r"y: f32\[2\] = getitem\(x, key=\[m\]\): y turned out to be f32\[1\]"):
        program(x, x > 2)
