"""Layers made without drawing initial values."""

from __future__ import annotations

import inspect
from typing import Any, TypeVar

from ..base.module import Module

__all__ = ["skip_init"]

M = TypeVar("M", bound=Module)


def skip_init(module_cls: type[M], *args: Any, **kwargs: Any) -> M:
    """Return ``module_cls(*args, **kwargs)`` with whatever numbers its memory holds: for values that come later.

    The class's ``reset_parameters`` is left out; layers inside it draw theirs.

    Raises: RuntimeError where ``module_cls`` is no Module, or its constructor takes no ``device``.
    """
    if not (isinstance(module_cls, type) and issubclass(module_cls, Module)):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    resets = {name: _nothing for name in ("reset_parameters", "_reset_parameters") if hasattr(module_cls, name)}
    module = type(module_cls.__name__, (module_cls,), resets)(*args, **kwargs)
    module.__class__ = module_cls
    return module


def _nothing(module: Module) -> None:
    """Do nothing."""
