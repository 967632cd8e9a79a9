"""Costs of programs whose costs are known."""

from __future__ import annotations

import tracemalloc

import pytest

import autograd_core as ag
from autograd_core.programs.flops import COUNTS
from autograd_core.programs.program import Program
from tests.programs_text.test_inference import OWN
from tests.programs_text.test_round_trips import EVERYTHING, MLP


def one(head: str, line: str) -> int:
    return Program.parse(f"program f({head}):\n {line}\n return None").cost().flops


@pytest.mark.parametrize(
    ("head", "line", "flops"),
    [
        ("a: f32[8, 3, 4], b: f32[4, 5]", "y: f32[8, 3, 5] = matmul(a, b)", 2 * 8 * 3 * 4 * 5),
        ("a: c64[3, 4], b: c64[4, 5]", "y: c64[3, 5] = matmul(a, b)", 8 * 3 * 4 * 5),
        ("x: f32[7, 3], w: f32[4, 3], b: f32[4]", "y: f32[7, 4] = linear(x, w, b)", 2 * 7 * 3 * 4 + 7 * 4),
        ("x: f32[2, 1], y: f32[3]", "z: f32[2, 3] = add(x, y)", 6),
        ("x: f32[2, 3]", "z: f32[3, 2] = permute(x, dims=(1, 0))", 0),
        ("x: f32[2, 3]", "z: f32[2] = sum(x, dim=(1,))", 6),
        ("x: f32[2, 4, 8, 8], w: f32[6, 2, 3, 3]", "y: f32[2, 6, 8, 8] = conv(x, w, None, stride=(1, 1), "
         "padding=(1, 1), dilation=(1, 1), groups=2)", 2 * 2 * 6 * 64 * 2 * 9),
        ("x: f64[5, 3]", "u: f64[5, 3], s: f64[3], vh: f64[3, 3] = svd(x)", 14 * 5 * 9 + 8 * 27),
        ("x: c64[8]", "y: c64[8] = fft(x, dims=(0,))", 5 * 8 * 3),
        ("q: f32[2, 5, 4], k: f32[2, 6, 4], v: f32[2, 6, 3]",
         "y: f32[2, 5, 3] = attend(q, k, v, None, None, scale=0.5)", 2 * 60 * (4 + 3) + 4 * 60),
    ],
)  # fmt: skip
def test_operations(head: str, line: str, flops: int) -> None:
    assert one(head, line) == flops


def test_every_primitive_has_a_count() -> None:
    per_output = {"resample"}
    assert {n for n, p in OWN.items() if not p.elementwise} - COUNTS.keys() == per_output


def test_bytes_and_peak() -> None:
    cost = Program.parse(MLP).cost()
    x, w, b, h = 64 * 784 * 4, 100 * 784 * 4, 400, 64 * 100 * 4
    assert [(c.read, c.written) for c in cost.lines] == [(0, 0), (x + w, h), (h + b, h), (h, h)]
    assert [c.live - x - w - b for c in cost.lines] == [0, h, 2 * h, 2 * h]
    assert cost.peak == x + w + b + 2 * h
    assert (cost.read, cost.written) == (x + w + h + b + h, 3 * h)


def test_peak_is_what_a_run_takes() -> None:
    program = Program.parse(
        "program f(x: f32[1000, 1000]):\n a: f32[1000, 1000] = exp(x)\n v: f32[1000, 1000] = permute(a, dims=(1, 0))\n"
        " b: f32[1000, 1000] = neg(x)\n c: f32[1000, 1000] = add(b, v)\n d: f32[1000, 1000] = neg(c)\n"
        " e: f32[] = sum(d, dim=(0, 1))\n return e"
    )
    x = ag.randn(1000, 1000)
    program(x)
    tracemalloc.start()
    program(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert program.cost().peak == 16_000_000  # x, a (through its view v), b, c
    assert abs(peak - 12_000_000) < 200_000


def test_the_table() -> None:
    text = str(Program.parse(MLP).cost())
    assert text.splitlines()[0].split() == ["flops", "read", "written", "live"]
    assert "10,035,200   514 kB  25.6 kB  540 kB  h1: f32[64, 100] = matmul(x, h0)" in text
    assert text.splitlines()[-1].split()[:4] == ["10,048,000", "566", "kB", "76.8"]
    assert len(str(Program.parse(EVERYTHING).cost()).splitlines()) == 19
