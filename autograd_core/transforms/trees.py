"""Nested dicts, lists and tuples of tensors, taken apart and put together again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

__all__ = ["Build", "flatten", "leaves_of", "map_leaves", "spread_over"]

Build = Callable[[Iterable[Any]], Any]  # leaves, in order -> a tree of the same form


def flatten(tree: Any) -> tuple[list[Any], Build]:
    """Return the leaves of a tree, and what puts as many other leaves into its form.

    Inner nodes are dicts (by insertion), lists, tuples and named tuples; anything else, None too, is a leaf.
    """
    leaves: list[Any] = []
    form = _form(tree, leaves)
    return leaves, lambda given: _built(form, iter(given))


def leaves_of(tree: Any) -> list[Any]:
    """Return the leaves of a tree."""
    return flatten(tree)[0]


def map_leaves(function: Callable[..., Any], tree: Any, *rest: Any) -> Any:
    """Return the tree of ``function`` of the leaves, of several trees of one form at the same place."""
    leaves, build = flatten(tree)
    others = [leaves_of(other) for other in rest]
    return build([function(*group) for group in zip(leaves, *others, strict=True)])


def spread_over(prefix: Any, tree: Any, what: str) -> list[Any]:
    """Return for each leaf of ``tree`` the leaf of ``prefix`` at or above its place.

    Raises: ValueError where the forms differ.
    """
    if isinstance(tree, dict | list | tuple):
        if not isinstance(prefix, dict | list | tuple):
            return [prefix] * len(leaves_of(tree))
        pairs = _pairs(prefix, tree, what)
        return [leaf for p, t in pairs for leaf in spread_over(p, t, what)]
    if isinstance(prefix, dict | list | tuple):
        raise ValueError(f"{what}: its structure {prefix!r} goes deeper than that of the value, {type(tree).__name__}")
    return [prefix]


def _pairs(prefix: Any, tree: Any, what: str) -> list[tuple[Any, Any]]:
    alike = isinstance(prefix, dict) == isinstance(tree, dict) and len(prefix) == len(tree)
    if alike and isinstance(tree, dict):
        alike = prefix.keys() == tree.keys()
    if not alike:
        raise ValueError(
            f"{what}: its structure is not compatible with that of the value: {prefix!r}, and a {_sketch(tree)}"
        )
    if isinstance(tree, dict):
        return [(prefix[k], v) for k, v in tree.items()]
    return list(zip(prefix, tree, strict=True))


def _sketch(tree: Any) -> str:
    keys = f" with keys {list(tree)}" if isinstance(tree, dict) else ""
    return f"{type(tree).__name__} of {len(tree)}{keys}"


def _form(tree: Any, leaves: list[Any]) -> Any:
    if isinstance(tree, dict):
        kind = OrderedDict if isinstance(tree, OrderedDict) else dict
        return kind, [(key, _form(value, leaves)) for key, value in tree.items()]
    if isinstance(tree, list | tuple):
        return type(tree), [_form(value, leaves) for value in tree]
    leaves.append(tree)
    return None


def _built(form: Any, leaves: Any) -> Any:
    if form is None:
        return next(leaves)
    kind, parts = form
    if issubclass(kind, dict):
        return kind((key, _built(part, leaves)) for key, part in parts)
    return _sequence(kind, [_built(part, leaves) for part in parts])


def _sequence(kind: type, values: Sequence[Any]) -> Any:
    if hasattr(kind, "_fields"):  # a named tuple
        return kind(*values)
    return list(values) if issubclass(kind, list) else tuple(values)
