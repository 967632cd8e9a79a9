"""Jacobians and Hessians: the rows or columns of a derivative, computed together by ``vmap``."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import autograd_core.composites.joining as joining
from autograd_core.backend.device import module_of
from autograd_core.composites.shaping import movedim
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import ShapeError
from autograd_core.transforms.forward import jvp
from autograd_core.transforms.mapping import vmap
from autograd_core.transforms.reverse import ArgNums, argument_places, grad, vjp
from autograd_core.transforms.trees import Build, flatten, map_leaves

__all__ = ["hessian", "hvp", "jacfwd", "jacrev"]


def jacrev(
    func: Callable[..., Any], argnums: ArgNums = 0, *, has_aux: bool = False, chunk_size: int | None = None
) -> Callable[..., Any]:
    """Return a function that gives the Jacobian of ``func``, row by row, in reverse mode.

    Cheap where there are fewer outputs than inputs: one run of ``func``, one batched pass back.

    Args:
        func: returns a tensor, or a nest of tensors; with ``has_aux`` a pair of that and anything else.
        argnums: with respect to which arguments, each a tensor or a nest of tensors.
        has_aux: whether ``func`` returns a pair; the function then returns (Jacobian, what else came).
        chunk_size: how many rows are computed at a time, to save memory; None: all.

    Returns: a function of the same arguments.  Its result has the form of ``func``'s, each leaf in the form of the
        argument (a tuple of one per argument where ``argnums`` is a tuple).
    Shape: output (*m), argument (*n) -> (*m, *n).
    """
    _check_chunk("jacrev", chunk_size)

    @wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        chosen, given = _chosen("jacrev", func, argnums, args, kwargs)
        value, pull, *rest = vjp(given, *chosen, has_aux=has_aux)
        ys, build_result = flatten(value)
        xs, build_argument = _argument(chosen, argnums)
        rows = _columns(lambda *gs: tuple(flatten(pull(build_result(gs)))[0]), ys, chunk_size)
        parts = [_parted(x, block, ys) for x, block in zip(xs, rows, strict=True)]
        found = build_result([build_argument(row) for row in zip(*parts, strict=True)])
        return (found, *rest) if has_aux else found

    return jacobian


def jacfwd(
    func: Callable[..., Any], argnums: ArgNums = 0, has_aux: bool = False, *, randomness: str = "error",
    chunk_size: int | None = None,
) -> Callable[..., Any]:  # fmt: skip
    """Return a function that gives the Jacobian of ``func``, column by column, in forward mode.

    Cheap where there are fewer inputs than outputs; nothing is kept for a way back.

    Args:
        func: as for ``jacrev``.
        argnums: as for ``jacrev``.
        has_aux: as for ``jacrev``; what else comes is of tensors.
        randomness: what random numbers drawn inside are for the columns, as for ``vmap``.
        chunk_size: how many columns are computed at a time, to save memory; None: all.

    Returns: a function of the same arguments, whose result is that of ``jacrev``.
    Shape: output (*m), argument (*n) -> (*m, *n).
    """
    _check_chunk("jacfwd", chunk_size)

    @wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        chosen, given = _chosen("jacfwd", func, argnums, args, kwargs)
        xs, build_argument = _argument(chosen, argnums)
        arguments, build_chosen = flatten(tuple(chosen))
        build: Build | None = None

        def push(*tangents: Tensor) -> tuple[Tensor, ...]:
            nonlocal build
            _, *found = jvp(given, build_chosen(arguments), build_chosen(tangents), has_aux=has_aux)
            changes, build = flatten(tuple(found))
            return tuple(changes)

        columns = _columns(push, xs, chunk_size, randomness)
        assert build is not None  # push has run
        changes, *rest = build(columns)
        found = map_leaves(lambda y: build_argument(_turned(y, xs)), changes)
        return (found, *map_leaves(lambda v: v[0], tuple(rest))) if has_aux else found

    return jacobian


def hessian(func: Callable[..., Any], argnums: ArgNums = 0, *, chunk_size: int | None = None) -> Callable[..., Any]:
    """Return a function that gives the second derivatives of ``func``: forward over reverse, ``jacfwd(jacrev(func))``.

    Shape: output (*m), argument (*n) -> (*m, *n, *n).
    """
    return jacfwd(jacrev(func, argnums), argnums, chunk_size=chunk_size)


def hvp(func: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """Return the Hessian of a scalar function times a vector, ``H @ tangents``, without the Hessian.

    The derivative of the gradient along ``tangents``: forward over reverse, at the cost of a few gradients.

    Args:
        func: returns a tensor of one element.
        primals: a tuple of arguments, each a tensor or a nest of tensors; or one argument that is no tuple.
        tangents: as many, of the same form, shapes and dtypes.

    Returns: the product, in the form of ``primals``.
    """
    if not isinstance(primals, tuple):
        return jvp(grad(func), (primals,), (tangents,))[1]
    return jvp(grad(func, argnums=tuple(range(len(primals)))), primals, tangents)[1]


def _check_chunk(who: str, chunk_size: int | None) -> None:
    if chunk_size is not None and chunk_size < 1:
        raise ShapeError(f"{who}: chunk_size should be None or greater than 0. (got {chunk_size})")


def _chosen(
    who: str, func: Callable[..., Any], argnums: ArgNums, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[list[Any], Callable[..., Any]]:
    """Return the arguments to differentiate by, and ``func`` as a function of them."""
    places = argument_places(who, argnums, len(args))

    def given(*chosen: Any) -> Any:
        full = list(args)
        for place, value in zip(places, chosen, strict=True):
            full[place] = value
        return func(*full, **kwargs)

    return [args[place] for place in places], given


def _argument(chosen: list[Any], argnums: ArgNums) -> tuple[list[Tensor], Build]:
    """Return the leaves of what is differentiated by, and what puts as many others into its form."""
    return flatten(chosen[0] if isinstance(argnums, int) else tuple(chosen))


def _columns(
    function: Callable[..., Any], along: Sequence[Tensor], chunk_size: int | None, randomness: str = "error"
) -> list[Tensor]:
    """Return a linear function's values at each unit vector of the space of ``along``.  Shape: leaf (*m) -> (N, *m)."""
    total = sum(math.prod(x._array.shape) for x in along)
    step = chunk_size or max(total, 1)
    mapped = vmap(function, randomness=randomness)
    parts = [mapped(*_units(along, start, min(start + step, total))) for start in range(0, max(total, 1), step)]
    return [group[0] if len(group) == 1 else joining.cat(list(group)) for group in zip(*parts, strict=True)]


