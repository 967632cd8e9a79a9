"""Special functions, against SciPy's; those of one argument and of pairs are one primitive each."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from autograd_core.errors import DTypeError, ShapeError
from tests.rows import FLOATS, Rng, Row, bad, broken, nonzero, positive, real, s
from tests.tables import function
from tests.tables.pointwise import inside, misfit, no_number

ONE = (s((2, 3)), s(()))
TWO = (s((2, 3), (3,)), s((2,), ()))
DEGREES = np.array([[0, 1, 2], [3, 5, -1]])


def probability(rng: Rng, shape: tuple[int, ...]) -> Any:
    """Numbers in [0.1, 0.9)."""
    return np.asarray(rng.uniform(0.1, 0.9, shape))


# what SciPy calls each, and where it is smooth
VALUES: dict[str, tuple[Any, Any]] = {
    "exp2": (sp.exp2, real), "logit": (sp.logit, probability), "entr": (sp.entr, positive),
    "erfc": (sp.erfc, real), "erfcx": (sp.erfcx, real), "erfinv": (sp.erfinv, inside), "ndtr": (sp.ndtr, real),
    "ndtri": (sp.ndtri, probability), "log_ndtr": (sp.log_ndtr, real), "lgamma": (sp.gammaln, positive),
    "digamma": (sp.psi, positive), "i0": (sp.i0, real),
    "i0e": (sp.i0e, nonzero), "i1": (sp.i1, nonzero), "i1e": (sp.i1e, nonzero), "bessel_j0": (sp.j0, real),
    "bessel_j1": (sp.j1, nonzero), "bessel_y0": (sp.y0, positive), "bessel_y1": (sp.y1, positive),
    "modified_bessel_k0": (sp.k0, positive), "modified_bessel_k1": (sp.k1, positive),
    "scaled_modified_bessel_k0": (sp.k0e, positive), "scaled_modified_bessel_k1": (sp.k1e, positive),
    "airy_ai": (lambda x: sp.airy(x)[0], real), "airy_ai_prime": (lambda x: sp.airy(x)[1], real),
    "mantissa": (lambda x: np.frexp(x)[0], broken),
}  # fmt: skip
PAIRS: dict[str, tuple[Any, Any]] = {
    "copysign": (np.copysign, nonzero), "nextafter": (np.nextafter, real), "hypot": (np.hypot, nonzero),
    "logaddexp": (np.logaddexp, real), "logaddexp2": (np.logaddexp2, real), "xlogy": (sp.xlogy, (real, positive)),
    "xlog1py": (sp.xlog1py, (real, positive)), "igamma": (sp.gammainc, positive), "igammac": (sp.gammaincc, positive),
    "zeta": (lambda a, b: sp.zeta(a, b), positive),
}  # fmt: skip
FIRST = {"igamma", "igammac", "zeta"}  # can be differentiated in their second argument only
WHOLE = np.array([2, 3])


def apply(x: Any, *, name: str) -> Any:
    return VALUES[name][0](x)


def apply_pair(a: Any, b: Any, *, name: str) -> Any:
    return PAIRS[name][0](a, b)


def one(path: str, name: str = "", **columns: Any) -> Row:
    """A function of one argument."""
    name = name or path.split(".")[-1]
    values, domain = VALUES[name]
    what = (bad(DTypeError, f"^{name}: got str; wanted at least one Tensor", "text"),)
    return function(path, *ONE, **{"numpy": values, "domain": domain, "dtypes": FLOATS, "errors": what} | columns)


def undifferentiated(path: str, name: str = "") -> Row:
    """A function of one argument that PyTorch cannot differentiate: SciPy and finite differences are the reference."""
    return one(path, name, torch=None)


def two(path: str, name: str = "", **columns: Any) -> Row:
    """A function of two arguments."""
    name = name or path.split(".")[-1]
    values, domain = PAIRS[name]
    return function(path, *TWO, **{"numpy": values, "domain": domain, "errors": (misfit(name),)} | columns)


def second(path: str, name: str = "", **columns: Any) -> Row:
    """A function of two arguments that can be differentiated in the second only."""
    name = name or path.split(".")[-1]
    values, domain = PAIRS[name]
    unknown = bad(ShapeError, f"^{name}: the shapes of", (2, 3), (4,))
    return function(path, s(WHOLE, (2,)), s(WHOLE, (3, 1)), numpy=values, domain=domain, errors=(unknown,),
        tolerance=1e-8, **columns)  # fmt: skip


def polynomial(name: str, values: Any) -> Row:
    """An orthogonal polynomial, in SciPy's order of arguments: the degree, then ``x``."""
    what = (bad(DTypeError, "^polynomial: got float; wanted a Tensor", 0.5, 3),)
    return function(f"special.{name}", s((2, 3), DEGREES), s((2,), 4), s((), DEGREES[1]), torch=None, syncs=True,
        errors=what, numpy=lambda x, n: np.where(n < np.zeros_like(x), 0.0, values(np.maximum(n, 0), x)))  # fmt: skip


