"""Figures of a training run: ``ag.plot``.  Matplotlib is loaded by the first figure, and pyplot never.

Every function returns a ``matplotlib.figure.Figure``, which a notebook shows by itself and ``savefig`` writes.
Nothing is opened, the model stays as it is, and the stream of random numbers does not move.
"""

from __future__ import annotations

from autograd_core.insight.plot.filters import weights
from autograd_core.insight.plot.flow import gradient_flow
from autograd_core.insight.plot.layers import activations
from autograd_core.insight.plot.learning import curves
from autograd_core.insight.plot.surface import landscape

__all__ = ["activations", "curves", "gradient_flow", "landscape", "weights"]
