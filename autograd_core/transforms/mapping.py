"""``vmap``: a function of one example becomes one of many, computed together."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import autograd_core.composites.joining as joining
from autograd_core.composites.shaping import expand, movedim
from autograd_core.engine.lifted import running
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError, GraphError, ShapeError
from autograd_core.transforms.batching import Batched, Batching, batched
from autograd_core.transforms.trees import flatten, spread_over

__all__ = ["vmap"]

Dims = Any  # int, None, or a nest of them


def vmap(
    func: Callable[..., Any], in_dims: Dims = 0, out_dims: Dims = 0, randomness: str = "error", *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:  # fmt: skip
    """Return a function that applies ``func`` to every example along a dimension of its arguments.

    Each operation inside is computed for all examples at once, by its batch rule; there is no loop.

    Args:
        func: takes and returns tensors, or nests of dicts, lists and tuples of tensors.
        in_dims: which dimension of each argument counts the examples; None: the argument is the same for all.  An int
            for all arguments, or a tuple of one per argument, each an int, None or a nest of the argument's form.
        out_dims: where that dimension is to stand in the results; likewise.
        randomness: whether random numbers drawn inside are 'different' for the examples, the 'same', or an 'error'.
        chunk_size: how many examples are computed at a time, to save memory; None: all.

    Raises: ValueError where sizes or structures do not fit; GraphError, a RuntimeError, for what cannot be batched:
        values that decide what is done next (``.item()``, ``if x > 0``), writes in place.
    """
    if randomness not in ("error", "same", "different"):
        raise ShapeError(f"vmap: randomness is {randomness!r}; wanted 'error', 'different' or 'same'")
    if chunk_size is not None and chunk_size < 1:
        raise ShapeError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @wraps(func)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        given = (args, kwargs)
        leaves, build = flatten(given)
        dims = _in_dims(in_dims, args, kwargs)
        size = _size(leaves, dims)
        if chunk_size is None or chunk_size >= size:
            return _mapped(func, leaves, dims, build, size, out_dims, randomness)
        parts = []
        for start in range(0, size, chunk_size):
            stop = min(size, start + chunk_size)
            cut = [x if d is None else _narrowed(x, d, start, stop) for x, d in zip(leaves, dims, strict=True)]
            parts.append(_mapped(func, cut, dims, build, stop - start, out_dims, randomness))
        return _joined(parts, out_dims)

    return mapped


def _in_dims(in_dims: Dims, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    """Return the dimension of each leaf of the arguments, None where it is shared."""
    if not isinstance(in_dims, int | tuple | list):
        raise ShapeError(f"vmap: in_dims is {in_dims!r}; expected int or a (potentially nested) tuple of ints and None")
    if not args and not kwargs:
        raise ShapeError("vmap: Came across no inputs; wanted at least one Tensor to map over")
    try:
        dims = spread_over(in_dims if isinstance(in_dims, int) else tuple(in_dims), args, "vmap: in_dims")
    except ValueError as error:
        raise ShapeError(str(error)) from None
    return dims + [0] * len(flatten(kwargs)[0])


def _size(leaves: list[Any], dims: list[Any]) -> int:
    """Check the dimensions, make them non-negative in place, and return how many examples there are."""
    sizes = {}
    for i, (x, d) in enumerate(zip(leaves, dims, strict=True)):
        if d is None:
            continue
        if not isinstance(d, int) or isinstance(d, bool):
            raise ShapeError(f"vmap: in_dims: got {d!r} for input {i}; wanted an int or None")
        if not isinstance(x, Tensor):
            raise ShapeError(
                f"vmap: Got in_dim={d} for input {i}, but the input is of type {type(x).__name__}; wanted a Tensor, or "
                "None in in_dims"
            )
        n = x._array.ndim
        if not -n <= d < n:
            raise ShapeError(
                f"vmap: Got in_dim={d} for input {i} of dimensionality {n}, so expected in_dim to satisfy "
                f"-{n} <= in_dim < {n}"
            )
        dims[i] = d % n
        sizes[i] = x._array.shape[d]
    if not sizes:
        raise ShapeError("vmap: at least one Tensor needs a dimension to map over; all in_dims are None")
    if len(set(sizes.values())) > 1:
        raise ShapeError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{list(sizes.values())}"
        )
    return int(next(iter(sizes.values())))


def _mapped(
    func: Callable[..., Any], leaves: list[Any], dims: list[Any], build: Any, size: int, out_dims: Dims, randomness: str
) -> Any:
    level = Batching(size, randomness)
    with running(level):
        moved = [x if not d else movedim(x, d, 0) for x, d in zip(leaves, dims, strict=True)]
        lifted = [x if d is None else batched(level, x) for x, d in zip(moved, dims, strict=True)]
        args, kwargs = build(lifted)
        ys, build_result = flatten(func(*args, **kwargs))
        values = [_value(level, y) for y in ys]
    places = _out_dims(out_dims, build_result(values), len(values))
    return build_result([_placed(level, v, d) for v, d in zip(values, places, strict=True)])


def _value(level: Batching, y: Any) -> Any:
    if not isinstance(y, Tensor):
        raise DTypeError(f"vmap: the function must only return Tensors, got type {type(y).__name__}")
    if isinstance(y, Batched) and y.level is level:
        return y.value if not y.shared else _Shared(y.value)
    return _Shared(y)


class _Shared:
    """A result that is the same for all examples."""

    def __init__(self, value: Tensor) -> None:
        self.value = value


def _out_dims(out_dims: Dims, result: Any, count: int) -> list[Any]:
    try:
        return spread_over(out_dims, result, "vmap: out_dims")
    except ValueError as error:
        if isinstance(out_dims, tuple | list) and len(out_dims) == count == 1:
            return list(out_dims)
        raise ShapeError(str(error)) from None


def _placed(level: Batching, value: Any, d: Any) -> Tensor:
    if d is None:
        if isinstance(value, _Shared):
            return value.value
        raise GraphError("vmap: an output differs between the examples, and its out_dims is None; wanted an int")
    if isinstance(value, _Shared):
        value = expand(value.value, (level.size, *value.value._array.shape))
    n = value._array.ndim
    if not isinstance(d, int) or not -n <= d < n:
        raise ShapeError(f"vmap: out_dims is {d!r} for an output of dimensionality {n}; wanted -{n} to {n - 1}")
    return value if d % n == 0 else movedim(value, 0, d)


def _narrowed(x: Tensor, d: int, start: int, stop: int) -> Tensor:
    return x.narrow(d, start, stop - start)


def _joined(parts: list[Any], out_dims: Dims) -> Any:
    """Return the results of several groups of examples as those of all."""
    columns = [flatten(part)[0] for part in parts]
    build = flatten(parts[0])[1]
    places = _out_dims(out_dims, parts[0], len(columns[0]))
    groups = zip(zip(*columns, strict=True), places, strict=True)
    return build([group[0] if d is None else joining.cat(list(group), d) for group, d in groups])
