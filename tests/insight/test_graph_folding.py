"""Graphs made shorter: repeated blocks, closed modules, the cap, a part."""

from __future__ import annotations

import random
import time

import pytest

import autograd_core as ag
import nn
import nn.functional as F
from tests.insight.graph_models import MLP, ResNet18, Tower
from tests.insight.test_graph import arrows, one, titles


def calls(graph):
    """Return the titles of the calls that are open, in order."""
    return list(dict.fromkeys(call.title for v in graph.vertices.values() for call in v.modules))


# repeated blocks


def test_equal_blocks_in_a_row_are_shown_once():
    model = Tower(12)
    graph = ag.graph(model(ag.ones(3, 4)).sum(), model=model)
    short = graph.folded(depth=None)
    assert "layers.0  Block  ×12" in calls(short)
    assert not any("layers.1" in title for title in calls(short))
    assert len(graph.operations) == 12 * 3 + 3
    assert len(short.operations) == 3 + 3
    assert "layers.0.inner.weight" in titles(short, "parameter")
    assert ("add", "linear", "x") in arrows(short)  # out of the last block
    assert [edge.argument for edge in short.edges if edge.again] == ["x", "a"]  # into the next one
    assert graph.folded(depth=None, repeats=False).vertices == graph.vertices


def test_blocks_of_other_structure_stay():
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 5), nn.Linear(5, 4), nn.Linear(4, 4))
    short = ag.graph(model(ag.ones(2, 4)).sum()).folded(depth=None)
    assert calls(short) == ["Sequential", "0  Linear  ×2", "2  Linear", "3  Linear", "4  Linear"]


def test_blocks_of_other_wiring_stay():
    first, second, third = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3)
    x = ag.ones(2, 3, requires_grad=True)
    a = first(x)
    skipping = second(a)
    y = third(skipping + a)
    assert not any("×" in title for title in calls(ag.graph(y.sum()).folded()))


def test_blocks_side_by_side_are_shown_once():
    heads = nn.ModuleList(nn.Linear(3, 3) for _ in range(4))
    x = ag.ones(2, 3, requires_grad=True)
    short = ag.graph(ag.cat([head(x) for head in heads]).sum()).folded()
    assert calls(short) == ["Linear  ×4"]
    assert not any(edge.again for edge in short.edges)


def test_operations_side_by_side_may_differ_and_stay():
    x = ag.ones(6, 3, requires_grad=True)
    short = ag.graph(ag.cat([x[0:2], x[2:4], x[4:6]]).sum()).folded()
    assert titles(short) == ["getitem"] * 3 + ["cat", "sum"]


def test_a_plain_loop_of_one_operation():
    x = ag.ones(2, requires_grad=True)
    y = x
    for _ in range(10):
        y = ag.tanh(y)
    total = y.sum()
    del y
    short = ag.graph(total).folded()
    assert titles(short) == ["tanh  ×10", "total = sum"]
    assert arrows(short) == {("x", "tanh  ×10", "x"), ("tanh  ×10", "total = sum", "x")}


def test_a_loop_of_several_operations_is_a_box():
    w, xs, h = ag.randn(4, 4, requires_grad=True), ag.randn(20, 3, 4), ag.zeros(3, 4)
    for t in range(20):
        h = ag.tanh(xs[t] @ w + h @ w)
    graph = ag.graph(h.sum(), inputs={"xs": xs})
    del h
    short = graph.folded()
    assert calls(short) == ["×20"]
    assert [vertex.operation for vertex in short.operations] == ["matmul", "matmul", "add", "tanh", "sum"]
    (again,) = (edge for edge in short.edges if edge.again)
    assert (short.vertices[again.source].operation, again.argument) == ("tanh", "a")
    assert "a=n5 of the last round" in graph.text()
    assert "-.->" in graph.mermaid()


def test_two_of_an_operation_are_no_repeat():
    x = ag.ones(2, requires_grad=True)
    total = ag.exp(ag.exp(x)).sum()
    short = ag.graph(total).folded()
    assert titles(short) == ["exp", "exp", "total = sum"]


