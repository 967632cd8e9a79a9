"""A user's ``Function`` on tensors of a running transform.

Its forward and backward are not seen into: they run on batched tensors, and beside a ``jvp`` of the user's on dual
ones.  Further out than the transform the call is a Function again, so that gradients taken there use its backward.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from copy import copy
from typing import Any, NamedTuple

from autograd_core.composites.shaping import expand, movedim
from autograd_core.engine.function import Context, Function, record, run, run_forward
from autograd_core.engine.lifted import Level, Lifted, running
from autograd_core.engine.modes import GRAD
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import GraphError, ShapeError
from autograd_core.transforms.batching import Batched, Batching, batched
from autograd_core.transforms.leaves import deepest, zeros_like
from autograd_core.transforms.tangents import Dual, Tangents, dual

__all__ = ["run_lifted"]

Args = tuple[Any, ...]
Kind = type[Function]


class VmapInfo(NamedTuple):
    """What a static ``vmap`` is told first: how many examples there are, and what random numbers are for them."""

    batch_size: int
    randomness: str


def run_lifted(cls: Kind, ctx: Context, args: Args, kwargs: dict[str, Any]) -> Any:
    """Apply a Function to arguments of which some are lifted: by the deepest of their levels, and record it there."""
    level = deepest(args)
    assert level is not None  # the caller has found a lifted one
    nodes = tuple(a._node if isinstance(a, Lifted) and a.level is level else None for a in args)
    recorded = GRAD.get() and any(n is not None for n in nodes)
    ctx.needs_input_grad = tuple(recorded and n is not None for n in nodes)
    if isinstance(level, Tangents):
        result = _moved(level, cls, ctx, args, kwargs)
    elif isinstance(level, Batching):
        result = _mapped(level, cls, ctx, args, kwargs, recorded)
    else:
        level.refuse(f"{cls.__name__} is a Function of the user's own, which this transform cannot see into")
    return record(cls, ctx, args, nodes, result) if recorded else result


def _listed(result: Any) -> Args:
    return result if isinstance(result, tuple) else (result,)


def _formed(outputs: Sequence[Any], like: Any) -> Any:
    return tuple(outputs) if isinstance(like, tuple) else outputs[0]


def _taken_over(ctx: Context, inner: Context, before: Sequence[Any], after: Sequence[Any]) -> None:
    """Let ``ctx`` have what ``inner`` keeps, with the tensors ``after`` in the place of those ``before``."""
    places = {id(old): new for old, new in zip(before, after, strict=True)}
    needs = ctx.needs_input_grad
    vars(ctx).update(vars(inner))
    ctx.needs_input_grad, ctx._node, ctx._outputs = needs, None, ()
    ctx._saved = tuple([places.get(id(t), t) for t in inner._saved])
    ctx._fixed = tuple([places.get(id(t), t) for t in inner._fixed])


# ---- tangents ----


def _moved(level: Tangents, cls: Kind, ctx: Context, args: Args, kwargs: dict[str, Any]) -> Any:
    """Return the outputs with the tangents that the Function's own ``jvp`` gives."""
    own = [isinstance(a, Dual) and a.level is level for a in args]
    primals = tuple([a.primal if o else a for a, o in zip(args, own, strict=True)])
    inner = Context()
    result = run(cls, inner, primals, kwargs)
    outputs = _listed(result)
    tangents = [a.tangent if o else None for a, o in zip(args, own, strict=True)]
    changes: Sequence[Any] = [None] * len(outputs)
    if any(t is not None for t in tangents):
        changes = _pushed(cls, inner, primals, tangents, outputs)
    duals = [dual(level, y, t) if isinstance(y, Tensor) else y for y, t in zip(outputs, changes, strict=True)]
    _taken_over(ctx, inner, [*primals, *outputs], [*args, *duals])
    return _formed(duals, result)


def _pushed(cls: Kind, inner: Context, primals: Args, tangents: list[Any], outputs: Args) -> Args:
    name = cls.__name__
    ctx = copy(inner)
    ctx._node = None
    ctx._saved = inner._saved if inner._saved_for_forward is None else inner._saved_for_forward
    if inner._materialize:
        moving = [isinstance(x, Tensor) and x._array.dtype.kind in "fc" for x in primals]
        tangents = [zeros_like(x) if m and t is None else t for x, t, m in zip(primals, tangents, moving, strict=True)]
    changes = _listed(_rule(cls)(ctx, *tangents))
    if len(changes) != len(outputs):
        raise GraphError(f"{name}.jvp: returned {len(changes)} tangents; wanted one for each of {len(outputs)} outputs")
    for y, t in zip(outputs, changes, strict=True):
        if t is not None and t._array.shape != y._array.shape:
            raise ShapeError(f"{name}.jvp: returned shape {tuple(t.shape)}; wanted the output's, {tuple(y.shape)}")
    return changes


def _rule(cls: Kind) -> Any:
    """Return a Function's static ``jvp``."""
    if hasattr(cls, "jvp"):
        return cls.jvp
    raise GraphError(
        f"jvp: You must implement the jvp function for custom autograd.Function to use it with forward mode AD: "
        f"{cls.__name__} has no static jvp(ctx, *tangents)"
    )


# ---- examples ----


def _mapped(level: Batching, cls: Kind, ctx: Context, args: Args, kwargs: dict[str, Any], recorded: bool) -> Any:
    """Return the outputs for all examples, by the Function's own ``vmap`` or by running it on batched tensors."""
    values, flags = _parted(level, args)
    if hasattr(cls, "vmap"):
        result = _by_own_rule(level, cls, values, flags)
        if recorded and not hasattr(cls, "setup_context"):
            raise GraphError(
                f"{cls.__name__}: it has a vmap of its own; to be differentiated inside vmap it needs setup_context"
            )
        if recorded:
            cls.setup_context(ctx, args, result)  # type: ignore[attr-defined]
        return result
    call = _Call(level, cls, kwargs, flags, ctx.needs_input_grad)
    found = _Together.apply(call, *values)
    outputs = [batched(level, y, not f) if isinstance(y, Tensor) else y for y, f in zip(found, call.kept, strict=True)]
    _taken_over(ctx, call.ctx, [*call.args, *call.outputs], [*args, *outputs])
    return _formed(outputs, call.result)


