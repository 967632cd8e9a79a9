"""Models in several safetensors files: Hugging Face's ``model.safetensors.index.json``, which says what is where."""

from __future__ import annotations

import json
import os
from typing import Any

from autograd_core.errors import FormatError

from .placement import Placement
from .putting_together import tensors_of
from .source import Source, opened
from .tensor_file import LONGEST, read_header


def read_shards(source: Source, place: Placement) -> dict[str, Any]:
    """Return the tensors of all files that an index names, which lie in its folder.

    Raises: FormatError for a name that leads out of the folder, and where a file lacks a tensor.
    """
    if source.size > LONGEST:
        raise FormatError(f"it is an index of {source.size} bytes; wanted at most {LONGEST}")
    places: dict[str, str] = json.loads(source.read(0, source.size))["weight_map"]
    found: dict[str, Any] = {}
    for shard in dict.fromkeys(places.values()):
        if os.path.basename(shard) != shard or shard in ("", ".", ".."):
            raise FormatError(f"it names {shard!r}; wanted a file in its own folder")
        with opened(os.path.join(os.path.dirname(source.name), shard), source.mapped) as file:
            found |= tensors_of(file, read_header(file)[0], place)
    absent = [name for name in places if name not in found]
    if absent:
        raise FormatError(f"the files that it names lack {', '.join(absent[:5])}")
    return {name: found[name] for name in places}
