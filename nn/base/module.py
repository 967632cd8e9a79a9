"""``Module``: the base class of every layer and network."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import ref

from autograd_core.engine.blame import MODULE_CALLS
from autograd_core.engine.failure import place
from autograd_core.engine.modes import SCOPE, Scope

from .hooks import call_hooked
from .members import Holder
from .moving import Movable

__all__ = ["Module"]

M = TypeVar("M", bound="Module")

MODULE_CALLS.add(__file__)  # an error inside a layer names the line that called Module.__call__
_caller = sys._getframe
_scope, _set_scope = SCOPE.get, SCOPE.set


class Module(Movable):
    """Base class for layers and networks.

    A subclass calls ``super().__init__()``, assigns parameters, buffers and other modules to attributes, and defines
    ``forward``.  Calling the module runs ``forward`` with the module's hooks.
    """

    training: bool
    dump_patches: bool = False
    call_super_init: bool = False  # whether a class beside this one among the bases is initialised, too
    T_destination = TypeVar("T_destination", bound=dict[str, Any])  # what PyTorch names the type of state dicts

    if TYPE_CHECKING:  # what a subclass assigns is known by its names only

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make an empty module in training mode.

        ``args`` and ``kwargs`` are for the next base class, where ``call_super_init`` is set.

        Raises: TypeError for arguments where it is not.
        """
        if (args or kwargs) and not self.call_super_init:
            unknown = f"an unexpected keyword argument {next(iter(kwargs))!r}" if kwargs else f"arguments {args!r}"
            raise TypeError(f"{type(self).__name__}.__init__() got {unknown}; nn.Module takes none")
        start = object.__setattr__
        start(self, "training", True)
        start(self, "_parameter_names", {})
        start(self, "_buffer_names", {})
        start(self, "_module_names", {})
        start(self, "_hooks", None)
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward``, noting for errors and drawings which module this is and whose line called it."""
        outer = _scope()
        frame = _caller(1)
        _set_scope(Scope(outer, ref(self), frame.f_code, frame.f_lasti))
        del frame  # in a traceback it would keep the caller's variables alive
        try:
            if self._hooks is not None:
                return call_hooked(self, args, kwargs)
            return self.forward(*args, **kwargs) if kwargs else self.forward(*args)
        except Exception as error:
            place(error)
            raise
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
                parameter.grad = parameter.grad.detach_().zero_()

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: PyTorch compiles the module's calls here, and operations always run as they are called."""

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the brackets beside the children."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): {indent(repr(module))}" for name, module in self._modules.items()]
        if len(lines) + len(children) == 0 or (len(lines) == 1 and not children):
            return f"{self._get_name()}({extra})"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines + children) + "\n)"

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
