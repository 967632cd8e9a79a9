"""What ``ag.graph`` measures: values, gradients, times; and what it leaves as it was."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.insight.graphs.graph import Stats
from tests.insight.graph_models import MLP, Tower
from tests.insight.test_graph import one

# statistics


def test_statistics_of_an_array():
    stats = Stats.of(np.array([[1.0, -3.0], [0.0, 2.0]], np.float32))
    assert (stats.mean, stats.min, stats.max, stats.norm) == (0.0, -3.0, 2.0, math.sqrt(14))
    assert stats.std == pytest.approx(math.sqrt(3.5))
    assert (stats.zeros, stats.nans, stats.infs, stats.size) == (1, 0, 0, 4)
    assert str(stats) == "mean 0, std 1.87, from -3 to 2, norm 3.74, 1 zeros"


def test_statistics_are_over_what_is_finite():
    stats = Stats.of(np.array([np.nan, np.inf, -np.inf, 3.0, 4.0]))
    assert (stats.mean, stats.norm, stats.nans, stats.infs) == (3.5, 5.0, 1, 2)
    assert "1 NaN, 2 Inf" in str(stats)
    assert math.isnan(Stats.of(np.array([np.nan])).mean)


@pytest.mark.parametrize("dtype", ["bool", "int64", "uint8", "float16", "complex64"])
def test_statistics_of_every_kind(dtype):
    assert Stats.of(np.array([0, 1, 1], dtype)).norm == pytest.approx(math.sqrt(2))
    assert Stats.of(np.zeros((0, 2), dtype)).norm == 0.0
    assert math.isnan(Stats.of(np.zeros((0, 2), dtype)).mean)


# gradients


def test_gradients_are_those_of_backward():
    model = MLP()
    loss = (model(ag.randn(4, 6)) ** 2).sum()
    graph = ag.graph(loss, gradients=True)
    assert all(p.grad is None for p in model.parameters())
    loss.backward()  # the graph is whole
    for name, parameter in model.named_parameters():
        gradient = one(graph, name).gradient
        assert gradient.norm == pytest.approx(float(parameter.grad.norm()), rel=1e-5)
        assert gradient.size == parameter.numel()
    assert one(graph, "loss = sum").gradient.mean == 1


def test_nobodys_grad_changes():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    hidden = x * 3
    hidden.retain_grad()
    x.grad = ag.tensor([5.0, 5.0])
    graph = ag.graph(hidden.sum(), gradients=True, timed=True)
    assert x.grad.tolist() == [5.0, 5.0]
    assert hidden.grad is None
    assert one(graph, "x").gradient.mean == 3


def test_hooks_take_part():
    x = ag.ones(2, requires_grad=True)
    hidden = x * 3
    hidden.register_hook(lambda g: g * 10)
    graph = ag.graph(hidden.sum(), gradients=True)
    assert one(graph, "x").gradient.mean == 30


def test_what_was_not_computed_is_none():
    x, unused = ag.ones(2, requires_grad=True), ag.ones(2)
    graph = ag.graph((x * unused).sum(), inputs={"unused": unused}, gradients=True)
    assert one(graph, "unused").gradient is None
    assert "gradient not computed" in graph.dot(colour="gradient").source
    zero = ag.graph((x * 0).sum(), gradients=True)
    assert one(zero, "x").gradient.norm == 0
    assert "gradient 0" in zero.dot(colour="gradient").source


def test_bad_gradients_are_shown_as_such():
    x = ag.zeros(2, requires_grad=True)
    graph = ag.graph(ag.sqrt(x).sum(), gradients=True)
    assert one(graph, "x").gradient.infs == 2
    assert "gradient with 0 NaN, 2 Inf" in graph.dot(colour="gradient").source


def test_gradients_of_several_outputs_and_roots():
    x = ag.randn(3, 2, requires_grad=True)
    q, r = ag.linalg.qr(x)
    graph = ag.graph([q.sum(), (r * r).sum()], gradients=True)
    assert one(graph, "qr").gradient.mean == 1  # of its first output
    assert one(graph, "x").gradient is not None


# values


def test_values_at_hand():
    x = ag.tensor([1.0, 4.0], requires_grad=True)
    root = ag.sqrt(x)  # keeps its result
    total = (root + 1).sum()  # add keeps nothing
    graph = ag.graph(total, values=True)
    assert one(graph, "x").value.max == 4
    assert one(graph, "root = sqrt").value.max == 2
    assert one(graph, "add").value is None
    assert one(graph, "total = sum").value.mean == 5


def test_all_values_of_a_run():
    graph = ag.graph(lambda x: (x.sqrt() + 1).sum(), ag.tensor([1.0, 4.0]), values=True)
    assert [vertex.value.max for vertex in graph.vertices.values()] == [4, 2, 3, 5]


# times


def test_times_of_a_run():
    model = MLP()
    graph = ag.graph(lambda x: model(x).sum(), ag.ones(2, 6), timed=True)
    assert all(0 < vertex.forward_seconds < 60 for vertex in graph.operations)
    assert all(0 < vertex.backward_seconds < 60 for vertex in graph.operations)
    assert all(vertex.forward_seconds is None for vertex in graph.parameters)
    assert all(p.grad is None for p in model.parameters())


def test_times_of_tensors_are_backward_alone():
    x = ag.ones(2, requires_grad=True)
    graph = ag.graph((x * 2).sum(), timed=True)
    assert all(v.forward_seconds is None and v.backward_seconds is not None for v in graph.operations)
    assert ag.graph(x * 2, timed=True).operations[0].backward_seconds is None  # no scalar, no backward pass


# what is folded


def test_measures_of_repeats_and_modules_are_summed():
    x = ag.ones(3, 4)
    model = Tower(6)
    loss = model(x).sum()
    graph = ag.graph(loss, gradients=True, timed=True)
    total = sum(vertex.saved_bytes for vertex in graph.operations)
    for short in (graph.folded(depth=None), graph.folded(depth=1), graph.folded(depth=0), graph.folded(repeats=False)):
        assert sum(vertex.saved_bytes for vertex in short.operations) == total
        assert sum(v.backward_seconds for v in short.operations) == pytest.approx(
            sum(v.backward_seconds for v in graph.operations)
        )
    assert "the rest are sums" in graph.folded(depth=None).notes[-1]
    box = graph.folded(depth=0).vertices["m1"]
    assert (box.kind, box.operation, box.size) == ("module", "Tower", sum(p.numel() for p in model.parameters()))
    assert box.gradient.mean == 1


# overlays


def test_overlays_colour_by_what_was_measured():
    model = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 1))
    graph = ag.graph(lambda x: model(x).sum(), ag.ones(3, 4), gradients=True, timed=True)
    memory = graph.dot(colour="memory").source
    assert "colour and height: bytes kept for backward, from 48 B (pale) to 80 B (dark)" in memory
    assert "keeps 60 B" in memory
    assert "colour: norm of the gradient, from" in graph.dot(colour="gradient").source
    assert "colour: time, from" in graph.dot(colour="time").source
    assert "s (dark)" in graph.dot(colour="time").source


def test_overlays_say_what_is_missing():
    x = ag.ones(2, requires_grad=True)
    y = ag.exp(x).sum()
    assert "nothing was computed (graph(..., gradients=True))" in ag.graph(y).dot(colour="gradient").source
    assert "nothing was computed (graph(model, x, timed=True))" in ag.graph(y).dot(colour="time").source
    y.backward()
    assert "memory let go of" in ag.graph(y).dot(colour="memory").source
    with pytest.raises(ValueError, match="argument colour: got 'size'; wanted 'gradient', 'memory', 'time' or None"):
        ag.graph(y).dot(colour="size")


# on a GPU


def test_measures_on_a_gpu(cuda):
    model = MLP().to("cuda")
    graph = ag.graph(lambda x: model(x).sum(), ag.ones(2, 6, device="cuda"), gradients=True, values=True, timed=True)
    assert {vertex.device for vertex in graph.vertices.values()} == {"cuda:0"}
    assert all(vertex.gradient is not None for vertex in graph.operations)
    assert all(vertex.value is not None for vertex in graph.vertices.values())
