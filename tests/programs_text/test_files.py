"""Programs in files, and from the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import autograd_core as ag
from autograd_core.errors import FormatError, ProgramError
from autograd_core.insight.render import RenderingUnavailable
from autograd_core.programs.__main__ import main
from autograd_core.programs.program import Program
from tests.programs_text.test_round_trips import EVERYTHING, MLP

LINEAR = """\
program loss(x: f32[4, 3]):
    parameter w: f32[2, 3]
    constant table: f32[40]
    constant c0: f32[2] = [0.5, inf]
    h0: f32[4, 2] = linear(x, w, None)
    h1: f32[4, 2] = minimum(h0, c0)
    h2: f32[] = sum(h1, dim=(0, 1))
    return h2
"""


def linear() -> Program:
    return Program.parse(LINEAR, {"w": ag.nn.Parameter(ag.randn(2, 3)), "table": ag.arange(40.0)})


def test_saved_programs_come_back(tmp_path: Path) -> None:
    path, first, x = tmp_path / "loss.program", linear(), ag.randn(4, 3)
    first.save(path)
    assert path.read_text() == LINEAR
    second = Program.load(path)
    assert str(second) == LINEAR and second(x) == first(x)
    assert isinstance(second.parameters["w"], ag.nn.Parameter)
    assert sorted(ag.load(f"{path}.safetensors")) == ["table", "w"]  # any library's file
    second(x).backward()
    assert second.parameters["w"].grad is not None


def test_a_program_without_values_is_its_text_alone(tmp_path: Path) -> None:
    path = tmp_path / "mlp"
    linear().save(path)
    Program.parse(MLP).save(str(path))
    assert [p.name for p in tmp_path.iterdir()] == ["mlp"]
    assert str(Program.load(path)) == MLP


def test_a_bound_value_is_what_the_text_says() -> None:
    program = linear().bind({"c0": ag.tensor([1.0, 2.0])})
    assert "constant c0: f32[2] = [1.0, 2.0]\n" in str(program)
    large = Program.parse("program f():\n constant c: f32[2] = [1.0, 2.0]\n return c")
    assert large().tolist() == [1, 2]


def test_files_that_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "p"
    linear().save(path)
    path.write_text(LINEAR.replace("2, 3]", "2, 4]", 1))
    with pytest.raises(ProgramError, match="line 5, column 21: linear of"):
        Program.load(path)
    path.write_text(LINEAR.replace("table: f32[40]", "table: f32[41]"))
    with pytest.raises(ProgramError, match=r"the value of table: f32\[41\] is f32\[40\]"):
        Program.load(path)
    path.write_text(MLP)
    with pytest.raises(ProgramError, match="mlp: it binds no 'w', 'table'"):
        Program.load(path)
    path.write_bytes(b"program \xff")
    with pytest.raises(ProgramError, match="no text in UTF-8"):
        Program.load(path)
    path.write_text(LINEAR)
    (tmp_path / "p.safetensors").write_bytes(b"no tensors")
    with pytest.raises(FormatError):
        Program.load(path)
    with pytest.raises(FileNotFoundError):
        Program.load(tmp_path / "nothing")


def test_a_failed_save_leaves_the_old_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd_core.programs import keeping

    path = tmp_path / "p"
    linear().save(path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    monkeypatch.setattr(keeping, "save", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        linear().save(path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


# ---- differences ----


def test_what_differs() -> None:
    p = Program.parse(MLP)
    assert p.diff(p) == ""
    renamed = MLP.replace("h1", "product").replace("h3", "h1").replace("x", "data").replace("madataimum", "maximum")
    assert p.diff(Program.parse(renamed)) == ""
    longer = MLP.replace("    return h3", "    h4: f32[64, 100] = mul(h3, 2.0)\n    return h4")
    longer = longer.replace("maximum(h2, 0.0)", "tanh(h2)")
    assert p.diff(Program.parse(longer)).splitlines()[3:] == [
        "     h1: f32[64, 100] = matmul(x, h0)",
        "     h2: f32[64, 100] = add(h1, b)",
        "-    h3: f32[64, 100] = maximum(h2, 0.0)",
        "-    return h3",
        "+    h3: f32[64, 100] = tanh(h2)",
        "+    h4: f32[64, 100] = mul(h3, 2.0)",
        "+    return h4",
    ]


def test_swapped_names_differ() -> None:
    text = "program f(a: f32[2], b: f32[2]):\n c: f32[2] = sub(a, b)\n return c"
    changed = Program.parse(text).diff(Program.parse(text.replace("sub(a, b)", "sub(b, a)")))
    assert "-    c: f32[2] = sub(a, b)" in changed and "+    c: f32[2] = sub(b, a)" in changed


# ---- drawing ----


def test_drawing() -> None:
    source = Program.parse(EVERYTHING).draw().source
    assert source.count("line") >= 17 and '"h0 = add\\nf32[4, 3]"' in source
    assert source.count("->") == 24
    short = Program.parse(EVERYTHING).draw(direction="LR", max_nodes=3).source
    assert "14 more lines" in short and "rankdir=LR" in short


# ---- the command line ----


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "loss.program"
    path.write_text(LINEAR)
    assert main([str(path)]) == 0
    assert capsys.readouterr().out == LINEAR
    assert main([str(path), "--cost"]) == 0
    assert "linear(x, w, None)" in capsys.readouterr().out
    assert main([str(path), "--run", "x=4,3"]) == 0
    assert capsys.readouterr().out.startswith("w: random, as the file has no values of it\ntable: random")
    assert main([str(path), "--run", "x=5,3"]) == 2
    assert "the input x: f32[4, 3] is f32[5, 3]" in capsys.readouterr().err
    assert main([str(path), "--run", "y=5,3"]) == 2
    assert main([str(path), "--run", "x"]) == 2
    assert main([str(path), "--draw", str(tmp_path / "out.txt")]) == 2
    assert main([str(tmp_path / "nothing")]) == 2
    path.write_text(LINEAR.replace("linear(x", "lineal(x"))
    capsys.readouterr()
    assert main([str(path)]) == 2
    said = f"{path}: line 5, column 21: there is no primitive 'lineal'; did you mean 'linear'?"
    assert said in capsys.readouterr().err


def test_the_gradient_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "loss.program"
    linear().save(path)
    assert main([str(path), "--grad"]) == 0
    assert capsys.readouterr().out.startswith("program loss_grad(x: f32[4, 3]):\n    parameter w: f32[2, 3]\n")
    assert main([str(path), "--grad", "--run"]) == 0
    assert capsys.readouterr().out.startswith("result 0: tensor(")


def test_a_picture_from_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "mlp.program"
    path.write_text(MLP)
    try:
        Program.parse(MLP).draw().pipe("svg")
    except RenderingUnavailable:
        pytest.skip("nothing here renders a picture")
    assert main([str(path), "--draw", str(tmp_path / "out.svg")]) == 0
    assert "h2 = add" in (tmp_path / "out.svg").read_text()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mlp.program", "out.svg"]


def test_the_module_runs(tmp_path: Path) -> None:
    path = tmp_path / "mlp.program"
    path.write_text(MLP)
    command = [sys.executable, "-m", "autograd_core.programs", str(path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == MLP


def test_importing_the_library_loads_no_programs() -> None:
    code = "import sys, autograd_core; sys.exit(any(m.startswith('autograd_core.programs') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert ag.Program is Program
