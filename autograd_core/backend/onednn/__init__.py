"""Kernels of oneDNN where the extra ``fast`` is installed; each goes to its twin on NumPy for what it does not take.

Everything else is ``backend.cpu``'s.  Outputs of convolution and what follows it lie channels last in memory.
"""

from __future__ import annotations

from autograd_core.backend import cpu
from autograd_core.backend.cpu import *  # noqa: F403
from autograd_core.backend.onednn.attending import attend, attend_grads
from autograd_core.backend.onednn.bfloat16 import multiplies_bfloat16, newton_schulz
from autograd_core.backend.onednn.convolution import conv, conv_input_grad, conv_weight_grad
from autograd_core.backend.onednn.gating import gelu, gelu_grad
from autograd_core.backend.onednn.matrices import affine, product
from autograd_core.backend.onednn.normalizing import batch_norm_grads, layer_norm_grads, normalize
from autograd_core.backend.onednn.pooling import avg_pool, avg_pool_grad, max_pool, max_pool_grad
from autograd_core.backend.onednn.recurrence import lstm, lstm_grads
from autograd_core.backend.onednn.softmax import log_softmax, log_softmax_grad, softmax, softmax_grad

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
    "gelu",
    "gelu_grad",
    "layer_norm_grads",
    "log_softmax",
    "log_softmax_grad",
    "lstm",
    "lstm_grads",
    "max_pool",
    "max_pool_grad",
    "multiplies_bfloat16",
    "newton_schulz",
    "normalize",
    "product",
    "softmax",
    "softmax_grad",
]
__all__ += cpu.__all__
