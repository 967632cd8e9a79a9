"""Damaged and hostile texts end in ProgramErrors alone, soon, and without memory.

``make soak`` makes a million mutations.
"""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest

from autograd_core.errors import ProgramError
from autograd_core.programs.parsing import parse
from autograd_core.programs.writing import write
from tests.programs_text.generating import SOAK, listing
from tests.programs_text.test_round_trips import EVERYTHING, MLP

BYTES = 1_000_000 if SOAK else 4_000
WORDS = (
    "1000000000000", "-1", "[", "]", "(", ")", "{", "}", '"', "\\", ":", ",", "=", "...", "inf", "nan", "None", "\n",
    "#", "f32", "i64", "bool", "key=", "0", "1e308", "update ", "return ", "x", "h0", "\0", "\ud800", "٣", "primitive",
    "device", "-", ".",
)  # fmt: skip


def mutated(rng: np.random.Generator, text: str) -> tuple[str, int]:
    """A text with some characters replaced, removed, repeated, or moved, and how many."""
    count = int(rng.integers(1, 6))
    for _ in range(count):
        at, end = sorted(rng.integers(0, len(text) + 1, 2))
        end = min(end, at + int(rng.integers(0, 12)))
        kind = rng.integers(0, 5)
        if kind == 0:
            text = text[:at] + chr(rng.integers(0, 256)) + text[at + 1 :]
        elif kind == 1:
            text = text[:at] + text[end:]
        elif kind == 2:
            text = text[:at] + WORDS[rng.integers(0, len(WORDS))] + text[end:]
        elif kind == 3:
            text = text[:end] + text[at:end] + text[end:]
        else:
            place = int(rng.integers(0, len(text) + 1))
            text = text[:place] + text[at:end] + text[place:]
    return text, count


def test_mutations_end_in_clean_errors() -> None:
    rng = np.random.default_rng(0)
    texts, done, refused = [MLP, EVERYTHING], 0, 0
    while done < BYTES:
        if rng.integers(0, 10) == 0:
            texts = [MLP, EVERYTHING, *(write(listing(rng)) for _ in range(8))]
        text, count = mutated(rng, texts[rng.integers(0, len(texts))])
        done += count
        try:
            program = parse(text)
        except ProgramError as error:
            refused += 1
            assert error.line is not None and error.line <= text.count("\n") + 1
            assert error.column is not None and error.column >= 1
        else:  # what still is a program is written as one
            assert write(parse(write(program))) == write(program)
    assert refused > done // 20


def head(line: str, result: str = "x") -> str:
    return f"program f(x: f32[2, 3], i: i64[5]):\n{line}\nreturn {result}"


HOSTILE = {
    "a shape beyond memory": head("y: f32[1000000000000, 2, 3] = broadcast_to(x, shape=(1000000000000, 2, 3))"),
    "an outer product": "program f(a: f32[10000000, 1], b: f32[1, 10000000]):\n"
    "y: f32[10000000, 10000000] = matmul(a, b)\nreturn y",
    "a file": head('y: f32[2, 3] = whole(x, name="fromfile")'),
    "a dunder": head('y: f32[2, 3] = special_function(x, name="__class__")'),
    "a window over billions": "program f(x: f32[1, 1, 100000000000]):\ny: f32[1, 1, 1], w: u8[1, 1, 1] = max_pool(x, "
    "kernel_size=(2,), stride=(1,), padding=(0,), dilation=(2,), ceil_mode=False)\nreturn y",
    "memory beyond the array": head("y: f32[2, 9] = strided(x, size=(9,), steps=(1,), start=0)"),
    "memory before the array": head("y: f32[2, 2] = strided(x, size=(2,), steps=(-1,), start=0)"),
    "many updates": "program f():\n"
    + "".join(f"buffer b{i}: f32[]\n" for i in range(10_000))
    + "".join(f"update b{i} = b0\n" for i in range(10_000))
    + "return x",
    "a name of many parts": head("", "a" + ".a" * 1_000_000),
    "many brackets": head("", "(" * 1_000_000),
    "many closing brackets": head("", ")" * 1_000_000),
    "a long number": head("", "1" * 1_000_000),
    "a long float": head("", "1." + "1" * 1_000_000),
    "a long name": head("", "x" * 1_000_000),
    "an open text": head("", '"' + "\\" * 1_000_000),
    "a long option": head("y: f32[2, 3] = reshape(x, shape=(" + "1, " * 20_000 + "))"),
    "a huge power": head("y: i64[5] = pow(i, 99999999999999999999)"),
    "a shift": head('y: i64[5] = integer_pair(i, 99999999999999999999, name="bitwise_left_shift")'),
    "a key of many parts": head("y: f32[2, 3] = getitem(x, key=[" + "None, " * 20_000 + "])"),
    "a view of a view": head('y: f32[2, 3] = replace_view(x, 0.0, view=primitive("replace_view"), meta={"view": 1})'),
    "a bad option of a view": head('y: f32[2, 3] = replace_view(x, 0.0, view=primitive("permute"), meta={"dims": 1})'),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_texts_cost_little(what: str) -> None:
    text = HOSTILE[what]
    tracemalloc.start()
    start = time.perf_counter()
    try:
        if what in ("a shape beyond memory", "an outer product"):
            parse(text)  # it may say so; nothing is made before it runs
        else:
            with pytest.raises(ProgramError) as raised:
                parse(text)
            assert len(str(raised.value)) < 1_000 and raised.value.line is not None
        assert time.perf_counter() - start < 10
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


def test_a_text_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd_core.programs import lexing

    monkeypatch.setattr(lexing, "LONGEST", 100)
    with pytest.raises(ProgramError, match=r"the text has .* characters; wanted at most 100"):
        parse(MLP)
