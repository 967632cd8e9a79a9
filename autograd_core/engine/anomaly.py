"""Anomaly mode: the first NaN or Inf, in forward or backward, stops the program and says where it came from.

While it is on, every call of a primitive and every rule is followed by a look at the result; while it is off, nothing
asks for it: callers and the walk are exchanged (see ``intercepting`` and ``watched``).
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from autograd_core.backend.device import XP
from autograd_core.engine import bad_values, blame, intercepting, watched
from autograd_core.engine.failure import running
from autograd_core.engine.modes import _Mode
from autograd_core.engine.node import Edge, Leaf, Node
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import AnomalyError

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive

__all__ = ["detect_anomaly", "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "set_detect_anomaly"]

DROPPING = {"where", "keep", "clamp", "maximum", "minimum", "relu", "getitem", "extremum", "max_pool", "gather"}
IN_RULE: ContextVar[bool] = ContextVar("in_rule", default=False)  # what a rule calls is no forward


class _State:
    """What is asked for, in all threads, as in PyTorch."""

    enabled = check_nan = watching = forward = False


class set_detect_anomaly(_Mode):
    """Switch anomaly mode on or off at once; as a context manager, until its end.  See ``detect_anomaly``."""

    def __init__(self, mode: bool, check_nan: bool = True, *, forward: bool = True) -> None:
        """Switch to ``mode`` now."""
        self._before = _State.enabled, _State.check_nan, _State.forward
        self._wanted = bool(mode), bool(check_nan), bool(forward)
        _switch(*self._wanted)

    def __enter__(self) -> None:
        _switch(*self._wanted)

    def __exit__(self, *exc: object) -> None:
        _switch(*self._before)


class detect_anomaly(_Mode):
    """Find the first NaN or Inf: ``with detect_anomaly():``, or as a decorator.

    Raises AnomalyError at the first operation that gives NaN, or Inf from finite numbers, in forward, and at the first
    rule that gives either in backward.  What operations are given on purpose (Inf as a mask) is no error until it
    gives NaN.  ``check_nan=False`` checks nothing, as in PyTorch; ``forward=False`` checks backward alone, as PyTorch
    does.  It holds in all threads.
    """

    def __init__(self, check_nan: bool = True, *, forward: bool = True) -> None:
        """Say what to check from entering on."""
        self._wanted = True, bool(check_nan), bool(forward)

    def _clone(self) -> detect_anomaly:
        return detect_anomaly(self._wanted[1], forward=self._wanted[2])

    def __enter__(self) -> None:
        self._before = _State.enabled, _State.check_nan, _State.forward
        _switch(*self._wanted)

    def __exit__(self, *exc: object) -> None:
        _switch(*self._before)


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on."""
    return _State.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly mode looks for NaN, once it is on."""
    return _State.check_nan


def _switch(enabled: bool, check_nan: bool, forward: bool) -> None:
    _State.enabled, _State.check_nan, _State.forward = enabled, check_nan, forward
    wanted = enabled and check_nan
    if wanted and not _State.watching:
        intercepting.watch(FORWARD)
        watched.watch(Suspicion)
    elif not wanted and _State.watching:
        intercepting.unwatch(FORWARD)
        watched.unwatch(Suspicion)
    _State.watching = wanted


# ---- forward ----


class _Forward:
    """What looks at the result of every call and every write."""

    def called(self, prim: Primitive, args: tuple[Any, ...], meta: dict[str, Any], result: Any) -> None:
        """Raise where a result is the first with NaN or Inf."""
        if not _State.forward or IN_RULE.get():
            return
        for out in result if type(result) is tuple else (result,):
            if isinstance(out, Tensor) and bad_values.is_float(out._array) and not bad_values.all_finite(out._array):
                _blame_call(prim, args, meta, out._array)

    def wrote(self, target: Tensor, operation: str) -> None:
        """Raise where a write put NaN into a tensor; an Inf is put there on purpose, or found where it was made."""
        array = target._array
        if _State.forward and not IN_RULE.get() and bad_values.is_float(array) and bad_values.has_nan(array):
            place = bad_values.first_bad(array)
            raise AnomalyError(
                f"{operation}: put NaN into a tensor: {bad_values.kind_of(array)}: {bad_values.statistics(array)}; "
                f"first at index {place}{running()}"
            )


FORWARD = _Forward()


def _blame_call(prim: Primitive, args: tuple[Any, ...], meta: dict[str, Any], array: Any) -> None:
    operands = [
        (name, v)
        for name, given in zip(prim.names, args, strict=True)
        for v in (given if isinstance(given, list | tuple) else (given,))
    ]
    numbers = [v for v in (*(v for _, v in operands), *meta.values()) if isinstance(v, float)]
    if any(not _finite(v) for v in numbers):
        return  # NaN or Inf given on purpose
    tensors = [(name, v) for name, v in operands if isinstance(v, Tensor) and type(v._array) in XP]
    bad = [(n, t) for n, t in tensors if bad_values.is_float(t._array) and not bad_values.all_finite(t._array)]
    if bad and (prim.dtypes == "any" or not bad_values.has_nan(array)):
        return  # moved elements only, or an Inf that was there before
    raise AnomalyError(_forward_text(prim, meta.get("name", prim.name), array, tensors, bad) + running())


def _finite(number: float) -> bool:
    return number - number == 0


Named = list[tuple[str, Tensor]]


def _forward_text(prim: Primitive, name: str, array: Any, tensors: Named, bad: Named) -> str:
    what = "NaN" if bad_values.has_nan(array) else "Inf"
    place = bad_values.first_bad(array)
    lines = [
        f"{name}: gave {what}, the first NaN or Inf of this forward pass, at index {place}",
        f"  result {bad_values.kind_of(array)}: {bad_values.statistics(array)}",
    ]
    index, shape = (place, array.shape) if prim.elementwise else ((), ())
    lines += [bad_values.line_of(n, t._array, index, shape) for n, t in tensors]
    if bad:
        lines += [f"  cause: {n} was bad before '{name}' ran: it is {_maker(t)}" for n, t in bad]
    elif name in bad_values.REMEDIES:
        lines.append(
            f"  cause: {bad_values.REMEDIES[name]}.  A where() afterwards may not help: the branch that is not taken "
            f"has a gradient too, and 0 * Inf is NaN; use where() on the argument"
        )
    return "\n".join(lines)


def _maker(tensor: Tensor) -> str:
    node = tensor._node
    if node is None:
        return "data, outside every graph"
    return "a leaf" if type(node) is Leaf else f"the result of {blame.named(node)}"


# ---- backward ----


class Suspicion:
    """What stands around the rules of one walk and raises at the first NaN or Inf that one gives."""

    def __init__(self) -> None:
        self.sources: dict[int, Node] = {}  # stamp of a node -> the first node that sent it a gradient

    def deposited(self, node: Node, g: Any) -> None:
        """Raise where the walk starts with NaN or Inf."""
        raw = bad_values.array_of(g)
        if bad_values.is_float(raw) and not bad_values.all_finite(raw):
            raise AnomalyError(
                f"backward: the gradient that it was given for the result of '{node.name}' is bad already: "
                f"{bad_values.kind_of(raw)}: {bad_values.statistics(raw)}; first at index {bad_values.first_bad(raw)}; "
                f"'{node.name}' was built at {blame.where(node)}"
            )

    def ruled(self, node: Node, place: int, edge: Edge, saved: dict[str, Any]) -> Callable[..., Any]:
        """Return the rule followed by a look at what it gives."""
        parent, rule, _ = edge

        def looked_at(g: Any, *args: Any) -> Any:
            token = IN_RULE.set(True)
            try:
                grad = rule(g, *args)
            finally:
                IN_RULE.reset(token)
            self.sources.setdefault(parent.order, node)
            raw = bad_values.array_of(grad)
            if bad_values.is_float(raw) and not bad_values.all_finite(raw):
                raise AnomalyError(self._text(node, place, raw, g, saved))
            return grad

        return looked_at

    def _text(self, node: Node, place: int, grad: Any, g: Any, saved: dict[str, Any]) -> str:
        what = "nan" if bad_values.has_nan(grad) else "inf"
        function = repr(node)[1:-1]
        index = bad_values.first_bad(grad)
        lines = [
            f"backward: Function '{function}' returned {what} values in its {place}th output, the first NaN or Inf of "
            f"this backward pass, at index {index}",
            f"  gradient given {bad_values.kind_of(grad)}: {bad_values.statistics(grad)}",
        ]
        known = {"incoming gradient": g, **{f"saved {name}": value for name, value in saved.items()}}
        arrays = {n: a for n, v in known.items() if type(a := bad_values.array_of(v)) in XP}
        elementwise = getattr(node.prim, "elementwise", False)
        index, shape = (index, grad.shape) if elementwise else ((), ())
        lines += [bad_values.line_of(n, a, index, shape) for n, a in arrays.items()]
        g = arrays.get("incoming gradient")
        zero = g is not None and (bad_values.at(g, index, shape) == 0 if elementwise else not g.any())
        return "\n".join([*lines, *([self._trap(node)] if zero else self._cause(node, arrays))])

    def _cause(self, node: Node, arrays: dict[str, Any]) -> list[str]:
        bad = [n for n, a in arrays.items() if bad_values.is_float(a) and not bad_values.all_finite(a)]
        if bad:
            said = f"  cause: {' and '.join(bad)} was bad before this rule ran"
            if bad == ["incoming gradient"]:
                return [said]
            origin = bad_values.first_bad_node(*node.parents) or node  # this one has let go of what it saved
            return [f"{said}; the first bad number of the forward pass was saved by {blame.named(origin)}"]
        remedy = bad_values.REMEDIES.get(node.name)
        return [f"  cause: {remedy}"] if remedy else []

    def _trap(self, node: Node) -> str:
        """Return what is to be said of 0 * Inf: which operation made the gradient 0, and how to mend it."""
        child: Node | None = self.sources.get(node.order)
        while child is not None and child.name not in DROPPING:
            child = self.sources.get(child.order)
        dropped = "the result does not depend on this element, so its gradient is 0"
        if child is not None:
            dropped = f"{blame.named(child)}, does not take this element, so its gradient is 0"
        return (
            f"  cause: 0 * Inf = NaN: {dropped}; but the derivative of '{node.name}' is not finite there.  Give "
            f"'{node.name}' a safe argument on the branch that is not taken, as in "
            f"where(ok, {node.name}(where(ok, x, 1.0)), 0.0), or run backward under ag.strong_zero()"
        )
