"""Graphs whose pages the tests open, and questions to an open page about its layout."""

from __future__ import annotations

import random

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core.insight.graphs.graph import Call, Edge, Graph, Vertex

OVERLAPS = """(() => {
  const boxes = page.tree.visible.map((item) => item.element.querySelector('rect:not(.behind)').getBBox());
  const over = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
  return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => over(a, b))).length;
})()"""
OUTSIDE = """page.tree.visible.filter((item) => {
  const group = item.parent, box = group.box, at = item.element.querySelector('rect:not(.behind)').getBBox();
  return group.parent && (at.x < group.x - box.left || at.x + at.width > group.x + box.right
    || at.y < group.y || at.y + at.height > group.y + box.height);
}).length"""
LOOSE = """page.tree.wires.filter((wire) => {
  const near = ([x, y], item) => {
    const at = item.element.querySelector('rect:not(.behind)').getBBox();
    return x > at.x - 3 && x < at.x + at.width + 3 && y > at.y - 3 && y < at.y + at.height + 8;
  };
  return !near(wire.points[0], wire.source) || !near(wire.points.at(-1), wire.target);
}).length"""


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn = nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 4, 1)

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        return (self.conv2(x) + self.bn(self.conv1(x))).relu()


def residual(blocks: int = 3) -> Graph:
    model = nn.Sequential(*(Block() for _ in range(blocks)))
    return ag.graph(model(ag.randn(2, 4, 6, 6)).mean(), model=model, name="residual", gradients=True)


def perceptron() -> Graph:
    model = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
    loss = F.cross_entropy(model(ag.randn(4, 6)), ag.randint(0, 3, (4,)))
    return ag.graph(loss, model=model, name="a perceptron", gradients=True)


def attention() -> Graph:
    model = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    return ag.graph(model(ag.randn(2, 5, 16)).sum(), model=model, name="attention")


def unrolled() -> Graph:
    cell, h = nn.RNNCell(3, 4), ag.zeros(2, 4)
    for _ in range(4):
        h = cell(ag.randn(2, 3), h)
    return ag.graph(h.sum(), model=cell, name="unrolled")


def wide(count: int, inside: int) -> Graph:
    """``count`` operations in calls of ``inside`` each (0: in none), every one taking the last and an earlier one."""
    vertices, edges = {}, []
    for i in range(count):
        calls = (Call(f"layers.{i // inside}", "Layer", 1, i // inside),) if inside else ()
        last = i == count - 1
        vertices[f"n{i}"] = Vertex(f"n{i}", "operation", "add", shapes=((i, 2),), modules=calls, output=last)
        edges += [Edge(f"n{max(0, i - back)}", f"n{i}", "ab"[back > 1]) for back in (1, 2 + i % 7) if i]
    return Graph(vertices, edges, "wide")


def scattered(seed: int) -> Graph:
    """Return a graph at random: calls inside calls, tensors anywhere, names of any length, now and then a cycle."""
    draw = random.Random(seed)
    vertices: dict[str, Vertex] = {}
    edges: list[Edge] = []
    calls: list[Call] = []
    for i in range(draw.randint(1, 60)):
        calls = calls[: draw.randint(0, len(calls))] if draw.random() < 0.5 else calls
        while len(calls) < 4 and draw.random() < 0.3:
            path = ".".join([*(calls[-1:] and [calls[-1].path]), draw.choice("ab") * draw.randint(1, 12)])
            calls = [*calls, Call(path, draw.choice(["Linear", "X" * 20]), draw.randint(1, 2), 100 * i + len(calls))]
        kind = draw.choice(["operation"] * 6 + ["parameter", "input", "constant"])
        name = "" if kind == "operation" else "w" * draw.randint(0, 30)
        vertices[f"n{i}"] = Vertex(
            f"n{i}", kind, "op" * draw.randint(1, 6) if kind == "operation" else "", name,
            ((2,) * draw.randint(0, 5),) * draw.randint(0, 2), modules=tuple(calls), output=draw.random() < 0.1,
        )  # fmt: skip
        if i and kind == "operation":
            sources = [draw.randrange(i) for _ in range(draw.randint(0, 4))]
            edges += [Edge(f"n{source}", f"n{i}", "a", draw.random() < 0.8) for source in sources]
        if i and draw.random() < 0.03:
            edges.append(Edge(f"n{i}", f"n{draw.randrange(i)}", "a"))
    return Graph(vertices, edges, f"scattered {seed}")
