"""Where optimiser state lies: in flat arrays, of which the tensors in ``optimizer.state`` are views.

Only state is flat.  Parameters keep their own memory, and with it their own version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate
from math import inf, prod
from typing import Any, NamedTuple

from autograd_core.backend import host
from autograd_core.backend.device import Array, device_of, module_of, to_device
from autograd_core.dtypes import float64, get_default_dtype
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import ShapeError
from autograd_core.ops.complex_parts import view_as_real

STEP = "step"
State = dict[str, Any]  # what optimizer.state holds for one parameter
Fills = Mapping[str, "float | None"]  # state array -> its first value; None where the first update brings it forth
Numbers = dict[str, Any]  # name -> the count as a float, others in the dtype in which they are kept
Shape = tuple[int, ...]


def as_parameter(name: str, shape: Shape) -> Shape | None:
    """Return the shape of the state array ``name`` of a parameter: its own."""
    return shape


class Layout(NamedTuple):
    """What an optimiser keeps per parameter: arrays, numbers, and whether it counts the updates.

    ``elementwise``: whether the update of an element depends on no other, so that parameters may be cut and joined.
    ``long``: whether threads are to update a parameter each, as with products of matrices.
    ``shape_of``: the shape of a state array, given its name and the parameter's; None where it has no such array.
    """

    fills: Fills
    counts: bool
    elementwise: bool = True
    first_numbers: Mapping[str, float] = {}
    shape_of: Callable[[str, Shape], Shape | None] = as_parameter
    long: bool = False

    @property
    def numbers(self) -> dict[str, float]:
        """The numbers and where they begin, the count of updates before the others."""
        return {STEP: 0.0, **self.first_numbers} if self.counts else {**self.first_numbers}

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which ``optimizer.state`` shows it."""
        return (*self.numbers, *self.fills)

    def held(self, state: State) -> Numbers:
        """Return the numbers in ``state``, the first ones where it has none."""
        known = {name: first if state.get(name) is None else plain(state[name]) for name, first in self.numbers.items()}
        return numbers_in({name: host.asarray(value, number_type()) for name, value in known.items()})

    def arrays_of(self, p: Tensor) -> dict[str, Shape]:
        """Return the state arrays that ``p`` has, and their shapes."""
        shapes = {name: self.shape_of(name, p._array.shape) for name in self.fills}
        return {name: shape for name, shape in shapes.items() if shape is not None}

    def names_of(self, p: Tensor) -> tuple[str, ...]:
        """Return those of ``names`` that the state of ``p`` has."""
        return (*self.numbers, *self.arrays_of(p))


class Limits(NamedTuple):
    """Bytes of a parameter up to which it is gathered with others, and bytes that are updated at a time.

    ``shared``: bytes of a parameter from which on several threads update it.
    """

    small: int
    block: int
    shared: float = inf


# A block's arrays stay in the cache.  Smaller blocks fit a nearer one, but their threads wait for Python's lock, and
# each call takes as long as a few thousand elements.  A GPU asks for few launches instead.
LIMITS = {"cpu": Limits(1 << 14, 1 << 20, 1 << 22), "cuda": Limits(1 << 22, 1 << 26)}


class Place(NamedTuple):
    """Where one parameter's state lies in a home: its number, where its span begins, the views that were handed out."""

    number: int
    start: int
    views: dict[str, Array]


