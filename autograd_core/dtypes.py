"""Data types, their promotion, and their limits (``finfo``, ``iinfo``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_core.backend import host
from autograd_core.errors import DTypeError

__all__ = [
    "bfloat16", "bool_", "can_cast", "complex128", "complex64", "dtype", "finfo", "float16", "float32", "float64",
    "get_default_dtype", "iinfo", "int16", "int32", "int64", "int8", "promote_types", "set_default_dtype", "uint8",
]  # fmt: skip


class dtype:
    """The type of a tensor's elements, such as ``ag.float32``.

    Equal to the NumPy dtype of the same name and accepted wherever NumPy wants one.  There is one object per
    type, so ``is`` works too.
    """

    __slots__ = ("_numpy", "category", "name")

    def __init__(self, name: str, category: int) -> None:
        """Name one of NumPy's types.  ``category``: 0 bool, 1 integer, 2 real floating, 3 complex."""
        self.name = name
        self.category = category
        self._numpy = None if name == "bfloat16" else host.dtype(name)

    @property
    def dtype(self) -> Any:
        """The NumPy dtype.  bfloat16 is ml_dtypes', imported when it is first needed."""
        if self._numpy is None:
            import ml_dtypes

            self._numpy = host.dtype(ml_dtypes.bfloat16)
            BY_NUMPY[self._numpy] = self
        return self._numpy

    @property
    def is_floating_point(self) -> bool:
        """Whether values are real floating-point numbers."""
        return self.category == 2

    @property
    def is_complex(self) -> bool:
        """Whether values are complex numbers."""
        return self.category == 3

    @property
    def is_signed(self) -> bool:
        """Whether values can be negative."""
        return self.category > 1 or self.name.startswith("int")

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return int(self.dtype.itemsize)

    def to_real(self) -> DType:
        """Return the dtype of the parts of a complex number; a real dtype is its own."""
        return as_dtype(host.zeros((), self.dtype).real.dtype) if self.is_complex else self

    def to_complex(self) -> DType:
        """Return the complex dtype whose parts have this one."""
        return COMPLEX_OF.get(self.name, COMPLEX_OF[_Default.floating.name]) if self.category < 3 else self

    def __repr__(self) -> str:
        return f"ag.{self.name}"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, dtype):
            return self is other
        if other is None:  # which NumPy takes for float64
            return False
        try:
            return bool(self.dtype == other)
        except TypeError:
            return NotImplemented

    def __hash__(self) -> int:
        return hash(self.dtype)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return as_dtype, (self.name,)


DType = dtype  # its name where a property hides it

bool_ = dtype("bool", 0)
uint8 = dtype("uint8", 1)
int8 = dtype("int8", 1)
int16 = dtype("int16", 1)
int32 = dtype("int32", 1)
int64 = dtype("int64", 1)
float16 = dtype("float16", 2)
bfloat16 = dtype("bfloat16", 2)
float32 = dtype("float32", 2)
float64 = dtype("float64", 2)
complex64 = dtype("complex64", 3)
complex128 = dtype("complex128", 3)

ALL = (bool_, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64, complex64, complex128)


class _ByNumpy(dict[Any, dtype]):
    """NumPy's dtypes -> ours; bfloat16 is entered when one comes."""

    def __missing__(self, key: Any) -> dtype:
        if getattr(key, "name", None) != "bfloat16":
            raise KeyError(key)
        self[key] = bfloat16
        return bfloat16

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or getattr(key, "name", None) == "bfloat16"


BY_NUMPY = _ByNumpy({d.dtype: d for d in ALL if d is not bfloat16})
BY_NAME: dict[str, dtype] = {d.name: d for d in ALL} | {
    "float": float32, "double": float64, "half": float16, "long": int64, "int": int32, "short": int16,
}  # fmt: skip
PYTHON_CATEGORY = {bool: 0, int: 1, float: 2, complex: 3}
COMPLEX_OF = {"float16": complex64, "bfloat16": complex64, "float32": complex64, "float64": complex128}
HALVES = (float16, bfloat16)


class _Default:
    """The default floating dtype, one for the whole process as in PyTorch."""

    floating = float32


def get_default_dtype() -> dtype:
    """Return the dtype that Python floats become; ``ag.float32`` unless it was changed."""
    return _Default.floating


def set_default_dtype(d: dtype) -> None:
    """Set the dtype that Python floats become.

    Raises: DTypeError where ``d`` is not a real floating dtype.
    """
    wanted = as_dtype(d)
    if not wanted.is_floating_point:
        raise DTypeError(f"set_default_dtype: d is {wanted}; wanted a floating dtype such as ag.float64")
    _Default.floating = wanted


