"""How kernels share their work among threads."""

import multiprocessing
import os
import threading

import numpy as np
import pytest

from autograd_core.backend import cpu
from autograd_core.backend.cpu import threads
from autograd_core.backend.cpu.scratch import scratch


@pytest.fixture(autouse=True)
def two_blas_threads():
    """Start from two threads, so that one left behind shows; without OpenBLAS there is always one."""
    before = threads._blas._get()
    threads._blas._set(2)
    yield
    threads._blas._set(before)


def test_each_part_once_and_blas_at_one_thread_meanwhile():
    before, seen = threads.thread_count(), []

    def work(part):
        seen.append((part, threads._blas._get()))
        assert threads.thread_count() == before

    threads.run_parts(work, range(5))
    assert sorted(seen) == [(part, 1) for part in range(5)]
    assert threads._blas._get() == threads.thread_count() == before


def test_one_part_stays_in_its_thread_and_leaves_blas_alone():
    seen = []
    threads.run_parts(lambda part: seen.append((part, threading.get_ident(), threads._blas._get())), ["only"])
    assert seen == [("only", threading.get_ident(), threads.thread_count())]
    threads.run_parts(seen.append, [])
    assert len(seen) == 1


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_an_error_comes_out_once_all_are_done(failing):
    done = []

    def work(part):
        if part == failing:
            raise ZeroDivisionError(part)
        done.append(part)

    with pytest.raises(ZeroDivisionError):
        threads.run_parts(work, range(3))
    assert sorted(done) == [part for part in range(3) if part != failing]
    assert threads._blas._get() == threads.thread_count()


def test_the_callers_errstate_holds_in_the_threads():
    with np.errstate(over="ignore", divide="raise"):
        states = []
        threads.run_parts(lambda part: states.append(np.geterr()), range(3))
        assert all(state["divide"] == "raise" and state["over"] == "ignore" for state in states)


def test_users_at_the_same_time_leave_blas_as_it_was():
    before = threads.thread_count()
    callers = [
        threading.Thread(target=lambda: [threads.run_parts(lambda part: None, range(3)) for _ in range(50)])
        for _ in range(4)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert threads._blas._get() == threads.thread_count() == before


def test_idle_threads_can_be_ended_and_come_back():
    threads.run_parts(lambda part: None, range(2))
    with_pool = threading.active_count()
    threads.stop_idle_threads()
    assert threading.active_count() < with_pool
    seen = []
    threads.run_parts(seen.append, range(2))
    assert sorted(seen) == [0, 1]


def test_threads_at_work_are_not_ended():
    threads.run_parts(lambda part: threads.stop_idle_threads(), range(3))  # would wait for itself
    assert threads._pool is not None


def test_buffers_are_each_threads_own_and_bounded():
    mine, theirs = scratch("test", (3, 4), np.float32), []
    caller = threading.Thread(target=lambda: theirs.append(scratch("test", (3, 4), np.float32)))
    caller.start()
    caller.join()
    assert not np.shares_memory(mine, theirs[0])
    assert np.shares_memory(mine, scratch("test", (2,), np.float64))
    assert not np.shares_memory(scratch("test", (3 << 20,), np.float64), scratch("test", (3 << 20,), np.float64))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_makes_threads_of_its_own(small_blocks):
    y = convolve()  # the parent has its threads
    with multiprocessing.get_context("fork").Pool(1) as pool:
        np.testing.assert_array_equal(pool.apply_async(convolve).get(timeout=60), y)


def convolve():
    options = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1}
    return cpu.conv(np, np.ones((6, 3, 5, 5)), np.ones((2, 3, 3, 3)), **options)


def test_idle_threads_rest_and_work_again(monkeypatch):
    monkeypatch.delenv("OPENBLAS_THREAD_TIMEOUT", raising=False)
    a = np.random.default_rng(0).standard_normal((400, 400))
    before = a @ a
    threads._blas.rest_when_idle()
    assert "OPENBLAS_THREAD_TIMEOUT" not in os.environ
    assert threads._blas._get() == threads.thread_count()
    np.testing.assert_array_equal(a @ a, before)
