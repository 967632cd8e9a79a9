"""Convolutions and their transposes."""

from __future__ import annotations

from typing import Any

from autograd_core.backend.windows import conv_transpose_size
from autograd_core.errors import DTypeError, ShapeError
from tests import references as ref
from tests.rows import bad, s
from tests.tables import function


def each(value: Any, n: int) -> tuple[int, ...]:
    return (value,) * n if isinstance(value, int) else tuple(value)


def conv(x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Any:
    n = w.ndim - 2
    if x.ndim == n + 1:
        return conv(x[None], w, b, stride, padding, dilation, groups)[0]
    far = each(dilation, n)
    if isinstance(padding, str):
        total = [d * (k - 1) * (padding == "same") for d, k in zip(far, w.shape[2:])]
        x, padding = ref.np.pad(x, [(0, 0), (0, 0), *((t // 2, t - t // 2) for t in total)]), 0
    return ref.conv(x, w, b, stride=each(stride, n), padding=each(padding, n), dilation=far, groups=groups)


def conv_transpose(
    x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: int = 1,
    dilation: Any = 1,
) -> Any:  # fmt: skip
    n = w.ndim - 2
    if x.ndim == n + 1:
        return conv_transpose(x[None], w, b, stride, padding, output_padding, groups, dilation)[0]
    sizes = {"stride": each(stride, n), "padding": each(padding, n), "dilation": each(dilation, n)}
    size = conv_transpose_size(x.shape[2:], w.shape[2:], **sizes, output_padding=each(output_padding, n))
    y = ref.conv_input_grad(x, w, input_size=size, **sizes, groups=groups)
    return y if b is None else y + b.reshape(-1, *[1] * n)


def layer(name: str, *samples: Any, **columns: Any) -> Any:
    return function(f"nn.functional.{name}", *samples, **columns)


FUNCTIONS = [
    layer("conv1d", s((2, 2, 5), (3, 2, 2), (3,)), s((4, 5), (2, 2, 2), None, 2, 1, 2, 2),
        s((1, 1, 4), (1, 1, 3), padding="same"), s((1, 1, 4), (1, 1, 3), stride=2, padding="valid"), numpy=conv,
        errors=(
            bad(ShapeError, r"^conv1d: input has shape \(2, 5\) and weight \(3, 2\); wanted input \(N, C, L\)", (2, 5),
                (3, 2)),
            bad(DTypeError, "^conv1d: weight is float; wanted a Tensor", (1, 2, 5), 1.0))),
    layer("conv2d", s((1, 2, 3, 4), (2, 2, 2, 2), (2,)), s((2, 4, 3), (2, 1, 2, 2), None, stride=(1, 2), groups=2),
        s((1, 1, 4, 4), (1, 1, 2, 3), padding="same", dilation=(2, 1)), numpy=conv, errors=(
            bad(ShapeError, r"^conv: input has 3 channels .*; wanted 2", (1, 3, 4, 4), (2, 2, 2, 2)),
            bad(ShapeError, r"^conv2d: padding='same' with stride \(2, 2\)", (1, 1, 4, 4), (1, 1, 2, 2), stride=2,
                padding="same"),
            bad(ShapeError, r"^conv2d: stride is \(1, 1, 1\); wanted one int, or 2", (1, 1, 4, 4), (1, 1, 2, 2),
                stride=(1, 1, 1)))),
    layer("conv3d", s((1, 1, 2, 3, 2), (1, 1, 2, 2, 1), (1,)), s((2, 2, 2, 2), (2, 1, 1, 2, 1), groups=2, padding=1),
        numpy=conv),
    layer("conv_transpose1d", s((2, 2, 3), (2, 3, 2), (3,)), s((4, 3), (4, 1, 2), None, 2, 1, 1, 2),
        s((1, 1, 3), (1, 1, 2), padding=1, output_padding=1, dilation=2), numpy=conv_transpose),
    layer("conv_transpose2d", s((1, 2, 2, 3), (2, 2, 2, 2), (2,)),
        s((2, 2, 2), (2, 1, 2, 2), (2,), stride=(2, 1), groups=2),
        s((1, 1, 2, 2), (1, 1, 3, 2), stride=3, padding=1, output_padding=(2, 1), dilation=(1, 2)),
        numpy=conv_transpose, errors=(
            bad(ShapeError, r"^conv_transpose2d: got output_padding=\(2, 2\); wanted less than stride", (1, 1, 2, 2),
                (1, 1, 2, 2), output_padding=2),
            bad(ShapeError, r"^conv_transpose2d: input has 3 channels .* wants 2", (1, 3, 4, 4), (2, 2, 2, 2)),
            bad(ShapeError, r"^conv_transpose2d: bias has shape \(3,\); wanted \(2,\)", (1, 2, 4, 4), (2, 2, 2, 2),
                (3,)))),
    layer("conv_transpose3d", s((1, 1, 2, 1, 2), (1, 2, 1, 2, 2), (2,)), s((2, 1, 2, 2), (2, 1, 2, 1, 1), groups=2),
        numpy=conv_transpose),
]  # fmt: skip
