"""PyTorch's ``func`` namespace: functions of functions, which compose in any order.

Those that take a module stand in ``nn.utils`` and are loaded when first asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from autograd_core.engine.lifted import Lifted
from autograd_core.engine.tensor import Tensor
from autograd_core.errors import GraphError
from autograd_core.transforms.forward import jvp, linearize
from autograd_core.transforms.jacobians import hessian, hvp, jacfwd, jacrev
from autograd_core.transforms.mapping import vmap
from autograd_core.transforms.reverse import grad, grad_and_value, value_and_grad, vjp

if TYPE_CHECKING:
    from nn.utils.stateless import (
        functional_call,
        module_hessian,
        per_sample_grad,
        replace_all_batch_norm_modules_,
        stack_module_state,
    )

__all__ = [
    "debug_unwrap", "functional_call", "functionalize", "grad", "grad_and_value", "hessian", "hvp", "jacfwd", "jacrev",
    "jvp", "linearize", "module_hessian", "per_sample_grad", "rearrange", "replace_all_batch_norm_modules_",
    "stack_module_state", "value_and_grad", "vjp", "vmap",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(importlib.import_module("nn.utils.stateless"), name)
    raise AttributeError(f"module 'autograd_core.func' has no attribute {name!r}")


def debug_unwrap(tensor: Tensor, *, recurse: bool = True) -> Tensor:
    """Return what a tensor of a running transform stands for, to look at: all examples, or the value without tangent.

    ``recurse``: through all transforms, else through the innermost.
    """
    while isinstance(tensor, Lifted):
        tensor = tensor.held()[0]
        if not recurse:
            break
    return tensor


def functionalize(func: Callable[..., Any], *, remove: str = "mutations") -> NoReturn:
    """Refuse: PyTorch rewrites writes in place here, which transforms do not take.

    Raises: GraphError always.
    """
    raise GraphError(
        "functionalize: not offered: a function that writes in place cannot be transformed; write it without "
        "(x = x + 1 for x += 1, ag.where or x.index_put(...) for x[i] = v)"
    )


def rearrange(tensor: Tensor, pattern: str, **axes_lengths: int) -> Tensor:
    """Return ``einops.rearrange`` of a tensor, as in ``rearrange(x, "b c h w -> b (h w) c")``.

    Raises: ImportError where einops is not installed.
    """
    found: Tensor = importlib.import_module("einops").rearrange(tensor, pattern, **axes_lengths)
    return found
