"""Train a small convolutional network on Fashion-MNIST: ten kinds of clothing in 28×28 pixels.

Give it the folder with the four idx files of the data set, gzipped or not:

    python examples/fashion_mnist.py --data DIR
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from _common import Data, parser, run

import autograd_core as ag
import nn
from autograd_core import Tensor
from autograd_core.data import fashion_mnist


def network() -> nn.Module:
    """Return two strided convolutions with batch norm, dropout and a linear layer."""
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=5, stride=2, padding=2, bias=False),  # (N, 1, 28, 28) -> (N, 16, 14, 14)
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1, bias=False),  # -> (N, 32, 7, 7)
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(32 * 7 * 7, 10),
    )


def load(folder: Path) -> Data:
    """Return the images, scaled to mean 0 and deviation 1 over the training set, and their labels."""
    try:
        x, y, test_x, test_y = fashion_mnist(folder)
    except (FileNotFoundError, ValueError) as error:
        raise SystemExit(f"cannot read Fashion-MNIST: {error}") from None
    return images(x), labels(y), images(test_x), labels(test_y)


def images(raw: np.ndarray) -> Tensor:
    """Return uint8 images as floats of mean 0 and deviation 1.  Shape: (N, 28, 28) -> (N, 1, 28, 28)."""
    return ag.tensor(((raw / np.float32(255) - np.float32(0.286)) / np.float32(0.353))[:, None])


def labels(raw: np.ndarray) -> Tensor:
    """Return uint8 labels as the integers that a loss takes."""
    return ag.tensor(raw.astype("int64"))


def stripes(count: int) -> Data:
    """Return made-up images, one direction of stripes for each class, for a run without the data set."""
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 10, count)
    angle = classes[:, None, None] * (np.pi / 10)
    row, column = np.mgrid[:28, :28]
    waves = np.sin(0.8 * (row * np.sin(angle) + column * np.cos(angle)))
    raw = (127 + 80 * waves + rng.normal(0, 20, waves.shape)).clip(0, 255).astype("uint8")
    x, y, half = images(raw), labels(classes), count // 2
    return x[:half], y[:half], x[half:], y[half:]


def main() -> None:
    """Train, and write the learning curve, the backprop graph and the weights."""
    options = parser(__doc__.splitlines()[0], epochs=5)
    options.add_argument("--data", type=Path, metavar="DIR", help="folder with the idx files of Fashion-MNIST")
    options = options.parse_args()
    if options.data is None and not options.quick:
        raise SystemExit("give the folder of the idx files with --data DIR, or try --quick on made-up images")
    ag.manual_seed(options.seed)
    data = load(options.data) if options.data else stripes(1000)
    if options.quick:
        options.epochs, data = 1, (data[0][:500], data[1][:500], data[2][:500], data[3][:500])
    run("fashion-mnist", network(), data, options, batch_size=128, lr=3e-3)


if __name__ == "__main__":
    main()
