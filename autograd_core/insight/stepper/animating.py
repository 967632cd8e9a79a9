"""A film of a backward pass: the graph as a circuit, values above its wires and gradients below, a picture a step."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograd_core.engine.node import Leaf, Node
from autograd_core.engine.record import OUTPUT
from autograd_core.engine.tensor import wrap
from autograd_core.insight.naming import Names
from autograd_core.insight.stepper.calls import paper_text
from autograd_core.insight.stepper.layout import places_of
from autograd_core.insight.stepper.numbers_text import short_text
from autograd_core.insight.stepper.step import Step
from autograd_core.insight.stepper.values import Values
from autograd_core.optional import need

LARGEST = 60  # operations that one picture holds
SECONDS = 1.5  # a step
INK, WIRE, VALUE, GRADIENT, FILL, NOW = "#0F172A", "#94A3B8", "#15803D", "#B91C1C", "#FFFFFF", "#FEF3C7"
FONT = 9
WIDEST = 24  # characters in a box


@dataclass
class Frame:
    """What one picture shows."""

    title: str
    now: int | None = None  # the stamp of the node that is visited
    gradients: dict[int, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


def film(pass_: Iterable[Step], nodes: list[Node], values: Values, names: Names, path: Path, digits: int) -> None:
    """Walk, and write a picture of each step to ``path``, a ``.gif`` or ``.html`` file.

    Raises: ValueError for another suffix or too large a graph, ImportError without Matplotlib, before anything runs.
    """
    if path.suffix not in (".gif", ".html"):
        raise ValueError(f"show_backward: argument animate: got {str(path)!r}; wanted a name ending in .gif or .html")
    operations = sum(not isinstance(node, Leaf) for node in nodes)
    if operations > LARGEST:
        raise ValueError(
            f"show_backward: argument animate: the graph has {operations:,} operations; a film shows up to {LARGEST}. "
            f"Take a smaller part, or ag.graph(loss).html(path)"
        )
    circuit = Circuit(nodes, values, names, digits)
    pictures = [(frame, circuit.draw(frame)) for frame in circuit.frames(pass_)]
    (_write_gif if path.suffix == ".gif" else _write_html)(path, pictures)


class Circuit:
    """The drawing that all pictures share."""

    def __init__(self, nodes: list[Node], values: Values, names: Names, digits: int) -> None:
        """Lay out the graph."""
        self.make = need("autograd_core.insight.plot.canvas", "Matplotlib", "show_backward: a film").Picture
        self.digits = digits
        self.places = places_of(nodes)
        self.signs = {node.order: _sign(node, names) for node in nodes}
        self.wires = [(parent.order, node.order) for node in nodes for parent in node.parents]
        self.values = {n.order: short_text(wrap(values[n.order]), digits) for n in nodes if n.order in values}

    def frames(self, pass_: Iterable[Step]) -> Iterator[Frame]:
        """Yield the forward pass as it stands, then each step."""
        yield Frame("forward: values above the wires")
        known: dict[int, str] = {}
        for step in pass_:
            g = step.incoming if step.hooked is None else step.hooked
            parts = [part for part in (g if isinstance(g, tuple) else (g,)) if part is not None]
            known[step.node.order] = ", ".join(short_text(part, self.digits) for part in parts)
            head, *lines = str(step).split("\n")
            yield Frame(head.split("    ")[0], step.node.order, dict(known), [line[2:] for line in lines])

    def draw(self, frame: Frame) -> bytes:
        """Return one picture as PNG."""
        xs, ys = zip(*self.places.values(), strict=True)
        longest = max((len(text) for text in self.signs.values()), default=1)
        wide = max(6.0, (max(xs) - min(xs) + 2) * (0.9 + 0.09 * longest))
        figure = self.make(figsize=(wide, (max(ys) - min(ys)) * 0.8 + 3.2), facecolor="white")
        axes = figure.add_axes((0.02, 0.36, 0.96, 0.56))
        axes.set_xlim(min(xs) - 0.6, max(xs) + 1)
        axes.set_ylim(min(ys) - 0.6, max(ys) + 0.6)
        axes.set_axis_off()
        boxes = {order: self._node(axes, order, x, y, frame) for order, (x, y) in self.places.items()}
        figure.canvas.draw()  # gives the boxes their sizes
        to_data = axes.transData.inverted()
        extents = {order: box.get_window_extent().transformed(to_data) for order, box in boxes.items()}
        for source, target in self.wires:
            _wire(axes, extents[source], extents[target], frame.now == target)
        told = {"fontsize": FONT, "color": INK, "family": "monospace", "parse_math": False}
        figure.text(0.02, 0.94, frame.title, weight="bold", **told)
        figure.text(0.02, 0.32, "\n".join(frame.lines[:8]), va="top", **told)
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=110)
        return file.getvalue()

    def _node(self, axes: Any, order: int, x: float, y: float, frame: Frame) -> Any:
        """Draw a node; return its box."""
        box = {"boxstyle": "round,pad=0.35", "fc": NOW if order == frame.now else FILL, "ec": INK}
        given = {"ha": "center", "fontsize": FONT, "zorder": 4, "parse_math": False}
        name = axes.text(x, y, self.signs[order], va="center", color=INK, bbox=box, **given)
        axes.text(x, y + 0.27, self.values.get(order, ""), va="bottom", color=VALUE, **given)
        axes.text(x, y - 0.27, frame.gradients.get(order, ""), va="top", color=GRADIENT, **given)
        return name.get_bbox_patch()


def _wire(axes: Any, source: Any, target: Any, now: bool) -> None:
    """Draw a wire between the borders of two boxes, with a head where a gradient goes just now."""
    style: dict[str, Any] = {"shrinkA": 1, "shrinkB": 1, "mutation_scale": 14}
    style |= {"arrowstyle": "<|-", "color": GRADIENT, "lw": 2} if now else {"arrowstyle": "-", "color": WIRE}
    axes.annotate("", _border(target, source), _border(source, target), arrowprops=style, zorder=1)


def _border(box: Any, other: Any) -> tuple[float, float]:
    """Return where the line from the middle of ``box`` to that of ``other`` leaves ``box``."""
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    dx, dy = (other.x0 + other.x1) / 2 - x, (other.y0 + other.y1) / 2 - y
    reach = [size / 2 / abs(way) for size, way in ((box.width, dx), (box.height, dy)) if way]
    part = min(reach, default=0.0)
    return x + part * dx, y + part * dy


def _sign(node: Node, names: Names) -> str:
    """Return what stands in a node's box: its name, and what it does."""
    name = names.of(node)
    if isinstance(node, Leaf) or node.prim is OUTPUT:
        return name
    paper = f"{name} = {paper_text(node, names)}"
    return paper if len(paper) <= WIDEST else f"{name} = {node.name}"


