"""PyTorch's ``special`` namespace: special functions, and other names of functions of ``ag``."""

from __future__ import annotations

from autograd_core import guard
from autograd_core.composites.bessel_functions import (
    airy_ai,
    bessel_j0,
    bessel_j1,
    bessel_y0,
    bessel_y1,
    i0,
    i0e,
    i1,
    i1e,
    modified_bessel_k0,
    modified_bessel_k1,
    scaled_modified_bessel_k0,
    scaled_modified_bessel_k1,
)
from autograd_core.composites.bessel_functions import i0 as modified_bessel_i0
from autograd_core.composites.bessel_functions import i1 as modified_bessel_i1
from autograd_core.composites.error_functions import erfc, erfcx, erfinv, log_ndtr, ndtr, ndtri
from autograd_core.composites.gamma_functions import digamma, polygamma, zeta
from autograd_core.composites.gamma_functions import digamma as psi
from autograd_core.composites.gamma_functions import igamma as gammainc
from autograd_core.composites.gamma_functions import igammac as gammaincc
from autograd_core.composites.gamma_functions import lgamma as gammaln
from autograd_core.composites.gamma_functions import mvlgamma as multigammaln
from autograd_core.composites.logarithms import entr, exp2, logit, sinc, spherical_bessel_j0, xlog1py, xlogy
from autograd_core.composites.pointwise import log_softmax, softmax
from autograd_core.composites.polynomials import (
    chebyshev_polynomial_t,
    chebyshev_polynomial_u,
    chebyshev_polynomial_v,
    chebyshev_polynomial_w,
    hermite_polynomial_h,
    hermite_polynomial_he,
    laguerre_polynomial_l,
    legendre_polynomial_p,
    shifted_chebyshev_polynomial_t,
    shifted_chebyshev_polynomial_u,
    shifted_chebyshev_polynomial_v,
    shifted_chebyshev_polynomial_w,
)
from autograd_core.composites.reduction import logsumexp
from autograd_core.ops.functions import erf, expm1, log1p
from autograd_core.ops.functions import sigmoid as expit
from autograd_core.ops.logic import round

__all__ = [
    "airy_ai", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "chebyshev_polynomial_t", "chebyshev_polynomial_u",
    "chebyshev_polynomial_v", "chebyshev_polynomial_w", "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2",
    "expit", "expm1", "gammainc", "gammaincc", "gammaln", "hermite_polynomial_h", "hermite_polynomial_he", "i0", "i0e",
    "i1", "i1e", "laguerre_polynomial_l", "legendre_polynomial_p", "log1p", "log_ndtr", "log_softmax", "logit",
    "logsumexp", "modified_bessel_i0", "modified_bessel_i1", "modified_bessel_k0", "modified_bessel_k1",
    "multigammaln", "ndtr", "ndtri", "polygamma", "psi", "round", "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1", "shifted_chebyshev_polynomial_t", "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v", "shifted_chebyshev_polynomial_w", "sinc", "softmax", "spherical_bessel_j0",
    "xlog1py", "xlogy", "zeta",
]  # fmt: skip

guard.protect(globals())
