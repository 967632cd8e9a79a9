"""Draws the figures of docs/plots.md: ``make gallery``, or ``python -m docs.figures``, runs the code of that page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n!\[[^]]*\]\((images/plots/[^)]*)\))?", re.DOTALL)

names: dict[str, Any] = {}
for code, picture in BLOCK.findall((ROOT / "plots.md").read_text(encoding="utf-8")):
    exec(code, names)
    if picture:
        names["figure"].savefig(ROOT / picture, dpi=110, metadata={"Software": None})
        print(picture, (ROOT / picture).stat().st_size)
