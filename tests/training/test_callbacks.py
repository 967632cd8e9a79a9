"""Callbacks: early stopping, schedules, progress."""

from __future__ import annotations

import builtins
import io
import sys

import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.training import Callback, Checkpoint, EarlyStopping, Loop, Schedule
from autograd_core.training.progress import progress_of

BATCHES = [(ag.ones(4, 3), ag.tensor([0, 1, 0, 1]))] * 3


def looped(*callbacks: Callback, **options) -> Loop:
    ag.manual_seed(0)
    model = nn.Linear(3, 2)
    return Loop(model, F.cross_entropy, optim.SGD(model.parameters(), lr=0.1), callbacks=callbacks, **options)


class Scores(Callback):
    """Puts chosen numbers into the history, and the epoch's number into the weights."""

    def __init__(self, *values: float) -> None:
        self.values = values

    def on_epoch_end(self, loop: Loop) -> None:
        loop.history["val_score"] = list(self.values[: loop.epoch])
        loop.model.weight.data.fill_(float(loop.epoch))


def test_early_stopping_waits_and_puts_the_best_weights_back():
    stopper = EarlyStopping("val_score", patience=2, restore_best_weights=True)
    loop = looped(Scores(1, 3, 2, 2, 9), stopper)
    assert loop.fit(BATCHES, 10).epochs == 4
    assert stopper.best == 3
    assert loop.model.weight[0, 0].item() == 2.0


def test_early_stopping_puts_the_best_weights_back_where_the_loop_ends_by_itself():
    loop = looped(Scores(1, 3, 2), EarlyStopping("val_score", patience=9, restore_best_weights=True))
    assert loop.fit(BATCHES, 3).epochs == 3
    assert loop.model.weight[0, 0].item() == 2.0


def test_early_stopping_judges_another_fit_anew():
    stopper = EarlyStopping("val_score", patience=1)
    loop = looped(Scores(3, 2, 2, 3, 1), stopper)
    assert loop.fit(BATCHES, 9).epochs == 2
    assert loop.fit(BATCHES, 9).epochs == 5


def test_early_stopping_names_the_columns_that_there_are():
    with pytest.raises(KeyError, match=r"no metric 'val_loss'; there are 'epoch', 'train_loss'"):
        looped(EarlyStopping("val_loss")).fit(BATCHES, 2)
    with pytest.raises(ValueError, match="does not tell whether"):
        EarlyStopping("val_quantity")


def test_schedules_after_epochs_and_after_batches():
    loop = looped()
    loop.callbacks += [Schedule(optim.lr_scheduler.ExponentialLR(loop.optimizer, 0.5), every="batch")]
    assert loop.fit(BATCHES, 3)["lr"] == pytest.approx([0.1, 0.1 / 8, 0.1 / 64])

    model = nn.Linear(3, 2)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    schedule = optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    loop = Loop(model, F.cross_entropy, optimizer, scheduler=schedule)
    assert loop.fit(BATCHES, 3)["lr"] == pytest.approx([0.1, 0.05, 0.025])


@pytest.mark.parametrize(("monitor", "validation"), [(None, None), (None, BATCHES), ("train_loss", None)])
def test_a_plateau_is_seen_in_the_history(monitor, validation):
    loop = looped()
    schedule = optim.lr_scheduler.ReduceLROnPlateau(loop.optimizer, patience=0, threshold=0.5, factor=0.5)
    loop.callbacks.append(Schedule(schedule, monitor=monitor))
    assert loop.fit(BATCHES, 3, validation)["lr"] == [0.1, 0.1, 0.05]
    assert schedule.best == loop.history["val_loss" if validation else "train_loss"][0]


def test_schedules_that_do_not_fit_are_refused():
    loop = looped()
    schedule = optim.lr_scheduler.ExponentialLR(loop.optimizer, 0.5)
    with pytest.raises(TypeError, match=r"Schedule: scheduler is float; wanted one of optim\.lr_scheduler"):
        Schedule(0.1)
    with pytest.raises(TypeError, match=r"Schedule: scheduler is int"):
        looped(scheduler=3)
    with pytest.raises(ValueError, match=r"Schedule: got every='step'; wanted 'epoch' or 'batch'"):
        Schedule(schedule, every="step")
    with pytest.raises(ValueError, match=r"ReduceLROnPlateau waits for a number of the history; wanted every='epoch'"):
        Schedule(optim.lr_scheduler.ReduceLROnPlateau(loop.optimizer), every="batch")


def test_callbacks_that_are_none_are_refused():
    with pytest.raises(TypeError, match=r"Loop: callbacks has function; wanted instances of Callback"):
        looped(lambda loop: None)
    with pytest.raises(TypeError, match=r"Loop: callbacks has type; wanted instances"):
        looped(EarlyStopping)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_quiet_where_nobody_looks(capsys):
    looped().fit(BATCHES, 2)
    looped(progress=False).fit(BATCHES, 2)
    assert capsys.readouterr() == ("", "")


def test_progress_in_lines(capsys):
    looped(progress=True).fit(BATCHES, 2, BATCHES)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("epoch 2/2  train_loss 0.")
    assert "val_loss 0." in lines[1]


@pytest.mark.parametrize("batches", [BATCHES, None])
def test_progress_as_a_bar(monkeypatch, batches):
    pytest.importorskip("tqdm")

    class Endless:
        """Batches without a length."""

        def __iter__(self):
            return iter(BATCHES)

    monkeypatch.setattr(sys, "stderr", Terminal())
    looped().fit(batches or Endless(), 2)
    shown = sys.stderr.getvalue()
    assert "epoch 2/2" in shown
    assert ("6/6" if batches else "6batch") in shown


def test_a_bar_is_closed_where_the_training_fails(monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    loop = looped(progress=True)
    with pytest.raises(TypeError):
        loop.fit([*BATCHES, 1], 2)
    (bar,) = [hook.__self__ for hook in loop._hooks["on_batch_end"]]
    assert bar.bar.disable
    assert bar.bar.n == 3


def test_without_tqdm_a_terminal_shows_lines_where_asked(monkeypatch):
    real = builtins.__import__
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setattr(builtins, "__import__", real)
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert progress_of(None) == []
    assert [type(each).__name__ for each in progress_of(True)] == ["_Lines"]


def test_a_bar_counts_what_is_left_of_a_resumed_run(monkeypatch, tmp_path):
    pytest.importorskip("tqdm")
    looped(Checkpoint(tmp_path / "run")).fit(BATCHES, 2)
    monkeypatch.setattr(sys, "stderr", Terminal())
    looped(Checkpoint(tmp_path / "run", resume=True)).fit(BATCHES, 4)
    assert "6/6" in sys.stderr.getvalue()
