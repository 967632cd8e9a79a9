"""What training writes down, in the forms that people keep it in, as curves of one form."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd_core.engine.tensor import Tensor

PART = re.compile(r"(?:train|training|val|valid|validation|dev|test|eval)", re.IGNORECASE)
SEPARATOR = re.compile(r"[_/.\- ]")
STEPS = ("epoch", "epochs", "step", "steps", "iteration", "iterations", "batch")
FORMS = "a dict of lists, a list of dicts, or an object with such an attribute 'history'"


@dataclass
class Curve:
    """One quantity over time: its name in the history, what it measures, and the measured points."""

    name: str
    metric: str  # what it shares with its pair: 'loss' of 'train_loss' and 'val_loss'
    part: str  # 'train', 'val', ...; '' where the name says none
    steps: list[float]
    values: list[float]  # None is left out; NaN and infinity stay


def read(history: Any) -> tuple[str, list[Curve]]:
    """Return what the steps are called, and a curve for each name in the history.

    Raises: TypeError for what is no history; ValueError for an empty one, for lists whose lengths do not fit
    together, and for what is no number.
    """
    columns = _columns(history)
    label, steps = "epoch", None
    for name in STEPS:
        if name in columns:
            label, steps = name, columns.pop(name)
            break
    longest = max((len(values) for values in columns.values()), default=0)
    if not longest:
        raise ValueError("curves: argument history: there is nothing in it; wanted a number for each epoch")
    _check_lengths(columns, longest, label, steps)
    steps = [number(label, step, i) for i, step in enumerate(steps)] if steps is not None else [*range(1, longest + 1)]
    return label, [_curve(name, steps, values) for name, values in columns.items()]


def _columns(history: Any) -> dict[str, Sequence[Any]]:
    """Return the history as a dict of lists."""
    given = history
    if not isinstance(history, Mapping | list | tuple):
        history = getattr(history, "history", None) or _lists_of(history)
    if isinstance(history, Mapping) and all(_listed(values) for values in history.values()):
        return {str(name): values for name, values in history.items()}
    if isinstance(history, list | tuple) and all(isinstance(row, Mapping) for row in history):
        names = dict.fromkeys(name for row in history for name in row)
        return {str(name): [row.get(name) for row in history] for name in names}
    raise TypeError(f"curves: argument history: got {_described(given)}; wanted {FORMS}")


def _listed(values: Any) -> bool:
    texts = isinstance(values, str | bytes | Mapping)
    return not texts and hasattr(values, "__len__") and hasattr(values, "__getitem__")


def _lists_of(thing: Any) -> dict[str, list[Any]] | None:
    """Return the attributes of an object that are lists, if there are any."""
    return {name: value for name, value in getattr(thing, "__dict__", {}).items() if isinstance(value, list)} or None


def _described(history: Any) -> str:
    if isinstance(history, Mapping):
        wrong = {name: type(value).__name__ for name, value in history.items() if not _listed(value)}
        return f"a dict with {', '.join(f'{name!r}: {kind}' for name, kind in wrong.items())}"
    if isinstance(history, list | tuple):
        kind = next(type(row).__name__ for row in history if not isinstance(row, Mapping))
        return f"a {type(history).__name__} with {kind}"
    return type(history).__name__


def _check_lengths(columns: Mapping[str, Sequence[Any]], longest: int, label: str, steps: Any) -> None:
    """Refuse lists that cannot be of the same steps; one that is behind by one is of a run that is under way."""
    wanted = longest if steps is None else len(steps)
    for name, values in columns.items():
        if not wanted - 1 <= len(values) <= wanted:
            raise ValueError(
                f"curves: argument history: {name!r} has {len(values)} values and there are {wanted} {label}s; "
                "wanted as many, with None where nothing was measured"
            )


def _curve(name: str, steps: Sequence[float], values: Sequence[Any]) -> Curve:
    metric, part = parted(name)
    found = [(step, number(name, value, i)) for i, (step, value) in enumerate(zip(steps, values)) if value is not None]
    return Curve(name, metric, part, [step for step, _ in found], [value for _, value in found])


def number(name: str, value: Any, place: int) -> float:
    """Return a value of a history as a float.  Raises: ValueError naming what is none."""
    try:
        return float(value.item() if isinstance(value, Tensor) else value)
    except (TypeError, ValueError, RuntimeError) as error:
        what = repr(value) if isinstance(value, str) else type(value).__name__
        raise ValueError(
            f"curves: argument history: {name!r} has {what} at [{place}]; wanted a number, or None for a gap"
        ) from error


def parted(name: str) -> tuple[str, str]:
    """Return what a name measures, and of which data: ``('loss', 'val')`` for ``val_loss`` or ``loss/val``."""
    words = SEPARATOR.split(name)
    for at in (0, -1):
        if len(words) > 1 and PART.fullmatch(words[at]):
            cut = len(words[at]) + 1
            return (name[cut:] if at == 0 else name[:-cut]), words[at].lower()
    return name, ""


def finite(values: Sequence[float]) -> list[float]:
    """Return the values that are numbers one can draw."""
    return [value for value in values if math.isfinite(value)]
