"""Pooling, and putting maxima back."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.errors import IndexRangeError, ShapeError
from tests import references as ref
from tests.rows import Row, bad, distinct, positive, s
from tests.tables.convolutions import each, layer

WHICH = np.array([[[[0, 3], [1, 2]]]])
PLACES = np.array([[[0, 3]]])
CORNERS = np.array([[[[0, 2], [8, 15]]]])
PERCENT = np.array([[[30, 80], [10, 60]]])
DEEP = np.array([[[30, 80, 50], [10, 60, 90]]])


def sizes(x: Any, n: int, kernel: Any, stride: Any, padding: Any) -> dict[str, Any]:
    return {"kernel_size": each(kernel, n), "stride": each(kernel if stride is None else stride, n),
            "padding": each(padding, n)}  # fmt: skip


def max_pool(n: int) -> Any:
    def pool(
        x: Any, kernel: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:  # fmt: skip
        if x.ndim == n + 1:
            found = pool(x[None], kernel, stride, padding, dilation, ceil_mode, return_indices)
            return tuple(f[0] for f in found) if return_indices else found[0]
        options = sizes(x, n, kernel, stride, padding) | {"dilation": each(dilation, n)}
        y, which = ref.max_pool(x, **options, ceil_mode=ceil_mode)
        places = ref.max_pool_places(which, input_size=x.shape[2:], **options)
        return (y, places) if return_indices else y

    return pool


def avg_pool(n: int) -> Any:
    def pool(
        x: Any, kernel: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: Any = None,
    ) -> Any:  # fmt: skip
        batch = x if x.ndim == n + 2 else x[None]
        y = ref.avg_pool(batch, **sizes(x, n, kernel, stride, padding), ceil_mode=ceil_mode,
                         count_include_pad=count_include_pad, divisor_override=divisor_override)  # fmt: skip
        return y if x.ndim == n + 2 else y[0]

    return pool


def lp_pool(n: int) -> Any:
    def pool(x: Any, p: float, kernel: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
        count = np.prod(each(kernel, n))
        return (avg_pool(n)(x**p, kernel, stride, 0, ceil_mode) * count) ** (1 / p)

    return pool


def adaptive_avg_pool(x: Any, size: Any) -> Any:
    n = x.ndim - 2
    wanted = [m if w is None else w for m, w in zip(x.shape[2:], (size,) * n if size is None else each(size, n))]
    return ref.adaptive_avg_pool(x, output_size=wanted)


def adaptive_max_pool(x: Any, size: Any, return_indices: bool = False) -> Any:
    wanted = each(size, x.ndim - 2)
    y, places = np.zeros((*x.shape[:2], *wanted)), np.zeros((*x.shape[:2], *wanted), int)
    numbers = np.arange(np.prod(x.shape[2:])).reshape(x.shape[2:])
    for at, key in ref.shares(x.shape[2:], wanted):
        lines = x[key].reshape(*x.shape[:2], -1)
        y[at], places[at] = lines.max(-1), numbers[key].reshape(-1)[lines.argmax(-1)]
    return (y, places) if return_indices else y


def max_unpool(n: int) -> Any:
    def unpool(x: Any, places: Any, kernel: Any, stride: Any = None, padding: Any = 0, output_size: Any = None) -> Any:
        strides = each(kernel if stride is None else stride, n)
        usual = [(m - 1) * t + k - 2 * p for m, t, k, p in
                 zip(x.shape[2:], strides, each(kernel, n), each(padding, n))]  # fmt: skip
        size = list(output_size)[-n:] if output_size else usual
        y = np.zeros((*x.shape[:2], int(np.prod(size))))
        np.put_along_axis(y, places.reshape(*x.shape[:2], -1), x.reshape(*x.shape[:2], -1), 2)
        return y.reshape(*x.shape[:2], *size)

    return unpool


def random_pool(x: Any, samples: Any, kernel: int, size: int) -> Any:
    """The windows of fractional pooling, one plane and dimension after the other."""
    dims, y = x.ndim - 2, np.zeros((*x.shape[:2], *(size,) * (x.ndim - 2)))
    for plane in np.ndindex(*x.shape[:2]):
        starts = []
        for u, length in zip(samples[plane][:: -1 if dims == 2 else 1] / 100, x.shape[2:]):
            apart = (length - kernel) / (size - 1)
            starts.append([int((i + u) * apart) - int(u * apart) for i in range(size - 1)] + [length - kernel])
        for at in np.ndindex(*(size,) * dims):
            corner = [start[i] for start, i in zip(starts, at)]
            y[(*plane, *at)] = x[(*plane, *(slice(c, c + kernel) for c in corner))].max()
    return y


def fractional(library: Any, x: Any, samples: Any, kernel: int, size: int) -> Any:
    """Fractional pooling with its random numbers given."""
    call = getattr(library.nn.functional, f"fractional_max_pool{x.ndim - 2}d")
    return call(x, kernel, size, _random_samples=samples.to(x.dtype) / 100)


def drawn(name: str, *samples: Any) -> Row:
    made = layer(name, *samples, domain=distinct, numpy=random_pool, torch=fractional)
    made.call = lambda *args: fractional(ag, *args)
    return made


PRIMITIVES = [
    Row("max_pool_places", s(WHICH, input_size=(4, 4), kernel_size=(2, 2), stride=(2, 2), padding=(0, 0),
            dilation=(1, 1)),
        s(WHICH, input_size=(3, 3), kernel_size=(2, 2), stride=(1, 1), padding=(0, 0), dilation=(1, 1)),
        numpy=ref.max_pool_places, torch=None, order=0),
]  # fmt: skip

FUNCTIONS = [
    layer("max_pool1d", s((2, 2, 5), 2), s((2, 5), 3, 2, 1, return_indices=True), s((1, 1, 5), 2, dilation=2),
        domain=distinct, numpy=max_pool(1)),
    layer("max_pool2d", s((1, 2, 4, 4), 2), s((1, 5, 4), 3, 2, 1, ceil_mode=True),
        s((1, 1, 4, 3), 2, stride=(2, 1), return_indices=True), domain=distinct, numpy=max_pool(2), errors=(
            bad(ShapeError, r"^max_pool: got padding=\(2, 2\); wanted at most half", (1, 1, 4, 4), 2, padding=2),
            bad(ShapeError, r"^max_pool2d: input has shape \(4, 4\); wanted 4 dims, or 3", (4, 4), 2),
            bad(ShapeError, r"^max_pool2d: input has shape \(1, 0, 4, 4\); .* none empty but", (1, 0, 4, 4), 2))),
    layer("max_pool3d", s((1, 1, 2, 4, 3), 2), s((1, 2, 2, 2), 2, 1, return_indices=True), domain=distinct,
        numpy=max_pool(3)),
    layer("max_pool2d_with_indices", s((1, 2, 4, 4), 2), domain=distinct,
        numpy=lambda x, k: max_pool(2)(x, k, return_indices=True)),
    layer("avg_pool1d", s((2, 2, 5), 2), s((2, 5), 3, 2, 1, count_include_pad=False), numpy=avg_pool(1)),
    layer("avg_pool2d", s((1, 2, 4, 4), 2), s((1, 5, 4), 3, 2, 1, ceil_mode=True),
        s((1, 1, 4, 3), 2, stride=(2, 1), divisor_override=3), numpy=avg_pool(2), errors=(
            bad(ShapeError, "^avg_pool2d: divisor_override is 0", (1, 1, 4, 4), 2, divisor_override=0),
            bad(ShapeError, r"^avg_pool: input of spatial size \(1, 1\)", (1, 1, 1, 1), 2))),
    layer("avg_pool3d", s((1, 1, 2, 4, 3), 2), s((1, 2, 2, 2), 2, 1, 1), numpy=avg_pool(3)),
    layer("lp_pool1d", s((1, 2, 4), 2, 2), s((1, 1, 5), 3, 2, 1), domain=positive, tolerance=1e-8, numpy=lp_pool(1)),
    layer("lp_pool2d", s((1, 1, 4, 3), 2, 2), s((1, 1, 3, 3), 1.5, 2, ceil_mode=True), domain=positive, tolerance=1e-8,
        numpy=lp_pool(2)),
    layer("lp_pool3d", s((1, 1, 2, 2, 3), 2, 2), domain=positive, tolerance=1e-8, numpy=lp_pool(3)),
    layer("adaptive_avg_pool1d", s((2, 2, 5), 3), s((1, 2, 4), 2), s((1, 1, 2), 3), numpy=adaptive_avg_pool),
    layer("adaptive_avg_pool2d", s((1, 2, 5, 4), [2, 3]), s((2, 2, 3, 3), 1), s((1, 1, 4, 3), [2, None]),
        s((1, 1, 4, 4), 2), numpy=adaptive_avg_pool, errors=(
            bad(ShapeError, r"^adaptive_avg_pool2d: output_size is \(1, 1, 1\); wanted one int, or 2", (1, 1, 2, 2),
                [1, 1, 1]),
            bad(ShapeError, r"^adaptive_avg_pool2d: input has shape \(2, 2\)", (2, 2), 1),
            bad(ShapeError, r"^adaptive_avg_pool2d: got output_size=\(-1, 1\)", (1, 1, 2, 2), [-1, 1]))),
    layer("adaptive_avg_pool3d", s((1, 1, 3, 2, 4), [2, 1, 3]), s((1, 2, 2, 2, 2), 1), numpy=adaptive_avg_pool),
    layer("adaptive_max_pool1d", s((2, 2, 5), 3), s((1, 2, 4), 2, return_indices=True), domain=distinct,
        numpy=adaptive_max_pool),
    layer("adaptive_max_pool2d", s((1, 2, 5, 4), [2, 3]), s((2, 2, 3, 3), 1, return_indices=True),
        s((1, 1, 5, 4), [2, 3], return_indices=True), s((1, 1, 4, 4), 2), domain=distinct, numpy=adaptive_max_pool),
    layer("adaptive_max_pool3d", s((1, 1, 3, 2, 4), [2, 1, 3]), s((1, 2, 2, 2, 2), 1), domain=distinct,
        numpy=adaptive_max_pool),
    drawn("fractional_max_pool2d", s((1, 2, 5, 4), PERCENT, 2, 3), s((1, 2, 5, 4), PERCENT, 3, 2)),
    drawn("fractional_max_pool3d", s((1, 2, 4, 5, 4), DEEP, 2, 2)),
    layer("max_unpool1d", s((1, 1, 2), PLACES, 2), s((1, 1, 2), PLACES, 2, output_size=[1, 1, 5]), numpy=max_unpool(1)),
    layer("max_unpool2d", s((1, 1, 2, 2), CORNERS, 2), s((1, 1, 2, 2), CORNERS, 2, output_size=(5, 4)),
        s((1, 1, 2, 2), CORNERS, 3, 2, 0), numpy=max_unpool(2), errors=(
            bad(IndexRangeError, r"^max_unpool2d: found an invalid max index, 15", (1, 1, 2, 2), CORNERS, 2,
                output_size=(3, 3)),
            bad(ShapeError, r"^max_unpool2d: output_size is \(9, 9\)", (1, 1, 2, 2), CORNERS, 2, output_size=(9, 9)),
            bad(ShapeError, r"^max_unpool2d: indices has shape", (1, 2, 2, 2), CORNERS, 2))),
    layer("max_unpool3d", s((1, 1, 1, 1, 2), np.array([[[[[0, 15]]]]]), 2), numpy=max_unpool(3)),
]  # fmt: skip
