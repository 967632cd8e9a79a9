"""Hostile arguments for any operation, and what must hold of its result whatever they are.

Arrays of every dtype, of 0 to 4 dims, empty ones too, transposed, stepped, reversed, broadcast and read-only; among
their numbers NaN, infinities, zeros of both signs and the ends of an integer's range.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_core as ag
from autograd_core import errors
from tests.rows import flat, outputs

INTEGERS = ("int8", "int16", "int32", "int64", "uint8")
FLOATS = ("float16", "bfloat16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
REAL = ("bool", *INTEGERS, *FLOATS)
ALL = (*REAL, *COMPLEX)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, np.inf, -np.inf, np.nan)
LAYOUTS = ("plain", "transposed", "stepped", "reversed", "broadcast")
OWN = tuple(getattr(errors, name) for name in errors.__all__)
# relative, and absolute: float32 is computed in other orders by other libraries; halves are rounded at every step
TOLERANCE = {"float16": 4e-3, "bfloat16": 3e-2, "float32": 3e-5, "complex64": 3e-5}


def numpy_dtype(name: str) -> Any:
    return np.dtype(ml_dtypes.bfloat16) if name == "bfloat16" else np.dtype(name)


# ---- arrays ----


def numbers(rng: np.random.Generator, size: int, name: str, special: bool, low: float = -4, high: float = 4) -> Any:
    """Return numbers that every dtype can hold, some of them odd ones."""
    if name == "bool":
        return rng.random(size) < 0.5
    if name in COMPLEX:
        parts = [numbers(rng, size, "float64", False, low, high) for _ in range(2)]  # infinity has many angles
        return (parts[0] + 1j * parts[1]).astype(name)
    if name in INTEGERS:
        limits = np.iinfo(name)
        values = rng.integers(max(int(low), limits.min), int(high) + 1, size)
        return np.where(special & (rng.random(size) < 0.1), rng.choice([limits.min, limits.max], size), values).astype(name)
    values = np.round(rng.uniform(low, high, size) * 32) / 32
    odd = [s for s in SPECIAL if not low <= s <= high] if special == "outside" else SPECIAL
    return np.where(bool(special) & (rng.random(size) < 0.2), rng.choice(odd, size), values).astype(numpy_dtype(name))


def distinct(rng: np.random.Generator, size: int, name: str) -> Any:
    """Return numbers without ties, as far as the dtype has so many."""
    order = rng.permutation(size) - (0 if name == "uint8" else size // 2)
    return (order if name in INTEGERS else order / 8).astype(numpy_dtype(name))


@st.composite
def arrays(
    draw: Any, shape: Any = SHAPES, dtypes: tuple[str, ...] = ALL, special: bool = True, ties: bool = True,
    low: float = -4, high: float = 4,
) -> Any:  # fmt: skip
    """Draw a read-only array of one of ``dtypes``, of any strides.

    ``special``: with NaN, infinity and the ends of the range among the numbers; ``ties``: with equal ones.
    """
    name = draw(st.sampled_from(dtypes))
    size = draw(shape) if isinstance(shape, st.SearchStrategy) else shape
    rng, count = np.random.default_rng(draw(st.integers(0, 2**16))), int(np.prod(size))
    odd = special and draw(st.booleans())
    flat = numbers(rng, count, name, odd, low, high) if ties else distinct(rng, count, name)
    return laid_out(flat.reshape(size), draw(st.sampled_from(LAYOUTS if ties else LAYOUTS[:-1])))


def laid_out(array: Any, how: str) -> Any:
    """Return an array of the same shape in other memory, read-only."""
    if how == "transposed":
        array = np.ascontiguousarray(array.T).T
    elif how == "stepped" and array.ndim:
        wide = np.ones([2 * n for n in array.shape], array.dtype)[tuple(slice(None, None, 2) for _ in array.shape)]
        wide[...] = array
        array = wide
    elif how == "reversed":
        array = np.flip(np.ascontiguousarray(np.flip(array)))
    elif how == "broadcast" and array.ndim and array.shape[0]:
        array = np.broadcast_to(array[:1], array.shape)
    array.flags.writeable = False
    return array


@st.composite
def several(draw: Any, count: int, dtypes: tuple[str, ...] = ALL, same: bool = False, **options: Any) -> Any:
    """Draw arrays whose shapes broadcast; ``same``: of one dtype."""
    shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=4, max_side=3, min_side=0))
    if same:
        dtypes = (draw(st.sampled_from(dtypes)),)
    return [draw(arrays(shape, dtypes, **options)) for shape in shapes.input_shapes]


# ---- what a call did ----


@dataclass
class Outcome:
    """Results as NumPy arrays, the gradients of the arguments, or the error."""

    values: list[Array] = field(default_factory=list)
    gradients: list[Array | None] = field(default_factory=list)
    error: Exception | None = None


def tensor(lib: Any, array: Any, grad: bool) -> Any:
    if lib is ag:
        made = ag.from_numpy(array)
    elif array.dtype == numpy_dtype("bfloat16"):
        made = lib.from_numpy(np.array(array).view(np.int16)).view(lib.bfloat16)
    else:
        made = lib.from_numpy(np.array(array))
    return made.requires_grad_() if grad and array.dtype.kind in "fcV" else made


def tensors(lib: Any, args: Any, grad: bool) -> Any:
    if isinstance(args, list | tuple):
        return type(args)(tensors(lib, a, grad) for a in args)
    return tensor(lib, args, grad) if isinstance(args, np.ndarray) else args


class Array(NamedTuple):
    """Numbers, bfloat16 as float32, and the dtype they had."""

    numbers: Any
    dtype: str


def plain(t: Any) -> Array:
    """Return a tensor of either library as an array that NumPy computes with."""
    name = str(t.dtype).split(".")[-1]
    wide = t.detach().float() if name == "bfloat16" else t.detach()
    return Array(np.array(wide.numpy(force=True)), name)


def call(lib: Any, function: Callable[..., Any], args: Any, options: dict[str, Any], grad: bool) -> Outcome:
    """Call a function of ``lib`` and, where that is wanted and possible, differentiate the sum of its results."""
    given = tensors(lib, args, grad)
    try:
        results = [y for y in outputs(function(*given, **options)) if hasattr(y, "dtype")]
    except Exception as error:
        return Outcome(error=error)
    assert lib is not ag or all(type(y._array) is np.ndarray for y in results)
    found = Outcome([plain(y) for y in results])
    ys = [y for y in results if y.requires_grad]
    if grad and ys:
        leaves = [x for x in flat(as_lists(given)) if getattr(x, "requires_grad", False)]
        try:
            lib.autograd.backward(ys, [lib.ones_like(y) for y in ys])
        except OWN if lib is ag else Exception:  # some derivatives are not implemented, here or in PyTorch
            return found
        for x in (x for x in leaves if x.grad is not None):
            assert x.grad.shape == x.shape and x.grad.dtype == x.dtype
        found.gradients = [None if x.grad is None else at_numbers(plain(x.grad), plain(x).numbers) for x in leaves]
    return found


def at_numbers(gradient: Array, x: Any) -> Array:
    """Return a gradient with 0 where the argument is NaN or infinite: which branch is taken there is an accident."""
    return Array(np.where(np.isfinite(x), gradient.numbers, 0), gradient.dtype)


def as_lists(args: Any) -> list[Any]:
    return [as_lists(a) if isinstance(a, list | tuple) else a for a in args]


def arrays_in(args: Any) -> list[Any]:
    return [a for a in flat(as_lists(args)) if isinstance(a, np.ndarray)]


def contiguous(args: Any) -> Any:
    if isinstance(args, list | tuple):
        return type(args)(contiguous(a) for a in args)
    return np.array(args, order="C") if isinstance(args, np.ndarray) else args


# ---- what must hold ----


def describe(args: Any) -> str:
    return ", ".join(
        f"{a.dtype}{list(a.shape)} strides {a.strides} {a.tolist()}" if isinstance(a, np.ndarray) else repr(a)
        for a in flat(as_lists(args))
    )


def check(
    name: str, ours: Callable[..., Any], theirs: Callable[..., Any] | None, *args: Any, torch: Any = None,
    grad: bool = True, tolerance: float = 1, strides: bool = False, **options: Any,
) -> None:  # fmt: skip
    """Check one call: no foreign error, inputs left alone, strides without influence, and PyTorch's results.

    ``strides``: whether they may decide whether the call succeeds, as of ``view``.
    """
    note = f"{name}({describe(args)}, {options})"
    before = [np.array(a) for a in arrays_in(args)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = call(ag, ours, args, options, grad)
        for array, copy in zip(arrays_in(args), before):
            assert array.tobytes() == copy.tobytes(), f"{note}: wrote to an input"
        must_be_ours(name, found.error, note)
        if not strides:
            again = call(ag, ours, contiguous(args), options, grad)
            assert type(again.error) is type(found.error), f"{note}: {found.error!r}; contiguous: {again.error!r}"
            agree(found, again, tolerance, f"{note}: strides change the result")
        if theirs is not None and torch is not None:
            compare(found, lambda a, g: call(torch, theirs, a, options, g), args, grad, tolerance, note)


def must_be_ours(name: str, error: Exception | None, note: str) -> None:
    """Check that an error is one of ours and begins with the operation's name."""
    if error is None:
        return
    if not isinstance(error, OWN):
        raise AssertionError(f"{note}: {error!r}") from error
    assert re.match(r"[\w.]+: ", str(error)), f"{note}: {error!r}"


