"""How batch rules are written, and those of whole families of primitives.

A batch rule is ``rule(size, flags, *values, **metadata)``: of each argument flagged the value has the examples,
``size`` of them, along a new first dimension; the others are the same for all.  It returns the outputs, each with the
examples first, computed by primitives.  Elementwise primitives need none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

__all__ = ["along", "also_of_none", "examples", "inward", "leading", "spaced", "whole"]

Rule = Callable[..., Any]


def inward(dim: Any) -> Any:
    """Return a dimension, or several, of one example as that of all of them."""
    if isinstance(dim, tuple):
        return tuple([inward(d) for d in dim])
    return dim + 1 if dim is not None and dim >= 0 else dim


def along(call: Callable[..., Any], *names: str) -> Rule:
    """Return the rule of a function of one tensor whose metadata ``names`` are dimensions."""

    def rule(size: int, flags: Sequence[bool], x: Any, **meta: Any) -> Any:
        dims = {name: inward(meta[name]) for name in names if name in meta}
        if x.ndim > 1 or not any(isinstance(d, int) for d in dims.values()):
            return call(x, **meta | dims)
        results = call(spaced(x, 1), **meta | dims)  # numbers, which have a dimension 0 for PyTorch
        if isinstance(results, tuple):
            return tuple([y.reshape((size,)) for y in results])
        return results.reshape((size,))

    return rule


def leading(call: Callable[..., Any], *core: int) -> Rule:
    """Return the rule of a function that treats all dimensions before the last ones, ``core`` of each argument, alike.

    What is shared broadcasts.
    """

    def rule(size: int, flags: Sequence[bool], /, *values: Any, **meta: Any) -> Any:
        before = [0 if v is None else v.ndim - flag - c for v, flag, c in zip(values, flags, core, strict=True)]
        most = max(before)
        aligned = [spaced(v, most - n) if flag else v for v, flag, n in zip(values, flags, before, strict=True)]
        return call(*aligned, **meta)

    return rule


def examples(call: Callable[..., Any]) -> Rule:
    """Return the rule of a function of one tensor whose first dimension counts examples already."""

    @also_of_none
    def rule(size: int, flags: Sequence[bool], x: Any, **meta: Any) -> Any:
        results = call(joined(x), **meta)
        if isinstance(results, tuple):
            return tuple([parted(y, size) for y in results])
        return parted(results, size)

    return rule


def also_of_none(rule: Rule) -> Rule:
    """Return a rule that treats no examples as one of zeros, of whose results nothing is kept.

    It is for rules that join dimensions, whose sizes cannot be told from that of an empty whole.
    """

    @wraps(rule)
    def safe(size: int, flags: Sequence[bool], *values: Any, **meta: Any) -> Any:
        if size:
            return rule(size, flags, *values, **meta)
        ones = [v.new_zeros((1, *v.shape[1:])) if f else v for v, f in zip(values, flags, strict=True)]
        results = rule(1, flags, *ones, **meta)
        return tuple([y[:0] for y in results]) if isinstance(results, tuple) else results[:0]

    return safe


def spaced(value: Any, count: int) -> Any:
    """Return examples with ``count`` dims of length 1 after the first.  Shape: (B, *) -> (B, 1, ..., 1, *)."""
    return value.reshape((value.shape[0], *(1,) * count, *value.shape[1:])) if count else value


def whole(size: int, value: Any, flag: bool) -> Any:
    """Return a value with the dimension of examples: a shared one is repeated, without a copy."""
    return value if flag or value is None else value.expand((size, *value.shape))


def joined(value: Any) -> Any:
    """Return examples and the dimension after them as one.  Shape: (B, n, *) -> (B * n, *)."""
    return value.reshape((value.shape[0] * value.shape[1], *value.shape[2:]))


def parted(value: Any, size: int) -> Any:
    """Return the inverse of ``joined``.  Shape: (B * n, *) -> (B, n, *)."""
    return value.reshape((size, value.shape[0] // size if size else 0, *value.shape[1:]))
