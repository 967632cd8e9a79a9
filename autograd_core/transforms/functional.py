"""PyTorch's ``autograd.functional``: derivatives of functions at given points, by passes over ordinary graphs.

``ag.func`` has newer forms of the same, which compose.  ``create_graph`` keeps the results differentiable; ``strict``
refuses a function whose derivative would be zeros because something does not depend on something.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd_core.autograd import grad
from autograd_core.composites.joining import stack
from autograd_core.engine.modes import GRAD, enable_grad, set_grad_enabled
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import AssertedError, DTypeError, GraphError
from autograd_core.transforms.forward import jvp as pushed
from autograd_core.transforms.jacobians import jacfwd, jacrev
from autograd_core.transforms.leaves import zeros_like

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors = Tensor | tuple[Tensor, ...]
Found = tuple[Any, ...]
STRATEGIES = ("forward-mode", "reverse-mode")


def vjp(
    func: Callable[..., Any], inputs: Tensors, v: Tensors | None = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """Return ``func(*inputs)`` and ``v @ J``, in the form of ``inputs``; v is 1 by default, for one output element."""
    point = _Point("vjp", func, inputs, create_graph, strict)
    needs = "the user-provided function returns"
    weights = _weights("vjp", v, point.outputs, point.several_outputs, create_graph, needs)
    with set_grad_enabled(create_graph or GRAD.get()):
        found = _gradients(point.outputs, point.inputs, weights, create_graph)
    return point.value(), point.answer(found, point.inputs, point.several_inputs)


def jvp(
    func: Callable[..., Any], inputs: Tensors, v: Tensors | None = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """Return ``func(*inputs)`` and ``J @ v``, in the form of the outputs; v is 1 by default, for one input element."""
    point = _Point("jvp", func, inputs, create_graph, strict)
    tangents = _weights("jvp", v, point.inputs, point.several_inputs, create_graph, "the input to the function is")
    if strict:
        point.check_used(_gradients(point.outputs, point.inputs, [zeros_like(y) for y in point.outputs], False, True))
    if tangents[0] is None:
        tangents = [_one(x) for x in point.inputs]
    with set_grad_enabled(create_graph or GRAD.get()):
        _, changes = pushed(lambda *xs: _listed("jvp", "outputs", func(*xs))[1], point.inputs, tuple(tangents))
    return point.value(), point.answer(changes, point.outputs, point.several_outputs)


def hvp(
    func: Callable[..., Any], inputs: Tensors, v: Tensors | None = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """Return ``func(*inputs)``, of one element, and ``H @ v``, which is ``v @ H``: the Hessian is symmetric."""
    return _second("hvp", func, inputs, v, create_graph, strict)


def vhp(
    func: Callable[..., Any], inputs: Tensors, v: Tensors | None = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """Return ``func(*inputs)``, of one element, and ``v @ H``, in the form of ``inputs``."""
    return _second("vhp", func, inputs, v, create_graph, strict)


def _second(
    who: str, func: Callable[..., Any], inputs: Tensors, v: Tensors | None, create_graph: bool, strict: bool
) -> tuple[Any, Any]:
    point = _Point(who, func, inputs, create_graph, strict)
    weights = _weights(who, v, point.inputs, point.several_inputs, create_graph, "the input to the function is")
    _check_scalar(who, point.outputs, point.several_outputs)
    slope = _gradients(point.outputs, point.inputs, None, True)
    point.check_used(slope)
    with set_grad_enabled(create_graph or GRAD.get()):
        given = [None if g is None else _one(g) for g in slope] if weights[0] is None else weights
        found = _gradients(slope, point.inputs, given, create_graph)
    return point.value(), point.answer(found, point.inputs, point.several_inputs)


def jacobian(
    func: Callable[..., Any], inputs: Tensors, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """Return the Jacobian: a tensor, or a tuple for several inputs, or of those for several outputs.

    Args:
        func: takes the inputs, returns a tensor or a tuple of tensors.
        inputs: a tensor, or a tuple of tensors.
        create_graph: keep the result differentiable.
        strict: refuse outputs that do not depend on an input.
        vectorize: compute all rows together by ``vmap``; otherwise one pass for each.
        strategy: 'reverse-mode', by rows; or 'forward-mode', by columns, for which ``vectorize`` has to be set.

    Shape: output (*m), input (*n) -> (*m, *n).
    """
    several_inputs, _ = _listed("jacobian", "inputs", inputs)
    _check_ways("jacobian", strategy, create_graph, strict, vectorize)
    if not vectorize:
        return _by_passes(func, inputs, create_graph, strict)
    with set_grad_enabled(create_graph):
        xs = inputs if isinstance(inputs, tuple) else (inputs,)
        transform = jacfwd if strategy == "forward-mode" else jacrev
        return transform(func, tuple(range(len(xs))) if several_inputs else 0)(*xs)


def _check_ways(who: str, strategy: str, create_graph: bool, strict: bool, vectorize: bool) -> None:
    if strategy not in STRATEGIES:
        raise AssertedError(f'{who}: Expected strategy to be either "forward-mode" or "reverse-mode"; got {strategy!r}')
    forward = strategy == "forward-mode"
    if forward and (strict or create_graph):
        option = "strict" if strict else "create_graph"
        raise _Unsupported(f'{who}: `{option}=True` and `strategy="forward-mode"` are not supported together')
    if forward and not vectorize:
        raise _Unsupported(f"{who}: forward mode is only implemented for `vectorize=True`")
    if strict and vectorize:
        raise GraphError(f"{who}: `strict=True` and `vectorized=True` are not supported together")


class _Unsupported(GraphError, NotImplementedError):
    """A combination of options that is not there."""


def _by_passes(func: Callable[..., Any], inputs: Tensors, create_graph: bool, strict: bool) -> Any:
    """Return the Jacobian by one pass back for each element of the outputs."""
    point = _Point("jacobian", func, inputs, create_graph, strict)
    blocks: list[Any] = []
    for y in point.outputs:
        with enable_grad():
            elements = list(y.reshape(-1)) if y._array.size else []
        rows: list[Found] = []
        for element in elements:
            found = _gradients([element], point.inputs, None, create_graph, True)
            rows.append(point.filled(found, point.inputs))
        with set_grad_enabled(create_graph):
            shape = y._array.shape
            columns = zip(*rows, strict=True) if rows else [()] * len(point.inputs)
            block = [
                stack(list(c)).reshape(*shape, *x._array.shape) if c else x.new_zeros((*shape, *x._array.shape))
                for c, x in zip(columns, point.inputs, strict=True)
            ]
        blocks.append(_formed(block, point.several_inputs))
    return _formed(blocks, point.several_outputs)


def hessian(
    func: Callable[..., Any], inputs: Tensors, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, outer_jacobian_strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """Return the Hessian of a function of one element: a tensor, or a tuple of tuples for several inputs.

    The Jacobian of the gradient; the options are those of ``jacobian``, ``outer_jacobian_strategy`` its strategy.
    """
    _check_ways("hessian", outer_jacobian_strategy, create_graph, strict, vectorize)

    def slope(*xs: Tensor) -> Any:
        point = _Point("hessian", func, xs if isinstance(inputs, tuple) else xs[0], True, strict)
        _check_scalar("hessian", point.outputs, point.several_outputs)
        found = _gradients(point.outputs, point.inputs, None, True)
        return point.answer(found, point.inputs, point.several_inputs)

    if outer_jacobian_strategy == "reverse-mode":
        return jacobian(slope, inputs, create_graph, strict, vectorize)
    xs = inputs if isinstance(inputs, tuple) else (inputs,)
    argnums = tuple(range(len(xs))) if isinstance(inputs, tuple) else 0
    with set_grad_enabled(False):

        def scalar(*xs: Tensor) -> Tensor:
            several, outputs = _listed("hessian", "outputs", func(*xs))
            _check_scalar("hessian", outputs, several)
            return outputs[0].squeeze()

        return jacfwd(jacrev(scalar, argnums), argnums)(*xs)


# ---- a function at a point ----


class _Point:
    """A function's inputs on nodes of their own, and its outputs there."""

    def __init__(self, who: str, func: Callable[..., Any], inputs: Tensors, create_graph: bool, strict: bool) -> None:
        self.who, self.create_graph, self.strict = who, create_graph, strict
        with enable_grad():
            self.several_inputs, given = _listed(who, "inputs", inputs)
            self.inputs = tuple([_begun(x, create_graph) for x in given])
            result = func(*self.inputs)
        self.several_outputs, self.outputs = _listed(who, "outputs of the user-provided function", result)
        for i, y in enumerate(self.outputs):
            if strict and not y.requires_grad:
                raise GraphError(
                    f"{who}: Output {i} of the user-provided function does not require gradients. The outputs must be "
                    f"computed in a differentiable manner from the input when running in strict mode."
                )

    def value(self) -> Any:
        """Return the outputs as the function gave them."""
        return _formed([y if self.create_graph else y.detach() for y in self.outputs], self.several_outputs)

    def check_used(self, found: Sequence[Any]) -> None:
        """Raise where the outputs do not depend on an input, in strict mode."""
        self.filled(found, self.inputs)

    def filled(self, found: Sequence[Any], like: Sequence[Tensor]) -> Found:
        """Return derivatives with zeros where there is none, out of the graph if none is to be created."""
        for i, g in enumerate(found):
            if self.strict and (g is None or (self.create_graph and not g.requires_grad)):
                what = "output" if g is None else "derivative"
                raise GraphError(
                    f"{self.who}: The {what} of the user-provided function is independent of input {i}. This is not "
                    f"allowed in strict mode{'' if g is None else ' when create_graph=True'}."
                )
        full = [zeros_like(x) if g is None else g for g, x in zip(found, like, strict=True)]
        return tuple([g if self.create_graph else g.detach() for g in full])

    def answer(self, found: Sequence[Any], like: Sequence[Tensor], several: bool) -> Any:
        """Return derivatives, ``filled``, as one tensor or a tuple."""
        return _formed(self.filled(found, like), several)


