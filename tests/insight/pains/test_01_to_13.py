"""Pains 1 to 13 of users of comparable libraries, each provoked as a user meets it, and what answers it.

They come from issue threads.  A message must hold the operation, the user's own line and the cause.
"""

from __future__ import annotations

import ast
import gc
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.engine import cuts
from autograd_core.engine.modes import QUIET
from autograd_core.errors import AnomalyError, DTypeError, GraphError, ShapeError
from tests.insight.pains.lines import line_of

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("autograd_core", "nn", "optim")


@pytest.fixture(autouse=True)
def forget() -> None:
    """Other tests' cuts and graphs are no part of these scripts."""
    gc.collect()
    cuts._noted.clear()
    QUIET.clear()


def line(comment: str) -> str:
    return line_of(__file__, comment)


def packaged() -> Iterator[Path]:
    """Yield the files that a wheel holds."""
    for package in PACKAGES:
        yield from (f for f in sorted((ROOT / package).rglob("*")) if f.is_file() and "__pycache__" not in f.parts)


def declared(name: str) -> list[str]:
    """Return a list that stands in ``pyproject.toml``."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(rf"^{name} = (\[.*?\])$", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return list(ast.literal_eval(found[1]))


def test_01_huge_installs_the_dependencies() -> None:
    """Huge installs: few and small requirements; CuPy and oneDNN are extras."""
    assert declared("packages") == list(PACKAGES)
    needed = {re.split(r"[^\w-]", requirement)[0] for requirement in declared("dependencies")}
    assert needed <= {"numpy", "scipy", "ml_dtypes", "graphviz", "safetensors"}
    assert [re.split(r"[^\w-]", r)[0] for r in declared("cuda12")] == ["cupy-cuda12x"]


def test_01_huge_installs_the_wheel() -> None:
    """Huge installs: a wheel of a megabyte (1.12; of PyTorch's, the smallest has 180)."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path in packaged():
            wheel.write(path, path.relative_to(ROOT))
    assert len(content.getvalue()) < 1_250_000


def test_02_numpy_2_breakage() -> None:
    """NumPy 2 breaks what was compiled for NumPy 1: nothing is compiled, or uses what NumPy 2 dropped."""
    assert {path.suffix for path in packaged()} <= {".py", ".pyi", ".typed", ".html", ".css", ".js"}
    assert "numpy>=2" in declared("dependencies") and int(np.__version__.split(".")[0]) >= 2
    assert "NPY" in declared("select")  # ruff's rules on names that NumPy 2 has no more


def test_03_in_place_error() -> None:
    """An in-place change of what backward needs: the tensor, the operation that saved it, the line that changed it."""
    x = ag.ones(3, requires_grad=True)
    y = x.exp()  # what saved it
    y += 1  # what changed it
    with pytest.raises(GraphError, match="needed for gradient computation has been modified by an inplace") as raised:
        y.sum().backward()
    text = str(raised.value)
    assert f"'exp', built at {line('what saved it')}, saved its output (float32[3])" in text
    assert f"which was changed at {line('what changed it')}" in text and ".clone()" in text


def test_03_in_place_error_changes_nothing() -> None:
    """An in-place operation that is refused leaves the tensor as it was."""
    x, weight = ag.arange(4.0), nn.Parameter(ag.arange(4.0))
    for target, error, said in ((x, ShapeError, "do not broadcast"), (weight, GraphError, "leaf Variable")):
        with pytest.raises(error, match=said):
            target.add_(ag.ones(5) if target is x else 1)
        assert target.tolist() == [0, 1, 2, 3] and target._version == 0


def test_04_second_backward() -> None:
    """A second backward: which node was freed, and where its graph was built, outside of the loop."""
    w = ag.ones(3, requires_grad=True)
    scale = (w * w).sum()  # outside of the loop
    with pytest.raises(GraphError, match="backward through the graph a second time") as raised:
        for _ in range(2):
            (scale * 2).backward()
    assert f"'mul', built at {line('outside of the loop')}, was freed by an earlier backward()" in str(raised.value)
    assert "Pass retain_graph=True to the earlier one, or build the graph again" in str(raised.value)


def detached(h: Any) -> Any:
    return h.detach() + 1  # cut by detach


def unrecorded(h: Any) -> Any:
    with ag.no_grad():  # cut by no_grad
        return h + 1


def converted(h: Any) -> Any:
    return ag.tensor(h.tolist()) + 1  # cut by conversion


@pytest.mark.parametrize(
    ("cut", "comment", "how"),
    [
        (detached, "cut by detach", "cut by detach() at"),
        (unrecorded, "cut by no_grad", "computed without recording, switched off at"),
        (converted, "cut by conversion", "cut by tolist() at"),
    ],
)
def test_05_cut_graph(cut: Any, comment: str, how: str) -> None:
    """A cut graph: the failing backward() names the detach, no_grad or conversion with its line."""
    w = ag.ones(3, requires_grad=True)
    h = w * 2  # what was cut off
    loss = cut(h).sum()
    with pytest.raises(GraphError, match="does not require grad and does not have a grad_fn") as raised:
        loss.backward()  # where it failed
    text = str(raised.value)
    assert f"{how} {line(comment)}" in text and text.endswith(f"\nat {line('where it failed')}")
    if cut is not unrecorded:
        assert f"it cut off float32[3], the result of 'mul' built at {line('what was cut off')}" in text


def test_06_grad_is_none() -> None:
    """``.grad`` is None: ``ag.explain`` gives the reason."""
    encoder, head = nn.Linear(3, 4), nn.Linear(4, 1)
    h = encoder(ag.ones(2, 3))
    code = h.detach()  # the cut of the encoder
    loss = head(code).sum()
    loss.backward()
    assert encoder.weight.grad is None
    text = str(ag.explain(encoder.weight, loss))
    assert "None, because the graph of 'loss' does not reach it" in text
    assert f"cut by detach() at {line('the cut of the encoder')}: it cut off float32[2, 4]" in text
    assert "None, because it is no leaf: 'linear' computed it" in str(ag.explain(h))


def test_07_nan_in_forward() -> None:
    """NaN hunting in forward: operation, module, statistics of the operand, first bad index."""

    class LogLayer(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.log()  # the logarithm

    model = nn.Sequential(nn.Identity(), LogLayer())
    x = ag.tensor([[4.0, 1.0], [2.0, -3.0]])
    with ag.autograd.detect_anomaly(), pytest.raises(AnomalyError, match=r"^log: gave NaN, the first") as raised:
        model(x)
    text = str(raised.value)
    assert "at index (1, 1)" in text and "all 4 finite (min -3, max 4, mean 1); -3 there" in text
    assert "cause: log gives -Inf at 0 and NaN below" in text
    assert text.endswith(f"\nin module 1, called at {line('the logarithm')}")


def test_07_nan_in_backward() -> None:
    """NaN hunting in backward: operation, line of forward, what the rule was given, first bad index."""
    x = ag.tensor([4.0, 0.0, 1.0], requires_grad=True)
    loss = x.sqrt().sum()  # the root
    with ag.autograd.detect_anomaly(), pytest.raises(AnomalyError, match="'SqrtBackward0' returned inf") as raised:
        loss.backward()
    text = str(raised.value)
    assert "at index (1,)" in text and "saved y float32[3]: all 3 finite (min 0, max 2, mean 1); 0 there" in text
    assert "its derivative is Inf at 0" in text and f"in the backward of 'sqrt', built at {line('the root')}" in text


def test_08_nan_through_where() -> None:
    """NaN through where(): anomaly mode recognises the pattern, and an exactly zero gradient may stay zero."""
    x = ag.tensor([4.0, 0.0, 1.0], requires_grad=True)
    loss = ag.where(x > 0, x.sqrt(), 0.0).sum()  # the trap
    with ag.autograd.detect_anomaly(), pytest.raises(AnomalyError, match="'SqrtBackward0' returned nan") as raised:
        loss.backward(retain_graph=True)
    assert f"0 * Inf = NaN: 'where', built at {line('the trap')}, does not take this element" in str(raised.value)
    assert "where(ok, sqrt(where(ok, x, 1.0)), 0.0), or run backward under ag.strong_zero()" in str(raised.value)
    x.grad = None
    with ag.strong_zero():
        loss.backward()
    assert x.grad.tolist() == [0.25, 0.0, 0.5]


ELEMENTWISE = ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "poisson_nll_loss", "soft_margin_loss"]


@pytest.mark.parametrize("name", [*ELEMENTWISE, "hinge_embedding_loss", "gaussian_nll_loss"])
def test_09_silent_broadcast_in_a_loss_warns(name: str) -> None:
    """A silent (N, 1) against (N,): losses warn, on the user's line."""
    prediction, target = ag.ones(4, 1), ag.ones(4)
    more = [ag.ones(4, 1)] if name == "gaussian_nll_loss" else []
    with pytest.warns(UserWarning, match=rf"(?s)target size \(\(4,\)\).* input size \(\(4, 1\)\).*{name}") as caught:
        getattr(F, name)(prediction, target, *more)  # the loss that broadcasts
    assert "incorrect results due to broadcasting" in str(caught[0].message)
    assert line("the loss that broadcasts").startswith(f"{caught[0].filename}:{caught[0].lineno}: ")


@pytest.mark.parametrize("name", ["binary_cross_entropy", "binary_cross_entropy_with_logits"])
def test_09_silent_broadcast_in_a_loss_raises(name: str) -> None:
    """A silent (N, 1) against (N,): losses of probabilities refuse, as in PyTorch."""
    with pytest.raises(ShapeError, match=r"[Tt]arget size \(\(4,\)\).*input size \(\(4, 1\)\)"):
        getattr(F, name)(ag.full((4, 1), 0.5), ag.ones(4))


def test_09_silent_broadcast_by_hand() -> None:
    """A silent (N, 1) against (N,) in one's own loss: the doctor finds it."""
    model, x, y = nn.Linear(3, 1), ag.randn(16, 3), ag.randn(16)
    loss = ((model(x) - y) ** 2).mean()  # a table of differences
    (finding,) = ag.doctor(model, loss, optim.SGD(model.parameters(), lr=0.01))
    assert finding.check == "broadcast-in-loss" and finding.line == line("a table of differences")
    assert "'sub' of a tensor of shape (16, 1) gives shape (16, 16)" in finding.message


class Hidden(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Linear(4, 4), nn.Linear(4, 1)]  # a plain list

    def forward(self, x: Any) -> Any:
        return self.layers[1](ag.tanh(self.layers[0](x)))


def test_10_modules_lost_in_lists() -> None:
    """Modules lost in a plain list: the doctor says so, and an optimiser without parameters hints at it."""
    model = Hidden()
    with pytest.raises(ValueError, match="optimizer got an empty parameter list"):
        optim.SGD(model.parameters(), lr=0.1)
    (finding,) = [f for f in ag.doctor(model, (model(ag.randn(8, 4)) ** 2).mean()) if f.check == "hidden-modules"]
    assert finding.line == line("a plain list") and "nn.ModuleList" in finding.remedy
    assert "'layers' is a plain list: the 4 parameters in it are not the model's" in finding.message


def test_11_softmax_before_cross_entropy() -> None:
    """Softmax before cross-entropy: the doctor walks the real graph and names the line and the module."""
    model, x, y = nn.Sequential(nn.Linear(4, 3), nn.Softmax(1)), ag.randn(16, 4), ag.arange(16) % 3
    loss = F.cross_entropy(model(x), y)  # softmax twice
    (finding,) = ag.doctor(model, loss, optim.SGD(model.parameters(), lr=0.1))
    assert finding.check == "softmax-before-cross-entropy" and finding.module == "1"
    assert finding.line == line("softmax twice")
    assert "softmax goes into cross_entropy, which applies softmax itself" in finding.message


def test_12_float_double_mismatch() -> None:
    """Float against double: both dtypes with the arguments' names, the layer, the line."""
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2).double())
    with pytest.raises(DTypeError, match=r"^linear: the arguments have dtypes ag.float32 and ag.float64") as raised:
        model(ag.ones(16, 4))  # floats into doubles
    text = str(raised.value)
    assert "got x float32[16, 3], w float64[2, 3], b float64[2]; convert one with .to(dtype)" in text
    assert text.endswith(f"\nin module 1, called at {line('floats into doubles')}")