def test_repeats_inside_of_repeats():
    model = nn.Sequential(*[nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.Tanh()) for _ in range(4)])
    short = ag.graph(model(ag.ones(2, 3)).sum()).folded(depth=None)
    assert calls(short) == ["Sequential", "0  Sequential  ×4", "0.0  Linear  ×2", "0.2  Tanh"]
    places = {key: i for i, key in enumerate(short.vertices)}
    assert all(places[edge.source] < places[edge.target] for edge in short.edges if not edge.again)


# closed modules


@pytest.mark.parametrize(
    ("depth", "open_calls", "operations"),
    [
        (0, [], ["MLP", "sum"]),
        (1, ["MLP"], ["fc1  Linear", "tanh", "fc2  Linear", "sum"]),
        (2, ["MLP", "fc1  Linear", "fc2  Linear"], ["linear", "tanh", "linear", "sum"]),
    ],
)
def test_modules_beyond_a_depth_are_one_vertex(depth, open_calls, operations):
    model = MLP()
    short = ag.graph(model(ag.ones(2, 6)).sum(), model=model).folded(depth=depth)
    assert calls(short) == open_calls
    assert [vertex.title for vertex in short.operations] == operations
    note = [f"modules are open to depth {depth} of 2; depth={depth + 1} shows more"]
    assert short.notes == (note if depth < 2 else [])


def test_a_closed_module_has_the_shape_of_what_leaves_it():
    model = MLP()
    graph = ag.graph(model(ag.ones(2, 6)).sum(), model=model)
    box = one(graph.folded(depth=1), "fc1  Linear")
    assert (box.shapes, box.size, box.note, box.saved_bytes) == (((2, 5),), 35, "linear", 48)
    assert one(graph.folded(depth=0), "MLP").note == "3 operations"


def test_a_resnet_folds_to_a_page():
    model, x = ResNet18(), ag.randn(2, 3, 32, 32)
    loss = F.cross_entropy(model(x), ag.tensor([1, 2]))
    graph = ag.graph(loss, model=model, inputs={"x": x})
    assert (len(graph.operations), len(graph.parameters)) == (70, 62)
    short = graph.folded()
    assert [vertex.title for vertex in short.operations] == [
        "conv1  Conv2d", "bn1  BatchNorm2d", "relu  ReLU", "maxpool  MaxPool2d", "layer1.0  BasicBlock  ×2",
        "layer2.0  BasicBlock", "layer2.1  BasicBlock", "layer3.0  BasicBlock", "layer3.1  BasicBlock",
        "layer4.0  BasicBlock", "layer4.1  BasicBlock", "avgpool  AdaptiveAvgPool2d", "reshape", "fc  Linear",
        "loss = cross_entropy",
    ]  # fmt: skip
    assert short.notes == ["modules are open to depth 2 of 5; depth=3 shows more"]
    assert graph.dot().source.count("->") == len(short.edges) == 15


def test_small_graphs_are_open():
    model = MLP()
    assert ag.graph(model(ag.ones(2, 6)).sum()).folded().notes == []


# the cap


def test_the_cap_says_what_it_left_out():
    x = ag.ones(2, requires_grad=True)
    y = x
    for i in range(30):
        y = ag.tanh(y) if i % 3 else y * x
    graph = ag.graph(y, name="chain")
    short = graph.folded(repeats=False, max_nodes=5)
    assert (len(short.operations), short.hidden) == (5, 25)
    assert short.vertices["hidden"].title == "25 earlier operations"
    assert "25 earlier operations" in graph.dot(repeats=False, max_nodes=5).source
    assert "... 25 earlier operations, not drawn (max_nodes)" in graph.text(repeats=False, max_nodes=5)
    assert "25 earlier operations" in graph.mermaid(repeats=False, max_nodes=5)
    assert graph.folded(repeats=False, max_nodes=None).hidden == 0


