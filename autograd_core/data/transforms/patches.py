"""Patches of images that are too large to hold, and predictions of patches put together again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.data.datasets import Dataset
from autograd_core.data.transforms.arguments import pair_of_sizes
from autograd_core.data.transforms.composing import Change
from autograd_core.data.transforms.draws import below, uniforms
from autograd_core.data.transforms.images import Array, array_of, from_pillow, is_pillow
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError
from autograd_core.optional import need

__all__ = ["Patches", "RandomPatches"]

Position = tuple[int, int]  # of a patch's upper left pixel: row, column


class _Large:
    """A large image of which parts are read: anything with ``shape`` and slices, or a file."""

    def __init__(self, operation: str, source: Any, channels_first: bool) -> None:
        self._path = str(source) if isinstance(source, str | os.PathLike) else None
        self._first = channels_first and self._path is None
        self._opened: tuple[int, Any] | None = None if self._path else (os.getpid(), source)
        if self._path is not None and not self._path.endswith(".npy"):
            with _pillow().open(self._path) as header:
                self.size: Position = header.size[::-1]
        elif is_pillow(source):
            source.load()  # now, so that workers do not read one file at once
            self.size = source.size[::-1]
        else:
            self.size = self._size_of(operation, self._open())

    def _size_of(self, operation: str, source: Any) -> Position:
        """Return the height and width of an array."""
        if not hasattr(source, "shape"):
            raise DTypeError(f"{operation}: source is {type(source).__name__}; wanted an array, a path or a PIL image")
        shape = tuple(source.shape)
        if len(shape) not in (2, 3):
            raise ShapeError(
                f"{operation}: source has shape {shape}; wanted (H, W), (H, W, C), or (C, H, W), channels_first=True"
            )
        return shape[-2:] if self._first else shape[:2]

    def _open(self) -> Any:
        """Return the source: a file is opened once in each process."""
        if self._opened is None or (self._path is not None and self._opened[0] != os.getpid()):
            path = str(self._path)
            if path.endswith(".npy"):
                found = host.load(path, mmap_mode="r")
            else:
                found = _pillow().open(path)
                found.load()  # before another thread sees it
            self._opened = os.getpid(), found
        return self._opened[1]

    def read(self, top: int, left: int, size: tuple[int, int]) -> Tensor:
        """Return a patch, (C, h, w), as memory of its own."""
        source = self._open()
        rows, columns = slice(top, top + size[0]), slice(left, left + size[1])
        if is_pillow(source):
            return wrap(from_pillow(source.crop((left, top, columns.stop, rows.stop))))
        if isinstance(source, Tensor):
            source = array_of("Patches", source)
        if self._first:
            return wrap(host.array(source[..., rows, columns]).reshape(-1, *size))
        found = host.array(source[rows, columns])
        return wrap(found[None] if found.ndim == 2 else host.ascontiguousarray(found.transpose(2, 0, 1)))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None} if self._path else self.__dict__


class _PatchesOf(Dataset[tuple[Tensor, Position]]):
    """Patches of a large image: sample i is (patch (C, h, w), (row, column))."""

    def __init__(self, source: Any, size: Any, transform: Change | None, channels_first: bool) -> None:
        name = type(self).__name__
        self.size, self.transform = pair_of_sizes(name, size), transform
        self._source = _Large(name, source, channels_first)
        if any(wanted > has for wanted, has in zip(self.size, self.image_size)):
            raise ShapeError(f"{name}: size is {self.size}; wanted no more than the image's {self.image_size}")

    @property
    def image_size(self) -> tuple[int, int]:
        """The whole image's height and width."""
        return self._source.size

    def _patch(self, position: Position) -> tuple[Any, Position]:
        patch = self._source.read(*position, self.size)
        return patch if self.transform is None else self.transform(patch), position


