"""``ParametrizationList``: one tensor of a module, computed from originals by one parametrization after the other."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import autograd_core as ag
from autograd_core import Tensor

from ..base.module import Module
from ..container import ModuleList
from ..parameter import Parameter

__all__ = ["ParametrizationList"]

SEQUENCE = "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got"


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, in order, and the originals from which they compute it.

    ``register_parametrization`` makes it, as ``module.parametrizations[tensor_name]``.  The originals are under
    ``original``, or ``original0``, ``original1``, ... where ``right_inverse`` gives several.

    Args:
        modules: the parametrizations.
        original: the parameter or buffer as it was.
        unsafe: whether they may change its dtype and shape.

    Raises: ValueError where there are none, or what they or their inverses return does not fit.
    """

    original: Tensor
    unsafe: bool

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        """Take the originals from ``original`` by the inverses of ``modules``; one without an inverse leaves it."""
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        new = self._inverse(original)
        self.is_tensor = isinstance(new, Tensor)
        originals = [new] if isinstance(new, Tensor) else new
        self.ntensors = len(originals)
        self._check_originals(originals, original)
        if not unsafe:
            check_same(self._through(originals), original, "unparametrized {}", "parametrized {}")
        if self.is_tensor:
            point(original, new)
            register(self, "original", original)
        else:
            for i, each in enumerate(originals):
                own = Parameter(each, original.requires_grad) if isinstance(original, Parameter) else each
                register(self, f"original{i}", own.requires_grad_(original.requires_grad))

    @ag.no_grad()
    def _inverse(self, value: Any) -> Any:
        for module in reversed(self._chain()):
            if hasattr(module, "right_inverse"):
                with suppress(NotImplementedError):  # then, too, the value itself will do
                    value = module.right_inverse(value)
        if not isinstance(value, (Tensor, Sequence)):
            raise ValueError(f"{SEQUENCE} {type(value).__name__}")
        return value

    def _check_originals(self, originals: Sequence[Any], original: Tensor) -> None:
        for i, each in enumerate(originals):
            if not isinstance(each, Tensor):
                raise ValueError(f"{SEQUENCE} element {i} of the sequence with type {type(each).__name__}.")
        if not self.is_tensor:
            return
        for what in ("dtype", "device"):
            was, now = getattr(original, what), getattr(originals[0], what)
            if was != now:
                raise ValueError(
                    f"When `right_inverse` outputs one tensor, it may not change the {what}.\n"
                    f"original.{what}: {was}\nright_inverse(original).{what}: {now}"
                )

    def _chain(self) -> list[Module]:
        """Return the parametrizations, without a child that is there where an original is parametrized in turn."""
        return [module for name, module in self._modules.items() if name.isdigit()]

    def _originals(self) -> list[Any]:
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def _through(self, originals: Sequence[Any]) -> Any:
        first, *rest = self._chain()
        value = first(*originals)
        for module in rest:
            value = module(value)
        return value

    def forward(self) -> Any:
        """Return the parametrized tensor."""
        return self._through(self._originals())

    @ag.no_grad()
    def right_inverse(self, value: Tensor) -> None:
        """Set the originals so that ``value`` comes out: what assigning to the parametrized tensor does.

        Raises: RuntimeError where a parametrization has no ``right_inverse``; ValueError where it returns something
            else than the originals are.
        """
        new: Any = value
        for module in reversed(self._chain()):
            if not hasattr(module, "right_inverse"):
                raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
            new = module.right_inverse(new)
        self._check_new(new)
        for original, tensor in zip(self._originals(), [new] if self.is_tensor else new):
            point(original, tensor)

    def _check_new(self, new: Any) -> None:
        if self.is_tensor:
            if not isinstance(new, Tensor):
                raise ValueError(f"`right_inverse` should return a tensor. Got {type(new).__name__}")
            if new.dtype != self.original.dtype:
                raise ValueError(
                    f"The tensor returned by `right_inverse` has dtype {new.dtype} "
                    f"while `original` has dtype {self.original.dtype}"
                )
            return
        if not isinstance(new, Sequence):
            raise ValueError(f"'right_inverse' must return a sequence of tensors. Got {type(new).__name__}.")
        if len(new) != self.ntensors:
            raise ValueError(
                f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. "
                f"Got a sequence of length {len(new)}."
            )
        for i, (tensor, original) in enumerate(zip(new, self._originals())):
            if not isinstance(tensor, Tensor):
                kind = type(tensor).__name__
                raise ValueError(f"'right_inverse' must return a sequence of tensors. Got element {i} of type {kind}.")
            if tensor.dtype != original.dtype:
                raise ValueError(
                    f"Tensor {i} returned by `right_inverse` has dtype {tensor.dtype} "
                    f"while `original{i}` has dtype {original.dtype}"
                )


def register(module: Module, name: str, tensor: Tensor) -> None:
    """Make ``tensor`` a parameter or a buffer of ``module``, whichever it is."""
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def point(tensor: Tensor, value: Tensor) -> None:
    """Let ``tensor``, which stays the same object for optimisers, share the memory and the shape of ``value``."""
    if tensor is not value:
        tensor.data = value.detach()


def check_same(value: Any, wanted: Tensor, wanted_name: str, name: str) -> None:
    """Raise where a parametrization gives no tensor, or another dtype or shape; ``{}`` in the names stands for these.

    Raises: ValueError.
    """
    if not isinstance(value, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(value).__name__}.")
    for what in ("dtype", "shape"):
        had, has = getattr(wanted, what), getattr(value, what)
        if had != has:
            raise ValueError(
                f"Registering a parametrization may not change the {what} of the tensor, unless `unsafe` flag is "
                f"enabled.\n{wanted_name.format(what)}: {had}\n{name.format(what)}: {has}"
            )
