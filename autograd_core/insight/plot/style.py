"""How all figures look: one palette, that of the drawings, and axes without clutter.

Series are told apart by colour and by dash.  Each two of their colours stay apart for every kind of colour vision:
blue, amber, ink and sky, of which the first two also are the border of parameters and of outputs in a drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core import optional
from autograd_core.backend import host

BLUE, AMBER, INK, SKY = "#1D4ED8", "#B45309", "#0F172A", "#0EA5E9"
GREY, RULE, PALE, WHITE = "#64748B", "#CBD5E1", "#DBEAFE", "#FFFFFF"
BLANK = "#94A3B8"  # where an image has nothing: no value of a colour map looks like it
SERIES = ((BLUE, "-"), (AMBER, "-"), (INK, "--"), (SKY, "-."))  # colour and dash of the first, second, ... line
SMALL, TEXT, TITLE = 8.0, 9.0, 10.5  # sizes of type in points
PANEL = (4.3, 2.9)  # inches


def need(module: str) -> Any:
    """Return one of Matplotlib's modules.  Raises: ImportError saying what to install."""
    return optional.need(module, "Matplotlib", "plot: a figure")


def figure(size: tuple[float, float]) -> Any:
    """Return an empty white figure of ``size`` inches."""
    need("matplotlib")
    made = need("autograd_core.insight.plot.canvas").Picture(figsize=size, layout="constrained", facecolor=WHITE)
    made.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
    return made


def one_panel(size: tuple[float, float], ax: Any = None, figsize: Any = None, **options: Any) -> Any:
    """Return the axes to draw in: ``ax``, or those of a new figure of ``figsize``, or else ``size``, inches."""
    (axes,) = panels(1, size, ax, figsize, **options)
    return axes


def panels(count: int, size: tuple[float, float], ax: Any = None, figsize: Any = None, **options: Any) -> list[Any]:
    """Return ``count`` axes: those given as ``ax``, or those of a new figure, at most three side by side.

    Raises: ValueError where another number of axes was given, or axes and a size.
    """
    if ax is not None:
        given = list(host.ravel(host.asarray(ax, dtype=object)))
        if figsize is not None:
            raise ValueError("plot: argument figsize: got it with ax, whose figure has a size; wanted one of both")
        if len(given) != count:
            raise ValueError(f"plot: argument ax: got {len(given)} axes; wanted {count}, one for each panel")
        return [dressed(axes) for axes in given]
    columns = min(count, 3)
    rows = -(-count // columns)
    made = figure(figsize or (size[0] * columns, size[1] * rows))
    grid = made.add_gridspec(rows, columns)
    return [dressed(made.add_subplot(grid[divmod(i, columns)], **options)) for i in range(count)]


def dressed(axes: Any) -> Any:
    """Give axes the look of all figures, whatever the user's ``rcParams`` say; return them."""
    axes.set_facecolor(WHITE)
    axes.tick_params(which="both", colors=GREY, labelcolor=INK, labelsize=SMALL, length=3)
    if axes.name != "3d":
        for name, spine in axes.spines.items():
            spine.set(visible=name in ("left", "bottom"), color=RULE)
        axes.grid(True, color="#E2E8F0", linewidth=0.7)
    axes.set_axisbelow(True)
    return axes


def head(axes: Any, title: str, note: str = "") -> None:
    """Write a title in ink over the axes, and a line of explanation in grey below it."""
    lines = note.count("\n") + 1 if note else 0
    axes.set_title(title, loc="left", fontsize=TITLE, fontweight="bold", color=INK, pad=7 + 11 * lines)
    if note:
        place = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "bottom", "linespacing": 1.25}
        axes.annotate(note, (0, 1), (0, 5), color=GREY, fontsize=SMALL, **place)


def axis_labels(axes: Any, x: str, y: str = "") -> None:
    """Name the axes."""
    axes.set_xlabel(x, color=INK, fontsize=TEXT)
    axes.set_ylabel(y, color=INK, fontsize=TEXT)


def legend(axes: Any, handles: Sequence[Any], **options: Any) -> None:
    """Add a legend without a frame, in ink."""
    made = axes.legend(handles=handles, frameon=False, fontsize=SMALL, labelcolor=INK, **options)
    made.set_in_layout(True)


def signed_colours() -> Any:
    """Return a colour map for numbers of both signs: amber below zero, white at zero, blue above."""
    make = need("matplotlib.colors").LinearSegmentedColormap.from_list
    return make("signed", ["#7C2D12", AMBER, "#FDBA74", WHITE, "#93C5FD", BLUE, "#172554"])


def rising_colours() -> Any:
    """Return a colour map for sizes, from light to dark: its lightness alone tells the order."""
    make = need("matplotlib.colors").LinearSegmentedColormap.from_list
    return make("rising", ["#F8FAFC", PALE, "#93C5FD", "#3B82F6", BLUE, "#1E3A8A", INK])
