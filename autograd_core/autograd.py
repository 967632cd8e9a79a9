"""PyTorch's ``autograd`` namespace: gradients on request, user-defined operations, gradient checks."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from autograd_core.checking.gradcheck import gradcheck, gradgradcheck
from autograd_core.engine import backward as _walk
from autograd_core.engine.function import Function
from autograd_core.engine.modes import enable_grad, inference_mode, no_grad, set_grad_enabled
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, GraphError

__all__ = [
    "Function", "Variable", "backward", "enable_grad", "grad", "gradcheck", "gradgradcheck", "inference_mode",
    "no_grad", "set_grad_enabled",
]  # fmt: skip

Tensors = Tensor | Sequence[Tensor]
__path__: list[str] = []  # for "from autograd_core.autograd.functional import ...": see aliases


def __getattr__(name: str) -> Any:
    if name in ("detect_anomaly", "set_detect_anomaly", "anomaly_mode"):
        anomaly = importlib.import_module("autograd_core.engine.anomaly")
        return anomaly if name == "anomaly_mode" else getattr(anomaly, name)
    if name == "functional":
        return importlib.import_module("autograd_core.transforms.functional")
    if name == "profiler":
        return importlib.import_module("autograd_core.profiler")
    raise AttributeError(f"module 'autograd_core.autograd' has no attribute {name!r}")


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def backward(
    tensors: Tensors, grad_tensors: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
    inputs: Tensors | None = None,
) -> None:  # fmt: skip
    """Add the gradient of ``tensors``, each weighted by its ``grad_tensors``, to the ``.grad`` of their leaves.

    See ``Tensor.backward``.
    """
    outputs = _listed(tensors)
    grads = [None] * len(outputs) if grad_tensors is None else _listed(grad_tensors)
    if len(grads) != len(outputs):
        raise GraphError(f"backward: got {len(outputs)} tensors and {len(grads)} gradients")
    _walk.backward(outputs, grads, retain_graph, create_graph, None if inputs is None else _listed(inputs))


def grad(
    outputs: Tensors, inputs: Tensors, grad_outputs: Any = None, retain_graph: bool | None = None,
    create_graph: bool = False, only_inputs: bool = True, allow_unused: bool | None = None,
    is_grads_batched: bool = False, materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:  # fmt: skip
    """Return the gradient of ``outputs`` with respect to each of ``inputs``; no ``.grad`` is touched.

    Args:
        outputs: what is differentiated.
        inputs: with respect to what: leaves, or tensors inside the graph.
        grad_outputs: one gradient per output (None: 1, for scalars).
        retain_graph: keep what the rules saved, for another pass.  Default: ``create_graph``.
        create_graph: record the pass, so that the results can be differentiated.
        only_inputs: accepted for PyTorch's signature; it is always so.
        allow_unused: give None for an input that the outputs do not depend on, instead of raising.
        is_grads_batched: ``grad_outputs`` have a first dimension of examples, and the results get one: one pass,
            by ``vmap``, for many gradients.
        materialize_grads: give zeros for such an input.

    Raises: GraphError where an input does not require grad or was not used, and as ``Tensor.backward`` does.
    """
    ys, xs = _listed(outputs), _listed(inputs)
    if is_grads_batched:
        return _batched(ys, xs, _listed(grad_outputs), retain_graph, create_graph, allow_unused, materialize_grads)
    grads = [None] * len(ys) if grad_outputs is None else _listed(grad_outputs)
    if len(grads) != len(ys):
        raise GraphError(f"grad: got {len(ys)} outputs and {len(grads)} gradients")
    for i, x in enumerate(xs):
        if not isinstance(x, Tensor):
            raise DTypeError(f"grad: input {i} is {type(x).__name__}; wanted a Tensor")
        if x._node is None:
            raise GraphError(f"grad: One of the differentiated Tensors does not require grad (input {i})")
    roots = _walk.start(ys, grads, "grad")
    found = _walk.gradients(roots, xs, create_graph if retain_graph is None else retain_graph, create_graph)
    if materialize_grads:
        return tuple(g if g is not None else x.new_zeros(x.shape) for g, x in zip(found, xs, strict=True))
    if None in [g if g is None else 0 for g in found] and not allow_unused:
        raise GraphError(
            f"grad: One of the differentiated Tensors appears to not have been used in the graph (input "
            f"{[g is None for g in found].index(True)}). Set allow_unused=True if this is the desired behavior."
        )
    return tuple(found)


def _batched(ys: list[Any], xs: list[Any], grads: list[Any], *options: Any) -> tuple[Tensor | None, ...]:
    """Return the gradients for each example of ``grads``."""
    if not all(isinstance(g, Tensor) for g in grads):
        raise DTypeError("grad: is_grads_batched=True wants grad_outputs: a Tensor for each output, examples first")
    retain_graph, create_graph, allow_unused, materialize_grads = options
    vmap = importlib.import_module("autograd_core.transforms.mapping").vmap
    unused: list[bool] = []

    def one(*gs: Tensor) -> tuple[Tensor, ...]:
        found = grad(
            ys, xs, gs, retain_graph, create_graph, allow_unused=allow_unused, materialize_grads=materialize_grads
        )
        unused.extend(g is None for g in found)
        return tuple(g for g in found if g is not None)

    found = iter(vmap(one)(*grads))
    return tuple(None if missing else next(found) for missing in unused)


def Variable(data: Tensor, requires_grad: bool = False) -> Tensor:
    """Return the tensor itself, as PyTorch does since Variables and Tensors became one."""
    return data.requires_grad_(requires_grad) if requires_grad else data
