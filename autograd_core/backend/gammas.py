"""Draws of the gamma distribution, and how they move with its parameter, on the host."""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import special_of
from autograd_core.backend.generator import Stream


def log_gammas(stream: Stream, a: Any) -> Any:
    """Return the logarithms of draws at rate 1 of an array of concentrations.

    Below 1 a draw is one at ``a + 1`` times ``u**(1 / a)``: for small ``a`` it is too small to be held, its logarithm
    is not.  Source: Marsaglia & Tsang, A simple method for generating gamma variables (2000), section 6.
    """
    boost = a < 1
    drawn = host.log(stream.draw.standard_gamma(a + boost))
    return drawn - host.where(boost, stream.draw.standard_exponential(a.shape) / a, 0)


def log_slopes(a: Any, log_z: Any) -> Any:
    """Return d(log z)/da where ``z`` stays the same quantile of the gamma distribution of concentration ``a``.

    With the cdf ``P(a, z)`` and the density ``p`` that is ``-(dP/da) / (z p)``; the upper tail serves where it is the
    smaller, and for ``z`` near 0, ``P`` is ``z**a / Gamma(a + 1)``.

    Source: Figurnov, Mohamed & Mnih, Implicit Reparameterization Gradients (2018), equation 4.
    """
    special = special_of(host)
    step = 1e-4 * host.minimum(a, host.sqrt(a))
    z = host.exp(log_z)
    body = special.gammainc(a + step, z) - special.gammainc(a - step, z)
    tail = special.gammaincc(a - step, z) - special.gammaincc(a + step, z)
    change = host.where(z < a, body, tail) / (2 * step)
    with host.errstate(all="ignore"):
        inner = -change * host.exp(special.gammaln(a) + z - a * log_z)
    return host.where(log_z < -20, (special.digamma(a + 1) - log_z) / a, inner)
