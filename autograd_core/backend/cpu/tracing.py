"""What an elementwise function computes, as the list of ufuncs that it calls.

A rule says ``g * (1 - y * y)``; the list says multiply, subtract, multiply, so that each can write into a buffer that
is there already, block by block.  The function is run once, on stand-ins that note which ufunc meets them; rules and
forwards never branch on values, so that the list holds for all arrays of these dtypes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Program", "Step", "program_of"]

_QUICK_POWERS: dict[Any, Any] = {2: np.square, 1: np.positive, 0.5: np.sqrt, -1: np.reciprocal, 0: np.ones_like}
_MOST_KEPT = 1024  # programs: one for each function, dtype and number, such as the exponent of a power


class Value(NamedTuple):
    """An array during a run: an argument or what a step gave, its bits perhaps seen as another dtype."""

    number: int
    seen_as: Any = None

    def of(self, arrays: Sequence[Any]) -> Any:
        """Return the array itself."""
        return arrays[self.number] if self.seen_as is None else arrays[self.number].view(self.seen_as)


class Step(NamedTuple):
    """One call of a ufunc; its result is a value, kept in a buffer that is free at that point."""

    ufunc: Any
    inputs: tuple[Any, ...]  # Values and constants
    dtype: Any
    buffer: int

    def run(self, arrays: list[Any], out: Any) -> None:
        """Put the result into ``out``, and among the arrays."""
        given = [v.of(arrays) if type(v) is Value else v for v in self.inputs]
        arrays.append(self.ufunc(*given, out=out))


class Program(NamedTuple):
    """The steps, the last of which gives the result, seen as ``dtype``."""

    steps: tuple[Step, ...]
    dtype: Any


class _Untraceable(Exception):
    """The function does more than to call ufuncs; it is then run as it is."""


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for an array; ufuncs on it are noted, and tried on one element to see the dtype."""

    size = 1 << 62  # what is done for large arrays is what is wanted
    ndim = 1
    base = None

    def __init__(self, calls: list[Any], value: Value, sample: Any) -> None:
        """Stand for ``value``, one element of which could be ``sample``."""
        self.calls, self.value, self.sample = calls, value, sample

    @property
    def dtype(self) -> Any:
        """The dtype."""
        return self.sample.dtype

    def view(self, dtype: Any) -> Traced:
        """Return the same bits as another dtype."""
        return Traced(self.calls, Value(self.value.number, np.dtype(dtype)), self.sample.view(dtype))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Traced:
        if method != "__call__" or options or ufunc.nout != 1 or ufunc.signature is not None:
            raise _Untraceable
        sample = ufunc(*[v.sample if type(v) is Traced else v for v in inputs])
        noted = tuple([v.value if type(v) is Traced else v for v in inputs])
        if any(isinstance(v, np.ndarray) for v in noted):
            raise _Untraceable
        value = Value(self.calls[0] + len(self.calls) - 1)
        self.calls.append((ufunc, noted, sample.dtype))
        return Traced(self.calls, value, sample)

    def __pow__(self, exponent: Any) -> Traced:
        """Return the power as ``ndarray.__pow__`` does, which knows quicker ways for some numbers."""
        function: Any = _QUICK_POWERS.get(exponent) if isinstance(exponent, int | float) else None
        if function is None:
            return self.__array_ufunc__(np.power, "__call__", self, exponent)
        if self.dtype.kind != "f" or exponent == 0:
            raise _Untraceable
        return self.__array_ufunc__(function, "__call__", self)

    def __array__(self, *args: Any, **options: Any) -> Any:
        raise _Untraceable

    def __bool__(self) -> bool:
        raise _Untraceable

    @staticmethod
    def __primitive__(prim: Any, args: tuple[Any, ...], meta: dict[str, Any]) -> Any:
        """Take part in a primitive that a rule calls, by its forward."""
        if not prim.elementwise or prim.residuals or prim.outputs:
            raise _Untraceable
        return prim.forward(np, *args, **meta)


_programs: dict[Hashable, Program | None] = {}


def program_of(function: Callable[..., Any], key: Hashable, args: Sequence[Any]) -> Program | None:
    """Return the program of ``function(*args)``; None where it does more than to call ufuncs, or nothing at all.

    ``key``: what the program depends on besides the arguments.
    """
    kinds = tuple([a.dtype if isinstance(a, np.ndarray) else repr(a) for a in args])  # 0.0 == -0.0, but not as text
    try:
        return _programs[key, kinds]
    except KeyError:
        if len(_programs) >= _MOST_KEPT:
            _programs.clear()
        program = _programs[key, kinds] = _trace(function, args)
        return program


def _trace(function: Callable[..., Any], args: Sequence[Any]) -> Program | None:
    arrays = [a for a in args if isinstance(a, np.ndarray)]
    calls: list[Any] = [len(arrays)]
    index = iter(range(len(arrays)))
    given = [Traced(calls, Value(next(index)), np.ones(1, a.dtype)) if isinstance(a, np.ndarray) else a for a in args]
    try:
        with np.errstate(all="ignore"):
            result = function(*given)
    except Exception:  # run as it is, it works, or says what is wrong
        return None
    last = calls[0] + len(calls) - 2  # the number of the last step's value
    if type(result) is not Traced or len(calls) == 1 or result.value.number != last:
        return None
    return Program(_steps(calls[0], calls[1:]), result.dtype)


def _steps(count: int, calls: list[Any]) -> tuple[Step, ...]:
    """Give each step a buffer: one that its own inputs leave, where the dtype is the same, or else any free one."""
    ends = {v.number: n for n, (_, inputs, _) in enumerate(calls) for v in inputs if type(v) is Value}
    held: dict[int, tuple[int, Any]] = {}  # step's value -> its buffer and dtype
    free: list[int] = []
    steps = []
    made = 0
    for n, (ufunc, inputs, dtype) in enumerate(calls):
        ending = [held.pop(v) for v in {v.number for v in inputs if type(v) is Value} if v in held and ends[v] == n]
        reused = next((buffer for buffer, kind in ending if kind == dtype), None)
        buffer = reused if reused is not None else free.pop() if free else made
        made += buffer == made
        free += [b for b, _ in ending if b != buffer]
        held[count + n] = buffer, dtype
        steps.append(Step(ufunc, inputs, dtype, buffer))
    return tuple(steps)
