"""From a run to a listing: each primitive that a function applies becomes a line, each write an update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, cast

from autograd_core.backend import host
from autograd_core.backend.device import XP
from autograd_core.dtypes import BY_NUMPY
from autograd_core.engine import blame
from autograd_core.engine.indices import Index
from autograd_core.engine.lifted import Lifted, beneath
from autograd_core.engine.modes import GRAD
from autograd_core.engine.node import Leaf
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import ProgramError
from autograd_core.ops.random import HOST, draw
from autograd_core.programs.inference import infer
from autograd_core.programs.ir import RANDOM, Application, Bound, Variable, plain, variables
from autograd_core.programs.traced import Traced, traced
from autograd_core.programs.writes import Memory, Writes, memory_of
from autograd_core.randomness.generators import get_rng_state

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
        self._start: Tensor | None = None  # of the random numbers
        self._gradients: list[tuple[Tensor, Any]] = []  # which the parameters had before
        self._still: set[str] = set()  # variables that no input and no bound value moves
        self._cuts: dict[tuple[str, int], Variable] = {}  # what they are behind a cut
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

    def position(self) -> Tensor:
        """Return the position in the default generator's stream: where the trace began, then after each draw."""
        if self._start is None:
            with beneath(self):
                self._start = get_rng_state()
            self.label(self._start, RANDOM, "rng")
        return self.lift(self._start)

    def move(self, position: Tensor) -> None:
        """Go to another position; the generator itself stays where it was, as all that a trace would write."""
        self.position()
        self._become(cast(Tensor, self._start), "move", position)

    def drawn(self, generator: Any, parameters: Sequence[Tensor], meta: Mapping[str, Any]) -> Tensor:
        """Note a draw from the default generator.  Raises: ProgramError for another."""
        if generator is not None:
            self.refuse("random numbers are drawn from a generator of their own; a program has the default one alone")
        given = {k: v for k, v in meta.items() if v != () and v != HOST}
        value, after = draw.primitive.call([self.position(), *[self.adopted(p).bare() for p in parameters]], **given)
        self.move(after)
        return value

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
        operands = tuple([self._operands(a) for a in args])
        options = {k: plain(self._operands(v)) for k, v in meta.items() if k not in prim.meta or v is not prim.meta[k]}
        results = self._inferred(prim, operands, options) if self.abstract else None
        if results is None:
            with beneath(self):
                found = prim.call(*[_values(a) for a in args], **{k: _values(v) for k, v in meta.items()})
            results = found if type(found) is tuple else (found,)
        outputs = self._noted(prim.name, operands, options, results)
        cut = 0 if GRAD.get() else 1
        return tuple([traced(self, y, v, cut) for y, v in zip(results, outputs, strict=True)])

    def _noted(self, name: str, operands: Any, options: Any, results: Sequence[Tensor]) -> tuple[Variable, ...]:
        """Add a line; return the variables of its results."""
        outputs = tuple([self.variable(self._fresh("h"), y._array) for y in results])
        if not any(v.dtype.category > 1 and v.name not in self._still for v in variables(operands)):
            self._still.update([v.name for v in outputs])
        self.lines.append(Application(name, operands, options, outputs))
        return outputs

    def _operands(self, a: Any) -> Any:
        """Return an argument or option with variables in place of its traced tensors."""
        if isinstance(a, list | tuple):
            return tuple([self._operands(v) for v in a])
        return self.said(a) if type(a) is Traced else a

    def said(self, value: Traced) -> Variable:
        """Return the variable of a tensor that is used: behind a cut, another, which a line ``detach`` makes of it."""
        own, cut = value.variable, value.cut
        if not cut or (cut == 1 and not GRAD.get()) or own.dtype.category < 2 or own.name in self._still:
            return own
        if (own.name, cut) not in self._cuts:
            (after,) = self._noted("detach", (own,), {} if cut == 2 else {"tangent": True}, [value.value])
            self._cuts[own.name, cut] = after
        return self._cuts[own.name, cut]

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
