"""Kernels on NumPy that one ufunc cannot give: convolution, pooling, scatter.

Every function takes raw arrays, with the array module first; writes into nothing it is given; accepts any strides
and empty batches; and gives the same result every time.  Arguments are checked by the primitives above, with
``autograd_core.backend.windows``.
"""

from __future__ import annotations

from autograd_core.backend.cpu.attending import attend, attend_grads
from autograd_core.backend.cpu.averaging import avg_pool, avg_pool_grad
from autograd_core.backend.cpu.bfloat16 import multiplies_bfloat16, newton_schulz, round_to_bfloat16
from autograd_core.backend.cpu.convolution import conv, conv_input_grad, conv_weight_grad
from autograd_core.backend.cpu.elementwise import add_by_blocks, by_blocks
from autograd_core.backend.cpu.gating import gelu
from autograd_core.backend.cpu.normalizing import batch_norm_grads, layer_norm_grads, normalize
from autograd_core.backend.cpu.pooling import max_pool
from autograd_core.backend.cpu.products import affine, product, sum_ends, sum_over, sum_rows
from autograd_core.backend.cpu.resampling import resample
from autograd_core.backend.cpu.scans import running_extreme
from autograd_core.backend.cpu.scatter import index_add_at, scatter_add, scatter_extreme
from autograd_core.backend.cpu.selecting import keep, select
from autograd_core.backend.cpu.sequences import row_blocks, sequence_parts
from autograd_core.backend.cpu.striding import diagonal, strided
from autograd_core.backend.cpu.threads import run_parts
from autograd_core.backend.shared.columns import fold, unfold
from autograd_core.backend.shared.lstm_steps import lstm, lstm_grads
from autograd_core.backend.shared.maxima import max_pool_grad, max_pool_places
from autograd_core.backend.shared.softmax import log_softmax, log_softmax_grad, softmax, softmax_grad
from autograd_core.backend.shared.triangular import solve_triangular

__all__ = [
    "add_by_blocks",
    "affine",
    "attend",
    "attend_grads",
    "avg_pool",
    "avg_pool_grad",
    "batch_norm_grads",
    "by_blocks",
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
    "multiplies_bfloat16",
    "newton_schulz",
    "normalize",
    "product",
    "resample",
    "round_to_bfloat16",
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
