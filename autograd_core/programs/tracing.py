"""From a run to a listing: each primitive that a function applies becomes a line, each write an update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from autograd_core.backend import host
from autograd_core.backend.device import XP
from autograd_core.dtypes import BY_NUMPY
from autograd_core.engine import blame
from autograd_core.engine.indices import Index
from autograd_core.engine.lifted import Lifted, beneath
from autograd_core.engine.node import Leaf
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import ProgramError
from autograd_core.programs.inference import infer
from autograd_core.programs.ir import Application, Bound, Variable, plain
from autograd_core.programs.traced import Traced, traced
from autograd_core.programs.writes import Memory, Writes, memory_of

if TYPE_CHECKING:
    from autograd_core.engine.primitive import Primitive

__all__ = ["Tracing"]


class Tracing(Writes):
    """A running trace.  Tensors from outside that meet its own become bound values of the program.

    What is written to them is not done, but noted: they are as they were when the trace has ended, and the program's
    updates say what they become.
    """

    name = "trace"
    adopts = True

    def __init__(self, abstract: bool = False) -> None:
        """Begin with nothing; ``abstract``: the lines are not computed, only their shapes and dtypes are."""
        super().__init__()
        self.abstract = abstract
        self.taken: set[str] = set()  # names
        self.lines: list[Application] = []
        self._gradients: list[tuple[Tensor, Any]] = []  # which the parameters had before
        self._counts = {"h": 0, "c": 0}

    # ---- names ----

    def label(self, value: Tensor, kind: str, name: str) -> None:
        """Give a tensor from outside a kind and a name, should the function use it."""
        self.labels.setdefault(memory_of(value), (kind, name))

    def label_of(self, value: Tensor) -> str:
        """Return the name of a tensor from outside; one without gets the next free."""
        memory = memory_of(value)
        if memory not in self.labels:
            self.labels[memory] = "parameter" if value.requires_grad else "buffer", self._fresh("c")
        return self.labels[memory][1]

    def variable(self, name: str, array: Any) -> Variable:
        """Return the variable ``name`` for an array."""
        return Variable(name, tuple(array.shape), BY_NUMPY[array.dtype])

    def free(self, name: str) -> str:
        """Return ``name``, or one like it that nothing has yet, and take it."""
        chosen, k = name, 1
        while chosen in self.taken:
            chosen, k = f"{name}_{k}", k + 1
        self.taken.add(chosen)
        return chosen

    def _fresh(self, letter: str) -> str:
        while (name := f"{letter}{self._counts[letter]}") in self.taken:
            self._counts[letter] += 1
        self.taken.add(name)
        return name

    # ---- values from outside ----

    def draws(self) -> None:
        """Refuse random numbers: a program would have those of the trace in every run."""
        self.refuse("random numbers are drawn; draw them before and pass them in, or trace the module in eval()")

    def lift(self, value: Tensor) -> Traced:
        """Return what a tensor from outside is by now, at first a bound value."""
        memory = memory_of(value)
        found = self.current.get(memory)
        if found is None:
            found = self.current[memory] = self._bind(value, memory)
        return found

    def adopted(self, value: Any) -> Any:
        """Return an argument with the tensors from outside as bound values."""
        if type(value) is list:
            return [self.adopted(v) for v in value]
        return self.lift(value) if isinstance(value, Tensor) and not self._owns(value) else value

    def _owns(self, value: Any) -> bool:
        return type(value) is Traced and value.level is self

    def _bind(self, value: Tensor, memory: Memory) -> Traced:
        kind, name = self.labels.get(memory, ("parameter" if type(value._node) is Leaf else "constant", ""))
        array = value._array
        variable = self.variable(self.free(name) if name else self._fresh("c"), array)
        number = array.item() if kind == "constant" and not array.ndim else None
        self.bound.append(Bound(kind, variable, number))
        self.values[variable.name] = value
        out = traced(self, wrap(array), variable)
        if type(value._node) is Leaf:
            out._node = value._node  # what backward finds reaches the parameter itself
            self._gradients.append((value, value._grad))
        return out

    # ---- what is done ----

    def run(self, prim: Primitive, args: Sequence[Any], meta: dict[str, Any]) -> tuple[Any, ...]:
        """Apply ``prim`` to the values, and note the line."""
        if "key" in meta:
            meta = meta | {"key": tuple([self._index(k) for k in meta["key"]])}
        operands = tuple([_variables(a) for a in args])
        options = {k: plain(_variables(v)) for k, v in meta.items() if k not in prim.meta or v is not prim.meta[k]}
        results = self._inferred(prim, operands, options) if self.abstract else None
        if results is None:
            with beneath(self):
                found = prim.call(*[_values(a) for a in args], **{k: _values(v) for k, v in meta.items()})
            results = found if type(found) is tuple else (found,)
        outputs = tuple([self.variable(self._fresh("h"), y._array) for y in results])
        self.lines.append(Application(prim.name, operands, options, outputs))
        return tuple([traced(self, y, v) for y, v in zip(results, outputs, strict=True)])

    def _inferred(self, prim: Primitive, args: tuple[Any, ...], options: dict[str, Any]) -> tuple[Tensor, ...] | None:
        """Return stand-ins of the outputs, which take no memory; None where only a run can tell what they are."""
        with beneath(self):
            types = infer(prim, args, options)
        if types is None:
            return None
        kinds = [kind.dtype for _, kind in types if kind is not None]
        if len(kinds) < len(types):
            return None
        shapes = [shape for shape, _ in types]
        return tuple([wrap(host.broadcast_to(host.zeros((), k), s)) for k, s in zip(kinds, shapes, strict=True)])

    def _index(self, part: Any) -> Any:
        """Return a part of a key; an array of indices is a bound value."""
        return self.lift(wrap(part)) if type(part) in XP else self.adopted(part)

    def restore(self) -> None:
        """Give each parameter the gradient that it had before the trace."""
        for parameter, gradient in self._gradients:
            if isinstance(parameter._grad, Traced):
                parameter._grad = gradient

    def refuse(self, what: str) -> NoReturn:
        """Raise ProgramError with the user's line."""
        raise ProgramError(f"trace: {what}, in {blame.describe(*blame.caller())}")


def _values(a: Any) -> Any:
    """Return an argument or option with the values of its traced tensors."""
    if isinstance(a, list | tuple):
        found = [_values(v) for v in a]
        if type(a) is list:
            return found
        return Index(found) if any(isinstance(v, Lifted) for v in found) else tuple(
            [v._array if isinstance(v, Tensor) else v for v in found]
        )
    return a.value if type(a) is Traced else a


def _variables(a: Any) -> Any:
    if isinstance(a, list | tuple):
        return tuple([_variables(v) for v in a])
    return a.variable if type(a) is Traced else a
