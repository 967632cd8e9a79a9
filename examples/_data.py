"""The data of the experiments: from a folder, or downloaded, or with ``--quick`` bundled or made.

A data set is looked for in the folder of ``--data``, or else in that of ``AUTOGRAD_DATA``, in ``data`` and in
``../shared/data`` beside this project: there in a folder of its own (``mnist``, ``fashion-mnist``, ``cifar10``, ...).
What is in none of them is downloaded to the first of them.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from _common import need

import autograd_core as ag
import nn.functional as F
from autograd_core import Tensor, data
from autograd_core.data.readers.downloading import Remote, download
from autograd_core.errors import FormatError

ROOT = Path(__file__).parents[1]
FEW = 800  # examples with --quick; the last quarter is for testing
TEXT = Remote(
    "input.txt",
    "https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/"
    "input.txt",
    "sha256:86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
)
SONNET = """\
Shall I compare thee to a summer's day?
Thou art more lovely and more temperate:
Rough winds do shake the darling buds of May,
And summer's lease hath all too short a date;
Sometime too hot the eye of heaven shines,
And often is his gold complexion dimm'd;
And every fair from fair sometime declines,
By chance or nature's changing course untrimm'd;
But thy eternal summer shall not fade,
Nor lose possession of that fair thou ow'st;
Nor shall death brag thou wander'st in his shade,
When in eternal lines to time thou grow'st:
So long as men can breathe or eyes can see,
So long lives this, and this gives life to thee.

"""


class Split(NamedTuple):
    """Training and test examples: float32 images (N, C, H, W) in 0..1 and int64 labels (N,)."""

    x: Tensor
    y: Tensor
    test_x: Tensor
    test_y: Tensor


def mnist(options: argparse.Namespace) -> Split:
    """Return MNIST, 60 000 + 10 000 digits of 1 x 28 x 28; with ``--quick`` 600 + 200 of scikit-learn's, enlarged."""
    return digits() if options.quick else _images(options, data.MNIST)


def fashion(options: argparse.Namespace) -> Split:
    """Return Fashion-MNIST, 60 000 + 10 000 clothes of 1 x 28 x 28; with ``--quick`` what ``mnist`` returns."""
    return digits() if options.quick else _images(options, data.FashionMNIST)


def cifar(options: argparse.Namespace) -> Split:
    """Return CIFAR-10 or the part of it that is there, 3 x 32 x 32; with ``--quick`` 600 + 200 made-up images."""
    if options.quick:
        return stripes()
    return _images(options, data.CIFAR10, "cifar10-sample")


def shakespeare(options: argparse.Namespace) -> str:
    """Return Tiny Shakespeare, 1.1 million characters; with ``--quick`` one sonnet over and over."""
    if options.quick:
        return SONNET * 20
    folder, places = "tinyshakespeare", _places(options)
    paths = [path for place in places for path in (place / folder / TEXT.name, place / TEXT.name) if path.is_file()]
    try:
        if not paths and options.data is not None:
            raise FileNotFoundError(
                f"no file {TEXT.name} in {options.data} or its folder {folder!r}; fetch {TEXT.url}"
            )
        return (paths[0] if paths else download(TEXT, places[0] / folder, folder)).read_text(encoding="utf-8")
    except (OSError, ImportError, FormatError) as error:
        raise SystemExit(f"{error}\nOr try --quick, which needs no data") from None


def digits(size: int = 28) -> Split:
    """Return scikit-learn's digits, enlarged from 8 x 8 to five sevenths of ``size`` amid a border, as in MNIST."""
    raw = need("sklearn.datasets", "scikit-learn").load_digits()
    order = np.random.default_rng(0).permutation(len(raw.target))[:FEW]
    small = ag.tensor((raw.images[order][:, None] / 16).astype("float32"))
    inner = size * 5 // 7
    before = (size - inner) // 2
    after = size - inner - before
    large = F.pad(F.interpolate(small, size=(inner, inner), mode="bilinear"), (before, after, before, after))
    return _parted(large, ag.tensor(raw.target[order].astype("int64")))


def stripes(size: int = 32) -> Split:
    """Return made-up colour images of ten classes: a direction of stripes and a tint for each."""
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 10, FEW)
    angle = classes[:, None, None] * (np.pi / 10)
    row, column = np.mgrid[:size, :size]
    phase = rng.uniform(0, 2 * np.pi, (FEW, 1, 1))
    waves = np.sin(0.8 * (row * np.sin(angle) + column * np.cos(angle)) + phase)  # (N, H, W)
    tint = 0.5 + 0.2 * np.cos(2 * np.pi * (classes[:, None] / 10 + np.arange(3) / 3))  # (N, C)
    images = tint[:, :, None, None] + 0.25 * waves[:, None] + rng.normal(0, 0.1, (FEW, 3, size, size))
    return _parted(ag.tensor(images.clip(0, 1).astype("float32")), ag.tensor(classes.astype("int64")))


def _parted(x: Tensor, y: Tensor) -> Split:
    many = FEW * 3 // 4
    return Split(x[:many], y[:many], x[many:], y[many:])


def _images(options: argparse.Namespace, reader: Callable[..., Any], *folders: str) -> Split:
    """Return both parts of a data set from the first place that has it, or else download it to the first place."""
    places = _places(options)
    try:
        for root in [place / folder for place in places for folder in (".", *folders)]:
            with contextlib.suppress(FileNotFoundError):
                return _split(reader(root, train=True), reader(root, train=False))
        if options.data is None:
            print(f"{reader.__name__} is not in {' or '.join(map(str, places))}: downloading it to {places[0]}")
        fetch = options.data is None
        return _split(reader(places[0], True, download=fetch), reader(places[0], False, download=fetch))
    except (OSError, ImportError, FormatError) as error:
        raise SystemExit(f"{error}\nOr try --quick, which needs no data") from None


def _split(train: Any, test: Any) -> Split:
    """Return images as floats in 0..1 and labels as integers that a loss takes."""
    images = [ag.tensor(part.images.astype("float32") / np.float32(255)) for part in (train, test)]
    labels = [ag.tensor(part.labels) for part in (train, test)]
    return Split(images[0], labels[0], images[1], labels[1])


def _places(options: argparse.Namespace) -> list[Path]:
    if options.data is not None:
        return [options.data]
    told = os.environ.get("AUTOGRAD_DATA")
    return [Path(told)] if told else [Path("data"), ROOT.parent / "shared" / "data"]
