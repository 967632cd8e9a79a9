"""Shape operations, joining, splitting, products and gathering on any shape, dtype and strides, bad arguments too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.fuzz import ALL, COMPLEX, FLOATS, FULL, NUMBERS, REAL, arrays, check, explore

Draw = Callable[..., Any]
Call = tuple[list[Any], dict[str, Any]]
ANY = st.integers(-5, 5)
SMALL = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


def dim(draw: Draw, x: Any) -> int:
    """Draw a dimension, now and then one that is not there."""
    n = max(1, x.ndim)
    return draw(ANY if not draw(st.integers(0, 7)) else st.integers(-n, n - 1))


def fitting_shape(draw: Draw, x: Any) -> list[int]:
    """Draw a shape of as many elements, mostly."""
    left, shape = int(np.prod(x.shape)), []
    for _ in range(draw(st.integers(0, 3))):
        shape.append(draw(st.sampled_from([n for n in range(1, left + 1) if left % n == 0] or [0, 1, 2])))
        left = left // shape[-1] if shape[-1] else left
    shape.append(left)
    if draw(st.booleans()):
        shape[draw(st.integers(0, len(shape) - 1))] = -1
    return shape + ([draw(st.integers(-2, 3))] if not draw(st.integers(0, 9)) else [])


def wider_shape(draw: Draw, x: Any) -> tuple[int, ...]:
    front = [draw(st.integers(0, 3)) for _ in range(draw(st.integers(0, 2)))]
    return tuple(front + [draw(st.sampled_from([n, -1, 3 if n == 1 else n])) for n in x.shape])


def order(draw: Draw, x: Any) -> tuple[int, ...]:
    return tuple(draw(st.permutations(range(x.ndim)) if draw(st.integers(0, 6)) else st.lists(ANY, max_size=4)))


def ints(low: int = -5, high: int = 5, least: int = 0, most: int = 4) -> Any:
    return st.lists(st.integers(low, high), min_size=least, max_size=most)


# name -> the arguments after the tensor, and the options
SHAPES: dict[str, Callable[[Draw, Any], Call]] = {
    "reshape": lambda draw, x: ([fitting_shape(draw, x)], {}),
    "Tensor.view": lambda draw, x: ([fitting_shape(draw, x)], {}),
    "flatten": lambda draw, x: ([dim(draw, x), dim(draw, x)], {}),
    "ravel": lambda draw, x: ([], {}),
    "unflatten": lambda draw, x: ([dim(draw, x), tuple(draw(ints(-1, 4, 1, 3)))], {}),
    "permute": lambda draw, x: ([order(draw, x)], {}),
    "transpose": lambda draw, x: ([dim(draw, x), dim(draw, x)], {}),
    "t": lambda draw, x: ([], {}),
    "adjoint": lambda draw, x: ([], {}),
    "movedim": lambda draw, x: ([dim(draw, x), dim(draw, x)], {}),
    "squeeze": lambda draw, x: (draw(st.sampled_from([[], [dim(draw, x)], [tuple(draw(ints(most=3)))]])), {}),
    "unsqueeze": lambda draw, x: ([draw(ANY)], {}),
    "Tensor.expand": lambda draw, x: ([wider_shape(draw, x)], {}),
    "broadcast_to": lambda draw, x: ([wider_shape(draw, x)], {}),
    "tile": lambda draw, x: ([tuple(draw(ints(0, 3)))], {}),
    "Tensor.repeat": lambda draw, x: (draw(ints(0, 3, 1)), {}),
    "flip": lambda draw, x: ([tuple(draw(ints(most=3)))], {}),
    "fliplr": lambda draw, x: ([], {}),
    "flipud": lambda draw, x: ([], {}),
    "rot90": lambda draw, x: ([], {"k": draw(ANY), "dims": (draw(ANY), draw(ANY))}),
    "atleast_1d": lambda draw, x: ([], {}),
    "atleast_2d": lambda draw, x: ([], {}),
    "atleast_3d": lambda draw, x: ([], {}),
    "tril": lambda draw, x: ([draw(ANY)], {}),
    "triu": lambda draw, x: ([draw(ANY)], {}),
    "diag": lambda draw, x: ([draw(ANY)], {}),
    "diagflat": lambda draw, x: ([draw(ANY)], {}),
    "trace": lambda draw, x: ([], {}),
    "diagonal": lambda draw, x: ([draw(ANY), dim(draw, x), dim(draw, x)], {}),
    "diag_embed": lambda draw, x: ([draw(ANY), draw(ANY), draw(ANY)], {}),
    "narrow": lambda draw, x: ([dim(draw, x), draw(ANY), draw(ANY)], {}),
    "select": lambda draw, x: ([dim(draw, x), draw(ANY)], {}),
    "chunk": lambda draw, x: ([draw(st.integers(0, 5)), dim(draw, x)], {}),
    "split": lambda draw, x: ([draw(st.one_of(st.integers(-1, 5), ints(-1, 4))), dim(draw, x)], {}),
    "tensor_split": lambda draw, x: ([draw(st.one_of(st.integers(-1, 5), ints()))], {"dim": dim(draw, x)}),
    "unbind": lambda draw, x: ([dim(draw, x)], {}),
    "hsplit": lambda draw, x: ([draw(st.one_of(st.integers(-1, 5), ints(most=3)))], {}),
    "vsplit": lambda draw, x: ([draw(st.one_of(st.integers(-1, 5), ints(most=3)))], {}),
    "dsplit": lambda draw, x: ([draw(st.one_of(st.integers(-1, 5), ints(most=3)))], {}),
    "Tensor.unfold": lambda draw, x: ([dim(draw, x), draw(st.integers(-1, 4)), draw(st.integers(-1, 3))], {}),
    "swapaxes": lambda draw, x: ([dim(draw, x), dim(draw, x)], {}),
    "nn.functional.pad": lambda draw, x: ([draw(ints(-2, 3, 0, 5))], {}),
    "take": lambda draw, x: ([np.array(draw(ints()), "int64")], {}),
    "index_select": lambda draw, x: ([dim(draw, x), np.array(draw(ints(0, 3)), "int64")], {}),
    "nonzero": lambda draw, x: ([], {}),
    "argwhere": lambda draw, x: ([], {}),
    "combinations": lambda draw, x: ([draw(st.integers(0, 3)), draw(st.booleans())], {}),
    "view_as_real": lambda draw, x: ([], {}),
    "masked_fill": lambda draw, x: ([draw(arrays(x.shape, ("bool",))), draw(st.sampled_from([0, 1, True]))], {}),
    "masked_select": lambda draw, x: ([draw(arrays(x.shape, ("bool",)))], {}),
}
# of no elements PyTorch does not look at the dims of some
OF_SOME: dict[str, Callable[[Draw, Any], Call]] = {
    "roll": lambda draw, x: ([draw(ANY), draw(st.one_of(st.none(), ANY))], {}),
    "repeat_interleave": lambda draw, x: ([draw(st.integers(-1, 3)), draw(st.one_of(st.none(), ANY))], {}),
    "Tensor.sum_to_size": lambda draw, x: ([draw(st.sampled_from([n, 1])) for n in x.shape], {}),
}


@st.composite
def calls(draw: Draw, name: str) -> Call:
    x = draw(arrays() if name in SHAPES else arrays(FULL))
    args, options = (SHAPES | OF_SOME)[name](draw, x)
    return [x, *args], options


@pytest.mark.parametrize("name", [*SHAPES, *OF_SOME])
def test_shapes(name: str) -> None:
    explore(name, calls(name), lambda call: check(name, *call[0], strides=name == "Tensor.view", **call[1]))


def lists(shape: Any, dtypes: tuple[str, ...] = ALL, least: int = 0) -> Any:
    return st.lists(arrays(shape, dtypes, special=False), min_size=least, max_size=3)


alike = SMALL.flatmap(lists)  # of one shape
either = st.one_of(alike, lists(SMALL))


@pytest.mark.parametrize("name", ["cat", "stack", "hstack", "vstack", "dstack", "column_stack"])
def test_joining(name: str) -> None:
    of_some = st.one_of(FULL.flatmap(lists), lists(FULL))
    options = st.fixed_dictionaries({"dim": ANY} if name in ("cat", "stack") else {})
    parts = of_some if name == "cat" else alike if name == "stack" else either
    explore(name, st.tuples(parts, options), lambda call: check(name, call[0], **call[1]))


@pytest.mark.parametrize("name", ["block_diag", "broadcast_tensors", "meshgrid", "atleast_2d", "cartesian_prod"])
def test_of_several(name: str) -> None:
    options = {"indexing": st.sampled_from(["ij", "xy"])} if name == "meshgrid" else {}
    parts = lists(SMALL, ("float32",), 1) if name == "cartesian_prod" else lists(SMALL, least=1)
    explore(name, st.tuples(parts, st.fixed_dictionaries(options)), lambda call: check(name, *call[0], **call[1]))


# ---- products ----


@st.composite
def matrices(draw: Draw, dtypes: tuple[str, ...] = ALL) -> list[Any]:
    """Draw two arrays of one dtype that can be multiplied, mostly: matrices, batches of them, vectors."""
    kind = (draw(st.sampled_from(dtypes)),)
    n, k, m = (draw(st.integers(0, 3)) for _ in range(3))
    batch = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3, min_side=0)).input_shapes
    a, b = (*batch[0], n, k), (*batch[1], k, m)
    a, b = draw(st.sampled_from([(a, b), (a, b), ((n, k), (k, m)), ((k,), b), (a, (k,)), ((k,), (k,)), (a, (*b, 2))]))
    return [draw(arrays(shape, kind, special=False)) for shape in (a, b)]


PRODUCTS = ["matmul", "mm", "bmm", "mv", "dot", "vdot", "inner", "outer", "linalg.vecdot"]


@pytest.mark.parametrize("name", PRODUCTS)
def test_products(name: str) -> None:
    explore(name, matrices(), lambda pair: check(name, *pair))


@pytest.mark.parametrize(("equation", "dims"), [("...ij,...jk->...ik", None), ("ij,jk", None), (None, 1), (None, 2)])
def test_sums_of_products(equation: str | None, dims: int | None) -> None:
    if equation is not None:
        explore(equation, matrices(FLOATS), lambda pair: check("einsum", equation, *pair))
    else:
        explore(f"tensordot{dims}", matrices(NUMBERS), lambda pair: check("tensordot", *pair, dims=dims))


@st.composite
def sums(draw: Draw) -> Call:
    a, b = draw(matrices(NUMBERS + COMPLEX))
    n, m = a.shape[-2:-1], b.shape[-1:] if b.ndim > 1 else ()
    shapes = [(*n, *m), m, (), (1, *m), (2, *n, *m)]
    shape = draw(st.sampled_from(shapes if a.size else shapes[:1]))
    scales = draw(st.sampled_from([{}, {"beta": 2, "alpha": 3}, {"beta": 0}]))
    return [draw(arrays(shape, (str(a.dtype),), special=False)), a, b], scales


@pytest.mark.parametrize("name", ["addmm", "addmv", "addr", "baddbmm", "addbmm"])
def test_sums_with_products(name: str) -> None:
    explore(name, sums(), lambda call: check(name, *call[0], **call[1]))


# ---- along an index ----


@st.composite
def indexed(draw: Draw, dtypes: tuple[str, ...] = ALL) -> list[Any]:
    """Draw an array, a dimension of it, an index of no larger a shape, and a source of the index's shape."""
    x = draw(arrays(dtypes=dtypes, special=False))
    shape = tuple(draw(st.integers(0, n)) for n in x.shape)
    index = np.random.default_rng(draw(st.integers(0, 99))).integers(0, max(1, min(x.shape, default=1)), shape)
    n = max(1, x.ndim)
    return [x, draw(st.integers(-n, n - 1)), index, draw(arrays(shape, (str(x.dtype),), special=False))]


