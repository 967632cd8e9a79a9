"""User-defined operations: ``Function`` with a forward and a backward of one's own."""

from __future__ import annotations

import weakref
from types import SimpleNamespace
from typing import Any

from autograd_core.backend.device import XP, module_of
from autograd_core.engine.failure import changed
from autograd_core.engine.lifted import LEVELS, Lifted
from autograd_core.engine.modes import GRAD
from autograd_core.engine.node import Extra
from autograd_core.engine.record import make_node, output_node
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.engine.versions import written_since
from autograd_core.errors import DTypeError, GraphError

NOTHING = (None, None, None)  # an output for which no zeros are made


class Context:
    """What ``forward`` leaves for ``backward``: saved tensors, any attributes, and which gradients are wanted."""

    needs_input_grad: tuple[bool, ...] = ()
    _saved: tuple[Any, ...] = ()
    _saved_for_forward: tuple[Any, ...] | None = None
    _fixed: tuple[Any, ...] = ()
    _dirty: tuple[Any, ...] = ()
    _materialize = True
    _node: Any = None  # weak reference to the node, once there is one
    _order = 0
    _outputs: tuple[Any, ...] = ()

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for ``backward``, which finds them in ``saved_tensors``; a later write to them is caught."""
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                raise DTypeError(
                    f"save_for_backward: got {type(t).__name__}; can only save Tensors and None (use ctx attributes)"
                )
        self._saved = tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for ``jvp``, which finds them in ``saved_tensors``; by default those kept for ``backward``."""
        self._saved_for_forward = tensors

    def mark_non_differentiable(self, *outputs: Tensor) -> None:
        """Say that these outputs have no gradient."""
        self._fixed = outputs

    def mark_dirty(self, *inputs: Tensor) -> None:
        """Say that ``forward`` wrote to these inputs, which are its outputs too."""
        self._dirty = inputs

    def set_materialize_grads(self, value: bool) -> None:
        """Say whether an output without gradient gives zeros (the default) or None to ``backward``."""
        self._materialize = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors kept by ``save_for_backward``.

        Raises: GraphError where one of them was written in the meantime.
        """
        node = self._node
        if node is None:
            return self._saved
        for t in self._saved:
            if t is None or isinstance(t, Lifted):  # a transform's tensors are not written
                continue
            if (write := written_since(t._array, self._order)) is not None:
                raise changed(node(), t._array, "saved tensor", write)
        return tuple(self._relink(t) for t in self._saved)

    def _relink(self, t: Any) -> Any:
        """Return an output that was saved with its node again, which is only known after ``forward``."""
        index = next(
            (i for i, o in enumerate(self._outputs) if o is not None and t is not None and o is t._array), None
        )
        return t if index is None or self._node() is None else _on(t, self._output_nodes(index))

    def _output_nodes(self, index: int) -> Any:
        main = self._node()
        array = self._outputs[index]
        return output_node(main, index, array.shape, array.dtype)


class Function:
    """A differentiable operation with a backward written by hand.

    Subclass with static ``forward(ctx, *args)`` and ``backward(ctx, *grads)`` (one gradient, or None, per argument
    of forward), and call ``MyFunction.apply(*args)``.  With a ``setup_context(ctx, inputs, output)``, forward takes
    no ctx.  Second order works where ``backward`` is made of differentiable operations.

    Under ``jvp`` it needs a static ``jvp(ctx, *tangents)``, one tangent per argument (None for what is no floating
    tensor), which returns those of the outputs.  Under ``vmap`` forward and backward see batched tensors; or a static
    ``vmap(info, in_dims, *args)`` takes the call and returns the outputs and their dimensions of examples.
    """

    generate_vmap_rule = False  # PyTorch's word for it; without a vmap of its own a Function is batched in any case

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the result from Tensors and other arguments; to be overridden."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """Return the gradient of each argument of ``forward``; to be overridden."""
        raise NotImplementedError("You must implement the backward function for custom autograd.Function.")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward`` on the arguments and record the operation where a gradient is wanted."""
        return run(cls, Context(), args, kwargs)


