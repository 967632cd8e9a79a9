"""What a training run wrote down: one row for each epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from optim.early_stopping import direction

__all__ = ["History"]


class History(dict[str, list[float]]):
    """The columns of a training run by name, one number for each epoch; ``ag.plot.curves`` draws it.

    A `Loop` writes ``epoch``, ``train_loss``, ``val_loss``, ``seconds``, ``lr``, and for each metric ``train_...`` and
    ``val_...``.  Where nothing was measured in an epoch, a column has None.
    """

    def append(self, row: Mapping[str, float]) -> None:
        """Add an epoch.  All columns grow at once: who interrupts the program finds the row whole or not at all."""
        gap: list[Any] = [None] * self.epochs
        columns = {name: [*self.get(name, gap), row.get(name)] for name in dict.fromkeys([*self, *row])}
        self.update(columns)

    @property
    def epochs(self) -> int:
        """How many epochs there are."""
        return max(map(len, self.values()), default=0)

    def row(self, index: int = -1) -> dict[str, float]:
        """Return what was measured in one epoch, by default the last.  Raises: IndexError where there is none."""
        if not -self.epochs <= index < self.epochs:
            raise IndexError(f"History.row: there is no epoch at [{index}]; the history has {self.epochs}")
        return {name: values[index] for name, values in self.items() if values[index] is not None}

    def last(self, name: str) -> float:
        """Return the newest value of a column.

        Raises: KeyError where there is no such column, or nothing in it.
        """
        return self._measured("last", name)[-1]

    def best(self, name: str, mode: Literal["auto", "min", "max"] = "auto") -> float:
        """Return the smallest or the largest value of a column; ``"auto"`` goes by its name.  NaN is never the best.

        Raises: KeyError where there is no such column, or nothing in it; ValueError for a name that does not tell the
        direction.
        """
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"History.best: got mode={mode!r}; wanted 'auto', 'min' or 'max'")
        found = self._measured("best", name)
        numbers = [value for value in found if not math.isnan(value)] or found
        return min(numbers) if (direction(name, "History.best") if mode == "auto" else mode) == "min" else max(numbers)

    def best_epoch(self, name: str, mode: Literal["auto", "min", "max"] = "auto") -> int:
        """Return the number, from 1, of the first epoch that has the best value of a column.

        Raises: as `best`.
        """
        return self[name].index(self.best(name, mode)) + 1

    def _measured(self, method: str, name: str) -> list[float]:
        found = [value for value in self.get(name, ()) if value is not None]
        if not found:
            there = ", ".join(map(repr, self)) or "nothing: no epoch has ended"
            raise KeyError(f"History.{method}: there is nothing in {name!r}; the history has {there}")
        return found
