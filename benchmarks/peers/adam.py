"""Adam in NumPy, in place, for peers whose users write their own updates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.draws import Array


class Adam:
    """Adam's step on NumPy arrays.  Source: Kingma & Ba 2015, algorithm 1."""

    def __init__(self, parameters: Sequence[Array], lr: float = 1e-3) -> None:
        """Begin with moments of zero."""
        self.parameters, self.lr, self.t = parameters, lr, 0
        self.moments = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]

    def step(self, gradients: Sequence[Array]) -> None:
        """Move each parameter against its gradient."""
        self.t += 1
        rate, unbias = self.lr / (1 - 0.9**self.t), (1 - 0.999**self.t) ** -0.5
        for p, g, (m, v) in zip(self.parameters, gradients, self.moments):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            p -= rate * m / (np.sqrt(v) * unbias + 1e-8)
