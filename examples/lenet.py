"""LeNet-5 on MNIST: 61 706 weights that misread fewer than 8 digits in 1000, where they saw them turned and shifted.

The same network is trained twice, with the same steps: on the 60 000 digits as they are, and on digits that are
rotated, shifted, enlarged and slanted anew in every epoch.  The first soon reads all of its digits and learns no more;
the second never sees a digit twice, and its test error is lower, as it was in 1998.  At last, each test digit is read
20 times, distorted a little each time, and the mean of the answers taken (test-time augmentation).
With ``--quick``, 600 digits that are much alike, the distortion costs more than it gives.

Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, section III:
0.95 % test error, 0.8 % with distorted digits.  The layers are that network's but for what has become usual: ReLU for
the sigmoid, maxima for trained means in pooling, all channels joined in the second convolution (60 000 weights there).

    python examples/lenet.py
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from _common import COLOURS, begin, label, panels, save_figure, save_table
from _common import options as options_of
from _data import Split, mnist

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core import Tensor
from autograd_core.data import DataLoader, TensorDataset, make_grid, transforms

RATE, LOOKS = 4e-3, 20
INK, PAPER = 1.175, -0.1  # the article's grey values: mean about 0, deviation about 1
PUBLISHED = {"as they are": 0.95, "distorted": 0.8}  # test error in per cent
DISTORT = transforms.RandomAffine(
    12, translate=(0.07, 0.07), scale=(0.88, 1.12), shear=6, interpolation="bilinear", fill=PAPER
)


def lenet() -> nn.Sequential:
    """Return LeNet-5.  Shape: (N, 1, 28, 28) -> (N, 10)."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),  # C1, S2: (N, 6, 14, 14)
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),  # C3, S4: (N, 16, 5, 5)
        nn.Conv2d(16, 120, 5), nn.ReLU(), nn.Flatten(),  # C5: (N, 120)
        nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),  # F6 and the output
    )  # fmt: skip


class Distorting(ag.training.Loop):
    """A loop that distorts each batch before it learns from it."""

    def train_step(self, inputs: Any, targets: Any) -> tuple[Any, Tensor]:
        """Learn from the distorted digits."""
        return super().train_step(DISTORT(inputs), targets)


def error(outputs: Tensor, targets: Tensor) -> float:
    """Return how many are misread, in per cent."""
    return 100 * (1 - ag.training.accuracy(outputs, targets))


def train(data: Split, epochs: int, batch: int, kind: type[ag.training.Loop]) -> tuple[ag.training.Loop, Any]:
    """Return the loop that has trained a network, and its history."""
    model = lenet()
    batches = DataLoader(TensorDataset(data.x, data.y), batch, shuffle=True)
    optimizer = optim.AdamW(model.parameters(), RATE, weight_decay=0.01)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, RATE, epochs * len(batches) + 1, pct_start=0.15)
    loop = kind(
        model, F.cross_entropy, optimizer, metrics={"error": error},
        callbacks=[ag.training.Schedule(schedule, every="batch")],
    )  # fmt: skip
    return loop, loop.fit(batches, epochs, DataLoader(TensorDataset(data.test_x, data.test_y), 1000))


def tiled(axes: Any, images: Tensor, columns: int, texts: Sequence[str] = ()) -> None:
    """Draw grey images side by side in rows, each with a text in its corner.  Shape: (N, H, W)."""
    axes.imshow(make_grid(images[:, None], columns, 1, float(images.min()))[0].numpy(), cmap="gray_r")
    axes.set_axis_off()
    side = images.shape[-1] + 1
    for i, text in enumerate(texts):
        axes.text(i % columns * side + 1, i // columns * side + 1, text, fontsize=8, color=COLOURS[0], va="top")


def draw(options: Any, data: Split, loop: ag.training.Loop, histories: dict[str, Any], read: Tensor) -> None:
    """Write the picture: distorted digits, learning curves, filters and what they see, misread digits."""
    figure, (left, right, filters, wrong) = panels(2, 2, width=5.2, height=3.9)
    tiled(left, DISTORT(data.x[:5].repeat_interleave(8, 0))[:, 0], 8)
    label(left, "What the second network learns from", note="five digits, each distorted eight times")
    for (name, history), colour in zip(histories.items(), COLOURS):
        right.plot(history["epoch"], history["val_error"], color=colour, label=f"digits {name}")
        right.axhline(PUBLISHED[name], color=colour, linestyle=":", label=f"LeCun et al.: {PUBLISHED[name]} %")
    right.xaxis.get_major_locator().set_params(integer=True)
    right.set_ylim(0, 4 * min(history.last("val_error") for history in histories.values()))
    label(right, "Test error", "epoch", "misread, % of the test digits")
    first, digit = loop.model[0], data.test_x[:1]
    large = F.interpolate(first.weight, size=28, mode="nearest")[:, 0]  # (6, 28, 28)
    seen = first(digit)[0]
    both = ag.cat([part / part.abs().amax((1, 2), keepdim=True) for part in (large, seen)])
    tiled(filters, both, 6)
    label(filters, "The six filters of the first layer", note="5 x 5 weights, and below what each makes of a digit")
    missed = (read != data.test_y).nonzero()[:40, 0]
    texts = [f"{true}>{said}" for true, said in zip(data.test_y[missed].tolist(), read[missed].tolist())]
    tiled(wrong, data.test_x[missed, 0], 8, texts)
    label(wrong, "Misread test digits", note="written > read")
    save_figure(options, figure)


def main() -> None:
    """Train on digits as they are and on distorted ones; write the picture and the table."""
    options = begin(options_of(__doc__, epochs=20))
    batch = 128
    if options.quick:
        options.epochs, batch = 14, 24
    data = mnist(options)
    data = data._replace(x=PAPER + (INK - PAPER) * data.x, test_x=PAPER + (INK - PAPER) * data.test_x)
    histories, rows = {}, []
    for name, kind in {"as they are": ag.training.Loop, "distorted": Distorting}.items():
        loop, history = train(data, options.epochs, batch, kind)
        histories[name] = history
        rows.append({
            "digits": name, "training error, %": history.last("train_error"),
            "test error, %": history.last("val_error"), "LeCun et al.": PUBLISHED[name],
            "seconds": sum(history["seconds"]),
        })  # fmt: skip
    start = time.perf_counter()
    parts = data.test_x.split(1000)
    scores = ag.cat([transforms.test_time(loop.model, part, DISTORT, LOOKS) for part in parts])
    rows.append({
        "digits": f"distorted, {LOOKS} looks", "test error, %": error(scores, data.test_y),
        "seconds": time.perf_counter() - start,
    })  # fmt: skip
    print(f"weights: {sum(p.numel() for p in loop.model.parameters())}")
    save_table(options, rows)
    draw(options, data, loop, histories, scores.argmax(1))


if __name__ == "__main__":
    main()
