"""Reverse mode as functions of functions: ``grad``, ``value_and_grad``, ``vjp``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from autograd_core.engine.backward import gradients
from autograd_core.engine.lifted import Level, Lifted, cut, innermost, recorded, recording
from autograd_core.engine.modes import GRAD, enable_grad
from autograd_core.engine.node import Leaf, Node
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, GraphError, ShapeError
from autograd_core.ops.shape import permute
from autograd_core.transforms.leaves import bare, own_node, without_nodes, zeros_like
from autograd_core.transforms.trees import flatten

__all__ = ["ArgNums", "argument_places", "grad", "grad_and_value", "value_and_grad", "vjp"]

ArgNums = int | tuple[int, ...]


def grad(func: Callable[..., Any], argnums: ArgNums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """Return a function that gives the gradient of ``func``'s scalar result.

    Args:
        func: returns a tensor of one element, or with ``has_aux`` a pair of it and anything else.
        argnums: which arguments, each a tensor or a nest of dicts, lists and tuples of tensors.
        has_aux: whether ``func`` returns a pair; the function then returns (gradients, what else came).

    Returns: a function of the same arguments; its result has the form of the argument, or is a tuple of one per
        argument where ``argnums`` is a tuple.
    Raises: GraphError where the result is no scalar; DTypeError for arguments that are no tensors, or of integers.
    """

    @wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        grads, _, aux = _differentiated("grad", func, argnums, has_aux, args, kwargs)
        return (grads, aux) if has_aux else grads

    return gradient


def grad_and_value(func: Callable[..., Any], argnums: ArgNums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """Return a function that gives (gradients, value), or (gradients, (value, aux)); else as ``grad``."""

    @wraps(func)
    def both(*args: Any, **kwargs: Any) -> Any:
        grads, value, aux = _differentiated("grad_and_value", func, argnums, has_aux, args, kwargs)
        return grads, (value, aux) if has_aux else value

    return both


def value_and_grad(func: Callable[..., Any], argnums: ArgNums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """Return a function that gives (value, gradients), or ((value, aux), gradients); else as ``grad``."""

    @wraps(func)
    def both(*args: Any, **kwargs: Any) -> Any:
        grads, value, aux = _differentiated("value_and_grad", func, argnums, has_aux, args, kwargs)
        return (value, aux) if has_aux else value, grads

    return both


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Return ``func(*primals)`` and the function that pulls a cotangent of it back to the arguments.

    ``vjp_fn(cotangent)`` returns a tuple: for each argument, in its form, ``cotangent @ d func / d argument``.  It may
    be called any number of times.

    Args:
        func: returns a tensor, or a nest of tensors; with ``has_aux`` a pair of that and anything else.
        primals: tensors, or nests of tensors.
        has_aux: whether ``func`` returns a pair.

    Returns: (value, vjp_fn), or (value, vjp_fn, aux).
    Raises: GraphError, ShapeError, DTypeError where the results or a cotangent do not fit.
    """
    trees = [flatten(p) for p in primals]
    pulling = _Pulling("vjp", [x for leaves, _ in trees for x in leaves])
    starts = iter(pulling.starts)
    with enable_grad():
        result = func(*[build([next(starts) for _ in leaves]) for leaves, build in trees])
    result, aux = _split("vjp", result, has_aux)
    ys, build_result = flatten(result)
    pulling.ends(ys)

    def vjp_fn(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> tuple[Any, ...]:
        """Return the cotangents of the arguments."""
        gs, build_given = flatten(cotangents)
        if len(gs) != len(ys) or build_given(range(len(gs))) != build_result(range(len(ys))):
            raise GraphError(f"vjp_fn: got {len(gs)} cotangents; wanted them in the form of the {len(ys)} outputs")
        found = iter(pulling.back(gs, retain_graph))
        return tuple([build([next(found) for _ in leaves]) for leaves, build in trees])

    value = build_result(pulling.released(ys))
    return (value, vjp_fn, aux) if has_aux else (value, vjp_fn)


def _differentiated(
    who: str, func: Callable[..., Any], argnums: ArgNums, has_aux: bool, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, Any, Any]:
    """Return the gradients in their form, the value, and what else came."""
    places = argument_places(who, argnums, len(args))
    trees = [flatten(args[i]) for i in places]
    pulling = _Pulling(who, [x for leaves, _ in trees for x in leaves])
    starts, given = iter(pulling.starts), list(args)
    for i, (leaves, build) in zip(places, trees, strict=True):
        given[i] = build([next(starts) for _ in leaves])
    with enable_grad():
        result = func(*given, **kwargs)
    y, aux = _split(who, result, has_aux)
    if not isinstance(y, Tensor):
        raise DTypeError(f"{who}: Expected func to return a Tensor, got {type(y).__name__}")
    if y._array.ndim:
        raise GraphError(
            f"{who}: Expected func to return a scalar tensor, got tensor with {y._array.ndim} dims, of shape "
            f"{tuple(y._array.shape)}; reduce it, say with .sum(), or use jacrev"
        )
    pulling.ends([y])
    found = iter(pulling.back([ones_like(y)], retain=False))
    grads = [build([next(found) for _ in leaves]) for leaves, build in trees]
    (value,) = pulling.released([y])
    aux = pulling.released_in(aux)
    return grads[0] if isinstance(argnums, int) else tuple(grads), value, aux


def argument_places(who: str, argnums: ArgNums, count: int) -> list[int]:
    """Return the places of the arguments to differentiate by, of ``count``; ``who`` names the transform in errors."""
    places = [argnums] if isinstance(argnums, int) else list(argnums)
    for i in places:
        if not isinstance(i, int):
            raise DTypeError(f"{who}: argnums must be int or tuple of ints, got {type(i).__name__}")
        if not -count <= i < count:
            raise GraphError(f"{who}: Got argnum={i}, but only {count} positional inputs")
    places = [i % count for i in places]
    if not places or len(set(places)) < len(places):
        raise GraphError(f"{who}: argnums={argnums!r}; wanted each argument once, and one at least")
    return places


def _split(who: str, result: Any, has_aux: bool) -> tuple[Any, Any]:
    if not has_aux:
        return result, None
    if not (isinstance(result, tuple) and len(result) == 2):
        raise DTypeError(f"{who}: output of the function should be a tuple (output, aux) if has_aux is True")
    return result


class _Pulling:
    """One reverse pass: its arguments on nodes of their own, and what lies between them and the results."""

    def __init__(self, who: str, arguments: Sequence[Any]) -> None:
        """Give each argument a node at the innermost level, where the function's operations are recorded first."""
        self.who, self.recording = who, GRAD.get()
        self.level = innermost()
        self.arguments = [_checked(who, x) for x in arguments]
        with enable_grad():
            self.starts = [_started(x, self.level) for x in self.arguments]
        self.outside = any(type(x._node) is not Leaf for x in self.starts)
        self.roots: list[Node | None] = []

    def ends(self, ys: Sequence[Any]) -> None:
        """Note the results."""
        for y in ys:
            if not isinstance(y, Tensor):
                raise DTypeError(f"{self.who}: Expected the function to return Tensors, got {type(y).__name__}")
            if y._array.dtype.kind not in "fc":
                raise DTypeError(
                    f"{self.who}: All outputs of f must be floating-point or complex Tensors, got Tensor with dtype "
                    f"{y.dtype}"
                )
        self.ys = ys
        self.roots = [own_node(y, self.level) for y in ys]
        self.outside = self.outside or _reaches({x._node.order for x in self.starts if x._node}, self.roots)

    def back(self, gs: Sequence[Any], retain: bool) -> list[Tensor]:
        """Return the gradients of the arguments, zeros where the results do not depend on one."""
        followed = GRAD.get() and any(isinstance(g, Tensor) and recorded(g) for g in gs)
        record = self.level is not None or (self.outside and self.recording) or followed
        roots = []
        for i, (y, node, g) in enumerate(zip(self.ys, self.roots, gs, strict=True)):
            if not isinstance(g, Tensor) or g._array.shape != y._array.shape:
                came = tuple(g._array.shape) if isinstance(g, Tensor) else type(g).__name__
                raise ShapeError(
                    f"{self.who}: cotangent {i}: got {came}; wanted a Tensor of shape {tuple(y._array.shape)}"
                )
            record = record or isinstance(g, Lifted)
            if node is not None:
                roots.append((node, g))
        with enable_grad(), recording(None if self.outside or followed else self.level, wanted=False):
            found = gradients(roots, self.starts, retain or record, record) if roots else [None] * len(self.starts)
        grads = [zeros_like(x) if g is None else g for x, g in zip(self.arguments, found, strict=True)]
        return grads if followed else self.released(grads)

    def released(self, ys: Sequence[Tensor]) -> list[Tensor]:
        """Return results without the graph of this pass."""
        if not self.recording:
            return [without_nodes(y) for y in ys]
        if self.outside:
            return list(ys)
        return [cut(y, self.level) for y in ys]

    def released_in(self, tree: Any) -> Any:
        """Return any nest with its tensors ``released``."""
        leaves, build = flatten(tree)
        return build([self.released([v])[0] if isinstance(v, Tensor) else v for v in leaves])


def _checked(who: str, x: Any) -> Tensor:
    if not isinstance(x, Tensor):
        raise DTypeError(f"{who}: Expected tensors, got {type(x).__name__} as an argument to differentiate")
    if x._array.dtype.kind not in "fc":
        raise DTypeError(
            f"{who}: only Tensors of floating point and complex dtype can require gradients; got an argument of dtype "
            f"{x.dtype}"
        )
    return x


def _started(x: Tensor, level: Level | None) -> Tensor:
    """Return ``x`` on a node of its own: a leaf, or where ``x`` has a node already one that leads there."""
    if level is not None and not (isinstance(x, Lifted) and x.level is level):
        x = level.lift(x)
    if x._node is not None:
        return permute(x, dims=tuple(range(x._array.ndim)))
    begun = bare(x)
    begun._node = Leaf(begun)
    return begun


def _reaches(own: set[int], roots: Sequence[Node | None]) -> bool:
    """Whether a graph has other leaves than ``own``."""
    seen: set[int] = set(own)
    stack = [node for node in roots if node is not None]
    while stack:
        node = stack.pop()
        if node.order in seen:
            continue
        seen.add(node.order)
        if type(node) is Leaf:
            return True
        for parent, _, _ in node.edges:
            if type(parent) is tuple:
                stack += [p for p in parent if p is not None]
            else:
                stack.append(parent)
    return False


def ones_like(y: Tensor) -> Tensor:
    """Return ones of a tensor's shape, dtype and device."""
    one = zeros_like(y)
    one._array.fill(1)
    return one
