"""How one parameter group is updated, worked out once and kept while nothing has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from operator import attrgetter, is_, itemgetter
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import Array, device, device_of, kernels_of, module_of
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.versions import note_writes
from autograd_core.errors import DeviceError, DTypeError, ShapeError

from .memory import Home, Layout, Numbers, State, fits, numbers_in, real_view, settle
from .runs import Item, Run, Write, could_be_shared, divide, turns
from .scratch import Scratch, alone, cpu_threads

# (scratch, the state's numbers, whether first) -> the update in place, and the numbers after it
Writer = Callable[[Scratch, Numbers, bool], tuple[Write, Numbers]]
Job = tuple[Run, list[Write], list[Array]]

ALONE = 10_000  # elements of a vector from which on OpenBLAS would take several threads: to wake them costs more

_array = attrgetter("_array")
_gradient_array = attrgetter("_grad._array")  # past the property: a third of the time
_shape = attrgetter("shape")


class Batch:
    """Parameters of one group that share device and dtype, and the runs that update them."""

    def __init__(self, items: list[Item], layout: Layout) -> None:
        """Divide ``items`` into runs and take scratch memory."""
        xp, dtype = module_of(items[0].array), items[0].array.dtype
        self.items = items
        self.runs = divide(xp, items, layout)
        # where the processor's products of bfloat16 are used, each of them takes all threads
        by_turns = layout.long and xp is host and not kernels_of(xp).multiplies_bfloat16(xp)
        self.turns = turns(self.runs) if by_turns else {}
        threads = max([run.threads for run in self.runs] + [turn + 1 for turn in self.turns.values()])
        longest = max(run.size for run in self.runs)
        lasting = [array for run in self.runs for array in run.memory()]
        size = longest if layout.elementwise else 0
        self.scratches = [Scratch(xp, dtype, size, lasting) for _ in range(threads)]
        self.alone = xp is host and longest > ALONE and not layout.long

    def update(self, gradients: list[Array], writer: Writer) -> None:
        """Update the parameters in place."""
        with alone(self.scratches[0].xp) if self.alone else nullcontext():
            self._update(gradients, writer)

    def _update(self, gradients: list[Array], writer: Writer) -> None:
        known: dict[tuple[Any, ...], tuple[list[Write], Numbers]] = {}
        shared: list[list[Job]] = [[] for _ in self.scratches]
        at = 0
        for i, run in enumerate(self.runs):
            key = (run.first, *[numbers.item(0) for numbers in run.numbers.values()])
            if key not in known:
                made = [writer(scratch, numbers_in(run.numbers), run.first) for scratch in self.scratches]
                known[key] = [write for write, _ in made], made[0][1]
            writes, after = known[key]
            end = at + len(run.arrays)
            if i in self.turns:
                shared[self.turns[i]].append((run, writes[self.turns[i] :], gradients[at:end]))
            else:
                run.update(writes, gradients[at:end])
            at = end
            for name, numbers in run.numbers.items():
                numbers[...] = after[name]
        if self.turns:
            cpu_threads().run_parts(_update_all, shared)


def _update_all(jobs: list[Job]) -> None:
    for run, writes, gradients in jobs:
        run.update(writes, gradients)


class Plan:
    """The batches of one group, and what a later step compares to see that the plan still holds.

    It holds while the same parameters with the same arrays have gradients, and their state is where it was.  The
    comparisons are chains of C functions: a few hundred nanoseconds per parameter.
    """

    def __init__(
        self, parameters: list[Tensor], states: Mapping[Tensor, State], homes: dict[Tensor, Home], layout: Layout,
    ) -> None:  # fmt: skip
        """Find or make the state of every parameter that has a gradient, and divide the work."""
        self.parameters, self.layout = list(parameters), layout
        self.options: dict[str, Any] = {}  # with which it was last used
        self.idle = [p for p in parameters if p.grad is None]
        live = [p for p in parameters if p.grad is not None]
        check_gradients(live)
        held = {p: states[p] if layout.names else {} for p in live}  # an optimiser without state leaves no entry
        new = [p for p in held if (p not in homes and not held[p]) or not fits(p, held[p], layout)]
        brought = [name for name, fill in layout.fills.items() if fill is None]
        first = {p for p in new if any(held[p].get(name) is None for name in brought)}
        homes.update(settle({p: held[p] for p in new}, layout))
        self.batches = _batches(_items(live, held, homes, first, layout), layout)
        items = [item for batch in self.batches for item in batch.items]
        self.live = [item.parameter for item in items]
        self.arrays = [item.parameter._array for item in items]
        self.shapes = [array.shape for array in self.arrays]
        self.complex = [i for i, item in enumerate(items) if item.array is not self.arrays[i]]
        self.states = [item.state for item in items] if layout.names else []
        self.held = {name: [s for s in self.states if s.get(name) is not None] for name in layout.names}
        self.kept = {name: [state[name]._array for state in holders] for name, holders in self.held.items()}
        runs = [run for batch in self.batches for run in batch.runs]
        self.counters = [numbers for run in runs if len(run.arrays) > 1 for numbers in run.numbers.values()]
        may_share = layout.long or any(map(could_be_shared, self.arrays))
        self.threads = cpu_threads().thread_count() if may_share else None
        self.lasting = not first  # what the first update brings forth, later ones find

    def gradients(self, parameters: list[Tensor], states: Mapping[Tensor, State]) -> list[Array] | None:
        """Return the gradients in the plan's order; None where the plan no longer holds."""
        if not (len(parameters) == len(self.parameters) and all(map(is_, parameters, self.parameters))):
            return None
        if self.threads is not None and self.threads != cpu_threads().thread_count():
            return None
        if any(p.grad is not None for p in self.idle) or not all(map(is_, map(_array, self.live), self.arrays)):
            return None
        try:
            found = list(map(_gradient_array, self.live))
            in_place = self._finds_state(states)
        except (AttributeError, KeyError):  # a gradient is None, or a state's entry is gone
            return None
        if not in_place or list(map(_shape, found)) != self.shapes:
            return None
        for i in self.complex:
            found[i] = real_view(found[i])
        return found

    def _finds_state(self, states: Mapping[Tensor, State]) -> bool:
        if not all(map(is_, map(states.get, self.live), self.states)):
            return False
        for name, holders in self.held.items():
            if not all(map(is_, map(_array, map(itemgetter(name), holders)), self.kept[name])):
                return False
        return all(len(set(numbers.tolist())) == 1 for numbers in self.counters)

    def update(self, gradients: list[Array], writer: Writer) -> None:
        """Update every parameter in place, and note the writes."""
        at = 0
        for batch in self.batches:
            batch.update(gradients[at : at + len(batch.items)], writer)
            at += len(batch.items)
        if self.arrays:
            note_writes(self.arrays)


