"""Which line of the user's a finding names: that of an operation, of a write, or of an attribute's definition."""

from __future__ import annotations

import inspect
import re
from typing import Any

from autograd_core.engine.blame import INTERNAL, describe, module_path
from autograd_core.engine.node import Node
from autograd_core.engine.versions import WRITES, Write, owner_of


def place(node: Node) -> dict[str, Any]:
    """Return the line and the module of an operation, as a finding takes them."""
    line = describe(node.code, node.lasti) if getattr(node, "code", None) is not None else ""
    return {"line": line, "module": module_path(node.scope)}


def last_write(array: Any) -> Write | None:
    """Return what the ledger holds of the writes to an array's memory; None where it was never written in place."""
    return WRITES.get(id(owner_of(array)))


def line_of_write(array: Any) -> str:
    """Return the line that last wrote an array's memory in place."""
    write = last_write(array)
    return describe(write.code, write.lasti) if write is not None else ""


def definition(model: Any, path: str) -> str:
    """Return the line that assigns the attribute of ``path``, in the class that is nearest to its end and the user's.

    For ``net.0.weight`` that is ``self.net = nn.Sequential(...)`` in the class of ``model``.
    """
    steps, owner, found = path.split("."), model, ""
    for name in steps:
        if (line := _assignment(type(owner), name)) != "":
            found = line
        owner = getattr(owner, name, None)
    return found


def _assignment(kind: type, name: str) -> str:
    """Return the first line in a class's source that assigns ``self.name``; "" where there is no source or no line."""
    try:
        file = inspect.getsourcefile(kind)
        lines, start = inspect.getsourcelines(kind)
    except (OSError, TypeError):  # a class from a prompt, or a built-in one
        return ""
    if file is None or file in INTERNAL:
        return ""
    pattern = re.compile(rf"self\.{re.escape(name)}\b[^=(\[]*=[^=]")
    for number, text in enumerate(lines, start or 1):
        if pattern.search(text):
            return f"{file}:{number}: {text.strip()}"
    return ""
