"""Hostile arguments for any operation, and what must hold of its result whatever they are.

Arrays of every dtype, of 0 to 4 dims, empty ones too, transposed, stepped, reversed, broadcast and read-only; among
their numbers NaN, infinities, zeros of both signs and the ends of an integer's range.
"""

from __future__ import annotations

import re
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_core as ag
from autograd_core import errors
from tests.rows import flat, outputs
from tests.tables import resolve

try:
    import torch
except ImportError:
    torch = None

INTEGERS = ("int8", "int16", "int32", "int64", "uint8")
FLOATS = ("float16", "bfloat16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
NUMBERS = INTEGERS + FLOATS
REAL = ("bool", *NUMBERS)
ALL = REAL + COMPLEX
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
FULL = hnp.array_shapes(min_dims=1, max_dims=4, max_side=4)  # at least one dimension and one element
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, np.inf, -np.inf, np.nan)
FINITE = 5  # so many of them
LAYOUTS = ("plain", "transposed", "stepped", "reversed", "broadcast")
OWN = tuple(getattr(errors, name) for name in errors.__all__)
# relative, and absolute: float32 is computed in other orders by other libraries; halves are rounded at every step
TOLERANCE = {"float16": 4e-3, "bfloat16": 3e-2, "float32": 3e-5, "complex64": 3e-5}
# how PyTorch says that it leaves something out
UNKNOWN = "not (implemented|support|yet)|no longer supported|unsupported ScalarType|expects? .*(float|dtype)"


def explore(name: str, strategy: Any, check: Callable[[Any], None], share: int = 4) -> None:
    """Try a fraction of the profile's examples, others for each name and the same each time but in ``make soak``."""
    tried = given(strategy)(lambda drawn: check(drawn))
    tried = seed(zlib.crc32(name.encode()))(tried) if settings.default.derandomize else tried
    examples = max(1, settings.default.max_examples // share)
    settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)(tried)()


# ---- arrays ----


def numpy_dtype(name: str) -> Any:
    return np.dtype(ml_dtypes.bfloat16) if name == "bfloat16" else np.dtype(name)


def numbers(rng: np.random.Generator, size: int, name: str, special: int, low: float, high: float) -> Any:
    """Return numbers in [low, high] that every dtype can hold, and some of the first ``special`` odd ones."""
    if name == "bool":
        return rng.random(size) < 0.5
    if name in COMPLEX:
        parts = [numbers(rng, size, "float64", 0, low, high) for _ in range(2)]  # infinity has many angles
        return (parts[0] + 1j * parts[1]).astype(name)
    odd = (special > 0) & (rng.random(size) < 0.15)
    if name in INTEGERS:
        limits = np.iinfo(name)
        values = rng.integers(max(int(low), limits.min), int(high) + 1, size)
        return np.where(odd, rng.choice([limits.min, limits.max], size), values).astype(name)
    values = np.round(rng.uniform(low, high, size) * 32) / 32
    return np.where(odd, rng.choice(SPECIAL[: special or 1], size), values).astype(numpy_dtype(name))


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
    odd = draw(st.sampled_from([0, FINITE, len(SPECIAL)])) if special else 0
    line = numbers(rng, count, name, odd, low, high) if ties else distinct(rng, count, name)
    return laid_out(line.reshape(size), draw(st.sampled_from(LAYOUTS if ties else LAYOUTS[:-1])))


def laid_out(array: Any, how: str) -> Any:
    """Return an array of the same shape in other memory, read-only; "broadcast" repeats its first row."""
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


class Array(NamedTuple):
    """Numbers, bfloat16 as float32, and the dtype they had."""

    numbers: Any
    dtype: str


@dataclass
class Outcome:
    """The results of a call and the gradients of its arguments, or its error."""

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


def mapped(function: Callable[[Any], Any], args: Any) -> Any:
    """Return arguments with the arrays among them changed."""
    if isinstance(args, list | tuple):
        return type(args)(mapped(function, a) for a in args)
    return function(args) if isinstance(args, np.ndarray) else args


def arrays_in(args: Any) -> list[Any]:
    found: list[Any] = []
    mapped(found.append, args)
    return found


def plain(t: Any) -> Array:
    """Return a tensor of either library as an array that NumPy computes with."""
    name = str(t.dtype).split(".")[-1]
    wide = t.detach().float() if name == "bfloat16" else t.detach()
    return Array(np.array(wide.numpy(force=True)), name)