def _units(along: Sequence[Tensor], start: int, stop: int) -> list[Tensor]:
    """Return unit vectors ``start`` to ``stop`` of the space of all tensors ``along``.  Shape: (*m) -> (k, *m)."""
    units, begin = [], 0
    for x in along:
        array, xp = x._array, module_of(x._array)
        end = begin + math.prod(array.shape)
        block = xp.zeros((stop - start, end - begin), array.dtype)
        ones = xp.arange(max(start, begin), min(stop, end))
        block[ones - start, ones - begin] = 1
        units.append(wrap(block.reshape(stop - start, *array.shape)))
        begin = end
    return units


def _parted(x: Tensor, block: Tensor, ys: Sequence[Tensor]) -> list[Tensor]:
    """Return the rows of all outputs as one Jacobian per output.  Shape: (N, *n) -> (*m, *n) each."""
    parts, begin = [], 0
    for y in ys:
        count = math.prod(y._array.shape)
        part = block if count == block._array.shape[0] else block.narrow(0, begin, count)
        parts.append(part.reshape(*y._array.shape, *x._array.shape))
        begin += count
    return parts


def _turned(columns: Tensor, xs: Sequence[Tensor]) -> list[Tensor]:
    """Return an output's columns as one Jacobian per argument.  Shape: (N, *m) -> (*m, *n) each."""
    rows, begin, found = movedim(columns, 0, -1), 0, []
    for x in xs:
        count = math.prod(x._array.shape)
        part = rows if count == rows._array.shape[-1] else rows.narrow(-1, begin, count)
        found.append(part.reshape(*rows._array.shape[:-1], *x._array.shape))
        begin += count
    return found
