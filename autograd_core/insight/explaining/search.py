"""Looking around in the running program: live tensors, what they are called, and which graphs reach where."""

from __future__ import annotations

import gc
from types import FrameType
from typing import Any

from autograd_core.engine.lifted import Lifted
from autograd_core.engine.node import Leaf, Node, behind
from autograd_core.engine.tensor import Tensor
from autograd_core.insight.naming import variables_of

MODULE = ("nn.base.module", "Module")  # known by its name, as layers are built upon the engine
Names = dict[int, str]  # id of a tensor -> what the program calls it


def live_tensors() -> list[Tensor]:
    """Return every tensor that the program holds and that is in a graph, the newest first."""
    # by type: isinstance asks objects of strangers for their __class__, and some warn
    found = [o for o in gc.get_objects() if issubclass(type(o), Tensor) and not issubclass(type(o), Lifted)]
    noded = [t for t in found if getattr(t, "_node", None) is not None]
    return sorted(noded, key=lambda t: t._node.order)  # stamps fall


def named(frame: FrameType) -> Names:
    """Return the names of tensors: those of parameters in modules first, then of variables around ``frame``."""
    names: Names = {}
    for name, tensor in variables_of(frame):
        names.setdefault(id(tensor), name)
    for model in _outermost_modules():
        for name, parameter in model.named_parameters():
            names[id(parameter)] = name
    return names


def _outermost_modules() -> list[Any]:
    kinds: dict[type, bool] = {}
    modules = []
    for thing in gc.get_objects():
        kind = type(thing)
        if kind not in kinds:
            kinds[kind] = any((base.__module__, base.__name__) == MODULE for base in kind.__mro__)
        if kinds[kind]:
            modules.append(thing)
    inner = {id(m) for module in modules for m in list(module.modules())[1:]}
    return [module for module in modules if id(module) not in inner]


def name_of(tensor: Tensor, names: Names) -> str:
    """Return ``'fc1.weight'``, or ``a tensor`` where the program has no name for it."""
    return f"'{names[id(tensor)]}'" if id(tensor) in names else "a tensor without a name"


def reaches(root: Node, node: Node) -> bool:
    """Whether a gradient from ``root`` comes to ``node``, the shape of the graph alone asked."""
    return any(found is node for found in behind([root]))


def losses_of(node: Node) -> list[Tensor]:
    """Return the live tensors that depend on ``node``, scalars first, each time the newest first."""
    found = [t for t in live_tensors() if t._node is not node and type(t._node) is not Leaf]
    found = [t for t in found if t._node is not None and reaches(t._node, node)]
    return sorted(found, key=lambda t: t._array.size != 1)
