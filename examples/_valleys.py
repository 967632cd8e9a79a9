"""The loss of a line through points of the plane: what a transform of the points makes of its valley."""

from __future__ import annotations

from typing import Any

from _common import COLOURS, label

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.insight.plot import style

STEPS = 10  # of gradient descent


def cloud_of_points() -> tuple[Tensor, Tensor]:
    """Return points (N, 2) far from the origin, of unequal scales, correlated; and the line's value at each."""
    x = ag.randn(400, 2, generator=ag.Generator(ag.get_default_device()).manual_seed(1))
    x = x @ ag.tensor([[1.6, 0.7], [0.0, 0.4]]) + ag.tensor([2.0, 1.0])
    return x, x @ ag.tensor([0.5, -1.0])


def valley(cloud: Any, axes: Any, name: str, transform: Any) -> None:
    """Draw the points as ``transform`` makes them, and the contours of the squared loss with the path of descent.

    Each step is the gradient over the largest eigenvalue of the Hessian.
    """
    x, target = cloud_of_points()
    x = transform.fit(x)(x)
    cloud.scatter(*x.T.cpu().numpy(), s=4, color=COLOURS[0], alpha=0.5)
    cloud.set(xlim=(-5, 8), ylim=(-4, 5), aspect="equal")
    label(cloud, name, "x₁", "x₂")

    def loss(w: Tensor) -> Tensor:
        return 0.5 * ((x @ w - target) ** 2).mean()

    low, high = ag.linalg.eigvalsh(ag.func.hessian(loss)(ag.zeros(2)))
    best = ag.linalg.lstsq(x, target[:, None]).solution[:, 0]
    path = [best + ag.tensor([-1.5, 1.0])]
    for _ in range(STEPS):
        path.append(path[-1] - ag.func.grad(loss)(path[-1]) / high)
    _contours(axes, loss, best)
    axes.plot(*ag.stack(path).T.cpu().numpy(), ".-", color=COLOURS[1], linewidth=1.2)
    axes.plot(*best.cpu().numpy(), "*", color=COLOURS[2], markersize=9)
    label(axes, "", "w₁", "w₂", f"{STEPS} steps; condition number {(high / low).item():.3g}")


def _contours(axes: Any, loss: Any, middle: Tensor, reach: float = 2.4, points: int = 61) -> None:
    line = ag.linspace(-reach, reach, points)
    places = ag.stack(ag.meshgrid(line, line, indexing="xy"), dim=-1) + middle  # (points, points, 2)
    heights = ag.vmap(loss)(places.view(-1, 2)).view(points, points)
    levels = heights.quantile(ag.linspace(0.01, 0.95, 9)).cpu().numpy()
    across, up = ((line + start).cpu().numpy() for start in middle)
    axes.contour(across, up, heights.cpu().numpy(), levels, colors=style.RULE, linewidths=0.9)
    axes.set_aspect("equal")