def as_dtype(d: Any) -> dtype:
    """Return the ``ag.dtype`` that ``d`` names: an ``ag.dtype``, a NumPy dtype or type, a Python type, a name.

    Raises: DTypeError for anything else, listing what there is.
    """
    if type(d) is dtype:
        return d
    if d is float or d is complex:
        return _Default.floating if d is float else COMPLEX_OF[_Default.floating.name]
    if isinstance(d, str) and d in BY_NAME:
        return BY_NAME[d]
    try:
        return BY_NUMPY[host.dtype(d)]
    except (TypeError, KeyError):
        names = ", ".join(x.name for x in ALL)
        raise DTypeError(f"dtype: got {d!r}; wanted one of {names}") from None


def promote_types(type1: Any, type2: Any) -> dtype:
    """Return the smallest dtype that both convert to, by category first (``int64, float16 -> float16``)."""
    a, b = as_dtype(type1), as_dtype(type2)
    if a is b:
        return a
    if a in HALVES and b in HALVES:  # neither holds the other
        return float32
    if a.category != b.category and max(a.category, b.category) > 1:
        high, low = (a, b) if a.category > b.category else (b, a)
        if high.category == 3 and low.category == 2:
            return as_dtype(host.promote_types(high.dtype, COMPLEX_OF[low.name].dtype))
        return high
    return as_dtype(host.promote_types(a.dtype, b.dtype))


def can_cast(from_: Any, to: Any) -> bool:
    """Return whether values of ``from_`` convert to ``to`` without leaving their category (float to int does)."""
    return as_dtype(from_).category <= as_dtype(to).category


def promote(parts: Iterable[tuple[dtype, int]]) -> dtype:
    """Return the common dtype of operands ``(dtype, strength)``; strength 2: dims, 1: 0-d, 0: a Python number.

    A weaker operand counts only where its category is above that of every stronger one; a Python number then
    gives its category's default.  Source: PyTorch's type promotion.
    """
    best: list[dtype | None] = [None, None, None]
    for found, strength in parts:
        have = best[strength]
        best[strength] = found if have is None else promote_types(have, found)
    result: dtype | None = None
    for d in (best[2], best[1], best[0]):
        if d is not None and (result is None or d.category > result.category):
            result = d if result is None or d.category < 3 else _complex_like(result, d)
    assert result is not None
    return result


def _complex_like(real: dtype, wanted: dtype) -> dtype:
    return COMPLEX_OF[real.name] if real.is_floating_point else wanted


def python_dtype(value: complex) -> dtype:
    """Return the dtype that a Python number becomes on its own."""
    category = PYTHON_CATEGORY[type(value)]
    return (bool_, int64, _Default.floating, COMPLEX_OF[_Default.floating.name])[category]


class finfo:
    """The limits of a floating dtype (of the parts, for a complex one), as Python numbers.

    ``bits``, ``eps`` (the distance from 1 to the next number), ``max``, ``min``, ``tiny`` = ``smallest_normal``,
    ``resolution`` (a power of ten), ``dtype`` (its name).

    Raises: DTypeError for an integer or boolean dtype.
    """

    __slots__ = ("bits", "dtype", "eps", "max", "min", "resolution", "smallest_normal", "tiny")

    def __init__(self, type: Any = None) -> None:
        """Look up the limits of ``type``, by default those of the default dtype."""
        kind = (_Default.floating if type is None else as_dtype(type)).to_real()
        if kind.category != 2:
            raise DTypeError(f"finfo: type is {kind}; wanted a floating dtype; see iinfo for integers")
        if kind is bfloat16:
            import ml_dtypes

            limits: Any = ml_dtypes.finfo(kind.dtype)  # type: ignore[no-untyped-call]
        else:
            limits = host.finfo(kind.dtype)
        self.bits, self.dtype = int(limits.bits), kind.name
        self.eps, self.max, self.min = float(limits.eps), float(limits.max), float(limits.min)
        self.tiny = self.smallest_normal = float(limits.tiny)
        self.resolution = float(limits.resolution)

    def __repr__(self) -> str:
        return f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, " \
               f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"  # fmt: skip


class iinfo:
    """The limits of an integer dtype: ``bits``, ``max``, ``min``, ``dtype`` (its name).

    Raises: DTypeError for a dtype that is no integer.
    """

    __slots__ = ("bits", "dtype", "max", "min")

    def __init__(self, type: Any) -> None:
        """Look up the limits of ``type``."""
        kind = as_dtype(type)
        if kind.category != 1:
            raise DTypeError(f"iinfo: type is {kind}; wanted an integer dtype; see finfo for floating ones")
        limits = host.iinfo(kind.dtype)
        self.bits, self.max, self.min, self.dtype = int(limits.bits), int(limits.max), int(limits.min), kind.name

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