class Tagger(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(8, 8), nn.Linear(9, 8))

    def forward(self, x: Any) -> Any:
        return self.encoder(x)  # the encoder


def test_13_shape_errors() -> None:
    """Shapes that do not fit: the module's path, the equation, both shapes, the failing axis."""
    with pytest.raises(ShapeError, match=r"^linear: input has 8 features \(shape \(2, 8\)\)") as raised:
        Tagger()(ag.ones(2, 8))
    assert "weight has shape (8, 9), which takes 9" in str(raised.value)
    assert str(raised.value).endswith(f"\nin module encoder.1, called at {line('the encoder')}")
    with pytest.raises(ShapeError, match=r"^einsum: label 'j' of 'ij,jk->ik' has size 4 .*\(4, 5\), but 3") as raised:
        ag.einsum("ij,jk->ik", ag.ones(2, 3), ag.ones(4, 5))  # the equation
    assert str(raised.value).endswith(f"\nat {line('the equation')}")
    with pytest.raises(ShapeError, match=r"^add: .*input \(2, 3\) and other \(2,\).* at dim -1 \(size 2 against 3\)"):
        ag.ones(2, 3) + ag.ones(2)


def test_the_healthy_case_says_nothing() -> None:
    """A script without these faults: no warning, no finding."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
        optimizer = optim.SGD(model.parameters(), lr=0.05)
        x = ag.randn(32, 4)
        loss = F.mse_loss(model(x), x.sum(1, keepdim=True))
        with ag.autograd.detect_anomaly():
            loss.backward()
        assert not ag.doctor(model, lambda: F.mse_loss(model(x), x.sum(1, keepdim=True)), optimizer)
        optimizer.step()
