"""``Graph.html``: one self-contained page to look at a graph, fold it, search it and step through its backward pass."""

from __future__ import annotations

import hashlib
import html
import json
import re
from base64 import b64encode
from functools import cache
from importlib import resources
from os import PathLike, fspath

from autograd_core.insight.graphs.graph import Graph
from autograd_core.insight.graphs.page_data import page_data
from autograd_core.insight.render import write_whole

SCRIPTS = (
    "tree.js", "layout.js", "placing.js", "drawing.js", "words.js", "colours.js", "backward.js", "view.js", "main.js",
    "events.js",
)  # fmt: skip


def html_page(graph: Graph, path: str | PathLike[str] | None = None) -> str:
    """Return the page of a graph as text; with ``path``, write it there, whole or not at all, and return the path.

    The page is one file that needs no network: script, style and data are in it, and its own security policy has the
    browser run nothing else and fetch nothing.  Names are shown as text, whatever they hold.
    """
    script, style = "\n".join(map(_part, SCRIPTS)), _part("page.css")
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'"
    parts = {
        "policy": policy, "title": html.escape(graph.name), "style": style, "data": _inert(graph), "script": script,
    }  # fmt: skip
    # in one pass, so that a module called {{script}} keeps its name
    text = re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _part("page.html"))
    if path is None:
        return text
    write_whole(fspath(path), text.encode("utf-8", "xmlcharrefreplace"))
    return fspath(path)


def _inert(graph: Graph) -> str:
    """Return the page's data as JSON in which nothing can end or begin an element."""
    text = json.dumps(page_data(graph), allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def _part(name: str) -> str:
    """Return one of the files that the page is made of."""
    return (resources.files("autograd_core.insight.graphs") / "page" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return what a security policy calls a text that it allows."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
