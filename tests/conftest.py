"""What all tests share: PyTorch where it is installed, the fake device, a seed, and how hard hypothesis tries."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import autograd_core as ag
from autograd_core.backend import device as devices
from autograd_core.backend import watches
from tests import fake_cupy

# `make soak` sets HYPOTHESIS_PROFILE=soak; everybody else gets the same few examples each time.
settings.register_profile("few", max_examples=25, deadline=None, derandomize=True)
settings.register_profile("soak", max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "few"))


@pytest.fixture
def torch() -> ModuleType:
    """PyTorch, the reference; the test is skipped where it is not installed."""
    library = pytest.importorskip("torch", reason="PyTorch is not installed; it is the reference of this test")
    library.set_num_threads(1)  # each worker of pytest has a core to itself
    return library


@pytest.fixture(autouse=True)
def seed() -> None:
    ag.manual_seed(0)


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The strict fake device: what is 'cuda' inside the test runs on it."""
    fake = fake_cupy.install(monkeypatch)
    monkeypatch.setattr(devices, "XP_CUDA", {})
    kernels = [name for name in sys.modules if name.startswith("autograd_core.backend.cuda")]
    for name in kernels:  # a module that knows the real CuPy must not meet the fake one
        monkeypatch.delitem(sys.modules, name)
    yield fake
    watches._watches.clear()
    devices.XP.pop(fake.ndarray, None)
    for name in [name for name in sys.modules if name.startswith("autograd_core.backend.cuda")]:
        del sys.modules[name]
