"""Writes into tensors: checked, noted in the ledger, and differentiated, through views too.

A write into a view gives its base a new node, the old value with the region replaced, and every other view of that
base a new node derived from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import XP, module_of
from autograd_core.engine.failure import describe_value
from autograd_core.engine.lifted import LEVELS, Lifted, refuse_lifted
from autograd_core.engine.modes import GRAD
from autograd_core.engine.node import Leaf, Node
from autograd_core.engine.out import check_kind
from autograd_core.engine.primitive import primitive
from autograd_core.engine.record import attach
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.engine.versions import note_write, note_writes, owner_of
from autograd_core.errors import GraphError, ShapeError


@primitive
def replace_view(xp: Any, x: Any, v: Any, /, *, view: Any, meta: Any) -> Any:
    """Return a copy of ``x`` whose region ``view(x, **meta)`` holds ``v``.  Shape: ``x``'s."""
    out = x.copy()
    view.forward(xp, out, **meta)[...] = v
    return out


replace_view.vjp(
    x=lambda g, view, meta: replace_view(g, 0.0, view=view, meta=meta),
    v=lambda g, view, meta: view.call(g, **meta),
)


def write(
    target: Tensor, operation: str, function: Callable[..., Any], args: tuple[Any, ...] = (),
    options: dict[str, Any] | None = None, polymorphic: bool = False,
) -> Tensor:  # fmt: skip
    """Put ``function(target, *args, **options)`` into ``target``'s own memory and return ``target``.

    ``polymorphic``: the function is made of primitives alone, so that it may be given the raw arrays where nothing
    is recorded.

    Raises: GraphError for a leaf that requires grad (or a view of one) outside ``no_grad``; ShapeError, DTypeError
    where the result does not fit.  Nothing is changed where it raises.
    """
    options = options or {}
    if LEVELS.get():
        refuse_lifted(operation, target, *args, *options.values())
    tensors = [t for t in (target, *args) if isinstance(t, Tensor)]
    if options and (named := [t for t in options.values() if isinstance(t, Tensor)]):
        tensors, polymorphic = tensors + named, False
    if GRAD.get() and any(t._node is not None for t in tensors):
        return _write_recorded(target, operation, function, args, options)
    if target._view is not None:
        _check_cut(target, operation)
    dtype = target._array.dtype
    numbers = (int, float) if dtype.kind == "f" else (int,)
    raw = polymorphic and dtype.itemsize != 2  # half precision is computed in float32 by the call on tensors
    if raw and all(a._array.dtype is dtype if isinstance(a, Tensor) else type(a) in numbers for a in args):
        try:
            array = function(*[t._array if isinstance(t, Tensor) else t for t in (target, *args)], **options)
        except Exception:  # on tensors it only warned, or finds the words for what is wrong
            array = function(target, *args, **options)._array
    else:
        result = function(target, *args, **options)
        array = result._array if isinstance(result, Tensor) else result
    check_result(target, array, operation)
    _put(target, array, operation)
    return target


def _put(target: Tensor, array: Any, operation: str) -> None:
    """Write ``array`` into ``target``'s memory and note it.  Raises: ShapeError where that memory cannot be written."""
    try:
        target._array[...] = array
    except ValueError as error:
        raise ShapeError(
            f"{operation}: unsupported operation: more than one element of the target {describe_value(target)} refers "
            f"to a single memory location, or its memory is read-only. Write into a .clone()"
        ) from error
    note_write(target._array)


def drift(pairs: Sequence[tuple[Tensor, Tensor, float]], weight: float) -> None:
    """Move each target towards ``factor * value`` by ``weight``, in place and outside the graph, as one write.

    ``target += weight * (factor * value - target)``: how running statistics follow a batch's.

    Raises: GraphError for tensors of a running transform.
    """
    if LEVELS.get():
        _refuse_statistics([tensor for target, value, _ in pairs for tensor in (target, value)])
    for target, value, factor in pairs:
        array = target._array
        keep, share = 1 - weight, weight * factor
        if type(array) is host.ndarray:
            keep, share = _quick(keep, array.dtype), _quick(share, array.dtype)
        array *= keep
        array += value._array * share
    note_writes([target._array for target, _, _ in pairs])


def _refuse_statistics(tensors: Sequence[Tensor]) -> None:
    for tensor in tensors:
        if isinstance(tensor, Lifted):
            tensor.level.refuse(
                "running statistics of a normalisation are written in place, which no transform can follow; call "
                "eval() on the module, make it with track_running_stats=False, or call "
                "func.replace_all_batch_norm_modules_(module)"
            )


@lru_cache(maxsize=64)
def _quick(value: float, dtype: Any) -> Any:
    """Return a number as the operand that is quickest: a 0-d array takes 0.3 us less than a float."""
    return host.asarray(value, dtype)


def increment(target: Tensor) -> None:
    """Add 1 to a counter, in place and outside the graph."""
    if LEVELS.get():
        _refuse_statistics([target])
    array = target._array
    array[()] += 1  # of a NumPy scalar, a third of the time of a ufunc
    note_write(array)