def compare(found: Outcome, run: Any, args: Any, grad: bool, tolerance: float, note: str) -> None:
    """Check a result against PyTorch's: in the same dtypes, or, where PyTorch is less precise, in double ones."""
    wanted = run(args, grad)
    if wanted.error is not None or found.error is not None:
        unknown = re.search("not (implemented|support|yet)|expects? .*(float|dtype)", str(wanted.error))
        assert unknown or (found.error is not None) == (wanted.error is not None), (
            f"{note}: {found.error!r}; PyTorch: {wanted.error!r}"
        )
        return
    kinds = [[y.dtype for y in o.values] for o in (found, wanted)]
    assert kinds[0] == kinds[1], f"{note}: {kinds[0]}; PyTorch: {kinds[1]}"
    try:
        agree(found, wanted, tolerance, note)
    except AssertionError:
        whole = all(y.numbers.dtype.kind in "biu" for y in found.values)
        exact = run([widened(a, "fc" if whole else "fciub") for a in args], False)
        exact.gradients = run([widened(a, "fc") for a in args], True).gradients if grad else []
        if exact.error is not None:
            raise
        agree(found, exact, tolerance, note, casts=True)


def widened(arg: Any, kinds: str) -> Any:
    if isinstance(arg, list | tuple):
        return type(arg)(widened(a, kinds) for a in arg)
    if not isinstance(arg, np.ndarray) or arg.dtype.kind not in kinds + "V":
        return arg
    return arg.astype("complex128" if arg.dtype.kind == "c" else "float64")


