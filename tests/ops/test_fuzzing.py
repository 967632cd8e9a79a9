"""Elementwise operations on any shape, dtype and strides: PyTorch's values and gradients, no crash, no write.

``make soak`` tries thousands of examples of each; the usual run a few, the same each time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import autograd_core as ag
from tests import fuzz
from tests.fuzz import FLOATS, INTEGERS, REAL, arrays, check, explore, several
from tests.test_scope import SCOPE

UNARY = [
    "abs", "neg", "square", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "rsqrt", "reciprocal", "sin",
    "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "sigmoid", "erf",
    "relu", "sign", "sgn", "floor", "ceil", "trunc", "frac", "round", "positive", "deg2rad", "rad2deg", "conj",
    "real", "imag", "angle", "conj_physical", "logical_not", "bitwise_not", "isnan", "isinf", "isfinite",
    "isposinf", "isneginf", "isreal", "signbit", "nan_to_num", "exp2", "logit", "sinc", "lgamma", "digamma",
    "erfc", "erfinv", "i0", "frexp", "clone", "zeros_like", "ones_like", "special.entr", "special.erfcx",
    "special.ndtr", "special.ndtri", "special.log_ndtr", "special.i0e", "special.i1", "special.i1e",
    "special.bessel_j0", "special.bessel_j1", "special.bessel_y0", "special.bessel_y1",
    "special.modified_bessel_k0", "special.modified_bessel_k1", "special.scaled_modified_bessel_k0",
    "special.scaled_modified_bessel_k1", "special.modified_bessel_i0", "special.modified_bessel_i1",
    "special.airy_ai", "special.spherical_bessel_j0", "nn.functional.relu", "nn.functional.relu6",
    "nn.functional.leaky_relu", "nn.functional.elu", "nn.functional.selu", "nn.functional.celu",
    "nn.functional.gelu", "nn.functional.silu", "nn.functional.mish", "nn.functional.softplus",
    "nn.functional.softsign", "nn.functional.hardtanh", "nn.functional.hardswish", "nn.functional.hardsigmoid",
    "nn.functional.logsigmoid", "nn.functional.tanhshrink", "nn.functional.softshrink", "nn.functional.hardshrink",
]  # fmt: skip

BINARY = [
    "add", "sub", "rsub", "mul", "div", "true_divide", "floor_divide", "remainder", "fmod", "pow", "float_power",
    "maximum", "minimum", "fmax", "fmin", "atan2", "eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or",
    "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift",
    "copysign", "heaviside", "nextafter", "hypot", "logaddexp", "logaddexp2", "xlogy", "special.xlog1py", "igamma",
    "igammac", "special.zeta", "gcd", "lcm", "isclose", "ldexp", "clamp_min", "clamp_max",
]  # fmt: skip

# What to keep away from, and why.
LIMITS: dict[str, dict[str, Any]] = {
    "acosh": {"low": 1, "special": False},  # PyTorch's gradient below 1 is a number, though the value is NaN
    "logit": {"low": 0.1, "high": 0.9, "special": False},  # -0.0 has the other infinity for a gradient
    "digamma": {"low": 0.1, "special": False},  # PyTorch's derivative at the poles is large, not infinite
    "lgamma": {"low": 0.1},
    "special.airy_ai": {"special": False},  # SciPy has no digits left at the lowest whole numbers, and says NaN
    "nn.functional.softsign": {"dtypes": FLOATS},  # PyTorch's 127 + 1 of int8 wraps around
    "floor_divide": {"dtypes": FLOATS},  # whole numbers divided by 0 are an error in PyTorch
    "remainder": {"dtypes": FLOATS},
    "fmod": {"dtypes": FLOATS},
    "pow": {"low": 0, "special": False, "dtypes": INTEGERS + FLOATS},  # negative powers of whole numbers
    "float_power": {"low": 1, "special": False, "dtypes": fuzz.NUMBERS + fuzz.COMPLEX},
    "atan2": {"dtypes": FLOATS},  # PyTorch squares whole numbers in their own dtype
    "special.zeta": {"dtypes": FLOATS},
    "gcd": {"dtypes": INTEGERS, "special": False},  # the lowest number has no absolute value
    "lcm": {"dtypes": INTEGERS, "special": False},
    "ldexp": {"low": 0, "special": False},  # PyTorch raises 2 to negative whole numbers as a whole number
    "bitwise_left_shift": {"dtypes": INTEGERS, "low": 0, "special": False},
    "bitwise_right_shift": {"dtypes": INTEGERS, "low": 0, "special": False},
    "clamp_min": {"dtypes": REAL}, "clamp_max": {"dtypes": REAL},
}  # fmt: skip

SLACK = {"special.airy_ai": 50.0}  # PyTorch's is off by 2e-6 in float64: SciPy and mpmath agree

OPTIONS: dict[str, tuple[dict[str, Any], ...]] = {
    "round": ({"decimals": 2}, {"decimals": -1}),
    "nan_to_num": ({"nan": 1.0, "posinf": 2.0}, {"neginf": -3.0}),
    "logit": ({"eps": 0.1},),
    "nn.functional.softplus": ({"beta": 2.0, "threshold": 3.0},),
    "nn.functional.elu": ({"alpha": 2.0},),
    "nn.functional.celu": ({"alpha": 0.7},),
    "nn.functional.leaky_relu": ({"negative_slope": 0.3},),
    "nn.functional.hardtanh": ({"min_val": -2.0, "max_val": 1.5},),
    "nn.functional.gelu": ({"approximate": "tanh"},),
    "nn.functional.softshrink": ({"lambd": 1.25},),
    "nn.functional.hardshrink": ({"lambd": 1.25},),
    "nn.functional.threshold": ({"threshold": 1.0, "value": 5.0},),
}


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one(name: str) -> None:
    explore(name, arrays(**LIMITS.get(name, {})), lambda x: check(name, x, tolerance=SLACK.get(name, 1)))


@pytest.mark.parametrize("name", OPTIONS)
def test_functions_of_one_with_options(name: str) -> None:
    drawn = st.tuples(arrays(dtypes=FLOATS, low=-8, high=8), st.sampled_from(OPTIONS[name]))
    explore(name, drawn, lambda given: check(name, given[0], **given[1]))


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two(name: str) -> None:
    whole = {"low": 0, "high": 100} if name.startswith("logical") else {}  # what the other's dtype cannot hold, wraps
    explore(name, several(2, **whole | LIMITS.get(name, {})), lambda pair: check(name, *pair))


WRITTEN = [n for n in UNARY + BINARY if hasattr(ag.Tensor, f"{n}_")]


@pytest.mark.parametrize("name", WRITTEN)
def test_in_place_and_into_out_are_the_same_function(name: str) -> None:
    limits = LIMITS.get(name, {})
    bits = name.startswith("bitwise")
    kinds = tuple(d for d in limits.get("dtypes", FLOATS) if d in FLOATS and not bits) or INTEGERS
    count = 1 if name in UNARY else 2
    explore(name, several(count, same=True, **limits | {"dtypes": kinds}), lambda given: writes_alike(name, given))


def writes_alike(name: str, given: list[Any]) -> None:
    """Compare a call with the same one into a strided ``out``, and with the method that writes into a strided view."""
    x, *rest = map(ag.from_numpy, given)
    wanted = getattr(ag, name)(x, *rest)
    place = ag.zeros((*wanted.shape, 2), dtype=wanted.dtype)
    getattr(ag, name)(x, *rest, out=place[..., 0])
    fuzz.close(fuzz.plain(place[..., 0]), fuzz.plain(wanted), 1e-2, name)  # by the last bit: SIMD or not
    assert not place[..., 1].any()
    if wanted.shape != x.shape:
        return
    place = ag.stack([x, x], -1)
    assert getattr(place[..., 0], f"{name}_")(*rest) is not None
    fuzz.close(fuzz.plain(place[..., 0]), fuzz.plain(wanted.to(x.dtype)), 1e-2, name)
    fuzz.close(fuzz.plain(place[..., 1]), fuzz.plain(x), 0, name)


@pytest.mark.parametrize("name", ["lerp", "addcmul", "addcdiv"])
def test_functions_of_three(name: str) -> None:
    dtypes = FLOATS if name == "addcdiv" else fuzz.NUMBERS + fuzz.COMPLEX
    explore(name, several(3, dtypes, same=True, special=False), lambda three: check(name, *three))


def test_clamp() -> None:
    explore("clamp", several(3, REAL, same=True), lambda three: check("clamp", *three))


def test_where() -> None:
    explore("where", several(3), lambda three: check("where", np.asarray(three[0], bool), *three[1:]))


@pytest.mark.parametrize("number", [True, 2, -1, 0.5, 1 + 2j])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "eq", "pow"])
def test_a_python_number_leaves_the_dtype_to_the_tensor(name: str, number: complex) -> None:
    limits: dict[str, Any] = {"low": 1, "special": False, "dtypes": FLOATS} if name == "pow" else {}
    if isinstance(number, complex):  # infinity has many angles
        limits["special"] = False
    explore(f"{name}{number}", arrays(**limits), lambda x: check(name, x, number))


def test_polygamma() -> None:
    drawn = st.tuples(st.integers(0, 4), arrays(dtypes=FLOATS, low=0.25, special=False))
    explore("polygamma", drawn, lambda given: check("polygamma", *given))


def test_every_elementwise_operator_in_scope_is_tried() -> None:
    headings = ("# arithmetic", "# comparison", "# activations", "# pointwise", "# special functions")
    blocks = [block for h in headings for block in SCOPE.read_text().split(f"{h}\n")[1:]]
    names = {word.split(":")[0] for block in blocks for word in block.split("\n#")[0].split("\n[")[0].split()}
    here = {*UNARY, *BINARY, *OPTIONS, "lerp", "addcmul", "addcdiv", "clamp", "where", "polygamma"}
    elsewhere = {"equal", "allclose", "mvlgamma", "max", "min", "special.polygamma", "nn.functional.glu",
        "nn.functional.prelu", "nn.functional.softmin"}  # fmt: skip
    missing = {n for n in names - here - elsewhere if not n.startswith("__") and "polynomial" not in n}
    assert missing == set()
