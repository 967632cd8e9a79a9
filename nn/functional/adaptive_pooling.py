"""Pooling over as many windows as the output has elements: adaptive, and of random sizes."""

from __future__ import annotations

from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.backend.device import module_of
from autograd_core.backend.resampling import shared_windows
from autograd_core.backend.windows import adaptive_pool_shape
from autograd_core.engine.tensor import wrap
from autograd_core.errors import ShapeError
from autograd_core.ops import window
from autograd_core.ops.index import gather, getitem
from autograd_core.ops.resampling import resample

from .sizes import Size, Sizes, batched, expand

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d", "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d", "adaptive_max_pool3d_with_indices", "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices", "fractional_max_pool3d", "fractional_max_pool3d_with_indices",
]  # fmt: skip


def adaptive_avg_pool1d(input: Tensor, output_size: Size) -> Tensor:
    """Return the means of ``output_size`` windows that cover the dimension.  Shape: ``(N, C, L)`` or ``(C, L)``."""
    return _adaptive_avg_pool(1, input, output_size)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Return the means of ``output_size`` windows that cover the image; None keeps a dimension's size.

    Window ``i`` of ``n`` over a dimension of size H is ``floor(i * H / n)`` to ``ceil((i + 1) * H / n)``.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``(N, C, *output_size)``.
    """
    return _adaptive_avg_pool(2, input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """Return the means of ``output_size`` windows that cover the volume: see ``adaptive_avg_pool2d``."""
    return _adaptive_avg_pool(3, input, output_size)


def adaptive_max_pool1d(input: Tensor, output_size: Size, return_indices: bool = False) -> Any:
    """Return the maxima of ``output_size`` windows that cover the dimension: see ``adaptive_max_pool2d``."""
    return _adaptive_max_pool(1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Return the maxima of ``output_size`` windows that cover the image; None keeps a dimension's size.

    Window ``i`` of ``n`` over a dimension of size H is ``floor(i * H / n)`` to ``ceil((i + 1) * H / n)``.
    ``return_indices``: return the places of the maxima in the flattened image too.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``(N, C, *output_size)``.
    """
    return _adaptive_max_pool(2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Return the maxima of ``output_size`` windows that cover the volume: see ``adaptive_max_pool2d``."""
    return _adaptive_max_pool(3, input, output_size, return_indices)


def adaptive_max_pool1d_with_indices(input: Tensor, output_size: Size, return_indices: bool = False) -> Any:
    """Return the maxima and their places: ``adaptive_max_pool1d`` with ``return_indices=True``."""
    return _adaptive_max_pool(1, input, output_size, True)


def adaptive_max_pool2d_with_indices(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Return the maxima and their places: ``adaptive_max_pool2d`` with ``return_indices=True``."""
    return _adaptive_max_pool(2, input, output_size, True)


def adaptive_max_pool3d_with_indices(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Return the maxima and their places: ``adaptive_max_pool3d`` with ``return_indices=True``."""
    return _adaptive_max_pool(3, input, output_size, True)


def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Size,
    output_size: Size | None = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """Return the maxima of windows whose distances are drawn at random, the same for a whole plane of the image.

    Give ``output_size``, or ``output_ratio``, each in (0, 1), of the input's size.  ``_random_samples``: numbers in
    [0, 1) for each plane and dimension (N, C, 2), the last dimension first.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)`` -> ``(N, C, *output_size)``.
    Source: Graham, Fractional Max-Pooling, 2014, section 2.
    """
    options = kernel_size, output_size, output_ratio, return_indices, _random_samples
    return _fractional_max_pool(2, input, *options)


def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Size,
    output_size: Size | None = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """Return the maxima of windows of a volume whose distances are drawn at random: see ``fractional_max_pool2d``.

    ``_random_samples``: (N, C, 3), the first dimension first.
    """
    options = kernel_size, output_size, output_ratio, return_indices, _random_samples
    return _fractional_max_pool(3, input, *options)


def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Size,
    output_size: Size | None = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """Return the maxima and their places: ``fractional_max_pool2d`` with ``return_indices=True``."""
    return _fractional_max_pool(2, input, kernel_size, output_size, output_ratio, True, _random_samples)


def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Size,
    output_size: Size | None = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """Return the maxima and their places: ``fractional_max_pool3d`` with ``return_indices=True``."""
    return _fractional_max_pool(3, input, kernel_size, output_size, output_ratio, True, _random_samples)


def _adaptive_avg_pool(n: int, input: Tensor, output_size: Any) -> Tensor:
    name = f"adaptive_avg_pool{n}d"
    x, whole = batched(name, n, input)
    size, wanted = x.shape[2:], _wanted(name, n, x, output_size)
    if all(m == 1 for m in wanted):
        output = x.mean(dim=tuple(range(2, n + 2)), keepdim=True)
    elif 0 in wanted or any(s % m for s, m in zip(size, wanted)):
        output = x
        for d, (s, m) in enumerate(zip(size, wanted), 2):
            output = output if s == m else resample(output, dim=d, rule=("area", s, m, 0.0, 0.0))
    else:
        kernel = tuple(s // m for s, m in zip(size, wanted))
        output = window.avg_pool(
            x, kernel_size=kernel, stride=kernel, padding=(0,) * n, ceil_mode=False, count_include_pad=True,
            divisor_override=None,
        )  # fmt: skip
    return output if whole else output.squeeze(0)


def _adaptive_max_pool(n: int, input: Tensor, output_size: Any, indices: bool) -> Any:
    name = f"adaptive_max_pool{n}d"
    x, whole = batched(name, n, input)
    size, wanted = tuple(x.shape[2:]), _wanted(name, n, x, output_size)
    if all(m == 1 for m in wanted):
        found = tuple(part.reshape(*x.shape[:2], *wanted) for part in x.flatten(2).max(-1))
    elif 0 not in wanted and not any(s % m for s, m in zip(size, wanted)):
        found = _max_side_by_side(x, tuple(s // m for s, m in zip(size, wanted)))
    else:
        xp = module_of(x._array)
        found = _max_of_windows(x, [xp.asarray(shared_windows(s, m)[0]) for s, m in zip(size, wanted)])
    return _found(found, whole, indices)


def _found(found: tuple[Tensor, Tensor], whole: bool, indices: bool) -> Any:
    """Return maxima, with their places if wanted; without the batch dimension that the input had not."""
    output, places = found if whole else (part.squeeze(0) for part in found)
    return (output, places) if indices else output


def _wanted(name: str, n: int, x: Tensor, output_size: Any) -> Sizes:
    """Return the output's size; None keeps the input's."""
    wanted = (None,) * n if output_size is None else expand(output_size, n, name, "output_size")
    sizes = tuple(int(s) if w is None else w for w, s in zip(wanted, x.shape[2:]))
    adaptive_pool_shape(name, tuple(x.shape), sizes)
    return sizes


def _fractional_max_pool(
    n: int, input: Tensor, kernel_size: Size, output_size: Any, ratio: Any, indices: bool, samples: Tensor | None
) -> Any:
    name = f"fractional_max_pool{n}d"
    x, whole = batched(name, n, input)
    size, kernel = tuple(x.shape[2:]), expand(kernel_size, n, name, "kernel_size")
    wanted = _fractional_size(name, size, kernel, output_size, ratio)
    if samples is None:
        samples = ag.rand(*x.shape[:2], n, dtype=x.dtype, device=x.device)
    elif tuple(samples[: x.shape[0]].shape) != (*x.shape[:2], n) or samples.dtype != x.dtype:
        raise ShapeError(
            f"{name}: _random_samples is {samples.dtype} of shape {tuple(samples.shape)}; wanted {x.dtype} of shape "
            f"{(*x.shape[:2], n)}, or for more images"
        )
    drawn = samples._array[: x.shape[0]]
    drawn = drawn[..., ::-1] if n == 2 else drawn
    tables = [_random_windows(drawn[..., d], size[d], wanted[d], kernel[d]) for d in range(n)]
    return _found(_max_of_windows(x, tables), whole, indices)


def _fractional_size(name: str, size: Sizes, kernel: Sizes, output_size: Any, ratio: Any) -> Sizes:
    n = len(size)
    if output_size is None and ratio is None:
        raise ShapeError(f"{name}: got neither; requires specifying either an output_size or an output_ratio")
    if output_size is None:
        ratios = ratio if isinstance(ratio, list | tuple) else (ratio,) * n
        output_size = tuple(int(s * r) for s, r in zip(size, ratios))
    wanted = expand(output_size, n, name, "output_size")
    if any(m < 1 or k < 1 or m + k - 1 > s for s, m, k in zip(size, wanted, kernel)):
        raise ShapeError(
            f"{name}: kernel_size {kernel} and output_size {wanted} are too large (or not positive) relative to the "
            f"input of size {size}; wanted output_size + kernel_size - 1 of at most that"
        )
    return wanted


def _random_windows(sample: Any, size: int, count: int, kernel: int) -> Any:
    """Return the elements of ``count`` windows: the i-th begins at ``floor((i + u) a) - floor(u a)``.

    The last one ends where the input does, and so ``a`` is the mean distance of their beginnings.
    Shape: the samples ``u`` (N, C) -> (N, C, count, kernel).
    """
    xp, u = module_of(sample), sample[..., None]
    apart = u.dtype.type((size - kernel) / max(count - 1, 1))
    start = ((xp.arange(count, dtype=u.dtype) + u) * apart).astype(xp.int64) - (u * apart).astype(xp.int64)
    start[..., -1] = size - kernel
    return start[..., None] + xp.arange(kernel)


def _max_side_by_side(x: Tensor, kernel: Sizes) -> tuple[Tensor, Tensor]:
    """Return the maxima of windows that lie side by side, and their places."""
    n = len(kernel)
    options: dict[str, Sizes] = {"kernel_size": kernel, "stride": kernel, "padding": (0,) * n, "dilation": (1,) * n}
    output, which = window.max_pool(x, **options, ceil_mode=False)
    return output, window.max_pool_places(which, input_size=tuple(x.shape[2:]), **options)


def _max_of_windows(x: Tensor, tables: list[Any]) -> tuple[Tensor, Tensor]:
    """Return the maxima of the windows whose elements each dim's table has, and their places.

    The elements of each window are laid side by side, those of several windows more than once.
    Shape: tables (windows, elements), or (N, C, windows, elements).
    """
    xp, n = module_of(x._array), len(tables)
    place: Any = xp.zeros((1,) * (n + 2), xp.int64)
    for d, (table, length) in enumerate(zip(tables, x.shape[2:])):
        (*planes, count, elements) = table.shape
        place = place * length + table.reshape(*planes, *(1,) * d, count * elements, *(1,) * (n - 1 - d))
    image, channel = (xp.arange(m).reshape(-1, *(1,) * k) for m, k in zip(x.shape[:2], (n + 1, n)))
    spread = getitem(x.flatten(2), key=(image, channel, place))
    output, found = _max_side_by_side(spread, tuple(table.shape[-1] for table in tables))
    places = wrap(xp.broadcast_to(place, tuple(spread.shape))).flatten(2)
    return output, gather(places, found.flatten(2), dim=2).reshape(found.shape)
