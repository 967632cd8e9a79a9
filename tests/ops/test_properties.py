"""Any shape, any stride, any dtype: the values of NumPy, no crash, and inputs left alone.

``make soak`` tries thousands of examples; the usual run tries a few, the same each time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_core as ag
from autograd_core.errors import ShapeError

SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
FLOATS = st.floats(-8, 8, allow_subnormal=False, width=16)
DTYPES = st.sampled_from([np.float32, np.float64, np.int64, np.int32, np.uint8, np.bool_])


def elements(dtype: Any) -> Any:
    kind = np.dtype(dtype).kind
    return FLOATS if kind == "f" else st.booleans() if kind == "b" else st.integers(0 if kind == "u" else -8, 8)


@st.composite
def arrays(draw: Any, shape: Any = SHAPES, dtypes: Any = DTYPES) -> Any:
    """Draw an array of any dtype and strides: transposed, stepped, reversed or broadcast; read-only."""
    dtype = draw(dtypes)
    size = draw(shape) if isinstance(shape, st.SearchStrategy) else shape
    array = draw(hnp.arrays(dtype, size, elements=elements(dtype)))
    how = draw(st.integers(0, 4))
    if how == 1:
        array = np.ascontiguousarray(array.T).T
    elif how == 2 and array.ndim:
        wide = np.zeros([2 * n for n in size], dtype)
        wide[tuple(slice(None, None, 2) for _ in size)] = array
        array = wide[tuple(slice(None, None, 2) for _ in size)]
    elif how == 3 and array.ndim:
        array = array[tuple(slice(None, None, -1) for _ in size)]
    elif how == 4 and array.ndim and array.shape[0]:
        array = np.broadcast_to(array[:1], size)
    array.flags.writeable = False
    return array


def tensor(array: Any) -> ag.Tensor:
    """Share an array's memory, strides and all."""
    return ag.from_numpy(array)


def same(ours: Any, wanted: Any, dtype: Any = None) -> None:
    assert isinstance(ours, ag.Tensor) and type(ours._array) is np.ndarray
    assert tuple(ours.shape) == np.shape(wanted)
    if dtype is not None:
        assert ours.dtype is dtype
    np.testing.assert_allclose(ours.detach().numpy(), wanted, rtol=1e-4, atol=1e-4)


# ---- elementwise ----

UNARY: dict[str, Callable[..., Any]] = {
    "exp": np.exp, "sin": np.sin, "tanh": np.tanh, "abs": np.abs, "neg": np.negative, "square": np.square,
    "floor": np.floor, "atan": np.arctan, "sign": np.sign, "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "logical_not": np.logical_not, "isnan": np.isnan, "clone": np.copy,
}  # fmt: skip


@pytest.mark.parametrize("name", UNARY)
@given(x=arrays())
def test_functions_of_one(name: str, x: Any) -> None:
    assume(x.dtype != bool or name not in ("neg", "square", "sign", "relu", "abs", "floor"))
    wide = x.astype(np.float64) if x.dtype.kind != "b" or name not in ("logical_not", "clone") else x
    if x.dtype == np.uint8 and name in ("neg", "square"):
        wide = x
    same(getattr(ag, name)(tensor(x)), UNARY[name](wide))


PAIRS: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "maximum": np.maximum, "minimum": np.minimum,
    "eq": np.equal, "lt": np.less, "ge": np.greater_equal, "logical_and": np.logical_and,
    "logical_xor": np.logical_xor,
}  # fmt: skip


@st.composite
def broadcastable(draw: Any) -> tuple[Any, Any]:
    shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=4, min_side=0))
    a, b = (draw(arrays(shape)) for shape in shapes.input_shapes)
    assume(bool not in (a.dtype, b.dtype) and np.uint8 not in (a.dtype, b.dtype))
    return a, b


@pytest.mark.parametrize("name", PAIRS)
@given(pair=broadcastable())
def test_functions_of_two(name: str, pair: Any) -> None:
    a, b = pair
    ours = getattr(ag, name)(tensor(a), tensor(b))
    wanted = PAIRS[name](a.astype(np.float64), b.astype(np.float64))
    kind = ag.bool if wanted.dtype == bool else ag.result_type(tensor(a), tensor(b))
    same(ours, wanted, kind)


@given(pair=broadcastable())
def test_gradients_come_back_in_shape_and_dtype(pair: Any) -> None:
    xs = [tensor(v.astype(np.float32 if i else np.float64)).requires_grad_() for i, v in enumerate(pair)]
    y = xs[0] * xs[1] + xs[1]
    y.sum().backward()
    full = np.ones(y.shape)
    for x, other in zip(xs, (pair[1], pair[0].astype(np.float64) + 1)):
        assert x.grad is not None and x.grad.dtype is x.dtype and x.grad._array.flags.writeable
        wanted = ag.PRIMITIVES["sum_to"].forward(np, full * other, shape=tuple(x.shape))
        same(x.grad, wanted)