@pytest.mark.parametrize("name", ["gather", "scatter_add", "take_along_dim"])
def test_along_an_index(name: str) -> None:
    def run(given: list[Any]) -> None:
        x, d, index, source = given
        if name != "take_along_dim":
            check(name, x, d, index, *([source] if name == "scatter_add" else []))
        elif x.ndim:
            check(name, x, index, d)

    explore(name, indexed(), run)


@pytest.mark.parametrize("reduce", ["sum", "prod", "mean", "amax", "amin"])
@pytest.mark.parametrize("include_self", [True, False])
def test_scatter_reduce(reduce: str, include_self: bool) -> None:
    def run(given: list[Any]) -> None:
        x, *rest = given
        apart = x if include_self else np.full_like(x, 99)  # with what is left out PyTorch shares the gradient of ties
        check("scatter_reduce", apart, *rest, reduce=reduce, include_self=include_self)

    explore(f"{reduce}{include_self}", indexed(NUMBERS), run)


@pytest.mark.parametrize("right", [False, True])
def test_searching(right: bool) -> None:
    pair = st.sampled_from(NUMBERS).flatmap(lambda kind: st.tuples(arrays(SMALL, (kind,)), arrays(SMALL, (kind,))))
    lines = pair.map(lambda p: [np.sort(p[0]) if p[0].ndim else p[0], p[1]])
    explore("searchsorted", lines, lambda p: check("searchsorted", *p, right=right))
    edges = np.array([-1.0, 0.0, 2.0])
    explore("bucketize", arrays(dtypes=REAL), lambda x: check("bucketize", x, edges.astype(x.dtype), right=right))
