"""Time: which operation ran from when to when, on every thread, while a profile wants to know.

The callers of the primitives, the writes and the walk have other code then, which reads the clock before and after;
what is not profiled has no clock and no check.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from inspect import signature
from time import perf_counter_ns as clock
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from autograd_core.backend import host
from autograd_core.engine import blame, inplace
from autograd_core.engine.exchanging import code_of, exchanged, function_of, written_out
from autograd_core.engine.intercepting import WRITES
from autograd_core.engine.modes import SCOPE, Scope
from autograd_core.engine.node import Node
from autograd_core.engine.primitive import PRIMITIVES
from autograd_core.engine.record import OUTPUT
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.walk import Walk

__all__ = ["BACKWARD", "FORWARD", "OPTIMIZER", "Span", "Track", "Tracks", "clock", "timed"]

FORWARD, BACKWARD, OPTIMIZER = "forward", "backward", "optimizer"
TIMED = code_of(
    """def timed(*args, **meta):
    track = tracks.here
    before = track.inside
    track.inside = 0
    start = track.mark()
    began = clock()
    try:
        result = below(*args, **meta)
    except BaseException:
        track.inside = before
        raise
    note(track, itself, began, clock(), before, start, result)
    return result
""",
    "timed",
)


class Span(NamedTuple):
    """Something that ran, in nanoseconds of ``time.perf_counter_ns``."""

    name: str
    kind: str  # "operation", "write", "node" (its rules), "step" (of an optimiser) or "label"
    phase: str
    began: int
    ended: int
    inside: int  # of it in other spans
    code: CodeType | None  # the user's line
    lasti: int
    scope: Scope | None
    shape: tuple[int, ...] | None  # of the result, or of the gradient that comes to a node
    nbytes: int  # of the results
    order: int | None  # the stamp of the node, by which a node's visit finds the operation that made it
    marks: tuple[Any, Any] | None  # events of a GPU at its begin and its end


class Track:
    """What one thread did: its spans, in the order in which they ended, and how it stands with those that run."""

    def __init__(self, mark: Callable[[], Any]) -> None:
        """Begin with nothing; ``mark`` notes a moment on a GPU, should there be one."""
        self.thread = threading.current_thread()
        self.mark = mark
        self.spans: list[tuple[Any, ...]] = []
        self.inside = 0  # nanoseconds in the spans that ended within the one that runs
        self.phase = FORWARD
        self.open: list[tuple[Any, ...]] = []  # labels and steps that run

    def begin(self, key: Any, phase: str | None = None) -> None:
        """Begin a span that ``end`` ends; one that is a phase of its own ends what an error kept from ending."""
        for i, entry in enumerate(self.open if phase else ()):
            if entry[0] is key:
                self.phase = entry[2]
                del self.open[i:]
                break
        self.open.append((key, self.inside, self.phase, clock(), self.mark()))
        self.inside = 0
        self.phase = phase or self.phase

    def end(self, key: Any, name: str, kind: str) -> None:
        """End the span begun with ``key``, and with it what an error has left open inside."""
        while any(entry[0] is key for entry in self.open):
            found, before, phase, began, start = self.open.pop()
            if found is key:
                ended = clock()
                code, lasti = blame.caller()
                marks = None if start is None else (start, self.mark())
                own = self.phase if kind == "step" else phase
                place = code, lasti, SCOPE.get()
                self.spans.append((name, kind, own, began, ended, self.inside, *place, None, 0, None, marks))
                self.phase, self.inside = phase, before + clock() - began
                return


class Tracks(threading.local):
    """The track of each thread, in ``here``."""

    def __init__(self, every: list[Track], mark: Callable[[], Any]) -> None:
        """Begin the track of a thread and add it to ``every``."""
        self.here = Track(mark)
        every.append(self.here)


@contextmanager
def timed(tracks: Tracks) -> Iterator[None]:
    """Note on ``tracks`` what runs during the block, in any thread."""
    layer: dict[FunctionType, Callable[[CodeType], CodeType]] = {}
    for prim in PRIMITIVES.values():
        for call in {prim.call, prim.public}:
            call.__globals__.update(tracks=tracks, itself=call, clock=clock, note=_note)
            layer[call] = partial(_timed_caller, call)
    for name in WRITES:
        function: Any = getattr(inplace, name)
        names = tuple(signature(function).parameters)
        layer[function] = partial(_timed_function, partial(_write, tracks, names), function)
    run: Any = Walk.run
    layer[run] = partial(_timed_function, partial(_walk, tracks), run)
    with exchanged(layer, height=1):
        yield


def _timed_caller(call: FunctionType, code: CodeType) -> CodeType:
    call.__globals__["below"] = function_of(code, call)
    return TIMED


def _timed_function(by: Any, function: FunctionType, code: CodeType) -> CodeType:
    name = function.__name__
    function.__globals__[f"timed_{name}"] = partial(by, function_of(code, function))
    return code_of(f"def {name}(*args, **options): return timed_{name}(args, options)", name)


def _note(
    track: Track, call: Any, began: int, ended: int, before: int, start: Any, result: Any
) -> None:
    """Note a call of a primitive; on raw arrays it is part of a rule or of a write, whose time it is."""
    if call.__code__ is not TIMED:
        written_out(call)
    out = result[0] if type(result) is tuple else result
    if not isinstance(out, Tensor):
        track.inside += before
        return
    node = out._node
    _add(track, call.__name__, "operation", node, (began, ended, before, start), out)


def _add(track: Track, name: str, kind: str, node: Node | None, times: tuple[Any, ...], out: Tensor) -> None:
    """Add the span of an operation that gave ``out``, on ``node`` where it was recorded."""
    began, ended, before, start = times
    if node is None or node.code is None:
        code, lasti = blame.climb(sys._getframe(2))
        scope, order = SCOPE.get(), None
    else:
        code, lasti, scope, order = node.code, node.lasti, node.scope, node.order
    phase = FORWARD if track.phase is OPTIMIZER and order is not None else track.phase  # of a closure
    array = out._array
    nbytes = 0 if out._view is not None or kind == "write" else array.nbytes
    marks = None if start is None or type(array) is host.ndarray else (start, track.mark())
    track.spans.append(
        (name, kind, phase, began, ended, track.inside, code, lasti, scope, array.shape, nbytes, order, marks)
    )
    track.inside = before + clock() - began  # the time that it takes to note this is nobody's own


def _write(
    tracks: Tracks, names: tuple[str, ...], own: FunctionType, args: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """Note a write into a tensor, by the name of the method that writes."""
    track = tracks.here
    before, track.inside, start, began = track.inside, 0, track.mark(), clock()
    try:
        result = own(*args, **options)
    except BaseException:
        track.inside = before
        raise
    given = dict(zip(names, args, strict=False)) | options
    targets = [given["target"]] if "target" in given else [target for target, _, _ in given["pairs"]]
    if targets:
        _add(track, given.get("operation", own.__name__), "write", None, (began, clock(), before, start), targets[0])
    else:
        track.inside += before
    return result


# ---- the walk ----


def _walk(tracks: Tracks, own: FunctionType, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Note each visit of a walk to a node."""
    (walk,) = args
    track = tracks.here
    visits = walk.pending = _Visits(walk.pending)
    visits.track, visits.node = track, None
    before, phase, began = track.inside, track.phase, clock()
    track.phase = BACKWARD
    try:
        own(walk)
    finally:
        visits.turn(None)
        track.phase, track.inside = phase, before + clock() - began


class _Visits(dict[int, Any]):
    """The pending nodes of a walk: when one is taken out its visit begins, and the last one's has ended."""

    __slots__ = ("began", "node", "start", "track")

    track: Track
    node: Node | None
    began: int
    start: Any

    def pop(self, order: int) -> Any:  # type: ignore[override]  # a walk takes what is there
        """Take out the node of a stamp."""
        entry = dict.pop(self, order)
        if entry[0].prim is not OUTPUT:  # which only hands a gradient over
            self.turn(entry[0])
        return entry

    def turn(self, node: Node | None) -> None:
        """End the visit that runs, and begin that of ``node``."""
        track, last = self.track, self.node
        ended = clock()
        mark = track.mark()
        if last is not None:
            marks = None if mark is None else (self.start, mark)
            track.spans.append(
                (last.name, "node", BACKWARD, self.began, ended, track.inside, last.code, last.lasti, last.scope,
                 last.shape, 0, last.order, marks)
            )  # fmt: skip
        track.inside = 0
        self.node, self.start, self.began = node, mark, clock()
