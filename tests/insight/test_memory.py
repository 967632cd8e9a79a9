"""``ag.memory_report``: every byte once, by its holder, and what grew."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core.insight.usage.extents import Block
from autograd_core.insight.usage.memory import MemoryReport


@pytest.fixture(autouse=True)
def before() -> Iterator[MemoryReport]:
    """What other tests left is no part of these."""
    gc.collect()
    yield ag.memory_report()


def grown(before: MemoryReport, **options: Any) -> MemoryReport:
    return ag.memory_report(**options).diff(before)


def kinds(report: MemoryReport) -> dict[str, int]:
    return {kind: nbytes for kind, nbytes in report.by_kind().items() if nbytes}


def test_python_can_list_tensors_and_nodes() -> None:
    x = ag.ones(3, requires_grad=True)
    y = x * 2
    with ag.no_grad():
        z = x * 2
    listed = {id(thing) for thing in gc.get_objects()}
    assert {id(thing) for thing in (x, y, z, x._node, y._node)} <= listed


def test_a_tensor_is_found_and_when_it_dies_it_is_gone(before: MemoryReport) -> None:
    x = ag.ones(100)
    report = grown(before)
    assert kinds(report) == {"tensor": 400} and report.nbytes == 400
    (row,) = report.rows
    assert (row.name, row.line, row.module, row.device) == ("100 float32", "made outside a graph", "", "cpu")
    del x
    assert grown(before).rows == []


def test_a_report_holds_nothing() -> None:
    x = ag.ones(3, requires_grad=True)
    alive = weakref.ref(x)
    node = weakref.ref(y := x.exp())
    report = ag.memory_report()
    del x, y
    assert alive() is None and node() is None
    assert "memory: " in str(report)


def test_members_gradients_and_state_are_named() -> None:
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8))
    optimizer = optim.Adam(net.parameters())
    net(ag.ones(5, 4)).sum().backward()
    optimizer.step()
    report = ag.memory_report(net, optimizer)
    named = {(r.kind, r.name): r for r in report.rows}
    weight = 4 * 8 * 4
    assert named["parameter", "0.weight"].nbytes == weight
    assert named["gradient", "0.weight"].nbytes == weight
    assert named["optimizer state", "exp_avg of 0.weight"].nbytes == weight
    assert named["optimizer state", "exp_avg of 0.weight"].line == "Adam"
    assert named["buffer", "1.running_mean"].nbytes == 8 * 4
    assert named["parameter", "0.weight"].module == "Sequential.0"
    assert report.by_module()["Sequential.0"] == 4 * (weight + 8 * 4) + 2 * 4  # and the numbers of steps


def test_without_a_model_parameters_are_known_by_their_shape(before: MemoryReport) -> None:
    layer, leaf = nn.Linear(4, 8), ag.ones(3, requires_grad=True)
    report = grown(before)
    assert {(r.kind, r.name) for r in report.rows} == {
        ("parameter", "8 × 4 float32"), ("parameter", "8 float32"), ("leaf", "3 float32")
    }  # fmt: skip
    del layer, leaf


def test_memory_of_views_counts_once(before: MemoryReport) -> None:
    x = ag.ones(10, 10)
    views = [x[i] for i in range(10)] + [x.t(), x.detach(), x.data, x.reshape(100)]
    report = grown(before)
    assert report.nbytes == 400 and len(views) == 14
    del x, views
    assert grown(before).rows == []


def test_a_view_that_runs_backwards_or_in_steps_counts_what_it_spans(before: MemoryReport) -> None:
    memory = np.zeros(100, np.float32)
    ends = [ag.from_numpy(memory[i::10]) for i in (0, 5)]
    assert kinds(grown(before)) == {"tensor": (91 + 5) * 4, "rest": 4 * 4}
    del ends


def test_what_a_view_keeps_of_memory_that_nobody_looks_at_is_told(before: MemoryReport) -> None:
    small = ag.from_numpy(np.ones((100, 10), np.float32)[5])
    report = grown(before)
    assert kinds(report) == {"tensor": 40, "rest": 3960}
    assert "rest of memory of which a view is alive" in str(report)
    del small


def test_what_rules_saved_is_theirs_with_the_line(before: MemoryReport) -> None:
    x = ag.ones(100, requires_grad=True)
    y = x.exp().sum()
    report = grown(before)
    assert kinds(report) == {"leaf": 400, "saved": 400, "tensor": 4}
    (row,) = [r for r in report.rows if r.kind == "saved"]
    assert row.name == "exp keeps y" and row.line.endswith("y = x.exp().sum()")
    y.backward()
    assert kinds(grown(before)) == {"leaf": 400, "gradient": 400, "tensor": 4}


def test_a_saved_parameter_is_a_parameter_and_a_list_of_saved_arrays_is_seen(before: MemoryReport) -> None:
    a, b = (ag.ones(50, requires_grad=True) for _ in range(2))
    c = a * b
    assert kinds(grown(before)) == {"leaf": 400, "tensor": 200}
    del c


def test_graphs_are_told_apart_by_the_line_of_their_newest_operation(before: MemoryReport) -> None:
    x = ag.ones(100, requires_grad=True)
    losses = []
    for _ in range(5):
        losses.append(x.exp().sum())
    other = x.sin()
    report = grown(before)
    graphs = {g.operation: g for g in report.graphs}
    assert graphs.keys() == {"sum", "sin"}
    assert (graphs["sum"].count, graphs["sum"].operations, graphs["sum"].tensors) == (5, 10, 5)
    assert graphs["sum"].nbytes == 2000 and graphs["sum"].line.endswith("losses.append(x.exp().sum())")
    assert graphs["sin"].nbytes == 0  # what it keeps is the leaf itself
    assert sum(g.nbytes for g in report.graphs) == report.by_kind()["saved"]
    del other


def test_two_ends_of_one_graph_are_one(before: MemoryReport) -> None:
    x = ag.ones(3, requires_grad=True)
    h = x.exp()
    ends = [h.sum(), h.mean()]
    (graph,) = grown(before).graphs
    assert (graph.count, graph.operations, graph.tensors, graph.operation) == (1, 3, 3, "mean")
    values, indices = x.max(0)
    assert {g.operation: g.operations for g in grown(before).graphs}.get("mean") == 3
    del ends, values, indices


def test_several_outputs_are_one_operation(before: MemoryReport) -> None:
    parts = ag.linalg.eigh((ag.eye(3) * 2).requires_grad_())
    (graph,) = grown(before).graphs
    assert (graph.operations, graph.tensors) == (1, 2) and "eigh" in graph.operation
    del parts


def test_a_leak_is_what_grew() -> None:
    net, kept = nn.Linear(4, 1), []

    def step() -> None:
        kept.append(net(ag.ones(8, 4)).square().mean())

    step()
    first = ag.memory_report(net)
    for _ in range(3):
        step()
    growth = ag.memory_report(net).diff(first)
    assert growth.graphs[0].count == 3 and growth.graphs[0].line.endswith("square().mean())")
    text = str(growth)
    assert text.startswith("memory: +") and "+3 live graphs" in text and "kept.append" in text
    kept.clear()
    shrunk = str(ag.memory_report(net).diff(first))
    assert shrunk.startswith("memory: -") and "-1 live graphs" in shrunk


def test_nothing_grew() -> None:
    report = ag.memory_report()
    assert str(report.diff(report)) == "memory: nothing has changed"


def test_a_long_chain_is_counted(before: MemoryReport) -> None:
    y = ag.tensor(1.0, requires_grad=True)
    for _ in range(20_000):
        y = y + 1.0
    (graph,) = grown(before).graphs
    assert graph.operations == 20_000 and graph.nbytes == 0


def test_what_threads_make_meanwhile_does_no_harm() -> None:
    stop = threading.Event()
    x = ag.ones(3, requires_grad=True)

    def work() -> None:
        while not stop.is_set():
            x.exp().sin().sum().backward(inputs=[x])

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert all(ag.memory_report().nbytes > 0 for _ in range(10))
    finally:
        stop.set()
        thread.join()


def test_transforms_and_half_precision_and_complex_numbers(before: MemoryReport) -> None:
    def look(x: ag.Tensor) -> ag.Tensor:
        assert ag.memory_report().nbytes > 0
        return (x * x).sum()

    ag.vmap(look)(ag.ones(3, 4))
    half = ag.ones(10, dtype=ag.bfloat16)
    both = half.data
    wave = ag.ones(10, dtype=ag.complex64, requires_grad=True).exp()
    assert grown(before).nbytes == 20 + 80
    del both, wave


def test_the_gpu_counts_by_itself(before: MemoryReport, cuda: Any) -> None:
    x = ag.ones(10, 10, device="cuda", requires_grad=True)
    y = x[2].exp()
    report = grown(before)
    assert report.by_device() == {"cuda:0": 440}
    assert kinds(report) == {"leaf": 400, "saved": 40}
    assert "on cuda:0" in str(report)
    del y


def test_a_table_says_how_many_rows_it_leaves_out() -> None:
    tensors = [ag.ones(n) for n in range(1, 30)]
    lines = ag.memory_report().table(5).splitlines()
    assert lines[0].split() == ["bytes", "count", "kind", "what", "module", "line"]
    assert lines[6].startswith("… and ") and lines[6].endswith(" more")
    assert "… and" not in ag.memory_report().table(-1)
    del tensors


def test_what_is_no_module_or_optimizer_is_refused() -> None:
    with pytest.raises(TypeError, match="memory_report: got Adam; wanted a Module, or a list of them"):
        ag.memory_report(optim.Adam([ag.ones(1, requires_grad=True)]))
    with pytest.raises(TypeError, match="memory_report: got Linear; wanted an optimizer"):
        ag.memory_report(optimizer=[nn.Linear(1, 1)])


def test_bytes_are_claimed_once() -> None:
    block = Block(1000)
    assert [block.claim(*part) for part in [(10, 20), (30, 40), (15, 35), (0, 50), (0, 50)]] == [10, 10, 10, 20, 0]
    assert block.claimed == 50 and block.edges == [0, 50]


def test_lazy_parameters_hold_nothing_yet() -> None:
    lazy = nn.LazyLinear(3)
    assert not [row for row in ag.memory_report(lazy).rows if row.name in ("weight", "bias")]
    lazy(ag.ones(2, 4))
    assert {"weight", "bias"} <= {row.name for row in ag.memory_report(lazy).rows if row.kind == "parameter"}
