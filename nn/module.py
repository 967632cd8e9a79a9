"""``Module``: the base class of every layer and network."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import ref

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.blame import MODULE_CALLS
from autograd_core.engine.modes import SCOPE, Scope

from .hooks import call_hooked
from .members import Holder
from .state_dict import Saved

__all__ = ["Module"]

M = TypeVar("M", bound="Module")

MODULE_CALLS.add(__file__)  # an error inside a layer names the line that called Module.__call__
_caller = sys._getframe
_scope, _set_scope = SCOPE.get, SCOPE.set


class Module(Saved):
    """Base class for layers and networks.

    A subclass calls ``super().__init__()``, assigns parameters, buffers and other modules to attributes, and defines
    ``forward``.  Calling the module runs ``forward`` with the module's hooks.
    """

    training: bool

    if TYPE_CHECKING:  # what a subclass assigns is known by its names only

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self) -> None:
        """Make an empty module in training mode."""
        start = object.__setattr__
        start(self, "training", True)
        start(self, "_parameter_names", {})
        start(self, "_buffer_names", {})
        start(self, "_module_names", {})
        start(self, "_hooks", None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward``, noting for errors and drawings which module this is and whose line called it."""
        outer = _scope()
        frame = _caller(1)
        _set_scope(Scope(outer, ref(self), frame.f_code, frame.f_lasti))
        del frame  # in a traceback it would keep the caller's variables alive
        try:
            if self._hooks is None:
                return self.forward(*args, **kwargs)
            return call_hooked(self, args, kwargs)
        finally:
            _set_scope(outer)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the module's output; every subclass defines it.

        Raises: NotImplementedError where it does not.
        """
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def train(self: M, mode: bool = True) -> M:
        """Set training mode, or evaluation mode, here and below; it matters to dropout and normalisation.

        Raises: ValueError where ``mode`` is no bool.
        """
        if not isinstance(mode, bool):
            raise ValueError(f"{type(self).__name__}.train: mode is {mode!r}; wanted True or False")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: M) -> M:
        """Set evaluation mode here and below."""
        return self.train(False)

    def apply(self: M, fn: Callable[[Module], Any]) -> M:
        """Call ``fn`` on every module, children before parents; typically to initialise."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Set whether the parameters require gradients: False freezes the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the parameters' gradients, or fill them with zeros."""
        for parameter in self.parameters():
            if set_to_none or parameter.grad is None:
                parameter.grad = None
            else:
                parameter.grad = parameter.grad.detach().zero_()

    def to(
        self: M,
        *args: Any,
        device: Any = None,
        dtype: Any = None,
        non_blocking: bool = False,
        memory_format: ag.memory_format | None = None,
    ) -> M:
        """Move to a device and cast floating and complex parameters and buffers to a dtype, in place.

        Call it with a device, a dtype, both, or a tensor that has both.  ``memory_format`` is for the parameters and
        buffers of four or five dimensions.

        Raises: TypeError where the dtype is neither floating nor complex.
        """
        for arg in args:
            if isinstance(arg, Tensor):
                device, dtype = arg.device, arg.dtype
            elif isinstance(arg, ag.dtype):
                dtype = arg
            elif not isinstance(arg, bool):  # PyTorch's positional non_blocking
                device = arg
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(f"{type(self).__name__}.to: dtype is {dtype}; wanted a floating point or complex dtype")

        def convert(t: Tensor) -> Tensor:
            kind = dtype if t.is_floating_point() or t.is_complex() else t.dtype
            wanted = None if memory_format is None or t.dim() not in (4, 5) else memory_format
            return t.to(device=device, dtype=kind, memory_format=wanted)

        return self._apply(convert)

    def cpu(self: M) -> M:
        """Move to the CPU, in place."""
        return self._apply(lambda t: t.cpu())

    def cuda(self: M, device: Any = None) -> M:
        """Move to a GPU, in place."""
        return self._apply(lambda t: t.cuda(device))

    def float(self: M) -> M:
        """Cast floating parameters and buffers to float32, in place."""
        return self.to(dtype=ag.float32)

    def double(self: M) -> M:
        """Cast floating parameters and buffers to float64, in place."""
        return self.to(dtype=ag.float64)

    def half(self: M) -> M:
        """Cast floating parameters and buffers to float16, in place."""
        return self.to(dtype=ag.float16)

    def _apply(self: M, fn: Callable[[Tensor], Tensor]) -> M:
        """Pass every parameter, its gradient and every buffer through ``fn``; a parameter stays the same object."""
        with ag.no_grad():
            for parameter in self.parameters():
                grad, parameter.grad = parameter.grad, None
                parameter.data = fn(parameter.data)
                parameter.grad = None if grad is None else fn(grad)
            for module in self.modules():
                for name, buffer in module._buffers.items():
                    if buffer is not None:
                        module._buffers[name] = fn(buffer)
        return self

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the brackets beside the children."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): {indent(repr(module))}" for name, module in self._modules.items()]
        if len(lines) + len(children) == 0 or (len(lines) == 1 and not children):
            return f"{type(self).__name__}({extra})"
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines + children) + "\n)"

    def __dir__(self) -> list[str]:
        return sorted(name for name in super().__dir__() if not name[0].isdigit())

    def __setstate__(self, state: dict[str, Any]) -> None:
        # A copy must not list its members in the original's dictionaries.
        names = {k: dict(v) for k, v in state.items() if k in ("_parameter_names", "_buffer_names", "_module_names")}
        vars(self).update({**state, **names})


Holder._module_type = Module


def indent(text: str) -> str:
    """Return ``text`` with every line but the first moved in, as a child stands in its parent's ``repr``."""
    return text.replace("\n", "\n  ")
