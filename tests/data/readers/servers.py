"""A web server on this machine that serves files, whole or as badly as a test asks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Served:
    """What a server gives: ``content`` at any address, of which it sends ``most`` bytes before it hangs up."""

    def __init__(self, content: bytes = b"") -> None:
        self.content, self.most, self.status, self.asked = content, len(content), 200, 0
        self.url = ""
        self.gate: threading.Barrier | None = None  # where the asked wait for one another


@contextmanager
def serving(content: bytes) -> Iterator[Served]:
    """Serve on a free port of 127.0.0.1."""
    served = Served(content)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked += 1
            self.send_response(served.status)
            self.send_header("Content-Length", str(len(served.content)))
            self.end_headers()
            if served.gate is not None:
                served.gate.wait(60)
            self.wfile.write(served.content[: served.most])

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        served.url = f"http://127.0.0.1:{server.server_port}/file.bin"
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
