"""Windows, by their new names and their old ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.signal import windows

from autograd_core.errors import DTypeError, ShapeError
from tests.rows import Row, bad, s
from tests.tables import function

LENGTHS = (s(5), s(4, sym=False), s(1), s(0))
OF = {
    "exponential": (s(5, tau=2.0), s(4, tau=2.0, sym=False, center=1.0)),
    "gaussian": (s(5, std=0.7),),
    "kaiser": (s(5, beta=3.0), s(4, beta=3.0, sym=False)),
    "general_hamming": (s(5, alpha=0.6),),
}
ERRORS = {
    "exponential": (bad(ShapeError, "^exponential: Tau must be positive, got: 0 instead", 3, tau=0),
                    bad(ShapeError, "^exponential: Center must be None for symmetric windows", 3, center=1.0)),
    "gaussian": (bad(ShapeError, "^gaussian: Standard deviation must be positive, got: 0 instead", 3, std=0),),
    "kaiser": (bad(ShapeError, "^kaiser: beta must be non-negative, got: -1 instead", 3, beta=-1),),
}  # fmt: skip


def window(name: str, **extra: Any) -> Row:
    """A window of ``signal.windows``; SciPy's functions are the reference."""

    def numpy(M: int, **options: Any) -> Any:
        options = {"center": None} | options if name == "exponential" else options
        defaults = {"exponential": {"tau": 1.0}, "gaussian": {"std": 1.0}, "kaiser": {"beta": 12.0},
                    "general_hamming": {"alpha": 0.54}}.get(name, {})  # fmt: skip
        return getattr(windows, name)(M, **defaults | options)

    common = (
        bad(ShapeError, rf"^{name}: requires non-negative window length, got M=-1", -1, **extra),
        bad(ShapeError, rf"^{name}: expects float32 or float64 dtypes, got: ag.int64", 3, dtype="int64", **extra),
        bad(ShapeError, rf"^{name}: is implemented for strided tensors only, got: coo", 3, layout="coo", **extra),
    )
    samples = [s(*x.args, **x.options | extra) for x in (*LENGTHS, *OF.get(name, ()))]
    return function(f"signal.windows.{name}", *samples, numpy=numpy, tolerance=1e-5, order=0,
                    errors=(*common, *ERRORS.get(name, ())))  # fmt: skip


def old(name: str, *samples: Any, numpy: Any) -> Row:
    """A window by its old name, periodic by default."""
    return function(name, s(5), s(4, False), s(1), s(0), *samples, numpy=numpy, tolerance=1e-5, order=0, errors=(
        bad(DTypeError, rf"^{name}: expects floating point dtypes, got: ag.int64", 3, dtype="int64"),
        bad(ShapeError, "requires non-negative window length, got M=-1", -1)))  # fmt: skip


def hamming(n: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46) -> Any:
    return alpha - beta * np.cos(2 * np.pi * np.arange(n) / (n - 1 + periodic)) if n > 1 else np.ones(n)


FUNCTIONS = [
    *map(window, ("bartlett", "blackman", "cosine", "exponential", "gaussian", "general_hamming", "hamming", "hann",
                  "kaiser", "nuttall")),
    window("general_cosine", a=[0.5, 0.3, 0.2]),
    old("bartlett_window", numpy=lambda n, periodic=True: windows.bartlett(n, not periodic)),
    old("blackman_window", numpy=lambda n, periodic=True: windows.blackman(n, not periodic)),
    old("hann_window", numpy=lambda n, periodic=True: windows.hann(n, not periodic)),
    old("hamming_window", s(5, True, 0.6, 0.3), numpy=hamming),
    old("kaiser_window", s(5, True, 3.0),
        numpy=lambda n, periodic=True, beta=12.0: windows.kaiser(n, beta, not periodic)),
]  # fmt: skip
