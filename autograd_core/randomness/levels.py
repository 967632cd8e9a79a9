"""Random draws inside transforms: whether the examples of a ``vmap`` get numbers of their own, the same, or none.

A draw passes through the running transforms from the innermost out, and gains a dimension of examples at each
``vmap`` that asks for different ones; it is made once, outside them all.  A trace notes it: see ``ops.random``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from autograd_core.backend.device import as_device
from autograd_core.engine.lifted import LEVELS, Level, Lifted
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.ops.random import sampled
from autograd_core.randomness.generators import Generator, stream_of

__all__ = ["drawn"]


def drawn(
    of: str, generator: Generator | None, parameters: Sequence[Tensor] = (), *, size: tuple[int, ...] = (),
    dtype: Any, numbers: Sequence[float] = (), device: Any = None,
) -> Tensor:  # fmt: skip
    """Return what is drawn as the running transforms want it: see ``ops.random.draw``.  Nothing is differentiated."""
    meta = {"of": of, "size": tuple(size), "dtype": dtype, "numbers": tuple(numbers), "device": as_device(device)}
    return _drawn(generator, parameters, meta)


def _drawn(generator: Generator | None, parameters: Sequence[Tensor], meta: Mapping[str, Any]) -> Tensor:
    levels = LEVELS.get()
    if not levels:
        arrays = [p._array for p in parameters]
        return wrap(sampled(stream=stream_of(generator), parameters=arrays, **meta))
    if levels[-1].adopts:
        return levels[-1].drawn(generator, parameters, meta)
    with _outside() as level:
        values, differ = _values(level, parameters)
        if not _differ(level):
            if any(differ):
                level.refuse("randomness='same' for a draw whose parameters differ between the examples")
            return _drawn(generator, values, meta)
        from autograd_core.transforms.batching import batched  # a level is running: it is loaded

        size: int = level.size  # type: ignore[attr-defined]
        wide = [_wide(v, size, d, parameters) for v, d in zip(values, differ, strict=True)]
        shape = meta["size"] if parameters else (size, *meta["size"])
        return batched(level, _drawn(generator, wide, {**meta, "size": shape}))


@contextmanager
def _outside() -> Iterator[Level]:
    """Leave the innermost transform for a while."""
    levels = LEVELS.get()
    token = LEVELS.set(levels[:-1])
    try:
        yield levels[-1]
    finally:
        LEVELS.reset(token)


def _differ(level: Level) -> bool:
    """Whether a transform wants numbers of their own for its examples.  Raises: GraphError where it wants none."""
    if getattr(level, "randomness", "") == "different":
        return True
    level.draws()
    return False


def _values(level: Level, parameters: Sequence[Tensor]) -> tuple[list[Tensor], list[bool]]:
    """Return what parameters stand for at a level, without tangents, and which differ between examples."""
    own = [p if isinstance(p, Lifted) and p.level is level else None for p in parameters]
    values = [p if o is None else o.held()[0] for p, o in zip(parameters, own, strict=True)]
    return values, [o is not None and not getattr(o, "shared", True) for o in own]


def _wide(value: Tensor, size: int, differs: bool, parameters: Sequence[Tensor]) -> Tensor:
    """Return a parameter with the dimension of examples first, so shaped that it broadcasts as one example's does."""
    most = max(p._array.ndim for p in parameters)
    shape = value._array.shape[differs:]
    inner = (1,) * (most - len(shape)) + shape
    if differs:
        return value.reshape(size, *inner)
    return value.reshape(1, *inner).expand(size, *inner)
