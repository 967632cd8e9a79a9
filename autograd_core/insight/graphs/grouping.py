"""Graphs made shorter to look at: repeated blocks shown once, deep modules as one vertex, the oldest left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from autograd_core.insight.graphs.boxes import Box, flat, in_one_piece
from autograd_core.insight.graphs.graph import Call, Edge, Graph, Vertex
from autograd_core.insight.graphs.repeats import EFFORT, Repeats
from autograd_core.insight.labels import counted

PAGE = 40  # vertices up to which a drawing is read at a glance


def folded(graph: Graph, depth: int | str | None, repeats: bool) -> Graph:
    """Return a shorter graph: see ``Graph.folded``."""
    graph = without_repeats(graph) if repeats else graph
    deepest = max((_levels(v.modules) for v in graph.vertices.values()), default=0)
    if depth == "auto":
        return graph if len(graph.vertices) <= PAGE else _on_a_page(graph, deepest)
    if depth is None or int(depth) >= deepest:
        return graph
    return _noted(closed(graph, int(depth), set()), int(depth), deepest)


def _on_a_page(graph: Graph, deepest: int) -> Graph:
    """Return a graph with modules of one operation closed, and as many others as it takes."""
    single = _single(graph)
    for depth in range(deepest, 0, -1):
        shown = {call.order if (call := _box(v.modules, depth, single)) else v.key for v in graph.vertices.values()}
        if len(shown) <= PAGE or depth == 1:
            return _noted(closed(graph, depth, single), depth, deepest)
    return graph


def _noted(graph: Graph, depth: int, deepest: int) -> Graph:
    if any(vertex.kind == "module" for vertex in graph.vertices.values()):
        more = f"; depth={depth + 1} shows more" if depth < deepest else "; depth=None opens all"
        graph.notes.append(f"modules are open to depth {depth} of {deepest}{more}")
    return graph


def _single(graph: Graph) -> set[int]:
    """Return the innermost calls that ran one operation."""
    counts: dict[int, int] = {}
    for vertex in graph.operations:
        for call in vertex.modules:
            counts[call.order] = counts.get(call.order, 0) + vertex.repeat
    outer = {call.order for v in graph.vertices.values() for call in v.modules[:-1]}
    return {order for order, count in counts.items() if count == 1 and order not in outer}


def _levels(calls: Iterable[Call]) -> int:
    return sum(bool(call.path) for call in calls)  # a stretch of a loop is no module


def _box(calls: tuple[Call, ...], depth: int, single: set[int]) -> Call | None:
    """Return the outermost call that is closed: beyond ``depth`` levels, or among the ``single``."""
    modules = [call for call in calls if call.path]
    if len(modules) > depth:
        return modules[depth]
    return calls[-1] if calls and calls[-1].order in single else None


# ---- repeated blocks ----


def without_repeats(graph: Graph) -> Graph:
    """Return the graph with the first of the blocks that repeat, marked with how many it stands for."""
    stands: dict[str, str] = {}  # key of a vertex left out -> key of the one that stays
    calls: dict[int, Call] = {}  # order of a call -> the same with its count
    rounds: dict[str, dict[int, int]] = {key: {} for key in graph.vertices}  # in which round of which repeat it is
    vertices = {key: replace(vertex) for key, vertex in graph.vertices.items()}
    repeats = Repeats(graph)
    for i, repeat in enumerate(repeats.found):
        unit = list(flat(repeat.unit))
        for k, others in enumerate((unit, *repeat.others)):
            stands.update((gone.key, kept.key) for gone, kept in zip(others, unit, strict=True) if k)
            for vertex in others:
                rounds[vertex.key][i] = k
        (alone, *more) = repeat.unit
        if more:
            _put_into_loop(repeat.unit, vertices, Call("", "", 1, -1 - i, repeat.count))
        elif isinstance(alone, Box) and alone.call is not None:
            calls[alone.call.order] = replace(alone.call, repeat=repeat.count)
        else:
            vertices[unit[0].key].repeat = repeat.count
    for gone in list(stands):  # of outer repeats first: what they give to an inner one goes on with it
        _add_up(vertices[stands[gone]], vertices.pop(gone))
    for vertex in vertices.values():
        vertex.modules = tuple(calls.get(call.order, call) for call in vertex.modules)
    edges = [edge for edge in graph.edges if not _between_rounds(rounds[edge.source], rounds[edge.target])]
    edges += [replace(e, again=True) for e in graph.edges if _into_second(rounds[e.source], rounds[e.target])]
    short = _with(replace(graph, edges=edges), vertices, stands)
    short.notes += _notes(short, repeats, bool(stands))
    short.vertices = {vertex.key: vertex for vertex in in_one_piece(short)}
    return short


def _notes(short: Graph, repeats: Repeats, folded: bool) -> Iterator[str]:
    if repeats.effort >= EFFORT:
        yield "long: not all repeats were sought"
    if folded and any(v.value is not None or v.gradient is not None for v in short.vertices.values()):
        yield "of what is repeated (×), values and gradients are the first one's, the rest are sums"


def _between_rounds(source: dict[int, int], target: dict[int, int]) -> bool:
    """Whether an edge lies in a round that is left out, or leads from one round of a repeat to another."""
    return any(k or target[i] for i, k in source.items() if i in target)


def _into_second(source: dict[int, int], target: dict[int, int]) -> bool:
    """Whether an edge leads from the first round of one repeat into its second, which stands for all the later ones."""
    steps = [(k, target[i]) for i, k in source.items() if i in target]
    return (0, 1) in steps and all(step in ((0, 0), (0, 1)) for step in steps)


def _put_into_loop(unit: list[Box | Vertex], vertices: dict[str, Vertex], loop: Call) -> None:
    """Put the vertices of a repeated stretch into a box of its own, inside the calls that they all are in."""
    for item in unit:
        for vertex in flat([item]):
            calls = vertices[vertex.key].modules
            orders = [call.order for call in calls]
            at = orders.index(item.call.order) if isinstance(item, Box) and item.call else len(orders)
            vertices[vertex.key].modules = (*calls[:at], loop, *calls[at:])


def _add_up(kept: Vertex, gone: Vertex) -> None:
    """Add to a vertex what was measured of one that it stands for."""
    for quantity in ("saved_bytes", "forward_seconds", "backward_seconds", "size", "count"):
        a, b = getattr(kept, quantity), getattr(gone, quantity)
        setattr(kept, quantity, b if a is None else a if b is None else a + b)


def _with(graph: Graph, vertices: dict[str, Vertex], stands: dict[str, str]) -> Graph:
    """Return the graph of these vertices; where one stands for others, it has their edges, each once."""

    def place(key: str) -> str:
        while key in stands:
            key = stands[key]
        return key

    edges: list[Edge] = []
    seen: set[tuple[str, str]] = set()
    for edge in graph.edges:
        source, target = place(edge.source), place(edge.target)
        moved = (source, target) != (edge.source, edge.target)
        alone = source == target and not (edge.again and vertices[source].repeat == 1)
        if moved and (alone or (source, target) in seen):
            continue
        seen.add((source, target))
        argument = "" if vertices[target].kind == "module" else edge.argument
        edges.append(replace(edge, source=source, target=target, argument=argument))
    return replace(graph, vertices=vertices, edges=edges, notes=list(graph.notes))


# ---- modules as one vertex ----


def closed(graph: Graph, depth: int, single: set[int]) -> Graph:
    """Return the graph with the modules inside ``depth`` others, and the calls ``single``, as one vertex each."""
    inside: dict[int, list[Vertex]] = {}
    boxes: dict[int, Call] = {}
    for vertex in graph.vertices.values():
        if (call := _box(vertex.modules, depth, single)) is not None:
            inside.setdefault(call.order, []).append(vertex)
            boxes[call.order] = call
    last = {held[-1].key: order for order, held in inside.items()}  # a box stands where its last vertex stood
    stands = {vertex.key: f"m{order}" for order, held in inside.items() for vertex in held}
    left = {edge.source for edge in graph.edges if stands.get(edge.source) != stands.get(edge.target)}
    vertices: dict[str, Vertex] = {}
    for key, vertex in graph.vertices.items():
        if key not in stands:
            vertices[key] = replace(vertex)
        elif key in last:
            box = _boxed(boxes[last[key]], inside[last[key]], left)
            vertices[box.key] = box
    return _with(graph, vertices, stands)


def _boxed(call: Call, held: list[Vertex], left: set[str]) -> Vertex:
    """Return the vertex of a closed module: with the shape of what leaves it, and the sums of what is in it."""
    operations = [vertex for vertex in held if vertex.kind in ("operation", "gradient")]
    results = [v for v in operations if v.output or v.key in left] or operations or held
    first = results[0]
    count = sum(vertex.count for vertex in operations)
    box = replace(first, key=f"m{call.order}", kind="module", operation=call.kind, repeat=call.repeat)
    box.name = "" if call.path == call.kind else call.path
    box.modules = first.modules[: first.modules.index(call)]
    box.note = first.operation if count == 1 else counted(count, "operation")
    box.line, box.output = "", any(vertex.output for vertex in held)
    box.freed = any(vertex.freed for vertex in held)
    box.change = first.change if len({vertex.change for vertex in held}) == 1 else "changed"
    box.shapes = tuple(shape for vertex in results for shape in vertex.shapes)
    box.dtypes = tuple(dtype for vertex in results for dtype in vertex.dtypes)
    for vertex in held:
        if vertex is not first:
            _add_up(box, vertex)
    box.count = count
    return box


# ---- the cap ----


def capped(graph: Graph, most: int | None) -> Graph:
    """Return the graph with the ``most`` operations that ran last, and a vertex that says how many are left out."""
    operations = [v.key for v in graph.operations]
    if most is None or len(operations) <= most:
        return graph
    shown = set(operations[-most:])
    tensors = {edge.source for edge in graph.edges if edge.target in shown} - set(operations)
    count = sum(graph.vertices[key].count for key in operations[:-most])
    note = Vertex("hidden", "hidden", counted(count, "earlier operation"), note="not drawn (max_nodes)")
    kept = {key: vertex for key, vertex in graph.vertices.items() if key in shown or key in tensors}
    edges = [edge for edge in graph.edges if edge.source in kept and edge.target in kept]
    cut = {edge.target: None for edge in graph.edges if edge.target in shown and edge.source not in kept}
    edges += [Edge("hidden", key) for key in cut]
    return replace(graph, vertices={"hidden": note} | kept, edges=edges, hidden=graph.hidden + count)


# ---- a part ----


def inside(graph: Graph, path: str) -> Graph:
    """Return what ran inside a module, with the tensors that it took: see ``Graph.inside``."""
    keys = {v.key for v in graph.vertices.values() if any(call.path == path for call in v.modules)}
    if not keys:
        ran = dict.fromkeys(call.path for v in graph.vertices.values() for call in v.modules)
        raise KeyError(f"graph: no module {path!r} ran; there are {', '.join(ran) or 'none'}")
    entering = [edge.source for edge in graph.edges if edge.target in keys and edge.source not in keys]
    vertices = {k: v for k, v in graph.vertices.items() if k in keys or k in entering}
    for key in entering:
        if vertices[key].kind in ("operation", "module"):
            vertices[key] = replace(vertices[key], kind="input", name=vertices[key].name or vertices[key].operation)
        vertices[key] = replace(vertices[key], modules=())
    leaving = {edge.source for edge in graph.edges if edge.source in keys and edge.target not in keys}
    for key in keys:
        start = next(i for i, call in enumerate(vertices[key].modules) if call.path == path)
        shown = vertices[key] = replace(vertices[key], modules=vertices[key].modules[start:])
        shown.output = shown.output or key in leaving
    edges = [edge for edge in graph.edges if edge.target in keys]
    kept = sum(vertices[key].saved_bytes or 0 for key in keys)
    name = f"{graph.name}: {path}"
    return replace(graph, vertices=vertices, edges=edges, name=name, saved_bytes=kept, notes=list(graph.notes))
