"""What the benches that run PyTorch's own test databases find and print."""

from __future__ import annotations

import argparse
import traceback
import warnings
from dataclasses import dataclass
from typing import Any


@dataclass
class Failure:
    """One sample that went otherwise than PyTorch's."""

    check: str
    sample: str
    what: str

    def __str__(self) -> str:
        return f"{self.check}: {self.what}\n      {self.sample}"


def trouble(error: BaseException) -> str:
    """Return an error in a line, with where it was raised."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    said = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {said[0][:240]}  [{last.filename.rsplit('/', 1)[-1]}:{last.lineno}]"


def collected(trial: Any, checks: tuple[str, ...]) -> list[Failure]:
    """Run a trial's checks, which are its methods; return what failed."""
    found: list[Failure] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for check in checks:
            try:
                found.extend(getattr(trial, check)())
            except Exception as error:  # a sample of PyTorch's that cannot be made or converted
                found.append(Failure(check, "", f"the check itself failed: {trouble(error)}"))
    return found


def arguments(about: str | None, names: str, wanted: str, checks: tuple[str, ...]) -> argparse.ArgumentParser:
    """Return the options of a bench's command; ``wanted`` says how many names it takes, as argparse does."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("names", nargs=wanted, help=names)
    parser.add_argument("--check", choices=checks, action="append", help="only these checks")
    parser.add_argument("--limit", type=int, help="samples of each kind")
    parser.add_argument("--show", type=int, default=3, help="failures to print of each check")
    return parser


def tell(name: str, found: list[Failure], show: int) -> bool:
    """Print what failed of an entry, the first of each check; return whether anything did."""
    counts = {c: sum(f.check == c for f in found) for c in dict.fromkeys(f.check for f in found)}
    print(f"{name}: {'agrees' if not found else counts}")
    for check in counts:
        for failure in [f for f in found if f.check == check][:show]:
            print(f"    {failure}")
    return bool(found)
