"""NaN and Inf in words: how many, where the first one is, what the other numbers are like, and what may mend it."""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import XP
from autograd_core.dtypes import BY_NUMPY
from autograd_core.engine.node import behind
from autograd_core.engine.tensor import Tensor

REMEDIES = {
    "log": "log gives -Inf at 0 and NaN below; add a small number to its argument, or clamp(min=...) it",
    "sqrt": "sqrt gives NaN below 0, and its derivative is Inf at 0; add a small number to its argument",
    "div": "its divisor is 0 there; add a small number to it, or use where() on the divisor",
    "exp": "exp overflows (float32 above 88.7); subtract the maximum, or use logsumexp or softmax",
    "pow": "its derivative or value is not finite there (a negative base with a fractional exponent, or 0 to a "
    "negative one); clamp the base",
    "norm": "the derivative of a norm is not finite at 0; add a small number",
}
REMEDIES |= {"log2": REMEDIES["log"], "log10": REMEDIES["log"], "rsqrt": REMEDIES["sqrt"]}


def array_of(value: Any) -> Any:
    """Return the array of a tensor, or of the scalar that NumPy makes of a 0-d gradient; anything else as it is."""
    value = value._array if isinstance(value, Tensor) else value
    return host.asarray(value) if isinstance(value, host.generic) else value


def is_float(array: Any) -> bool:
    """Whether this is an array, of numbers that can be NaN."""
    return type(array) in XP and array.dtype in BY_NUMPY and BY_NUMPY[array.dtype].category > 1


def all_finite(array: Any) -> bool:
    """Whether no element is NaN or Inf."""
    return bool(XP[type(array)].isfinite(array).all())


def has_nan(array: Any) -> bool:
    """Whether an element is NaN."""
    return bool(XP[type(array)].isnan(array).any())


def first_bad(array: Any) -> tuple[int, ...]:
    """Return the index of the first element that is NaN or Inf: NaN before Inf, then in row-major order."""
    xp = XP[type(array)]
    bad = xp.isnan(array)
    bad = bad if bool(bad.any()) else ~xp.isfinite(array)
    flat = int(bad.reshape(-1).argmax())
    return tuple(int(i) for i in host.unravel_index(flat, array.shape)) if array.shape else ()


def first_bad_node(*roots: Any) -> Any:
    """Return the oldest node behind ``roots`` that saved a NaN or Inf for its rules; None where none did."""
    for node in behind(roots):
        if any(is_float(array) and not all_finite(array) for array in node.saved):
            return node
    return None


def kind_of(array: Any) -> str:
    """Return ``float32[2, 3]``."""
    return f"{BY_NUMPY[array.dtype].name}{list(array.shape)}"


def statistics(array: Any) -> str:
    """Return ``1 NaN, 2 Inf of 6 (finite: min -1, max 3, mean 0.5)``."""
    xp = XP[type(array)]
    if not array.size:
        return "no elements"
    nans, infs = int(xp.isnan(array).sum()), int(xp.isinf(array).sum())
    finite = array[xp.isfinite(array)]
    numbers = "none finite"
    if finite.size and finite.dtype.kind != "c":
        least, greatest, mean = float(finite.min()), float(finite.max()), float(finite.mean(dtype="float64"))
        numbers = f"min {least:.4g}, max {greatest:.4g}, mean {mean:.4g}"
    elif finite.size:
        numbers = f"greatest absolute value {float(abs(finite).max()):.4g}"
    if not nans and not infs:
        return f"all {array.size} finite ({numbers})"
    return f"{nans} NaN, {infs} Inf of {array.size} ({'finite: ' * bool(finite.size)}{numbers})"


def at(array: Any, index: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    """Return the element that stands at ``index`` of what ``array`` broadcasts to; None where it does not."""
    if len(array.shape) > len(shape) or any(
        n not in (1, m) for n, m in zip(reversed(array.shape), reversed(shape), strict=False)
    ):
        return None
    own = index[len(shape) - len(array.shape) :]
    return array[tuple(0 if n == 1 else i for i, n in zip(own, array.shape, strict=True))].item()


def line_of(what: str, array: Any, index: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """Return one line about an array: what it is, its statistics, and its number at ``index`` of the result."""
    value = at(array, index, shape)
    there = "" if value is None else f"; {value:.6g} there" if not isinstance(value, complex) else f"; {value} there"
    already = ""
    if is_float(array) and not all_finite(array):
        already = f"; bad already, first at index {first_bad(array)}"
    return f"  {what} {kind_of(array)}: {statistics(array) if is_float(array) else 'not floating'}{there}{already}"
