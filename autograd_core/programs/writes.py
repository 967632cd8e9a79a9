"""What a function writes to tensors from outside, while a trace runs it: not done, but noted as updates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import ref

from autograd_core.backend.device import address, module_of
from autograd_core.engine.fit import broadcast_to, cast
from autograd_core.engine.lifted import Level, Lifted
from autograd_core.engine.modes import no_grad
from autograd_core.engine.node import Leaf
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.engine.versions import owner_of
from autograd_core.programs.ir import Bound, Update
from autograd_core.programs.traced import Traced

__all__ = ["Memory", "Writes", "memory_of"]

Memory = tuple[Any, ...]  # where an array lies, and how


class Writes(Level):
    """A level that knows what tensors from outside have become."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.bound: list[Bound] = []
        self.values: dict[str, Tensor] = {}  # of the bound values, by name
        self.labels: dict[Memory, tuple[str, str]] = {}  # kind and name of tensors that have one
        self.current: dict[Memory, Traced] = {}  # what each tensor from outside is by now

    def lift(self, value: Tensor) -> Traced:
        """Return what a tensor from outside is by now."""
        raise NotImplementedError

    def written(self, how: str, *args: Any, **options: Any) -> Any:
        """Note what a write makes of its target.  Raises: ProgramError for a write into a traced tensor."""
        return getattr(self, f"_{how}")(*args, **options)

    def _write(
        self, target: Tensor, operation: str, function: Callable[..., Any], args: Any = (), options: Any = None,
        polymorphic: bool = False,
    ) -> Tensor:  # fmt: skip
        return self._become(target, operation, function(self._old(target, operation), *args, **options or {}))

    def _assign(self, target: Tensor, region: Any, meta: Any, value: Any, operation: str, put: Any) -> None:
        self._become(target, operation, region(self._old(target, operation), value, **meta))

    def _fill(self, target: Tensor, operation: str, make: Callable[[Any], Any]) -> Tensor:
        made = make(module_of(target._array))
        if not isinstance(made, Tensor):
            made = self.lift(wrap(module_of(target._array).asarray(made, target._array.dtype)))
        return self._become(target, operation, made)

    def _drift(self, pairs: Sequence[tuple[Tensor, Tensor, float]], weight: float) -> None:
        with no_grad():
            for target, value, factor in pairs:
                moved = self._old(target, "drift") * (1 - weight) + value * (weight * factor)
                self._become(target, "drift", moved)

    def _increment(self, target: Tensor) -> None:
        self._become(target, "increment", self._old(target, "increment") + 1)

    def _old(self, target: Tensor, operation: str) -> Traced:
        """Return a target's value before a write, outside the graph."""
        if isinstance(target, Lifted):
            self.refuse(f"{operation} writes into a tensor of the trace; compute a new one instead")
        return self.lift(target).bare()

    def _become(self, target: Tensor, operation: str, result: Tensor) -> Tensor:
        """Note that ``target`` has become ``result``, in the target's shape and dtype."""
        before, value = self.lift(target), self.adopted(result)
        if value._array.shape != target._array.shape:
            value = broadcast_to(value, shape=target._array.shape)
        if value._array.dtype != target._array.dtype:
            value = cast(value, dtype=target._array.dtype)
        after = value.bare()
        after._node = before._node if type(before._node) is Leaf else None
        self.current[memory_of(target)] = after
        return target

    def updates(self) -> tuple[Update, ...]:
        """Return what the bound values have become, of those that were written."""
        found = []
        for bound in self.bound:
            name = bound.variable.name
            after = self.current[memory_of(self.values[name])].variable
            if after is not bound.variable and self._outlives(name):
                self._check_alone(name)
                found.append(Update(bound.variable, after))
        return tuple(found)

    def _check_alone(self, name: str) -> None:
        """Refuse a write to memory that another bound value reads."""
        own = self.values[name]._array
        for other, value in self.values.items():
            if other != name and owner_of(value._array) is owner_of(own) and _overlap(value._array, own):
                self.refuse(f"{name} was written to, and {other} shares its memory; use one of them alone")

    def _outlives(self, name: str) -> bool:
        """Whether a tensor that was written to is there when the function has ended; if not, keep what it was.

        Raises: ProgramError for one that was only there to write into another's memory.
        """
        value = self.values.pop(name)
        if memory_of(value) in self.labels:
            self.values[name] = value
            return True
        alive, own, memory = ref(value), value._array.copy(), ref(owner_of(value._array))
        del value
        if (outside := alive()) is not None:
            self.values[name] = outside
            return True
        if memory() is not None:
            self.refuse("a tensor was written to through .data or another alias; write into the tensor itself")
        self.values[name] = wrap(own)
        return False


def memory_of(value: Tensor) -> Memory:
    """Return where a tensor's array lies and how: tensors that share all of their memory are the same to a program."""
    array = value._array
    return address(array), array.shape, array.strides, array.dtype


def _overlap(a: Any, b: Any) -> bool:
    """Whether two arrays of one owner have bytes in common."""
    (a_low, a_high), (b_low, b_high) = (
        (address(x), address(x) + x.itemsize + sum((n - 1) * s for n, s in zip(x.shape, x.strides, strict=True)))
        for x in (a, b)
    )
    return bool(a_low < b_high and b_low < a_high)
