"""A small convolutional network reads the handwritten digits that ship with scikit-learn.

1797 images of 8 x 8 pixels, four fifths for training, each moved by up to one pixel at random: about 99 % of the rest
are read correctly.  The programme of ``make demo``: it writes the learning curve beside the digits that were hardest
to read, the backprop graph, the weights, and a table.

Source: Alpaydin and Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning Repository, 1998
(there 98 % for nearest neighbours).

    python examples/digits.py
    AUTOGRAD_DEVICE=cuda python examples/digits.py
"""

from __future__ import annotations

import argparse
import time

from _common import begin, figure, label, need, options, save, save_figure, save_table
from _data import Split

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core import Tensor
from autograd_core.data import DataLoader, TensorDataset
from autograd_core.insight.plot import style
from autograd_core.insight.render import RenderingUnavailable

NEEDED = (("sklearn.datasets", "scikit-learn"), ("tqdm", "tqdm"))
SHOWN = 12  # digits in the picture


class Shifting(ag.training.Loop):
    """A training loop that moves each batch of images by up to one pixel each way: a digit stays what it is."""

    def train_step(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Take one step on shifted images."""
        top, left = ag.randint(0, 3, (2,)).tolist()
        return super().train_step(F.pad(inputs, (1, 1, 1, 1))[:, :, top : top + 8, left : left + 8], targets)


def network() -> nn.Module:
    """Return two convolutions with batch norm, a pooling layer, dropout and a linear layer."""
    return nn.Sequential(
        nn.Conv2d(1, 24, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(24),
        nn.ReLU(),
        nn.Conv2d(24, 48, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(48),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(48 * 4 * 4, 10),
    )


def load() -> Split:
    """Return the digits, split the same way each time and with every class in proportion."""
    digits = need("sklearn.datasets", "scikit-learn").load_digits()
    images = (digits.images[:, None] / 16).astype("float32")  # (N, 8, 8) in 0..16 -> (N, 1, 8, 8) in 0..1
    split = need("sklearn.model_selection", "scikit-learn").train_test_split
    x, test_x, y, test_y = split(images, digits.target, test_size=0.2, stratify=digits.target, random_state=0)
    return Split(ag.tensor(x), ag.tensor(y), ag.tensor(test_x), ag.tensor(test_y))


def save_graph(options: argparse.Namespace, model: nn.Module, data: Split) -> None:
    """Draw the backprop graph of the loss of a few images; without a renderer, write its text."""
    loss = F.cross_entropy(model(data.x[:8]), data.y[:8])
    drawing = ag.draw(loss, params=dict(model.named_parameters()))
    path = options.out / f"{options.name}-graph.svg"
    try:
        save(path, drawing.pipe("svg"), "graph")
    except RenderingUnavailable as error:
        print(error)
        save(path.with_suffix(".gv"), drawing.source.encode(), "graph")


def draw(options: argparse.Namespace, history: dict[str, list[float]], data: Split, scores: Tensor) -> None:
    """Plot loss and accuracy over the epochs, and show the digits that were hardest to read."""
    page = figure(12, 3.6)
    left, middle, right = page.add_gridspec(1, 3, width_ratios=(3, 3, 2.4))
    axes = [style.dressed(page.add_subplot(place)) for place in (left, middle)]
    ag.plot.curves(history, names=[n for n in history if n.endswith(("loss", "accuracy"))], ax=axes)
    guess = scores.argmax(dim=1)
    hardest = F.cross_entropy(scores, data.test_y, reduction="none").topk(SHOWN).indices.tolist()
    tiles = right.subgridspec(3, SHOWN // 3)
    for place, index in enumerate(hardest):
        tile = page.add_subplot(tiles[divmod(place, SHOWN // 3)])
        tile.imshow(data.test_x[index, 0].cpu().numpy(), cmap="Greys")
        tile.set(xticks=[], yticks=[])
        label(tile, "", f"{data.test_y[index].item()} read as {guess[index].item()}")
    save_figure(options, page)


def main() -> None:
    """Train, and write the learning curve, the backprop graph, the weights and the table."""
    chosen = begin(options(__doc__, epochs=30), NEEDED)
    data = load()
    if chosen.quick:
        chosen.epochs, data = 1, Split(data.x[:256], data.y[:256], data.test_x, data.test_y)
    model = network()
    save_graph(chosen, model, data)
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=chosen.epochs)
    metrics = {"accuracy": ag.training.accuracy}
    loop = Shifting(model, nn.CrossEntropyLoss(), optimizer, metrics=metrics, scheduler=scheduler)
    batches = DataLoader(TensorDataset(data.x, data.y), batch_size=64, shuffle=True)
    test = DataLoader(TensorDataset(data.test_x, data.test_y), batch_size=500)
    start = time.perf_counter()
    history = loop.fit(batches, chosen.epochs, validation=test)
    seconds = time.perf_counter() - start
    weights = chosen.out / f"{chosen.name}.safetensors"
    ag.save(model.state_dict(), weights)
    print(f"weights: {weights}")
    draw(chosen, history, data, loop.predict(test))
    accuracy = history["val_accuracy"][-1]
    count = sum(parameter.numel() for parameter in model.parameters())
    row = {"epochs": chosen.epochs, "parameters": count, "test accuracy": f"{accuracy:.2%}", "seconds": seconds}
    save_table(chosen, [row])
    print(f"test accuracy {accuracy:.2%} after {chosen.epochs} epochs in {seconds:.1f} s on {data.x.device}")


if __name__ == "__main__":
    main()
