"""Batch rules of the three convolutions: examples become images where the weights are shared, else groups or channels.

Measured on the CPU, groups are 1.5 to 4 times as fast as a matrix of windows and a product per example, and 2 to 30
times as fast as a convolution per example.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core.ops.batching import Rule, also_of_none, joined, parted, whole

Flags = Sequence[bool]


def of_output(conv: Callable[..., Any]) -> Rule:
    """Return the batch rule of ``conv(x, w, b)``."""

    @also_of_none
    def rule(size: int, flags: Flags, x: Any, w: Any, b: Any, *, groups: int, **options: Any) -> Any:
        x_varies, w_varies, b_varies = flags
        if not w_varies and not b_varies:
            return parted(conv(joined(x), w, b, groups=groups, **options), size)
        if not w_varies:
            y = parted(conv(joined(whole(size, x, x_varies)), w, None, groups=groups, **options), size)
        elif x_varies:
            y = apart(conv(channels(x), joined(w), None, groups=size * groups, **options), size)
        else:
            y = apart(conv(x, _outputs(w, groups), None, groups=groups, **options), size, groups)
        if b is None:
            return y
        return y + b.reshape((size if b_varies else 1, 1, b.shape[-1], *(1,) * (y.ndim - 3)))

    return rule


def of_input(conv_input_grad: Callable[..., Any]) -> Rule:
    """Return the batch rule of ``conv_input_grad(u, w)``."""

    @also_of_none
    def rule(size: int, flags: Flags, u: Any, w: Any, *, groups: int, **options: Any) -> Any:
        u_varies, w_varies = flags
        if not w_varies:
            return parted(conv_input_grad(joined(u), w, groups=groups, **options), size)
        if u_varies:
            return apart(conv_input_grad(channels(u), joined(w), groups=size * groups, **options), size)
        return apart(conv_input_grad(u, channels(w), groups=groups, **options), size, groups)

    return rule


def of_weight(conv_weight_grad: Callable[..., Any]) -> Rule:
    """Return the batch rule of ``conv_weight_grad(u, x)``."""

    @also_of_none
    def rule(size: int, flags: Flags, u: Any, x: Any, *, groups: int, **options: Any) -> Any:
        u_varies, x_varies = flags
        if u_varies and x_varies:
            return parted(conv_weight_grad(channels(u), channels(x), groups=size * groups, **options), size)
        if x_varies:
            return apart(conv_weight_grad(u, channels(x, groups), groups=groups, **options), size)
        w = conv_weight_grad(channels(u, groups), x, groups=groups, **options)
        return apart(w.reshape((1, *w.shape)), size, groups).reshape((size, -1, *w.shape[1:]))

    return rule


def channels(x: Any, groups: int = 1) -> Any:
    """Return examples as channels, side by side in each group.  Shape: (B, N, C, *) -> (N, B * C, *)."""
    size, n, count, *rest = x.shape
    split = x.reshape((size, n, groups, count // groups, *rest))
    order = (1, 2, 0, *range(3, split.ndim))
    return split.permute(order).reshape((n, size * count, *rest))


def apart(y: Any, size: int, groups: int = 1) -> Any:
    """Return the inverse of ``channels``.  Shape: (N, B * C, *) -> (B, N, C, *)."""
    n, count, *rest = y.shape
    split = y.reshape((n, groups, size, count // (groups * size), *rest))
    order = (2, 0, 1, *range(3, split.ndim))
    return split.permute(order).reshape((size, n, count // size, *rest))


def _outputs(w: Any, groups: int) -> Any:
    """Return the kernels of all examples as those of one convolution.  Shape: (B, O, C, *K) -> (B * O, C, *K)."""
    size, count, *rest = w.shape
    return channels(w.reshape((size, 1, count, *rest)), groups).reshape((size * count, *rest))
