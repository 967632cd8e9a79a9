"""Kernels on NumPy that one ufunc cannot give: convolution, pooling, scatter."""

from __future__ import annotations

from autograd_core.backend.cpu.convolution import conv, conv_input_grad, conv_weight_grad

__all__ = ["conv", "conv_input_grad", "conv_weight_grad"]
