"""The Gaussian error linear unit on the CPU: in float32 by a polynomial, on blocks in several threads.

The error function of SciPy takes 9 ns an element, a tanh of NumPy 0.4.  With ``P(x**2) = atanh(erf(x / sqrt(2))) / x``,
which is smooth and nearly constant, ``Phi(x) = (1 + tanh(x * P(x**2))) / 2``.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from autograd_core.backend.cpu.scratch import scratch
from autograd_core.backend.cpu.threads import run_parts, thread_count
from autograd_core.backend.shared import gating
from autograd_core.backend.shared.error_function import ATANH_ERF
from autograd_core.backend.shared.gating import CUBIC, DENSITY, LINEAR

__all__ = ["gelu"]

_BLOCK = 1 << 17  # elements: a block and its buffers stay in the cache, and threads seldom wait for the interpreter
_FEW = 1 << 17  # elements: for fewer, a second thread costs more than it brings


def gelu(xp: ModuleType, x: Any, approximate: str) -> tuple[Any, Any]:
    """Return ``x * Phi(x)`` and its derivative; Phi is the normal distribution function, or close to it."""
    if x.dtype != np.float32:
        return gating.gelu(xp, x, approximate)
    flat = np.ascontiguousarray(x).reshape(-1)
    y, slope = np.empty_like(flat), np.empty_like(flat)
    block = _exact if approximate == "none" else _by_tanh

    def work(part: list[slice]) -> None:
        with np.errstate(all="ignore"):
            for at in part:
                block(flat[at], y[at], slope[at])

    threads = thread_count() if flat.size >= _FEW else 1
    rounds = max(1, -(-flat.size // (threads * _BLOCK)))
    step = max(1, -(-flat.size // (threads * rounds)))
    blocks = [slice(i, i + step) for i in range(0, flat.size, step)]
    run_parts(work, [blocks[t::threads] for t in range(threads)])
    return y.reshape(x.shape), slope.reshape(x.shape)


def _exact(x: Any, y: Any, slope: Any) -> None:
    squares = np.multiply(x, x, out=scratch("gelu_squares", x.shape, x.dtype))
    share = _share(x, squares, ATANH_ERF, y)
    # x's density: exp(-x**2 / 2), scaled
    squares *= -0.5
    np.exp(squares, out=squares)
    squares *= DENSITY
    squares *= x
    np.add(squares, share, out=slope)
    y *= x


def _by_tanh(x: Any, y: Any, slope: Any) -> None:
    squares = np.multiply(x, x, out=scratch("gelu_squares", x.shape, x.dtype))
    share = _share(x, squares, (LINEAR, CUBIC), y)
    squares *= 3 * CUBIC
    squares += LINEAR
    squares *= x
    # the derivative of share, 2 * share * (1 - share) * squares, and share itself
    np.subtract(1, share, out=slope)
    slope *= squares
    slope *= 2
    slope += 1
    slope *= share
    y *= x


def _share(x: Any, squares: Any, coefficients: tuple[float, ...], out: Any) -> Any:
    """Return ``(1 + tanh(x * polynomial(squares))) / 2``."""
    np.multiply(squares, coefficients[-1], out=out)
    for c in coefficients[-2:0:-1]:
        out += c
        out *= squares
    out += coefficients[0]
    out *= x
    np.tanh(out, out=out)
    out *= 0.5
    out += 0.5
    return out
