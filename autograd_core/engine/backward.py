"""Where a backward pass starts and ends: its roots, the nodes worth a visit, and whose ``.grad`` it fills."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import module_of
from autograd_core.engine import cuts, failure
from autograd_core.engine.fit import cast
from autograd_core.engine.lifted import Lifted
from autograd_core.engine.modes import GRAD
from autograd_core.engine.node import Node
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.engine.walk import Walk
from autograd_core.errors import DTypeError, GraphError, ShapeError

exchange: Callable[[type[Walk]], type[Walk]] | None = None  # while rules are watched: gives the class of such a walk


def start(tensors: Sequence[Tensor], grads: Sequence[Any], operation: str) -> list[tuple[Node, Tensor]]:
    """Return the roots of a walk with their gradients: ones for scalars that were given none.

    Raises: GraphError for a root outside every graph, a non-scalar without a gradient, or a gradient that does not fit.
    """
    roots = []
    for i, (tensor, g) in enumerate(zip(tensors, grads, strict=True)):
        if not isinstance(tensor, Tensor):
            raise DTypeError(f"{operation}: output {i} is {type(tensor).__name__}; wanted a Tensor")
        node = tensor._node
        if node is None:
            raise _cut_off(tensor, i, operation)
        given = _root_gradient(tensor, g, i, operation)
        if isinstance(tensor, Lifted) and not isinstance(given, Lifted):
            given = tensor.level.lift(given)
        roots.append((node, given))
    return roots


def _cut_off(tensor: Tensor, i: int, operation: str) -> GraphError:
    """Return the error of an output outside every graph, with what cut it off."""
    text = (
        f"{operation}: element {i} of tensors does not require grad and does not have a grad_fn: it is "
        f"{failure.describe_value(tensor)}, computed from no tensor that requires grad, or under no_grad, or detached"
    )
    own = f"cut by {tensor._cut}" if tensor._cut is not None else ""
    why = own or cuts.explained()
    return GraphError(f"{text}\n{why}" if why else text)


def _root_gradient(tensor: Tensor, g: Any, i: int, operation: str) -> Tensor:
    array = tensor._array
    if g is None:
        if array.size != 1:
            raise GraphError(
                f"{operation}: grad can be implicitly created only for scalar outputs; output {i} has shape "
                f"{tuple(array.shape)}; pass a gradient of that shape, or reduce it, say with .sum()"
            )
        if array.dtype.kind == "c":
            raise GraphError(
                f"{operation}: grad can be implicitly created only for real scalar outputs; output {i} is "
                f"{tensor.dtype}; pass a gradient, or take say its .abs()"
            )
        one = module_of(array).empty(array.shape, array.dtype)
        one.fill(1)
        return wrap(one)
    if not isinstance(g, Tensor):
        raise DTypeError(f"{operation}: the gradient of output {i} is {type(g).__name__}; wanted a Tensor")
    if g._array.shape != array.shape:
        raise ShapeError(
            f"{operation}: Mismatch in shape: grad_output[{i}] has a shape of {tuple(g._array.shape)} and output[{i}] "
            f"has a shape of {tuple(array.shape)}"
        )
    return g if g._array.dtype == array.dtype else cast(g, dtype=array.dtype)


def run(
    roots: list[tuple[Node, Tensor]],
    retain: bool,
    record: bool,
    targets: dict[int, Any] | None = None,
    needed: set[int] | None = None,
    kind: type[Walk] = Walk,
) -> None:
    """Walk from ``roots``: recorded with ``record``, on raw arrays without; in a transform on its tensors."""
    on_tensors = record or any(isinstance(g, Lifted) for _, g in roots)
    of_modes = exchange  # once, as another thread may take it back
    walk = (kind if of_modes is None else of_modes(kind))(retain, on_tensors, targets, needed)
    token = GRAD.set(record)
    try:
        for node, g in roots:
            walk.deposit(node, g if on_tensors else g._array)
        with host.errstate(all="ignore"):  # 1/0 is silent here as in PyTorch
            walk.run()
    finally:
        GRAD.reset(token)


def backward(
    tensors: Sequence[Tensor],
    grads: Sequence[Tensor | None],
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Sequence[Tensor] | None = None,
) -> None:
    """Add the gradient of ``tensors`` to the ``.grad`` of every leaf they came from (or of ``inputs`` alone)."""
    roots = start(tensors, grads, "backward")
    retain = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        run(roots, retain, create_graph)
        return
    for tensor, g in zip(inputs, gradients(roots, inputs, retain, create_graph), strict=True):
        if g is not None:
            tensor._grad = g if tensor._grad is None else tensor._grad + g


def gradients(
    roots: list[tuple[Node, Tensor]], inputs: Sequence[Tensor], retain: bool, record: bool
) -> list[Tensor | None]:
    """Return the roots' gradient with respect to ``inputs``; None for those that the roots do not depend on."""
    targets: dict[int, Any] = {x._node.order: None for x in inputs if x._node is not None}
    run(roots, retain, record, targets, _leading_to(targets, [node for node, _ in roots]))
    return [targets[x._node.order] if x._node is not None else None for x in inputs]


def _leading_to(targets: dict[int, Any], roots: list[Node]) -> set[int]:
    """Return the stamps of the nodes between ``roots`` and ``targets``: the only ones worth a visit."""
    oldest = max(targets, default=0)
    inputs: dict[int, list[int]] = {}  # stamp of a node -> stamps of its parents
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.order in inputs or node.order > oldest:
            continue
        inputs[node.order] = orders = []
        for parent, _, _ in node.edges:
            if type(parent) is not tuple:
                orders.append(parent.order)
                stack.append(parent)
                continue
            for p in parent:  # of a joint rule, or a list
                if p is not None:
                    orders.append(p.order)
                    stack.append(p)
    needed = set(targets)
    for order in sorted(inputs, reverse=True):  # oldest first: a node is needed where an input of it is
        if not needed.isdisjoint(inputs[order]):
            needed.add(order)
    return needed
