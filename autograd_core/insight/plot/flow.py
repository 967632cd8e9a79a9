"""``gradient_flow``: how large the gradient of each parameter is, from the input to the output."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from autograd_core.backend import host
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import DTypeError
from autograd_core.insight.plot import style
from autograd_core.insight.plot.rows import Rows, short
from autograd_core.insight.plot.sampling import Spread, check_most, few, percent, spread

COLUMNS = ("rms", "zeros", "gradient\n÷ weight")
INNER = (10, 90)  # percentiles at the ends of a bar


def gradient_flow(
    model: Any,
    *,
    max_rows: int | None = 60,
    seed: int = 0,
    ax: Any = None,
    figsize: tuple[float, float] | None = None,
) -> Any:
    """Return a figure with the size of each parameter's gradient on a logarithmic axis; call it after ``backward``.

    A bar goes from the 10th to the 90th percentile of the elements' absolute values, exact zeros aside; the dot is
    the root mean square of all elements.  The last column divides it by that of the weights themselves: times the
    learning rate, the relative change of one step of SGD.  A parameter without a gradient says so and has no bar.

    Args:
        model: a module, or named parameters: a dict or pairs.
        max_rows: draw at most so many, from the first to the last; None draws all.
        seed: of the choice of values in large gradients, of which 100,000 give the bar.
        ax: axes to draw in.
        figsize: of a new figure, in inches.

    Raises: TypeError for what has no parameters; ValueError where there are none; ImportError without Matplotlib.
    """
    check_most("gradient_flow", max_rows)
    named = _named(model)
    shown = few(named, max_rows)
    rows = Rows([name for name, _ in shown], COLUMNS, ax, figsize)
    generator = host.random.default_rng(seed)
    found = [_row(rows, i, parameter, generator) for i, (_, parameter) in enumerate(shown)]
    rows.axes.set_xscale("log")
    _limits(rows.axes, [size for sizes in found for size in sizes])
    style.axis_labels(rows.axes, "absolute value of the gradient's elements (logarithmic axis)")
    style.head(rows.axes, "Gradient flow", _note(named, shown))
    _key(rows.axes)
    return rows.axes.figure


def _named(model: Any) -> list[tuple[str, Tensor]]:
    """Return the named parameters, in the model's order."""
    if hasattr(model, "named_parameters"):
        pairs = list(model.named_parameters())
    elif isinstance(model, Mapping | Iterable):
        pairs = list(model.items() if isinstance(model, Mapping) else model)
    else:
        raise DTypeError(f"gradient_flow: argument model: got {type(model).__name__}; wanted a module")
    for pair in pairs:
        if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[1], Tensor)):
            raise DTypeError(
                f"gradient_flow: argument model: got a {type(pair).__name__} in it; wanted pairs of a name and a Tensor"
            )
    if not pairs:
        raise ValueError("gradient_flow: argument model: it has no parameters")
    return [(str(name), parameter) for name, parameter in pairs]


def _note(named: list[tuple[str, Tensor]], shown: list[Any]) -> str:
    """Return the line below the title: what is not there."""
    missing = sum(parameter.grad is None for _, parameter in named)
    parts = [f"{len(named)} parameters from the input (above) to the output"]
    if missing == len(named):
        parts = ["none of the parameters has a gradient: call backward() on a loss first"]
    elif missing:
        parts.append(f"{missing} without a gradient")
    if len(shown) < len(named):
        parts.append(f"{len(shown)} drawn (max_rows)")
    return "; ".join(parts)


def _row(rows: Rows, row: int, parameter: Tensor, generator: Any) -> list[float]:
    """Draw one parameter; return the sizes that the axis must hold."""
    if parameter.grad is None:
        rows.note(row, "no gradient" if parameter.requires_grad else "no gradient: frozen (requires_grad=False)")
        rows.numbers(row, ("–", "–", "–"))
        return []
    found = spread(parameter.grad, generator)
    stats, sizes = found.stats, host.abs(found.sample[found.sample != 0])
    rows.numbers(row, _columns(found, spread(parameter, generator)), marked=(1,) if stats.zeros == stats.size else ())
    if found.lost:
        rows.note(row, f"{percent(found.lost, stats.size)} NaN or infinite", style.AMBER)
    elif not sizes.size:
        rows.note(row, "a gradient of exact zeros" if stats.size else "a parameter without elements", style.AMBER)
    if not sizes.size:
        return []
    ends = [float(end) for end in host.percentile(sizes, INNER)]
    wide = parameter.ndim > 1
    style_of = {"color": style.BLUE, "solid_capstyle": "round"}
    rows.axes.plot(ends, [row, row], linewidth=5 if wide else 2.2, alpha=0.35, **style_of)
    fill = style.BLUE if wide else style.WHITE
    rows.axes.plot([found.rms], [row], "o", markersize=5, markerfacecolor=fill, markeredgecolor=style.BLUE)
    return [*ends, found.rms]


def _columns(gradient: Spread, weight: Spread) -> tuple[str, str, str]:
    ratio = gradient.rms / weight.rms if weight.rms else math.nan
    return short(gradient.rms), percent(gradient.stats.zeros, gradient.stats.size), short(ratio)


def _limits(axes: Any, sizes: list[float]) -> None:
    """Set the ends of the axis; where there is nothing to show it has no numbers."""
    if sizes:
        axes.set_xlim(min(sizes) / 2, max(sizes) * 2)
    else:
        axes.set_xticks([])


def _key(axes: Any) -> None:
    """Say which marks are of which parameters."""
    line = style.need("matplotlib.lines").Line2D
    dot = {"color": style.BLUE, "marker": "o", "markersize": 5}
    handles = [
        line([], [], linewidth=0, markerfacecolor=style.BLUE, label="weights (rms)", **dot),
        line([], [], linewidth=0, markerfacecolor=style.WHITE, label="biases and other vectors (rms)", **dot),
        line([], [], color=style.BLUE, alpha=0.35, linewidth=5, label=f"{INNER[0]}th to {INNER[1]}th percentile"),
    ]
    style.legend(axes, handles, loc="upper left", bbox_to_anchor=(0, 0), borderaxespad=4.6, ncols=3)
