"""The pictures of the longest experiments."""

from __future__ import annotations

from typing import Any

from _common import COLOURS, figure, label, panels, save_figure

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.data import FashionMNIST
from autograd_core.insight.plot import style

ALIVE = 0.01  # the share of images for which an output must be above zero to be alive
ROWS, ROW = 9, 42  # of the passage that the character models read
NANO_GPT = 1.88  # its validation loss in nats a character


def _confusion(axes: Any, scores: Tensor, y: Tensor, classes: list[str]) -> None:
    """Draw which classes are taken for which, in per cent of the true one."""
    counts = ag.training.confusion_matrix(scores, y).double()
    share = (100 * counts / counts.sum(dim=1, keepdim=True)).numpy()
    axes.imshow(share, cmap=style.rising_colours(), vmax=40)
    for i in range(10):
        for j in range(10):
            if share[i, j] >= 0.5:
                colour = style.WHITE if share[i, j] > 20 else style.INK
                axes.text(j, i, f"{share[i, j]:.0f}", ha="center", va="center", fontsize=7, color=colour)
    precision, recall = (f(scores, y, average=None) for f in (ag.training.precision, ag.training.recall))
    names = [f"{name}  {100 * r:.0f}" for name, r in zip(classes, recall.tolist())]
    axes.set_xticks(range(10), [f"{100 * p:.0f}" for p in precision.tolist()])
    axes.set_yticks(range(10), names)
    axes.grid(False)
    label(axes, "Confusion matrix", "answered class: its precision in %", "true class, and its recall in %")


def dense_networks(
    chosen: Any, runs: list[tuple[str, Any]], hinge: list[Tensor], long: tuple[Any, Tensor], y: Tensor
) -> None:
    """Picture of fashion_dense.py: curves above; the long run, what the hinge loss leaves, and confusions below."""
    page = figure(13, 8.2)
    grid = page.add_gridspec(2, 3, height_ratios=(3, 4))
    places = (grid[0, :], grid[1, 0], grid[1, 1], grid[1, 2])
    curves, longer, lost, matrix = (style.dressed(page.add_subplot(place)) for place in places)
    for (name, history), colour in zip(runs, COLOURS):
        curves.plot(history["epoch"], [100 * a for a in history["val_accuracy"]], color=colour, label=name)
    curves.set_xlim(0.8, chosen.epochs * 1.35)  # room for the legend
    label(curves, "Fashion-MNIST, dense networks", "epoch", "test accuracy, %", loc="center right")
    history, scores = long
    for part, colour, name in (("train", COLOURS[0], "training"), ("val", COLOURS[1], "test")):
        longer.plot(history["epoch"], [100 * a for a in history[f"{part}_accuracy"]], color=colour, label=name)
    longer.axhline(95, color=style.GREY, linewidth=1, linestyle=":")
    label(longer, "ReLU, batch norm, trained on", "epoch", "accuracy, %", "dotted: the lecture's 95 % in training")
    alive = [int(((s > 0).float().mean(dim=0) > ALIVE).sum().item()) for s in hinge]
    lost.plot([0, 10], [0, 100], color=style.GREY, linestyle=":", label="10 % for each output")
    lost.plot(alive, [100 * ag.training.accuracy(s, y) for s in hinge], "o", color=COLOURS[0], label="a seed each")
    label(lost, "Hinge loss on ReLU outputs", "outputs alive, of 10", "test accuracy, %", loc="upper left")
    _confusion(matrix, scores, y, list("0123456789") if chosen.quick else FashionMNIST.named)
    save_figure(chosen, page)


def character_models(options: Any, curves: dict[str, Any], losses: dict[str, Tensor], few: int, text: str) -> None:
    """Picture of characters.py: learning curves, loss by place, and a passage coloured by each network's surprise."""
    page, (left, right, *below) = panels(2, 2, width=5.3, height=3.4)
    left.axhline(losses["bigram table"][:few].mean().item(), color=COLOURS[-1], linestyle="--", label="bigram table")
    left.axhline(NANO_GPT, color=COLOURS[2], linestyle=":", label="nanoGPT on a CPU")
    for (name, (read, loss)), axes, colour in zip(curves.items(), below, COLOURS):
        left.plot([count / 1000 for count in read], loss, "o-", color=colour, label=name, markersize=3)
        right.plot(range(1, losses[name].shape[1] + 1), losses[name].mean(0).tolist(), color=colour, label=name)
        shades = losses[name].flatten()[: ROWS * ROW].reshape(ROWS, ROW).numpy()
        axes.imshow(shades, "Blues", vmin=0, vmax=10, aspect="auto")
        for i, letter in enumerate(text[: ROWS * ROW]):
            row, place = divmod(i, ROW)
            colour = "white" if shades[row, place] > 5 else COLOURS[2]
            axes.text(place, row, letter.strip(), fontsize=7, ha="center", va="center", color=colour)
        axes.set_axis_off()
        label(axes, f"Where the text surprises the {name}", note="held-out text; white: certain of it, dark: 10 nats")
    note = f"of {few} windows; the table has that of all"
    label(left, "Held-out loss", "thousand characters read", "nats a character", note, bbox_to_anchor=(1, 0.9))
    label(right, "What context is worth", "characters seen", "nats a character", note="mean over all windows")
    save_figure(options, page)


@ag.no_grad()
def three_tasks(
    options: Any, networks: dict[str, Any], curves: dict[int, Any], x: Tensor, target: Tensor
) -> None:
    """Picture of multi_task.py: what is made of one slice of a test volume, and the Dice coefficients on the way."""
    page, (*images, few, many) = panels(2, 3, width=3.6, height=3.3)
    shown = {"A test volume": x} | {f"Marked: {name}": network.segment(x)[0] for name, network in networks.items()}
    (*_, network) = networks.values()
    shown["Redrawn from 32 numbers"] = network.redrawn(network.segment(x)[1])[0]
    level = target[0, 0].sum((1, 2)).argmax().item()
    for axes, (name, volume) in zip(images, shown.items()):
        axes.imshow(volume[0, 0, level].numpy(), cmap="gray")
        axes.contour(target[0, 0, level].numpy(), [0.5], colors=COLOURS[1])
        axes.set_axis_off()
        label(axes, name, note="one slice; amber: where the tumours are")
    for axes, (count, runs) in zip((few, many), curves.items()):
        for (name, curve), colour in zip(runs.items(), COLOURS):
            axes.plot(*curve[::2], color=colour, label=name)
            axes.plot(*curve[:2], ":", color=colour)
        title, note = f"{count} training volumes", "solid: test, dotted: training"
        label(axes, title, "step", "Dice, %", note, loc="lower right")
    many.set_visible(len(curves) > 1)
    save_figure(options, page)
