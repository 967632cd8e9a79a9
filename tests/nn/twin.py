"""The same numbers in this project and in PyTorch, and the comparison of what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd_core as ag


def array(x: Any) -> np.ndarray:
    """Return a tensor of either side as an array."""
    return np.asarray(x.detach().numpy())


def close(ours: Any, theirs: Any, tolerance: float = 1e-10, what: str = "") -> None:
    """Check that two tensors agree in shape and, within ``tolerance``, in value."""
    assert tuple(ours.shape) == tuple(theirs.shape), what
    np.testing.assert_allclose(array(ours), array(theirs), rtol=tolerance, atol=tolerance, err_msg=what)


def draw(shape: Sequence[int], seed: int = 0) -> np.ndarray:
    """Return standard normal numbers in float64."""
    return np.random.default_rng(seed).standard_normal(shape)


def both(torch: Any, value: np.ndarray, requires_grad: bool = True) -> tuple[Any, Any]:
    """Return ``value`` as a leaf tensor of each side."""
    ours, theirs = ag.tensor(value), torch.tensor(value)
    if requires_grad:
        ours.requires_grad_()
        theirs.requires_grad_()
    return ours, theirs


def state_to_ours(module: Any) -> dict[str, np.ndarray]:
    """Return a PyTorch module's state as arrays."""
    return {name: array(value) for name, value in module.state_dict().items()}


def state_to_theirs(torch: Any, module: Any) -> dict[str, Any]:
    """Return our module's state as PyTorch tensors."""
    return {name: torch.tensor(array(value)) for name, value in module.state_dict().items()}


def pair(torch: Any, make: Any) -> tuple[Any, Any]:
    """Return ``make(nn)`` of each side in float64, with PyTorch's initial values in both."""
    import nn

    theirs = make(torch.nn).double()
    ours = make(nn).double()
    ours.load_state_dict(state_to_ours(theirs))
    return ours, theirs