def _parted(level: Level, args: Sequence[Any]) -> tuple[list[Any], list[bool]]:
    """Return what arguments stand for, and which of them have examples."""
    own = [isinstance(a, Batched) and a.level is level for a in args]
    values = [a.value if o else a for a, o in zip(args, own, strict=True)]
    return values, [o and not a.shared for a, o in zip(args, own, strict=True)]


def _by_own_rule(level: Batching, cls: Any, values: list[Any], flags: list[bool]) -> Any:
    info, in_dims = VmapInfo(level.size, level.randomness), tuple([0 if f else None for f in flags])
    answer = cls.vmap(info, in_dims, *values)
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise GraphError(f"{cls.__name__}.vmap: Expected to return a tuple (output, out_dims)")
    result, out_dims = answer
    outputs = _listed(result)
    dims = out_dims if isinstance(out_dims, tuple) else (out_dims,) * len(outputs)
    if len(dims) != len(outputs):
        raise GraphError(f"{cls.__name__}.vmap: returned {len(outputs)} outputs and {len(dims)} out_dims")
    return _formed([_placed(level, y, d) for y, d in zip(outputs, dims, strict=True)], result)


def _placed(level: Batching, y: Any, d: int | None) -> Any:
    if not isinstance(y, Tensor):
        return y
    return batched(level, y if not d else movedim(y, d, 0), shared=d is None)


class _Call:
    """One application of a Function to examples: what its forward was given, found and kept."""

    args: Args  # as the Function saw them
    result: Any
    outputs: Args
    kept: list[bool]  # which outputs have examples; and which of the tensors saved
    saved: list[bool]
    saved_for_forward: list[bool]

    def __init__(self, level: Batching, cls: Kind, kwargs: dict[str, Any], flags: list[bool], needs: Args) -> None:
        """``flags``: which arguments have examples; ``needs``: which are differentiated by inside."""
        self.level, self.cls, self.kwargs, self.flags, self.needs = level, cls, kwargs, flags, needs
        self.ctx = Context()

    def lift(self, values: Sequence[Any], flags: Sequence[bool]) -> Args:
        """Return values as the Function is to see them."""
        pairs = zip(values, flags, strict=True)
        return tuple([batched(self.level, v, not f) if isinstance(v, Tensor) else v for v, f in pairs])

    def context(self, saved: Args, flags: list[bool]) -> Context:
        """Return the context that forward left, with the tensors saved as they are on a graph further out."""
        inner = copy(self.ctx)
        inner._saved = self.lift(saved, flags)
        return inner

    def again(self) -> Any:
        """Run the transform for a rule, which may come after it has ended."""
        return nullcontext() if self.level.depth > 0 else running(self.level)


class _Together(Function):
    """A Function applied to all examples at once, as a Function of the tensors that have them."""

    @staticmethod
    def forward(ctx: Any, call: _Call, *values: Any) -> Any:
        """Run the Function's forward on batched tensors."""
        ctx.call, inner = call, call.ctx
        call.args = call.lift(values, call.flags)
        inner.needs_input_grad = tuple([a or b for a, b in zip(ctx.needs_input_grad[1:], call.needs, strict=True)])
        call.result = run_forward(call.cls, inner, call.args, call.kwargs)
        call.outputs = _listed(call.result)
        found, call.kept = _parted(call.level, call.outputs)
        saved, call.saved = _parted(call.level, inner._saved)
        ctx.save_for_backward(*saved)
        saved, call.saved_for_forward = _parted(call.level, inner._saved_for_forward or inner._saved)
        ctx.save_for_forward(*saved)
        ctx.set_materialize_grads(inner._materialize)
        fixed = [any(y is f for f in inner._fixed) for y in call.outputs]
        ctx.mark_non_differentiable(*[y for y, f in zip(found, fixed, strict=True) if f])
        return tuple(found)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """Run the Function's backward on batched gradients."""
        call: _Call = ctx.call
        with call.again():
            inner = call.context(ctx.saved_tensors, call.saved)
            found = _listed(call.cls.backward(inner, *call.lift(grads, call.kept)))
            return None, *[_gathered(call.level, g, f) for g, f in zip(found, call.flags, strict=False)]

    @staticmethod
    def jvp(ctx: Any, nothing: Any, *tangents: Any) -> Any:
        """Run the Function's jvp on batched tangents."""
        call: _Call = ctx.call
        with call.again():
            inner = call.context(ctx.saved_tensors, call.saved_for_forward)
            found = _listed(_rule(call.cls)(inner, *call.lift(tangents, call.flags)))
            values, flags = _parted(call.level, found)
            triples = zip(values, flags, call.kept, strict=True)
            return tuple([_whole(call.level, t) if k and not f and t is not None else t for t, f, k in triples])


def _gathered(level: Batching, g: Any, flag: bool) -> Any:
    """Return the gradient of an argument: with examples where it has them, else the sum over all of them."""
    if g is None:
        return None
    (value,), (differs,) = _parted(level, [g])
    if flag:
        return value if differs else _whole(level, value)
    return value.sum(0) if differs else value * level.size


def _whole(level: Batching, value: Tensor) -> Tensor:
    """Return what is the same for all examples with their dimension."""
    return expand(value, (level.size, *value._array.shape))
