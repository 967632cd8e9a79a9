"""Write ``api.json``: the names and signatures that an installed CuPy offers.

Run it where CuPy is installed (no GPU needed) when the supported CuPy version moves::

    python tests/fake_cupy/snapshot.py
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

MODULES = (
    "cupy",
    "cupy.fft",
    "cupy.lib.stride_tricks",
    "cupy.linalg",
    "cupy.random",
    "cupyx",
    "cupyx.scipy.special",
)
CLASSES = ("cupy.ndarray", "cupy.ufunc", "cupy.cuda.Device", "cupy.cuda.Stream", "cupy.random.Generator")
BLANK = inspect.Parameter.empty


def parameters(function: Any) -> str | None:
    """Return a signature as the text between a lambda's parentheses, every default written as None."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return cython_parameters(function)
    fields = [
        p.replace(annotation=BLANK, default=BLANK if p.default is BLANK else None)
        for p in signature.parameters.values()
    ]
    return str(inspect.Signature(fields))[1:-1]


def cython_parameters(function: Any) -> str | None:
    """Return what the first line of a compiled method's docstring says, or None where it says nothing."""
    found = re.match(r"(?:\w+\.)?\w+\((.*)\)", (function.__doc__ or "").split("\n")[0])
    if found is None:
        return None
    fields = [re.sub(r"^(?:\w+ )+(?=\w+(=|$))", "", field.strip()) for field in found[1].split(",")]
    return ", ".join(re.sub(r"=.*", "=None", field) for field in fields)


def of_module(module: ModuleType) -> dict[str, Any]:
    """Return the functions, ufuncs and plain values of a module, by name."""
    functions, ufuncs, others = {}, {}, []
    for name in sorted(n for n in dir(module) if not n.startswith("_") and n != "annotations"):
        value = getattr(module, name)
        if type(value).__name__ == "ufunc":
            ufuncs[name] = {"nin": value.nin, "nout": value.nout, "at": value._scatter_op}
        elif callable(value) and not isinstance(value, type):
            functions[name] = parameters(value)
        elif not isinstance(value, ModuleType):
            others.append(name)
    return {"functions": functions, "ufuncs": ufuncs, "others": others}


def of_class(cls: type) -> dict[str, Any]:
    """Return the public methods (with signatures) and attributes of a class."""
    methods, attributes = {}, []
    for name in sorted(n for n in dir(cls) if not n.startswith("_")):
        value = getattr(cls, name)
        if callable(value):
            methods[name] = parameters(value)
        else:
            attributes.append(name)
    return {"methods": methods, "attributes": attributes}


def main() -> None:
    """Write the snapshot beside this file."""
    import cupy

    modules = {name: of_module(importlib.import_module(name)) for name in MODULES}
    classes = {}
    for path in CLASSES:
        module, _, name = path.rpartition(".")
        classes[path] = of_class(getattr(importlib.import_module(module), name))
    api = {"version": cupy.__version__, "modules": modules, "classes": classes}
    Path(__file__).with_name("api.json").write_text(json.dumps(api, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