@given(x=arrays(), y=arrays())
def test_shapes_that_do_not_broadcast_are_named(x: Any, y: Any) -> None:
    try:
        np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        with pytest.raises(ShapeError, match=r"add: the shapes of .* do not broadcast"):
            tensor(x) + tensor(y)


# ---- reductions ----

REDUCTIONS: dict[str, Callable[..., Any]] = {
    "sum": np.sum, "mean": np.mean, "amax": np.max, "amin": np.min, "any": np.any, "all": np.all, "var": np.var,
        "prod": np.prod,
}  # fmt: skip
FEW_FLOATS = st.sampled_from([np.float32, np.float64])


@pytest.mark.parametrize("name", REDUCTIONS)
@given(x=arrays(dtypes=FEW_FLOATS), data=st.data())
def test_reductions(name: str, x: Any, data: Any) -> None:
    dims = data.draw(st.lists(st.integers(-x.ndim, x.ndim - 1), unique_by=lambda d: d % x.ndim,
        max_size=x.ndim)) if x.ndim else []
    keepdim = data.draw(st.booleans())
    axes = tuple(dims) or (() if name in ("any", "all") else tuple(range(x.ndim)))  # as in PyTorch
    assume(x.size or name not in ("amax", "amin", "mean", "var"))
    if name == "prod":
        axes = axes[:1]
        dims = list(axes)
        ours = ag.prod(tensor(x), axes[0], keepdim) if axes else ag.prod(tensor(x))
        keepdim = keepdim and bool(axes)
    elif name == "var":
        ours = ag.var(tensor(x), dims, correction=0, keepdim=keepdim)
    else:
        ours = getattr(ag, name)(tensor(x), dims, keepdim)
    same(ours, REDUCTIONS[name](x.astype(np.float64), axis=axes, keepdims=keepdim))


@given(x=arrays(shape=hnp.array_shapes(min_dims=1, max_dims=3, max_side=5)), data=st.data())
def test_running_and_ordered(x: Any, data: Any) -> None:
    d = data.draw(st.integers(-x.ndim, x.ndim - 1))
    same(ag.cumsum(tensor(x), d), np.cumsum(x, d, dtype=np.float64))
    values, index = ag.sort(tensor(x), d)
    same(values, np.sort(x, d), ag.as_tensor(x).dtype)
    same(index, np.argsort(x, d, kind="stable"))
    same(ag.max(tensor(x), d).indices, np.argmax(x, d))
    same(ag.argmin(tensor(x), d), np.argmin(x, d))


# ---- shapes ----


@given(x=arrays(), data=st.data())
def test_moving_dimensions(x: Any, data: Any) -> None:
    order = data.draw(st.permutations(range(x.ndim)))
    same(tensor(x).permute(*order) if x.ndim else tensor(x), x.transpose(order))
    same(tensor(x).flatten(), x.reshape(-1))
    same(tensor(x).reshape(-1, 1), x.reshape(-1, 1)) if x.size else None
    same(tensor(x).squeeze(), x.squeeze())
    if x.ndim:
        d = data.draw(st.integers(-x.ndim, x.ndim - 1))
        same(tensor(x).flip(d), np.flip(x, d))
        same(tensor(x).roll(3, d), np.roll(x, 3, d))
        same(ag.cat([tensor(x), tensor(x)], d), np.concatenate([x, x], d))
        same(ag.stack([tensor(x), tensor(x)], d), np.stack([x, x], d))
        for ours, wanted in zip(tensor(x).chunk(2, d), np.array_split(x, 2, d) if x.shape[d] % 2 == 0 else []):
            same(ours, wanted)


@given(x=arrays(shape=hnp.array_shapes(min_dims=2, max_dims=3, max_side=4), dtypes=FEW_FLOATS), data=st.data())
def test_products(x: Any, data: Any) -> None:
    y = data.draw(arrays(shape=(*x.shape[:-2], x.shape[-1], 3), dtypes=st.just(x.dtype.type)))
    same(tensor(x) @ tensor(y), x.astype(np.float64) @ y)
    same(ag.einsum("...ij,...jk->...ki", tensor(x), tensor(y)), np.swapaxes(x.astype(np.float64) @ y, -1, -2))


# ---- indexing ----

BASIC = hnp.basic_indices((3, 4, 2), allow_ellipsis=True, allow_newaxis=True)


