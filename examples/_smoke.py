"""Run every example with ``--quick``, warnings as errors, and check that each wrote a picture and a table.

Call it as ``python examples/_smoke.py [names ...]``, or ``make examples``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
AT_ONCE = 2
LIMIT = 300  # seconds for one script


def scripts() -> list[Path]:
    """Return the examples: the scripts whose names do not begin with an underscore."""
    return sorted(path for path in HERE.glob("*.py") if not path.name.startswith("_"))


def fault(script: Path, out: Path) -> str:
    """Run an example, and return what is wrong with it, or nothing."""
    call = [sys.executable, "-W", "error", str(script), "--quick", "--out", str(out)]
    environment = {"PYTHONPATH": str(HERE.parent), "OMP_NUM_THREADS": "1"} | os.environ
    try:
        done = subprocess.run(call, env=environment, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return f"it did not end within {LIMIT} s"
    if done.returncode:
        return f"it ended with {done.returncode}:\n{done.stderr.strip()[-3000:]}"
    picture, table = out / f"{script.stem}.png", out / f"{script.stem}.md"
    if not picture.is_file() or not picture.read_bytes().startswith(b"\x89PNG"):
        return f"it wrote no {picture.name}"
    if not table.is_file() or not table.read_text(encoding="utf-8").startswith("|"):
        return f"it wrote no table {table.name}"
    return ""


def checked(script: Path) -> tuple[Path, str]:
    """Run one example in a folder of its own, and say how it went."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        wrong = fault(script, Path(folder))
    print(f"{'FAILED' if wrong else 'ok':6}  {time.perf_counter() - began:5.1f} s  {script.name}", flush=True)
    return script, wrong


def main(names: list[str]) -> int:
    """Run the named examples, or all; return 1 where one failed."""
    known = {script.stem: script for script in scripts()}
    unknown = [name for name in names if name.removesuffix(".py") not in known]
    if unknown:
        print(f"no example {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    chosen = [known[name.removesuffix(".py")] for name in names] or list(known.values())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        failed = [(script, wrong) for script, wrong in pool.map(checked, chosen) if wrong]
    for script, wrong in failed:
        print(f"\n--- {script.name}: {wrong}", file=sys.stderr)
    lost = "".join(f"; {script.name} failed" for script, _ in failed)
    print(f"{len(chosen) - len(failed)} of {len(chosen)} examples ran{lost}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