class Home:
    """Flat memory for the state of several parameters of one dtype and device: real numbers, complex ones as pairs."""

    __slots__ = ("flat", "numbers", "places")

    def __init__(self, parameters: list[Tensor], states: list[State], layout: Layout) -> None:
        """Move the states in, with the values they have or else their first ones."""
        first = parameters[0]._array
        real = real_view(first)
        parts = 2 if real is not first else 1
        shapes = [layout.arrays_of(p) for p in parameters]
        ends = {
            name: list(accumulate(parts * prod(s[name]) if name in s else 0 for s in shapes)) for name in layout.fills
        }
        self.flat = {name: module_of(first).empty(each[-1], real.dtype) for name, each in ends.items()}
        spans = {name: [slice(a, b) for a, b in zip([0, *each], each)] for name, each in ends.items()}
        # Counted on the host, as PyTorch does: the bias corrections are Python floats.
        self.numbers = {name: host.full(len(parameters), f, number_type()) for name, f in layout.numbers.items()}
        starts = accumulate((parts * p._array.size for p in parameters), initial=0)
        self.places = {p: Place(i, start, {}) for i, (p, start) in enumerate(zip(parameters, starts))}
        for i, (p, state) in enumerate(zip(parameters, states)):
            for name in layout.numbers:
                self._take_number(name, p, state)
            for name, shape in shapes[i].items():
                self._take_array(name, p, state, spans[name][i], shape, layout.fills[name])

    def _take_number(self, name: str, p: Tensor, state: State) -> None:
        place, numbers = self.places[p], self.numbers[name]
        if state.get(name) is not None:
            numbers[place.number] = plain(state[name])
        self._hand_out(name, numbers[place.number : place.number + 1].reshape(()), place, state)

    def _take_array(self, name: str, p: Tensor, state: State, span: slice, shape: Shape, fill: float | None) -> None:
        flat, held = self.flat[name][span], state.get(name)
        flat[...] = fill or 0.0
        view = flat.view(p._array.dtype).reshape(shape)
        if held is not None:
            view[...] = to_device(held._array, device_of(p._array))
        self._hand_out(name, view, self.places[p], state)

    @staticmethod
    def _hand_out(name: str, view: Array, place: Place, state: State) -> None:
        place.views[name] = view
        state[name] = wrap(view)

    def holds(self, p: Tensor, state: State) -> bool:
        """Whether the tensors in ``state`` are the views that were handed out for ``p``."""
        return all(getattr(state.get(name), "_array", None) is view for name, view in self.places[p].views.items())


def real_view(array: Array) -> Array:
    """Return the memory of an array as real numbers: complex ones as pairs (*, 2), which are updated each by itself."""
    return view_as_real(array) if array.dtype.kind == "c" else array


def number_type() -> Any:
    """Return the dtype in which numbers are kept: the default one, but never less than float32."""
    return host.dtype(host.float64 if get_default_dtype() is float64 else host.float32)


def plain(value: Any) -> Any:
    """Return an option, or a number of a state, without Tensors: the step on raw arrays has no use for them."""
    if isinstance(value, Tensor):
        return value.item()
    return tuple(map(plain, value)) if type(value) is tuple else value


def numbers_in(memory: Mapping[str, Array]) -> Numbers:
    """Return the first of each array of numbers: the count as a float, others such that they round as PyTorch's do."""
    return {name: float(held.item(0)) if name == STEP else held.flat[0] for name, held in memory.items()}


def settle(states: Mapping[Tensor, State], layout: Layout) -> dict[Tensor, Home]:
    """Give each parameter's state a home: that of large ones their own, that of small ones of a kind a common one."""
    kinds: dict[Any, list[Tensor]] = {}
    for p in states:
        place = device_of(p._array)
        alone = not layout.elementwise or p._array.nbytes > LIMITS[place.type].small
        kinds.setdefault((place, p._array.dtype, id(p) if alone else 0), []).append(p)
    homes: dict[Tensor, Home] = {}
    for members in kinds.values():
        home = Home(members, [states[p] for p in members], layout)
        homes |= dict.fromkeys(members, home)
    return homes


def fits(p: Tensor, state: State, layout: Layout) -> bool:
    """Whether a state is whole, contiguous, and of its parameter's dtype and device.

    Raises: ShapeError where a state array has not the shape that the parameter's shape demands.
    """
    array = p._array
    for name, shape in layout.arrays_of(p).items():
        held = state.get(name)
        if held is None:
            return False
        if held._array.shape != shape:
            raise ShapeError(
                f"optimizer.step: state {name!r} has shape {tuple(held._array.shape)}; wanted {_wanted(shape, array)}. "
                "Delete the parameter's entry in optimizer.state to start it anew"
            )
        same = held._array.dtype == array.dtype and device_of(held._array) == device_of(array)
        if not (same and held._array.flags.c_contiguous):
            return False
    return all(type(getattr(state.get(name), "_array", None)) is host.ndarray for name in layout.numbers)


def _wanted(shape: Shape, parameter: Array) -> str:
    own = tuple(parameter.shape)
    return f"its parameter's shape {own}" if shape == own else f"{shape} beside its parameter's {own}"
