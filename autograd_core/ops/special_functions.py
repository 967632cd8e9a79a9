"""Special functions: one primitive for those of one argument, one for pairs; a table gives values and derivatives.

A derivative is a formula in polymorphic primitives, with the other entries among them, so that every entry can be
differentiated as often as its derivatives can.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd_core.backend.device import special_of
from autograd_core.engine.primitive import primitive
from autograd_core.errors import DTypeError, GraphError
from autograd_core.ops.arithmetic import where
from autograd_core.ops.functions import exp, log, sigmoid
from autograd_core.ops.logic import sign

Function = Callable[..., Any]
LN2, SQRT_PI, SQRT_2PI = math.log(2), math.sqrt(math.pi), math.sqrt(2 * math.pi)


@primitive(elementwise=True, dtypes="float")
def special_function(xp: Any, x: Any, /, *, name: str) -> Any:
    """Return the function ``name`` of ``VALUES`` of each element.  Raises: DTypeError for most of complex numbers."""
    _refuse_complex(name, x)
    return VALUES[name](xp, x)


special_function.vjp(x=lambda g, x, y, name: g * DERIVATIVES[name](x, y))


@primitive(broadcasts=True, elementwise=True, dtypes="float")
def special_pair(xp: Any, a: Any, b: Any, /, *, name: str) -> Any:
    """Return the function ``name`` of ``PAIR_VALUES`` of each pair.  Shape: broadcastable pair -> common shape.

    Raises: DTypeError for most of complex numbers.
    """
    _refuse_complex(name, a, b)
    return PAIR_VALUES[name](xp, a, b)


special_pair.vjp(
    a=lambda g, a, b, y, name: g * PAIR_DERIVATIVES[name][0](a, b, y),
    b=lambda g, a, b, y, name: g * PAIR_DERIVATIVES[name][1](a, b, y),
)


COMPLEX = {"exp2", "logaddexp"}


def _refuse_complex(name: str, *arrays: Any) -> None:
    if name not in COMPLEX and any(a.dtype.kind == "c" for a in arrays if hasattr(a, "dtype")):
        raise DTypeError(f"{name}: not implemented for complex numbers; wanted real ones")


# ---- one argument ----


def _scipy(name: str) -> Function:
    return lambda xp, *arrays: getattr(special_of(xp), name)(*arrays)


def _exp2(xp: Any, x: Any) -> Any:
    return xp.exp(x * LN2) if x.dtype.kind == "c" else xp.exp2(x)


def _lgamma(xp: Any, x: Any) -> Any:
    return special_of(xp).gammaln(xp.where(x == -math.inf, math.inf, x))  # SciPy has -inf at -inf, PyTorch inf


def _airy(xp: Any, x: Any) -> Any:
    return special_of(xp).airy(xp.minimum(x, 200.0))  # 0 from there on, but NaN in SciPy far out


def _trigamma(x: Any) -> Any:
    return special_pair(2.0, x, name="zeta")


def _over(y: Any, x: Any, limit: float) -> Any:
    """Return ``y / x``, and ``limit`` where ``x`` is 0."""
    zero = x == 0
    return where(zero, limit, y / where(zero, 1.0, x))


def _logit_derivative(x: Any, y: Any) -> Any:
    return where((x < 0) | (x > 1), math.nan, 1 / (x * (1 - x)))


VALUES: dict[str, Function] = {
    "exp2": _exp2,
    "mantissa": lambda xp, x: xp.frexp(x)[0],
    "logit": _scipy("logit"),
    "entr": _scipy("entr"),
    "lgamma": _lgamma,
    "digamma": _scipy("psi"),
    "erfc": _scipy("erfc"),
    "erfcx": _scipy("erfcx"),
    "erfinv": _scipy("erfinv"),
    "ndtr": _scipy("ndtr"),
    "ndtri": _scipy("ndtri"),
    "log_ndtr": _scipy("log_ndtr"),
    "airy_ai": lambda xp, x: _airy(xp, x)[0],
    "airy_ai_prime": lambda xp, x: _airy(xp, x)[1],
    "i0": _scipy("i0"),
    "i0e": _scipy("i0e"),
    "i1": _scipy("i1"),
    "i1e": _scipy("i1e"),
    "bessel_j0": _scipy("j0"),
    "bessel_j1": _scipy("j1"),
    "bessel_y0": _scipy("y0"),
    "bessel_y1": _scipy("y1"),
    "modified_bessel_k0": _scipy("k0"),
    "modified_bessel_k1": _scipy("k1"),
    "scaled_modified_bessel_k0": _scipy("k0e"),
    "scaled_modified_bessel_k1": _scipy("k1e"),
}


def _of(name: str) -> Function:
    return lambda x: special_function(x, name=name)


digamma, erfcx, airy, airy_prime = _of("digamma"), _of("erfcx"), _of("airy_ai"), _of("airy_ai_prime")
i0, i1, i0e, i1e = _of("i0"), _of("i1"), _of("i0e"), _of("i1e")
j0, j1, y0, y1 = _of("bessel_j0"), _of("bessel_j1"), _of("bessel_y0"), _of("bessel_y1")
k0, k1 = _of("modified_bessel_k0"), _of("modified_bessel_k1")
k0e, k1e = _of("scaled_modified_bessel_k0"), _of("scaled_modified_bessel_k1")

# d/dx of each, given the argument x and the value y
DERIVATIVES: dict[str, Function] = {
    "exp2": lambda x, y: y * LN2,
    "mantissa": lambda x, y: where(x == y, 1.0, y / where(x == y, 1.0, x)),  # at 0 and infinity too
    "logit": _logit_derivative,
    "entr": lambda x, y: -1 - log(x),
    "lgamma": lambda x, y: digamma(x),
    "digamma": lambda x, y: _trigamma(x),
    "erfc": lambda x, y: -2 / SQRT_PI * exp(-(x * x)),
    "erfcx": lambda x, y: 2 * x * y - 2 / SQRT_PI,
    "erfinv": lambda x, y: SQRT_PI / 2 * exp(y * y),
    "ndtr": lambda x, y: exp(-0.5 * (x * x)) / SQRT_2PI,
    "ndtri": lambda x, y: SQRT_2PI * exp(0.5 * (y * y)),
    "log_ndtr": lambda x, y: math.sqrt(2 / math.pi) / erfcx(x * -math.sqrt(0.5)),
    "airy_ai": lambda x, y: airy_prime(x),
    "airy_ai_prime": lambda x, y: x * airy(x),
    "i0": lambda x, y: i1(x),
    "i0e": lambda x, y: i1e(x) - sign(x) * y,
    "i1": lambda x, y: i0(x) - _over(y, x, 0.5),
    "i1e": lambda x, y: i0e(x) - sign(x) * y - _over(y, x, 0.5),
    "bessel_j0": lambda x, y: -j1(x),
    "bessel_j1": lambda x, y: j0(x) - _over(y, x, 0.5),
    "bessel_y0": lambda x, y: -y1(x),
    "bessel_y1": lambda x, y: y0(x) - y / x,
    "modified_bessel_k0": lambda x, y: -k1(x),
    "modified_bessel_k1": lambda x, y: -k0(x) - y / x,
    "scaled_modified_bessel_k0": lambda x, y: y - k1e(x),
    "scaled_modified_bessel_k1": lambda x, y: y - k0e(x) - y / x,
}


# ---- two arguments ----


def _log_unless(impossible: Any, x: Any) -> Any:
    """Return ``log(x)``, and 0 where the product it stands in is 0 whatever it is."""
    return log(where(impossible, 1.0, x))


def _gamma_density(a: Any, b: Any) -> Any:
    """Return ``b**(a-1) e**-b / gamma(a)``, the derivative of the regularised lower incomplete gamma function."""
    return exp((a - 1) * log(b) - b - special_function(a, name="lgamma"))


def _logaddexp(xp: Any, a: Any, b: Any) -> Any:
    if a.dtype.kind != "c":
        return xp.logaddexp(a, b)
    top, low = xp.where(a.real < b.real, b, a), xp.where(a.real < b.real, a, b)
    return top + xp.log1p(xp.exp(low - top))


def _unknown(name: str) -> Function:
    def raise_error(*_: Any) -> Any:
        raise GraphError(f"{name}: the derivative in its first argument is not implemented; detach() it")

    return raise_error


PAIR_VALUES: dict[str, Function] = {
    "copysign": lambda xp, a, b: xp.copysign(a, b),
    "nextafter": lambda xp, a, b: xp.nextafter(a, b),
    "hypot": lambda xp, a, b: xp.hypot(a, b),
    "logaddexp": _logaddexp,
    "logaddexp2": lambda xp, a, b: xp.logaddexp2(a, b),
    "xlogy": _scipy("xlogy"),
    "xlog1py": _scipy("xlog1py"),
    "igamma": _scipy("gammainc"),
    "igammac": _scipy("gammaincc"),
    "zeta": _scipy("zeta"),
}

# d/da and d/db of each, given the arguments and the value
PAIR_DERIVATIVES: dict[str, tuple[Function, Function]] = {
    "copysign": (lambda a, b, y: _over(y, a, 0.0), lambda a, b, y: (y == y) * 0.0),
    "nextafter": (lambda a, b, y: where(a == b, 0.0, 1.0), lambda a, b, y: y * 0),
    "hypot": (lambda a, b, y: a / y, lambda a, b, y: b / y),
    "logaddexp": (lambda a, b, y: sigmoid(a - b), lambda a, b, y: sigmoid(b - a)),
    "logaddexp2": (lambda a, b, y: sigmoid((a - b) * LN2), lambda a, b, y: sigmoid((b - a) * LN2)),
    "xlogy": (lambda a, b, y: _log_unless((a == 0) & (b <= 0), b), lambda a, b, y: a / b),
    "xlog1py": (lambda a, b, y: _log_unless((a == 0) & (b <= -1), 1 + b), lambda a, b, y: a / (1 + b)),
    "igamma": (_unknown("igamma"), lambda a, b, y: _gamma_density(a, b)),
    "igammac": (_unknown("igammac"), lambda a, b, y: -_gamma_density(a, b)),
    "zeta": (_unknown("zeta"), lambda a, b, y: -a * special_pair(a + 1, b, name="zeta")),
}
