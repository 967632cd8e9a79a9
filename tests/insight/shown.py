"""A graph's page in the browser."""

from __future__ import annotations

from pathlib import Path

from autograd_core.insight.graphs.graph import Graph
from tests.insight.browser import Browser


class Shown:
    """A page that is open."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.browser, self.folder = browser, folder

    def open(self, graph: Graph) -> Browser:
        """Write the page of a graph and open it."""
        self.browser.open(Path(graph.html(self.folder / "graph.html")))
        return self.browser
