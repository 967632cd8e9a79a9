"""An optimiser's state dict: PyTorch's layout, with numbers in the place of parameters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import chain
from typing import TYPE_CHECKING, Any

import autograd_core as ag
from autograd_core.engine.tensor import Tensor

from .memory import Layout

if TYPE_CHECKING:
    from .optimizer import Optimizer

Groups = list[dict[str, Any]]


def pack(state: Mapping[Any, Any], groups: Groups) -> dict[str, Any]:
    """Return state and groups with parameters numbered in their order."""
    numbers: dict[Tensor, int] = {}
    packed = []
    for position, p in enumerate(chain.from_iterable(group["params"] for group in groups)):
        numbers.setdefault(p, position)
    for group in groups:
        options = {name: value for name, value in group.items() if name != "params"}
        packed.append({**options, "params": [numbers[p] for p in group["params"]]})
    return {
        "state": {numbers[k] if isinstance(k, Tensor) else k: v for k, v in state.items()},
        "param_groups": packed,
    }


def unpack(optimizer: Optimizer, saved: Mapping[str, Any]) -> tuple[defaultdict[Any, Any], Groups]:
    """Return state and groups for ``optimizer`` out of a state dict, copied.

    Raises: ValueError listing everything that does not match.
    """
    _check_groups(optimizer, saved)
    groups = []
    for own, given in zip(optimizer.param_groups, saved["param_groups"]):
        names = {"param_names": own["param_names"]} if "param_names" in own else {}
        options = {name: _option(value) for name, value in given.items() if name != "params"}
        groups.append({**optimizer.defaults, **names, **options, "params": own["params"]})
    wrong = list(_mismatches(optimizer, groups, saved))
    if wrong:
        raise ValueError(f"{type(optimizer).__name__}.load_state_dict: " + "; ".join(wrong))
    owners = {number: (p, layout) for number, p, layout in _numbered(optimizer, groups, saved)}
    state: defaultdict[Any, Any] = defaultdict(dict)
    for number, held in saved["state"].items():
        if number in owners:
            p, layout = owners[number]
            state[p] = {name: _take(p, value, name in layout.numbers) for name, value in held.items()}
        else:
            state[number] = deepcopy(held)
    return state, groups


def _option(value: Any) -> Any:
    """Return a copy of an option, an array as a Tensor."""
    if isinstance(value, tuple):
        return tuple(map(_option, value))
    is_array = hasattr(value, "__array__") and not isinstance(value, Tensor)
    return ag.as_tensor(value).clone() if is_array else deepcopy(value)


def _numbered(optimizer: Optimizer, groups: Groups, saved: Mapping[str, Any]) -> Iterator[tuple[int, Tensor, Layout]]:
    for group, given in zip(groups, saved["param_groups"]):
        layout = optimizer.layout_of(group)
        for number, p in zip(given["params"], group["params"]):
            yield number, p, layout


def _check_groups(optimizer: Optimizer, saved: Mapping[str, Any]) -> None:
    who = f"{type(optimizer).__name__}.load_state_dict"
    absent = [name for name in ("state", "param_groups") if name not in saved]
    if absent:
        raise ValueError(f"{who}: the state dict has no {' and no '.join(map(repr, absent))}")
    own, given = optimizer.param_groups, saved["param_groups"]
    if len(own) != len(given):
        raise ValueError(
            f"{who}: loaded state dict has a different number of parameter groups: {len(given)}; wanted {len(own)}"
        )
    sizes = [(i, len(b["params"]), len(a["params"])) for i, (a, b) in enumerate(zip(own, given))]
    wrong = ", ".join(f"group {i} has {got} parameters, wanted {wanted}" for i, got, wanted in sizes if got != wanted)
    if wrong:
        raise ValueError(
            f"{who}: loaded state dict contains a parameter group that doesn't match the size of optimizer's group: "
            f"{wrong}"
        )


def _mismatches(optimizer: Optimizer, groups: Groups, saved: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the loaded state lacks, and which of its arrays have another shape than their parameter asks for."""
    for number, p, layout in _numbered(optimizer, groups, saved):
        held = saved["state"].get(number)
        if not held:
            continue
        for name, wanted in layout.arrays_of(p).items():
            value = held.get(name)
            if value is None and layout.fills[name] is not None:
                yield f"state {number} has no {name!r}"
            elif value is not None and (shape := tuple(getattr(value, "shape", ()))) != wanted:
                as_its = " as its parameter" if wanted == tuple(p.shape) else f" for a parameter of {tuple(p.shape)}"
                yield f"state {number} has {name!r} of shape {shape}, wanted {wanted}{as_its}"


def _take(p: Tensor, value: Any, number: bool) -> Any:
    """Return a copy of one entry of a parameter's state, tensors in the parameter's dtype and on its device."""
    if isinstance(value, (list, tuple)):
        return type(value)(_take(p, item, number) for item in value)
    if not isinstance(value, Tensor) and not hasattr(value, "__array__"):
        return deepcopy(value)
    tensor = value if isinstance(value, Tensor) else ag.as_tensor(value)
    if number:
        return tensor.detach().clone()
    return tensor.detach().to(device=p.device, dtype=p.dtype if p.dtype.is_floating_point else None, copy=True)
