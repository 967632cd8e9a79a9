"""The data of a graph: vertices, edges, and what is known of each.  The views draw it; gathering fills it."""

from __future__ import annotations

from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from autograd_core.insight.render import Drawing

Kind = Literal["operation", "module", "parameter", "buffer", "input", "constant", "gradient", "hidden"]
Part = Literal["forward", "backward", "both"]
Colour = Literal["gradient", "memory", "time"]
MAX_NODES = 400  # operations in a drawing
TENSORS = frozenset({"parameter", "buffer", "input", "constant"})  # the kinds that no operation made


@dataclass(frozen=True, slots=True)
class Stats:
    """The statistics of an array: over its finite values, with a count of the others."""

    mean: float
    std: float
    min: float
    max: float
    norm: float
    zeros: int
    nans: int
    infs: int
    size: int

    @staticmethod
    def of(array: Any) -> Stats:
        """Return the statistics of a NumPy or CuPy array, in float64; of complex numbers, their magnitudes'."""
        values = abs(array) if array.dtype.kind == "c" else array
        values = values.astype("float64").reshape(-1)
        nans, infs = int((values != values).sum()), int((abs(values) == float("inf")).sum())
        zeros, size = int((values == 0).sum()), int(values.size)
        if nans or infs:
            values = values[abs(values) < float("inf")]
        if not values.size:
            unknown = float("nan")
            return Stats(unknown, unknown, unknown, unknown, unknown if size else 0.0, zeros, nans, infs, size)
        low, high = float(values.min()), float(values.max())
        norm = float((values * values).sum() ** 0.5)
        return Stats(float(values.mean()), float(values.std()), low, high, norm, zeros, nans, infs, size)

    def __str__(self) -> str:
        """Return one line: ``mean 0.1, std 0.9, from -2 to 3, norm 12, 4 zeros``."""
        line = f"mean {self.mean:.3g}, std {self.std:.3g}, from {self.min:.3g} to {self.max:.3g}, norm {self.norm:.3g}"
        counts = {"zeros": self.zeros, "NaN": self.nans, "Inf": self.infs}
        return line + "".join(f", {count:,} {what}" for what, count in counts.items() if count)


@dataclass(frozen=True, slots=True)
class Call:
    """One running call of a module: its dotted path, its class, and which call of that module it is.

    ``order`` counts the calls of a graph as they began, so that two calls are never equal; ``repeat`` is how
    many calls in a row of the same structure this one stands for, in a folded graph.
    """

    path: str
    kind: str
    number: int = 1
    order: int = 0
    repeat: int = 1

    @property
    def title(self) -> str:
        """The call in words: ``encoder.0  Block, call 2, ×12``."""
        words = [self.kind if self.path == self.kind else f"{self.path}  {self.kind}"]
        words += [f"call {self.number}"] if self.number > 1 else []
        return "  ".join([*filter(None, [", ".join(words).strip()]), *([f"×{self.repeat}"] if self.repeat > 1 else [])])


@dataclass(slots=True)
class Vertex:
    """An operation, a tensor that it took, a folded module, or a rule of the backward pass.

    None stands for what was not computed: never a zero in its place.
    """

    key: str  # "n0", "n1", ... in the order of the forward pass
    kind: Kind
    operation: str = ""  # the primitive's name; "" for tensors
    name: str = ""  # of a parameter, an input, an output; "" else
    shapes: tuple[tuple[int, ...], ...] = ()  # of the outputs
    dtypes: tuple[str, ...] = ()
    device: str = ""
    modules: tuple[Call, ...] = ()  # the running module calls around it, outermost first
    line: str = ""  # "train.py:12: loss = model(x)"
    saved_bytes: int | None = None  # kept for backward; None where freed
    kept: tuple[str, ...] = ()  # the arrays that are kept: "64 × 100 float32"
    freed: bool = False
    value: Stats | None = None
    gradient: Stats | None = None  # of the gradient that arrives at the (first) output
    forward_seconds: float | None = None
    backward_seconds: float | None = None
    output: bool = False  # whether it is a result that was asked for
    size: int = 0  # how many numbers there are to train in it: of parameters, and of closed modules
    repeat: int = 1  # how many operations or modules in a row this one is, in a folded graph
    count: int = 1  # how many operations of the whole graph it stands for
    note: str = ""  # what a folded module holds; what changed, in a comparison
    change: str = ""  # in a comparison: "added", "removed", "changed" or ""

    @property
    def title(self) -> str:
        """The vertex in a word or two: ``weight``, ``h = matmul``, ``add ×12``."""
        if self.kind in TENSORS:
            return self.name or ("tensor" if self.kind == "input" else self.kind)
        between = "  " if self.kind == "module" else " = "  # a module's path and class, a result and what gave it
        title = f"{self.name}{between}{self.operation}" if self.name else self.operation
        return title + (f"  ×{self.repeat}" if self.repeat > 1 else "")


@dataclass(slots=True)
class Edge:
    """A value that goes from one vertex into another (in a backward pass: a gradient)."""

    source: str
    target: str
    argument: str = ""  # the name of the target's argument
    gradient: bool = True  # whether a gradient takes the way back
    change: str = ""  # as on a vertex
    again: bool = False  # in a folded graph: from one round of a repeat into the next


