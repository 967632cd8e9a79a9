"""The checks of options that optimisers share, in PyTorch's words."""

from __future__ import annotations

from typing import Any

from autograd_core.engine.tensor import Tensor


def check_lr(lr: Any) -> None:
    """Refuse a negative learning rate, or a Tensor of more than one element.

    Raises: ValueError.
    """
    check_tensor("lr", lr, foreach=False, capturable=False)
    check_not_negative("learning rate", lr)


def check_not_negative(what: str, value: Any) -> None:
    """Refuse a negative (or NaN) option.

    Raises: ValueError such as ``Invalid learning rate: -1``.
    """
    if not value >= 0.0:
        raise ValueError(f"Invalid {what}: {value}")


def check_tensor(name: str, value: Any, foreach: bool | None, capturable: bool) -> None:
    """Refuse a Tensor as an option where PyTorch does: of several elements, or with ``foreach``.

    Raises: ValueError.
    """
    if isinstance(value, Tensor):
        if foreach and not capturable:
            raise ValueError(f"{name} as a Tensor is not supported for capturable=False and foreach=True")
        if value.numel() != 1:
            raise ValueError(f"Tensor {name} must be 1-element")


def check_fraction(what: str, value: Any) -> None:
    """Refuse an option outside [0, 1].

    Raises: ValueError such as ``Invalid rho value: 1.1``.
    """
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"Invalid {what}: {value}")


def check_fractions(betas: tuple[Any, Any]) -> None:
    """Refuse decay rates outside [0, 1).

    Raises: ValueError.
    """
    for i, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}")


def check_betas(betas: tuple[Any, Any], foreach: bool | None, capturable: bool) -> None:
    """Refuse decay rates outside [0, 1), or a Tensor beside a number.

    Raises: ValueError.
    """
    check_fractions(betas)
    if isinstance(betas[0], Tensor) != isinstance(betas[1], Tensor):
        raise ValueError("betas must be either both floats or both Tensors")
    for i, beta in enumerate(betas):
        check_tensor(f"betas[{i}]", beta, foreach, capturable)


def check_forms(fused: bool | None, foreach: bool | None, differentiable: bool) -> None:
    """Refuse PyTorch's forms of the step where they exclude each other; here there is one, and they change nothing.

    Raises: RuntimeError.
    """
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
