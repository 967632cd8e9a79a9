"""Parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import ShapeError

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Return the elements of all ``parameters`` in one vector, differentiably."""
    return ag.cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Copy the elements of ``vec`` into ``parameters``, in place and in their order.

    Raises: TypeError where ``vec`` is no Tensor; ShapeError where it is shorter or longer than the parameters.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: vec is {type(vec).__name__}; wanted a Tensor")
    listed = list(parameters)
    total = sum(parameter.numel() for parameter in listed)
    if vec.numel() != total:
        raise ShapeError(f"vector_to_parameters: vec has {vec.numel()} elements; wanted {total}")
    at = 0
    with ag.no_grad():
        for parameter in listed:
            parameter.copy_(vec[at : at + parameter.numel()].reshape(parameter.shape))
            at += parameter.numel()
