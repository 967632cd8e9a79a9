"""Dual tensors: a value and how it changes along a direction, and how a primitive carries that on.

A forward rule is one of: the primitive itself, where it is linear; its reverse rule, where it is elementwise; a rule
of its own (``.jvp``); or the transpose of its reverse rule, which is linear in the cotangent.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from autograd_core.backend.device import module_of
from autograd_core.engine.backward import gradients
from autograd_core.engine.fit import broadcast_to, cast, sum_to
from autograd_core.engine.lifted import Level, Lifted, made
from autograd_core.engine.modes import GRAD
from autograd_core.engine.node import Leaf, Node
from autograd_core.engine.tensor import Tensor, wrap

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive

__all__ = ["Dual", "Tangents", "bare", "dual", "leaf", "zeros_like"]


class Dual(Lifted):
    """A value and its tangent, None where it does not change."""

    __slots__ = ("primal", "tangent")

    primal: Tensor
    tangent: Tensor | None

    def bare(self) -> Dual:
        """Return the same value and tangent without a node."""
        return dual(self.level, self.primal, self.tangent)

    def over(self, function: Callable[[Tensor], Tensor]) -> Dual:
        """Return ``function`` of the value and of the tangent, on the same node."""
        out = dual(self.level, function(self.primal), None if self.tangent is None else function(self.tangent))
        out._node = self._node
        return out

    def held(self) -> tuple[Tensor, ...]:
        """Return the value and the tangent."""
        return (self.primal,) if self.tangent is None else (self.primal, self.tangent)

    def detach(self) -> Tensor:
        """Return the value outside every graph, as one that does not change."""
        return dual(self.level, self.primal.detach(), None)

    def __repr__(self) -> str:
        return f"Dual(level={self.level.depth}, {self.primal!r}, tangent={self.tangent!r})"


def dual(level: Level, primal: Tensor, tangent: Tensor | None) -> Dual:
    """Return a tensor of ``level``."""
    out: Dual = made(Dual, level)
    out.primal, out.tangent, out._array = primal, tangent, primal._array
    return out


class Tangents(Level):
    """A running ``jvp``."""

    name = "jvp"

    def lift(self, value: Tensor) -> Dual:
        """Return a tensor that does not change."""
        return dual(self, value, None)

    def run(self, prim: Primitive, args: Sequence[Any], meta: dict[str, Any]) -> tuple[Any, ...]:
        """Apply ``prim`` to the values, and its forward rule to the tangents."""
        primals, tangents = zip(*[self._apart(a) for a in args], strict=True)
        key = meta.get("key")
        if type(key) is tuple:
            meta = meta | {"key": tuple([k.primal if type(k) is Dual and k.level is self else k for k in key])}
        results = prim.call(*primals, **meta)
        results = results if type(results) is tuple else (results,)
        changes = pushed(prim, primals, tangents, meta, results)
        return tuple([dual(self, y, t) for y, t in zip(results, changes, strict=True)])

    def _apart(self, a: Any) -> tuple[Any, Any]:
        if type(a) is Dual and a.level is self:
            return a.primal, a.tangent
        if type(a) is list:
            pairs = [self._apart(v) for v in a]
            return [p for p, _ in pairs], [t for _, t in pairs]
        return a, None


Args = Sequence[Any]


def pushed(prim: Primitive, primals: Args, tangents: Args, meta: dict[str, Any], results: Args) -> tuple[Any, ...]:
    """Return the tangents of the outputs, None where they do not change."""
    moving = [a for a, t in zip(prim.args, tangents, strict=True) if (any(u is not None for u in t) if type(t) is list else t is not None)]
    if prim.rules or prim.joint or prim.jvps:
        moving = [a for a in moving if prim.joint or a in prim.rules or a in prim.jvps]
    else:
        moving = []
    if not moving or all(y._array.dtype.kind not in "fc" for y in results):
        return (None,) * len(results)
    if prim.linear and not prim.jvps:
        changes: tuple[Any, ...] = (_linear(prim, primals, tangents, meta),)
    elif not set(moving) <= set(prim.jvps) and not prim.elementwise:
        changes = _transposed(prim, primals, tangents, meta, results)
    else:
        changes = _by_rules(prim, moving, primals, tangents, meta, results)
    return tuple([None if t is None or y._array.dtype.kind not in "fc" else _fitted(t, y) for t, y in zip(changes, results, strict=True)])


def _fitted(t: Tensor, y: Tensor) -> Tensor:
    """Return a tangent in the shape and dtype of its value."""
    if t._array.shape != y._array.shape:
        t = broadcast_to(t, shape=y._array.shape)
    return t if t._array.dtype == y._array.dtype else cast(t, dtype=y._array.dtype)


def _linear(prim: Primitive, primals: Args, tangents: Args, meta: dict[str, Any]) -> Tensor:
    """Return the primitive of the tangent: of a linear one only the first argument is no constant."""
    if prim.lists:
        (values,), (changes,) = primals, tangents
        return prim.call([zeros_like(v) if t is None else t for v, t in zip(values, changes, strict=True)], **meta)  # type: ignore[no-any-return]
    if "value" in meta:  # what a pad is filled with
        meta = meta | {"value": 0.0}
    return prim.call(tangents[0], *primals[1:], **meta)  # type: ignore[no-any-return]


def _by_rules(
    prim: Primitive, moving: list[str], primals: Args, tangents: Args, meta: dict[str, Any], results: Args
) -> tuple[Any, ...]:
    """Return the sums of what each argument's change brings."""
    names = _environment(prim, primals, meta, results)
    totals: list[Any] = [None] * len(results)
    for arg in moving:
        rule = prim.jvps.get(arg) or prim.rules[arg]
        brought = rule(tangents[prim.args.index(arg)], *[_found(prim, n, names) for n in _needs(rule)])
        for i, t in enumerate(brought if type(brought) is tuple else (brought,)):
            totals[i] = t if totals[i] is None else totals[i] if t is None else totals[i] + t
    return tuple(totals)