def call(lib: Any, function: Callable[..., Any], args: Any, options: dict[str, Any], grad: bool) -> Outcome:
    """Call a function of ``lib`` and, where that is wanted and possible, differentiate the sum of its results."""
    leaves: list[Any] = []

    def made(array: Any) -> Any:
        leaves.append(tensor(lib, array, grad))
        return leaves[-1]

    try:
        results = [y for y in flat(outputs(function(*mapped(made, args), **options))) if hasattr(y, "dtype")]
        found = Outcome([plain(y) for y in results])
    except Exception as error:
        return Outcome(error=error)
    assert lib is not ag or all(type(y._array) is np.ndarray for y in results)
    ys = [y for y in results if y.requires_grad]
    if grad and ys:
        try:
            lib.autograd.backward(ys, [lib.ones_like(y) for y in ys])
        except Exception as error:  # some derivatives are not implemented, here or in PyTorch
            if lib is ag and not isinstance(error, OWN):
                raise
            return found
        xs = [x for x in leaves if x.requires_grad]
        assert all(x.grad is None or (x.grad.shape, x.grad.dtype) == (x.shape, x.dtype) for x in xs)
        if all(np.isfinite(plain(x).numbers).all() for x in xs):  # which branch a NaN takes is an accident
            found.gradients = [None if x.grad is None else plain(x.grad) for x in xs]
    return found


# ---- what must hold ----


def check(name: str, *args: Any, tolerance: float = 1, strides: bool = False, **options: Any) -> None:
    """Check one call: no foreign error, inputs left alone, strides without influence, and PyTorch's results.

    ``strides``: whether they may decide whether the call succeeds, as of ``view``.
    """
    texts = (f"{a.dtype}{list(a.shape)} strides {a.strides} {a.tolist()}" for a in arrays_in(args))
    note = f"{name} of {mapped(lambda _: next(texts), args)}, {options}"
    before = [a.tobytes() for a in arrays_in(args)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = call(ag, resolve(name), args, options, True)
        assert [a.tobytes() for a in arrays_in(args)] == before, f"{note}: wrote to an input"
        if found.error is not None:
            must_be_ours(found.error, note)
        if not strides:
            again = call(ag, resolve(name), mapped(lambda a: np.array(a, order="C"), args), options, True)
            assert type(again.error) is type(found.error), f"{note}: {found.error!r}; contiguous: {again.error!r}"
            agree(found, again, tolerance, f"{note}: strides change the result")
        if torch is not None and not (strides and found.error):
            compare(found, name, list(args), options, tolerance, note)


def must_be_ours(error: Exception, note: str) -> None:
    """Check that an error is one of ours and begins with the name of an operation."""
    if not isinstance(error, OWN):
        raise AssertionError(f"{note}: {error!r}") from error
    assert re.match(r"[a-z][\w.]*: ", str(error)), f"{note}: {error!r}"


def compare(found: Outcome, name: str, args: list[Any], options: dict[str, Any], tolerance: float, note: str) -> None:
    """Check a result against PyTorch's: in the same dtypes, or, where PyTorch is less precise, in double ones."""
    function: Any = torch
    for part in name.split("."):
        function = getattr(function, part)
    wanted = call(torch, function, args, options, True)
    if wanted.error is not None or found.error is not None:
        unknown = re.search(UNKNOWN, str(wanted.error))
        assert unknown or (found.error is None) == (wanted.error is None), f"{note}: {found.error!r}; {wanted.error!r}"
        return
    kinds = [[y.dtype for y in outcome.values] for outcome in (found, wanted)]
    assert kinds[0] == kinds[1], f"{note}: {kinds[0]}; PyTorch: {kinds[1]}"
    try:
        agree(found, wanted, tolerance, note)
    except AssertionError:
        whole = all(y.numbers.dtype.kind in "biu" for y in found.values)
        exact = call(torch, function, widened(args, "fcV" if whole else "fcViub"), options, False)
        if exact.error is not None:
            raise
        exact.gradients = call(torch, function, widened(args, "fcV"), options, True).gradients
        agree(found, exact, tolerance, note)


def widened(args: list[Any], kinds: str) -> Any:
    """Return the arrays whose dtype is of one of ``kinds`` in double precision."""
    return mapped(
        lambda a: a if a.dtype.kind not in kinds else a.astype("complex128" if a.dtype.kind == "c" else "float64"), args
    )


def agree(a: Outcome, b: Outcome, scale: float, note: str) -> None:
    """Check that two outcomes are the same within the precision of the first one's dtypes."""
    assert len(a.values) == len(b.values), note
    for x, y in zip(a.values, b.values):
        close(x, y, scale, note)
    for x, y in zip(a.gradients, b.gradients):
        if x is not None and y is not None:
            close(x, y, scale, f"{note}: gradient")


def close(x: Array, y: Array, scale: float, note: str) -> None:
    assert x.numbers.shape == y.numbers.shape, f"{note}: {x.numbers.shape}, wanted {y.numbers.shape}"
    tolerance = TOLERANCE.get(x.dtype, 1e-7) * scale
    ours, wanted = np.atleast_1d(x.numbers), np.atleast_1d(y.numbers)
    if x.dtype != y.dtype:  # what overflows in x's dtype is infinite there
        wanted = wanted.astype(numpy_dtype(x.dtype)).astype(ours.dtype)
    exact = ours.dtype.kind in "biu"
    same = ours == wanted if exact else np.isclose(ours, wanted, rtol=tolerance, atol=tolerance, equal_nan=True)
    assert np.all(same), f"{note}: {ours[~same]}, wanted {wanted[~same]} (of {x.dtype}{list(x.numbers.shape)})"
