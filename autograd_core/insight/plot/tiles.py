"""A weight as one picture: a matrix as it is, filters as tiles beside and below each other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from autograd_core.backend import host

SIDE = 16  # at most so many channels of a filter stand in a row of tiles
LONGEST = 512  # of a side of a matrix, in pixels: more would not be seen
DOTS = 12  # how high and wide a tile is at least, so that the gaps beside it are narrow
GAP = 2  # of those dots


@dataclass
class Tiled:
    """A picture of numbers, and what is to be said of it."""

    pixels: Any  # (H, W), or (H, W, 3) of colours; NaN between tiles
    note: str
    x: str = ""
    y: str = ""
    aspect: str = "equal"
    colours: bool = False


def arranged(array: Any, image: tuple[int, int] | None, most: int) -> Tiled:
    """Return a weight as a picture, with at most ``most`` filters."""
    if array.ndim == 2 and image is not None and array.shape[1] == math.prod(image):
        return _wrapped(array.reshape(-1, *image), most, "row")
    if array.ndim <= 2:
        rows = array.reshape(1, -1) if array.ndim < 2 else array
        return _matrix(rows, "a matrix" if array.ndim == 2 else "a vector")
    if array.ndim == 3:  # (out, in, k): a tile of channels × places per filter
        return _wrapped(array, most, "filter")
    array = array.reshape(array.shape[0], -1, *array.shape[-2:])  # (out, in, kd, kh, kw) -> (out, in * kd, kh, kw)
    if array.shape[-2:] == (1, 1):
        return _matrix(array[:, :, 0, 0], "filters of one pixel, as a matrix")
    if array.shape[1] == 3:
        return _wrapped(array.transpose(0, 2, 3, 1), most, "filter", colours=True)
    return _wrapped(array[:, 0], most, "filter") if array.shape[1] == 1 else _table(array, most)


def _matrix(array: Any, note: str) -> Tiled:
    """Return a matrix, of which several rows or columns share a pixel where it is large."""
    for axis, noun in enumerate(("outputs", "inputs")):
        share = -(-array.shape[axis] // LONGEST)
        if share > 1:
            starts = range(0, array.shape[axis], share)
            counts = [min(share, array.shape[axis] - start) for start in starts]
            shape = (-1, 1) if axis == 0 else (1, -1)
            array = host.add.reduceat(array, starts, axis) / host.reshape(counts, shape)
            note += f", a pixel the mean of {share} {noun}"
    return Tiled(array, note, "input", "output", "auto")


def _wrapped(filters: Any, most: int, noun: str, colours: bool = False) -> Tiled:
    """Return filters (n, h, w) or (n, h, w, 3) in lines, as in a text."""
    shown = filters[:most]
    columns = min(len(shown), max(12, math.ceil(math.sqrt(3 * len(shown)))))
    note = f"a tile for each {noun}" + (f", the first {len(shown)}" if len(shown) < len(filters) else "")
    note += ", in colours: grey is 0" if colours else ""
    return Tiled(_laid([shown[i : i + columns] for i in range(0, len(shown), columns)]), note, colours=colours)


def _table(filters: Any, most: int) -> Tiled:
    """Return filters (out, in, h, w) as a table of tiles: a line for each filter, a column for each channel."""
    outs, ins = filters.shape[:2]
    columns = min(ins, SIDE, most)
    lines = min(outs, max(1, most // columns))
    note = "a line for each filter, a tile for each input channel"
    cut = [f"the first {lines} of {outs} filters"] * (lines < outs) + [f"{columns} of {ins} channels"] * (columns < ins)
    note += f"\n{' and '.join(cut)}" if cut else ""
    return Tiled(_laid(list(filters[:lines, :columns])), note, "input channel", "filter")


def _laid(lines: list[Any]) -> Any:
    """Return tiles (n, h, w, ...) of each line in one array with NaN between them."""
    most, dots = max(len(line) for line in lines), -(-DOTS // max(lines[0].shape[1:3]))
    lines = [line.repeat(dots, axis=1).repeat(dots, axis=2) for line in lines]
    height, width, *colours = lines[0].shape[1:]
    sheet = host.full((len(lines) * (height + GAP) - GAP, most * (width + GAP) - GAP, *colours), host.nan)
    for i, line in enumerate(lines):
        for j, tile in enumerate(line):
            sheet[i * (height + GAP) :, j * (width + GAP) :][:height, :width] = tile
    return sheet
