"""The spans of a profile in words: by which module and line, and how long on a GPU."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from autograd_core.backend.events import Events
from autograd_core.engine.timing import Span, Track
from autograd_core.insight.places import Places
from autograd_core.insight.usage.averages import Entry

__all__ = ["Measured", "resolved"]


@dataclass(slots=True)
class Measured:
    """One thing that ran; times in seconds since the profile began."""

    name: str
    kind: str  # "operation", "write", "node" (its rules), "step" (of an optimiser) or "label"
    phase: str  # "forward", "backward" or "optimizer"
    thread: threading.Thread
    began: float
    ended: float
    self_seconds: float  # in nothing else that was measured
    modules: tuple[str, ...]  # that ran around it, outermost first
    calls: tuple[int, ...]  # a number for each of these calls
    line: str
    shape: tuple[int, ...] | None
    nbytes: int  # of the results
    order: int | None  # the same for an operation and its visit in the backward pass
    device_began: float | None = None
    device_seconds: float | None = None  # on the GPU
    device_self_seconds: float | None = None

    @property
    def module(self) -> str:
        """The innermost module that ran around it; '' outside of all."""
        return self.modules[-1] if self.modules else ""

    @property
    def label(self) -> str:
        """The phase; or 'label' for what is no operation."""
        return "label" if self.kind == "label" else self.phase

    @property
    def entry(self) -> Entry:
        """Its part of a sum, in which what ran inside has a part of its own."""
        total = self.ended - self.began
        return Entry("", "", 1, self.self_seconds, total, self.device_self_seconds, self.nbytes)

    @property
    def own_entry(self) -> Entry:
        """Its part of a sum to which what ran inside belongs, too."""
        return Entry("", "", 1, self.self_seconds, self.self_seconds, self.device_self_seconds, self.nbytes)


def resolved(tracks: Sequence[Track], began: int, device: Events | None) -> list[Measured]:
    """Return the spans of all threads in words; the GPU is waited for."""
    if device is not None:
        device.wait()
    places = Places()
    found: list[Measured] = []
    for track in tracks:
        own = [_measured(Span(*span), track, began, places, device) for span in track.spans]
        _subtract_inner(own)
        found += own
    return sorted(found, key=lambda e: e.ended)


def _measured(span: Span, track: Track, began: int, places: Places, device: Events | None) -> Measured:
    start, length = (span.began - began) / 1e9, (span.ended - span.began) / 1e9
    made = Measured(
        span.name, span.kind, span.phase, track.thread, start, start + length, length - span.inside / 1e9,
        places.around(span.scope), places.calls(span.scope), places.line(span.code, span.lasti), span.shape,
        span.nbytes, span.order,
    )  # fmt: skip
    if device is not None and span.marks is not None:
        first, last = map(device.seconds, span.marks)
        made.device_began, made.device_seconds = first, last - first
    return made


def _subtract_inner(events: Sequence[Measured]) -> None:
    """Give each event of one thread the time on the GPU that is in no event inside it."""
    pending: list[Measured] = []  # those that no outer one has claimed; inner ones end first
    for event in events:
        inner = 0.0
        while pending and pending[-1].began >= event.began:
            inner += pending.pop().device_seconds or 0.0
        if event.device_seconds is not None:
            event.device_self_seconds = max(event.device_seconds - inner, 0.0)
        pending.append(event)
