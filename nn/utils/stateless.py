"""Modules as functions of their parameters: what ``grad``, ``vmap`` and the like are applied to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import GraphError
from autograd_core.transforms.jacobians import hessian
from autograd_core.transforms.mapping import vmap
from autograd_core.transforms.reverse import grad
from autograd_core.transforms.trees import map_leaves

from ..base.members import BUFFER, PARAMETER
from ..base.module import Module
from ..norm import _BatchNorm

__all__ = [
    "functional_call", "module_hessian", "per_sample_grad", "replace_all_batch_norm_modules_", "stack_module_state",
]  # fmt: skip

State = dict[str, Tensor]
Losses = Callable[[Any, Any], Tensor]


def functional_call(
    module: Module, parameter_and_buffer_dicts: State | Sequence[State], args: Any = None,
    kwargs: dict[str, Any] | None = None, *, tie_weights: bool = True, strict: bool = False,
) -> Any:  # fmt: skip
    """Call ``module`` with other parameters and buffers in the place of its own, which it keeps.

    What the module puts in the place of one of them during the call is in the dict afterwards, if there is one dict.

    Args:
        module: what to call.
        parameter_and_buffer_dicts: dotted name -> tensor; or several such dicts, of different names.
        args: a tuple of arguments, or one argument.
        kwargs: keyword arguments.
        tie_weights: put the tensor of one name in the place of all parameters that are the same object.
        strict: refuse dicts that lack a name, or have one that the module has not.

    Raises: GraphError, ValueError, AttributeError where the names do not fit.
    """
    state = _one_dict(parameter_and_buffer_dicts)
    given = () if args is None else args if isinstance(args, tuple) else (args,)
    with _in_place_of(module, state, tie_weights, strict):
        return module(*given, **(kwargs or {}))


def _one_dict(state: State | Sequence[State]) -> State:
    if isinstance(state, dict):
        return state
    if not isinstance(state, list | tuple) or not all(isinstance(part, dict) for part in state):
        raise ValueError(
            f"functional_call: Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"{type(state).__name__}"
        )
    names = [name for part in state for name in part]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"functional_call: {repeated} appeared in multiple dictionaries; wanted each name once")
    return {name: value for part in state for name, value in part.items()}


@contextmanager
def _in_place_of(module: Module, state: State, tie_weights: bool, strict: bool) -> Iterator[None]:
    """Let the module have the tensors of ``state``; afterwards give it its own again."""
    own = _members(module)
    if strict:
        _check_names(own, state)
    full = _tied(own, state) if tie_weights else state
    kept: list[tuple[str, dict[str, Any], str, Any]] = []
    try:
        for name, value in full.items():
            values, member = _slot(module, name, value)
            kept.append((name, values, member, values[member]))
            values[member] = value
        yield
    finally:
        for name, values, member, before in reversed(kept):
            if name in state:
                state[name] = values[member]
            values[member] = before


def _members(module: Module) -> dict[str, Tensor]:
    """Return every parameter and buffer, a shared one under each of its names."""
    parameters = module.named_parameters(remove_duplicate=False)
    return {**dict(parameters), **dict(module.named_buffers(remove_duplicate=False))}


def _check_names(own: State, state: State) -> None:
    unexpected = [name for name in state if name not in own]
    tied = {id(own[name]) for name in state if name in own}
    missing = [name for name, value in own.items() if name not in state and id(value) not in tied]
    if unexpected or missing:
        raise GraphError(
            f"functional_call: Error(s) in loading state: unexpected key(s): {unexpected}, missing key(s): {missing}"
        )


def _tied(own: State, state: State) -> State:
    """Return ``state`` with the tensor of one name under each other name of the same parameter."""
    places: dict[int, list[str]] = {}
    for name, value in own.items():
        places.setdefault(id(value), []).append(name)
    full = dict(state)
    for name, value in state.items():
        names = places.get(id(own.get(name)), [])
        if any(state.get(other, value) is not value for other in names):
            raise ValueError(
                f"functional_call: got multiple values for keys {names}, which are tied. Consider using "
                "tie_weights=False"
            )
        full.update(dict.fromkeys(names, value))
    return full


def _slot(module: Module, path: str, value: Any) -> tuple[dict[str, Any], str]:
    """Return the dictionary that holds a parameter or buffer, and its name there."""
    where, _, name = path.rpartition(".")
    owner = module.get_submodule(where)
    if not isinstance(value, Tensor):
        raise TypeError(f"functional_call: '{path}' is {type(value).__name__}; wanted a Tensor")
    if name not in PARAMETER.names(owner) and name not in BUFFER.names(owner):
        held = [*PARAMETER.names(owner), *BUFFER.names(owner)]
        raise AttributeError(
            f"functional_call: '{path}': {type(owner).__name__} has no attribute `{name}` that is a parameter or "
            f"buffer; it has {', '.join(held) or 'none'}"
        )
    return vars(owner), name


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return the parameters and the buffers of several modules of one architecture, stacked by name.

    For an ensemble: ``vmap`` over them with ``functional_call(models[0], (params, buffers), x)`` inside.  The stacked
    parameters are new leaves, which an optimiser can train.

    Shape: M of (*) -> (M, *).
    Raises: GraphError where there are no modules, or of different classes, modes or ``requires_grad``.
    """
    if len(models) == 0:
        raise GraphError("stack_module_state: Expected at least one model, got 0.")
    if len({bool(model.training) for model in models}) > 1:
        raise GraphError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({type(model) for model in models}) > 1:
        raise GraphError("stack_module_state: Expected all models to be of the same class.")
    parameters = [dict(model.named_parameters()) for model in models]
    buffers = [dict(model.named_buffers()) for model in models]
    return (
        {name: _stacked(name, [held[name] for held in parameters]) for name in parameters[0]},
        {name: _stacked(name, [held[name] for held in buffers]) for name in buffers[0]},
    )


