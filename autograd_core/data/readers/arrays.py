"""Labelled images that lie in memory as bytes: a quarter of what floats take, made floats batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.data.datasets import Dataset, Gatherer, _untouched
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError

__all__ = ["Change", "ImageArrays", "scaled", "whole_batches"]

Array = Any  # a NumPy array
Change = Callable[[Any], Any]


class ImageArrays(Dataset[tuple[Any, Any]]):
    """Images and their labels: sample i is (float32 Tensor (C, H, W) in 0..1, int).

    ``images`` is a uint8 array (N, C, H, W), or (N, H, W) for one channel; ``labels`` are N whole numbers that count
    the ``classes`` from 0.  ``transform`` is called with each image, ``target_transform`` with each label.

    Raises: DTypeError for images that are not uint8 or labels that are no integers; ShapeError for arrays that do not
    fit together, and for a label that is none of the classes.
    """

    def __init__(
        self, images: Array, labels: Array, classes: Sequence[str] | None = None, transform: Change | None = None,
        target_transform: Change | None = None,
    ) -> None:  # fmt: skip
        name = type(self).__name__
        self.images = _images(name, images)
        self.labels = _labels(name, labels, len(self.images))
        most = int(self.labels.max()) if len(self.labels) else -1
        self.classes = [str(i) for i in range(most + 1)] if classes is None else [str(text) for text in classes]
        if most >= len(self.classes) or (len(self.labels) and self.labels.min() < 0):
            raise ShapeError(
                f"{name}: labels run from {self.labels.min()} to {most}; wanted 0 to {len(self.classes) - 1}, "
                f"for {len(self.classes)} classes"
            )
        self.transform, self.target_transform = transform, target_transform

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The label of each class."""
        return {text: i for i, text in enumerate(self.classes)}

    @property
    def targets(self) -> Tensor:
        """The labels as torchvision's data sets have them: an int64 Tensor (N,)."""
        return wrap(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        image, label = scaled(self.images[index]), int(self.labels[index])
        return (
            image if self.transform is None else self.transform(image),
            label if self.target_transform is None else self.target_transform(label),
        )

    def _gatherer(self) -> Gatherer | None:
        """Return what makes a batch from an array of indices; None where samples are changed one by one."""
        change = whole_batches(self.transform) if self.target_transform is None else None
        if change is None or not _untouched(self, ImageArrays):
            return None
        images, labels = self.images, self.labels
        return lambda rows: [change(scaled(images.take(rows, axis=0))), wrap(labels.take(rows))]


def whole_batches(transform: Change | None) -> Change | None:
    """Return what changes a batch of images as ``transform`` changes each; None where only that itself can."""
    if transform is None:
        return lambda images: images
    return transform if getattr(transform, "batches", False) else None  # so say the transforms that know batches


def scaled(pixels: Array) -> Tensor:
    """Return bytes 0..255 as float32 in 0..1."""
    return wrap(host.divide(pixels, host.float32(255), dtype=host.float32))


def _images(name: str, images: Any) -> Array:
    found = host.asarray(images)
    if found.dtype != host.uint8:
        raise DTypeError(f"{name}: images are {found.dtype}; wanted uint8, 0 to 255")
    found = found[:, None] if found.ndim == 3 else found  # (N, H, W) -> (N, 1, H, W)
    if found.ndim != 4:
        raise ShapeError(f"{name}: images have shape {found.shape}; wanted (N, C, H, W) or (N, H, W)")
    return found


def _labels(name: str, labels: Any, count: int) -> Array:
    found = host.asarray(labels)
    if found.dtype.kind not in "iu":
        raise DTypeError(f"{name}: labels are {found.dtype}; wanted integers")
    if found.shape != (count,):
        raise ShapeError(f"{name}: labels have shape {found.shape}; wanted ({count},), one for each image")
    return found.astype(host.int64)
