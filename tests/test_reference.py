"""The reference page says what the source and the tables say."""

from __future__ import annotations

import re
from functools import cache

import pytest

from docs import budget, reference
from tests.op_table import PRIMITIVES

FIGURE = re.compile(r"^\| (\S+) \| .*\| (\d+) \| (\d+) \|$", re.MULTILINE)  # a line of the line budget


@cache
def page() -> str:
    return reference.generate()


def committed() -> str:
    return reference.PATH.read_text(encoding="utf-8")


def test_the_page_is_up_to_date() -> None:
    # every commit changes some room's length by a few lines
    assert FIGURE.sub("", committed()) == FIGURE.sub("", page()), "run `python -m docs.reference`"


def test_the_line_budget_is_nearly_up_to_date() -> None:
    shown = {room: int(lines) for room, _, lines in FIGURE.findall(committed())}
    now = {room.name: room.lines for room in budget.budget()}
    assert shown.keys() - {"together"} == now.keys()
    for room, lines in now.items():
        assert shown[room] == pytest.approx(lines, rel=0.1, abs=20), f"{room}: run `python -m docs.reference`"


def test_every_module_is_counted_once() -> None:
    counted = [path for _, paths in budget.folders() for path in paths]
    there = [path for room in ("autograd_core", "nn", "optim") for path in (budget.ROOT / room).rglob("*.py")]
    assert sorted(counted) == sorted(there)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('"""Say."""\n\nx = 1  # one\n# none\n', 1),
        ("x = [\n    1,\n\n]\n", 3),
        ('def f():\n    """Say\n    it."""\n    return """a\n\nb"""\n', 4),
    ],
)
def test_lines_of_code_are_counted(text: str, lines: int) -> None:
    assert budget.code_lines(text) == lines


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("mul", "a: `g * b`; b: `g * a`"),
        ("sign", "x: `g * 0`"),  # given in a loop over operations
        ("gather", "x: `scatter_zeros(g, index, shape=x_shape, dim=dim)`"),
        ("eq", "–"),
        ("solve", "all: `_solve_back`"),
    ],
)
def test_rules_are_read_from_the_source(name: str, rules: str) -> None:
    assert reference.gradient(name) == rules


def test_every_primitive_with_a_gradient_shows_it() -> None:
    for name, prim in PRIMITIVES.items():
        assert (reference.gradient(name) != "–") == bool(prim.rules or prim.joint), name


def test_tables_keep_their_columns() -> None:
    rows = [line for line in page().splitlines() if line.startswith("|")]
    widths = {len(re.findall(r"(?<!\\)\|", line)) - 1 for line in rows}
    assert widths == {2, 4, 5}
    assert sum(line.count("`") % 2 for line in rows) == 0
