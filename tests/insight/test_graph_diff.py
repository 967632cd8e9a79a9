"""``Graph.diff``: what was added, removed and changed."""

from __future__ import annotations

import pytest

import autograd_core as ag
import nn
from tests.insight.graph_models import MLP, Tower
from tests.insight.test_graph import one


def changes(graph):
    return {v.title: v.change for v in graph.vertices.values() if v.change}


def traced(model, *shape):
    return ag.graph(model, ag.ones(*shape), name=type(model).__name__)


def test_the_same_has_no_difference():
    first, second = traced(MLP(), 2, 6), traced(MLP(), 2, 6)
    diff = first.diff(second)
    assert changes(diff) == {}
    assert not any(edge.change for edge in diff.edges)
    assert diff.notes == ["compared with 'MLP': no difference"]
    assert diff.vertices.keys() == second.vertices.keys()


def test_an_operation_in_place_of_another():
    first = traced(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)), 5, 3)
    second = traced(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), 5, 3)
    diff = first.diff(second)
    assert changes(diff) == {"tanh": "removed", "relu": "added"}
    assert diff.notes == ["compared with 'Sequential': 1 added, 1 removed; arrows that differ: 4"]
    removed = {(edge.source, edge.target) for edge in diff.edges if edge.change == "removed"}
    (tanh,) = (key for key, vertex in diff.vertices.items() if vertex.change == "removed")
    assert len(removed) == 2
    assert all(tanh in edge for edge in removed)


def test_another_width_is_a_change():
    diff = traced(MLP(5), 2, 6).diff(traced(MLP(7), 2, 6))
    assert set(changes(diff).values()) == {"changed"}
    assert one(diff, "fc1.weight").note == "shape 5 × 6 → 7 × 6"
    assert one(diff, "tanh").note == "shape 2 × 5 → 2 × 7, keeps 40 B → 56 B"
    assert "fc2.bias" not in changes(diff)


def test_dtypes_are_compared():
    x = ag.ones(2, requires_grad=True)
    first, second = ag.graph(x.exp()), ag.graph(x.double().exp())
    diff = first.diff(second)
    assert changes(diff) == {"cast": "added", "exp": "changed"}
    assert one(diff, "exp").note == "dtype float32 → float64, keeps 8 B → 16 B"


def test_more_blocks():
    diff = traced(Tower(2), 3, 4).diff(traced(Tower(4), 3, 4))
    assert {title for title in changes(diff) if "layers.3" in title} == {
        "layers.3.inner.weight", "layers.3.inner.bias",
    }  # fmt: skip
    assert "added" in diff.notes[0]
    assert "removed" not in changes(diff).values()


def test_a_long_chain_is_compared_by_place():
    x = ag.ones(2, requires_grad=True)

    def chain(odd):
        y = x
        for i in range(3000):
            y = y.tanh() if (i % 3 == 0) == odd else y.sin()
        return y

    assert "no difference" in ag.graph(chain(True)).diff(ag.graph(chain(True))).notes[0]
    assert "added" in ag.graph(chain(True)).diff(ag.graph(chain(False))).notes[0]


def test_views_show_what_changed():
    first = traced(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)), 5, 3)
    second = traced(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), 5, 3)
    diff = first.diff(second)
    assert "+ n4 = relu(+x=n3)" in diff.text()
    assert "− old_n4 = tanh(−x=n3)" in diff.text()
    source = diff.dot().source
    assert "+ relu" in source
    assert "− tanh" in source
    assert 'color="#B91C1C"' in source
    assert " ==> " in diff.mermaid()
    assert '["#43; relu<br/>' in diff.mermaid()
    assert {"class old_n4 operation", "class old_n4 removed"} <= {line.strip() for line in diff.mermaid().split("\n")}
    assert "~ 0  Linear" not in diff.text(depth=1)
    assert "+ 1  ReLU" in diff.text(depth=1)


def test_a_closed_module_with_a_change_inside_is_changed():
    first, second = traced(Tower(3), 3, 4), traced(Tower(3, ag.sin), 3, 4)
    closed = first.diff(second).folded(depth=1)
    assert {v.title: v.change for v in closed.vertices.values() if v.change}["layers.0  Block"] == "changed"
    assert {v.title: v.change for v in closed.vertices.values()}["first  Linear"] == ""


@pytest.mark.parametrize("view", ["dot", "mermaid", "text", "html"])
def test_all_views_take_a_diff(view):
    assert getattr(traced(MLP(5), 2, 6).diff(traced(MLP(7), 2, 6)), view)()
