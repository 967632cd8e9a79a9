"""Every operator in scope has a row in a table, and the name where PyTorch has it."""

from __future__ import annotations

from pathlib import Path

import pytest

import autograd_core as ag
from tests.function_table import FUNCTIONS
from tests.op_table import ROWS
from tests.tables import resolve

SCOPE = Path(__file__).parent / "scope" / "operators.txt"
LAYERS = ("nn.", "optim.", "lr_scheduler.")  # classes: tests/nn and tests/optim

# What draws numbers, moves or makes tensors is no function of numbers to be compared in a row: where it is tested.
ELSEWHERE = {
    name: path
    for path, names in {
        "test_sampling.py": "rand_like randn randn_like randint randint_like bernoulli multinomial normal uniform "
        "exponential geometric cauchy log_normal",
        "test_creation.py": "empty empty_like new_empty",
    }.items()
    for name in names.split()
}


def operators() -> list[str]:
    """Return the operators of the scope file, without variants and classes."""
    lines = [line for line in SCOPE.read_text().splitlines() if line and line[0] not in "#["]
    names = [word.split(":")[0] for line in lines for word in line.split() if word[0] != "-"]
    return sorted({n for n in names if n.startswith("nn.functional.") or not n.startswith(LAYERS)})


def has_row(name: str) -> bool:
    rows = {row.name.removeprefix("ag.") for row in [*ROWS, *FUNCTIONS]}
    return not rows.isdisjoint({name, f"Tensor.{name}", f"Tensor.{name}_"})


@pytest.mark.parametrize("name", operators())
def test_every_operator_in_scope_has_a_row(name: str) -> None:
    if name in ELSEWHERE:
        source = (Path(__file__).parent / ELSEWHERE[name]).read_text()
        assert name in source, f"{ELSEWHERE[name]} does not test {name}"
    else:
        assert has_row(name), f"{name} has no row in the tables"


@pytest.mark.parametrize("name", operators())
def test_every_operator_is_where_pytorch_has_it(torch: object, name: str) -> None:
    for prefix, end in (("", ""), ("Tensor.", ""), ("Tensor.", "_")):
        path = f"{prefix}{name}{end}"
        if not name.startswith("nn.functional.") and exists(torch, path):
            assert exists(ag, path), f"torch.{path} is missing here"
    if name.startswith("nn.functional."):
        resolve(name)


def exists(lib: object, path: str) -> bool:
    for part in path.split("."):
        if not hasattr(lib, part):
            return False
        lib = getattr(lib, part)
    return True
