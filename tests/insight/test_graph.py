"""``ag.graph``: what is in the data, of tensors, modules, functions and programs."""

from __future__ import annotations

import gc
import pickle
import weakref

import pytest

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core.errors import DTypeError, GraphError
from tests.insight.graph_models import MLP


def titles(graph, kind="operation"):
    return [vertex.title for vertex in graph.vertices.values() if vertex.kind == kind]


def one(graph, title):
    (vertex,) = (v for v in graph.vertices.values() if v.title == title)
    return vertex


def arrows(graph):
    named = {key: vertex.title for key, vertex in graph.vertices.items()}
    return {(named[edge.source], named[edge.target], edge.argument) for edge in graph.edges}


@pytest.fixture
def model():
    return MLP()


# of tensors


def test_operations_tensors_and_arrows(model):
    x, target = ag.ones(4, 6), ag.tensor([0, 1, 2, 0])
    loss = F.cross_entropy(model(x), target)
    graph = ag.graph(loss, model=model, inputs={"x": x, "target": target})
    assert isinstance(graph, ag.Graph)
    assert titles(graph) == ["linear", "tanh", "linear", "loss = cross_entropy"]
    assert titles(graph, "parameter") == ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
    assert titles(graph, "input") == ["x", "target"]
    assert ("x", "linear", "x") in arrows(graph)
    assert ("target", "loss = cross_entropy", "target") in arrows(graph)
    assert [vertex.name for vertex in graph.parameters] == titles(graph, "parameter")
    assert repr(graph) == "<Graph 'backprop graph': 4 operations, 4 parameters>"


def test_every_arrow_leads_to_a_later_vertex(model):
    graph = ag.graph((model(ag.ones(4, 6)) * model(ag.zeros(4, 6))).sum())
    places = {key: i for i, key in enumerate(graph.vertices)}
    assert list(graph.vertices) == [f"n{i}" for i in range(len(graph.vertices))]
    assert all(places[edge.source] < places[edge.target] for edge in graph.edges)


def test_what_is_known_of_an_operation(model):
    y = model(ag.ones(4, 6))
    tanh = one(ag.graph(y), "tanh")
    assert (tanh.shapes, tanh.dtypes, tanh.device) == (((4, 5),), ("float32",), "cpu")
    assert (tanh.saved_bytes, tanh.kept, tanh.freed) == (80, ("4 × 5 float32",), False)
    assert [call.title for call in tanh.modules] == ["MLP"]
    assert "graph_models.py:" in tanh.line
    assert tanh.line.endswith("return self.fc2(ag.tanh(self.fc1(x)))")
    assert (tanh.value, tanh.gradient, tanh.forward_seconds, tanh.backward_seconds) == (None, None, None, None)


def test_modules_and_their_calls(model):
    x = ag.ones(4, 6)
    graph = ag.graph((model(x) + model(x)).sum())
    calls = [vertex.modules[-1].title for vertex in graph.vertices.values() if vertex.operation == "linear"]
    assert calls == ["fc1  Linear", "fc2  Linear", "fc1  Linear, call 2", "fc2  Linear, call 2"]
    assert [call.path for call in one(graph, "fc1.weight").modules] == []  # of both calls


def test_a_freed_graph_has_its_shape_and_no_bytes():
    x = ag.ones(2, requires_grad=True)
    y = ag.exp(x).sum()
    y.backward()
    vertex = one(ag.graph(y), "exp")
    assert (vertex.freed, vertex.saved_bytes) == (True, None)
    with pytest.raises(GraphError, match="exp"):
        ag.graph(y, gradients=True)


def test_several_results_and_outputs():
    x = ag.ones(2, 3, requires_grad=True)
    values, _ = x.max(dim=1)
    graph = ag.graph([values.sum(), values.exp()])
    assert [vertex.output for vertex in graph.vertices.values()] == [False, False, True, True]
    q, r = ag.linalg.qr(ag.randn(3, 2, requires_grad=True))
    assert one(ag.graph((q.sum(), r.sum())), "qr").shapes == ((3, 2), (2, 2))


def test_names_come_from_names_modules_and_variables(model):
    x = ag.ones(2, requires_grad=True)
    hidden = ag.exp(x)
    total = hidden.sum()
    graph = ag.graph(total)
    assert titles(graph) == ["hidden = exp", "total = sum"]
    graph = ag.graph(hidden.sum(), names={"weights": x})
    assert titles(graph, "parameter") == ["weights"]
    assert titles(ag.graph(model(ag.ones(1, 6))), "parameter")[0] == "fc1.weight"
    assert titles(ag.graph(model(ag.ones(1, 6)), model=nn.Sequential(model)), "parameter")[0] == "0.fc1.weight"


def test_a_function_of_the_users_own():
    class Double(ag.autograd.Function):
        @staticmethod
        def forward(ctx, x, factor):
            return x * factor

        @staticmethod
        def backward(ctx, g):
            return g * 2, None

    x = ag.ones(2, requires_grad=True)
    graph = ag.graph(Double.apply(x, 2.0).sum(), gradients=True)
    assert ("x", "Double", "x") in arrows(graph)
    assert one(graph, "x").gradient.mean == 2