def _write_recorded(
    target: Tensor, operation: str, function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]
) -> Tensor:
    check_writable(target, operation)
    owner = owner_of(target._array)
    old = wrap(target._array.copy(), target._node)
    named = {name: _unshared(a, owner) for name, a in options.items()}
    result = function(old, *(_unshared(a, owner) for a in args), **named)
    check_result(target, result._array, operation)
    _put(target, result._array, operation)
    settle(target, result._node)
    return target


def _unshared(value: Any, owner: Any) -> Any:
    """Return an argument with memory of its own where the write would change it under a rule."""
    if isinstance(value, Tensor) and owner_of(value._array) is owner:
        return wrap(value._array.copy(), value._node)
    return value


def check_writable(target: Tensor, operation: str) -> None:
    """Raise where a write into ``target`` could not be differentiated."""
    view: Tensor | None = target
    while view is not None:
        if type(view._node) is Leaf:
            what = (
                "a leaf Variable that requires grad"
                if view is target
                else "a view of a leaf Variable that requires grad"
            )
            raise GraphError(
                f"{operation}: {what} is being used in an in-place operation; target {describe_value(target)}. "
                f"Write under no_grad(), or into a .clone()"
            )
        if view._view is not None and view._view.cut:
            raise GraphError(
                f"{operation}: a view was created in no_grad mode and is being modified inplace with grad mode "
                f"enabled; target {describe_value(target)}. Make the view outside no_grad()"
            )
        view = None if view._view is None else view._view.base


def _check_cut(target: Tensor, operation: str) -> None:
    """Raise where a view that is outside the graph would be used to change what is inside it, with recording on."""
    view = target._view
    while GRAD.get() and view is not None:
        if view.cut and view.base._node is not None:
            check_writable(target, operation)
        view = view.base._view


def check_result(target: Tensor, array: Any, operation: str) -> None:
    """Raise where a result does not fit into ``target``."""
    shape = getattr(array, "shape", ())
    if shape != target._array.shape and (len(shape) > target._array.ndim or _grown(shape, target._array.shape)):
        raise ShapeError(
            f"{operation}: output with shape {list(target._array.shape)} doesn't match the broadcast shape "
            f"{list(shape)}"
        )
    check_kind(array, target, operation)


def _grown(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    return any(n not in (1, m) for n, m in zip(reversed(shape), reversed(target), strict=False))


def assign(
    target: Tensor, region: Any, meta: dict[str, Any], value: Any, operation: str, put: Callable[[Any, Any], None]
) -> None:
    """Write ``value`` into a region of ``target`` by ``put(array, value)``; ``region`` is its primitive."""
    if LEVELS.get():
        refuse_lifted(operation, target, value, *meta.values())
    array = value._array if isinstance(value, Tensor) else value
    if not (GRAD.get() and (target._node is not None or (isinstance(value, Tensor) and value._node is not None))):
        if target._view is not None:
            _check_cut(target, operation)
        put(target._array, array)
        note_write(target._array)
        return
    check_writable(target, operation)
    if type(array) in XP and owner_of(array) is owner_of(target._array):
        array = array.copy()
    nodes = (target._node, value._node if isinstance(value, Tensor) else None)
    put(target._array, array)
    note_write(target._array)
    node = attach(region.primitive, (target._array, array), nodes, meta, (target._array,))
    settle(target, node)


def settle(target: Tensor, node: Node | None) -> None:
    """Give ``target`` its new node, its bases the nodes that follow, and every view of them theirs."""
    target._node = node
    root = target
    while root._view is not None:
        view = root._view
        base = view.base
        if base._node is None and root._node is None:
            base._node = None
        else:
            meta = {"view": view.primitive, "meta": view.meta}
            arrays = (base._array, root._array)
            base._node = attach(replace_view.primitive, arrays, (base._node, root._node), meta, (base._array,))
        root = base
    _derive(root)


def _derive(root: Tensor) -> None:
    """Give every live view of ``root`` (and views of views) a node derived from its base's new one."""
    stack = [root]
    while stack:
        base = stack.pop()
        for ref in base._children or ():
            child = ref()
            if child is None or child._view is None:
                continue
            view = child._view
            child._node = None
            if base._node is not None:
                child._node = attach(view.primitive, (base._array,), (base._node,), view.meta, (child._array,))
            stack.append(child)


def fill(target: Tensor, operation: str, make: Callable[[Any], Any]) -> Tensor:
    """Overwrite ``target`` with ``make(xp)``, an array or number that depends on no tensor; return ``target``."""
    if LEVELS.get():
        refuse_lifted(operation, target)
    if GRAD.get() and target._node is not None:
        check_writable(target, operation)
    elif target._view is not None:
        _check_cut(target, operation)
    _put(target, make(module_of(target._array)), operation)
    if GRAD.get() and target._node is not None:
        settle(target, None)
    return target