def run(cls: type[Function], ctx: Context, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return what a Function's ``apply`` does, with a given context."""
    if LEVELS.get() and any(isinstance(a, Lifted) for a in args):
        from autograd_core.transforms.functions import run_lifted  # what is above the engine is loaded on first use

        return run_lifted(cls, ctx, args, kwargs)
    nodes = tuple(a._node if isinstance(a, Tensor) else None for a in args)
    recorded = GRAD.get() and any(n is not None for n in nodes)
    ctx.needs_input_grad = tuple(recorded and n is not None for n in nodes)
    result = run_forward(cls, ctx, args, kwargs)
    return record(cls, ctx, args, nodes, result) if recorded else result


def run_forward(cls: type[Function], ctx: Context, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run ``forward``, recording nothing."""
    token = GRAD.set(False)
    try:
        if not hasattr(cls, "setup_context"):
            return cls.forward(ctx, *args, **kwargs)
        result = cls.forward(*args, **kwargs)
        cls.setup_context(ctx, args, result)
        return result
    finally:
        GRAD.reset(token)


def _on(value: Tensor, node: Any) -> Tensor:
    return value.on(node) if isinstance(value, Lifted) else wrap(value._array, node)


def record(cls: type[Function], ctx: Context, args: tuple[Any, ...], nodes: Any, result: Any) -> Any:
    """Return the outputs, one or a tuple, on the node of this application."""
    if isinstance(result, tuple):
        return _record(cls, ctx, args, nodes, result)
    return _record(cls, ctx, args, nodes, (result,))[0]


def _record(
    cls: type[Function], ctx: Context, args: tuple[Any, ...], nodes: Any, outputs: tuple[Any, ...]
) -> tuple[Any, ...]:
    """Attach a node to the outputs; its one rule calls the user's ``backward``."""
    differentiable = [
        isinstance(o, Tensor) and o.dtype.category > 1 and not any(o is f for f in ctx._fixed) for o in outputs
    ]
    blanks = tuple(
        ((module_of(o._array), o._array.shape, o._array.dtype) if ctx._materialize else NOTHING) if wanted else None
        for o, wanted in zip(outputs, differentiable, strict=True)
    )
    rule = _Backward(cls, ctx, len(args), nodes)
    prim = SimpleNamespace(
        name=cls.__name__,
        needs={},
        keeps=bool(ctx._saved),
        broadcasts=True,
        args=(),
        names=(),
        lists=(),
        joint=rule,
        outputs=(),
        residuals=(),
    )
    first = next((o._array for o, w in zip(outputs, differentiable, strict=True) if w), None)
    if first is None:
        return outputs
    node = make_node(prim, ((nodes, rule, ()),), first.shape, first.dtype, Extra(joint=True, outputs=blanks))
    ctx._node, ctx._order = weakref.ref(node), node.order
    ctx._outputs = tuple(o._array if w else None for o, w in zip(outputs, differentiable, strict=True))
    linked = []
    for i, (o, wanted) in enumerate(zip(outputs, differentiable, strict=True)):
        if not wanted:
            linked.append(o)
            continue
        handed = output_node(node, i, o._array.shape, o._array.dtype)
        if any(o is d for d in ctx._dirty):
            o._node = handed
            linked.append(o)
        else:
            linked.append(_on(o, handed))
    return tuple(linked)


def _as_tensor(g: Any) -> Any:
    """Return a gradient as a tensor: an array, or the scalar that NumPy gives for a product of 0-d arrays."""
    return g if g is None or isinstance(g, Tensor) else wrap(g if type(g) in XP else module_of(g).asarray(g))


class _Backward:
    """The rule of a Function's node: raw arrays or Tensors in, the same out, the user's ``backward`` between."""

    __slots__ = ("cls", "count", "ctx", "nodes")

    def __init__(self, cls: type[Function], ctx: Context, count: int, nodes: Any) -> None:
        """Remember whose backward to call, and for how many arguments."""
        self.cls, self.ctx, self.count, self.nodes = cls, ctx, count, nodes

    def __call__(self, g: Any) -> Any:
        gs = g if isinstance(g, tuple) else (g,)
        gs = self._spread(gs)
        raw = not any(isinstance(x, Tensor) for x in gs)
        given = tuple(_as_tensor(x) for x in gs)
        result = self.cls.backward(self.ctx, *given)
        grads = result if isinstance(result, tuple | list) else (result,)
        if len(grads) < self.count or any(x is not None for x in grads[self.count :]):
            raise GraphError(
                f"{self.cls.__name__}.backward: returned an incorrect number of gradients "
                f"(expected {self.count}, got {len(grads)})"
            )
        return tuple(self._checked(x, i, raw) for i, x in enumerate(grads[: self.count]))

    def _spread(self, gs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Put the gradients of the differentiable outputs into their places among all outputs."""
        found = iter(gs)
        return tuple(next(found) if o is not None else None for o in self.ctx._outputs)

    def _checked(self, x: Any, i: int, raw: bool) -> Any:
        if x is None or self.nodes[i] is None:
            return None
        if not isinstance(x, Tensor):
            raise DTypeError(
                f"{self.cls.__name__}.backward: expected Variable or None for gradient {i} (got {type(x).__name__})"
            )
        return x._array if raw else x
