"""Transforms at work: in a data set, in prediction, and as pictures to look at."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from autograd_core.backend import host
from autograd_core.data.datasets import Dataset, Gatherer, IterableDataset, gatherer_of
from autograd_core.data.readers.pictures import make_grid, write_image, write_images
from autograd_core.data.transforms.composing import Change, on_batches, over_batch
from autograd_core.data.transforms.converting import converted, to_tensor
from autograd_core.data.transforms.functional.windows import cut_with_fill
from autograd_core.data.transforms.images import Array, array_of, computing
from autograd_core.engine.modes import no_grad
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.utils.modes import evaluating

__all__ = ["Transformed", "contact_sheet", "save_examples", "test_time"]


class Transformed(Dataset[Any]):
    """A data set whose images are changed when they are asked for: anew each time, where the transform is random.

    Of samples that are tuples the first member is changed, by ``transform``, and the second by ``target_transform``.
    Where the data set makes whole batches and the transform takes them (``batches``, see ``Transform``), a loader has
    each batch made in one go.

    Raises: DTypeError for a transform that cannot be called, and for an ``IterableDataset``, which has no indices.
    """

    def __init__(self, dataset: Any, transform: Change | None = None, target_transform: Change | None = None) -> None:
        for name, given in (("transform", transform), ("target_transform", target_transform)):
            if given is not None and not callable(given):
                raise DTypeError(f"Transformed: {name} is {type(given).__name__}; wanted a callable, or None")
        if isinstance(dataset, IterableDataset):
            raise DTypeError(f"Transformed: dataset is {type(dataset).__name__}, a stream; transform what it yields")
        self.dataset, self.transform, self.target_transform = dataset, transform, target_transform

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: Any) -> Any:
        return self._changed(self.dataset[index])

    def _changed(self, sample: Any) -> Any:
        """Return a sample, or a batch, changed."""
        if not isinstance(sample, list | tuple):
            return sample if self.transform is None else self.transform(sample)
        members = list(sample)
        for k, change in enumerate((self.transform, self.target_transform)):
            if change is not None:
                members[k] = change(members[k])
        return type(sample)(*members) if hasattr(sample, "_fields") else type(sample)(members)

    def _gatherer(self) -> Gatherer | None:
        """Return what makes a batch from an array of indices; None where images are changed one by one."""
        gather = gatherer_of(self.dataset)
        ready = all(change is None or on_batches(change) for change in (self.transform, self.target_transform))
        if gather is None or not ready or type(self).__getitem__ is not Transformed.__getitem__:
            return None
        return lambda rows: self._changed(gather(rows))


def test_time(model: Any, x: Tensor, transform: Change, samples: int = 10) -> Tensor:
    """Return the mean of a model's softmax probabilities over ``samples`` random changes of each image.

    The model is in eval mode meanwhile, and nothing is recorded.  ``FiveCrop`` and ``TenCrop`` give several views at
    each of the ``samples`` calls.

    Shape: x (N, C, H, W) -> (N, classes).

    Raises: ShapeError for an ``x`` that is no batch; ValueError for less than one sample.
    """
    if x.ndim != 4:
        raise ShapeError(f"test_time: x has shape {tuple(x.shape)}; wanted a batch (N, C, H, W)")
    if samples < 1:
        raise ValueError(f"test_time: samples is {samples!r}; wanted at least 1")
    total: Any = 0
    count = 0
    with evaluating(model) if hasattr(model, "modules") else nullcontext(), no_grad():
        for _ in range(samples):
            for view in _views(transform, x.cpu()):
                total, count = total + model(view.to(x.device)).softmax(-1), count + 1
    return total / count


test_time.__test__ = False  # type: ignore[attr-defined]  # pytest: this is no test


def _views(transform: Change, x: Tensor) -> Sequence[Tensor]:
    """Return the changed batches: one, or as many as the transform makes of an image."""
    return transform(x) if getattr(transform, "views", 1) > 1 else [over_batch(transform, x)]


def save_examples(
    examples: Any, transform: Change, folder: str | os.PathLike[str], count: int = 8, samples: int = 7
) -> Path:
    """Write images and what a transform makes of them as PNG files to look at; return the path of a sheet of all.

    ``examples`` is a data set or a batch (N, C, H, W), of which the first ``count`` are taken, ``samples`` times each:
    ``000_original.png``, ``000_0.png``, ... and ``sheet.png``, a row for each image, the image itself first.  Images
    that do not lie in 0..1, such as standardised ones, are scaled to fill it.

    Raises: ImportError where there is no Pillow; ShapeError for no examples, or for images that cannot be shown.
    """
    rows = []
    for i in range(min(count, len(examples))):
        sample = examples[i]
        image = sample[0] if isinstance(sample, list | tuple) else sample
        rows.append([_shown(picture) for picture in (image, *(transform(image) for _ in range(samples)))])
    if not rows:
        raise ShapeError("save_examples: examples are empty; wanted at least one image")
    names = [f"{i:03}_{k - 1 if k else 'original'}.png" for i, row in enumerate(rows) for k in range(len(row))]
    write_images([picture for row in rows for picture in row], folder, names)
    sheet = Path(folder) / "sheet.png"
    write_image(contact_sheet(rows), sheet)
    return sheet


def contact_sheet(rows: Sequence[Sequence[Tensor]], cell: int = 72) -> Tensor:
    """Return images (C, H, W), in rows of one length, as one image on white, small ones enlarged to ``cell`` pixels.

    Floats are 0..1.  Shape: (3, H, W).
    """
    arrays = [computing(converted(array_of("contact_sheet", image), "float32")) for row in rows for image in row]
    height, width = (max(array.shape[axis] for array in arrays) for axis in (1, 2))
    factor = max(1, cell // max(height, width))
    cells = [wrap(_in_cell(array, height, width).repeat(factor, 1).repeat(factor, 2)) for array in arrays]
    return make_grid(cells, nrow=len(rows[0]), padding=4, pad_value=1.0)


def _in_cell(array: Array, height: int, width: int) -> Array:
    """Return an image in three channels, in the middle of a white one."""
    colours = array[None] if len(array) == 3 else host.repeat(array[None, :1], 3, 1)
    top, left = (height - array.shape[1]) // 2, (width - array.shape[2]) // 2
    return cut_with_fill("contact_sheet", colours, -top, -left, (height, width), 1.0)[0]


def _shown(image: Any) -> Tensor:
    """Return an image as a tensor that can be written."""
    tensor = to_tensor(image)
    array = array_of("save_examples", tensor)
    if array.dtype.kind not in "iub" and array.size and (array.min() < 0 or array.max() > 1):
        return (tensor - array.min()) / max(float(array.max() - array.min()), 1e-12)
    return tensor
