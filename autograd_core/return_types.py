"""The results with named fields, as in ``torch.return_types``: tuples that print their fields."""

from __future__ import annotations

from collections import namedtuple
from typing import Any


def named(name: str, *fields: str) -> Any:
    """Return a class of tuples with ``fields``, named as PyTorch names it."""
    made = namedtuple(name, fields, module=__name__)  # type: ignore[misc]  # PyTorch's names, known at run time only
    made.__doc__ = f"What ``{name}`` returns: {', '.join(fields)}."
    made.__repr__ = _show  # type: ignore[method-assign]
    return made


def _show(result: Any) -> str:
    fields = (f"{field}={value!r}" for field, value in zip(result._fields, result, strict=True))
    return f"ag.return_types.{type(result).__name__}(\n" + ",\n".join(fields) + ")"


max = named("max", "values", "indices")
min = named("min", "values", "indices")
aminmax = named("aminmax", "min", "max")
median = named("median", "values", "indices")
nanmedian = named("nanmedian", "values", "indices")
kthvalue = named("kthvalue", "values", "indices")
mode = named("mode", "values", "indices")
cummax = named("cummax", "values", "indices")
cummin = named("cummin", "values", "indices")
histogram = named("histogram", "hist", "bin_edges")
histogramdd = named("histogramdd", "hist", "bin_edges")
