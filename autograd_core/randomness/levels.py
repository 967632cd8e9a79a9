"""Random draws inside transforms: whether the examples of a ``vmap`` get numbers of their own, the same, or none.

A draw passes through the running transforms from the innermost out, and gains a dimension of examples at each
``vmap`` that asks for different ones; it is made once, outside them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from autograd_core.engine.lifted import LEVELS, Level, Lifted
from autograd_core.engine.tensor import Tensor

__all__ = ["drawn", "drawn_by"]


def _differ(level: Level) -> bool:
    """Whether a transform wants numbers of their own for its examples.  Raises: GraphError where it wants none."""
    if getattr(level, "randomness", "") == "different":
        return True
    level.draws()
    return False


@contextmanager
def _outside() -> Iterator[Level]:
    """Leave the innermost transform for a while."""
    levels = LEVELS.get()
    token = LEVELS.set(levels[:-1])
    try:
        yield levels[-1]
    finally:
        LEVELS.reset(token)


def drawn(draw: Callable[[tuple[int, ...]], Tensor], shape: tuple[int, ...]) -> Tensor:
    """Return ``draw(shape)`` as the running transforms want it."""
    if not LEVELS.get():
        return draw(shape)
    with _outside() as level:
        if not _differ(level):
            return drawn(draw, shape)
        return _as_examples(level, drawn(draw, (level.size, *shape)))  # type: ignore[attr-defined]


def drawn_by(draw: Callable[..., Any], *parameters: Tensor) -> Any:
    """Return ``draw(*parameters)``, a tensor or a tuple of tensors, as the running transforms want it.

    ``draw`` treats leading dimensions of the parameters alike.  Nothing is differentiated.
    """
    if not LEVELS.get():
        return draw(*parameters)
    with _outside() as level:
        values, differ = _values(level, parameters)
        if not _differ(level):
            if any(differ):
                level.refuse("randomness='same' for a draw whose parameters differ between the examples")
            return drawn_by(draw, *values)
        size = level.size  # type: ignore[attr-defined]
        wide = [_wide(v, size, d, parameters) for v, d in zip(values, differ, strict=True)]
        found = drawn_by(draw, *wide)
        if isinstance(found, tuple):
            return tuple([_as_examples(level, y) for y in found])
        return _as_examples(level, found)


def _as_examples(level: Level, value: Tensor) -> Tensor:
    from autograd_core.transforms.batching import batched  # a level is running: it is loaded

    return batched(level, value)


def _values(level: Level, parameters: tuple[Tensor, ...]) -> tuple[list[Tensor], list[bool]]:
    """Return what parameters stand for at a level, without tangents, and which differ between examples."""
    own = [p if isinstance(p, Lifted) and p.level is level else None for p in parameters]
    values = [p if o is None else o.held()[0] for p, o in zip(parameters, own, strict=True)]
    return values, [o is not None and not getattr(o, "shared", True) for o in own]


def _wide(value: Tensor, size: int, differs: bool, parameters: tuple[Tensor, ...]) -> Tensor:
    """Return a parameter with the dimension of examples first, so shaped that it broadcasts as one example's does."""
    most = max(p._array.ndim for p in parameters)
    shape = value._array.shape[differs:]
    inner = (1,) * (most - len(shape)) + shape
    if differs:
        return value.reshape(size, *inner)
    return value.reshape(1, *inner).expand(size, *inner)
