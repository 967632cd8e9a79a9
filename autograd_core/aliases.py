"""``import autograd_core.nn.functional`` and its like: other names for the same module objects.

With ``import autograd_core as torch`` a program's ``torch.nn`` must be the top-level ``nn``, not a second copy of it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

ALIASES = {
    "autograd_core.nn": "nn",
    "autograd_core.optim": "optim",
    "autograd_core.autograd.anomaly_mode": "autograd_core.engine.anomaly",
    "autograd_core.autograd.functional": "autograd_core.transforms.functional",
    "autograd_core.autograd.profiler": "autograd_core.profiler",
    "autograd_core.random": "autograd_core.randomness.state",
    "autograd_core.utils.data.dataloader": "autograd_core.data.loading",  # what is longer stands first
    "autograd_core.utils.data.dataset": "autograd_core.data.datasets",
    "autograd_core.utils.data.distributed": "autograd_core.data.samplers",
    "autograd_core.utils.data.sampler": "autograd_core.data.samplers",
    "autograd_core.utils.data": "autograd_core.data",
}


class AliasLoader(Loader):
    """Gives the module of another name, whole and unchanged."""

    def __init__(self, real: str) -> None:
        """Remember the name that the module really has."""
        self.real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Import the real module."""
        module = importlib.import_module(self.real)
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own spec back, which the import system has just replaced."""
        module.__spec__ = self.spec


class AliasFinder(MetaPathFinder):
    """Finds modules below the aliased packages."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec for ``fullname`` where it is an alias."""
        for alias, real in ALIASES.items():
            if fullname == alias or fullname.startswith(alias + "."):
                return ModuleSpec(fullname, AliasLoader(real + fullname[len(alias) :]), is_package=fullname == alias)
        return None


def install() -> None:
    """Let the import system know the aliases."""
    if not any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, AliasFinder())
