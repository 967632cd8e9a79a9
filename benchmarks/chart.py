"""The bar chart of a run: ``python -m benchmarks.chart RESULTS.json OUT.svg`` draws one that was kept.

Bars begin at 1 and go to the right where we are faster, to the left where we are slower; blue and orange are told
apart by every kind of colour vision, and every bar has its number.  Matplotlib is loaded here alone.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import Result, geometric_mean, group_of
from benchmarks.workloads import GROUPS, PACKAGE

FASTER, SLOWER, GREY = "#0072B2", "#E69F00", "#555555"  # the colours of Okabe and Ito
ROW, HEADING = 0.235, 0.32  # inches


def missing() -> str:
    """Say why nothing can be drawn; an empty string where it can."""
    try:
        importlib.import_module("matplotlib")
    except ImportError:
        return "a chart needs matplotlib, which is not installed here: pip install 'autograd-core[examples]'"
    return ""


def pyplot() -> Any:
    """Return Matplotlib's pyplot, set to draw into files."""
    matplotlib = importlib.import_module("matplotlib")
    matplotlib.use("agg")
    matplotlib.rcParams["svg.fonttype"] = "none"  # letters stay letters
    matplotlib.rcParams["svg.hashsalt"] = "autograd_core"  # the same file from the same figures
    return importlib.import_module("matplotlib.pyplot")


def rows_of(results: Sequence[Result]) -> list[tuple[str, list[Result]]]:
    """Return each group with its results that have a ratio, the best first."""
    kept = [r for r in results if "ratio" in r]
    groups = [(group, [r for r in kept if group_of(r["name"]) == group]) for group in GROUPS]
    return [(group, sorted(own, key=lambda r: -float(r["ratio"]))) for group, own in groups if own]


def drawn(machine: Mapping[str, Any], results: Sequence[Result], path: Path) -> bool:
    """Draw a run, or say why it cannot be drawn."""
    nothing = "" if rows_of(results) else "there is no ratio to draw: was only one side measured?"
    if why := missing() or nothing:
        print(why, file=sys.stderr)
        return False
    draw(machine, results, path)
    return True


def draw(machine: Mapping[str, Any], results: Sequence[Result], path: Path) -> None:
    """Draw the ratios of a run into ``path``, whose ending says how."""
    groups, plt = rows_of(results), pyplot()
    height = sum(HEADING + ROW * len(own) for _, own in groups)
    figure, axes = plt.subplots(figsize=(8.2, height + 1.5), layout="constrained")
    top = 0.0
    for group, own in groups:
        heading(axes, group, own, top + HEADING * 0.62)
        top += HEADING
        for result in own:
            bar(axes, result, top + ROW / 2)
            top += ROW
    axes.set_ylim(top + 0.05, 0)
    finish(axes, groups)
    figure.supxlabel(caption(machine), fontsize=6.5, color=GREY)
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"Date": None} if path.suffix == ".svg" else None
    figure.savefig(path, dpi=160, facecolor="white", metadata=metadata)
    plt.close(figure)


def heading(axes: Any, group: str, own: Sequence[Result], y: float) -> None:
    """Write a group's name, and its geometric mean; seconds and bytes have none."""
    alike = len(own) > 1 and group != PACKAGE
    mean = f"geometric mean {geometric_mean([r['ratio'] for r in own]):.2f}" if alike else ""
    style = {"va": "center", "fontsize": 9.5, "transform": axes.get_yaxis_transform()}
    axes.text(0, y, group, weight="bold", **style)
    axes.text(1, y, mean, color=GREY, ha="right", **style)


def bar(axes: Any, result: Result, y: float) -> None:
    """Draw one workload: its bar from 1, the spread of the rounds as a line, its number."""
    ratio, (least, most) = result["ratio"], result["ratio_spread"]
    colour = FASTER if ratio >= 1 else SLOWER
    axes.barh(y, ratio - 1, left=1, height=ROW * 0.72, color=colour, zorder=2)
    axes.plot([least, most], [y, y], color="#222222", linewidth=0.8, solid_capstyle="butt", zorder=3)
    axes.text(-0.01, y, result["name"], transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=8.5)
    beyond, side = (max(most, ratio), "left") if ratio >= 1 else (min(least, ratio), "right")
    gap = 5 if side == "left" else -5
    axes.annotate(f"{ratio:.2f}", (beyond, y), (gap, 0), textcoords="offset points", ha=side, va="center", fontsize=8)


def finish(axes: Any, groups: Sequence[tuple[str, list[Result]]]) -> None:
    """Set the logarithmic axis with its line at 1, and the headings."""
    spreads = [bound for _, own in groups for r in own for bound in (*r["ratio_spread"], r["ratio"])]
    axes.set_xscale("log", base=2)
    axes.set_xlim(min([0.7, *spreads]) / 1.25, max([2.0, *spreads]) * 1.3)
    ticks = [t for t in (0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64) if axes.get_xlim()[0] < t < axes.get_xlim()[1]]
    axes.set_xticks(ticks, [f"{t:g}×" for t in ticks])
    axes.minorticks_off()
    axes.set_yticks([])
    axes.axvline(1, color="black", linewidth=1, zorder=4)
    axes.grid(axis="x", color="#dddddd", linewidth=0.7, zorder=0)
    axes.xaxis.tick_top()
    axes.tick_params(axis="x", length=0)
    axes.spines[:].set_visible(False)
    mean = geometric_mean([r["ratio"] for group, own in groups if group != PACKAGE for r in own] or [1.0])
    title = f"How many times as fast as PyTorch: {mean:.2f} in the geometric mean of all steps"
    axes.set_title(title, fontsize=11, weight="bold", loc="left", x=-0.12, pad=32)
    key = {"fontsize": 8.5, "va": "bottom", "textcoords": "offset points"}
    at_one = {"xy": (1, 1), "xycoords": axes.get_xaxis_transform()}
    axes.annotate("faster than PyTorch →", xytext=(4, 15), color=FASTER, ha="left", **at_one, **key)
    axes.annotate("← slower", xytext=(-4, 15), color="#B87A00", ha="right", **at_one, **key)


def caption(machine: Mapping[str, Any]) -> str:
    """Say in small print what was measured, where."""
    simd = " ".join(machine.get("simd", ()))
    caches = ", ".join(f"{name} {size / 2**20:g} MiB" for name, size in machine.get("caches", {}).items())
    parts = [
        f"{machine['cores']} cores of {machine['cpu']}", caches, simd,
        f"Python {machine['python']}, NumPy {machine['numpy']}",
        f"accelerator: {machine['accelerator']}" if machine.get("accelerator") else "",
        f"commit {machine['commit']}, {machine['date'][:10]}",
    ]  # fmt: skip
    said = "; ".join(part for part in parts if part)
    return f"{said}\nleast times of alternating fresh processes; thin lines: the spread of the rounds"


def main(argv: list[str] | None = None) -> int:
    """Draw a kept run; 1 where it cannot be drawn."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chart", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("results", type=Path, metavar="RESULTS.json", help="what --json kept")
    parser.add_argument("out", type=Path, metavar="OUT.svg", help="the picture, .svg or .png")
    args = parser.parse_args(argv)
    kept = json.loads(args.results.read_text())
    return int(not drawn(kept["machine"], kept["results"], args.out))


if __name__ == "__main__":
    sys.exit(main())