class Patches(_PatchesOf):
    """A window sliding over an image that need not fit into memory: sample i is (patch (C, h, w), (row, column)).

    Args:
        source: An array (H, W) or (H, W, C), such as a ``numpy.memmap`` or anything else with ``shape`` and slices; the
            path of a ``.npy`` file, of which only the patches are read; or a path that Pillow opens, or a PIL image:
            these are decoded whole when the first patch is read.
        size: Of a patch: an int, or (height, width).
        stride: From one patch to the next, an int or (rows, columns); None lays them side by side.  The last of a row
            or column is moved inwards so that it ends at the image's edge: all of the image is covered.
        transform: Called with each patch, such as ``ToTensor()``: patches have the source's dtype.
        channels_first: Whether the array is (C, H, W).

    Raises: DTypeError and ShapeError for another source, or for patches that are larger than the image.
    """

    def __init__(
        self, source: Any, size: Any, stride: Any = None, transform: Change | None = None, channels_first: bool = False
    ) -> None:
        super().__init__(source, size, transform, channels_first)
        self.stride = self.size if stride is None else pair_of_sizes("Patches", stride, "stride")
        self._starts = [_starts(*lengths) for lengths in zip(self.image_size, self.size, self.stride)]

    def __len__(self) -> int:
        return len(self._starts[0]) * len(self._starts[1])

    def position(self, index: int) -> Position:
        """Return the row and column of a patch's upper left pixel.  Raises: IndexError beyond the last patch."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"Patches: index {index} is out of range for {len(self)} patches")
        row, column = divmod(index % len(self), len(self._starts[1]))
        return self._starts[0][row], self._starts[1][column]

    def __getitem__(self, index: int) -> tuple[Any, Position]:
        return self._patch(self.position(index))

    def assemble(self, predictions: Tensor | Iterable[Tensor], out: Any = None) -> Any:
        """Return predictions for all patches, in their order, as one image: the mean where patches overlap.

        ``predictions`` are (patches, C, h, w), or batches of them one by one, which need not be held at once.  ``out``,
        a float array (C, H, W) such as a ``numpy.memmap``, is written and returned instead of a Tensor.

        Raises: ShapeError for patches of another size, for more or fewer than there are, and for another ``out``.
        """
        batches = [predictions] if isinstance(predictions, Tensor) else predictions
        whole, index = out, 0
        for batch in batches:
            array = array_of("assemble", batch)
            if array.ndim != 4 or array.shape[2:] != self.size:
                raise ShapeError(f"assemble: predictions have shape {array.shape}; wanted (N, C, {self._sides()})")
            if index + len(array) > len(self):
                raise ShapeError(f"assemble: got more than {len(self)} predictions, one for each patch")
            if whole is None or (out is not None and index == 0):
                whole = self._prepared(out, array)
            for patch in array:
                top, left = self.position(index)
                whole[:, top : top + self.size[0], left : left + self.size[1]] += patch
                index += 1
        if index < len(self):
            raise ShapeError(f"assemble: got {index} predictions; wanted {len(self)}, one for each patch")
        self._divide(whole)
        return wrap(whole) if out is None else out

    def _prepared(self, out: Any, array: Array) -> Any:
        """Return the image to add to, all zeros."""
        shape = (array.shape[1], *self.image_size)
        if out is None:
            return host.zeros(shape, array.dtype)
        if tuple(out.shape) != shape or out.dtype.kind != "f":
            raise ShapeError(f"assemble: out is {out.dtype}, shape {tuple(out.shape)}; wanted floats of shape {shape}")
        out[...] = 0
        return out

    def _divide(self, whole: Any) -> None:
        """Divide each pixel by the number of patches that it lies in, which is a product of those along both dims."""
        rows, columns = (
            sum((host.arange(n) >= start) & (host.arange(n) < start + length) for start in starts)
            for n, length, starts in zip(self.image_size, self.size, self._starts)
        )
        for row, count in enumerate(host.asarray(rows)):
            whole[:, row] /= (count * columns).astype(whole.dtype)

    def _sides(self) -> str:
        return f"{self.size[0]}, {self.size[1]}"


class RandomPatches(_PatchesOf):
    """``count`` patches of an image at places that are drawn anew each time; the arguments of ``Patches``.

    Raises: as ``Patches``; ValueError for less than one patch.
    """

    def __init__(
        self, source: Any, size: Any, count: int, transform: Change | None = None, channels_first: bool = False
    ) -> None:
        super().__init__(source, size, transform, channels_first)
        if not isinstance(count, int) or count < 1:
            raise ValueError(f"RandomPatches: count is {count!r}; wanted a whole number above 0")
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[Any, Position]:
        if not -self.count <= index < self.count:
            raise IndexError(f"RandomPatches: index {index} is out of range for {self.count} patches")
        room = host.array(self.image_size) - self.size + 1
        top, left = below(uniforms(1, 2), room)[0].tolist()
        return self._patch((top, left))


def _pillow() -> Any:
    return need("PIL.Image", "Pillow", "Patches of an image file")


def _starts(length: int, window: int, stride: int) -> Sequence[int]:
    """Return where windows begin that cover a length."""
    starts = list(range(0, length - window + 1, stride))
    return starts if starts[-1] == length - window else [*starts, length - window]
