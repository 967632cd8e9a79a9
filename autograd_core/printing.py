"""How a tensor prints: as PyTorch prints it."""

from __future__ import annotations

from typing import Any

from autograd_core.backend import host
from autograd_core.backend.device import device, to_device
from autograd_core.dtypes import get_default_dtype
from autograd_core.engine.tensor import Parameter, Tensor

OPTIONS: dict[str, Any] = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None}


def set_printoptions(*, precision: int | None = None, threshold: int | None = None, edgeitems: int | None = None,
                     linewidth: int | None = None, sci_mode: bool | None = None, profile: str | None = None) -> None:  # fmt: skip
    """Set how tensors print: digits, the size above which they are summarised, and the width of a line."""
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    OPTIONS.update({k: v for k, v in given.items() if v is not None}, sci_mode=sci_mode)


def _formatter(array: Any) -> Any:
    """Return the function that prints one element, all in one width and style."""
    if array.dtype.kind == "b":
        return lambda v: "True" if v else "False"
    if array.dtype.kind in "iu":
        width = max((len(str(int(v))) for v in array.ravel()), default=1)
        return lambda v: f"{int(v):{width}d}"
    if array.dtype.kind == "c":
        real, imag = _formatter(array.real), _formatter(abs(array.imag))
        return lambda v: f"{real(v.real)}{'-' if v.imag < 0 else '+'}{imag(abs(v.imag))}j"
    return _float_formatter(array[host.isfinite(array)], array)


def _float_formatter(finite: Any, array: Any) -> Any:
    digits = OPTIONS["precision"]
    size = abs(finite[finite != 0]).astype("float64")
    style = f".{digits}f"
    if size.size:
        scientific = size.max() / size.min() > 1e3 or size.max() > 1e8 or size.min() < 1e-4
        whole = bool((finite == host.ceil(finite)).all())
        if OPTIONS["sci_mode"] or (
            OPTIONS["sci_mode"] is None and ((scientific and not whole) or (whole and size.max() > 1e8))
        ):
            style = f".{digits}e"
        elif whole:
            style = ".0f"
    elif finite.size:
        style = ".0f"

    def plain(v: Any) -> str:
        text = f"{float(v):{style}}"
        return text + "." if style == ".0f" and host.isfinite(v) else text

    width = max((len(plain(v)) for v in array.ravel()), default=0)
    return lambda v: f"{plain(v):>{width}}"


def _summary(array: Any) -> Any:
    """Return the elements that will be shown: the edges of each dimension where there are too many."""
    if array.size <= OPTIONS["threshold"]:
        return array
    edge = OPTIONS["edgeitems"]
    for d, n in enumerate(array.shape):
        if n > 2 * edge:
            keep = [*range(edge), *range(n - edge, n)]
            array = array.take(keep, axis=d)
    return array


def _lines(array: Any, show: Any, indent: int, summarize: bool) -> str:
    edge = OPTIONS["edgeitems"]
    if array.ndim == 0:
        return str(show(array[()]))
    cut = summarize and array.shape[0] > 2 * edge
    rows = [*array[:edge], "...", *array[-edge:]] if cut else list(array)
    if array.ndim == 1:
        items = [r if isinstance(r, str) else show(r) for r in rows]
        room = max(1, (OPTIONS["linewidth"] - indent) // max(1, len(items[0]) + 2 if items else 1))
        lines = [", ".join(items[i : i + room]) for i in range(0, len(items), room)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    inner = [r if isinstance(r, str) else _lines(r, show, indent + 1, summarize) for r in rows]
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(inner) + "]"


def tensor_repr(self: Tensor) -> str:
    """Return the tensor as text, with the dtype, device and ``grad_fn`` where they are not the usual ones."""
    prefix = "Parameter containing:\ntensor(" if isinstance(self, Parameter) else "tensor("
    array = to_device(self._array, device("cpu"))
    summarize = array.size > OPTIONS["threshold"]
    usual = (
        {"float32", "int64", "bool", "complex64"}
        if get_default_dtype().name == "float32"
        else {"float64", "int64", "bool"}
    )
    notes = []
    if self.device.type != "cpu":
        notes.append(f"device='{self.device}'")
    if array.size == 0 and array.ndim != 1:
        notes.append(f"size={tuple(array.shape)}")
    if array.dtype.name not in usual or (array.size == 0 and array.dtype.name != "float32"):
        notes.append(f"dtype={self.dtype}")
    if self.grad_fn is not None:
        notes.append(f"grad_fn={self.grad_fn!r}")
    elif self.requires_grad:
        notes.append("requires_grad=True")
    body = "[]" if array.size == 0 else _lines(array, _formatter(_summary(array)), len("tensor("), summarize)
    text = ", ".join([body, *notes])
    if notes and "\n" in body:
        text = body + ",\n" + " " * len("tensor(") + ", ".join(notes)
        if len(body.rsplit("\n", 1)[-1]) + len(", ".join(notes)) + 3 <= OPTIONS["linewidth"]:
            text = ", ".join([body, *notes])
    return f"{prefix}{text})"


def tensor_format(self: Tensor, spec: str) -> str:
    """Format a single element as a Python number; anything else as ``repr``."""
    return (
        format(self.item(), spec)
        if self._array.ndim == 0 and spec
        else (str(self) if not spec else format(str(self), spec))
    )
