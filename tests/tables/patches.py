"""Windows as columns, and channels moved into space."""

from __future__ import annotations

from typing import Any

from autograd_core.errors import ShapeError
from tests import references as ref
from tests.rows import ALL, bad, s
from tests.tables.convolutions import each, layer


def options(kernel: Any, dilation: Any, padding: Any, stride: Any) -> dict[str, Any]:
    return {"kernel_size": each(kernel, 2), "stride": each(stride, 2), "padding": each(padding, 2),
            "dilation": each(dilation, 2)}  # fmt: skip


def unfold(x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    if x.ndim == 3:
        return unfold(x[None], kernel_size, dilation, padding, stride)[0]
    return ref.unfold(x, **options(kernel_size, dilation, padding, stride))


def fold(x: Any, size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    if x.ndim == 2:
        return fold(x[None], size, kernel_size, dilation, padding, stride)[0]
    return ref.fold(x, output_size=each(size, 2), **options(kernel_size, dilation, padding, stride))


def pixel_shuffle(x: Any, r: int) -> Any:
    *batch, channels, height, width = x.shape
    y = ref.np.zeros((*batch, channels // r**2, height * r, width * r), x.dtype)
    for i, j in ref.np.ndindex(r, r):
        y[..., i::r, j::r] = x[..., i * r + j :: r * r, :, :]
    return y


def pixel_unshuffle(x: Any, r: int) -> Any:
    parts = [x[..., i::r, j::r] for i, j in ref.np.ndindex(r, r)]
    return ref.np.stack(parts, -3).reshape(*x.shape[:-3], -1, *parts[0].shape[-2:])


FUNCTIONS = [
    layer("unfold", s((1, 2, 3, 3), 2), s((1, 4, 3), [2, 1], 2, 1, 2), numpy=unfold, errors=(
        bad(ShapeError, r"^unfold: input has shape \(3, 3\); wanted 4 dims, or 3", (3, 3), 2),)),
    layer("fold", s((1, 8, 4), 3, 2), s((2, 6), [4, 3], [2, 1], 2, 1, 2), numpy=fold, errors=(
        bad(ShapeError, "^fold: input has 3 columns", (1, 4, 3), 3, 2),
        bad(ShapeError, r"^fold: input has shape \(4,\)", (4,), 3, 2))),
    layer("pixel_shuffle", s((1, 4, 2, 3), 2), s((2, 1, 9, 1, 2), 3), numpy=pixel_shuffle, dtypes=ALL, errors=(
        bad(ShapeError, "^pixel_shuffle: input has 3 channels .* divisible by upscale_factor", (1, 3, 2, 2), 2),
        bad(ShapeError, "^pixel_shuffle: got a factor of 0", (1, 4, 2, 2), 0))),
    layer("pixel_unshuffle", s((1, 1, 4, 2), 2), s((2, 1, 2, 3, 6), 3), numpy=pixel_unshuffle, dtypes=ALL, errors=(
        bad(ShapeError, "^pixel_unshuffle: input is 3x2 .* divisible by downscale_factor=2", (1, 1, 3, 2), 2),)),
    layer("channel_shuffle", s((1, 6, 2), 2), s((2, 4, 1, 2), 4), dtypes=ALL,
        numpy=lambda x, groups: ref.np.concatenate(
            [x[:, i :: x.shape[1] // groups] for i in range(x.shape[1] // groups)], 1), errors=(
        bad(ShapeError, "^channel_shuffle: got groups=4 for an input of shape", (1, 6, 2), 4),)),
]  # fmt: skip
