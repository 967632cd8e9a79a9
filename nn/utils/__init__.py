"""What is done to parameters and gradients from outside: clipping, and conversion to one vector and back."""

from __future__ import annotations

from .clip_grad import clip_grad_norm_, clip_grad_value_, get_total_norm
from .vectors import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "get_total_norm",
    "parameters_to_vector",
    "vector_to_parameters",
]