@given(key=BASIC)
def test_basic_indexing_views_and_writes(key: Any) -> None:
    array = np.arange(24.0).reshape(3, 4, 2)
    x = ag.tensor(array)
    same(x[key], array[key])
    assert np.size(array[key]) == 0 or np.shares_memory(x[key]._array, x._array)
    array[key] = -1
    x[key] = -1
    same(x, array)
    leaf = ag.tensor(np.arange(24.0).reshape(3, 4, 2), requires_grad=True)
    (leaf * 1)[key].sum().backward()
    same(leaf.grad, array == -1)


@st.composite
def advanced_keys(draw: Any, shape: tuple[int, ...] = (3, 4, 2)) -> Any:
    """Draw a key of ints, slices, index arrays (negative and repeated ones too) and at most one mask."""
    size = draw(hnp.array_shapes(max_dims=2, max_side=3, min_side=0))
    key: list[Any] = []
    while len(key) < len(shape):
        n = shape[len(key)]
        kind = draw(st.sampled_from(["int", "slice", "array", "array", "mask", "stop"]))
        if kind == "stop":
            break
        key.append({
            "int": st.integers(-n, n - 1), "slice": st.slices(n),
            "array": hnp.arrays(np.int64, size, elements=st.integers(-n, n - 1)),
            "mask": hnp.arrays(np.bool_, n),
        }[kind])  # fmt: skip
        key[-1] = draw(key[-1])
    masks = [k for k in key if isinstance(k, np.ndarray) and k.dtype == bool]
    others = [k for k in key if isinstance(k, np.ndarray) and k.dtype != bool]
    assume(len(masks) <= 1 and not (masks and others))
    run = "".join(" " if isinstance(k, slice) else "." for k in key).strip()
    assume(" " not in run or not any(isinstance(k, int) for k in key))  # there the result's dimensions are PyTorch's
    return tuple(key)


@given(key=advanced_keys())
def test_advanced_indexing_and_its_adjoint(key: Any) -> None:
    array = np.arange(24.0).reshape(3, 4, 2)
    x = ag.tensor(array, requires_grad=True)
    ours_key = tuple(ag.tensor(k) if isinstance(k, np.ndarray) else k for k in key)
    y = x[ours_key]
    same(y, array[key])
    weights = np.arange(1.0, y.numel() + 1).reshape(y.shape)
    y.backward(ag.tensor(weights))
    wanted = np.zeros_like(array)
    np.add.at(wanted, key, weights)
    same(x.grad, wanted)
    written = (x * 1).detach()
    written[ours_key] = -1
    array[key] = -1
    same(written, array)


@given(x=arrays(shape=hnp.array_shapes(min_dims=1, max_dims=3, max_side=4), dtypes=FEW_FLOATS), data=st.data())
def test_gather_and_scatter_add_are_adjoint(x: Any, data: Any) -> None:
    d = data.draw(st.integers(0, x.ndim - 1))
    shape = [data.draw(st.integers(0, 5)) if k == d else data.draw(st.integers(0, n)) for k, n in enumerate(x.shape)]
    index = data.draw(hnp.arrays(np.int64, shape, elements=st.integers(0, x.shape[d] - 1)))
    u = data.draw(arrays(shape=tuple(shape), dtypes=st.just(x.dtype.type)))
    corner = x[tuple(slice(None) if k == d else slice(n) for k, n in enumerate(shape))]
    picked = ag.gather(tensor(x), d, ag.tensor(index))
    same(picked, np.take_along_axis(corner, index, d))
    spread = ag.zeros(x.shape, dtype=picked.dtype).scatter_add(d, ag.tensor(index), tensor(u))
    left = (picked.numpy().astype(np.float64) * u).sum()
    np.testing.assert_allclose(left, (spread.numpy().astype(np.float64) * x).sum(), rtol=1e-3, atol=1e-2)


# ---- creation ----


@given(x=arrays())
def test_a_tensor_of_an_array_is_the_array(x: Any) -> None:
    made = ag.tensor(x)
    same(made, x, ag.from_numpy(x).dtype)
    assert made.is_contiguous() and made._array.flags.writeable and not np.shares_memory(made._array, x)
    assert ag.tensor(x.tolist(), dtype=made.dtype).tolist() == x.tolist()
    assert made.tolist() == x.tolist()


@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(-5, 5))
def test_ranges_of_integers(start: int, end: int, step: int) -> None:
    if step == 0 or (end - start) * step < 0:
        with pytest.raises(ShapeError, match=r"^arange: upper bound and lower bound inconsistent with step sign"):
            ag.arange(start, end, step)
    else:
        assert ag.arange(start, end, step).tolist() == list(range(start, end, step))
