"""``curves``: what was measured, over the epochs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from autograd_core.insight.plot import style
from autograd_core.insight.plot.histories import Curve, finite, read

FEW = 40  # up to so many points each one has a dot
DECADES = 2.0  # a quantity that spans more powers of ten than this gets a logarithmic axis
STAGES = {"train": 0, "training": 0, "": 0, "test": 2}  # which colour; validation, by any name, has 1


def curves(
    history: Any,
    *,
    names: Iterable[str] | None = None,
    log: bool | None = None,
    ax: Any = None,
    figsize: tuple[float, float] | None = None,
) -> Any:
    """Return a figure with a panel for each quantity of a training history, training and validation together.

    ``train_loss`` and ``val_loss``, or ``loss`` and ``val_loss``, share a panel.  None in a list says that nothing was
    measured, and the line goes on to the next point; NaN and infinity, which were measured, break the line and stand
    as crosses on the upper edge.  A column named ``epoch`` or ``step`` gives the horizontal axis.

    Args:
        history: a dict from name to list, a list of dicts (one an epoch), or an object that has one as ``history`` or
            whose attributes are such lists.
        names: which to draw; None draws all.
        log: whether the vertical axes are logarithmic; None: where all values are above 0 and span more than two
            powers of ten.  The axis says so.
        ax: axes to draw in, one for each panel.
        figsize: of a new figure, in inches.

    Raises: TypeError, ValueError for what is no history, or a name that is not in it; ValueError where ``log`` is True
    and a value is not above 0; ImportError without Matplotlib.
    """
    label, found = read(history)
    by_metric = _grouped(found, names)
    places = style.panels(len(by_metric), style.PANEL, ax, figsize)
    for axes, (metric, together) in zip(places, by_metric.items()):
        _draw(axes, label, metric, together, log)
    return places[0].figure


def _grouped(found: list[Curve], names: Iterable[str] | None) -> dict[str, list[Curve]]:
    """Return the curves to draw by what they measure."""
    wanted = [curve.name for curve in found] if names is None else [names] if isinstance(names, str) else list(names)
    held = {curve.name: curve for curve in found}
    for name in wanted:
        if name not in held:
            raise ValueError(f"curves: argument names: {name!r} is not in the history; it has {', '.join(held)}")
    if not wanted:
        raise ValueError(f"curves: argument names: got none; wanted some of {', '.join(held)}")
    groups: dict[str, list[Curve]] = {}
    for name in wanted:
        groups.setdefault(held[name].metric, []).append(held[name])
    return groups


def _draw(axes: Any, label: str, metric: str, together: list[Curve], log: bool | None) -> None:
    """Draw one panel."""
    logarithmic = _logarithmic(metric, together, log)
    if logarithmic:
        axes.set_yscale("log")
    lines, taken = [], set()
    for curve in together:
        stage = STAGES.get(curve.part, 1)
        while stage in taken:
            stage += 1
        taken.add(stage)
        lines.append(_line(axes, curve, *style.SERIES[stage % len(style.SERIES)]))
    axes.xaxis.get_major_locator().set_params(integer=all(s == int(s) for c in together for s in finite(c.steps)))
    axes.margins(x=0.03)
    style.axis_labels(axes, label, "logarithmic axis" if logarithmic else "")
    style.head(axes, metric)
    if any(line.get_label() != metric for line in lines):
        style.legend(axes, lines, loc="best")


def _logarithmic(metric: str, together: list[Curve], log: bool | None) -> bool:
    """Return whether a panel's axis is logarithmic."""
    values = finite([value for curve in together for value in curve.values])
    positive = bool(values) and min(values) > 0
    if log and values and not positive:
        raise ValueError(
            f"curves: argument log: {metric!r} has the value {min(values):g}, which a logarithmic axis cannot show"
        )
    return positive and (math.log10(max(values) / min(values)) > DECADES if log is None else log)


def _line(axes: Any, curve: Curve, colour: str, dash: str) -> Any:
    """Draw one curve, with crosses on the upper edge where a value is not finite; return its line."""
    broken = [value if math.isfinite(value) else math.nan for value in curve.values]
    lost = [step for step, value in zip(curve.steps, curve.values) if not math.isfinite(value)]
    dotted = len(curve.values) <= FEW or bool(lost)
    look = {"color": colour, "linestyle": dash, "linewidth": 1.8, "label": curve.name}
    (line,) = axes.plot(curve.steps, broken, marker="o" if dotted else None, markersize=3.2, **look)
    if lost:
        edge = axes.get_xaxis_transform()
        axes.plot(lost, [1.0] * len(lost), "x", color=colour, transform=edge, clip_on=False, markersize=6, gid="lost")
        line.set_label(f"{curve.name} (×: NaN or infinite)")
    return line
