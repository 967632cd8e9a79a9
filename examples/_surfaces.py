"""Three functions of the plane on which optimisers are compared, the curvature at a point, and their contours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from _common import label, need

import autograd_core as ag


class Surface(NamedTuple):
    """A function of the plane, where to start, a minimum (where it is 0), and the part that is drawn."""

    title: str
    function: Callable[[Any, Any], Any]
    start: tuple[float, float]
    minimum: tuple[float, float]
    box: tuple[float, float, float, float]


SURFACES = (
    Surface(
        "Beale's function",
        lambda x, y: (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2,
        start=(1.0, 1.5), minimum=(3.0, 0.5), box=(-0.5, 4.5, -1.7, 2.0),
    ),
    Surface(
        "Rosenbrock's valley",
        lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        start=(-1.2, 1.0), minimum=(1.0, 1.0), box=(-1.8, 1.8, -0.8, 2.2),
    ),
    Surface(
        "Saddle between two minima",
        lambda x, y: 10 * x**2 + (y**2 - 2) ** 2 / 8,
        start=(-1.4, 1e-3), minimum=(0.0, 2**0.5), box=(-1.7, 1.3, -0.9, 2.1),
    ),
)  # fmt: skip


def eigenvalues(surface: Surface, x: float, y: float) -> str:
    """Return the eigenvalues of the Hessian at a point, the lowest first."""
    hessian = ag.func.hessian(lambda point: surface.function(*point))(ag.tensor([x, y], dtype=ag.float64))
    return " and ".join(f"{value:.4g}" for value in ag.linalg.eigvalsh(hessian).tolist())


def contours(axes: Any, surface: Surface) -> None:
    """Draw logarithmic contours in grey, the start as a circle and the minimum as a star."""
    left, right, low, high = surface.box
    x, y = np.meshgrid(np.linspace(left, right, 301), np.linspace(low, high, 301))
    heights = surface.function(x, y) + 1e-6  # a logarithm of 0 is none
    levels = np.geomspace(1e-2, heights.max(), 14)
    norm = need("matplotlib.colors", "matplotlib").LogNorm(levels[0], levels[-1] * 1e5)  # its light half
    axes.contourf(x, y, heights, levels=levels, cmap="Greys", norm=norm, extend="min")
    axes.contour(x, y, heights, levels=levels, colors="white", linewidths=0.5)
    look = {"color": "white", "markeredgecolor": "black", "zorder": 5}
    axes.plot(*surface.start, "o", markersize=7, **look)
    axes.plot(*surface.minimum, "*", markersize=13, **look)
    axes.grid(False)
    axes.set(xlim=(left, right), ylim=(low, high))
    label(axes, surface.title, "x", "y")
