"""Small helpers that programs import from PyTorch's ``nn.modules.utils``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["consume_prefix_in_state_dict_if_present"]


def _ntuple(n: int, name: str = "parse") -> Callable[[Any], tuple[Any, ...]]:
    """Return the function that makes a tuple of an iterable, or of ``n`` times what is none."""

    def parse(x: Any) -> tuple[Any, ...]:
        return tuple(x) if isinstance(x, Iterable) else (x,) * n

    parse.__name__ = name
    return parse


_single = _ntuple(1, "_single")
_pair = _ntuple(2, "_pair")
_triple = _ntuple(3, "_triple")
_quadruple = _ntuple(4, "_quadruple")


def _reverse_repeat_tuple(t: tuple[Any, ...], n: int) -> tuple[Any, ...]:
    """Return the elements in reverse order, each ``n`` times."""
    return tuple(x for x in reversed(t) for _ in range(n))


def consume_prefix_in_state_dict_if_present(state_dict: dict[str, Any], prefix: str) -> None:
    """Take ``prefix`` off the names in ``state_dict`` that begin with it, in place, and off those in its metadata.

    A state dict saved from a wrapper, such as PyTorch's ``DataParallel``, has the prefix ``"module."``.
    """
    _strip(state_dict, prefix)
    metadata = getattr(state_dict, "_metadata", None)
    if metadata is not None:
        whole = prefix.rstrip(".")
        if whole in metadata:  # the wrapped module itself
            metadata[""] = metadata.pop(whole)
        _strip(metadata, prefix)


def _strip(names: dict[str, Any], prefix: str) -> None:
    for name in [name for name in names if name.startswith(prefix)]:
        names[name[len(prefix) :]] = names.pop(name)
