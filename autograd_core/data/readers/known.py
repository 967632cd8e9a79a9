"""Data sets that everybody knows, from a folder or, when asked, downloaded: MNIST, Fashion-MNIST, CIFAR-10."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from autograd_core.data.readers import cifar
from autograd_core.data.readers.arrays import Change, ImageArrays
from autograd_core.data.readers.downloading import Remote, download
from autograd_core.data.readers.idx import listing, read_idx
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import FormatError

__all__ = ["CIFAR10", "FashionMNIST", "MNIST"]

Array = Any  # a NumPy array

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def data_folder() -> Path:
    """Return where data sets lie: the folder in ``AUTOGRAD_DATA``, or else ``autograd_core`` in the user's cache."""
    told = os.environ.get("AUTOGRAD_DATA")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(told) if told else Path(cache) / "autograd_core"


class _Known(ImageArrays):
    """A data set that is known by name: where its files lie, and where they come from."""

    folder: ClassVar[str]  # of the data set in the root
    elsewhere: ClassVar[str]  # where torchvision keeps it
    named: ClassVar[tuple[str, ...]]

    def __init__(
        self, root: str | os.PathLike[str] | None = None, train: bool = True, transform: Change | None = None,
        target_transform: Change | None = None, download: bool = False,
    ) -> None:  # fmt: skip
        self.root, self.train = data_folder() if root is None else Path(root), train
        images, labels = self._read(download)
        super().__init__(images, labels, self.named, transform, target_transform)

    def _read(self, fetch: bool) -> tuple[Array, Array]:
        raise NotImplementedError

    def _places(self) -> list[Path]:
        return [self.root / self.folder, self.root / self.elsewhere, self.root]

    def _missing(self, remotes: Sequence[Remote], place: Path) -> FileNotFoundError:
        name, names = type(self).__name__, ", ".join(remote.name for remote in remotes)
        return FileNotFoundError(
            f"{name}: no file {names} in {place}; {listing(place)}. Download it with {name}(root, download=True), or "
            f"fetch {remotes[0].url} by hand and put it there"
        )


class _FourFiles(_Known):
    """A data set in the four files of MNIST."""

    url: ClassVar[str]
    sums: ClassVar[tuple[str, str, str, str]]  # SHA-256 of the files of FILES, gzipped

    @property
    def data(self) -> Tensor:
        """The images as torchvision has them: a uint8 Tensor (N, 28, 28)."""
        return wrap(self.images[:, 0])

    def _read(self, fetch: bool) -> tuple[Array, Array]:
        mine = slice(0, 2) if self.train else slice(2, 4)
        remotes = [Remote(f"{n}.gz", f"{self.url}{n}.gz", f"sha256:{s}") for n, s in zip(FILES[mine], self.sums[mine])]
        places = [(place, [_file(place, name) for name in FILES[mine]]) for place in self._places()]
        place, paths = max(places, key=lambda item: sum(path is not None for path in item[1]))  # the fullest
        lacking = [remote for remote, path in zip(remotes, paths) if path is None]
        if lacking and not fetch:
            raise self._missing(lacking, place if any(paths) else self.root)
        home = place if any(paths) else self.root / self.folder
        images, labels = (
            read_idx(path or download(remote, home, type(self).__name__)) for path, remote in zip(paths, remotes)
        )
        if images.dtype != "u1" or images.shape[1:] != (28, 28) or labels.shape != images.shape[:1]:
            raise FormatError(
                f"{type(self).__name__}: {home}: the {'train' if self.train else 'test'} images are {images.dtype} of "
                f"shape {images.shape}, the labels of shape {labels.shape}; wanted uint8 of shape (N, 28, 28) and (N,)"
            )
        return images, labels


def _file(folder: Path, name: str) -> Path | None:
    """Return the file of this name: plain or gzipped, with a dash or (on some mirrors) a dot before idx."""
    names = [f"{stem}{end}" for stem in (name, name.replace("-idx", ".idx")) for end in ("", ".gz")]
    return next((path for n in names if (path := folder / n).is_file()), None)


class MNIST(_FourFiles):
    """Handwritten digits: 60 000 for training, 10 000 for testing, of 1 x 28 x 28; samples as of ``ImageArrays``.

    The four idx files, gzipped or not, lie in ``root`` or in its folder ``mnist``; ``root`` is by default the folder in
    the environment variable ``AUTOGRAD_DATA``, or else ``~/.cache/autograd_core``.  With ``download`` those that are
    missing are fetched, and their checksums compared.

    Raises: FileNotFoundError where a file is missing; FormatError for one that is damaged; ConnectionError for a
    download that fails.

    Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998.
    """

    folder = "mnist"
    elsewhere = "MNIST/raw"
    named = tuple("0123456789")
    url = "https://ossci-datasets.s3.amazonaws.com/mnist/"
    sums = (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    )


class FashionMNIST(_FourFiles):
    """Ten kinds of clothing, in files, numbers and sizes as ``MNIST``; its folder is ``fashion-mnist``.

    Raises: as ``MNIST``.

    Source: Xiao, Rasul, Vollgraf, "Fashion-MNIST", arXiv 1708.07747.
    """

    folder = "fashion-mnist"
    elsewhere = "FashionMNIST/raw"
    named = (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    )  # fmt: skip
    url = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
    sums = (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    )


class CIFAR10(_Known):
    """Photographs of ten kinds of things, 50 000 and 10 000 of 3 x 32 x 32; samples as of ``ImageArrays``.

    In ``root``, or in its folder ``cifar10``, lie the files of the binary version (``data_batch_1.bin``, ...), or its
    archive ``cifar-10-binary.tar.gz``, or an npz file with the arrays ``x_train``, ``y_train``, ``x_test`` and
    ``y_test``: all of it or a part.  The Python version, whose files are pickles, is not read.  With ``download`` the
    archive is fetched, 170 MB, and its checksum compared; it is read as it is, and never unpacked.

    Raises: as ``MNIST``.

    Source: Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
    """

    folder = "cifar10"
    elsewhere = "cifar-10-batches-bin"
    named = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    archive = Remote(
        "cifar-10-binary.tar.gz",
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "md5:c32a1d4ab5d03f1284b67883e8d87530",
    )

    def _places(self) -> list[Path]:
        return [*super()._places(), self.root / self.folder / self.elsewhere]

    def _read(self, fetch: bool) -> tuple[Array, Array]:
        for place in self._places():
            found = cifar.read_folder(place, self.train)
            if found is not None:
                return found
        if not fetch:
            raise self._missing([self.archive], self.root)
        return cifar.read_archive(download(self.archive, self.root / self.folder, "CIFAR10"), self.train)
