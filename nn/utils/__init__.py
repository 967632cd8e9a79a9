"""What is done to modules, parameters and gradients from outside.

Clipping of gradients and noise on them; parameters as one vector; weight and spectral normalisation and other
parametrisations; pruning; fusion of batch normalisation for inference; summaries.
"""

from __future__ import annotations

import importlib
from types import ModuleType

from . import parametrizations as parametrizations
from . import parametrize as parametrize
from . import prune as prune
from . import rnn as rnn
from .clip_grad import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from .convert_parameters import parameters_to_vector, vector_to_parameters
from .fusion import fuse_conv_bn_eval, fuse_conv_bn_weights, fuse_linear_bn_eval, fuse_linear_bn_weights
from .gradient_noise import add_gradient_noise_
from .model_summary import summary
from .skipping import skip_init
from .spectral_hooks import remove_spectral_norm, spectral_norm
from .weight_hooks import remove_weight_norm, weight_norm

__all__ = [
    "add_gradient_noise_",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
    "get_total_norm",
    "parameters_to_vector",
    "remove_spectral_norm",
    "remove_weight_norm",
    "skip_init",
    "spectral_norm",
    "summary",
    "vector_to_parameters",
    "weight_norm",
]


def __getattr__(name: str) -> ModuleType:
    if name == "stateless":  # it loads the transforms
        return importlib.import_module("nn.utils.stateless")
    raise AttributeError(f"module 'nn.utils' has no attribute {name!r}")