def _begun(x: Tensor, create_graph: bool) -> Tensor:
    return x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_()


def _listed(who: str, what: str, value: Any) -> tuple[bool, tuple[Tensor, ...]]:
    """Return whether ``value`` is a tuple, and it as one.  Raises: DTypeError for anything but tensors."""
    several = isinstance(value, tuple)
    values = value if several else (value,)
    for i, x in enumerate(values):
        if not isinstance(x, Tensor):
            place = f"value at index {i}" if several else f"given {what}"
            raise DTypeError(
                f"{who}: The {what} given to {who} must be either a Tensor or a tuple of Tensors but the {place} has "
                f"type {type(x).__name__}."
            )
    return several, values


def _formed(values: Sequence[Any], several: bool) -> Any:
    return tuple(values) if several else values[0]


def _weights(
    who: str, v: Tensors | None, like: Sequence[Tensor], several: bool, create_graph: bool, needs: str
) -> list[Any]:
    """Return a vector as one tensor for each of ``like``; Nones where there is none and none is needed."""
    if v is None:
        if len(like) != 1 or math.prod(like[0]._array.shape) != 1:
            raise GraphError(
                f"{who}: The vector v can only be None if {needs} a single Tensor with a single element."
            )
        return [None]
    _, given = _listed(who, "v", v)
    if len(given) != len(like):
        wanted = f"v is a tuple of invalid length: should be {len(like)} but got {len(given)}."
        raise GraphError(f"{who}: {wanted if several else 'The given v should contain a single Tensor.'}")
    for i, (x, y) in enumerate(zip(given, like, strict=True)):
        if x._array.shape != y._array.shape:
            place = f"Entry {i} in v" if several else "v"
            raise GraphError(f"{who}: {place} has invalid size: should be {tuple(y.shape)} but got {tuple(x.shape)}.")
    return [x if create_graph else x.detach() for x in given]


def _check_scalar(who: str, outputs: Sequence[Tensor], several: bool) -> None:
    if several:
        raise GraphError(f"{who}: The function given to {who} should return a single Tensor")
    if math.prod(outputs[0]._array.shape) != 1:
        raise GraphError(
            f"{who}: The Tensor returned by the function given to {who} should contain a single element; got shape "
            f"{tuple(outputs[0].shape)}"
        )


def _one(x: Tensor) -> Tensor:
    return zeros_like(x) + 1


def _gradients(
    outputs: Sequence[Any], inputs: Sequence[Tensor], weights: Sequence[Any] | None, create_graph: bool,
    retain: bool | None = None,
) -> Found:  # fmt: skip
    """Return ``ag.autograd.grad`` of those outputs that have a graph; None for what they do not depend on."""
    pairs = zip(outputs, weights or [None] * len(outputs), strict=True)
    kept = [(y, v) for y, v in pairs if y is not None and y.requires_grad]
    if not kept:
        return (None,) * len(inputs)
    ys, vs = zip(*kept, strict=True)
    return grad(ys, inputs, vs, retain, create_graph, allow_unused=True)
