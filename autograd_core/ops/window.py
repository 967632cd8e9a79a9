"""Sliding windows: convolution and pooling in one to three dimensions, with their adjoints.

Sizes are tuples with one entry per spatial dimension.  Everything here but the choice of a maximum is linear in each
argument, and the set is closed under differentiation.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from autograd_core.backend.device import kernels_of, module_of
from autograd_core.backend.windows import conv_shape, fold_shape, pool_shape, unfold_shape
from autograd_core.engine.primitive import primitive
from autograd_core.engine.tensor import Tensor
from autograd_core.ops.batching import examples
from autograd_core.ops.index import gather, scatter_zeros
from autograd_core.ops.reduce import sum
from autograd_core.ops.shape import reshape
from autograd_core.ops.window_batching import of_input, of_output, of_weight

Size = tuple[int, ...]


# ---- convolution: (x, w) -> y is bilinear; each of the three maps is an adjoint of the others ----


@primitive(dtypes="match")
def conv(xp: ModuleType, x: Any, w: Any, b: Any, /, *, stride: Size, padding: Size, dilation: Size, groups: int) -> Any:
    """Return the cross-correlation of ``x`` with the kernels ``w``, plus ``b``.

    ``y[n, o, p] = b[o] + sum over c, k of x[n, c, p*stride + k*dilation - padding] * w[o, c, k]``, c in o's group.
    Shape: x (N, C, *S), w (O, C/groups, *K), b (O) or None -> (N, O, *S').  Raises: ShapeError where they do not fit.
    """
    conv_shape("conv", x.shape, w.shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return kernels_of(xp).conv(xp, x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)


@primitive(dtypes="match")
def conv_input_grad(
    xp: ModuleType, u: Any, w: Any, /, *, input_size: Size, stride: Size, padding: Size, dilation: Size, groups: int
) -> Any:
    """Return the adjoint of ``conv`` in ``x``, a transposed convolution.  Shape: (N, O, *S') -> (N, C, *input_size)."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return kernels_of(xp).conv_input_grad(xp, u, w, input_size=input_size, **options)


@primitive(dtypes="match")
def conv_weight_grad(
    xp: ModuleType, u: Any, x: Any, /, *, kernel_size: Size, stride: Size, padding: Size, dilation: Size, groups: int
) -> Any:
    """Return the adjoint of ``conv`` in ``w``.  Shape: (N, O, *S'), (N, C, *S) -> (O, C/groups, *kernel_size)."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return kernels_of(xp).conv_weight_grad(xp, u, x, kernel_size=kernel_size, **options)


def _first_windows(y: Any, shape: Size) -> Any:
    """Return ``y`` without the windows that ``u`` had not: an input may have room for more at its end."""
    if tuple(y.shape) == tuple(shape):
        return y
    return y[tuple(slice(n) for n in shape)]


conv.vjp(
    x=lambda g, w, x_shape, stride, padding, dilation, groups: conv_input_grad(
        g, w, input_size=x_shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
    w=lambda g, x, w_shape, stride, padding, dilation, groups: conv_weight_grad(
        g, x, kernel_size=w_shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
    b=lambda g: sum(g, dim=(0, *range(2, len(g.shape)))),
)
conv_input_grad.vjp(
    u=lambda g, w, u_shape, stride, padding, dilation, groups: _first_windows(
        conv(g, w, None, stride=stride, padding=padding, dilation=dilation, groups=groups), u_shape
    ),
    w=lambda g, u, w_shape, stride, padding, dilation, groups: conv_weight_grad(
        u, g, kernel_size=w_shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
)
conv_weight_grad.vjp(
    u=lambda g, x, u_shape, stride, padding, dilation, groups: _first_windows(
        conv(x, g, None, stride=stride, padding=padding, dilation=dilation, groups=groups), u_shape
    ),
    x=lambda g, u, x_shape, stride, padding, dilation, groups: conv_input_grad(
        u, g, input_size=x_shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
)
conv.jvp(
    x=lambda t, w, stride, padding, dilation, groups: conv(
        t, w, None, stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
    w=lambda t, x, stride, padding, dilation, groups: conv(
        x, t, None, stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
    b=lambda t, w_shape: reshape(t, shape=(1, w_shape[0], *(1,) * (len(w_shape) - 2))),
)
conv_input_grad.jvp(
    u=lambda t, w, input_size, stride, padding, dilation, groups: conv_input_grad(
        t, w, input_size=input_size, stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
    w=lambda t, u, input_size, stride, padding, dilation, groups: conv_input_grad(
        u, t, input_size=input_size, stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
)
conv_weight_grad.jvp(
    u=lambda t, x, kernel_size, stride, padding, dilation, groups: conv_weight_grad(
        t, x, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
    x=lambda t, u, kernel_size, stride, padding, dilation, groups: conv_weight_grad(
        u, t, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
)
conv.batch(of_output(conv))
conv_input_grad.batch(of_input(conv_input_grad))
conv_weight_grad.batch(of_weight(conv_weight_grad))


# ---- windows as columns ----


@primitive(linear=True)
def unfold(xp: ModuleType, x: Any, /, *, kernel_size: Size, stride: Size, padding: Size, dilation: Size) -> Any:
    """Return the windows of ``x`` as columns.  Shape: (N, C, *S) -> (N, C * prod(K), windows)."""
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    unfold_shape("unfold", x.shape, **options)
    return kernels_of(xp).unfold(xp, x, **options)


@primitive(dtypes="promote", linear=True)
def fold(
    xp: ModuleType,
    columns: Any,
    /,
    *,
    output_size: Size,
    kernel_size: Size,
    stride: Size,
    padding: Size,
    dilation: Size,
) -> Any:
    """Return columns added up where their windows lie: the adjoint of ``unfold``."""
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    fold_shape("fold", columns.shape, output_size, **options)
    return kernels_of(xp).fold(xp, columns, output_size=output_size, **options)


unfold.vjp(
    x=lambda g, x_shape, kernel_size, stride, padding, dilation: fold(
        g, output_size=x_shape[2:], kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation
    )
)
fold.vjp(
    columns=lambda g, kernel_size, stride, padding, dilation: unfold(
        g, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation
    )
)
unfold.batch(examples(unfold))
fold.batch(examples(fold))


# ---- maximum pooling: `which` says, window by window, which element was the (first) largest ----


@primitive(dtypes="promote", outputs=("y", "which"), fixed_outputs=("which",))
def max_pool(
    xp: ModuleType, x: Any, /, *, kernel_size: Size, stride: Size, padding: Size, dilation: Size, ceil_mode: bool
) -> tuple[Any, Any]:
    """Return the maximum of each window, and the offset in the window where it is first found.

    Shape: (N, C, *S) -> (N, C, *S') twice.  The element found takes the whole gradient; NaN counts as largest.
    """
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    pool_shape("max_pool", x.shape, kernel_size, **options)
    return kernels_of(xp).max_pool(xp, x, kernel_size=kernel_size, **options)


@primitive
def max_pool_places(
    xp: ModuleType, which: Any, /, *, input_size: Size, kernel_size: Size, stride: Size, padding: Size, dilation: Size
) -> Any:
    """Return where in its flattened image each maximum of ``max_pool`` was.  Shape: (N, C, *S') -> same, integers."""
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    return kernels_of(xp).max_pool_places(xp, which, input_size=input_size, **options)


max_pool_places.batch(examples(max_pool_places))


def _to_maxima(g: Any, which: Any, x_shape: Size, **options: Size) -> Any:
    """Return ``g`` added where each window's maximum was."""
    if not isinstance(g, Tensor):
        xp = module_of(g)
        return kernels_of(xp).max_pool_grad(xp, g, which, x_shape=tuple(x_shape), **options)
    places = max_pool_places(which, input_size=tuple(x_shape[2:]), **options)
    shape = _planes(x_shape)
    return scatter_zeros(_flat(g), _flat(places), shape=shape, dim=1).reshape(tuple(x_shape))


def _from_maxima(t: Any, which: Any, x_shape: Size, **options: Size) -> Any:
    """Return what ``t`` has where each window's maximum was."""
    places = max_pool_places(which, input_size=tuple(x_shape[2:]), **options)
    return gather(_flat(t), _flat(places), dim=1).reshape(tuple(which.shape))


def _flat(x: Any) -> Any:
    """Return images as lines.  Shape: (N, C, *S) -> (N * C, prod(S))."""
    return reshape(x, shape=_planes(x.shape))


def _planes(shape: Size) -> Size:
    return math.prod(shape[:2]), math.prod(shape[2:])


max_pool.vjp(
    x=lambda g, which, x_shape, kernel_size, stride, padding, dilation: _to_maxima(
        g, which, x_shape, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation
    )
)
max_pool.jvp(
    x=lambda t, which, x_shape, kernel_size, stride, padding, dilation: (
        _from_maxima(
            t, which, x_shape, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation
        ),
        None,
    )
)
max_pool.batch(examples(max_pool))


# ---- average pooling ----


@primitive(dtypes="promote", linear=True)
def avg_pool(
    xp: ModuleType, x: Any, /, *, kernel_size: Size, stride: Size, padding: Size, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None,
) -> Any:  # fmt: skip
    """Return the mean of each window.  Shape: (N, C, *S) -> (N, C, *S')."""
    pool_shape("avg_pool", x.shape, kernel_size, stride=stride, padding=padding, dilation=(1,) * len(padding),
               ceil_mode=ceil_mode)  # fmt: skip
    return kernels_of(xp).avg_pool(
        xp, x, kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode,
        count_include_pad=count_include_pad, divisor_override=divisor_override,
    )  # fmt: skip


@primitive(dtypes="promote", linear=True)
def avg_pool_grad(
    xp: ModuleType, u: Any, /, *, input_size: Size, kernel_size: Size, stride: Size, padding: Size, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None,
) -> Any:  # fmt: skip
    """Return ``u`` shared out over the windows, the adjoint of ``avg_pool``.  Shape: -> (N, C, *input_size)."""
    return kernels_of(xp).avg_pool_grad(
        xp, u, input_size=input_size, kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode,
        count_include_pad=count_include_pad, divisor_override=divisor_override,
    )  # fmt: skip


avg_pool.vjp(
    x=lambda g, x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: avg_pool_grad(
        g, input_size=x_shape[2:], kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode,
        count_include_pad=count_include_pad, divisor_override=divisor_override,
    )
)  # fmt: skip
avg_pool_grad.vjp(
    u=lambda g, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: avg_pool(
        g, kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode,
        count_include_pad=count_include_pad, divisor_override=divisor_override,
    )
)  # fmt: skip
avg_pool.batch(examples(avg_pool))
avg_pool_grad.batch(examples(avg_pool_grad))
