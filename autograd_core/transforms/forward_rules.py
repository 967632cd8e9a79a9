"""How a primitive carries tangents on.

Its forward rule is the primitive itself, where it is linear; its reverse rule, where it is elementwise; a rule of its
own (``.jvp``, ``.joint_jvp``); or the transpose of its reverse rule, which is linear in the cotangent.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autograd_core.engine.backward import gradients
from autograd_core.engine.fit import broadcast_to, cast, conj, sum_to
from autograd_core.engine.interpreting import asked, plan
from autograd_core.engine.lifted import Level, recording
from autograd_core.engine.modes import GRAD
from autograd_core.engine.node import Node
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.transforms.leaves import deepest, leaf, own_node, zeros_like

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive

__all__ = ["pushed"]

Args = Sequence[Any]


def pushed(prim: Primitive, primals: Args, tangents: Args, meta: dict[str, Any], results: Args) -> tuple[Any, ...]:
    """Return the tangents of the outputs, None where they do not change; at least one argument does."""
    if results[0]._array.dtype.kind not in "fc" and not prim.outputs:
        return (None,)
    if prim.linear and not prim.jvps:
        changes: Args = (_linear(prim, primals, tangents, meta),)
    elif prim.joint_jvp is not None:
        found = prim.joint_jvp(tangents, *_asked(prim, prim.joint_jvp, primals, meta, results, ()))
        changes = found if type(found) is tuple else (found,)
    else:
        rules = prim.jvps or (prim.rules if prim.elementwise and _is_bilinear(prim, primals, results) else {})
        moving, known = [], True
        for arg, t in zip(prim.args, tangents, strict=True):
            if t is not None and (rule := rules.get(arg)) is not None:
                moving.append((rule, t))
            elif t is not None and (prim.joint is not None or arg in prim.rules):
                known = False
        if known and not moving:
            return (None,) * len(results)
        if known:
            changes = _by_rules(prim, moving, primals, meta, results)
        else:
            changes = _transposed(prim, primals, tangents, meta, results)
    return tuple([None if t is None else _fitted(t, y) for t, y in zip(changes, results, strict=True)])


def _is_bilinear(prim: Primitive, primals: Args, results: Args) -> bool:
    """Whether a reverse rule multiplies by the derivative: not where a complex function has none."""
    if all(v._array.dtype.kind != "c" for v in primals if isinstance(v, Tensor)):
        return True
    return prim.holomorphic and results[0]._array.dtype.kind == "c"


def _fitted(t: Tensor, y: Tensor) -> Tensor | None:
    """Return a tangent in the shape and dtype of its value; None for integers, which do not change."""
    made, wanted = t._array, y._array
    if wanted.dtype.kind not in "fc":
        return None
    if made.shape != wanted.shape:
        t = broadcast_to(t, shape=wanted.shape)
    return t if made.dtype == wanted.dtype else cast(t, dtype=wanted.dtype)


def _linear(prim: Primitive, primals: Args, tangents: Args, meta: dict[str, Any]) -> Tensor:
    """Return the primitive of the tangent: of a linear one only the first argument is no constant."""
    if prim.lists:
        (values,), (changes,) = primals, tangents
        moved = [zeros_like(v) if t is None else t for v, t in zip(values, changes, strict=True)]
        return prim.call(moved, **meta)
    if "value" in meta:  # what a pad is filled with
        meta = meta | {"value": 0.0}
    return prim.call(tangents[0], *primals[1:], **meta)


def _by_rules(
    prim: Primitive, moving: list[tuple[Callable[..., Any], Tensor]], primals: Args, meta: dict[str, Any], results: Args
) -> Args:
    """Return the sums of what each argument's change brings."""
    totals: list[Any] = [None] * len(results)
    for rule, change in moving:
        brought = rule(change, *_asked(prim, rule, primals, meta, results, ()))
        for i, t in enumerate(brought if type(brought) is tuple else (brought,)):
            totals[i] = t if totals[i] is None else totals[i] if t is None else totals[i] + t
    return totals


