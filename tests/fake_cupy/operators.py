"""The operators of the fake array: each is the ufunc of its name, as in CuPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .array import ndarray


def _operator(name: str, swap: bool = False) -> Callable[..., Any]:
    def method(self: ndarray, other: Any) -> Any:
        from .modules import cupy  # made after this class

        if getattr(other, "__array_priority__", 0) > self.__array_priority__:
            return NotImplemented  # CuPy yields only to a class of higher priority
        function = getattr(cupy, name)
        return function(other, self) if swap else function(self, other)

    return method


def _inplace(name: str) -> Callable[..., Any]:
    def method(self: ndarray, other: Any) -> ndarray:
        from .modules import cupy  # made after this class

        return getattr(cupy, name)(self, other, self)

    return method


def _unary(name: str) -> Callable[..., Any]:
    def method(self: ndarray) -> Any:
        from .modules import cupy  # made after this class

        return getattr(cupy, name)(self)

    return method


BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "mod": "remainder",
    "floordiv": "floor_divide",
    "pow": "power",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
}
COMPARISONS = {
    "lt": "less",
    "le": "less_equal",
    "eq": "equal",
    "ne": "not_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "matmul": "matmul",
    "divmod": "divmod",
}
UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert"}

for _name, _ufunc in BINARY.items():
    setattr(ndarray, f"__{_name}__", _operator(_ufunc))
    setattr(ndarray, f"__r{_name}__", _operator(_ufunc, swap=True))
    setattr(ndarray, f"__i{_name}__", _inplace(_ufunc))
for _name, _ufunc in COMPARISONS.items():
    setattr(ndarray, f"__{_name}__", _operator(_ufunc))
for _name in ("matmul", "divmod"):
    setattr(ndarray, f"__r{_name}__", _operator(_name, swap=True))
for _name, _ufunc in UNARY.items():
    setattr(ndarray, f"__{_name}__", _unary(_ufunc))
