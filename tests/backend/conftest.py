"""The kernels as one function of NumPy arrays, wherever they run."""

from __future__ import annotations

import importlib
from contextlib import nullcontext

import numpy as np
import pytest

from autograd_core.backend.cpu import blocks
from tests import fake_cupy


@pytest.fixture(params=["cpu", "cuda on NumPy", "cuda on the fake device"])
def run(request):
    """Run a kernel by name on read-only arrays; on the fake device without waiting for it, but for a mask's length."""
    package = "autograd_core.backend." + request.param.split()[0]
    if not request.param.endswith("device"):
        return lambda name, *args, **options: kernel(package, name, np, freeze)(*args, **options)
    fake = request.getfixturevalue("cuda")

    def on_device(name, *args, **options):
        call = kernel(package, name, fake, lambda a: fake_cupy.freeze(fake.asarray(a)))
        with nullcontext() if has_mask(args) else fake_cupy.forbid_sync():
            result = call(*args, **options)
        return tuple(map(fake.asnumpy, result)) if isinstance(result, tuple) else fake.asnumpy(result)

    return on_device


@pytest.fixture
def small_blocks(monkeypatch):
    """Make blocks and threads' shares so small that tiny arrays are cut in both directions."""
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 512)
    monkeypatch.setattr(blocks, "_FEW_PRODUCTS", 8)
    monkeypatch.setattr(blocks, "thread_count", lambda: 3)


def kernel(package, name, xp, prepare):
    function = getattr(importlib.import_module(package), name)
    return lambda *args, **options: function(xp, *each_array(prepare, args), **options)


def has_mask(value):
    return any(map(has_mask, value)) if isinstance(value, tuple) else getattr(value, "dtype", None) == np.bool_


def each_array(function, value):
    if isinstance(value, (tuple, list)):
        return type(value)(each_array(function, part) for part in value)
    return function(value) if isinstance(value, np.ndarray) else value


def freeze(array):
    view = array.view()
    view.flags.writeable = False
    return view
