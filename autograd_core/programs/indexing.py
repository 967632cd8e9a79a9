"""The shape of ``x[key]`` from the shape of ``x``, by NumPy's rules, and the primitives that have an index."""

from __future__ import annotations

from typing import Any

from autograd_core.errors import IndexRangeError, ShapeError
from autograd_core.programs.ir import Shape, Variable
from autograd_core.programs.shape_rules import RULES, axis, broadcast, checked, need, rule

ANY = -1  # the length of a dim that a mask makes: its values decide


def indexed(shape: Shape, key: tuple[Any, ...]) -> Shape:
    """Return the shape of ``x[key]`` for an ``x`` of ``shape``.

    Raises: ShapeError, IndexRangeError where the key does not fit.
    """
    parts, position = _expanded(shape, key), 0
    arrays: list[Shape] = []
    out: list[int] = []
    first, gaps = 0, 0  # where the arrays' common dims go, and how many runs of arrays there are
    touching = False
    advanced = any(isinstance(p, Variable) for p in parts)
    for part in parts:
        taken = _taken(part)
        if isinstance(part, Variable) or (advanced and type(part) is int):
            gaps += not touching
            first = first if arrays else len(out)
            arrays.append(_array_shape(shape, position, part))
            touching = True
        else:
            out += _sliced(shape, position, part)
            touching = False
        position += taken
    if not advanced:
        return tuple(out)
    first = first if gaps == 1 else 0  # arrays apart: NumPy puts their dims in front
    return (*out[:first], *_common(arrays), *out[first:])


def _taken(part: Any) -> int:
    """Return how many dims of the tensor a part of the key uses up."""
    if isinstance(part, Variable) and part.dtype.category == 0:
        return len(part.shape)
    return 0 if part is None else 1


def _expanded(shape: Shape, key: Any) -> list[Any]:
    """Return the key with slices for its Ellipsis and for the dims that it does not name."""
    if not isinstance(key, tuple):
        raise ShapeError(f"key is {key!r}; wanted an index in brackets")
    rest = len(shape) - sum(_taken(p) for p in key if p is not Ellipsis)
    dots = sum(p is Ellipsis for p in key)
    if rest < 0 or dots > 1:
        raise ShapeError(f"the key has {dots} ellipses and {len(shape) - rest} indices for {len(shape)} dims")
    parts = [[slice(None)] * rest if p is Ellipsis else [p] for p in (key if dots else (*key, Ellipsis))]
    return [p for group in parts for p in group]


def _array_shape(shape: Shape, position: int, part: Any) -> Shape:
    if type(part) is int:
        _check_range(part, shape[position])
        return ()
    if part.dtype.category == 0:
        found = shape[position : position + len(part.shape)]
        if part.shape != found:
            raise ShapeError(f"the mask {part.name} has shape {part.shape}; it stands for dims of {found}")
        return (ANY,)
    if part.dtype.category != 1:
        raise ShapeError(f"the index {part.name} has dtype {part.dtype}; wanted integers or bools")
    return tuple(part.shape)


def _sliced(shape: Shape, position: int, part: Any) -> list[int]:
    if part is None:
        return [1]
    if type(part) is slice:
        return [len(range(*part.indices(shape[position])))]
    if type(part) is not int:
        raise ShapeError(f"{part!r} is no index; wanted ints, slices, None, ..., and tensors")
    _check_range(part, shape[position])
    return []


def _check_range(index: int, length: int) -> None:
    if not -length <= index < length:
        raise IndexRangeError(f"index {index} is out of range for a dim of {length}")


def _common(shapes: list[Shape]) -> Shape:
    """Return what index arrays broadcast to; a mask's length may turn out to be 1, and then gives way."""
    out: list[int] = []
    for i in range(-max(map(len, shapes)), 0):
        lengths = {s[i] for s in shapes if len(s) >= -i} - {1}
        known = lengths - {ANY}
        if len(known) > 1:
            raise ShapeError(f"the index arrays of shapes {', '.join(map(str, shapes))} do not broadcast")
        out.append(known.pop() if known else ANY if lengths else 1)
    return tuple(out)


# ---- rules of the primitives with an index ----


@rule("getitem")
def _read(x: Shape, *, key: Any) -> Shape:
    return indexed(x, key)


@rule("put_zeros")
def _put(v: Shape, *, shape: Shape, key: Any) -> Shape:
    found = indexed(checked(shape), key)
    need(len(found) == len(v) and all(n in (m, -1) for n, m in zip(found, v, strict=True)), f"{v} is put at {found}")
    return shape


@rule("setitem")
def _set(x: Shape, v: Shape, *, key: Any) -> Shape:
    found = indexed(x, key)
    need(-1 in found or broadcast(found, v) == found, f"{v} does not broadcast to {found}")
    return x


@rule("replace_view")
def _replaced(x: Shape, v: Shape, *, view: Any, meta: Any) -> Shape:
    need(view.view, f"{view.name} makes no view")
    found = RULES[view.name](x, **view.meta | meta)
    need(broadcast(found, v) == found, f"{v} does not broadcast to {found}")
    return x


def _within(small: Shape, wide: Shape, dim: int) -> None:
    d = axis(wide, dim) if wide else 0
    fits = len(small) == len(wide) and all(n <= m or i == d for i, (n, m) in enumerate(zip(small, wide, strict=True)))
    need(fits, f"index has shape {small}, which does not lie in {wide} beside dim {dim}")


@rule("gather")
def _gathered(x: Shape, index: Shape, *, dim: int) -> Shape:
    need(x, "wanted at least one dim")
    _within(index, x, dim)
    return index


@rule("scatter_zeros")
def _scattered(src: Shape, index: Shape, *, shape: Shape, dim: int) -> Shape:
    need(shape, "wanted at least one dim")
    _within(index, checked(shape), dim)
    need(len(src) == len(index) and all(n <= m for n, m in zip(index, src, strict=True)), f"{index} exceeds {src}")
    return shape


@rule("scatter_extreme")
def _contended(x: Shape, src: Shape, index: Shape, *, dim: int, largest: bool) -> Shape:
    return _scattered(src, index, shape=x, dim=dim)


@rule("minus_one_hot")
def _less(p: Shape, target: Shape) -> Shape:
    need(len(p) == 2 and target == p[:1], f"{p} and target {target}; wanted (N, C) and (N,)")
    return p


@rule("cross_entropy")
def _entropy(x: Shape, target: Shape, *, ignore_index: int, average: bool) -> Shape:
    _less(x, target)
    return () if average else target