def test_a_graph_keeps_nothing_alive():
    x = ag.ones(2, requires_grad=True)
    y = ag.exp(x)
    node = weakref.ref(y._node)
    graph = ag.graph(y, values=True, gradients=False)
    del y
    gc.collect()
    assert node() is None
    assert pickle.loads(pickle.dumps(graph)).text() == graph.text()


# of modules, functions and programs


def test_a_module_with_an_example_shows_what_no_gradient_reaches():
    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(10, 4)
            self.register_buffer("scale", ag.full((4,), 2.0))

        def forward(self, ids, extra):
            return self.embed(ids) * (ids > 2).unsqueeze(-1) * self.scale + extra["b"]

    ids, extra = ag.tensor([[1, 2, 3]]), {"b": ag.ones(4)}
    graph = ag.graph(Masked(), ids, extra)
    assert graph.name == "Masked"
    assert titles(graph, "input") == ["ids", "extra"]
    assert titles(graph, "buffer") == ["scale"]
    assert titles(graph) == ["getitem", "gt", "reshape", "mul", "mul", "add"]
    flows = {edge.argument for edge in graph.edges if edge.gradient}
    assert flows == {"x", "a"}
    assert one(graph, "gt").line.endswith("(ids > 2).unsqueeze(-1) * self.scale + extra[\"b\"]")


def test_a_run_without_gradients_has_a_graph(model):
    with ag.no_grad():
        graph = ag.graph(model, ag.ones(2, 6))
    assert titles(graph) == ["linear", "tanh", "linear"]
    assert not any(edge.gradient for edge in graph.edges)
    assert titles(graph, "parameter") == ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]


def test_a_frozen_weight_shows_where_it_was_kept(model):
    model.fc2.requires_grad_(False)
    graph = ag.graph(model(ag.ones(2, 6)).sum(), model=model)
    assert titles(graph, "parameter") == ["fc1.weight", "fc1.bias", "fc2.weight"]  # a bias is not kept
    assert [edge.argument for edge in graph.edges if not edge.gradient] == ["w"]


def test_lines_are_the_users_where_the_graph_calls_a_container():
    graph = ag.graph(nn.Sequential(nn.Linear(2, 3), nn.ReLU()), ag.ones(1, 2))
    assert all("test_graph.py:" in vertex.line for vertex in graph.operations)


def test_a_function_of_tensors():
    graph = ag.graph(lambda a, b: (a @ b).relu(), ag.ones(2, 3), ag.ones(3, 2))
    assert titles(graph, "input") == ["a", "b"]
    assert titles(graph) == ["matmul", "relu"]


def test_a_program():
    w = nn.Parameter(ag.ones(3, 2))
    program = ag.Program.trace(lambda x: (x @ w).relu().sum(), name="loss")(ag.ones(4, 3))
    graph = ag.graph(program)
    assert (graph.name, graph.hidden) == ("loss", 0)
    assert titles(graph, "input") == ["x"]
    assert [vertex.operation for vertex in graph.operations] == ["matmul", "relu", "sum"]
    assert graph.operations[-1].output
    assert "matmul(x, " in graph.operations[0].line
    assert len(titles(graph.only("backward"), "gradient")) == 5
    assert titles(ag.graph(program, ag.ones(4, 3))) == ["matmul", "relu", "sum"]  # run


def test_a_program_that_updates():
    count = ag.zeros(2)
    program = ag.Program.trace(lambda x: count.add_(x), name="count")(ag.ones(2))
    graph = ag.graph(program)
    assert any(vertex.name.endswith("updated") for vertex in graph.vertices.values())


# bad input


@pytest.mark.parametrize(
    ("args", "options", "error", "match"),
    [
        ((3,), {}, DTypeError, "graph: argument source: got int; wanted a Tensor, or several"),
        (([],), {}, GraphError, "graph: argument source: got no tensors"),
        (([3],), {}, DTypeError, "graph: argument source: got int; wanted a Tensor"),
        ((ag.ones(2),), {}, GraphError, r"got a tensor of shape \(2,\) that requires no grad, so it has no graph"),
        ((nn.Linear(2, 2),), {}, DTypeError, r"got a Linear without an example of its input; wanted graph\(model, x\)"),
        ((lambda: 3,), {}, DTypeError, "graph: <lambda> returned int; wanted a Tensor, or several"),
        (([ag.ones(2)], 3), {}, DTypeError, "graph: got examples for a list; only a Module or a function can"),
        ((ag.ones(2, requires_grad=True),), {"model": 3}, DTypeError, "argument model: got int; wanted a Module"),
        ((ag.ones(2, requires_grad=True),), {"inputs": {"x": 3}}, DTypeError, "names: 'x' is int; wanted a Tensor"),
        ((ag.ones(2, requires_grad=True),), {"gradients": True}, GraphError, "graph: grad can be implicitly created"),
    ],
)
def test_wrong_arguments(args, options, error, match):
    with pytest.raises(error, match=match):
        ag.graph(*args, **options)