def agree(a: Outcome, b: Outcome, scale: float, note: str, casts: bool = False) -> None:
    """Check that two outcomes are the same within the precision of the first one's dtypes."""
    assert len(a.values) == len(b.values), note
    for x, y in zip(a.values, b.values):
        close(x, y, scale, note, casts)
    for x, y in zip(a.gradients, b.gradients):
        if x is not None and y is not None:
            close(x, y, scale, f"{note}: gradient", casts)


def close(x: Array, y: Array, scale: float, note: str, casts: bool) -> None:
    assert x.numbers.shape == y.numbers.shape, f"{note}: {x.numbers.shape}, wanted {y.numbers.shape}"
    tolerance = TOLERANCE.get(x.dtype, 1e-7) * scale
    ours, wanted = np.atleast_1d(x.numbers), np.atleast_1d(y.numbers)
    if casts:
        wanted = wanted.astype(numpy_dtype(x.dtype)).astype(ours.dtype)
    exact = ours.dtype.kind in "biu"
    same = ours == wanted if exact else np.isclose(ours, wanted, rtol=tolerance, atol=tolerance, equal_nan=True)
    assert np.all(same), f"{note}: {ours[~same]}, wanted {wanted[~same]} (of {x.dtype}{list(x.numbers.shape)})"
