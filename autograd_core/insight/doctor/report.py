"""What the doctor says: findings, and a report of them that prints as short text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning", "note"]
WIDTH = 110


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or looks so.

    ``severity``: an "error" keeps the model from learning what it should, a "warning" probably does, a "note" costs
    nothing but does nothing either.
    """

    check: str  # its name in docs/doctor.md: "missing-zero-grad"
    severity: Severity
    message: str  # what was seen
    remedy: str  # what to do
    line: str = ""  # "train.py:12: loss = model(x)"; "" where no line is known
    module: str = ""  # "encoder.layers.3", or the parameter's path; "" outside every module
    times: int = 1  # at how many operations of that line

    def __str__(self) -> str:
        """Return the finding as it stands in the report."""
        seen = f"{self.message} ({self.times} times)" if self.times > 1 else self.message
        rows = [f"{self.severity}: {self.check}" + (f", in {self.module}" if self.module else "")]
        rows += [f"  {self.line}"] if self.line else []
        for text in (seen, f"Remedy: {self.remedy}"):
            rows += textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
        return "\n".join(rows)


@dataclass(frozen=True)
class Report:
    """What ``ag.doctor`` found in one step: a sequence of findings, the worst first, true where there is any.

    ``skipped`` says what could not be looked at, and why.
    """

    subject: str
    findings: tuple[Finding, ...]
    skipped: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __getitem__(self, index: int) -> Finding:
        return self.findings[index]

    def __str__(self) -> str:
        """Return a heading, the findings, and what was not looked at."""
        count = len(self.findings)
        found = "nothing found" if not count else "1 finding" if count == 1 else f"{count} findings"
        rows = [f"doctor: {found} in {self.subject}", *map(str, self.findings)]
        rows += [f"not looked at: {what}: {why}" for what, why in self.skipped.items()]
        return "\n".join(rows)

    __repr__ = __str__
