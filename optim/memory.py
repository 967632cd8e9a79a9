"""Where optimiser state lies: in flat arrays, of which the tensors in ``optimizer.state`` are views.

Only state is flat.  Parameters keep their own memory, and with it their own version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from autograd_core.backend import host
from autograd_core.backend.device import Array, device_of, module_of, to_device
from autograd_core.dtypes import float64, get_default_dtype
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import ShapeError

STEP = "step"
State = dict[str, Any]  # what optimizer.state holds for one parameter
Fills = Mapping[str, "float | None"]  # state array -> its first value; None where the first update brings it forth


class Layout(NamedTuple):
    """What an optimiser keeps per parameter: arrays of its shape, and whether it counts the updates."""

    fills: Fills
    counts: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which ``optimizer.state`` shows it."""
        return (STEP, *self.fills) if self.counts else tuple(self.fills)


class Limits(NamedTuple):
    """Bytes of a parameter up to which it is gathered with others, and bytes that are updated at a time."""

    small: int
    block: int


# A block's arrays stay in a core's own cache.  A GPU asks for few launches instead.
LIMITS = {"cpu": Limits(1 << 14, 1 << 18), "cuda": Limits(1 << 22, 1 << 26)}


class Place(NamedTuple):
    """Where one parameter's state lies in a home: its number, its span, and the views that were handed out."""

    number: int
    start: int
    stop: int
    views: dict[str, Array]


class Home:
    """Flat memory for the state of several parameters of one dtype and device, and their step counts."""

    __slots__ = ("flat", "places", "steps")

    def __init__(self, parameters: list[Tensor], states: list[State], layout: Layout) -> None:
        """Move the states in, with the values they have or else their first ones."""
        first = parameters[0]._array
        xp, total = module_of(first), sum(p._array.size for p in parameters)
        self.flat: dict[str, Array] = {name: xp.empty(total, first.dtype) for name in layout.fills}
        # Counted on the host, as PyTorch does: the bias corrections are Python floats.
        self.steps = host.zeros(len(parameters), host.float64 if get_default_dtype() is float64 else host.float32)
        self.places: dict[Tensor, Place] = {}
        start = 0
        for number, (p, state) in enumerate(zip(parameters, states)):
            place = self.places[p] = Place(number, start, start := start + p._array.size, {})
            if layout.counts:
                self.steps[number] = count_of(state)
                self._hand_out(STEP, self.steps[number : number + 1].reshape(()), place, state)
            for name, fill in layout.fills.items():
                view = self.flat[name][place.start : place.stop].reshape(p._array.shape)
                held = state.get(name)
                view[...] = fill or 0.0 if held is None else to_device(held._array, device_of(first))
                self._hand_out(name, view, place, state)

    @staticmethod
    def _hand_out(name: str, view: Array, place: Place, state: State) -> None:
        place.views[name] = view
        state[name] = wrap(view)

    def holds(self, p: Tensor, state: State) -> bool:
        """Whether the tensors in ``state`` are the views that were handed out for ``p``."""
        return all(getattr(state.get(name), "_array", None) is view for name, view in self.places[p].views.items())


def count_of(state: State) -> float:
    """Return how many updates a state has seen; old checkpoints have a plain number."""
    step = state.get(STEP, 0.0)
    return float(step.item() if isinstance(step, Tensor) else step)


def settle(states: Mapping[Tensor, State], layout: Layout) -> dict[Tensor, Home]:
    """Give each parameter's state a home: that of large ones their own, that of small ones of a kind a common one."""
    kinds: dict[Any, list[Tensor]] = {}
    for p in states:
        place = device_of(p._array)
        alone = p._array.nbytes > LIMITS[place.type].small
        kinds.setdefault((place, p._array.dtype, id(p) if alone else 0), []).append(p)
    homes: dict[Tensor, Home] = {}
    for members in kinds.values():
        home = Home(members, [states[p] for p in members], layout)
        homes |= dict.fromkeys(members, home)
    return homes


def fits(p: Tensor, state: State, layout: Layout) -> bool:
    """Whether a state is whole, contiguous, and of its parameter's dtype and device.

    Raises: ShapeError where a state array has not the parameter's shape.
    """
    array = p._array
    for name in layout.fills:
        held = state.get(name)
        if held is None:
            return False
        if held._array.shape != array.shape:
            raise ShapeError(
                f"optimizer.step: state {name!r} has shape {tuple(held._array.shape)}; wanted its parameter's shape "
                f"{tuple(array.shape)}. Delete the parameter's entry in optimizer.state to start it anew"
            )
        same = held._array.dtype == array.dtype and device_of(held._array) == device_of(array)
        if not (same and held._array.flags.c_contiguous):
            return False
    return not layout.counts or isinstance(state.get(STEP), Tensor)
