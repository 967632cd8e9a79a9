"""Numbers, functions of them, and the comparison of nests of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.nn.twin import draw


def array(*shape: int, seed: int = 0) -> Any:
    return draw(shape, seed)


def agree(ours: Any, theirs: Any, tolerance: float = 1e-10) -> None:
    """Compare two nests of tensors, ours and PyTorch's."""
    if isinstance(ours, dict):
        assert list(ours) == list(theirs)
        ours, theirs = tuple(ours.values()), tuple(theirs.values())
    if isinstance(ours, tuple | list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            agree(one, other, tolerance)
        return
    assert tuple(ours.shape) == tuple(theirs.shape)
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), tolerance, tolerance)


def bowl(x: Any, y: Any) -> Any:
    return ((x.sin() * y.exp()).sum() + (x * x * y).sum() ** 2) * 0.5


def curve(x: Any) -> Any:
    return (x.tanh() * x.sum()).exp()
