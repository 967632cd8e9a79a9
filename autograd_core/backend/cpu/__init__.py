"""Kernels on NumPy that one ufunc cannot give: convolution, pooling, scatter.

Every function takes raw arrays, with the array module first; writes into nothing it is given; accepts any strides
and empty batches; and gives the same result every time.  Arguments are checked by the primitives above, with
``autograd_core.backend.windows``.
"""

from __future__ import annotations

from autograd_core.backend.cpu.averaging import (
    adaptive_avg_pool,
    adaptive_avg_pool_grad,
    avg_pool,
    avg_pool_grad,
)
from autograd_core.backend.cpu.convolution import conv, conv_input_grad, conv_weight_grad
from autograd_core.backend.cpu.pooling import max_pool
from autograd_core.backend.cpu.products import affine, sum_rows
from autograd_core.backend.cpu.scatter import index_add_at, scatter_add
from autograd_core.backend.cpu.selecting import keep, select
from autograd_core.backend.shared.columns import fold, unfold
from autograd_core.backend.shared.maxima import max_pool_gather, max_pool_scatter

__all__ = [
    "adaptive_avg_pool",
    "adaptive_avg_pool_grad",
    "affine",
    "avg_pool",
    "avg_pool_grad",
    "conv",
    "conv_input_grad",
    "conv_weight_grad",
    "fold",
    "index_add_at",
    "keep",
    "max_pool",
    "max_pool_gather",
    "max_pool_scatter",
    "scatter_add",
    "select",
    "sum_rows",
    "unfold",
]
