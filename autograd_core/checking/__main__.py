"""``python -m autograd_core.checking [docs/coverage.md]``: verify every primitive; print the table, or write it."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from autograd_core import __version__
from autograd_core.backend.device import cuda_is_available
from autograd_core.checking.coverage import own_primitives, table, verified
from autograd_core.checking.verification import Report

HEADING = """# Coverage

What `python -m autograd_core.checking docs/coverage.md` found: every primitive, at its samples in
`autograd_core/checking/samples.py`, by [`ag.verify`](checking.md), which says what each column means. ✓: holds, ✗: does
not, –: does not apply, or cannot be checked here. Version {version}, {device}.

"""


def main(arguments: list[str] | None = None) -> int:
    """Verify primitives; return 1 where anything failed."""
    parser = argparse.ArgumentParser(prog="python -m autograd_core.checking", description="Verify every primitive.")
    parser.add_argument("path", nargs="?", type=Path, help="where to write the table; default: print it")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="verify these primitives, and print what was found")
    chosen = parser.parse_args(arguments)
    names = own_primitives()
    if unknown := set(chosen.only or ()) - set(names):
        parser.error(f"no primitive is called {', '.join(sorted(unknown))}")
    start, failed = time.monotonic(), []

    def tell(report: Report) -> None:
        if not report:
            failed.append(report)
        if chosen.only or not report:
            print(report, file=sys.stderr)

    reports = (verified(name) for name in chosen.only or names)
    text = table(reports, tell)
    if chosen.path is not None:
        device = "on the CPU and on CUDA" if cuda_is_available() else "on the CPU, without a CUDA device"
        chosen.path.write_text(HEADING.format(version=__version__, device=device) + text, encoding="utf-8")
    elif not chosen.only:
        print(text)
    total = len(chosen.only or names)
    print(f"{total - len(failed)} of {total} primitives passed, {time.monotonic() - start:.0f} s", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
