"""Full backward hooks: gates on a module's inputs and outputs through which its gradients pass all at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autograd_core import Tensor, is_grad_enabled
from autograd_core.autograd import Function

if TYPE_CHECKING:
    from .module import Module

Grads = tuple[Any, ...]

OUTPUTS_ONLY = (
    "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs require "
    "gradients. See Module.register_full_backward_hook for more details."
)


class Gate(Function):
    """The identity on several tensors, whose gradients go through ``check`` together."""

    @staticmethod
    def forward(ctx: Any, check: Callable[[Grads], Grads], *tensors: Tensor) -> Grads:
        """Let the tensors pass."""
        ctx.check = check
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Grads:
        """Show the gradients to ``check`` and pass on what it returns."""
        return (None, *ctx.check(grads))


class Watch:
    """One call of a module whose gradients its backward hooks want to see."""

    def __init__(self, module: Module, hooks: list[Callable[..., Any]], pre_hooks: list[Callable[..., Any]]) -> None:
        """Watch a call of ``module`` for these hooks."""
        self.module = module
        self.hooks = hooks
        self.pre_hooks = pre_hooks
        self.inputs: list[int] = []  # the positions of the arguments that pass the gate
        self.outputs: list[int] = []
        self.n_inputs = self.n_outputs = 0
        self.grad_output: Grads | None = None

    def enter(self, args: Grads) -> Grads:
        """Return the arguments with the tensors among them passed through the gate on the way in."""
        self.n_inputs = len(args)
        self.inputs, args = _through_gate(args, self._on_leaving)
        return args

    def leave(self, result: Any) -> Any:
        """Return the output, or the tuple of outputs, passed through the gate on the way out."""
        outputs = result if isinstance(result, tuple) else (result,)
        self.n_outputs = len(outputs)
        self.outputs, outputs = _through_gate(outputs, self._on_entering)
        return outputs if isinstance(result, tuple) else outputs[0]

    def _on_entering(self, grads: Grads) -> Grads:
        """Backward enters the module: the gradients of its outputs are known."""
        grad_output = _spread(grads, self.outputs, self.n_outputs)
        for hook in self.pre_hooks:
            grad_output = self._changed(hook(self.module, grad_output), grad_output, "pre-hook", "grad_output")
        self.grad_output = grad_output
        if not self.inputs:
            if self.hooks:
                warnings.warn(OUTPUTS_ONLY, stacklevel=2)
            self._on_leaving(())
        return tuple(grad_output[i] for i in self.outputs)

    def _on_leaving(self, grads: Grads) -> Grads:
        """Backward leaves the module: the gradients of its inputs are known."""
        if self.grad_output is None:  # a gradient of second order, that reached the inputs beside the outputs
            return grads
        grad_input = _spread(grads, self.inputs, self.n_inputs)
        for hook in self.hooks:
            grad_input = self._changed(
                hook(self.module, grad_input, self.grad_output), grad_input, "hook", "grad_input"
            )
        self.grad_output = None
        return tuple(grad_input[i] for i in self.inputs)

    def _changed(self, returned: Any, grads: Grads, hook: str, what: str) -> Grads:
        if returned is None:
            return grads
        returned = returned if isinstance(returned, tuple) else (returned,)
        if len(returned) != len(grads):
            raise RuntimeError(
                f"{type(self.module).__name__}: a full backward {hook} returned {len(returned)} gradients "
                f"for {what}; wanted {len(grads)}, or None to change nothing"
            )
        return returned


def _through_gate(values: Grads, check: Callable[[Grads], Grads]) -> tuple[list[int], Grads]:
    """Return the positions of the tensors that carry gradients, and ``values`` with those passed through a gate."""
    chosen = [i for i, value in enumerate(values) if isinstance(value, Tensor) and value.requires_grad]
    if not (chosen and is_grad_enabled()):
        return [], values
    passed = iter(Gate.apply(check, *(values[i] for i in chosen)))
    return chosen, tuple(next(passed) if i in chosen else value for i, value in enumerate(values))


def _spread(grads: Grads, positions: list[int], size: int) -> Grads:
    spread: list[Any] = [None] * size
    for position, grad in zip(positions, grads):
        spread[position] = grad
    return tuple(spread)
