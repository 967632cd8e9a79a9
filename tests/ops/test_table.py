"""The table and the language agree: a row for every primitive and every public function, and none besides."""

from __future__ import annotations

import autograd_core as ag
from autograd_core import names
from tests.function_table import FUNCTIONS
from tests.op_table import PRIMITIVES, ROWS


def test_every_primitive_has_one_row_and_every_row_a_primitive() -> None:
    assert sorted(row.name for row in ROWS) == sorted(PRIMITIVES)


def test_every_public_function_made_of_primitives_has_one_row() -> None:
    rooms = "autograd_core.composites."
    public = {n for n, f in vars(ag).items() if getattr(f, "__module__", "").startswith(rooms)}
    rows = [row.name for row in FUNCTIONS]
    assert sorted(f"ag.{n}" for n in public - set(names.FUNCTIONS) if f"ag.{n}" not in rows) == []
    assert len(set(rows)) == len(rows)
    assert all(getattr(ag, alias) is getattr(ag, name) for alias, name in names.FUNCTIONS.items())


def test_rows_and_rules_agree_on_what_is_differentiable() -> None:
    for row in ROWS:
        prim = PRIMITIVES[row.name]
        assert (row.order > 0) == bool(prim.rules or prim.joint), row.name


def test_rows_say_which_arguments_are_linear_where_the_primitive_says_so() -> None:
    for row in ROWS:
        if PRIMITIVES[row.name].linear:
            assert 0 in row.linear, row.name


def test_every_row_has_errors_or_takes_anything_of_its_shape() -> None:
    assert sum(bool(row.errors) for row in ROWS) >= 60
