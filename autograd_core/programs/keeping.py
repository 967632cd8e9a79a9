"""Programs in files: the text, and beside it a safetensors file of the values that are not written in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from autograd_core.engine.tensor import Parameter, Tensor
from autograd_core.errors import ProgramError
from autograd_core.programs.ir import Listing
from autograd_core.programs.lexing import LONGEST
from autograd_core.programs.parsing import parse
from autograd_core.programs.writing import write
from autograd_core.storing.atomic import replacing
from autograd_core.storing.loading import load
from autograd_core.storing.saving import save

__all__ = ["read", "values_path", "write_files"]


def values_path(path: str) -> str:
    """Return the file of the values beside that of the text."""
    return f"{path}.safetensors"


def write_files(listing: Listing, values: Mapping[str, Tensor], path: Any) -> None:
    """Write the text to ``path`` and the values beside it, each whole or not at all, the values first."""
    target = os.fspath(path)
    written = {b.variable.name for b in listing.bound if b.literal is not None}
    kept = {name: value.detach() for name, value in values.items() if name not in written}
    if kept:
        save(kept, values_path(target))
    with replacing(target) as file:
        file.write(write(listing).encode())
    if not kept:
        with suppress(FileNotFoundError):
            os.unlink(values_path(target))  # of an earlier program


def read(path: Any) -> tuple[Listing, dict[str, Tensor]]:
    """Return the program that a file holds, and the values beside it; its parameters require grad.

    Raises: ProgramError for a text that does not fit together; FormatError for damaged values; FileNotFoundError.
    """
    target = os.fspath(path)
    if os.path.getsize(target) > 4 * LONGEST:  # bytes of UTF-8
        raise ProgramError(f"{target}: the text is too long: {os.path.getsize(target)} bytes")
    with open(target, "rb") as file:
        content = file.read()
    try:
        listing = parse(content.decode())
    except UnicodeDecodeError as error:
        raise ProgramError(f"{target}: no text in UTF-8: {error}") from error
    values: dict[str, Tensor] = {}
    if os.path.exists(values_path(target)):
        values = load(values_path(target))
    trained = {b.variable.name for b in listing.bound if b.kind == "parameter" and b.variable.dtype.category > 1}
    return listing, {name: Parameter(x) if name in trained else x for name, x in values.items()}