def polynomials() -> dict[str, Any]:
    def u(n: Any, x: Any) -> Any:
        return np.where(n < 0, 0.0, sp.eval_chebyu(np.maximum(n, 0), x))

    chebyshev = {"t": sp.eval_chebyt, "u": u, "v": lambda n, x: u(n, x) - u(n - 1, x),
                 "w": lambda n, x: u(n, x) + u(n - 1, x)}  # fmt: skip
    found = {f"chebyshev_polynomial_{k}": f for k, f in chebyshev.items()}
    found |= {f"shifted_{k}": lambda n, x, f=f: f(n, 2 * np.asarray(x) - 1) for k, f in found.items()}
    return found | {"hermite_polynomial_h": sp.eval_hermite, "hermite_polynomial_he": sp.eval_hermitenorm,
                    "laguerre_polynomial_l": sp.eval_laguerre, "legendre_polynomial_p": sp.eval_legendre}  # fmt: skip


def polygamma(n: int, x: Any) -> Any:
    return sp.polygamma(n, x)


def sine_ratio(x: Any) -> Any:
    return np.sinc(x / np.pi)


PRIMITIVES = [
    Row("special_function", *(s((2,), name=name) for name in VALUES if "airy" not in name), domain=probability,
        numpy=apply, torch=None, errors=(bad(DTypeError, "^ndtr: got str; wanted at least", "a", name="ndtr"),)),
    Row("special_pair", *(s(WHOLE if name in FIRST else (2,), (2,), name=name) for name in PAIRS), domain=probability,
        numpy=apply_pair, torch=None, errors=(bad(ShapeError, "^hypot: the shapes of", (2,), (3,), name="hypot"),)),
]  # fmt: skip

FUNCTIONS = [
    # ---- exponentials and logarithms ----
    one("exp2"),
    one("logit"),
    function("special.logit", s((2, 3), 0.2), domain=probability, order=1,
        numpy=lambda x, eps: sp.logit(np.clip(x, eps, 1 - eps))),
    one("special.entr"),
    function("sinc", *ONE, domain=nonzero),
    two("hypot"),
    two("logaddexp", errors=(misfit("logaddexp"), no_number("logaddexp"))),
    two("logaddexp2"),
    two("xlogy"),
    two("special.xlog1py", "xlog1py"),

    # ---- gamma functions ----
    one("lgamma"),
    one("digamma", tolerance=1e-8),
    function("mvlgamma", s((2, 3), 2), s((), p=1), domain=lambda rng, shape: positive(rng, shape) + 1,
        numpy=lambda x, p: np.vectorize(sp.multigammaln)(x, p),
        errors=(bad(ShapeError, "^mvlgamma: p has to be greater than or equal to 1", (2,), 0),)),
    *(function(name, s(2, (2, 3)), s(0, ()), s(1, (3,)), domain=positive, numpy=polygamma, tolerance=1e-8,
        errors=(bad(ShapeError, "^polygamma: .* does not support negative n", -1, (2,)),))
      for name in ("polygamma", "special.polygamma")),
    second("igamma"),
    second("igammac"),
    second("special.zeta", "zeta"),

    # ---- error functions ----
    one("erfc"),
    one("erfinv"),
    one("special.erfcx"),
    one("special.ndtr"),
    one("special.ndtri"),
    one("special.log_ndtr"),

    # ---- Bessel functions ----
    one("i0"),
    one("special.i0e"),
    one("special.i1"),
    one("special.i1e"),
    *(undifferentiated(f"special.{name}") for name in VALUES if "bessel" in name),
    undifferentiated("special.modified_bessel_i0", "i0"),
    undifferentiated("special.modified_bessel_i1", "i1"),
    one("special.airy_ai", torch=None, device=False),
    function("special.spherical_bessel_j0", *ONE, domain=nonzero, torch=None, numpy=sine_ratio),

    # ---- orthogonal polynomials ----
    *(polynomial(name, values) for name, values in polynomials().items()),
]  # fmt: skip