@cache
def _needs(rule: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(rule).parameters)[1:]


def _environment(prim: Primitive, primals: Args, meta: dict[str, Any], results: Args) -> dict[str, Any]:
    """Every name that a rule may ask for, but for residuals."""
    names: dict[str, Any] = dict(zip(prim.args, primals, strict=True)) | meta
    for arg, value in zip(prim.args, primals, strict=True):
        if type(value) is list:
            names[f"{arg}_shapes"] = [v._array.shape for v in value]
        else:
            names[f"{arg}_shape"] = value._array.shape if isinstance(value, Tensor) else ()
    return names | dict(zip(prim.outputs or ("y",), results, strict=True))


def _found(prim: Primitive, name: str, names: dict[str, Any]) -> Any:
    """Return what a rule asks for; a residual as a function of the arguments."""
    if name in names or name not in prim.residuals:
        return names[name]
    rule = prim.residual_rules.get(name)
    return None if rule is None else rule(*[_found(prim, n, names) for n in inspect.signature(rule).parameters])


def _transposed(prim: Primitive, primals: Args, tangents: Args, meta: dict[str, Any], results: Args) -> tuple[Any, ...]:
    """Return the tangents by the transpose of the reverse rules: ``<J t, u> = <t, J' u>`` for every u.

    ``J' u``, what the reverse rules make of a cotangent u, is linear in u; its own gradient at any u is ``J t``.
    """
    level = deepest([*primals, *tangents])
    token = GRAD.set(True)
    try:
        outputs = [y for y, n in zip(results, prim.outputs or ("y",), strict=True) if n not in prim.fixed_outputs]
        cotangents = [leaf(level, zeros_like(y)) for y in outputs]
        g: Any = tuple(cotangents) if prim.gathers else cotangents[0]
        names = _environment(prim, primals, meta, results)
        roots: list[tuple[Node, Tensor]] = []
        for back, t in _reversed(prim, g, names, tangents):
            if back is not None and t is not None:
                back = back if isinstance(back, Tensor) else wrap(back)
                node = own_node(back, level)
                if node is not None:
                    if back._array.shape != t._array.shape:
                        back = sum_to(back, shape=t._array.shape)
                        node = own_node(back, level)
                    roots.append((node, t))
        found = gradients(roots, cotangents, True, True) if roots else [None] * len(cotangents)
    finally:
        GRAD.reset(token)
    pieces = iter(found)
    return tuple([None if n in prim.fixed_outputs else next(pieces) for n in prim.outputs or ("y",)])


def _reversed(prim: Primitive, g: Any, names: dict[str, Any], tangents: Args) -> list[tuple[Any, Any]]:
    """Return the gradient of each argument that changes, as a function of ``g``, beside its tangent."""
    if prim.joint is not None:
        names["wants"] = tuple([t is not None for t in tangents])
        grads = prim.joint(g, *[_found(prim, n, names) for n in prim.needs[prim.joint]])
        return list(zip(grads, tangents, strict=True))
    pairs: list[tuple[Any, Any]] = []
    for arg, t in zip(prim.args, tangents, strict=True):
        if t is None or (type(t) is list and all(u is None for u in t)):
            continue
        rule = prim.rules.get(arg)
        if rule is not None:
            pairs.append((rule(g, *[_found(prim, n, names) for n in prim.needs[rule]]), t))
    return pairs


def deepest(values: Args) -> Level | None:
    """Return the deepest level of these tensors; None for plain ones."""
    found: Level | None = None
    for v in values:
        for item in v if type(v) is list else (v,):
            if isinstance(item, Lifted) and (found is None or item.level.depth > found.depth):
                found = item.level
    return found


def leaf(level: Level | None, value: Tensor) -> Tensor:
    """Return ``value`` as the beginning of a graph at ``level``; None: outside every transform."""
    out = wrap(value._array) if level is None else level.lift(value).bare()
    out._node = Leaf(out)
    return out


def bare(value: Tensor) -> Tensor:
    """Return the same value without a node at its own level."""
    return value.bare() if isinstance(value, Lifted) else wrap(value._array)


def own_node(value: Tensor, level: Level | None) -> Any:
    """Return the node that ``value`` has at ``level``."""
    held = value.level if isinstance(value, Lifted) else None
    return value._node if held is level else None


def zeros_like(x: Tensor) -> Tensor:
    """Return zeros of a tensor's shape, dtype and device."""
    array = x._array
    return wrap(module_of(array).zeros(array.shape, array.dtype))
