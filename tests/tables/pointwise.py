"""Elementwise functions of numbers: trigonometry, predicates, integers, floating-point parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core.errors import DTypeError, ShapeError
from tests.rows import ALL, DISCRETE, FLOATS, NUMBERS, Rng, Row, bad, broken, distinct, nonzero, positive, real, s
from tests.tables import function

ANY = (s((2, 3)), s(()), s((0, 2)))
ONE = (s((2, 3)), s(()))
PAIRS = (s((2, 3), (3,)), s((), (2,)), s((0, 2), (1,)))
TWO = (s((2, 3), (3,)), s((2,), ()))
INF, NAN = np.inf, np.nan
EDGES = np.array([-INF, -1.5, -0.0, 0.0, 2.0, INF, NAN])
WHOLE, OTHER = np.array([[12, -18, 0], [7, 5, -1]]), np.array([8, 12, 3])
FEW, SHIFTS = np.array([5, -7, 1]), np.array([0, 2, 5])


def inside(rng: Rng, shape: tuple[int, ...]) -> Any:
    """Numbers in (-0.8, 0.8)."""
    return np.asarray(rng.uniform(-0.8, 0.8, shape))


def above(rng: Rng, shape: tuple[int, ...]) -> Any:
    """Numbers above 1."""
    return positive(rng, shape) + 1


def inverse(name: str, numpy: str, domain: Any) -> Row:
    """The inverse of a circular or hyperbolic function."""
    what = (bad(DTypeError, f"^{name}: got str; wanted at least one Tensor", "text"),)
    return Row(name, *ANY, numpy=numpy, domain=domain, dtypes=FLOATS, errors=what)


def misfit(name: str) -> Any:
    """Two shapes that do not broadcast."""
    match = rf"^{name}: the shapes of .* \(2, 3\) and .* \(4,\) do not broadcast at dim -1 \(size 3 against 4\)"
    return bad(ShapeError, match, (2, 3), (4,))


def no_number(name: str, kind: str = "int") -> Any:
    """A number where only a tensor will do."""
    return bad(DTypeError, f"^{name}: got {kind}; wanted a Tensor", 2, (2,))


def whole(name: str, **columns: Any) -> Row:
    """A function of two integers."""
    shapes = rf"^{name}: the shapes of input \(2, 3\) and other \(2,\) do not broadcast"
    what = (bad(ShapeError, shapes, WHOLE, FEW[:2]), bad(DTypeError, f"^{name}: ", (2,), (2,)))
    return function(name, s(WHOLE, OTHER), s(WHOLE[1], OTHER), order=0, dtypes=("int64",), errors=what, **columns)


def frexp(x: Any) -> Any:
    mantissa, exponent = np.frexp(x)
    return mantissa, np.asarray(exponent, "int32")


def predicate(name: str, *samples: Any, **columns: Any) -> Row:
    """A question about each element."""
    what = (bad(DTypeError, "^[a-z_]+: got str", "text"),)
    return function(name, s(EDGES), *ONE, *samples, **{"order": 0, "dtypes": ALL, "errors": what} | columns)


def logical(name: str) -> Row:
    """A function of the truth of two values."""
    what = (misfit("bitwise_\\w+|ne"), no_number(name))
    return function(name, *PAIRS, s(EDGES, ()), order=0, dtypes=ALL, errors=what)



PRIMITIVES = [
    Row("bitwise_not", s(WHOLE), s(()), s((0, 2)), order=0, dtypes=DISCRETE, numpy="invert",
        errors=(bad(DTypeError, r"^bitwise_not: .*got input float64\[2\]", (2,)),)),
    inverse("asin", "arcsin", inside),
    inverse("acos", "arccos", inside),
    inverse("asinh", "arcsinh", real),
    inverse("acosh", "arccosh", above),
    inverse("atanh", "arctanh", inside),
    Row("integer_pair", s(WHOLE, OTHER, name="gcd"), s(WHOLE, 4, name="lcm"), s(FEW, SHIFTS, name="bitwise_left_shift"),
        s(FEW, SHIFTS, name="bitwise_right_shift"), order=0, dtypes=("int64",),
        numpy=lambda a, b, *, name: getattr(np, name)(a, b), torch=lambda t, a, b, *, name: getattr(t, name)(
            *(x if isinstance(x, t.Tensor) else t.tensor(x) for x in (a, b)))),
]  # fmt: skip

FUNCTIONS = [
    # ---- logic ----
    logical("logical_and"),
    logical("logical_or"),
    logical("logical_xor"),
    predicate("logical_not"),
    predicate("isnan"),
    predicate("isinf"),
    predicate("isfinite"),
    predicate("isposinf"),
    predicate("isneginf"),
    predicate("isreal"),
    predicate("signbit", s(np.array([-3, 0, 2]))),

    # ---- integers ----
    whole("bitwise_left_shift", numpy=lambda a, b: np.left_shift(a, b)),
    whole("bitwise_right_shift", numpy=lambda a, b: np.right_shift(a, b)),
    whole("gcd", numpy=np.gcd),
    whole("lcm", numpy=np.lcm),

    # ---- floating-point numbers ----
    function("copysign", *TWO, s((3,), -0.0), domain=nonzero, errors=(misfit("copysign"), no_number("copysign"))),
    function("deg2rad", *ONE, dtypes=NUMBERS, errors=(bad(DTypeError, "^mul: got str", "text"),)),
    function("rad2deg", *ONE, dtypes=NUMBERS, errors=(bad(DTypeError, "^mul: got str", "text"),)),
    function("float_power", s((2, 3), (3,)), s((2,), 3), s(2.0, (2,)), domain=positive,
        dtypes=("float64", "int64"), errors=(misfit("pow"),)),
    function("fmax", *TWO, domain=distinct, errors=(misfit("ge"), no_number("fmax"))),
    function("fmin", *TWO, domain=distinct, errors=(misfit("le"), no_number("fmin"))),
    function("frac", *ONE, domain=broken, numpy=lambda x: x - np.trunc(x),
        errors=(bad(DTypeError, "^trunc: got str", "text"),)),
    function("frexp", *ONE, numpy=frexp, domain=broken,
        errors=(bad(DTypeError, "^frexp: only supports floating-point", WHOLE),)),
    function("heaviside", s((2, 3), (3,)), domain=nonzero,
        torch=lambda t, x, values: t.where(x == 0, values, (x > 0).to(x.dtype)),
        errors=(bad(DTypeError, "^heaviside: got ag.float64 and ag.int64", (2,), FEW[:2]),)),
    function("ldexp", s((2, 3), SHIFTS), s((2,), ()), numpy=lambda x, n: x * 2.0**n,
        errors=(no_number("ldexp"),)),
    function("nan_to_num", *ONE, s((3,), 1.0, 2.0, -2.0), dtypes=NUMBERS,
        numpy=lambda x, nan=0.0, posinf=None, neginf=None: np.nan_to_num(x, True, nan, posinf, neginf),
        errors=(bad(DTypeError, "^nan_to_num: got str", "text"),)),
    function("nextafter", *TWO, order=1, errors=(misfit("nextafter"), no_number("nextafter"))),
    function("positive", *ONE, dtypes=NUMBERS,
        errors=(bad(DTypeError, r"^positive: The `\+` operator, on a bool tensor", np.array([True])),)),
]  # fmt: skip
