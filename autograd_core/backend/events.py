"""Moments on a GPU: noted in its stream without waiting for it, and read when it has got there."""

from __future__ import annotations

from typing import Any

from autograd_core.backend import device

__all__ = ["Events", "no_mark"]


def no_mark() -> None:
    """Note nothing: there is no GPU in use."""


class Events:
    """The events of one measurement, on the GPU that is current."""

    def __init__(self) -> None:
        """Note the moment from which ``seconds`` counts.  Raises: DeviceError without a usable GPU."""
        self._cuda = device.cuda_module().cuda
        self._first = self.mark()

    @staticmethod
    def in_use() -> bool:
        """Whether a GPU was asked for so far."""
        return bool(device.XP_CUDA)

    def mark(self) -> Any:
        """Note the moment at which the current stream gets here."""
        event = self._cuda.Event()
        event.record()
        return event

    def wait(self) -> None:
        """Wait until the current stream has got here."""
        self.mark().synchronize()

    def seconds(self, mark: Any) -> float:
        """Return when the GPU got to ``mark``, which it has, since the measurement began."""
        return float(self._cuda.get_elapsed_time(self._first, mark)) / 1e3
