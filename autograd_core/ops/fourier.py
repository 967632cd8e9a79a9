"""Discrete Fourier transforms.  Each is linear; the set is closed under adjoints.

``norm`` says which direction divides by the number n of points: "backward" the inverse one, "forward" the forward
one, "ortho" each by sqrt(n).  An adjoint goes the other way and leaves the division where it was.
"""

from __future__ import annotations

from typing import Any

from autograd_core.engine.primitive import primitive
from autograd_core.ops.batching import along

SWAPPED = {"backward": "forward", "ortho": "ortho", "forward": "backward"}

transform = primitive(linear=True, dtypes="float", holomorphic=False)


@transform
def fft(xp: Any, x: Any, /, *, dims: tuple[int, ...], norm: str = "backward", inverse: bool = False) -> Any:
    """Return ``y[k] = sum over j of x[j] * exp(-2 pi i j k / n)`` along ``dims``; with +i the other way."""
    return (xp.fft.ifftn if inverse else xp.fft.fftn)(x, axes=dims, norm=norm)


@transform
def rfft(xp: Any, x: Any, /, *, dims: tuple[int, ...], norm: str = "backward", doubled: bool = False) -> Any:
    """Return the first ``n // 2 + 1`` frequencies (along the last of ``dims``) of the transform of a real ``x``.

    ``doubled``: with twice each frequency that stands for its conjugate too.
    """
    y = xp.fft.rfftn(x, axes=dims, norm=norm)
    return y * _weights(xp, y, dims[-1], x.shape[dims[-1]], 2.0) if doubled else y


@transform
def irfft(xp: Any, x: Any, /, *, dims: tuple[int, ...], n: int, norm: str = "backward", halved: bool = False) -> Any:
    """Return the real inverse transform, with ``n`` points along the last of ``dims``.

    ``halved``: of half of each frequency that stands for its conjugate too.
    """
    sizes = (*(x.shape[d] for d in dims[:-1]), n)
    return xp.fft.irfftn(x * _weights(xp, x, dims[-1], n, 0.5) if halved else x, s=sizes, axes=dims, norm=norm)


def _weights(xp: Any, x: Any, dim: int, n: int, inner: float) -> Any:
    """Return ``inner`` for the frequencies whose conjugates a half spectrum of ``n`` leaves out, else 1."""
    weights = xp.full(x.shape[dim], inner, x.real.dtype)
    weights[0] = 1
    if n % 2 == 0:
        weights[n // 2 :] = 1
    return weights.reshape(-1, *(1,) * (x.ndim - 1 - dim))


fft.vjp(x=lambda g, dims, norm, inverse: fft(g, dims=dims, norm=SWAPPED[norm], inverse=not inverse))
rfft.vjp(
    x=lambda g, x_shape, dims, norm, doubled: irfft(
        g, dims=dims, n=x_shape[dims[-1]], norm=SWAPPED[norm], halved=not doubled
    )
)
irfft.vjp(x=lambda g, dims, norm, halved: rfft(g, dims=dims, norm=SWAPPED[norm], doubled=not halved))
fft.batch(along(fft, "dims"))
rfft.batch(along(rfft, "dims"))
irfft.batch(along(irfft, "dims"))