def _asked(
    prim: Primitive, rule: Callable[..., Any], primals: Args, meta: dict[str, Any], results: Args, wants: Args
) -> list[Any]:
    """Return what a rule asks for; residuals as functions of the arguments."""
    found: list[Any] = []
    for kind, at in plan(prim, rule):
        if kind == "result":
            found.append(results[at])
        elif kind == "wants":
            found.append(tuple(wants))
        elif kind == "residual":
            found.append(_residual(prim, at, primals, meta, results))
        else:
            found.append(asked(prim, kind, at, tuple(primals), meta))
    return found


def _residual(prim: Primitive, name: str, primals: Args, meta: dict[str, Any], results: Args) -> Any:
    """Return a residual by its rule; None where the rules for tensors do without it."""
    rule = prim.residual_rules.get(name)
    if rule is None:
        return None
    known = dict(zip(prim.args, primals, strict=True)) | prim.meta | meta
    known |= dict(zip(prim.outputs or ("y",), results, strict=True))
    names = inspect.signature(rule).parameters
    return rule(*[known[n] if n in known else _residual(prim, n, primals, meta, results) for n in names])


def _transposed(prim: Primitive, primals: Args, tangents: Args, meta: dict[str, Any], results: Args) -> Args:
    """Return the tangents by the transpose of the reverse rules: ``<J t, u> = <t, J' u>`` for every u.

    ``J' u``, what the reverse rules make of a cotangent u, is linear in u; its own gradient at any u is ``J t``.
    """
    level = deepest([*primals, *tangents])
    names = prim.outputs or ("y",)
    differentiable = [n not in prim.fixed_outputs for n in names]
    token = GRAD.set(True)
    try:
        cotangents = [leaf(level, zeros_like(y)) for y, d in zip(results, differentiable, strict=True) if d]
        roots: list[tuple[Node, Tensor]] = []
        with recording(level):
            for back, t in _reversed(prim, cotangents, primals, tangents, meta, results):
                roots += _root(back, t, level)
        found = iter(gradients(roots, cotangents, True, True) if roots else [None] * len(cotangents))
    finally:
        GRAD.reset(token)
    return [next(found) if d else None for d in differentiable]


def _root(back: Any, t: Any, level: Level | None) -> list[tuple[Node, Tensor]]:
    """Return a gradient of an argument as the root of a walk with that argument's tangent; one for each of a list."""
    if type(back) in (list, tuple):
        return [root for b, u in zip(back, t, strict=True) for root in _root(b, u, level)]
    if back is None or t is None:
        return []
    back = back if isinstance(back, Tensor) else wrap(back)
    if back._array.shape != t._array.shape:
        back = sum_to(back, shape=t._array.shape)
    node = own_node(back, level)
    return [] if node is None else [(node, t)]


def _reversed(
    prim: Primitive, cotangents: list[Tensor], primals: Args, tangents: Args, meta: dict[str, Any], results: Args
) -> list[tuple[Any, Any]]:
    """Return the gradient of each argument that changes, as a function of the cotangents, beside its tangent."""
    complex_ = any(v._array.dtype.kind == "c" for v in (*primals, *results) if isinstance(v, Tensor))
    turned: Callable[[Any], Any] = conj if complex_ and prim.holomorphic and prim.dtypes != "any" else lambda x: x
    g: Any = tuple(map(turned, cotangents)) if prim.gathers else turned(cotangents[0])
    wants = [t is not None for t in (tangents[0] if prim.lists and not prim.joint else tangents)]
    if prim.joint is not None:
        grads = prim.joint(g, *_asked(prim, prim.joint, primals, meta, results, wants))
        return [(None if b is None else turned(b), t) for b, t in zip(grads, tangents, strict=True)]
    pairs: list[tuple[Any, Any]] = []
    for arg, t in zip(prim.args, tangents, strict=True):
        rule = prim.rules.get(arg)
        if t is not None and rule is not None:
            back = rule(g, *_asked(prim, rule, primals, meta, results, wants))
            pairs.append((back if type(back) in (list, tuple) else turned(back), t))
    return pairs
