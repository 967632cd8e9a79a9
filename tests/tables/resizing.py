"""Images in another size, borders, and images read at the points of a grid."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from autograd_core.errors import DTypeError, ShapeError
from tests.rows import NUMBERS, Row, bad, real, s
from tests.tables.convolutions import each, layer


def filtered(kind: str, at: float, sharpness: float = -0.75) -> float:
    """The weight of an element at a distance."""
    at, a = abs(at), sharpness
    if kind == "linear":
        return max(0.0, 1 - at)
    if at <= 1:
        return (a + 2) * at**3 - (a + 3) * at**2 + 1
    return a * at**3 - 5 * a * at**2 + 8 * a * at - 4 * a if at < 2 else 0.0


def matrix(rule: Any) -> Any:
    """The linear map of a rule of ``resample``, element by element."""
    kind, inputs, outputs, step, centre = rule
    out = np.zeros((outputs, inputs))
    for j in range(outputs):
        at = (j + centre) * step - centre
        if kind == "nearest":
            out[j, min(int((j + centre) * step), inputs - 1)] = 1
        elif kind == "area":
            out[j, j * inputs // outputs : math.ceil((j + 1) * inputs / outputs)] = 1
        elif kind in ("reflect", "replicate", "circular"):
            out[j, np.pad(np.arange(inputs), outputs, {"replicate": "edge", "circular": "wrap"}.get(kind, kind))[
                int(j + centre) + outputs]] = 1  # fmt: skip
        elif kind.endswith("antialias"):
            scale, middle = max(step, 1), (j + 0.5) * step - 0.5
            out[j] = [filtered(kind.split("-")[0], (i - middle) / scale, -0.5) for i in range(inputs)]
        else:  # the outermost elements continue outwards
            at = min(max(at, 0), inputs - 1) if kind == "linear" else at
            for i in range(-9, inputs + 9):
                out[j, min(max(i, 0), inputs - 1)] += filtered(kind, i - at)
    return out / out.sum(1, keepdims=True)


def resample(x: Any, *, dim: int, rule: Any, adjoint: bool = False) -> Any:
    m = matrix(rule)
    return np.moveaxis(np.tensordot(m.T if adjoint else m, x, (1, dim)), 0, dim)


def interpolate(
    x: Any, size: Any = None, scale: Any = None, mode: str = "nearest", align: Any = None, recompute: Any = None,
    antialias: bool = False,
) -> Any:  # fmt: skip
    kinds = {"bilinear": "linear", "trilinear": "linear", "bicubic": "cubic", "nearest-exact": "nearest"}
    kind = kinds.get(mode, mode) + "-antialias" * antialias
    scales = [None] * (x.ndim - 2) if scale is None else each(scale, x.ndim - 2) if isinstance(scale, int) else scale
    for d, factor in enumerate(scales, 2):
        n = x.shape[d]
        m = each(size, x.ndim - 2)[d - 2] if factor is None else math.floor(n * factor)
        step = (n - 1) / max(m - 1, 1) if align else n / m if factor is None or recompute else 1 / factor
        x = resample(x, dim=d, rule=(kind, n, m, step, 0.0 if align or mode == "nearest" else 0.5))
    return x


def pad(x: Any, widths: Any, mode: str = "constant", value: float = 0.0) -> Any:
    pairs = [(0, 0)] * (x.ndim - len(widths) // 2) + list(zip(widths[::2], widths[1::2]))[::-1]
    x = x[tuple(slice(max(0, -b), n - max(0, -a)) for n, (b, a) in zip(x.shape, pairs))]
    pairs = [(max(0, b), max(0, a)) for b, a in pairs]
    if mode == "constant":
        return np.pad(x, pairs, constant_values=value)
    return np.pad(x, pairs, {"replicate": "edge", "circular": "wrap"}.get(mode, mode))


def grid_sample(
    x: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Any:
    """Each point as a sum over the whole image, continued by what the padding says."""
    size, far = x.shape[2:], 3 * max(x.shape[2:])
    edges = {"zeros": "constant", "border": "edge", "reflection": "reflect" if align_corners else "symmetric"}
    image = np.pad(x, [(0, 0), (0, 0), *[(far, far)] * len(size)], edges[padding_mode])
    kind = "cubic" if mode == "bicubic" else "linear"
    y = np.zeros((*x.shape[:2], *grid.shape[1:-1]))
    for at in itertools.product(*map(range, grid.shape[:-1])):
        weights = []
        for g, n in zip(grid[at][::-1], size):
            p = (g + 1) / 2 * (n - 1) if align_corners else ((g + 1) * n - 1) / 2
            p = np.rint(p) if mode == "nearest" else p
            weights.append([filtered(kind, i - p) for i in range(-far, n + far)])
        value = image[at[0]]
        for w in reversed(weights):
            value = value @ np.array(w)
        y[(at[0], slice(None), *at[1:])] = value
    return y


def affine_grid(theta: Any, size: Any, align_corners: bool = False) -> Any:
    axes = [np.linspace(-1, 1, n) * (1 if align_corners else (n - 1) / n) for n in size[2:]]
    points = [*np.meshgrid(*axes, indexing="ij")[::-1], np.ones(tuple(size[2:]))]
    return np.einsum("nij,...j->n...i", theta, np.stack(points, -1))


def beyond(rng: Any, shape: tuple[int, ...]) -> Any:
    """Points of a grid inside the image and beyond it."""
    return np.asarray(rng.choice([-1.57, -0.31, 0.17, 1.33, 1.71], shape) + rng.uniform(0, 0.02, shape))


IMAGE, POINTS, VOLUME, SPACE = (1, 2, 3, 4), (1, 2, 2, 2), (1, 1, 2, 3, 2), (1, 1, 2, 2, 3)

PRIMITIVES = [
    Row("resample", *(s((2, 4), dim=1, rule=(kind, 4, 6, 4 / 6, 0.5)) for kind in ("nearest", "linear", "cubic")),
        s((5, 2), dim=0, rule=("area", 5, 3, 0.0, 0.0)), s((2, 5), dim=1, rule=("linear-antialias", 5, 2, 2.5, 0.5)),
        s((3, 2), dim=0, rule=("area", 5, 3, 0.0, 0.0), adjoint=True),
        s((2, 5), dim=1, rule=("cubic-antialias", 5, 3, 5 / 3, 0.5)),
        s((6, 2, 2), dim=0, rule=("linear", 4, 6, 0.6, 0.0), adjoint=True),
        *(s((2, 4), dim=1, rule=(kind, 4, 7, 1.0, -2.0)) for kind in ("reflect", "replicate", "circular")),
        numpy=resample, torch=None, linear=(0,)),
]  # fmt: skip

FUNCTIONS = [
    layer("interpolate", s((1, 2, 3), 5), s((1, 1, 4, 3), scale_factor=2), s((1, 1, 2, 3, 2), scale_factor=[1.5, 1, 2]),
        s((1, 1, 5), 3, mode="nearest-exact"), s((1, 2, 4), 6, mode="linear"),
        s((1, 1, 3, 4), [5, 2], mode="bilinear"), s((1, 1, 3, 4), [5, 2], mode="bilinear", align_corners=True),
        s((1, 1, 4, 4), scale_factor=[1.7, 0.6], mode="bilinear"),
        s((1, 1, 4, 4), scale_factor=[1.7, 0.6], mode="bilinear", recompute_scale_factor=True),
        s((1, 1, 5, 4), [3, 6], mode="bilinear", antialias=True), s((1, 1, 3, 4), [5, 2], mode="bicubic"),
        s((1, 1, 5, 4), [3, 6], mode="bicubic", antialias=True), s((1, 1, 2, 3, 2), [3, 2, 4], mode="trilinear"),
        s((1, 1, 5, 4), [2, 3], mode="area"), numpy=lambda x, size=None, scale_factor=None, mode="nearest",
        align_corners=None, recompute_scale_factor=None, antialias=False: interpolate(x, size, scale_factor, mode,
            align_corners, recompute_scale_factor, antialias), errors=(
            bad(ShapeError, "^interpolate: got size=None and scale_factor=None; wanted one of them", (1, 1, 2, 2)),
            bad(ShapeError, r"^interpolate: size is \(2, 2, 2\); wanted one number, or one for each of 2 dims",
                (1, 1, 2, 2), [2, 2, 2]),
            bad(NotImplementedError, "^interpolate: got an input of 3 dims .* for mode 'bilinear'", (1, 2, 2), 3,
                mode="bilinear"),
            bad(ShapeError, "^interpolate: Input and output sizes should be greater than 0", (1, 1, 2), 0),
            bad(DTypeError, r"^interpolate: size is \(1.5,\); wanted ints", (1, 1, 2), 1.5))),
    layer("upsample", s((1, 1, 2, 3), scale_factor=2), s((1, 1, 2, 3), 4, mode="bilinear"),
        numpy=lambda x, size=None, scale_factor=None, mode="nearest": interpolate(x, size, scale_factor, mode),
        torch="nn.functional.interpolate"),  # PyTorch warns of the old names
    layer("upsample_nearest", s((1, 1, 2, 3), scale_factor=2), torch="nn.functional.interpolate",
        numpy=lambda x, scale_factor: interpolate(x, None, scale_factor)),
    layer("upsample_bilinear", s((1, 1, 2, 3), 4), numpy=lambda x, size: interpolate(x, size, None, "bilinear", True),
        torch=lambda torch, x, size: torch.nn.functional.interpolate(x, size, None, "bilinear", True)),
    layer("pad", s((2, 3), [1, 2]), s((2, 3), [1, 0, 0, 2], value=2.0), s((3, 4), [-1, 1, 1, -1]),
        *(s((1, 2, 3, 4), [2, 1, 0, 2], mode=mode) for mode in ("reflect", "replicate", "circular")),
        s((1, 1, 4), [-1, 2], mode="circular"), s((1, 1, 2, 2, 2), [1, 1, 1, 0, 0, 1], mode="reflect"),
        numpy=pad, dtypes=NUMBERS, errors=(
            bad(ShapeError, r"^pad: Padding length must be divisible by 2 .*got \(1,\)", (2, 3), [1]),
            bad(ShapeError, r"^pad: Padding size should be less .*mode 'reflect', but got: padding \(3, 0\)", (1, 1, 3),
                [3, 0], mode="reflect"),
            bad(DTypeError, "^pad: mode is 'mirror'", (1, 1, 3), [1, 1], mode="mirror"),
            bad(DTypeError, "^pad: got value=1.0 for mode 'reflect'", (1, 1, 3), [1, 1], mode="reflect", value=1.0),
            bad(ShapeError, r"^pad: the widths .* leave a negative length", (3,), [-2, -2]))),
    layer("grid_sample", *(s(IMAGE, POINTS, mode=mode, padding_mode=padding, align_corners=align)
            for mode, padding, align in (
                ("bilinear", "zeros", False), ("bilinear", "zeros", True), ("bilinear", "border", True),
                ("bilinear", "reflection", False), ("bilinear", "reflection", True), ("bicubic", "zeros", False),
                ("bicubic", "border", False), ("bicubic", "reflection", True), ("nearest", "zeros", True),
                ("nearest", "reflection", False))),
        s(VOLUME, SPACE, align_corners=False), s(VOLUME, SPACE, padding_mode="border", align_corners=True),
        domain=(real, beyond), numpy=grid_sample, errors=(
            bad(ShapeError, r"^grid_sample: input has shape \(1, 1, 2\) and grid \(1, 2, 1\)", (1, 1, 2), (1, 2, 1)),
            bad(ShapeError, "^grid_sample: .* bicubic interpolation only supports 4D input", VOLUME, SPACE,
                mode="bicubic"))),
    layer("affine_grid", s((2, 2, 3), [2, 1, 2, 3], align_corners=False), s((1, 3, 4), [1, 1, 2, 2, 3],
            align_corners=True), numpy=affine_grid, errors=(
            bad(ShapeError, r"^affine_grid: theta has shape \(1, 2, 2\)", (1, 2, 2), [1, 1, 2, 2]),
            bad(ShapeError, "^affine_grid: size is .*; wanted non-zero, positive sizes", (1, 2, 3), [1, 1, 0, 2]))),
]  # fmt: skip
