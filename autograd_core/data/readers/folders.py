"""Folders of images, a subfolder for each class: read one by one, when they are asked for."""

from __future__ import annotations

import copy
import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograd_core.backend import host
from autograd_core.data.datasets import Dataset, Gatherer, _untouched
from autograd_core.data.readers.arrays import Change, scaled, whole_batches
from autograd_core.data.readers.idx import listing
from autograd_core.data.readers.pictures import Size, check_options, pixels_of
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import FormatError

__all__ = ["ImageFolder"]

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
UNREADABLE = (FormatError, FileNotFoundError, PermissionError)


class ImageFolder(Dataset[tuple[Any, Any]]):
    """Images in one subfolder for each class: sample i is (float32 Tensor (C, H, W) in 0..1, int).

    ``classes`` are the names of the subfolders in alphabetical order, ``samples`` the pairs (path, label), ``targets``
    the labels.  Images may lie deeper; files of other endings, and hidden ones, are passed by.  An image is opened when
    it is asked for.  ``size``, ``mode`` and ``fit`` are those of ``read_image``: batches need a ``size``, unless all
    images have the same.  ``transform`` is called with each image, ``target_transform`` with each label.

    An image that cannot be read raises its error, with path and reason, unless ``on_error="skip"``.  Then a warning
    names it, once, and the next readable image of its class stands in its place: length, labels and batch sizes stay
    what they are.  ``check()`` finds such images beforehand, ``without()`` leaves them out.

    Raises: FileNotFoundError where there is no such folder, no subfolder, or a subfolder without images; ValueError for
    arguments that are none of those above.
    """

    def __init__(
        self, root: str | os.PathLike[str], size: Size = None, transform: Change | None = None,
        target_transform: Change | None = None, *, mode: str = "RGB", fit: str = "stretch", on_error: str = "raise",
    ) -> None:  # fmt: skip
        check_options("ImageFolder", size, mode, fit)
        if on_error not in ("raise", "skip"):
            raise ValueError(f"ImageFolder: on_error is {on_error!r}; wanted 'raise' or 'skip'")
        self.root, self.size, self.mode, self.fit, self.on_error = Path(root), size, mode, fit, on_error
        self.transform, self.target_transform = transform, target_transform
        self.classes = _classes(self.root)
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        self.samples = [(path, i) for name, i in self.class_to_idx.items() for path in _images(self.root / name)]
        self._unreadable: dict[str, str] = {}  # path -> why

    @property
    def targets(self) -> list[int]:
        """The label of each sample."""
        return [label for _, label in self.samples]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        image, label = self._tensor(self._pixels(index)), self.samples[index][1]
        return (
            image if self.transform is None else self.transform(image),
            label if self.target_transform is None else self.target_transform(label),
        )

    def check(self) -> dict[str, str]:
        """Read every image once; return the paths of those that cannot be read, and why not."""
        for path, _ in self.samples:
            self._read(path)
        return {path: self._unreadable[path] for path, _ in self.samples if path in self._unreadable}

    def without(self, paths: Iterable[str]) -> ImageFolder:
        """Return the same data set without these images: ``folder.without(folder.check())``, before it is split.

        Raises: ValueError for a path that is none of ``samples``, and where nothing would be left of a class.
        """
        out = set(map(str, paths))
        strange = sorted(out - {path for path, _ in self.samples})
        if strange:
            raise ValueError(f"ImageFolder.without: {strange[0]} is none of the images; wanted paths as in samples")
        fewer = copy.copy(self)
        fewer.samples = [sample for sample in self.samples if sample[0] not in out]
        bare = sorted(set(self.targets) - set(fewer.targets))
        if bare:
            raise ValueError(f"ImageFolder.without: no image of class {self.classes[bare[0]]!r} would be left")
        return fewer

    def _gatherer(self) -> Gatherer | None:
        """Return what makes a batch from an array of indices; None where samples are changed one by one."""
        change = whole_batches(self.transform) if self.target_transform is None else None
        if change is None or self.size is None or not _untouched(self, ImageFolder):
            return None

        def gather(rows: Any) -> Any:
            indices = rows.tolist()
            pixels = host.stack([self._pixels(i) for i in indices])  # N of (C, H, W) -> (N, C, H, W)
            return [change(self._tensor(pixels)), wrap(host.array([self.samples[i][1] for i in indices], host.int64))]

        return gather

    def _tensor(self, pixels: Any) -> Tensor:
        return wrap(pixels) if self.mode == "F" else scaled(pixels)

    def _pixels(self, index: int) -> Any:
        """Return the pixels of a sample, or of the next of its class that can be read where errors are skipped."""
        path, label = self.samples[index]
        if self.on_error == "raise":
            return pixels_of(path, self.size, self.mode, self.fit)
        for k in range(len(self.samples)):
            path, its_label = self.samples[(index + k) % len(self.samples)]
            pixels = self._read(path, warn=True) if its_label == label else None
            if pixels is not None:
                return pixels
        raise self._no_image(label)

    def _read(self, path: str, warn: bool = False) -> Any | None:
        """Return the pixels in a file; None, and note why, where it cannot be read."""
        if path in self._unreadable:
            return None
        try:
            return pixels_of(path, self.size, self.mode, self.fit)
        except UNREADABLE as error:
            reason = str(error)
        if self._unreadable.setdefault(path, reason) is reason and warn:  # one thread's comes first
            warnings.warn(f"ImageFolder: an image is left out: {reason}", stacklevel=4)
        return None

    def _no_image(self, label: int) -> FormatError:
        reason = next(self._unreadable[path] for path, its in self.samples if its == label)
        return FormatError(f"ImageFolder: no image of class {self.classes[label]!r} can be read; the first: {reason}")


def _classes(root: Path) -> list[str]:
    entries = root.iterdir() if root.is_dir() else ()
    names = sorted(entry.name for entry in entries if entry.name[0] != "." and entry.is_dir())
    if not names:
        raise FileNotFoundError(f"ImageFolder: {root} has no subfolder, one for each class; {listing(root)}")
    return names


def _images(folder: Path) -> list[str]:
    """Return the paths of the images in a folder and all below it, in alphabetical order."""
    found, seen = [], set()
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if name[0] != ".")
        found += [os.path.join(place, name) for name in files if name[0] != "." and name.lower().endswith(ENDINGS)]
    if not found:
        raise FileNotFoundError(
            f"ImageFolder: the class folder {folder} has no image ({', '.join(ENDINGS)}); {listing(folder)}"
        )
    return sorted(found)
