"""Batches whose examples are mixed with each other, images and labels alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.data.collating import default_collate
from autograd_core.data.transforms.arguments import positive
from autograd_core.data.transforms.draws import below, betas, uniforms
from autograd_core.data.transforms.images import Array, array_of
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError

__all__ = ["CutMix", "MixUp"]


class _Mixing:
    """What mixes each example of a batch with the one before it, the first with the last: shuffle the batches.

    Called with ``(x, y)``, or with the two as a list, it returns the mixed images and the labels' probabilities (N,
    classes), which ``F.cross_entropy`` takes.  ``collate`` is for ``DataLoader(..., collate_fn=mixup.collate)``.
    """

    def __init__(self, alpha: float = 1.0, num_classes: int | None = None) -> None:
        self.name = type(self).__name__
        self.alpha = positive(self.name, "alpha", alpha)
        if num_classes is not None and (not isinstance(num_classes, int) or num_classes < 1):
            raise DTypeError(f"{self.name}: num_classes is {num_classes!r}; wanted a whole number above 0, or None")
        self.num_classes = num_classes

    def __call__(self, *batch: Any) -> tuple[Tensor, Tensor]:
        pair = batch[0] if len(batch) == 1 and isinstance(batch[0], Sequence) else batch
        if len(pair) != 2:
            raise DTypeError(f"{self.name}: got {len(pair)} members of a batch; wanted two: images and labels")
        images, labels = array_of(self.name, pair[0]), array_of(self.name, pair[1])
        if images.dtype.kind in "iub":
            raise DTypeError(f"{self.name}: images are {images.dtype}; wanted floats, as ToTensor() makes them")
        if images.ndim != 4 or len(labels) != len(images):
            raise ShapeError(
                f"{self.name}: images have shape {images.shape}, labels {labels.shape}; wanted (N, C, H, W) and "
                "(N,) or (N, classes)"
            )
        mixed, shares = self._mixed(images)
        own = self._probabilities(labels)
        shares = shares.astype(own.dtype)[:, None]
        return wrap(mixed), wrap(own * shares + host.roll(own, 1, 0) * (1 - shares))

    def collate(self, samples: Sequence[Any]) -> tuple[Tensor, Tensor]:
        """Return the mixed batch of a list of samples: a ``collate_fn``."""
        return self(*default_collate(samples))

    def __repr__(self) -> str:
        return f"{self.name}(alpha={self.alpha}, num_classes={self.num_classes})"

    def _mixed(self, images: Array) -> tuple[Array, Array]:
        """Return the mixed images, and what share each example has of itself."""
        raise NotImplementedError

    def _probabilities(self, labels: Array) -> Array:
        """Return labels as float32 probabilities, (N, classes)."""
        if labels.ndim == 2 and labels.dtype.kind not in "iub":
            return labels
        if labels.ndim != 1 or labels.dtype.kind not in "iu" or self.num_classes is None:
            raise DTypeError(
                f"{self.name}: labels are {labels.dtype} of shape {labels.shape} with num_classes={self.num_classes}; "
                "wanted ints (N,) and num_classes, or probabilities (N, classes)"
            )
        if len(labels) and not 0 <= labels.min() <= labels.max() < self.num_classes:
            raise ShapeError(
                f"{self.name}: labels run from {labels.min()} to {labels.max()}; wanted 0 to {self.num_classes - 1}, "
                f"for num_classes={self.num_classes}"
            )
        return (labels[:, None] == host.arange(self.num_classes)).astype("float32")


class MixUp(_Mixing):
    """``share * x + (1 - share) * other`` of images and labels, with a share of Beta(alpha, alpha) for each pair.

    torchvision draws one share for a batch.  ``num_classes`` is needed where labels are whole numbers.

    Raises: ValueError for an ``alpha`` that is not above 0; DTypeError and ShapeError for other batches.

    Source: Zhang et al., mixup: Beyond Empirical Risk Minimization, 2017, equation 1.
    """

    def _mixed(self, images: Array) -> tuple[Array, Array]:
        shares = betas(len(images), self.alpha)
        own = shares.astype(images.dtype)[:, None, None, None]
        return images * own + host.roll(images, 1, 0) * (1 - own), shares


class CutMix(_Mixing):
    """A box of each image replaced by that of another; the labels' shares are those of the area.

    The box has the image's proportions and 1 - share of its area, a share of Beta(alpha, alpha) for each pair; its
    middle is anywhere, so that a part may be cut off.  ``num_classes`` is needed where labels are whole numbers.

    Raises: ValueError for an ``alpha`` that is not above 0; DTypeError and ShapeError for other batches.

    Source: Yun et al., CutMix, 2019, section 3.1 and algorithm A1.
    """

    def _mixed(self, images: Array) -> tuple[Array, Array]:
        n, _, height, width = images.shape
        size = host.array([height, width])
        half = (0.5 * host.sqrt(1 - betas(n, self.alpha))[:, None] * size).astype("int64")
        middle = below(uniforms(n, 2), size)
        start, stop = (middle - half).clip(0, size), (middle + half).clip(0, size)
        inside = [
            (host.arange(length) >= start[:, k, None]) & (host.arange(length) < stop[:, k, None])
            for k, length in enumerate((height, width))
        ]
        box = inside[0][:, None, :, None] & inside[1][:, None, None, :]
        mixed = host.where(box, host.roll(images, 1, 0), images)
        return mixed, 1 - (stop - start).prod(1) / (height * width)
