"""Failures put into words: which operation, which argument, what came, what was wanted, whose line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from autograd_core.backend import host
from autograd_core.dtypes import BY_NUMPY
from autograd_core.engine import blame
from autograd_core.engine.modes import SCOPE
from autograd_core.engine.node import Leaf
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DeviceError, DTypeError, GraphError, IndexRangeError, LinAlgError, ShapeError

if TYPE_CHECKING:
    from autograd_core.engine.node import Node
    from autograd_core.engine.primitive import Primitive

OURS = (ShapeError, DTypeError, DeviceError, GraphError, IndexRangeError, LinAlgError)
PLACED = (*OURS, ValueError, TypeError, RuntimeError, IndexError)


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
    if isinstance(error, OURS):
        return error
    call = describe_call(prim, args)
    name = meta.get("name", prim.name)  # a family's member
    options = "".join(f", {k}={v!r}" for k, v in meta.items() if isinstance(v, int | float | tuple | str | None))
    devices = {str(t.device) for t in _flat(args) if isinstance(t, Tensor)}
    if len(devices) > 1:
        return DeviceError(
            f"{name}: Expected all tensors to be on the same device, but found {' and '.join(sorted(devices))}; "
            f"got {call}; move one with .to(device)"
        )
    if prim.broadcasts and isinstance(error, ValueError):
        shapes = " and ".join(
            f"{n} {tuple(a.shape)}" for n, a in zip(prim.names, args, strict=True) if isinstance(a, Tensor)
        )
        return ShapeError(
            f"{name}: the shapes of {shapes} do not broadcast{_failing_dim(args)}; wanted equal lengths, or 1, in "
            f"each dimension counted from the last"
        )
    kinds = ((IndexError, IndexRangeError), (ValueError, ShapeError), (TypeError, DTypeError))
    wanted = next((ours for theirs, ours in kinds if isinstance(error, theirs)), None)
    text = f"{name}: {error}; got {call}{options}"
    if wanted is not None:
        return wanted(text)
    blame.annotate(error, f"{text}{running()}")
    return error


def running() -> str:
    """Return the line that is running, and the module path inside a module, as the last line of a message."""
    path = blame.module_path(SCOPE.get())
    line = blame.describe(*blame.caller())
    return f"\nin module {path}, called at {line}" if path else f"\nat {line}"


def place(error: Exception) -> None:
    """Add to an error that we raise the line, and the module path, where that is; the first place that is added stays.

    Errors of our own types have it from the start; built-in ones get it on their way out, but for ``KeyError`` and
    others that programs raise and catch themselves.
    """
    if not isinstance(error, PLACED) or not error.args or not isinstance(error.args[0], str):
        return
    text = error.args[0]
    if "\nin module " not in text and "\nat " not in text and _raised_by_us(error):
        error.args = (f"{text}{running()}", *error.args[1:])


def without_place(text: str) -> tuple[str, str]:
    """Return a message apart from the place that it ends with."""
    at = max(text.rfind("\nin module "), text.rfind("\nat "))
    return (text, "") if at < 0 else (text[:at], text[at:])


def _raised_by_us(error: Exception) -> bool:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return isinstance(error, OURS) or (trace is not None and trace.tb_frame.f_code.co_filename in blame.INTERNAL)


def _failing_dim(args: tuple[Any, ...]) -> str:
    shapes = [tuple(a.shape) for a in args if isinstance(a, Tensor)]
    for back in range(1, max(map(len, shapes)) + 1):
        sizes = {s[-back] for s in shapes if len(s) >= back} - {1}
        if len(sizes) > 1:
            return f" at dim {-back} (size {' against '.join(map(str, sorted(sizes)))})"
    return ""


# ---- backward ----


def describe_node(node: Node, edges: Any = None) -> str:
    """Return ``mul(input float32[2, 3], other float32[3]) -> float32[2, 3]``; ``...`` for what had no gradient.

    ``edges``: those that it had before a backward pass let go of its rules.
    """
    edges = edges or node.edges
    inputs = [parent for parent, _, _ in edges]
    listed = [p for given in inputs for p in (given if type(given) is tuple else (given,))]
    rules = {rule: arg for arg, rule in (*getattr(node.prim, "rules", {}).items(), *_large_rules(node.prim))}
    names = dict(zip(node.prim.args, getattr(node.prim, "names", ()), strict=False))
    found = [rules.get(rule) for _, rule, _ in edges]
    if len(listed) == len(node.prim.args):  # a joint rule's, or a freed node's: in the order of the arguments
        found = list(node.prim.args)
    shown = [
        f"{names.get(arg, arg)} {_kind(p)}" if arg else _kind(p)
        for arg, p in zip(found if len(found) == len(listed) else [None] * len(listed), listed, strict=True)
        if p is not None
    ]
    rest = ["..."] if len(shown) < len(node.prim.args) else []
    return f"{node.name}({', '.join([*shown, *rest])}) -> {_kind(node)}"


def _large_rules(prim: Any) -> list[tuple[str, Any]]:
    return list(getattr(prim, "large_rules", {}).items())


def _kind(node: Node) -> str:
    """Return ``float32[2, 3]`` of a node's result."""
    kind = BY_NUMPY.get(node.dtype)
    return f"{kind.name if kind else node.dtype}{list(node.shape)}"


def freed(node: Node) -> GraphError:
    """Return the error of a backward pass that meets a node which an earlier one has freed."""
    return GraphError(
        f"backward: Trying to backward through the graph a second time: {blame.named(node)}, "
        f"was freed by an earlier backward(). Pass retain_graph=True to the earlier one, or build the graph again"
    )


def changed(node: Node, array: Any, name: str, write: tuple[Any, int]) -> GraphError:
    """Return the error of a rule whose saved array was written after it was saved."""
    kind = f"{array.dtype}{list(array.shape)}" if hasattr(array, "dtype") else "a list of arrays"
    names = dict(zip(node.prim.args, node.prim.names, strict=True))
    what = "its output" if name == "y" else f"its argument '{names.get(name, name)}'"
    return GraphError(
        f"backward: one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"{blame.named(node)}, saved {what} ({kind}), which was "
        f"changed at {blame.describe(*write)}. Change a .clone() of it, or do so after backward()"
    )


def in_rule(node: Node, error: Exception, edges: Any = None) -> NoReturn:
    """Raise ``error`` with the operation whose backward rule failed and the user's line that made it."""
    if type(node) is Leaf:
        text = f"in a hook on the gradient of a leaf {_kind(node)}"
    else:
        text = f"in the backward of {blame.named(node)}: {describe_node(node, edges)}"
    if text not in str(error):
        blame.annotate(error, text)
    raise error


def bad_gradient(node: Node, parent: Node, shape: tuple[int, ...]) -> GraphError:
    """Return the error of a rule that gave a gradient of the wrong shape."""
    return GraphError(
        f"backward: the rule of '{node.name}' gave a gradient of shape {tuple(shape)} for an input of shape "
        f"{tuple(parent.shape)}; built at {blame.where(node)}"
    )
