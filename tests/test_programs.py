"""Programs in the style of published PyTorch code run unchanged, and give PyTorch's numbers where it is installed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from tests.programs import gradients, models, training, whole

PROGRAMS: dict[str, Callable[[Any], list[float]]] = {
    name: program
    for module in (training, models, gradients)
    for name, program in vars(module).items()
    if getattr(program, "__module__", "") == module.__name__ and name not in ("numbers", "weights")
}
WHOLE = {path.stem: path for path in sorted(Path(whole.__file__).parent.glob("[!_]*.py"))}
each = pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
each_whole = pytest.mark.parametrize("path", WHOLE.values(), ids=WHOLE.keys())
as_pytorch_warns = pytest.mark.filterwarnings(  # of what programs still use
    "ignore::FutureWarning", "ignore:add.*. a number before the tensors is deprecated"
)


def run(path: Path, library: str) -> list[float]:
    """Run a whole program with ``library`` in its imports."""
    source = path.read_text(encoding="utf-8").replace("autograd_core", library)
    names: dict[str, Any] = {"__name__": f"{path.stem}_with_{library}"}
    exec(compile(source, path, "exec", dont_inherit=True), names)
    return names["main"]()


@each
def test_it_runs(program: Any) -> None:
    found = program(ag)
    assert np.isfinite(found).all() and found == program(ag)


@each
def test_it_gives_pytorchs_numbers(torch: Any, program: Any) -> None:
    np.testing.assert_allclose(program(ag), program(torch), rtol=2e-3, atol=1e-5)


@each_whole
@as_pytorch_warns
def test_a_whole_program_runs(path: Path) -> None:
    found = run(path, "autograd_core")
    assert len(found) > 5 and np.isfinite(found).all()


@each_whole
@as_pytorch_warns
def test_a_whole_program_gives_pytorchs_numbers(torch: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # PyTorch's test databases, once imported, forbid programs to set cudnn.benchmark
    flags = torch.backends.flags_frozen.__globals__
    monkeypatch.setitem(flags, "__allow_nonbracketed_mutation_flag", True)
    found = run(path, "autograd_core")
    with warnings.catch_warnings():  # PyTorch tells of its fast paths
        warnings.simplefilter("ignore")
        wanted = run(path, "torch")
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)
