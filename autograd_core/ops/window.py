"""Sliding windows: convolution and pooling in one to three dimensions, with their adjoints.

Sizes are tuples with one entry per spatial dimension.  Everything here but the choice of a maximum is linear in each
argument, and the set is closed under differentiation.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from autograd_core.backend.device import kernels_of
from autograd_core.backend.windows import adaptive_pool_shape, conv_shape, fold_shape, pool_shape, unfold_shape
from autograd_core.engine.primitive import primitive
from autograd_core.ops.reduce import sum

Size = tuple[int, ...]


# ---- convolution: (x, w) -> y is bilinear; each of the three maps is an adjoint of the others ----


@primitive(dtypes="match")
def conv(
    xp: ModuleType, x: Any, w: Any, b: Any, /, *, stride: Size, padding: Size, dilation: Size, groups: int
) -> Any:
    """Return the cross-correlation of ``x`` with the kernels ``w``, plus ``b``.

    ``y[n, o, p] = b[o] + sum over c, k of x[n, c, p*stride + k*dilation - padding] * w[o, c, k]``, c in o's group.
    Shape: x (N, C, *S), w (O, C/groups, *K), b (O) or None -> (N, O, *S').  Raises: ShapeError where they do not fit.
    """
    conv_shape("conv", x.shape, w.shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    y = kernels_of(xp).conv(xp, x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    if b is not None:
        y += b.reshape(-1, *(1,) * (y.ndim - 2))
    return y


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
    u=lambda g, w, stride, padding, dilation, groups: conv(
        g, w, None, stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
    w=lambda g, u, w_shape, stride, padding, dilation, groups: conv_weight_grad(
        u, g, kernel_size=w_shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
)
conv_weight_grad.vjp(
    u=lambda g, x, stride, padding, dilation, groups: conv(
        x, g, None, stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
    x=lambda g, u, x_shape, stride, padding, dilation, groups: conv_input_grad(
        u, g, input_size=x_shape[2:], stride=stride, padding=padding, dilation=dilation, groups=groups
    ),
)


# ---- windows as columns ----


@primitive(linear=True)
def unfold(xp: ModuleType, x: Any, /, *, kernel_size: Size, stride: Size, padding: Size, dilation: Size) -> Any:
    """Return the windows of ``x`` as columns.  Shape: (N, C, *S) -> (N, C * prod(K), windows)."""
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    unfold_shape("unfold", x.shape, **options)
    return kernels_of(xp).unfold(xp, x, **options)


@primitive(linear=True)
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


# ---- maximum pooling: `which` says, window by window, which element was the (first) largest ----


@primitive(outputs=("y", "which"), fixed_outputs=("which",))
def max_pool(
    xp: ModuleType, x: Any, /, *, kernel_size: Size, stride: Size, padding: Size, dilation: Size, ceil_mode: bool
) -> tuple[Any, Any]:
    """Return the maximum of each window, and the offset in the window where it is first found.

    Shape: (N, C, *S) -> (N, C, *S') twice.  The element found takes the whole gradient; NaN counts as largest.
    """
    options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    pool_shape("max_pool", x.shape, kernel_size, **options)
    return kernels_of(xp).max_pool(xp, x, kernel_size=kernel_size, **options)


@primitive(linear=True, constants=("which",))
def max_pool_scatter(
    xp: ModuleType, u: Any, which: Any, /, *, input_size: Size, kernel_size: Size, stride: Size, padding: Size,
    dilation: Size,
) -> Any:  # fmt: skip
    """Return ``u`` added where each window's maximum was.  Shape: (N, C, *S') -> (N, C, *input_size)."""
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    return kernels_of(xp).max_pool_scatter(xp, u, which, input_size=input_size, **options)


@primitive(linear=True, constants=("which",))
def max_pool_gather(
    xp: ModuleType, x: Any, which: Any, /, *, kernel_size: Size, stride: Size, padding: Size, dilation: Size
) -> Any:
    """Return ``x`` where each window's maximum was: the adjoint of ``max_pool_scatter``."""
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    return kernels_of(xp).max_pool_gather(xp, x, which, **options)


max_pool.vjp(
    x=lambda g, which, x_shape, kernel_size, stride, padding, dilation: max_pool_scatter(
        g, which, input_size=x_shape[2:], kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation
    )
)
max_pool_scatter.vjp(
    u=lambda g, which, kernel_size, stride, padding, dilation: max_pool_gather(
        g, which, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation
    )
)
max_pool_gather.vjp(
    x=lambda g, which, x_shape, kernel_size, stride, padding, dilation: max_pool_scatter(
        g, which, input_size=x_shape[2:], kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation
    )
)


# ---- average pooling ----


@primitive(linear=True)
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


@primitive(linear=True)
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


@primitive(linear=True)
def adaptive_avg_pool(xp: ModuleType, x: Any, /, *, output_size: Size) -> Any:
    """Return the means of windows that share out each dimension.  Shape: (N, C, *S) -> (N, C, *output_size)."""
    adaptive_pool_shape("adaptive_avg_pool", x.shape, output_size)
    return kernels_of(xp).adaptive_avg_pool(xp, x, output_size=output_size)


@primitive(linear=True)
def adaptive_avg_pool_grad(xp: ModuleType, u: Any, /, *, input_size: Size) -> Any:
    """Return ``u`` shared out over the windows: the adjoint of ``adaptive_avg_pool``."""
    return kernels_of(xp).adaptive_avg_pool_grad(xp, u, input_size=input_size)


adaptive_avg_pool.vjp(x=lambda g, x_shape: adaptive_avg_pool_grad(g, input_size=x_shape[2:]))
adaptive_avg_pool_grad.vjp(u=lambda g, u_shape: adaptive_avg_pool(g, output_size=u_shape[2:]))