def _stacked(name: str, tensors: list[Tensor]) -> Tensor:
    wanted = {t.requires_grad for t in tensors}
    if len(wanted) > 1:
        raise GraphError(f"stack_module_state: Expected {name} from each model to have the same .requires_grad")
    return ag.stack([t.detach() for t in tensors]).requires_grad_(wanted.pop())


def per_sample_grad(
    loss_fn: Losses, module: Module, *, randomness: str = "different", chunk_size: int | None = None
) -> Callable[[Any, Any], dict[str, Tensor]]:
    """Return a function of (x, y), a batch, that gives the gradient of each example's loss by parameter's name.

    The module and ``loss_fn(output, y)`` see one example at a time, as a batch of one.

    Args:
        loss_fn: of the module's output and the target; its mean or sum over a batch of one.
        module: its parameters that require grad are differentiated by; x is its input, or a tuple of them.
        randomness: whether dropout is 'different' for the examples, as in any batch, the 'same', or an 'error'.
        chunk_size: how many examples are computed at a time, to save memory; None: all.

    Shape: x (N, *), y (N, *) -> for a parameter (*p): (N, *p).
    """

    def loss(parameters: State, x: Any, y: Any) -> Tensor:
        x, y = map_leaves(lambda v: v.unsqueeze(0), (x, y))
        return loss_fn(functional_call(module, parameters, x), y)

    def gradients(x: Any, y: Any) -> dict[str, Tensor]:
        mapped = vmap(grad(loss), (None, 0, 0), randomness=randomness, chunk_size=chunk_size)
        found: dict[str, Tensor] = mapped(_trained(module), x, y)
        return found

    return gradients


def module_hessian(
    loss_fn: Losses, module: Module, *, chunk_size: int | None = None
) -> Callable[[Any, Any], dict[str, dict[str, Tensor]]]:
    """Return a function of (x, y) that gives the second derivatives of the loss by the names of two parameters.

    ``found["0.weight"]["1.bias"]`` is the block of these two.  The whole has (number of weights)**2 elements:
    ``hvp`` gives its products with vectors without it.

    Args:
        loss_fn: of the module's output and the target.
        module: its parameters that require grad are differentiated by; x is its input, or a tuple of them.
        chunk_size: how many columns are computed at a time, to save memory; None: all.

    Shape: for parameters (*p) and (*q): (*p, *q).
    """

    def second(x: Any, y: Any) -> dict[str, dict[str, Tensor]]:
        def loss(parameters: State) -> Tensor:
            return loss_fn(functional_call(module, parameters, x), y)

        found: dict[str, dict[str, Tensor]] = hessian(loss, chunk_size=chunk_size)(_trained(module))
        return found

    return second


def _trained(module: Module) -> State:
    """Return the parameters that require grad, outside every graph."""
    return {name: p.detach() for name, p in module.named_parameters() if p.requires_grad}


def replace_all_batch_norm_modules_(root: Module) -> Module:
    """Let every batch normalisation below ``root`` do without running statistics; return ``root``.

    In training and evaluation alike each then uses the statistics of the batch it is given, and writes nothing, so
    that it can be transformed.
    """
    for module in root.modules():
        if isinstance(module, _BatchNorm):
            module.track_running_stats = False
            module.running_mean = module.running_var = module.num_batches_tracked = None
    return root
