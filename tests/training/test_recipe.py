"""The recipe's document shows what stands in the script, and the figures that it wrote."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_code_shown_is_the_scripts():
    script = (ROOT / "examples" / "recipe.py").read_text(encoding="utf-8")
    document = (ROOT / "docs" / "recipe.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", document, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 7
    for block in blocks:
        assert block in script or textwrap.indent(block, "    ") in script, block


def test_each_step_has_its_figure():
    document = (ROOT / "docs" / "recipe.md").read_text(encoding="utf-8")
    figures = re.findall(r"\(images/recipe/(\d-\w+)\.png\)", document)
    assert [figure[0] for figure in figures] == list("123456")
    script = (ROOT / "examples" / "recipe.py").read_text(encoding="utf-8")
    assert all(f'"-{figure}"' in script or f"'-{figure}'" in script for figure in figures[:-1])  # the last: recipe.png