@dataclass(repr=False)
class Graph:
    """A computation as data: what ran, on what, in which modules, with its views.

    ``vertices`` stand in the order of the forward pass: every edge goes to a later vertex, but for those of a folded
    graph that lead into the next round of a repeat.
    A graph holds numbers and words only: it keeps no array and no tensor alive.
    """

    vertices: dict[str, Vertex]
    edges: list[Edge]
    name: str = "graph"
    hidden: int = 0  # operations beyond the cap on nodes, left out
    saved_bytes: int = 0  # kept for backward by all operations: what two of them keep is counted once
    part: Part = "forward"
    notes: list[str] = field(default_factory=list)  # what a reader must know, a sentence each

    @property
    def parameters(self) -> list[Vertex]:
        """The parameters, in the order of their first use."""
        return [vertex for vertex in self.vertices.values() if vertex.kind == "parameter"]

    @property
    def operations(self) -> list[Vertex]:
        """What was computed: the operations, or, folded, the modules that hold them."""
        return [vertex for vertex in self.vertices.values() if vertex.kind in ("operation", "module", "gradient")]

    def __repr__(self) -> str:
        return f"<Graph {self.name!r}: {len(self.operations)} operations, {len(self.parameters)} parameters>"

    def __str__(self) -> str:
        return self.text()

    # ---- other graphs of the same ----

    def folded(
        self, depth: int | str | None = "auto", repeats: bool = True, max_nodes: int | None = MAX_NODES
    ) -> Graph:
        """Return a shorter graph, as the views show it.

        Args:
            depth: how many levels of modules are open; each module further inside is one vertex.  None opens all,
                "auto" as many as leave a page that can be read.
            repeats: whether blocks of the same structure in a row are shown once, marked with how many they are.
            max_nodes: the most operations; the earliest beyond are left out, and a vertex says so.  None: all.

        Raises: ValueError for a negative depth, and for less than one node.
        """
        from autograd_core.insight.graphs.grouping import capped, folded

        if max_nodes is not None and max_nodes < 1:
            raise ValueError(f"graph: argument max_nodes: got {max_nodes}; wanted at least 1, or None for all")
        if depth is not None and depth != "auto" and (not isinstance(depth, int) or depth < 0):
            raise ValueError(f"graph: argument depth: got {depth!r}; wanted a number from 0, 'auto', or None for all")
        return capped(folded(self, depth, repeats), max_nodes)

    def only(self, part: Part) -> Graph:
        """Return the "forward" pass, the "backward" pass (a vertex for each rule), or "both" in one graph."""
        from autograd_core.insight.graphs.parts import part_of

        return part_of(self, part)

    def inside(self, path: str) -> Graph:
        """Return what ran inside the module ``path``, such as ``encoder.0``, with the tensors that it took.

        Raises: KeyError for a module that did not run.
        """
        from autograd_core.insight.graphs.grouping import inside

        return inside(self, path)

    def diff(self, other: Graph) -> Graph:
        """Return both in one graph that marks what ``other`` adds, lacks, and has changed; its views show that."""
        from autograd_core.insight.graphs.comparing import compared

        return compared(self, other)

    # ---- views ----

    def dot(
        self,
        part: Part = "forward",
        *,
        depth: int | str | None = "auto",
        repeats: bool = True,
        colour: Colour | None = None,
        direction: str = "TB",
        max_nodes: int | None = MAX_NODES,
    ) -> Drawing:
        """Return the graph as a ``graphviz.Digraph``, which a notebook shows.

        Args:
            part: "forward", "backward" or "both".
            depth: how many levels of modules are open: see ``folded``.
            repeats: whether repeated blocks are shown once.
            colour: "gradient" (its norm), "memory" (bytes kept for backward) or "time"; None: by kind.
            direction: "TB" from top to bottom, "LR" from left to right, as on a slide.
            max_nodes: the most operations; None: all.

        Raises: ValueError for another value of these.
        """
        from autograd_core.insight.graphs.dot_view import dot
        from autograd_core.insight.labels import heading

        short = self.folded(depth, repeats, max_nodes)
        return dot(short.only(part), heading(self, short), colour, direction)

    def mermaid(
        self,
        part: Part = "forward",
        *,
        depth: int | str | None = "auto",
        repeats: bool = True,
        direction: str = "TB",
        max_nodes: int | None = MAX_NODES,
    ) -> str:
        """Return the graph as a Mermaid flowchart, which Markdown pages of GitHub and GitLab show; see ``dot``."""
        from autograd_core.insight.graphs.mermaid_view import mermaid

        return mermaid(self.folded(depth, repeats, max_nodes).only(part), direction)

    def text(
        self,
        part: Part = "forward",
        *,
        depth: int | str | None = "auto",
        repeats: bool = True,
        max_nodes: int | None = MAX_NODES,
    ) -> str:
        """Return the graph as lines of text, indented by module; see ``dot``."""
        from autograd_core.insight.graphs.text_view import lines_of
        from autograd_core.insight.labels import heading

        short = self.folded(depth, repeats, max_nodes)
        return "\n".join([self.name, *heading(self, short), "", *lines_of(short.only(part))])

    def html(self, path: str | PathLike[str] | None = None) -> str:
        """Write one self-contained page, to fold, search and step through; return its path, or the page without one."""
        from autograd_core.insight.graphs.html_view import html_page

        return html_page(self, path)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **options: Any) -> dict[str, Any]:
        """Return the drawing for a notebook; where nothing can render it, the text."""
        bundle: dict[str, Any] = self.dot()._repr_mimebundle_(include, exclude, **options)
        shown = {kind: content for kind, content in bundle.items() if kind != "text/plain"}
        return {"text/plain": self.text()} | shown
