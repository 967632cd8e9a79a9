"""Batch normalisation folded into the layer before it, for inference: one layer that computes the same."""

from __future__ import annotations

import copy
from typing import TypeVar

import autograd_core as ag
from autograd_core import Tensor

from ..base.module import Module
from ..parameter import Parameter

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"]

ConvT = TypeVar("ConvT", bound=Module)
LinearT = TypeVar("LinearT", bound=Module)


def fuse_conv_bn_eval(conv: ConvT, bn: Module, transpose: bool = False) -> ConvT:
    """Return a convolution that computes ``bn(conv(x))``.

    Args:
        conv: a convolution in evaluation mode; it stays as it is.
        bn: a batch normalisation in evaluation mode, with running statistics.
        transpose: whether the convolution is a transposed one.

    Raises: AssertionError where one is in training mode, or there are no running statistics.
    """
    fused = _copied(conv, bn)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        conv.weight, conv.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Return weight and bias of a convolution that normalises its outputs: ``s * w`` and ``s * (b - mean) + shift``.

    ``s = scale / sqrt(var + eps)`` per output channel; what is None has no effect.

    Args:
        conv_w: weight of the convolution.
        conv_b: its bias.
        bn_rm: running mean of the batch normalisation.
        bn_rv: its running variance.
        bn_eps: its eps.
        bn_w: its scale.
        bn_b: its shift.
        transpose: whether the convolution is a transposed one, with its outputs along the weight's second dimension.
    """
    scale = ag.rsqrt(bn_rv + bn_eps) * _or(bn_w, 1.0)
    bias = (_or(conv_b, 0.0) - bn_rm) * scale + _or(bn_b, 0.0)
    spatial = (1,) * (conv_w.ndim - 2)
    if transpose:
        inputs, outputs = conv_w.shape[:2]  # outputs per group: a group's rows are its inputs
        groups = scale.numel() // outputs
        rows = scale.reshape(groups, 1, outputs).expand(groups, inputs // groups, outputs)
        weight = conv_w * rows.reshape(inputs, outputs, *spatial)
    else:
        weight = conv_w * scale.reshape(-1, 1, *spatial)
    return _parameters(weight, bias, conv_w, conv_b)


def fuse_linear_bn_eval(linear: LinearT, bn: Module) -> LinearT:
    """Return a linear layer that computes ``bn(linear(x))``.

    Args:
        linear: a linear layer in evaluation mode; it stays as it is.
        bn: a batch normalisation in evaluation mode, with running statistics, of as many features or of one.

    Raises: AssertionError where one is in training mode, the features differ, or there are no running statistics.
    """
    fused = _copied(linear, bn)
    if bn.num_features not in (linear.out_features, 1):
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"linear.out_features={linear.out_features} and bn.num_features={bn.num_features}"
        )
    fused.weight, fused.bias = fuse_linear_bn_weights(
        linear.weight, linear.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    return fused


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor,
    bn_b: Tensor,
) -> tuple[Parameter, Parameter]:
    """Return weight and bias of a linear layer that normalises its outputs; see ``fuse_conv_bn_weights``.

    Args:
        linear_w: weight of the layer.
        linear_b: its bias.
        bn_rm: running mean of the batch normalisation.
        bn_rv: its running variance.
        bn_eps: its eps.
        bn_w: its scale.
        bn_b: its shift.
    """
    scale = ag.rsqrt(bn_rv + bn_eps) * _or(bn_w, 1.0)
    bias = (_or(linear_b, 0.0) - bn_rm) * scale + _or(bn_b, 0.0)
    return _parameters(linear_w * scale.unsqueeze(-1), bias, linear_w, linear_b)


def _copied(layer: ConvT, bn: Module) -> ConvT:
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")
    return copy.deepcopy(layer)


def _or(tensor: Tensor | None, default: float) -> Tensor | float:
    return default if tensor is None else tensor


def _parameters(weight: Tensor, bias: Tensor, old_w: Tensor, old_b: Tensor | None) -> tuple[Parameter, Parameter]:
    """Return the fused tensors in the dtypes of the old ones, trainable where those are."""
    dtype, trainable = (old_w.dtype, False) if old_b is None else (old_b.dtype, old_b.requires_grad)
    return Parameter(weight.to(old_w.dtype), old_w.requires_grad), Parameter(bias.to(dtype), trainable)
