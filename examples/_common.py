"""What the experiments share: their options, the look of their figures, and writing what came out of them."""

from __future__ import annotations

import argparse
import importlib
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import autograd_core as ag
from autograd_core.insight.plot import style
from autograd_core.storing.atomic import replacing

# One colour for each thing compared; neighbours differ in lightness too, so that they stay apart in grey.
COLOURS = (style.BLUE, style.AMBER, style.INK, style.SKY, "#15803D", "#BE185D", "#7C3AED", style.GREY)
WIDTH = 1600  # pixels of a picture, at most
DPI = 150  # of a picture that is narrow enough


def options(doc: str, *, epochs: int | None = None) -> argparse.ArgumentParser:
    """Return a parser of the options that every experiment takes; ``doc`` is its module docstring.

    ``--epochs`` is among them where a number of epochs is given.
    """
    parser = argparse.ArgumentParser(
        description=doc.strip(), formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--quick", action="store_true", help="little data, made or bundled, and few steps")
    parser.add_argument("--seed", type=int, default=0, help="decides weights, order and noise (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder of picture and table (default: out)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of the data sets; see docs/experiments.md")
    if epochs is not None:
        text = f"passes over the training data (default: {epochs})"
        parser.add_argument("--epochs", type=positive, default=epochs, help=text)
    return parser


def positive(text: str) -> int:
    """Return an argument that counts something.  Raises: ArgumentTypeError where it is no number above zero."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"got {text!r}; wanted a whole number above 0")
    return number


def need(module: str, package: str) -> ModuleType:
    """Import an optional package.  Raises: SystemExit saying how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise SystemExit(f"this example needs {package}: pip install {package}") from None


def begin(parser: argparse.ArgumentParser, needs: Iterable[tuple[str, str]] = ()) -> argparse.Namespace:
    """Read the command line, seed, make the folder of ``--out``, and check what the program needs before it trains.

    ``needs`` are pairs (module, package) besides Matplotlib.  The options gain ``name``, the script's.
    """
    chosen = parser.parse_args()
    for module, package in (("matplotlib.figure", "matplotlib"), *needs):
        need(module, package)
    chosen.name = Path(parser.prog).stem
    chosen.out.mkdir(parents=True, exist_ok=True)
    ag.manual_seed(chosen.seed)
    return chosen


def figure(width: float = 10.0, height: float = 4.0) -> Any:
    """Return an empty figure of this size in inches, without pyplot."""
    return style.figure((width, height))


def panels(
    rows: int, columns: int, width: float = 4.3, height: float = 3.1, **subplots: Any
) -> tuple[Any, list[Any]]:
    """Return a figure and its axes, row by row in one list, each of this size in inches.

    ``subplots`` goes to ``Figure.subplots``: ``sharex=True``, ``subplot_kw={"projection": "3d"}``, ...
    """
    made = figure(width * columns, height * rows)
    grid = made.subplots(rows, columns, squeeze=False, **subplots)
    return made, [style.dressed(axes) for axes in grid.ravel()]


def label(axes: Any, title: str, x: str = "", y: str = "", note: str = "", **legend: Any) -> None:
    """Write title, a grey line of explanation, the axes' names and, where lines are labelled, the legend."""
    style.head(axes, title, note)
    style.axis_labels(axes, x, y)
    if handles := axes.get_legend_handles_labels()[0]:
        style.legend(axes, handles, **legend)


def save_figure(options: argparse.Namespace, figure: Any, suffix: str = "") -> Path:
    """Write ``out/<script><suffix>.png`` and say where it is."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=min(DPI, WIDTH / figure.get_figwidth()), facecolor="white")
    return save(options.out / f"{options.name}{suffix}.png", picture.getvalue(), "picture")


def save_table(options: argparse.Namespace, rows: Sequence[Mapping[str, object]], suffix: str = "") -> Path:
    """Print the rows as a Markdown table and write it to ``out/<script><suffix>.md``; floats in four digits."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    cells = [columns, *([_text(row.get(name, "")) for name in columns] for row in rows)]
    widths = [max(3, *(len(row[i]) for row in cells)) for i in range(len(columns))]
    lines = ["| " + " | ".join(f"{cell:{width}}" for cell, width in zip(row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    text = "\n".join(lines) + "\n"
    print(text, end="")
    return save(options.out / f"{options.name}{suffix}.md", text.encode(), "table")


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace("|", "\\|")


def save(path: Path, content: bytes, kind: str) -> Path:
    """Write a file so that a reader sees the old content or the new one, never a part; say where it is."""
    with replacing(str(path)) as file:
        file.write(content)
    print(f"{kind}: {path}")
    return path
