"""A process killed while it saves leaves the last whole file, and a training goes on from there as if nothing had been.

``make soak`` kills 200 processes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KILLS = 200 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="killing needs processes of POSIX")
@pytest.mark.parametrize("what", ["saving", "training"])
def test_a_killed_process(what, tmp_path):
    command = [sys.executable, "-m", "tests.storing.killing", what, str(tmp_path), str(KILLS), "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "kills" in done.stdout