def _items(
    live: list[Tensor], states: Mapping[Tensor, State], homes: Mapping[Tensor, Home], first: set[Tensor], layout: Layout
) -> Iterator[Item]:
    for p in live:
        state, home = states[p], homes.get(p)
        if home is not None and not home.holds(p, state):
            home = None
        number, start = home.places[p][:2] if home is not None else (0, 0)
        held = {name: state[name]._array.item() for name in layout.numbers}
        yield Item(p, real_view(p._array), state, home, number, start, held, p in first)


def _batches(items: Iterable[Item], layout: Layout) -> list[Batch]:
    kinds: dict[tuple[device, Any], list[Item]] = {}
    for item in items:
        kinds.setdefault((device_of(item.array), item.array.dtype), []).append(item)
    for members in kinds.values():
        members.sort(key=attrgetter("large"))  # small ones, which share a home, side by side
    return [Batch(members, layout) for members in kinds.values()]


def refuse_complex(who: str, parameters: Iterable[Tensor]) -> None:
    """Refuse complex parameters that have a gradient.

    Raises: DTypeError.
    """
    for i, p in enumerate(parameters):
        if p.grad is not None and p.dtype.is_complex:
            raise DTypeError(
                f"{who} does not support complex parameters, and parameter {i} of the group has dtype {p.dtype}"
            )


def check_gradients(parameters: Iterable[Tensor]) -> None:
    """Refuse what cannot be updated, before anything is written.

    Raises: ShapeError, DeviceError, DTypeError where a gradient cannot belong to its parameter.
    """
    for i, p in enumerate(parameters):
        g = p.grad
        assert g is not None
        if g.dtype.is_complex != p.dtype.is_complex:
            raise DTypeError(
                f"optimizer.step: parameter {i} of those with a gradient has dtype {p.dtype}, but its gradient has "
                f"{g.dtype}; wanted both real or both complex"
            )
        if g._array.shape != p._array.shape:
            raise ShapeError(
                f"optimizer.step: parameter {i} of those with a gradient has shape {tuple(p._array.shape)}, but its "
                f"gradient has {tuple(g._array.shape)}; call zero_grad() after changing a parameter's shape"
            )
        if device_of(g._array) != device_of(p._array):
            raise DeviceError(
                f"optimizer.step: parameter {i} of those with a gradient is on {p.device}, but its gradient is on "
                f"{g.device}; call zero_grad() after moving a parameter"
            )
