"""``cupy.ufunc``: no ``where=``, arrays as results always, ``reduce`` for add and multiply only."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import bridge
from .array import lift, ndarray
from .indexing import Key

OPTIONS = {"out", "dtype", "casting"}


class ufunc:
    """An elementwise function of the fake device."""

    def __init__(self, name: str, function: np.ufunc, scatter: str | None) -> None:
        self.name = self.__name__ = f"cupy_{name}"
        self._function, self._scatter = function, scatter
        self.nin, self.nout, self.nargs = function.nin, function.nout, function.nargs

    def __repr__(self) -> str:
        return f"<ufunc '{self.name}'>"

    def __call__(self, *args: Any, **options: Any) -> Any:
        if wrong := {name: value for name, value in options.items() if name not in OPTIONS}:
            raise TypeError(f"Wrong arguments {wrong}")
        if not self.nin <= len(args) <= self.nargs:
            raise TypeError(f"Wrong number of arguments for {self.name!r}: {len(args)}")
        operands = [bridge.lower_operand(value) for value in args[: self.nin]]
        outputs = self._outputs(args[self.nin :], options)
        sources = list(bridge.arrays_in([*args, *outputs]))
        bridge.check_devices(sources)
        kept = {name: options[name] for name in ("dtype", "casting") if options.get(name) is not None}
        kept |= {"out": tuple(bridge.lower(outputs))} if outputs else {}
        with np.errstate(all="ignore"):
            result = self._function(*operands, **kept)
        return lift(result, sources)

    def _outputs(self, positional: tuple[Any, ...], options: dict[str, Any]) -> list[Any]:
        out = options.get("out")
        outputs = list(positional) if out is None else list(out) if isinstance(out, tuple) else [out]
        if not all(value is None or isinstance(value, ndarray) for value in outputs):
            raise TypeError(f"Output arguments of {self.name} must be cupy.ndarray")
        return outputs

    def at(self, a: ndarray, indices: Any, b: Any = None) -> None:
        """Combine ``b`` into ``a`` at ``indices``, where CUDA has an atomic operation for it."""
        if self._scatter is None:
            raise NotImplementedError(f"`{self.name}.at` is not supported yet")
        Key(indices, a).scatter(self._scatter, b)

    def outer(self, A: ndarray, B: ndarray, **options: Any) -> ndarray:
        """Return the function of every pair."""
        return self(A.reshape(A.shape + (1,) * B.ndim), B, **options)

    def reduce(
        self, array: ndarray, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False
    ) -> ndarray:
        """Reduce along ``axis``: add and multiply only."""
        method = {"cupy_add": array.sum, "cupy_multiply": array.prod}.get(self.name)
        if method is None:
            raise NotImplementedError(f"`{self.name}.reduce` is not supported yet")
        return method(axis, dtype, out, keepdims)

    def accumulate(self, array: ndarray, axis: int = 0, dtype: Any = None, out: Any = None) -> ndarray:
        """Accumulate along ``axis``: add and multiply only."""
        method = {"cupy_add": array.cumsum, "cupy_multiply": array.cumprod}.get(self.name)
        if method is None:
            raise NotImplementedError(f"`{self.name}.accumulate` is not supported yet")
        return method(axis, dtype, out)