@pytest.mark.parametrize("options", [{"depth": -1}, {"depth": "all"}, {"depth": 1.5}, {"max_nodes": 0}])
def test_wrong_options(options):
    graph = ag.graph(ag.ones(2, requires_grad=True).sum())
    with pytest.raises(ValueError, match=f"graph: argument {next(iter(options))}: got"):
        graph.folded(**options)


# large graphs


def test_ten_thousand_modules_build_and_fold_in_seconds():
    model = nn.Sequential(*[nn.Sequential(nn.Linear(2, 2), nn.ReLU()) for _ in range(5000)])
    total = model(ag.ones(1, 2)).sum()
    began = time.perf_counter()
    graph = ag.graph(total, model=model)
    source = graph.dot().source
    assert time.perf_counter() - began < 20  # 2 on a quiet machine
    assert len(graph.operations) == 10_001
    assert "×5000" in source
    assert len(source) < 5000


def test_ten_thousand_different_operations_build_and_are_cut():
    x = ag.ones(2, requires_grad=True)
    steps = [ag.tanh, ag.sin, ag.cos, lambda v: v * x, lambda v: v + 1]
    y, number = x, 1
    for _ in range(10_000):
        number = number * 48271 % 2147483647
        y = steps[number % 5](y)
    began = time.perf_counter()
    drawing = ag.graph(y).dot()
    assert time.perf_counter() - began < 20  # 2 on a quiet machine
    assert "earlier operations" in drawing.source


# a part


def test_inside_of_a_module():
    model = ResNet18()
    graph = ag.graph(model, ag.randn(2, 3, 32, 32)).inside("layer2.0")
    assert graph.name == "ResNet18: layer2.0"
    assert titles(graph) == ["conv", "normalize", "relu", "conv", "normalize", "conv", "normalize", "add", "relu"]
    (entering,) = (vertex for vertex in graph.vertices.values() if vertex.kind == "input")
    assert entering.title == "relu"
    assert [vertex.operation for vertex in graph.vertices.values() if vertex.output] == ["relu"]
    assert calls(graph)[0] == "layer2.0  BasicBlock"
    with pytest.raises(KeyError, match="no module 'layer9' ran; there are ResNet18, conv1"):
        ag.graph(model, ag.randn(2, 3, 32, 32)).inside("layer9")


# whatever the graph


class Mixed(nn.Module):
    """A tree of layers, each applied some times in one of several ways."""

    def __init__(self, rng, depth):
        super().__init__()
        self.kids = nn.ModuleList(
            Mixed(rng, depth - 1) if depth and rng.random() < 0.5 else nn.Linear(3, 3) for _ in range(rng.randint(1, 3))
        )
        self.ways = [(rng.choice(["plain", "residual", "gated"]), rng.randint(1, 4)) for _ in self.kids]

    def forward(self, x):
        first = x
        for kid, (way, times) in zip(self.kids, self.ways, strict=True):
            for _ in range(times):
                x = kid(x) if way == "plain" else x + kid(x) if way == "residual" else ag.sigmoid(kid(x)) * first
        return x


@pytest.mark.parametrize("seed", range(12))
def test_folding_keeps_order_and_sums(seed):
    model, x = Mixed(random.Random(seed), 2), ag.ones(2, 3)
    graph = ag.graph(model, x) if seed % 2 else ag.graph(model(x).sum(), model=model, inputs={"x": x})
    kept, count = sum(vertex.saved_bytes for vertex in graph.operations), len(graph.operations)
    for depth in (None, "auto", 0, 1, 2):
        short = graph.folded(depth, max_nodes=None)
        places = {key: i for i, key in enumerate(short.vertices)}
        assert all(places[edge.source] < places[edge.target] for edge in short.edges if not edge.again)
        assert sum(vertex.saved_bytes for vertex in short.operations) == kept
        assert sum(vertex.count for vertex in short.operations) == count
        both = short.only("both")
        assert all(edge.source in both.vertices and edge.target in both.vertices for edge in both.edges)
        assert graph.dot("both", depth=depth).source
