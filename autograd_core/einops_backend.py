"""``einops.rearrange`` and its like on our tensors, whenever einops is imported.

einops finds the library of a tensor in a list of backend classes, which it fills itself.  Ours is entered when
einops' module of backends is loaded; without einops nothing happens.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from autograd_core.engine.tensor import Tensor

BACKENDS = "einops._backends"


def register(backends: ModuleType) -> None:
    """Make the backend class of our tensors, which einops finds among the subclasses of its own."""

    class AutogradCoreBackend(backends.AbstractBackend):  # type: ignore[misc, name-defined]
        """What einops asks of a library of tensors."""

        framework_name = "autograd_core"

        def __init__(self) -> None:
            self.ag: Any = sys.modules["autograd_core"]

        def is_appropriate_type(self, tensor: Any) -> bool:
            return isinstance(tensor, Tensor)

        def from_numpy(self, x: Any) -> Any:
            return self.ag.from_numpy(x)

        def to_numpy(self, x: Any) -> Any:
            return x.numpy(force=True)

        def arange(self, start: int, stop: int) -> Any:
            return self.ag.arange(start, stop)

        def reduce(self, x: Any, operation: str, reduced_axes: Any) -> Any:
            if operation != "prod":
                return getattr(self.ag, {"min": "amin", "max": "amax"}.get(operation, operation))(x, reduced_axes)
            for axis in sorted(reduced_axes, reverse=True):
                x = x.prod(axis)
            return x

        def transpose(self, x: Any, axes: Any) -> Any:
            return x.permute(axes)

        def stack_on_zeroth_dimension(self, tensors: list[Any]) -> Any:
            return self.ag.stack(tensors)

        def add_axis(self, x: Any, new_position: int) -> Any:
            return x.unsqueeze(new_position)

        def add_axes(self, x: Any, n_axes: int, pos2len: dict[int, int]) -> Any:
            for position in pos2len:
                x = x.unsqueeze(position)
            return x.expand([pos2len.get(i, -1) for i in range(n_axes)])

        def tile(self, x: Any, repeats: Any) -> Any:
            return x.repeat(repeats)

        def concat(self, tensors: list[Any], axis: int) -> Any:
            return self.ag.cat(tensors, axis)

        def is_float_type(self, x: Any) -> bool:
            return x.is_floating_point()

        def einsum(self, pattern: str, *x: Any) -> Any:
            return self.ag.einsum(pattern, *x)

    backends.AutogradCoreBackend = AutogradCoreBackend  # type: ignore[attr-defined]  # subclasses are held weakly


class _Loader(Loader):
    """Loads einops' backends, then enters ours."""

    def __init__(self, real: Loader) -> None:
        self.real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.real.exec_module(module)
        register(module)


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if fullname == BACKENDS else None
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


def install() -> None:
    """Enter our backend into einops, now or as soon as einops is imported."""
    if BACKENDS in sys.modules:
        register(sys.modules[BACKENDS])
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
