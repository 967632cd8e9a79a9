"""Failures put into words: which operation, which argument, what came, what was wanted, whose line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from autograd_core.backend import host
from autograd_core.engine import blame
from autograd_core.engine.modes import SCOPE
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DeviceError, DTypeError, GraphError, IndexRangeError, LinAlgError, ShapeError

if TYPE_CHECKING:
    from autograd_core.engine.node import Node
    from autograd_core.engine.primitive import Primitive

OURS = (ShapeError, DTypeError, DeviceError, GraphError, IndexRangeError, LinAlgError)


def describe_value(value: Any) -> str:
    """Return ``float32[2, 3]``, with the device where it is not the CPU; numbers and lists as they are."""
    if isinstance(value, Tensor):
        place = str(value.device)
        return f"{value.dtype.name}{list(value._array.shape)}" + (f" on {place}" if place != "cpu" else "")
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(describe_value, value))}]"
    return repr(value) if isinstance(value, int | float | bool | complex | None) else type(value).__name__


def describe_call(prim: Primitive, args: tuple[Any, ...]) -> str:
    """Return ``input float32[2, 3], other float32[4]``."""
    return ", ".join(f"{name} {describe_value(a)}" for name, a in zip(prim.names, args, strict=True))


def recover(
    prim: Primitive, args: tuple[Any, ...], arrays: tuple[Any, ...], meta: dict[str, Any], error: Exception
) -> Any:
    """Run a forward again that only warned (``log(0)`` is silent here as in PyTorch); raise what really failed.

    Raises: ShapeError, DTypeError, DeviceError, IndexRangeError, or ``error`` itself with the call described.
    """
    if isinstance(error, RuntimeWarning):
        with host.errstate(all="ignore"):
            xp_of = next(t for t in map(type, _flat(arrays)) if t in _modules())
            return prim.forward(_modules()[xp_of], *arrays, **meta)
    raise _explained(prim, args, meta, error) from (None if isinstance(error, OURS) else error)


def _modules() -> dict[type, Any]:
    from autograd_core.backend.device import XP

    return XP


def _flat(values: tuple[Any, ...]) -> list[Any]:
    return [v for a in values for v in (a if isinstance(a, list | tuple) else (a,))]


def _explained(prim: Primitive, args: tuple[Any, ...], meta: dict[str, Any], error: Exception) -> Exception:
    call = describe_call(prim, args)
    name = meta.get("name", prim.name)  # a family's member
    options = "".join(f", {k}={v!r}" for k, v in meta.items() if isinstance(v, int | float | tuple | str | None))
    path = blame.module_path(SCOPE.get())
    inside = f"\nin module {path}, called at {blame.describe(*blame.caller())}" if path else ""
    if isinstance(error, OURS):
        if error.args and inside and inside not in str(error):
            error.args = (f"{error.args[0]}{inside}",)
        return error
    devices = {str(t.device) for t in _flat(args) if isinstance(t, Tensor)}
    if len(devices) > 1:
        return DeviceError(
            f"{name}: Expected all tensors to be on the same device, but found {' and '.join(sorted(devices))}; "
            f"got {call}; move one with .to(device){inside}"
        )
    if prim.broadcasts and isinstance(error, ValueError):
        shapes = " and ".join(
            f"{n} {tuple(a.shape)}" for n, a in zip(prim.names, args, strict=True) if isinstance(a, Tensor)
        )
        return ShapeError(
            f"{name}: the shapes of {shapes} do not broadcast{_failing_dim(args)}; wanted equal lengths, or 1, in "
            f"each dimension counted from the last{inside}"
        )
    kinds = ((IndexError, IndexRangeError), (ValueError, ShapeError), (TypeError, DTypeError))
    wanted = next((ours for theirs, ours in kinds if isinstance(error, theirs)), None)
    text = f"{name}: {error}; got {call}{options}{inside}"
    if wanted is not None:
        return wanted(text)
    blame.annotate(error, text)
    return error


def _failing_dim(args: tuple[Any, ...]) -> str:
    shapes = [tuple(a.shape) for a in args if isinstance(a, Tensor)]
    for back in range(1, max(map(len, shapes)) + 1):
        sizes = {s[-back] for s in shapes if len(s) >= back} - {1}
        if len(sizes) > 1:
            return f" at dim {-back} (size {' against '.join(map(str, sorted(sizes)))})"
    return ""


# ---- backward ----


def freed(node: Node) -> GraphError:
    """Return the error of a backward pass that meets a node which an earlier one has freed."""
    return GraphError(
        f"backward: Trying to backward through the graph a second time: '{node.name}', built at {blame.where(node)}, "
        f"was freed by an earlier backward(). Pass retain_graph=True to the earlier one, or build the graph again"
    )


def changed(node: Node, array: Any, name: str, write: tuple[Any, int]) -> GraphError:
    """Return the error of a rule whose saved array was written after it was saved."""
    kind = f"{array.dtype}{list(array.shape)}" if hasattr(array, "dtype") else "a list of arrays"
    names = dict(zip(node.prim.args, node.prim.names, strict=True))
    what = "its output" if name == "y" else f"its argument '{names.get(name, name)}'"
    return GraphError(
        f"backward: one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"'{node.name}', built at {blame.where(node)}, saved {what} ({kind}), which was "
        f"changed at {blame.describe(*write)}. Change a .clone() of it, or do so after backward()"
    )


def in_rule(node: Node, error: Exception) -> NoReturn:
    """Raise ``error`` with the operation whose backward rule failed and the user's line that made it."""
    text = f"in the backward of '{node.name}', built at {blame.where(node)}"
    if text not in str(error):
        blame.annotate(error, text)
    raise error


def bad_gradient(node: Node, parent: Node, shape: tuple[int, ...]) -> GraphError:
    """Return the error of a rule that gave a gradient of the wrong shape."""
    return GraphError(
        f"backward: the rule of '{node.name}' gave a gradient of shape {tuple(shape)} for an input of shape "
        f"{tuple(parent.shape)}; built at {blame.where(node)}"
    )
