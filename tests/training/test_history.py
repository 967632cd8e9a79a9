"""The history: rows that grow whole, and what one asks it."""

from __future__ import annotations

import math

import pytest

import autograd_core as ag
from autograd_core.training import History


def test_columns_grow_by_rows_and_gaps_are_none():
    history = History()
    assert history.epochs == 0
    history.append({"epoch": 1, "train_loss": 2.0})
    history.append({"epoch": 2, "train_loss": 1.0, "val_loss": 3.0})
    history.append({"epoch": 3, "val_loss": 2.5})
    assert history == {"epoch": [1, 2, 3], "train_loss": [2.0, 1.0, None], "val_loss": [None, 3.0, 2.5]}
    assert history.epochs == 3
    assert history.row() == {"epoch": 3, "val_loss": 2.5}
    assert history.row(0) == {"epoch": 1, "train_loss": 2.0}
    assert history.last("train_loss") == 1.0
    pytest.importorskip("matplotlib")
    assert len(ag.plot.curves(history).axes) == 1


def test_best_goes_by_the_name_or_by_the_mode():
    nan = math.nan
    columns = {"val_loss": [3.0, nan, 1.0, 2.0], "val_accuracy": [0.1, 0.4, 0.4, nan], "lr": [3.0, 2.0, 1.0, 0.0]}
    history = History(columns)
    assert history.best("val_loss") == 1.0
    assert history.best_epoch("val_loss") == 3
    assert history.best("val_accuracy") == history.best("val_accuracy", mode="max") == 0.4
    assert history.best_epoch("val_accuracy") == 2
    assert history.best("lr", mode="min") == 0.0
    assert math.isnan(History({"val_loss": [nan, nan]}).best("val_loss"))
    with pytest.raises(ValueError, match=r"History\.best: the name 'lr' does not tell whether"):
        history.best("lr")
    with pytest.raises(ValueError, match=r"History\.best: got mode='largest'; wanted 'auto', 'min' or 'max'"):
        history.best("lr", mode="largest")


def test_what_is_not_there_is_named():
    history = History({"epoch": [1], "val_loss": [None]})
    with pytest.raises(KeyError, match=r"History\.last: there is nothing in 'val_loss'; the history has 'epoch'"):
        history.last("val_loss")
    with pytest.raises(KeyError, match=r"History\.best: there is nothing in 'x'; the history has 'epoch'"):
        history.best("x", mode="max")
    with pytest.raises(KeyError, match="no epoch has ended"):
        History().last("train_loss")
    with pytest.raises(IndexError, match=r"History\.row: there is no epoch at \[-2\]; the history has 1"):
        history.row(-2)
