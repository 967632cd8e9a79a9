"""``weights``: filters of convolutions and matrices as images, with a histogram that is the key to the colours."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from autograd_core.backend import host
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError
from autograd_core.insight.plot import style, tiles
from autograd_core.insight.plot.rows import short
from autograd_core.insight.plot.sampling import check_most, percent, values

ROW, WIDTH = 2.5, 9.0  # inches
BINS = (15, 61)  # of a histogram, the fewest and the most


def weights(
    model: Any,
    names: Iterable[str] | None = None,
    *,
    image: tuple[int, int] | None = None,
    max_tiles: int = 128,
    max_rows: int | None = 12,
    figsize: tuple[float, float] | None = None,
) -> Any:
    """Return a figure with a row for each weight: an image, and the histogram of all its values.

    Filters of a convolution stand as tiles: those with 1 input channel or more than 4 show each channel by itself,
    a row of tiles per filter; those with 3 are seen in colours, grey being 0.  A matrix is one image, a row per
    output.  Blue is above 0, amber below, white at 0, and the bars of the histogram have the colours of their values.

    Args:
        model: a module.
        names: which parameters; None takes all of two or more dimensions.
        image: the size of the images that a matrix takes: each of its rows is then a tile of that size.
        max_tiles: draw at most so many tiles of a weight.
        max_rows: draw at most so many weights, the first; None draws all.
        figsize: of the figure, in inches.

    Raises: TypeError for a model that is none; ValueError for a name that no parameter has, or where there is nothing
    to draw; ImportError without Matplotlib.
    """
    check_most("weights", max_rows)
    if max_tiles < 1:
        raise ValueError(f"weights: argument max_tiles: got {max_tiles}; wanted at least 1")
    chosen = _chosen(model, names)
    _check_image(chosen, image)
    shown = chosen[:max_rows]
    made = style.figure(figsize or (WIDTH, ROW * len(shown) + 0.3))
    grid = made.add_gridspec(len(shown), 2, width_ratios=(2.1, 1))
    for row, (name, weight) in enumerate(shown):
        left, right = (style.dressed(made.add_subplot(grid[row, column])) for column in (0, 1))
        _draw(left, right, name, weight, image, max_tiles)
    if len(shown) < len(chosen):
        made.supxlabel(
            f"the first {len(shown)} of {len(chosen)} weights (max_rows)", fontsize=style.SMALL, color=style.GREY
        )
    return made


def _chosen(model: Any, names: Iterable[str] | None) -> list[tuple[str, Tensor]]:
    """Return the weights to draw, with their names."""
    if not hasattr(model, "named_parameters"):
        raise DTypeError(f"weights: argument model: got {type(model).__name__}; wanted a module")
    held = dict(model.named_parameters())
    if names is None:
        chosen = [(name, weight) for name, weight in held.items() if weight.ndim > 1 and weight.numel()]
        if not chosen:
            raise ValueError("weights: argument model: no parameter has two or more dimensions")
        return chosen
    wanted = [names] if isinstance(names, str) else list(names)
    for name in wanted:
        if name not in held:
            raise ValueError(f"weights: argument names: no parameter is called {name!r}; there are {', '.join(held)}")
    if not wanted:
        raise ValueError(f"weights: argument names: got none; wanted some of {', '.join(held)}")
    return [(name, held[name]) for name in wanted]


def _check_image(chosen: list[tuple[str, Tensor]], image: tuple[int, int] | None) -> None:
    """Refuse a size of images that no matrix takes."""
    if image is None:
        return
    widths = {name: int(weight.shape[1]) for name, weight in chosen if weight.ndim == 2}
    if math.prod(image) not in widths.values():
        listed = ", ".join(f"{name} {width}" for name, width in widths.items()) or "none"
        raise ValueError(
            f"weights: argument image: {image[0]} × {image[1]} has {math.prod(image)} elements; "
            f"the inputs of the matrices are: {listed}"
        )


def _draw(left: Any, right: Any, name: str, weight: Tensor, image: Any, most: int) -> None:
    """Draw one weight: its image on the left, its histogram on the right."""
    array = values(weight)
    finite = array[host.isfinite(array)]
    limit = float(host.abs(finite).max()) if finite.size and finite.any() else 1.0
    picture = tiles.arranged(array, image, most)
    style.head(left, name, " × ".join(map(str, weight.shape)) + f": {picture.note}")
    look = {} if picture.colours else {"cmap": style.signed_colours(), "vmin": -limit, "vmax": limit}
    shown: Any = host.ma.masked_invalid(picture.pixels)
    if picture.colours:
        shown = (0.5 + 0.5 * shown / limit).filled(1.0)  # colours have no blank: gaps are white
    left.set_facecolor(style.BLANK)
    left.imshow(shown, aspect=picture.aspect, interpolation="nearest", **look)
    left.set_anchor("NW")
    left.grid(False)
    left.set(xticks=[], yticks=[])
    left.spines[:].set_visible(False)
    style.axis_labels(left, picture.x, picture.y)
    _histogram(right, finite, array.size - finite.size, limit)


def _histogram(axes: Any, finite: Any, lost: int, limit: float) -> None:
    """Draw how often each value occurs, in the colour that it has in the image."""
    bins = min(max(BINS[0], 2 * math.isqrt(finite.size) + 1), BINS[1])  # an odd number: one bar stands around 0
    counts, edges = host.histogram(finite, bins=bins, range=(-limit, limit))
    middles = (edges[1:] + edges[:-1]) / 2
    colours = style.signed_colours()(0.5 + 0.5 * middles / limit)
    look = {"edgecolor": style.GREY, "linewidth": 0.25}
    axes.bar(edges[:-1], counts, width=edges[1] - edges[0], align="edge", color=colours, **look)
    axes.grid(False, axis="x")
    note = f"mean {short(finite.mean())}, std {short(finite.std())}" if finite.size else "no finite value"
    if lost:
        note += f"; {percent(lost, lost + finite.size)} NaN or infinite"
    style.head(axes, "", note)
    style.axis_labels(axes, "value", "how many")
