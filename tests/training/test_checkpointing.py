"""Checkpoints: a run that was killed goes on bit for bit; files are whole; states that do not fit are refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.data import DataLoader, TensorDataset
from autograd_core.training import Callback, Checkpoint, EarlyStopping, Loop, Schedule
from tests.training import runs

ROOT = Path(__file__).resolve().parents[2]


def same(left: object, right: object) -> bool:
    """Whether two states are alike to the last bit."""
    if isinstance(left, ag.Tensor):
        return isinstance(right, ag.Tensor) and left.numpy().tobytes() == right.numpy().tobytes()
    if isinstance(left, dict):
        return isinstance(right, dict) and left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="killing needs signals of POSIX")
@pytest.mark.parametrize(("workers", "killed_in"), [(2, 2), (0, 3)])
def test_a_killed_run_goes_on_bit_for_bit(tmp_path, workers, killed_in):
    whole, wanted = runs.finished(tmp_path / "whole", workers)
    command = [sys.executable, "-m", "tests.training.runs", str(tmp_path / "cut"), str(killed_in), str(workers)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert [p.name for p in tmp_path.iterdir() if "cut" in p.name] == ["cut"]
    assert len(ag.load(tmp_path / "cut")["history"]["epoch"]) == killed_in

    resumed, history = runs.finished(tmp_path / "cut", workers)
    assert history == wanted
    assert history["epoch"] == [1, 2, 3, 4, 5]
    left, right = whole.state_dict(), resumed.state_dict()
    for state in (left, right):
        state["history"].pop("seconds")
    assert left.keys() == right.keys()
    assert {name: same(left[name], right[name]) for name in left} == dict.fromkeys(left, True)


def test_without_the_random_positions_it_would_not(tmp_path):
    """The test above sees what it is to see: another position in one stream gives another run."""
    _, wanted = runs.finished(tmp_path / "whole", 0)
    loop, batches, validation = runs.made(tmp_path / "cut", 0)
    loop.fit(batches, 2, validation)
    for part, moved in (("random", ag.Generator().manual_seed(1).get_state()), ("generators", [])):
        state = ag.load(tmp_path / "cut")
        ag.save({**state, part: moved}, tmp_path / part)
        assert runs.finished(tmp_path / part, 0)[1] != wanted
    assert runs.finished(tmp_path / "cut", 0)[1] == wanted


def test_a_finished_or_stopped_run_is_not_trained_again(tmp_path):
    loop, history = runs.finished(tmp_path / "run", 0)
    weights = [p.detach().numpy().copy() for p in loop.model.parameters()]
    again, seen = runs.finished(tmp_path / "run", 0)
    assert seen == history
    assert all(np.array_equal(a, b.detach().numpy()) for a, b in zip(weights, again.model.parameters()))


def small(*callbacks: Callback, **options) -> Loop:
    ag.manual_seed(0)
    model = nn.Linear(3, 2)
    return Loop(model, F.cross_entropy, optim.Adam(model.parameters()), callbacks=callbacks, **options)


BATCHES = [(ag.ones(4, 3), ag.tensor([0, 1, 0, 1]))] * 3


def test_a_run_that_was_stopped_early_stays_so(tmp_path):
    def stopped():
        stopper = EarlyStopping("train_loss", patience=1, mode="max", restore_best_weights=True)
        return small(Checkpoint(tmp_path / "run", resume=True), stopper)

    first, second = stopped(), stopped()
    assert len(first.fit(BATCHES, 9)["epoch"]) == 2
    assert second.fit(BATCHES, 9) == first.history
    assert same(dict(first.model.state_dict()), dict(second.model.state_dict()))


def test_every_so_many_epochs_and_the_best(tmp_path):
    class Looks(Callback):
        saved: ClassVar[list[int]] = []

        def on_epoch_start(self, loop):
            self.saved.append((tmp_path / "every").exists() and len(ag.load(tmp_path / "every")["history"]["epoch"]))

    best = Checkpoint(tmp_path / "best", monitor="train_loss", mode="max")
    small(Checkpoint(tmp_path / "every", every=2), best, Looks()).fit(BATCHES, 5)
    assert Looks.saved == [0, 0, 2, 2, 4]
    assert len(ag.load(tmp_path / "every")["history"]["epoch"]) == 5  # the last
    assert len(ag.load(tmp_path / "best")["history"]["epoch"]) == 1


def test_without_resume_the_file_is_written_anew(tmp_path):
    small(Checkpoint(tmp_path / "run")).fit(BATCHES, 3)
    loop = small(Checkpoint(tmp_path / "run"))
    assert loop.fit(BATCHES, 1)["epoch"] == [1]
    assert len(ag.load(tmp_path / "run")["history"]["epoch"]) == 1


def test_a_checkpoint_sees_what_callbacks_after_it_do(tmp_path):
    class Scales(Callback):
        def on_epoch_end(self, loop):
            loop.model.weight.data.fill_(7.0)

    loop = small(Checkpoint(tmp_path / "run"), Scales())
    loop.fit(BATCHES, 1)
    assert bool((ag.load(tmp_path / "run")["model"]["weight"] == 7).all())


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_leaves_history_and_file_whole(tmp_path, error):
    class Breaks(Callback):
        ended = False

        def on_batch_end(self, loop):
            if loop.epoch == 1 and loop.batch == 2:
                raise error

        def on_fit_end(self, loop):
            self.ended = True

    breaking = Breaks()
    loop = small(Checkpoint(tmp_path / "run"), breaking)
    with pytest.raises(error):
        loop.fit(BATCHES, 5)
    assert breaking.ended
    assert {name: len(column) for name, column in loop.history.items()} == dict.fromkeys(loop.history, 1)
    assert os.listdir(tmp_path) == ["run"]
    assert small(Checkpoint(tmp_path / "run", resume=True)).fit(BATCHES, 2)["epoch"] == [1, 2]


def test_a_state_can_be_loaded_by_hand_before_fit(tmp_path):
    _, wanted = runs.finished(tmp_path / "whole", 0)
    loop, batches, validation = runs.made(tmp_path / "cut", 0)
    loop.fit(batches, 2, validation)
    state = ag.load(tmp_path / "cut")
    loop, batches, validation = runs.made(tmp_path / "another", 0)
    loop.load_state_dict(state)
    assert loop.epoch == 2
    history = loop.fit(batches, 3, validation)
    assert {**history, "seconds": 0} == {**wanted, "seconds": 0}


def test_states_that_do_not_fit_are_refused():
    loop = small(EarlyStopping("train_loss"))
    state = loop.state_dict()
    del state["optimizer"], state["random"]
    with pytest.raises(KeyError, match=r"there is no 'optimizer', no 'random'"):
        small().load_state_dict(state)
    with pytest.raises(KeyError, match=r"no callback 'EarlyStopping' in the loop"):
        small().load_state_dict(loop.state_dict())
    small(EarlyStopping(), EarlyStopping()).load_state_dict(loop.state_dict())  # the second one begins anew


def test_two_callbacks_of_a_class_keep_their_own_states():
    def scheduled() -> Loop:
        loop = small()
        schedules = (optim.lr_scheduler.StepLR(loop.optimizer, 1), optim.lr_scheduler.StepLR(loop.optimizer, 2))
        loop.callbacks += map(Schedule, schedules)
        return loop

    loop, other = scheduled(), scheduled()
    loop.fit(BATCHES, 1)
    assert list(loop.state_dict()["callbacks"]) == ["Schedule", "Schedule 2"]
    other.load_state_dict(loop.state_dict())
    assert [callback.scheduler.step_size for callback in other.callbacks] == [1, 2]
    assert [callback.scheduler.last_epoch for callback in other.callbacks] == [1, 1]


def test_every_is_positive():
    with pytest.raises(ValueError, match=r"Checkpoint: got every=0; wanted 1 or more"):
        Checkpoint("run", every=0)


@pytest.mark.parametrize("persistent", [True, False])
def test_a_resumed_run_has_the_order_of_workers_that_stay(tmp_path, persistent):
    """Their seed is drawn for each pass, so that a run which starts them anew shuffles as the one that kept them."""

    def trained(epochs: int) -> Loop:
        loop = small(Checkpoint(tmp_path / "run", resume=True))
        data = TensorDataset(ag.randn(24, 3), ag.arange(24) % 2)
        options = {"num_workers": 2, "worker_type": "thread", "persistent_workers": persistent}
        loop.fit(DataLoader(data, 4, shuffle=True, **options), epochs)
        return loop

    whole = trained(4).state_dict()
    (tmp_path / "run").unlink()
    trained(2)
    assert same(trained(4).state_dict()["model"], whole["model"])
