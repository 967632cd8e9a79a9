"""A program that loads, for ``test_dying.py``: ``python -m tests.data.interrupted FOLDER WORKER_TYPE WHERE``.

WHERE is "loader", to be interrupted while it waits for a batch, or "training", to be interrupted between two.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

from autograd_core.data import DataLoader
from tests.data.samples import Announcing, Numbers


def main(folder: str, worker_type: str, where: str) -> None:
    # a shell without job control, such as that of a CI job, has its background programs ignore it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    slow = where == "loader"
    data = Announcing(Path(folder)) if slow else Numbers()
    loader = DataLoader(data, batch_size=4, num_workers=2, worker_type=worker_type)
    for _ in loader:
        (Path(folder) / "training").touch()
        time.sleep(30)


if __name__ == "__main__":
    main(*sys.argv[1:])
