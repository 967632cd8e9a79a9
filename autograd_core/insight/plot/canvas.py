"""A Matplotlib figure that belongs to no window and shows itself in a notebook.  Importing this loads Matplotlib."""

from __future__ import annotations

import base64
import importlib
import io
from typing import Any

Figure: Any = importlib.import_module("matplotlib.figure").Figure
FigureCanvasAgg: Any = importlib.import_module("matplotlib.backends.backend_agg").FigureCanvasAgg
DPI = 160  # of the picture in a notebook, which is shown at INCH pixels to the inch
INCH = 80


class Picture(Figure):  # type: ignore[misc]  # Matplotlib is Any here
    """A figure that pyplot does not know: it is freed like any object, and no window opens for it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Make an empty figure; the arguments are those of ``matplotlib.figure.Figure``."""
        super().__init__(*args, **options)
        FigureCanvasAgg(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        """Return the picture for a notebook, and the size at which to show it."""
        file = io.BytesIO()
        self.savefig(file, format="png", dpi=DPI, facecolor="white")
        width, height = (round(float(inches) * INCH) for inches in self.get_size_inches())
        picture = base64.b64encode(file.getvalue()).decode("ascii")
        return {"image/png": picture}, {"image/png": {"width": width, "height": height}}
