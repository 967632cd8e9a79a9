"""The names and signatures that CuPy really has, from ``api.json`` (written by ``snapshot.py``)."""

from __future__ import annotations

import inspect
import json
from functools import cache
from pathlib import Path
from typing import Any

API = json.loads(Path(__file__).with_name("api.json").read_text())
METHODS: dict[str, str] = API["classes"]["cupy.ndarray"]["methods"]


@cache
def signature(text: str) -> inspect.Signature:
    """Return the signature behind the text of a snapshot."""
    return inspect.signature(eval(f"lambda {text}: None"))


def check_call(name: str, text: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Raise where CuPy's function would not take these arguments.

    Raises: TypeError naming the function and its real signature.
    """
    try:
        signature(text).bind(*args, **options)
    except TypeError as error:
        raise TypeError(f"{name}({text}): {error}") from None
