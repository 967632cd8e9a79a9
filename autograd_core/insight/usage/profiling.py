"""``profile``: where the time of a run goes, by operation, module and line, forward and backward apart."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Iterator
from contextlib import ContextDecorator, ExitStack
from typing import Any

from autograd_core.backend.events import Events, no_mark
from autograd_core.engine import blame
from autograd_core.engine.timing import BACKWARD, FORWARD, OPTIMIZER, Track, Tracks, clock, timed
from autograd_core.insight.columns import seconds_text
from autograd_core.insight.usage.averages import ROWS, Averages, Entry, add_up
from autograd_core.insight.usage.chrome_trace import write_trace
from autograd_core.insight.usage.measured import Measured, resolved

__all__ = ["Profile", "profile", "record_function"]

_LOCK = threading.Lock()
_running: list[Profile] = []  # at most one


class Profile:
    """What ran during a ``with`` block: each operation, rule, write and optimiser step, on every thread.

    Args:
        cuda: whether to time the GPU, too.  Default: where one is in use when the profile begins.
    """

    def __init__(self, cuda: bool | None = None) -> None:
        """Make a profile, which has not begun."""
        self._cuda = cuda
        self._tracks: list[Track] = []
        self._events: list[Measured] | None = None
        self._open = ExitStack()
        self._place = ""  # the line that began it
        self.seconds = 0.0

    # ---- while it runs ----

    def __enter__(self) -> Profile:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin.  Raises: RuntimeError where a profile runs, or this one has ended; DeviceError without a GPU."""
        place = blame.describe(*blame.caller())
        with _LOCK:
            if _running:
                raise RuntimeError(f"profile: one runs already, begun at {_running[0]._place}; stop it first")
            if self._events is not None:
                raise RuntimeError("profile: this one has ended; make another with ag.profile()")
            self._place = place
            self._device = Events() if self._cuda or (self._cuda is None and Events.in_use()) else None
            self.tracks = Tracks(self._tracks, self._device.mark if self._device else no_mark)
            self._own = self.tracks.here
            self._watch_optimizers()
            self._open.enter_context(timed(self.tracks))
            _running.append(self)
        self.began = clock()

    def stop(self) -> None:
        """End; what was found can be asked for from now on.  Raises: RuntimeError where it does not run."""
        ended = clock()
        with _LOCK:
            if self not in _running:
                raise RuntimeError("profile: it does not run")
            _running.remove(self)
            self._open.close()
        self.seconds = (ended - self.began) / 1e9
        self._events = resolved(self._tracks, self.began, self._device)
        for track in self._tracks:  # callers that are still at work may know it
            track.spans = []
        self._tracks.clear()

    def _watch_optimizers(self) -> None:
        optim: Any = importlib.import_module("optim.hooks")  # a layer above this one: loaded when first profiled

        def before(optimizer: Any, args: Any, kwargs: Any) -> None:
            self.tracks.here.begin(optimizer, OPTIMIZER)

        def after(optimizer: Any, args: Any, kwargs: Any) -> None:
            self.tracks.here.end(optimizer, f"{type(optimizer).__name__}.step", "step")

        self._open.callback(optim.register_optimizer_step_pre_hook(before).remove)
        self._open.callback(optim.register_optimizer_step_post_hook(after).remove)

    # ---- what it found ----

    @property
    def events(self) -> list[Measured]:
        """Everything that ran, in the order in which it ended.  Raises: RuntimeError before the profile has."""
        if self._events is None:
            raise RuntimeError("profile: it has not ended yet; ask after the with block, or after stop()")
        return self._events

    def by_operation(self) -> Averages:
        """Return the time by operation and phase; backward, an operation's name stands for its rules."""
        return add_up("operation", ((e.name, e.label, e.entry) for e in self.events))

    def by_line(self) -> Averages:
        """Return the time by the user's line; backward, by the line that made the operation."""
        made = (e for e in self.events if e.kind != "label")
        return add_up("line", ((e.line or "(no line)", e.phase, e.own_entry) for e in made))

    def by_module(self) -> Averages:
        """Return the time by module; the total is with the modules that it called."""
        return add_up("module", self._in_modules())

    def _in_modules(self) -> Iterator[tuple[str, str, Entry]]:
        for e in self.events:
            if e.kind == "label":
                continue
            own = e.own_entry
            yield (e.modules[-1] if e.modules else "(no module)"), e.phase, own
            outside = Entry("", e.phase, total_seconds=own.self_seconds)
            for module in dict.fromkeys(e.modules[:-1]):
                if module != e.modules[-1]:
                    yield module, e.phase, outside

    def key_averages(self) -> Averages:
        """Return ``by_operation()``, by PyTorch's name for it."""
        return self.by_operation()

    def table(self, by: str = "operation", sort_by: str = "self_time", row_limit: int = ROWS) -> str:
        """Return a table by 'operation', 'module' or 'line'; see ``Averages.table``.

        Raises: ValueError for another ``by`` or ``sort_by``.
        """
        if by not in ("operation", "module", "line"):
            raise ValueError(f"table: by is {by!r}; wanted 'operation', 'module' or 'line'")
        found: Averages = getattr(self, f"by_{by}")()
        return found.table(sort_by, row_limit)

    @property
    def phases(self) -> dict[str, float]:
        """Seconds in forward, backward and optimizer, on all threads; and those of this one outside of operations."""
        found = dict.fromkeys((FORWARD, BACKWARD, OPTIMIZER), 0.0)
        inside = 0.0
        for e in self.events:
            if e.kind != "label":
                found[e.phase] += e.self_seconds
                inside += e.self_seconds if e.thread is self._own.thread else 0.0
        return found | {"outside": max(self.seconds - inside, 0.0)}

    def __repr__(self) -> str:
        if self._events is None:
            return "<profile that has not ended>"
        parts = [f"{seconds_text(t)} {phase}" for phase, t in self.phases.items()]
        return f"profile of {seconds_text(self.seconds)}: {', '.join(parts)} of operations\n{self.table()}"

    def export_chrome_trace(self, path: str | os.PathLike[str]) -> None:
        """Write a file for chrome://tracing or ui.perfetto.dev: whole, or not at all.

        Raises: RuntimeError before the profile has ended; OSError where the file cannot be written.
        """
        write_trace(os.fspath(path), self.events)


def profile(cuda: bool | None = None) -> Profile:
    """Return a context in which every operation is timed: ``with ag.profile() as prof: ...; print(prof)``.

    Args:
        cuda: whether to time the GPU, too.  Default: where one is in use when the profile begins.
    """
    return Profile(cuda)


class record_function(ContextDecorator):
    """A label for what runs in a ``with`` block, or in a function decorated with it; PyTorch's name."""

    def __init__(self, name: str, args: str | None = None) -> None:
        """Take the label, and what else is to stand beside it."""
        self.name = name if args is None else f"{name} {args}"

    def __enter__(self) -> record_function:
        if _running:
            _running[0].tracks.here.begin(self)
        return self

    def __exit__(self, *exc: object) -> None:
        for running in _running[:1]:
            running.tracks.here.end(self, self.name, "label")
