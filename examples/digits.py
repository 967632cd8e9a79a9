"""Train a small convolutional network on the handwritten digits that ship with scikit-learn.

1797 images of 8×8 pixels, four fifths for training: about 99 % of the rest are read correctly.

    python examples/digits.py
    AUTOGRAD_DEVICE=cuda python examples/digits.py
"""

from __future__ import annotations

from _common import Data, need, parser, run

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core import Tensor


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


def load() -> Data:
    """Return the digits, split the same way each time and with every class in proportion."""
    digits = need("sklearn.datasets", "scikit-learn").load_digits()
    images = (digits.images[:, None] / 16).astype("float32")  # (N, 8, 8) in 0..16 -> (N, 1, 8, 8) in 0..1
    split = need("sklearn.model_selection", "scikit-learn").train_test_split
    x, test_x, y, test_y = split(images, digits.target, test_size=0.2, stratify=digits.target, random_state=0)
    return ag.tensor(x), ag.tensor(y), ag.tensor(test_x), ag.tensor(test_y)


def shift(x: Tensor) -> Tensor:
    """Move a batch of images by up to one pixel each way: a digit stays what it is."""
    top, left = ag.randint(0, 3, (2,)).tolist()
    return F.pad(x, (1, 1, 1, 1))[:, :, top : top + 8, left : left + 8]  # (N, 1, 10, 10) -> (N, 1, 8, 8)


def main() -> None:
    """Train, and write the learning curve, the backprop graph and the weights."""
    options = parser(__doc__.splitlines()[0], epochs=30).parse_args()
    ag.manual_seed(options.seed)
    data = load()
    if options.quick:
        options.epochs, data = 1, (data[0][:256], data[1][:256], data[2], data[3])
    run("digits", network(), data, options, batch_size=64, lr=5e-3, augment=shift)


if __name__ == "__main__":
    main()
