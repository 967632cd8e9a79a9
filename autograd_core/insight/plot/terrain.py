"""The three ways to draw a loss around its weights: contours, a surface, a line."""

from __future__ import annotations

import math
from typing import Any

from autograd_core.backend import host
from autograd_core.insight.plot import style

LEVELS = 14
RATIO = 20.0  # from this ratio of the highest to the lowest loss on, colours and axis are logarithmic
DIRECTIONS = "step along random direction {} (in norms of the filters)"


def drawn(kind: str, line: Any, heights: Any, ax: Any, figsize: Any) -> Any:
    """Return the figure of ``heights``, the loss at the points of ``line`` or of its grid."""
    draw, size, options = {
        "contour": (_contour, (5.6, 4.6), {}),
        "surface": (_surface, (6.4, 5.2), {"projection": "3d"}),
        "line": (_line, (5.6, 3.4), {}),
    }[kind]
    axes = style.one_panel(size, ax, figsize, **options)
    if kind == "surface" and axes.name != "3d":
        raise ValueError("landscape: argument ax: kind='surface' needs axes of a 3d projection; wanted projection='3d'")
    shown = host.where(host.isfinite(heights), heights, host.nan)
    logarithmic = _logarithmic(shown)
    note = f"at the weights themselves (○) {float(heights[tuple(n // 2 for n in heights.shape)]):.4g}"
    lost = int(host.isnan(shown).sum())
    if 0 < lost < heights.size:
        note += f"\n{lost} of {heights.size} points NaN or infinite: left blank"
    elif lost:
        note = "the loss is nowhere finite"
    style.head(axes, "Loss around the weights", note)
    if lost < heights.size:
        draw(axes, line, shown, logarithmic)
    return axes.figure


def _logarithmic(heights: Any) -> bool:
    """Return whether the losses are positive and so different that a linear scale would hide the low ones."""
    held = heights[host.isfinite(heights)]
    return bool(held.size) and float(held.min()) > 0 and float(held.max() / held.min()) > RATIO


def _levels(heights: Any, logarithmic: bool) -> Any:
    """Return the heights of the contours; of a flat loss, two around it."""
    low, high = float(host.nanmin(heights)), float(host.nanmax(heights))
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):
        return host.asarray([low - 0.5, low + 0.5])
    if logarithmic:
        return host.geomspace(low, high, LEVELS)
    return host.linspace(low, high, LEVELS)


def _contour(axes: Any, line: Any, heights: Any, logarithmic: bool) -> None:
    levels = _levels(heights, logarithmic)
    colours = style.need("matplotlib.colors")
    norm = (colours.LogNorm if logarithmic else colours.Normalize)(levels[0], levels[-1])
    axes.set_facecolor(style.BLANK)
    look = {"levels": levels, "norm": norm}
    filled = axes.contourf(line, line, heights.T, cmap=style.rising_colours(), extend="neither", **look)
    axes.contour(line, line, heights.T, levels=levels, colors=style.WHITE, linewidths=0.6, alpha=0.8)
    axes.plot([0], [0], "o", markersize=7, markerfacecolor=style.WHITE, markeredgecolor=style.AMBER, markeredgewidth=2)
    axes.grid(False)
    axes.set_aspect("equal")
    style.axis_labels(axes, DIRECTIONS.format(1), DIRECTIONS.format(2))
    bar = axes.figure.colorbar(filled, ax=axes, shrink=0.85, ticks=levels[::3], format="%.3g")
    bar.ax.minorticks_off()
    bar.ax.tick_params(labelsize=style.SMALL, colors=style.GREY, labelcolor=style.INK)
    bar.outline.set_visible(False)
    bar.set_label("loss (logarithmic)" if logarithmic else "loss", color=style.INK, fontsize=style.TEXT)


def _surface(axes: Any, line: Any, heights: Any, logarithmic: bool) -> None:
    """Draw a surface; its heights are logarithms where the losses differ much, since 3d axes have no such scale."""
    shown = host.log10(heights) if logarithmic else heights
    x, y = host.meshgrid(line, line, indexing="ij")
    look = {"cmap": style.rising_colours(), "linewidth": 0.3, "edgecolor": style.WHITE, "antialiased": True}
    axes.plot_surface(x, y, shown, rstride=1, cstride=1, **look)
    middle = len(line) // 2
    if math.isfinite(float(shown[middle, middle])):
        at = ([0], [0], [float(shown[middle, middle])])
        axes.plot(*at, "o", markersize=7, markerfacecolor=style.WHITE, markeredgecolor=style.AMBER, zorder=10)
    axes.set_zlabel("loss, power of 10" if logarithmic else "loss", color=style.INK, fontsize=style.TEXT)
    style.axis_labels(axes, "along direction 1", "along direction 2")
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color(style.WHITE)
        axis.get_major_locator().set_params(nbins=5)
        axis._axinfo["grid"]["color"] = style.RULE
    axes.set_box_aspect((1, 1, 0.7), zoom=1.0)


def _line(axes: Any, line: Any, heights: Any, logarithmic: bool) -> None:
    if logarithmic:
        axes.set_yscale("log")
    axes.plot(line, heights, color=style.BLUE, linewidth=1.8, marker=".", markersize=5)
    middle = len(line) // 2
    look = {"markersize": 7, "markerfacecolor": style.WHITE, "markeredgecolor": style.AMBER, "markeredgewidth": 2}
    axes.plot([0], [heights[middle]], "o", **look)
    style.axis_labels(axes, DIRECTIONS.format(1), "loss (logarithmic axis)" if logarithmic else "loss")
