"""The figures of recipe.py, and its numbers in words."""

from __future__ import annotations

from argparse import Namespace

from _common import COLOURS, figure, label, panels, save_figure

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.insight.plot.style import INK
from autograd_core.training import History

NAMES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")


def percent(found: dict[str, History], column: str = "val_accuracy") -> str:
    """Return the last accuracies in words."""
    return ", ".join(f"{name} {100 * history.last(column):.1f} %" for name, history in found.items())


def draw(chosen: Namespace, suffix: str, *drawn: tuple[str, str, dict[str, History]]) -> None:
    """Save a figure with a panel for each (title, column, histories); those of one name have one colour."""
    picture, axes = panels(1, len(drawn), 4.6, 3.3)
    for panel, (title, column, found) in zip(axes, drawn):
        scale = 100 if column.endswith("accuracy") else 1
        for (name, history), own in zip(found.items(), COLOURS):
            values = [scale * value for value in history[column]]
            mark, colour = (":", INK) if len(set(values)) == 1 else (".-", own)  # a reference does not change
            panel.plot(history["epoch"], values, mark, color=colour, label=name)
        if scale == 1 and min(values) < 0.01:
            panel.set_yscale("log")
        label(panel, title, "epoch", "accuracy in %" if scale == 100 else "cross-entropy in nats")
    save_figure(chosen, picture, suffix)


def sheet(chosen: Namespace, suffix: str, x: Tensor, y: Tensor) -> str:
    """Save of each class the mean, some examples, and the one farthest from the mean; return the sizes of classes."""
    picture = figure(9, 6)
    for kind, column in enumerate(picture.subplots(7, 10).T):
        own = x[y == kind]
        odd = ((own - own.mean(dim=0)) ** 2).sum(dim=(1, 2, 3)).argmax()
        for axes, image in zip(column, [own.mean(dim=0), *own[:5], own[odd]]):
            axes.imshow(image[0].numpy(), cmap="gray_r", vmin=0, vmax=1)
            axes.set(xticks=[], yticks=[])
        column[0].set_title(NAMES[kind], fontsize=9)
        for row, name in ((0, "mean"), (3, "examples"), (6, "oddest")):
            column[row].set_ylabel("" if kind else name)
    save_figure(chosen, picture, suffix)
    counts = ag.bincount(y, minlength=10)
    return f"{counts.min()} to {counts.max()} images a class"


def scatter(chosen: Namespace, suffix: str, tried: list[dict[str, float]], reached: list[float]) -> None:
    """Save a figure of the accuracy that each setting reached."""
    picture, (axes,) = panels(1, 1, 5.4, 3.4)
    rates, kept = ([settings[name] for settings in tried] for name in ("lr", "dropout"))
    dots = axes.scatter(rates, [100 * value for value in reached], c=kept, cmap="viridis", vmin=0, vmax=0.6)
    picture.colorbar(dots, label="dropout")
    axes.set_xscale("log")
    label(axes, f"{len(tried)} settings at random", "highest learning rate", "validation accuracy in %")
    save_figure(chosen, picture, suffix)


def bars(chosen: Namespace, suffix: str, errors: dict[str, float]) -> str:
    """Save a figure of test errors, one below the other; return them in words."""
    picture, (axes,) = panels(1, 1, 7, 0.6 + 0.5 * len(errors))
    names, values = list(errors)[::-1], list(errors.values())[::-1]
    axes.bar_label(axes.barh(names, values, color=COLOURS[0], height=0.6), fmt="%.2f", padding=3)
    label(axes, "Squeezing out", "test error in %")
    save_figure(chosen, picture, suffix)
    return "test error: " + ", ".join(f"{name} {error:.2f} %" for name, error in errors.items())
