"""How a tensor prints: as PyTorch prints it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import device, to_device
from autograd_core.dtypes import get_default_dtype
from autograd_core.engine.tensor import Parameter, Tensor
from autograd_core.errors import DTypeError

__all__ = ["get_printoptions", "set_printoptions"]

OPTIONS: dict[str, Any] = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None}
PROFILES: dict[str, dict[str, Any]] = {
    "default": dict(OPTIONS),
    "short": OPTIONS | {"precision": 2, "edgeitems": 2},
    "full": OPTIONS | {"threshold": math.inf},
}


def set_printoptions(
    precision: int | None = None, threshold: float | None = None, edgeitems: int | None = None,
    linewidth: int | None = None, profile: str | None = None, sci_mode: bool | None = None,
) -> None:  # fmt: skip
    """Set how tensors print: digits, the size above which they are summarised, and the width of a line.

    ``profile``: 'default', 'short' (2 digits, 2 items at an edge) or 'full' (nothing left out), before the rest.

    Raises: DTypeError for another profile.
    """
    if profile is not None:
        if profile not in PROFILES:
            raise DTypeError(f"set_printoptions: profile is {profile!r}; wanted one of {sorted(PROFILES)}")
        OPTIONS.update(PROFILES[profile])
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    OPTIONS.update({k: v for k, v in given.items() if v is not None}, sci_mode=sci_mode)


def get_printoptions() -> dict[str, Any]:
    """Return how tensors print, as keyword arguments of ``set_printoptions``."""
    return dict(OPTIONS)


def _formatter(array: Any) -> tuple[Callable[[Any], str], int]:
    """Return what prints one element, and the width that the elements are padded to."""
    if array.dtype.kind == "f":
        text, widest = _float_style(array)
    else:
        text, widest = str, array.ravel()
    width = max((len(text(v)) for v in widest.tolist()), default=1)
    return lambda v: text(v).rjust(width), width


def _float_style(array: Any) -> tuple[Callable[[float], str], Any]:
    """Return how to print one of several floats, and those of them that decide the width: neither 0, inf nor NaN."""
    digits, scientific = OPTIONS["precision"], OPTIONS["sci_mode"]
    telling = array[host.isfinite(array) & (array != 0)]
    if scientific is None and telling.size:
        low, high = (float(f(abs(telling))) for f in (host.min, host.max))
        scientific = high / 1e3 > low or high > 1e8 or low < 1e-4
    if scientific and telling.size:
        return f"{{:.{digits}e}}".format, telling
    if bool((telling == host.ceil(telling)).all()):
        return lambda v: f"{v:.0f}." if math.isfinite(v) else f"{v:.0f}", telling
    return f"{{:.{digits}f}}".format, telling


def _complex_formatter(array: Any) -> tuple[Callable[[Any], str], int]:
    """Return what prints one complex number, and the width that the numbers are padded to."""
    (real, wide), (imag, also_wide) = _formatter(array.real), _formatter(array.imag)

    def show(v: complex) -> str:
        part = imag(v.imag).lstrip()
        return f"{real(v.real)}{part if part[0] in '+-' else '+' + part}j"

    return show, wide + also_wide + 1


def _summary(array: Any) -> Any:
    """Return the elements that will be shown: the edges of each dimension where there are too many."""
    edge = OPTIONS["edgeitems"]
    for d, n in enumerate(array.shape):
        if n > 2 * edge:
            array = array.take([*range(edge), *range(n - edge, n)], axis=d)
    return array


def _lines(array: Any, show: Callable[[Any], str], width: int, indent: int, edge: int) -> str:
    """Return the elements in brackets; of a dimension longer than ``2 * edge`` (0: no limit) the edges alone."""
    if not array.ndim:
        return show(array.item())
    cut = 0 < 2 * edge < array.shape[0]
    if array.ndim == 1:
        items = [show(v) for v in (array[:edge] if cut else array).tolist()]
        items += [" ...", *(show(v) for v in array[-edge:].tolist())] if cut else []
        room = max(1, (OPTIONS["linewidth"] - indent) // (width + 2))
        lines = [", ".join(items[i : i + room]) for i in range(0, len(items), room)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    rows = [*array[:edge], "...", *array[-edge:]] if cut else list(array)
    inner = [r if isinstance(r, str) else _lines(r, show, width, indent + 1, edge) for r in rows]
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(inner) + "]"


def _body(array: Any, indent: int) -> str:
    if array.size == 0:
        return "[]"
    summarize = array.size > OPTIONS["threshold"]
    shown = _summary(array) if summarize else array
    if array.dtype.name == "bfloat16":
        array, shown = array.astype("float32"), shown.astype("float32")
    show, width = _complex_formatter(shown) if array.dtype.kind == "c" else _formatter(shown)
    return _lines(array, show, width, indent, OPTIONS["edgeitems"] if summarize else 0)


def _notes(self: Tensor) -> list[str]:
    """Return what is said after the elements: what is not as usual."""
    array, default = self._array, get_default_dtype()
    usual = {default.name, "int64", "bool", "complex128" if default.name == "float64" else "complex64"}
    notes = []
    if self.device.type != "cpu":
        notes.append(f"device='{self.device}'")
    if array.size == 0 and array.ndim != 1:
        notes.append(f"size={tuple(array.shape)}")
    if array.dtype.name not in (usual if array.size else {default.name}):
        notes.append(f"dtype={self.dtype}")
    if self.grad_fn is not None:
        notes.append(f"grad_fn={self.grad_fn!r}")
    elif self.requires_grad:
        notes.append("requires_grad=True")
    return notes


def tensor_repr(self: Tensor) -> str:
    """Return the tensor as text, with the dtype, device and ``grad_fn`` where they are not the usual ones."""
    plain = type(self) in (Tensor, Parameter)
    prefix = "tensor(" if plain else f"{type(self).__name__}("
    text = prefix + _body(to_device(self._array, device("cpu")), len(prefix))
    last = len(text) - text.rfind("\n") + 1
    for note in _notes(self):
        if last + len(note) + 2 > OPTIONS["linewidth"]:
            text += ",\n" + " " * len(prefix) + note
            last = len(prefix) + len(note)
        else:
            text += ", " + note
            last += len(note) + 2
    return f"{'Parameter containing:' + chr(10) if type(self) is Parameter else ''}{text})"


def tensor_format(self: Tensor, spec: str) -> str:
    """Format a 0-d tensor as the Python number it holds, and any other as its ``repr``, which takes no ``spec``."""
    return format(self.item(), spec) if not self._array.ndim else object.__format__(self, spec)
