"""Lines of a test file as messages name them."""

from __future__ import annotations

from pathlib import Path


def line_of(file: str, comment: str) -> str:
    """Return ``FILE:12: h = x * 2  # the comment``, the only line of a file that ends in this comment."""
    lines = enumerate(Path(file).read_text(encoding="utf-8").splitlines(), 1)
    ((number, text),) = [(number, text) for number, text in lines if text.endswith(f"  # {comment}")]
    return f"{file}:{number}: {text.strip()}"
