"""Parametrizations: a tensor of a module computed, whenever it is read, from others that are trained in its place.

``register_parametrization(module, "weight", parametrization)`` makes ``module.weight`` what the module
``parametrization`` returns for the tensor that it was, which is trained from then on under
``parametrizations.weight.original``:

    class Symmetric(nn.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).mT

    layer = register_parametrization(nn.Linear(3, 3), "weight", Symmetric())

A parametrization may define ``right_inverse``: from a value of the tensor it gives the original, or a tuple of
originals, that brings it about.  It is used at registration and for assignments, ``module.weight = value``.
"""

from __future__ import annotations

import copyreg
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from typing import Any

import autograd_core as ag
from autograd_core import Tensor

from ..base.module import Module
from ..container import ModuleDict
from ..parameter import Parameter
from .parametrization_list import ParametrizationList, check_same, point, register

__all__ = [
    "ParametrizationList", "cached", "is_parametrized", "register_parametrization", "remove_parametrizations",
    "transfer_parametrizations_and_params", "type_before_parametrizations",
]  # fmt: skip

# What was computed inside ``cached``; None outside of it.
_cache: ContextVar[dict[ParametrizationList, Tensor] | None] = ContextVar("parametrized tensors", default=None)


@contextmanager
def cached() -> Iterator[None]:
    """Within this context compute every parametrized tensor once, when it is first read, instead of at every read.

    It pays where a forward pass reads a tensor several times, as the steps of a recurrent cell do.
    """
    token = _cache.set({} if (outer := _cache.get()) is None else outer)
    try:
        yield
    finally:
        _cache.reset(token)


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Let ``parametrization`` compute ``module``'s parameter or buffer ``tensor_name``; return ``module``.

    Further parametrizations of the same tensor are applied to what the earlier ones give.  An optimiser made before
    goes on with the original, unless ``right_inverse`` returns several, which it has to be given.  The module becomes
    one of a class derived from its own, which cannot be pickled: save its state dict.

    Args:
        module: the owner of the tensor.
        tensor_name: of a parameter or a buffer.
        parametrization: a module; its training mode becomes that of ``module``.
        unsafe: allow it to change dtype or shape, and do not try it out.

    Raises: ValueError where there is no such tensor, or the parametrization or its inverse does not fit it.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_next(module, tensor_name, parametrization)
        module.parametrizations[tensor_name].append(parametrization)
        module.parametrizations[tensor_name].unsafe |= unsafe
        return module
    if tensor_name not in module._parameters and tensor_name not in module._buffers:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    parametrizations = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe)
    delattr(module, tensor_name)
    _change_class(module, [*_parametrized(module), tensor_name])
    if not is_parametrized(module):
        module.parametrizations = ModuleDict()
    module.parametrizations[tensor_name] = parametrizations
    return module


def _check_next(module: Module, tensor_name: str, parametrization: Module) -> None:
    """Raise where one more parametrization of a tensor, or its inverse, does not keep dtype and shape."""
    now, name = getattr(module, tensor_name), f"module.{tensor_name}"
    new = parametrization(now)
    check_same(new, now, f"{name}.{{}}", f"parametrization({name}).{{}}")
    try:
        old = parametrization.right_inverse(new) if hasattr(parametrization, "right_inverse") else new
    except NotImplementedError:
        return
    if not isinstance(old, Tensor):
        raise ValueError(f"parametrization.right_inverse must return a tensor. Got: {type(old).__name__}")
    for what in ("dtype", "shape"):
        if getattr(old, what) != getattr(now, what):
            raise ValueError(
                f"The tensor returned by parametrization.right_inverse must have the same {what} as {name}, unless the "
                f"`unsafe` flag is enabled.\n{name}.{what}: {getattr(now, what)}\nreturned {what}: {getattr(old, what)}"
            )


def _parametrized(module: Module) -> list[str]:
    return list(module.parametrizations) if is_parametrized(module) else []


def _change_class(module: Module, names: list[str]) -> None:
    """Derive the module's class from its own with a property for each of ``names``; for none, give it its own back."""
    own = type_before_parametrizations(module)
    if not names:
        module.__class__ = own
        return
    members: dict[str, Any] = {name: _property(name) for name in names}
    members["__getstate__"] = _refuse_pickling
    if not hasattr(own, "__deepcopy__"):  # the default one would pickle
        members["__deepcopy__"] = _deepcopy
    module.__class__ = type(f"Parametrized{own.__name__}", (own,), members)


def _property(tensor_name: str) -> property:
    def read(self: Any) -> Any:
        parametrizations = self.__dict__["parametrizations"][tensor_name]
        if (cache := _cache.get()) is None:
            return parametrizations()
        if parametrizations not in cache:
            cache[parametrizations] = parametrizations()
        return cache[parametrizations]

    def write(self: Any, value: Tensor) -> None:
        self.parametrizations[tensor_name].right_inverse(value)

    return property(read, write)


def _refuse_pickling(module: Any) -> Any:
    raise RuntimeError(
        f"{type(module).__name__}: Serialization of parametrized modules is only supported through state_dict()"
    )


def _deepcopy(module: Any, memo: dict[int, Any]) -> Any:
    replica = memo[id(module)] = module.__new__(type(module))
    vars(replica).update(deepcopy(vars(module), memo))
    for slot in copyreg._slotnames(type(module)):  # type: ignore[attr-defined]
        if hasattr(module, slot):
            setattr(replica, slot, deepcopy(getattr(module, slot), memo))
    return replica


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Return whether the tensor of that name, or with None any tensor, of ``module`` itself is parametrized."""
    parametrizations = getattr(module, "parametrizations", None)
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make ``tensor_name`` a plain parameter or buffer of ``module`` again; return ``module``.

    ``leave_parametrized``: it keeps the value that the parametrizations gave it; otherwise it is the original again,
    of which there must be but one.  One original stays the same object, so that optimisers need not know.

    Raises: ValueError where it is not parametrized, or is computed from several originals that cannot be left.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    parametrizations = module.parametrizations[tensor_name]
    if parametrizations.is_tensor:
        plain = parametrizations.original
        if leave_parametrized:
            with ag.no_grad():
                point(plain, getattr(module, tensor_name))
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        plain = Parameter(value) if value.requires_grad else value
    else:
        raise ValueError(
            f"'{tensor_name}': Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized "
            "in terms of a sequence of tensors."
        )
    _change_class(module, [name for name in module.parametrizations if name != tensor_name])
    del module.parametrizations[tensor_name]
    register(module, tensor_name, plain)
    if not is_parametrized(module):
        del module.parametrizations
    return module


def type_before_parametrizations(module: Module) -> type:
    """Return the class that ``module`` had before it was parametrized."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Parametrize ``to_module`` as ``from_module`` is, by the same parametrizations and originals; return it.

    A tensor that it has not is made.  ``tensor_name``: only this one.
    """
    if not is_parametrized(from_module):
        return to_module
    for name in list(from_module.parametrizations) if tensor_name is None else [tensor_name]:
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name)))
        given = from_module.parametrizations[name]
        for parametrization in given:
            register_parametrization(to_module, name, parametrization)
        taken = to_module.parametrizations[name]
        for original in ["original"] if given.is_tensor else [f"original{i}" for i in range(given.ntensors)]:
            setattr(taken, original, getattr(given, original))
    return to_module
