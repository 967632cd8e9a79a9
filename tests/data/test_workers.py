"""Workers, processes and threads: the same batches in the same order, errors with their traceback, who is who."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import threading
import time
from pickle import PicklingError

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.data import DataLoader, Dataset, TensorDataset, get_worker_info, messages
from tests.data import samples

KINDS = ["process", "thread"]
both = pytest.mark.parametrize("kind", KINDS)
others = [method for method in ("spawn", "forkserver") if method in multiprocessing.get_all_start_methods()]


def loader(data, size=4, workers=2, kind="process", **options):
    return DataLoader(data, size, num_workers=workers, worker_type=kind, **options)


def lists(batches):
    return [batch.tolist() for batch in batches]


def scaled(samples):
    return {"twice": ag.tensor(samples) * 2, "text": [str(sample) for sample in samples]}


# ---- batches ----


@both
@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("prefetch_factor", [None, 1, 5])
@pytest.mark.filterwarnings("ignore:This DataLoader will create")
def test_workers_change_nothing(kind, workers, prefetch_factor):
    def batches(**options):
        ag.manual_seed(3)
        found = list(DataLoader(samples.Numbers(41), 4, shuffle=True, **options))
        return lists(found), ag.rand(1).item()

    options = {"num_workers": workers, "worker_type": kind, "prefetch_factor": prefetch_factor}
    assert batches(**options) == batches()


@both
def test_samples_of_many_kinds(kind):
    wanted = list(DataLoader(samples.Mixed(), 4))
    found = list(loader(samples.Mixed(), kind=kind))
    for a, b in zip(wanted, found, strict=True):
        assert a["array"].equal(b["array"]) and a["tensor"].equal(b["tensor"]) and a["tensor"].dtype is ag.bfloat16
        assert a["name"] == b["name"] and a["n"][0].equal(b["n"][0])


@both
def test_batches_can_be_written_to(kind):
    batches = list(loader(TensorDataset(ag.zeros(8, 30_000)), kind=kind))
    for (batch,) in batches:
        batch += 1
    assert all((batch == 1).all() for (batch,) in batches)


@both
@pytest.mark.parametrize("options", [{"batch_size": None}, {"batch_sampler": [[1, 2], [0]]}, {"collate_fn": scaled}])
def test_other_ways_of_batching(kind, options):
    wanted = list(DataLoader(samples.Numbers(6), **options))
    assert str(list(DataLoader(samples.Numbers(6), num_workers=2, worker_type=kind, **options))) == str(wanted)


def test_large_batches_and_many_tasks():
    data = TensorDataset(ag.arange(40.0)[:, None].expand(40, 100_000))
    batches = list(loader(data, 10, prefetch_factor=4))
    assert [batch[0][:, 7].tolist() for batch in batches] == lists(ag.arange(40.0).reshape(4, 10))
    indices = [list(range(20_000)), [1]] * 20  # more than a socket holds
    found = list(DataLoader(samples.Numbers(20_000), batch_sampler=indices, num_workers=1, prefetch_factor=40))
    assert [len(batch) for batch in found] == [20_000, 1] * 20


@both
def test_out_of_order(kind, tmp_path):
    waiting = samples.Waiting(tmp_path / "file", late=0, maker=3)
    order = [batch.item() for batch in loader(waiting, 1, kind=kind, in_order=False)]
    assert sorted(order) == list(range(24)) and order[0] == 1
    (tmp_path / "file").unlink()
    assert [batch.item() for batch in loader(waiting, 1, kind=kind)] == list(range(24))


# ---- streams ----


@both
def test_a_stream_is_shared_out(kind, torch):
    assert lists(loader(samples.Shared(10), 2, kind=kind)) == [[0, 2], [1, 3], [4, 6], [5, 7], [8], [9]]
    for count in (0, 1, 7, 8, 9):
        found = lists(loader(samples.Shared(count), 3, kind=kind))
        assert sorted(itertools.chain(*found)) == list(range(count))
        assert found == lists(torch.utils.data.DataLoader(torched(torch, count), 3, num_workers=2))
        kept = lists(loader(samples.Shared(count), 3, kind=kind, drop_last=True))
        assert kept == [batch for batch in found if len(batch) == 3]


def torched(torch, count):
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            info = torch.utils.data.get_worker_info()
            return iter(range(info.id, count, info.num_workers))

    return Stream()


@both
def test_a_stream_that_is_not_shared_out_comes_from_each(kind):
    loading = loader(samples.Unshared(3), 2, kind=kind)
    assert lists(loading) == [[0, 1], [0, 1], [2], [2]]
    assert len(loading) == 2
    with pytest.warns(UserWarning, match="each has to give a share of its own"):
        lists(loader_with_length(kind))


def loader_with_length(kind):
    loading = loader(samples.Unshared(3), 1, kind=kind)
    assert len(loading) == 3
    return loading


@both
def test_a_share_may_be_given_by_the_init_function(kind):
    def share(worker):
        info = get_worker_info()
        info.dataset.count = 2 if worker == 0 else 5

    found = lists(loader(samples.Unshared(9), 1, kind="process", worker_init_fn=share))
    assert sorted(itertools.chain(*found)) == [0, 0, 1, 1, 2, 3, 4]


# ---- who is who ----


@both
def test_worker_info(kind):
    found = list(itertools.chain(*loader(samples.Who(), 2, kind=kind, collate_fn=list)))
    method = "thread" if kind == "thread" else "multiprocessing"
    seeds = [seed for _, _, seed, *_ in found]
    assert [number for number, *_ in found] == [0, 0, 1, 1] * 2
    assert {tuple(rest) for _, count, _, *rest in found for rest in [(count, *rest[:2])]} == {(2, method, "Who")}
    assert seeds[2] == seeds[0] + 1
    pids = {pid for *_, pid in found}
    assert pids == {os.getpid()} if kind == "thread" else len(pids | {os.getpid()}) == 3
    assert get_worker_info() is None


@both
def test_the_same_seed_draws_the_same_numbers(kind):
    def draws(seed):
        ag.manual_seed(seed)
        found = list(loader(samples.Drawing(), 3, kind=kind))
        return ag.cat([batch[0] for batch in found]).tolist(), [lists(batch[1:]) for batch in found]

    first, again, other = draws(1), draws(1), draws(2)
    assert first[0] == again[0] != other[0]
    assert len({tuple(row) for row in first[0]}) == 12  # no two workers draw the same
    if kind == "process":
        assert first[1] == again[1] != other[1]


def test_a_thread_draws_from_its_own_generators():
    class Own(Dataset):
        def __len__(self):
            return 8

        def __getitem__(self, index):
            rng = get_worker_info().rng
            drawn = ag.rand(1, generator=rng.torch_generator)
            return rng.random_generator.random(), rng.numpy_generator.random(), drawn

    def draws():
        ag.manual_seed(1)
        return [[part.tolist() for part in batch] for batch in loader(Own(), 2, kind="thread")]

    first = draws()
    here = ag.rand(3).tolist()
    assert draws() == first
    assert ag.rand(3).tolist() == here


def test_one_epoch_draws_other_numbers_than_the_next():
    loading = loader(samples.Drawing(), 3)
    assert [batch[0].tolist() for batch in loading] != [batch[0].tolist() for batch in loading]


def test_blas_has_one_thread_in_a_process():
    assert [batch.tolist() for batch in loader(samples.Threads(), 1)] == [[1], [1]]


@both
def test_persistent_workers(kind):
    data = samples.Counting()
    loading = loader(data, 1, kind=kind, persistent_workers=True)
    first, second = lists(loading), lists(loading)
    if kind == "thread":
        assert sorted(first + second) == [[i] for i in range(1, 9)] and data.asked == 8
    else:
        assert first == [[1], [1], [2], [2]] and second == [[3], [3], [4], [4]] and data.asked == 0
        assert lists(loader(data, 1)) == first  # new copies
    stream = loader(samples.Shared(5), 1, kind=kind, persistent_workers=True)
    assert lists(stream) == lists(stream) == [[0], [1], [2], [3], [4]]


@both
def test_an_epoch_of_persistent_workers_that_is_left_early(kind):
    loading = loader(samples.Numbers(), 4, kind=kind, persistent_workers=True)
    iterator = iter(loading)
    next(iterator)
    assert lists(loading) == lists(DataLoader(samples.Numbers(), 4))
    assert iter(loading) is iterator


@both
def test_loops_within_loops(kind):
    inner = loader(samples.Numbers(3), 1, kind=kind)
    pairs = [(a.item(), b.item()) for a in loader(samples.Numbers(3), 1, kind=kind) for b in inner]
    assert pairs == [(a, b) for a in range(3) for b in range(3)]


def test_threads_work_side_by_side():
    meeting = threading.Barrier(3, timeout=10)

    class Meets(Dataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            meeting.wait()
            return index

    assert lists(loader(Meets(), 1, workers=3, kind="thread")) == [[0], [1], [2]]


@both
def test_the_next_batches_are_made_while_one_waits(kind, tmp_path):
    loading = iter(loader(samples.Marking(tmp_path), 1, kind=kind, workers=1, prefetch_factor=3))
    end = time.monotonic() + 20
    while len(list(tmp_path.iterdir())) < 3:  # each is more than a socket holds
        assert time.monotonic() < end
        time.sleep(0.01)
    assert len(list(loading)) == 6


# ---- other ways to start ----


@pytest.mark.parametrize("method", others)
def test_start_methods(method):
    options = {"num_workers": 2, "multiprocessing_context": method, "persistent_workers": True}
    loading = DataLoader(samples.Mixed(), 2, **options)
    for wanted in (list(DataLoader(samples.Mixed(), 2)), list(DataLoader(samples.Mixed(), 2))):
        found = list(loading)
        assert all(a["array"].equal(b["array"]) and a["name"] == b["name"] for a, b in zip(wanted, found, strict=True))


@pytest.mark.parametrize("method", others[:1])
def test_what_cannot_be_sent_to_a_new_process(method):
    class Local(samples.Numbers):
        pass

    loading = DataLoader(Local(), num_workers=1, multiprocessing_context=method)
    refused = pytest.raises((AttributeError, PicklingError), match="Local")
    with pytest.warns(UserWarning, match="must be picklable with the start method") as warned, refused:
        list(loading)
    assert warned[0].filename == __file__


# ---- errors ----


@both
@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (samples.raise_key_error, KeyError, "KeyError: 'no such sample'"),
        (samples.raise_odd, RuntimeError, r"Caught OddError in DataLoader"),
        (samples.raise_stop, RuntimeError, r"Caught StopIteration in DataLoader"),
    ],
)
def test_an_error_has_its_traceback(kind, act, error, words):
    loading = iter(loader(samples.Numbers(act=act), kind=kind))
    for _ in range(3):
        next(loading)
    with pytest.raises(error, match=words) as raised:
        next(loading)
    text = str(raised.value)
    assert text.startswith(f"Caught {text.split()[1]} in DataLoader worker {kind} 1.\nOriginal Traceback (most recent")
    assert f"in {act.__name__}" in text and "samples.py" in text
    assert next(loading).tolist() == [16, 17, 18, 19]  # the others are there still


def test_our_own_errors_come_as_themselves():
    class Crooked(samples.Numbers):
        def __getitem__(self, index):
            return ag.zeros(index)

    with pytest.raises(ag.errors.ShapeError, match="Caught ShapeError in DataLoader worker process 0"):
        list(loader(Crooked()))


def test_a_thread_that_wants_to_leave_the_program_is_an_error():
    with pytest.raises(SystemExit, match="Caught SystemExit in DataLoader worker thread 1"):
        list(loader(samples.Numbers(act=samples.leave_program), kind="thread"))


@both
@pytest.mark.parametrize("persistent_workers", [False, True])
def test_an_init_function_that_fails(kind, persistent_workers):
    loading = loader(samples.Numbers(), kind=kind, worker_init_fn=samples.refuse, persistent_workers=persistent_workers)
    for _ in range(2):
        with pytest.raises(ValueError, match="worker 0 will not"):
            list(loading)


def test_a_stream_that_fails_to_begin():
    class Broken(samples.Shared):
        def __iter__(self):
            raise OSError("no such file")

    with pytest.raises(OSError, match="no such file"):
        list(loader(Broken()))


def test_a_batch_that_cannot_be_sent():
    with pytest.raises(Exception, match=r"in DataLoader worker process 0(.|\n)*pickle"):
        list(loader(samples.Numbers(), collate_fn=samples.give_lambda))
    assert len(list(loader(samples.Numbers(), kind="thread", collate_fn=samples.give_lambda))) == 10


# ---- messages ----


def test_messages_share_the_memory_of_arrays():
    array = np.arange(12.0).reshape(3, 4)
    text, beside = messages.pack({"a": array, "t": ag.from_numpy(array)})[:2]
    assert len(text) < 1000 and memoryview(beside).nbytes == array.nbytes
    assert np.shares_memory(np.frombuffer(beside), array)
