"""PyTorch's operator test database: the operators in scope give its values, gradients, forms and errors.

Each entry is tried on the first samples of each kind; ``make soak`` tries them all.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.scope.differences import DIFFERENCES
from tests.test_scope import operators

LIMIT = None if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 2


@pytest.fixture
def database(torch: Any) -> Any:
    """Return the bench, where PyTorch and what its tests need are installed."""
    pytest.importorskip("expecttest", reason="PyTorch's tests need expecttest")
    from tests import torch_db

    return torch_db


@pytest.mark.parametrize("name", operators())
def test_an_operator_agrees_with_pytorch(database: Any, name: str) -> None:
    said = []
    for full in database.variants(name):
        allowed = DIFFERENCES.get(full, ((), ""))[0]
        said += [f"{full}: {f}" for f in database.failures(full, limit=LIMIT) if f.check not in allowed]
    assert not said, "\n".join(said)


def test_every_difference_is_of_an_entry_in_scope(database: Any) -> None:
    entries = {full for name in operators() for full in database.variants(name)}
    assert set(DIFFERENCES) <= entries
