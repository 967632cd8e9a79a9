"""What the whole programs share: weights and data that are the same numbers in every library."""

from __future__ import annotations

from typing import Any

import numpy as np


def redraw(model: Any, seed: int = 0, scale: float = 0.2) -> Any:
    """Fill from NumPy the parameters that the model drew; those that it set to a constant stay, to be compared."""
    rng = np.random.default_rng(seed)
    for p in model.parameters():
        constant = p.numel() > 1 and p.min().item() == p.max().item()
        if not constant:
            p.data.copy_(p.data.new_tensor(rng.standard_normal(p.shape) * scale))
    return model


def figures(model: Any) -> list[float]:
    """Return a figure of each entry of the state dict, in its order."""
    return [v.double().abs().sum().item() for v in model.state_dict().values()]


def normal(seed: int, *shape: int) -> np.ndarray:
    """Return normal numbers in float32."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def uniform(seed: int, *shape: int) -> np.ndarray:
    """Return numbers of [0, 1) in float32."""
    return np.random.default_rng(seed).random(shape).astype(np.float32)


def integers(seed: int, high: int, *shape: int) -> np.ndarray:
    """Return whole numbers of [0, high)."""
    return np.random.default_rng(seed).integers(0, high, shape)
