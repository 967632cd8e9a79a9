"""Where graphs were cut: tensors detached or converted, recording switched off; noted then, told when a gradient fails.

Only what cuts pays for it; operations do not.
"""

from __future__ import annotations

import linecache
import sys
from types import CodeType
from typing import Any, NamedTuple
from weakref import ref

from autograd_core.engine import blame
from autograd_core.engine.modes import GRAD, QUIET

_caller = sys._getframe
LONGEST = 64  # lines remembered
MOST = 3  # that a message names
ELSEWHERE = "nothing on the way to it is known to cut"
_noted: dict[tuple[int, int], Cut] = {}  # (code's id, offset) -> the newest cut of that line


class Cut(NamedTuple):
    """One cut: how, on which line, and of what; it keeps no graph alive.  A tuple is made in half an object's time."""

    how: str
    code: CodeType
    lasti: int
    node: ref[Any]  # the one that was cut off
    operation: Any  # its primitive, and where it was built
    built: Any
    built_at: int
    scope: Any
    shape: tuple[int, ...]
    dtype: Any
    order: int  # of the node, falling

    @property
    def line(self) -> str:
        """The user's line, as ``train.py:12: h = h.detach()``."""
        return blame.describe(self.code, self.lasti)

    @property
    def what(self) -> str:
        """What was cut off: ``float32[2, 3], the result of 'linear' built at ...``."""
        kind = f"{self.dtype}{list(self.shape)}"
        if self.built is None:
            return f"{kind}, a leaf that requires grad"
        line, path = blame.describe(self.built, self.built_at), blame.module_path(self.scope)
        inside = f" (in module {path})" if path else ""
        return f"{kind}, the result of '{self.operation.name}' built at {line}{inside}"

    def __str__(self) -> str:
        return f"{self.how} at {self.line}: it cut off {self.what}"

    def __repr__(self) -> str:
        return str(self)


def note_own(how: str, node: Any) -> Cut | None:
    """Note a cut that the caller's caller made, where that is the user and no layer of ours."""
    frame = _caller(2)
    code = frame.f_code
    return None if code.co_filename in blame.INTERNAL else _note(how, node, code, frame.f_lasti)


def note(how: str, node: Any) -> Cut:
    """Note a cut on the user's line that is running."""
    frame = _caller(2)
    code, lasti = frame.f_code, frame.f_lasti
    if code.co_filename in blame.INTERNAL:
        code, lasti = blame.climb(frame)
    return _note(how, node, code, lasti)


def _note(how: str, node: Any, code: CodeType, lasti: int) -> Cut:
    made = (
        how, code, lasti, ref(node), node.prim, node.code, node.lasti, node.scope, node.shape, node.dtype, node.order,
    )  # fmt: skip
    cut = _noted[id(code), lasti] = tuple.__new__(Cut, made)
    if len(_noted) > LONGEST:
        _forget()
    return cut


def _forget() -> None:
    """Forget the older half of the lines."""
    for cut in noted()[LONGEST // 2 :]:
        _noted.pop((id(cut.code), cut.lasti), None)


def noted() -> list[Cut]:
    """Return the cuts that were made lately, of the newest nodes first."""
    return sorted(_noted.values(), key=lambda cut: cut.order)


def explained() -> str:
    """Return why a value of the user's line that is running has no graph, a line for each cut; empty if unknown."""
    from autograd_core.engine import dataflow  # which reads source, and is loaded when a backward() fails

    lines = [] if GRAD.get() else [f"recording is off on this line{_newest_quiet()}"]
    cuts = noted()
    for behind in dataflow.behind_running_lines():
        lines += [f"cut by {cut}" for cut in cuts if behind.has(cut.code, blame.line_of(cut.code, cut.lasti))]
        quiet = [(c, blame.line_of(c, i), blame.describe(c, i)) for c, i in reversed(QUIET)]
        found = [text for code, line, text in quiet if behind.encloses(code, line)]
        lines += [f"computed without recording, switched off at {text}" for text in dict.fromkeys(found)]
        place = behind.frame.f_code.co_filename
        for name, line in behind.without_gradient():
            text = linecache.getline(place, line).strip()
            lines.append(f"{name}() has no gradient, at {place}:{line}: {text}")
    if not lines and cuts:
        lines = [f"{ELSEWHERE}; the newest cut elsewhere is {cuts[0]}"]
    return "\n".join(list(dict.fromkeys(lines))[:MOST])


def _newest_quiet() -> str:
    users = [(code, lasti) for code, lasti in QUIET if code.co_filename not in blame.INTERNAL]
    return f": it was switched off at {blame.describe(*users[-1])}" if users else ""
