"""Early stopping: the loss on new images falls, turns and rises, while that on the training images keeps falling.

A network learns a few images of Fashion-MNIST, of which a fifth has a wrong label.  First it finds what the images of a
class have in common; then it learns single images and the wrong labels by heart.  Expect a U on images it has not seen:
the fewer the training images, the higher its lowest point and the fewer steps lead there.  Stopping with a patience
waits for so many epochs without a new best and goes back to it: where it is 1, a bump of the curve ends the training.

Source: Prechelt, Early Stopping - But When?, 1998, sections 1.2 (the curves are not smooth) and 2 (criteria).

    python examples/early_stopping.py
"""

from __future__ import annotations

import argparse

from _common import COLOURS, begin, label, options, panels, save_figure, save_table
from _data import fashion

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.data import DataLoader, TensorDataset
from autograd_core.training import History, Loop, accuracy

PATIENCE = (1, 3, 10)


def mislabelled(labels: ag.Tensor, share: float) -> ag.Tensor:
    """Return labels of which a share is drawn anew."""
    return ag.where(ag.rand(len(labels)) < share, ag.randint(0, 10, (len(labels),)), labels)


def train(x: ag.Tensor, y: ag.Tensor, validation: DataLoader, chosen: argparse.Namespace) -> History:
    """Train to the end, and return what was measured after each epoch."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 256), nn.ReLU(), nn.Linear(256, 10))
    loop = Loop(model, F.cross_entropy, optim.Adam(model.parameters(), lr=1e-3), metrics={"accuracy": accuracy})
    return loop.fit(DataLoader(TensorDataset(x, y), batch_size=50, shuffle=True), chosen.epochs, validation)


def stopped(history: History, patience: int) -> tuple[int, int]:
    """Return the epoch at which a training with this patience would have ended, and that to which it goes back."""
    stopper = optim.EarlyStopping("val_loss", patience)
    for loss in history["val_loss"]:
        if stopper.step(loss):
            break
    return stopper.epoch, stopper.best_epoch + 1


def main() -> None:
    """Train on fewer and more images; write picture and table."""
    chosen = begin(options(__doc__, epochs=40))
    data, sizes = fashion(chosen), [250, 500, 1000, 2000]
    if chosen.quick:
        sizes, chosen.epochs = [100, 300], 60
    x, y = (data.x - 0.286) / 0.353, mislabelled(data.y, 0.2)
    new = TensorDataset((data.test_x[:2000] - 0.286) / 0.353, data.test_y[:2000])
    figure, (one, losses, right) = panels(1, 3, width=4.2, height=3.6)
    rows: list[dict[str, object]] = []
    for size, colour in zip(sizes, COLOURS):
        ag.manual_seed(chosen.seed)
        history = train(x[:size], y[:size], DataLoader(new, batch_size=1000), chosen)
        epochs, best = history["epoch"], history.best_epoch("val_loss")
        for axes, column, scale in ((losses, "val_loss", 1), (right, "val_accuracy", 100)):
            values = [scale * value for value in history[column]]
            axes.plot(epochs, values, color=colour, label=f"{size} images")
            axes.plot(best, values[best - 1], "o", color=colour)
        row = {"images": size, "best epoch": best, "loss there": history.best("val_loss")}
        row |= {"accuracy there (%)": 100 * history["val_accuracy"][best - 1], "last loss": history.last("val_loss")}
        row |= {"last accuracy (%)": 100 * history.last("val_accuracy")}
        row |= {"last training accuracy (%)": 100 * history.last("train_accuracy")}
        for patience in PATIENCE:
            row[f"patience {patience}: ends, back to"] = "{}, {}".format(*stopped(history, patience))
        rows.append(row)
    one.plot(epochs, history["train_loss"], "--", color=COLOURS[1], label="training, with wrong labels")
    one.plot(epochs, history["val_loss"], color=COLOURS[0], label="new images")
    for patience, colour in zip(PATIENCE, COLOURS[2:]):
        one.axvline(stopped(history, patience)[0], color=colour, linestyle=":", label=f"stop with patience {patience}")
    label(one, f"Learning {sizes[-1]} images", "epoch", "mean loss (nats)")
    label(losses, "The U by training images", "epoch", "loss on new images (nats)", "dots: lowest loss")
    label(right, "Accuracy", "epoch", "accuracy on new images (%)", "dots: where the loss is lowest")
    save_figure(chosen, figure)
    save_table(chosen, rows)


if __name__ == "__main__":
    main()
