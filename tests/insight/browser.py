"""A real headless browser for tests: Chromium, driven by its DevTools protocol through two pipes."""

from __future__ import annotations

import base64
import fcntl
import itertools
import json
import os
import select
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

NAMES = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
    "chrome-headless-shell",
)  # fmt: skip
HELP = "no Chromium is installed; on Debian and Ubuntu: apt-get install chromium-headless-shell (or chromium)"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--force-device-scale-factor=1",
    "--remote-debugging-pipe",
)  # fmt: skip
PATIENCE = 30.0  # seconds until an answer counts as missing


def program() -> str | None:
    """Return the browser's program; None where there is none."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """One browser with one page.  It reads commands from its descriptor 3 and answers on 4: no port, no network."""

    def __init__(self, width: int = 1280, height: int = 800) -> None:
        self.home = tempfile.mkdtemp(prefix="browser-")
        self._numbers = itertools.count(1)
        self._rest = b""
        self.events: list[dict[str, Any]] = []
        self._start(str(program()), [*FLAGS, f"--user-data-dir={self.home}", f"--window-size={width},{height}"])
        target = self.send("Target.createTarget", {"url": "about:blank", "width": width, "height": height})["targetId"]
        self._session = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    _session: str | None = None

    def _start(self, path: str, flags: list[str]) -> None:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # first out of the way of 3 and 4, which the child's ends become
        ends = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in (theirs_in, theirs_out)]
        null = os.open(os.devnull, os.O_RDWR)
        wires = [(os.POSIX_SPAWN_DUP2, a, b) for a, b in ((null, 0), (null, 1), (null, 2), (ends[0], 3), (ends[1], 4))]
        self.pid = os.posix_spawn(path, [path, *flags], os.environ, file_actions=wires, setpgroup=0)
        for fd in (theirs_in, theirs_out, null, *ends):
            os.close(fd)

    def send(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a command and return its result; what happens meanwhile is added to ``events``."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params or {}}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive(method)
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self.events.append(answer)

    def _receive(self, what: str) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], PATIENCE)
            assert ready, f"the browser gave no answer to {what} within {PATIENCE:g} s"
            chunk = os.read(self._in, 1 << 20)
            assert chunk, f"the browser ended at {what}"
            self._rest += chunk
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def open(self, path: Path) -> None:
        """Load a file and wait until its script has run."""
        self.events.clear()
        self.send("Page.navigate", {"url": path.resolve().as_uri()})
        self.wait("document.readyState === 'complete'")

    def wait(self, condition: str) -> None:
        """Wait until a condition of the page holds."""
        until = time.monotonic() + PATIENCE
        while not self.run(condition):
            assert time.monotonic() < until, f"waited {PATIENCE:g} s for {condition}"
            time.sleep(0.02)

    def run(self, expression: str) -> Any:
        """Return the value of an expression in the page; it must be JSON."""
        answer = self.send("Runtime.evaluate", {"expression": expression, "returnByValue": True, "awaitPromise": True})
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def click(self, selector: str, count: int = 1) -> None:
        """Click in the middle of an element, with the mouse."""
        x, y = self.place(selector)
        self.mouse("mouseMoved", x, y)
        for i in range(1, count + 1):
            self.mouse("mousePressed", x, y, button="left", clickCount=i)
            self.mouse("mouseReleased", x, y, button="left", clickCount=i)

    def place(self, selector: str) -> tuple[float, float]:
        """Return the middle of an element in the window."""
        box = self.run(
            f"(() => {{ const b = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        return box[0], box[1]

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """Send an event of the mouse."""
        self.send("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **more})

    def key(self, key: str, text: str = "") -> None:
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", {"type": kind, "key": key, "text": text if kind == "keyDown" else ""})

    def screenshot(self, path: Path) -> bytes:
        """Write a PNG of the window and return it."""
        picture = base64.b64decode(self.send("Page.captureScreenshot", {"format": "png"})["data"])
        path.write_bytes(picture)
        return picture

    def complaints(self) -> list[dict[str, Any]]:
        """Return what went wrong since the page was opened: exceptions, and entries in the log."""
        return [e for e in self.events if e.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded")]

    def requests(self) -> list[str]:
        """Return the addresses that the page asked for."""
        return [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]

    def close(self) -> None:
        """End the browser and remove its files."""
        os.close(self._out)
        os.close(self._in)
        os.killpg(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        shutil.rmtree(self.home, ignore_errors=True)
