"""What the tests of ``optim`` share."""

from __future__ import annotations

from types import ModuleType

import pytest


@pytest.fixture
def torch() -> ModuleType:
    """PyTorch, the reference; the test is skipped where it is not installed."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; it is the reference of this test")
    torch.set_num_threads(1)  # waiting threads take the cores from each other where tests run side by side
    return torch
