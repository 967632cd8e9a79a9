"""The code in the documents runs, and does what the comments beside it say.

``expression  # -> text``: the expression prints as ``text``.  ``statement  # !! text``: it raises one of our errors,
whose message begins with ``text``.
"""

from __future__ import annotations

import ast
import contextlib
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import autograd_core as ag
from autograd_core import errors
from autograd_core.insight.render import RenderingUnavailable
from autograd_core.ops import functions
from tests import op_table
from tests.rows import Row, outputs
from tests.tables import function
from tests.trials import agree, check_by_differences, tensors
from tests.trials import run as run_row

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CLAIM = re.compile(r"  # (->|!!) (.+)$")
LINK = re.compile(r"\]\(([^)#:]+)(#[^)]*)?\)")
OWN = tuple(getattr(errors, name) for name in errors.__all__)
# documents whose blocks are one program each; the others show pieces of the project's own source
PROGRAMS = (
    "README.md", "docs/augmentation.md", "docs/language.md", "docs/layers.md", "docs/saving.md", "docs/data.md",
    "docs/checking.md", "docs/doctor.md", "docs/finding_faults.md", "docs/gallery.md", "docs/graphs.md",
    "docs/html_pages.md", "docs/own_images.md", "docs/plots.md", "docs/profiling.md", "docs/programs.md",
    "docs/stepper.md", "docs/ten_minutes.md", "docs/training.md", "docs/transforms.md",
)  # fmt: skip


def statements(text: str) -> Iterator[tuple[Any, str, str]]:
    """Yield the statements of a block as (node, sign, text): what the comment on its last line claims, if any."""
    lines = text.splitlines()
    for node in ast.parse(text).body:
        claim = CLAIM.search(lines[(node.end_lineno or node.lineno) - 1])
        yield node, claim[1] if claim else "", claim[2].strip() if claim else ""


def run(node: Any, names: dict[str, Any], name: str) -> Any:
    if isinstance(node, ast.Expr):
        return eval(compile(ast.Expression(node.value), name, "eval"), names)
    return exec(compile(ast.Module([node], []), name, "exec"), names)


def check(node: Any, sign: str, text: str, names: dict[str, Any], name: str) -> None:
    if sign == "!!":
        with pytest.raises(OWN) as raised:
            run(node, names, name)
        assert str(raised.value).startswith(text), raised.value
        return
    value = run(node, names, name)
    if sign == "->":
        assert re.sub(r"\s+", " ", str(value)) == text, ast.unparse(node)


@pytest.mark.parametrize("document", PROGRAMS)
def test_code_in_a_document_runs(document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    blocks = BLOCK.findall((ROOT / document).read_text(encoding="utf-8"))
    assert blocks
    for block in blocks:
        for node, sign, text in statements(block):
            with contextlib.suppress(RenderingUnavailable):  # Python 3.10 has no renderer but Graphviz's own
                check(node, sign, text, names, document)


@pytest.mark.parametrize("document", ["docs/graphs.md", "docs/ten_minutes.md", "docs/programs.md", "docs/stepper.md"])
def test_what_a_document_shows_is_what_is_printed(document: str, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    printed, compared = "", 0
    for language, block in FENCED.findall((ROOT / document).read_text(encoding="utf-8")):
        if language == "python":
            for node, sign, _ in statements(block):
                if sign != "!!":
                    run(node, names, document)
            printed = capsys.readouterr().out
        elif printed:
            missing = [line for line in block.splitlines() if line.strip() != "..." and line not in printed]
            assert not missing, printed
            printed, compared = "", compared + 1
    assert compared


def test_a_wrong_claim_is_found() -> None:
    (claim,) = statements("1 + 1  # -> 3")
    with pytest.raises(AssertionError):
        check(*claim, {}, "claim")


def documents() -> list[Path]:
    return [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")]


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    code_free = re.sub(r"`[^`\n]*`", "", BLOCK.sub("", document.read_text(encoding="utf-8")))
    targets = [m[1] for m in LINK.finditer(code_free)]
    assert [t for t in targets if not (document.parent / t).exists()] == []


def test_the_worked_example_of_contributing_works(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    composite, its_row, primitive, row = blocks[:4]
    names = vars(functions) | vars(op_table) | {"Tensor": ag.Tensor, "functions": functions, "function": function}
    try:
        exec(composite, names)
        monkeypatch.setattr(ag, "squareplus", names["squareplus"], raising=False)
        holds(eval(its_row, names))
        exec(primitive, names)
        (made,) = eval(textwrap.dedent(row), names)
        made.call = names["squareplus"]
        holds(made)
    finally:
        ag.PRIMITIVES.pop("squareplus", None)


def holds(row: Row) -> None:
    assert row.order == 2
    for sample in row.samples:
        wanted = outputs(row.numpy(*sample.draw(row), **sample.options))
        agree(run_row(row, sample, order=0).values, wanted, row.tolerance, "value")
        check_by_differences(row.call, tensors(ag, sample.draw(row)), sample.options, row.order)
    for wrong in row.errors:
        with pytest.raises(wrong.error, match=wrong.match):
            row.call(*wrong.sample.args)
