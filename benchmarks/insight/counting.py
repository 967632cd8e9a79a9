"""Counts the operations of a step, and the bytes that it reads and writes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_core.engine.primitive import Primitive
from benchmarks.insight.watching import Function

UPDATE = "(optimiser)"


def of_rows(y: Any, x: Any, *weights: Any) -> float:
    """Count what each row of ``x`` takes with matrices: a multiplication and an addition per element."""
    return 2.0 * math.prod(x.shape[:-1]) * sum(w.size for w in weights if w is not None and w.ndim > 1)


def of_attention(y: Any, q: Any, k: Any, v: Any, *_: Any, causal: bool = False, **__: Any) -> float:
    """Count the products with keys and with values; causal attention sees half of the pairs."""
    pairs = y.size / max(v.shape[-1], 1) * k.shape[-2]
    seen = (q.shape[-2] + 1) / (2 * q.shape[-2]) if causal else 1.0
    return float(2.0 * pairs * (q.shape[-1] + v.shape[-1]) * seen)


Formula = Callable[..., float]
PRODUCTS: dict[str, Formula] = {
    "matmul": lambda y, a, b: 2.0 * y.size * a.shape[-1],
    "linear": of_rows,
    "conv": lambda y, x, w, *_, **__: 2.0 * y.size * math.prod(w.shape[1:]),
    "conv_input_grad": lambda y, u, w, **_: 2.0 * u.size * math.prod(w.shape[1:]),
    "conv_weight_grad": lambda y, u, x, **_: 2.0 * u.size * math.prod(y.shape[1:]),
    "attend": of_attention,
    **dict.fromkeys(("lstm", "gru", "rnn"), lambda y, x, w_ih, b_ih, w_hh, *rest, **_: of_rows(y, x, w_ih, w_hh)),
}
"""Operations of one forward, from its output and its arguments; what is not here multiplies no matrices."""


@dataclass
class Count:
    """What one primitive did in a step."""

    calls: int = 0
    flops: float = 0.0
    bytes: float = 0.0
    per_call: float = 0.0  # operations of the newest forward


@dataclass
class Counter:
    """Watches a step: a `Watcher`.  What a primitive or rule calls inside itself counts as its own."""

    counts: dict[str, Count] = field(default_factory=dict)
    inside: list[Count] = field(default_factory=list)

    def of(self, name: str) -> Count:
        """Return the count of a primitive."""
        return self.counts.setdefault(name, Count())

    @property
    def flops(self) -> float:
        """All operations counted so far."""
        return sum(count.flops for count in self.counts.values())

    def forward(self, prim: Primitive, function: Function) -> Function:
        """Count a forward by its formula."""
        formula = PRODUCTS.get(prim.name)

        def counted(xp: Any, *arrays: Any, **meta: Any) -> Any:
            count, results = self.outermost(prim.name, lambda: function(xp, *arrays, **meta), arrays)
            if formula is not None:
                own = formula(next(arrays_in(results)), *arrays, **meta)
                self.of(prim.name).per_call = own
                count.flops += own
            return results

        return counted

    def rule(self, prim: Primitive, arg: str, function: Function) -> Function:
        """Count what a rule calls; one that goes to a kernel takes a forward's operations for each factor."""
        factors = {"all": 2.0, "b": 0.0, "x": 1.0, "w": 1.0, "a": 1.0}.get(arg, 1.0)

        def counted(g: Any, *saved: Any) -> Any:
            before = self.flops
            count, gradients = self.outermost(prim.name, lambda: function(g, *saved), (g, *saved))
            if prim.name in PRODUCTS and self.flops == before:
                count.flops += factors * self.of(prim.name).per_call
            return gradients

        return counted

    def outermost(self, name: str, call: Callable[[], Any], arrays: Any) -> tuple[Count, Any]:
        """Call, and count calls and bytes for the outermost of those that are running."""
        count = self.inside[0] if self.inside else self.of(name)
        self.inside.append(count)
        try:
            results = call()
        finally:
            self.inside.pop()
        if not self.inside:
            count.calls += 1
            count.bytes += moved(arrays, results)
        return count, results

    def before_update(self, optimizer: Any) -> None:
        """Nothing is to be seen yet."""

    def after_update(self, optimizer: Any) -> None:
        """Count parameters and states as read and written, gradients as read."""
        count = self.of(UPDATE)
        count.calls += 1
        for p in (p for group in optimizer.param_groups for p in group["params"]):
            states = [s for s in optimizer.state[p].values() if hasattr(s, "nbytes")]
            count.bytes += 3 * p.nbytes + 2 * sum(s.nbytes for s in states)


def arrays_in(value: Any) -> Iterator[Any]:
    """Give every array in a value, however nested; a recorded rule has tensors."""
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from arrays_in(item)
    elif isinstance(value := getattr(value, "_array", value), np.ndarray):
        yield value


def moved(arguments: Any, results: Any) -> float:
    """Return the bytes read and written, each array once; a view moves none."""
    given, made = list(arrays_in(arguments)), list(arrays_in(results))
    if all(any(np.may_share_memory(y, x) for x in given) for y in made):
        return 0.0
    return float(sum(a.nbytes for a in {id(a): a for a in (*given, *made)}.values()))
