"""Parameter groups, and what is refused as one."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from autograd_core.engine.tensor import Tensor

__all__ = ["complete", "required"]


class _Required:
    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()  # the default of an option that every group must give


def complete(group: dict[str, Any], defaults: dict[str, Any], others: Sequence[dict[str, Any]]) -> None:
    """Check a new group and fill it in: its parameters as a list, its names apart, the default options.

    Raises: TypeError, ValueError in PyTorch's words; the group is unchanged then.
    """
    if not isinstance(group, dict):
        raise TypeError(f"param_group must be a dict, but got {type(group)}")
    members, names = _members(group["params"])
    for p in members:
        _check_parameter(p, defaults)
    for name, default in defaults.items():
        if default is required and name not in group:
            raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
    _check_against(members, names, others)
    if len(members) != len(set(members)):
        warnings.warn(
            "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; "
            "see github.com/pytorch/pytorch/issues/40967 for more information",
            stacklevel=5,
        )
    group["params"] = members
    if names:
        group["param_names"] = names
    for name, default in defaults.items():
        group.setdefault(name, default)


def _members(given: Any) -> tuple[list[Any], list[str]]:
    if isinstance(given, Tensor):
        return [given], []
    if isinstance(given, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
            "will change between runs. Please use a list instead."
        )
    members = list(given)
    named = [m for m in members if isinstance(m, tuple)]
    if named and len(named) != len(members):
        raise ValueError("all optimizer params should be with/without names. Some param names are missing")
    return ([p for _, p in named], [name for name, _ in named]) if named else (members, [])


def _check_parameter(p: Any, defaults: dict[str, Any]) -> None:
    if not isinstance(p, Tensor):
        raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {_typename(p)}")
    if not (defaults.get("differentiable") or p.is_leaf or p.retains_grad):
        raise ValueError("can't optimize a non-leaf Tensor")


def _typename(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _check_against(members: list[Tensor], names: list[str], others: Sequence[dict[str, Any]]) -> None:
    for other in others:
        if bool(names) != ("param_names" in other):
            raise ValueError(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"{'with names' if names else 'without names'} to the optimizer"
            )
    taken = {p for other in others for p in other["params"]}
    if not taken.isdisjoint(members):
        raise ValueError("some parameters appear in more than one parameter group")
