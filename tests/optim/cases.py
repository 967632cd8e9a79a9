"""Every optimiser with the options that change its formula, and parameters of every kind to try them on."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import optim

CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.01, "betas": (0.5, 0.6), "eps": 0.1, "maximize": True}),
    ("Adam", {"lr": 0.01, "amsgrad": True, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.01}),
    ("AdamW", {"lr": 0.01, "amsgrad": True, "maximize": True}),
    ("RMSprop", {}),
    ("RMSprop", {"centered": True, "weight_decay": 0.1, "maximize": True}),
    ("RMSprop", {"momentum": 0.9, "alpha": 0.9}),
    ("Adagrad", {}),
    ("Adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.3, "weight_decay": 0.1}),
    ("Adagrad", {"maximize": True, "eps": 0.1}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.7, "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.01, "betas": (0.5, 0.6), "eps": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.01, "betas": (0.5, 0.6), "weight_decay": 0.1, "momentum_decay": 0.1, "maximize": True}),
    ("NAdam", {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {"lr": 0.01}),
    ("RAdam", {"lr": 0.01, "betas": (0.5, 0.8), "eps": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("RAdam", {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("Rprop", {}),
    ("Rprop", {"lr": 0.1, "etas": (0.7, 1.5), "step_sizes": (0.05, 0.3), "maximize": True}),
    ("ASGD", {}),
    ("ASGD", {"lr": 0.1, "lambd": 0.1, "alpha": 0.5, "t0": 4, "weight_decay": 0.1, "maximize": True}),
]

# Scalars, nothing at all, several that are gathered, one that is updated in one block, one in several.
SHAPES = ((3, 4), (5,), (), (0, 3), (2, 2, 2), (70, 80), (300, 300))


def every(*names: str) -> Any:
    """Run a test for every case, or those of the named optimisers."""
    chosen = [(name, options) for name, options in CASES if not names or name in names]
    return pytest.mark.parametrize(("name", "options"), chosen, ids=[f"{n}-{'-'.join(o)}" for n, o in chosen])


def arrays(seed: int, shapes: Any = SHAPES, dtype: Any = np.float64) -> list[np.ndarray]:
    """Return standard normal arrays; 0-d ones as arrays too."""
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.standard_normal(shape), dtype) for shape in shapes]


def parameters(api: ModuleType, values: list[np.ndarray]) -> list[Any]:
    """Return leaves of one side, each with memory of its own."""
    return [api.tensor(value).requires_grad_() for value in values]


def give(api: ModuleType, params: list[Any], seed: int, without: Any = ()) -> None:
    """Set every parameter's gradient but for those numbered ``without``, which get None."""
    for i, (p, g) in enumerate(zip(params, arrays(seed, [tuple(p.shape) for p in params]), strict=True)):
        p.grad = None if i in without else api.tensor(g).to(p.dtype)


def holes(step: int) -> set[int]:
    """Return which parameters have no gradient in a step; from the eighth on, all have."""
    return {i for i in range(len(SHAPES)) if step < 8 and (i + step) % 4 == 0}


def run(api: ModuleType, optimizer: Any, params: list[Any], steps: range) -> None:
    """Step an optimiser of either side, with the gradients and holes of ``steps``."""
    for step in steps:
        give(api, params, 100 + step, holes(step))
        optimizer.step()


def ours(name: str, options: dict[str, Any], values: list[np.ndarray]) -> tuple[Any, list[Any]]:
    """Return one of our optimisers on new parameters, and these."""
    params = parameters(ag, values)
    return getattr(optim, name)(params, **options), params


def entries(optimizer: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Yield a state dict's arrays by name, in order."""
    for number, state in optimizer.state_dict()["state"].items():
        for key, value in state.items():
            yield f"{number}.{key}", value.detach().numpy()


def same(a: Any, b: Any, rtol: float = 0.0) -> None:
    """Check that two lists of parameters have the same values, exactly or within ``rtol`` of the largest."""
    for x, y in zip(a, b, strict=True):
        x, y = x.detach().numpy(), y.detach().numpy()
        np.testing.assert_allclose(x, y, rtol=0, atol=rtol * np.abs(y).max(initial=0))
