"""PyTorch's module and optimiser test databases: every entry gives its numbers, states and errors.

Modules are tried on the first samples of each kind; ``make soak`` tries them all.
"""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.scope.module_differences import LEFT_OUT_OPTIMISERS, MODULES, OPTIMISERS
from tests.test_torch_db import LIMIT


@pytest.fixture
def databases(torch: Any) -> tuple[Any, Any]:
    """Return both benches, where PyTorch and what its tests need are installed."""
    pytest.importorskip("expecttest", reason="PyTorch's tests need expecttest")
    return importlib.import_module("tests.module_db"), importlib.import_module("tests.optim_db")


def test_modules_agree_with_pytorch(databases: Any) -> None:
    bench, said = databases[0], []
    for name in bench.database():
        allowed = MODULES.get(name, ((), ""))[0]
        said += [f"{name}: {f}" for f in bench.failures(name, limit=LIMIT and 4) if f.check not in allowed]
    assert not said, "\n".join(said)


def test_optimisers_agree_with_pytorch(databases: Any) -> None:
    bench, said = databases[1], []
    for name in bench.database().keys() - LEFT_OUT_OPTIMISERS.keys():
        allowed = OPTIMISERS.get(name, ((), ""))[0]
        said += [f"{name}: {f}" for f in bench.failures(name) if f.check not in allowed]
    assert not said, "\n".join(said)


def test_every_difference_is_of_an_entry(databases: Any) -> None:
    assert set(MODULES) <= set(databases[0].database())
    assert set(OPTIMISERS) | set(LEFT_OUT_OPTIMISERS) <= set(databases[1].database())
