"""The kernels of ``autograd_core.backend.cpu`` for CuPy, in terms of the array module they are given.

They use only what CuPy has, wait for nothing on the host, and so also run on NumPy, to the same results.
"""

from __future__ import annotations

from autograd_core.backend.cuda.convolution import conv, conv_input_grad, conv_weight_grad
from autograd_core.backend.cuda.pooling import max_pool
from autograd_core.backend.cuda.products import affine, product, sum_ends, sum_over, sum_rows
from autograd_core.backend.cuda.scans import running_extreme
from autograd_core.backend.cuda.scatter import index_add_at, scatter_add, scatter_extreme
from autograd_core.backend.cuda.selecting import keep, select
from autograd_core.backend.cuda.sequences import row_blocks, run_parts, sequence_parts
from autograd_core.backend.cuda.striding import diagonal, strided
from autograd_core.backend.shared.attending import attend, attend_grads
from autograd_core.backend.shared.averaging import avg_pool, avg_pool_grad
from autograd_core.backend.shared.columns import fold, unfold
from autograd_core.backend.shared.gating import gelu
from autograd_core.backend.shared.lstm_steps import lstm, lstm_grads
from autograd_core.backend.shared.maxima import max_pool_grad, max_pool_places
from autograd_core.backend.shared.normalizing import batch_norm_grads, layer_norm_grads, normalize
from autograd_core.backend.shared.resampling import resample
from autograd_core.backend.shared.softmax import log_softmax, log_softmax_grad, softmax, softmax_grad
from autograd_core.backend.shared.triangular import solve_triangular

__all__ = [
    "affine",
    "attend",
    "attend_grads",
    "avg_pool",
    "avg_pool_grad",
    "batch_norm_grads",
    "conv",
    "conv_input_grad",
    "conv_weight_grad",
    "diagonal",
    "fold",
    "gelu",
    "index_add_at",
    "keep",
    "layer_norm_grads",
    "log_softmax",
    "log_softmax_grad",
    "lstm",
    "lstm_grads",
    "max_pool",
    "max_pool_grad",
    "max_pool_places",
    "normalize",
    "product",
    "resample",
    "row_blocks",
    "run_parts",
    "running_extreme",
    "scatter_add",
    "scatter_extreme",
    "select",
    "sequence_parts",
    "softmax",
    "softmax_grad",
    "solve_triangular",
    "strided",
    "sum_ends",
    "sum_over",
    "sum_rows",
    "unfold",
]