def _write_gif(path: Path, pictures: list[tuple[Frame, bytes]]) -> None:
    from PIL import Image

    first, *rest = [Image.open(io.BytesIO(png)).convert("P", palette=Image.Palette.ADAPTIVE) for _, png in pictures]
    first.save(path, save_all=True, append_images=rest, duration=int(SECONDS * 1000), loop=0)


PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>backward, step by step</title>
<style>body {{ font: 15px system-ui, sans-serif; margin: 1.5em; color: #0F172A }} img {{ max-width: 100% }}
button {{ font: inherit; padding: .2em 1em }} input {{ width: 20em; vertical-align: middle }}</style></head>
<body><p><button id="back">&larr;</button> <input id="at" type="range" min="0" max="{last}" value="0"
aria-label="step"> <button id="on">&rarr;</button> <output id="said"></output></p><img id="picture" alt="">
<script>
const frames = {frames};
const at = document.getElementById("at"), picture = document.getElementById("picture");
function show(i) {{
  at.value = i;
  const [text, png] = frames[at.value];
  picture.src = "data:image/png;base64," + png;
  picture.alt = text;
  document.getElementById("said").textContent = at.value + " of " + at.max;
}}
at.oninput = () => show(at.value);
document.getElementById("back").onclick = () => show(+at.value - 1);
document.getElementById("on").onclick = () => show(+at.value + 1);
const by = {{ArrowRight: 1, ArrowLeft: -1}};
document.onkeydown = (e) => {{ if (e.target !== at) show(+at.value + (by[e.key] || 0)); }};
show(0);
</script></body></html>
"""


def _write_html(path: Path, pictures: list[tuple[Frame, bytes]]) -> None:
    frames = [["\n".join([frame.title, *frame.lines]), base64.b64encode(png).decode()] for frame, png in pictures]
    safe = json.dumps(frames).replace("<", "\\u003c")  # no name can end the script
    path.write_text(PAGE.format(last=len(frames) - 1, frames=safe), encoding="utf-8")
