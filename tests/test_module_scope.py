"""Every public name of ``torch.nn`` and ``torch.optim`` is here with its signature, or left out for a reason."""

from __future__ import annotations

import importlib
import inspect
from types import ModuleType
from typing import Any

import pytest

QUANTISED = "quantisation"
SPARSE = "sparse tensors are out of scope"
MANY = "several processes or devices are out of scope"
OLD = "deprecated in PyTorch"
LAYOUT = "memory formats other than the dense one change nothing here"
INTERNAL = "an internal of PyTorch's modules"

SPACES = ("nn", "nn.utils", "nn.utils.rnn", "nn.utils.parametrize", "nn.utils.parametrizations", "nn.utils.prune",
          "nn.utils.fusion", "nn.init", "nn.parameter", "optim", "optim.lr_scheduler", "optim.swa_utils")  # fmt: skip

LEFT_OUT = {
    "nn.Container": OLD,
    "nn.DataParallel": MANY,
    "nn.SyncBatchNorm": MANY,
    "nn.factory_kwargs": INTERNAL,
    "nn.utils.clip_grad_norm": OLD,
    "nn.utils.convert_conv2d_weight_memory_format": LAYOUT,
    "nn.utils.convert_conv3d_weight_memory_format": LAYOUT,
    "nn.parameter.UninitializedTensorMixin": INTERNAL,
    "optim.SparseAdam": SPARSE,
    "optim.swap_in_optimizer_params_and_state": "for PyTorch's compiler; state lies in flat memory here",
}

# what takes more than PyTorch's: its parameters, which come last and are keywords alone
MORE: dict[str, tuple[str, ...]] = {
    "nn.Dropout": ("scale_at_prediction",),
    "optim.Adagrad": ("eps_inside_root",),
    "optim.Adam": ("bias_correction", "eps_inside_root"),
    "optim.AdamW": ("bias_correction", "eps_inside_root"),
    "optim.RMSprop": ("eps_inside_root",),
    "optim.SGD": ("velocity",),
}


def names(torch: Any, space: str) -> list[str]:
    """Return the public names that PyTorch defines in a namespace."""
    module = importlib.import_module(f"torch.{space}")
    listed = getattr(module, "__all__", None) or [n for n in vars(module) if n[0] != "_"]
    found = [n for n in listed if hasattr(module, n)]

    def own(value: Any) -> bool:
        return (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__.startswith(
            ("torch.nn", "torch.optim")
        )

    return sorted(n for n in found if n[0] != "_" and own(getattr(module, n)))


def ours(space: str) -> ModuleType:
    return importlib.import_module(space)


@pytest.mark.parametrize("space", SPACES)
def test_every_name_is_here_or_left_out_for_a_reason(torch: Any, space: str) -> None:
    missing = [n for n in names(torch, space) if f"{space}.{n}" not in LEFT_OUT and not hasattr(ours(space), n)]
    assert not missing, f"{space}: {missing}"


def parameters(call: Any, keep: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
    """Return names, kinds and defaults; a default that is an object, by its type."""
    found = inspect.signature(call).parameters.values()
    plain = (int, float, str, bool, tuple, type(None), type(inspect.Parameter.empty))
    return [
        (p.name, p.kind.name, p.default if isinstance(p.default, plain) else type(p.default).__name__)
        for p in found
        if p.name not in keep
    ]


@pytest.mark.parametrize("space", SPACES)
def test_signatures_are_pytorchs(torch: Any, space: str) -> None:
    theirs, said = importlib.import_module(f"torch.{space}"), []
    for name in names(torch, space):
        full = f"{space}.{name}"
        if full in LEFT_OUT or not hasattr(ours(space), name):
            continue
        a, b = parameters(getattr(ours(space), name), MORE.get(full, ())), parameters(getattr(theirs, name))
        if a != b and [kind for _, kind, _ in b] != ["VAR_POSITIONAL", "VAR_KEYWORD"]:  # PyTorch leaves it open
            said.append(f"{full}\n    ours   {a}\n    wanted {b}")
    assert not said, "\n".join(said)


def test_what_is_left_out_is_pytorchs_and_not_here(torch: Any) -> None:
    for full in LEFT_OUT:
        space, _, name = full.rpartition(".")
        assert hasattr(importlib.import_module(f"torch.{space}"), name), full
        assert not hasattr(ours(space), name), full
