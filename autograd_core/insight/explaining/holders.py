"""What keeps a graph alive: the tensors at its ends, and what in the program holds those."""

from __future__ import annotations

import gc
import sys
from types import FrameType, ModuleType
from typing import Any

from autograd_core.engine import blame
from autograd_core.engine.node import Leaf, behind
from autograd_core.engine.tensor import Tensor
from autograd_core.insight.explaining.search import Names, live_tensors

MOST = 5


def holders(tensor: Tensor, names: Names) -> list[str]:
    """Return a sentence for each live tensor whose graph has this tensor in it, with what holds that tensor."""
    node = tensor._node
    if node is None or type(node) is Leaf:
        return []
    said = []
    for end in live_tensors():
        if end._node is None or type(end._node) is Leaf:
            continue
        graph = behind([end._node])
        if not any(found is node for found in graph):
            continue
        kept = sum(int(array.nbytes) for found in graph for array in found.saved)
        places = ", ".join(_places(end, names)) or "something outside the program's variables"
        said.append(
            f"its graph ({len(graph)} nodes, {kept:,} bytes saved) is held by the result of '{end._node.name}', built "
            f"at {blame.where(end._node)}, which is held by {places}"
        )
    rest = len(said) - MOST
    return said if rest <= 0 else [*said[:MOST], f"and by {rest} more tensors"]


def _places(tensor: Tensor, names: Names) -> list[str]:
    """Return what refers to a tensor: variables, and lists and dictionaries with what they are called."""
    found = [f"the variable '{names[id(tensor)]}'"] if id(tensor) in names else []
    frames = _frames()
    for holder in gc.get_referrers(tensor):
        if type(holder) in (list, tuple, set) or (type(holder) is dict and not _is_space(holder, frames)):
            called = _called(holder, frames)
            if called is not None:
                found.append(f"the {type(holder).__name__} {called}")
    return list(dict.fromkeys(found))


def _frames() -> list[FrameType]:
    """Return the frames of the user's functions that run, in every thread."""
    frames = []
    for frame in sys._current_frames().values():
        here: FrameType | None = frame
        while here is not None:
            if here.f_code.co_filename not in blame.INTERNAL:
                frames.append(here)
            here = here.f_back
    return frames


def _is_space(holder: dict[Any, Any], frames: list[FrameType]) -> bool:
    return any(holder is frame.f_globals or holder is frame.f_locals for frame in frames)


def _called(holder: Any, frames: list[FrameType]) -> str | None:
    """Return the name of a container: a variable's, or of the attribute of an object that holds it."""
    for frame in frames:
        for space in (frame.f_locals, frame.f_globals):
            variable = next((name for name, value in list(space.items()) if value is holder), None)
            if variable is not None:
                return f"'{variable}'"
    for owner in gc.get_referrers(holder):
        if type(owner) is dict:
            name = next((str(k) for k, v in list(owner.items()) if v is holder), None)
            thing = next((o for o in gc.get_referrers(owner) if getattr(o, "__dict__", None) is owner), None)
            if name is not None and thing is not None and not isinstance(thing, ModuleType):
                return f"'{type(thing).__name__}.{name}'"
        elif getattr(type(owner), "__module__", "") not in ("builtins", __name__):
            name = next((k for k, v in getattr(owner, "__dict__", {}).items() if v is holder), None)
            if name is not None:
                return f"'{type(owner).__name__}.{name}'"
    return None
