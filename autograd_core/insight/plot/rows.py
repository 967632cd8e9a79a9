"""A figure with a row for each layer or parameter: names on the left, numbers in columns on the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.insight.plot import style

ROW, EDGES, WIDTH = 0.27, 1.5, 8.0  # inches
COLUMN = 46  # points


def short(value: float) -> str:
    """Return two digits of a number, with a minus sign as the axes have it, or a dash for NaN."""
    text = f"{value:.0f}" if 100 <= abs(value) < 100_000 else f"{value:.2g}"
    return "–" if value != value else text.replace("-", "−")


class Rows:
    """Axes with rows counted from the top."""

    def __init__(self, names: Sequence[str], columns: Sequence[str], ax: Any = None, figsize: Any = None) -> None:
        """Make the axes, or take ``ax``, with a name for each row and a heading for each column."""
        self.axes = axes = style.one_panel((WIDTH, EDGES + ROW * len(names)), ax, figsize)
        self.columns = len(columns)
        axes.set_ylim(len(names) - 0.4, -1.0)
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(axis="y", length=0)
        axes.grid(False, axis="y")
        axes.spines["left"].set_visible(False)
        for i, heading in enumerate(columns):
            self._write(i, -0.55, heading, style.GREY, "bottom")

    def numbers(self, row: int, texts: Sequence[str], marked: Sequence[int] = ()) -> None:
        """Fill a row's columns; those at ``marked`` in amber."""
        for i, text in enumerate(texts):
            self._write(i, row, text, style.AMBER if i in marked else style.INK)

    def note(self, row: int, text: str, colour: str = style.GREY) -> None:
        """Say in a row why nothing is drawn in it."""
        place = {"xycoords": self.axes.get_yaxis_transform(), "textcoords": "offset points", "va": "center"}
        self.axes.annotate(text, (0, row), (6, 0), fontsize=style.SMALL, color=colour, style="italic", **place)

    def _write(self, column: int, row: float, text: str, colour: str, va: str = "center") -> None:
        place = {"xycoords": self.axes.get_yaxis_transform(), "textcoords": "offset points"}
        right = (COLUMN * (column + 1) + 4, 0)
        look = {"ha": "right", "va": va, "fontsize": style.SMALL, "color": colour}
        self.axes.annotate(text, (1, row), right, annotation_clip=False, **look, **place)
