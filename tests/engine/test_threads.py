"""Several threads at once: the same gradients as one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import autograd_core as ag

THREADS = 8


def at_once(function: Callable[[int], Any], count: int = THREADS) -> list[Any]:
    """Run ``function(0)`` ... ``function(count - 1)`` in as many threads, which start together."""
    gate = threading.Barrier(count)

    def run(i: int) -> Any:
        gate.wait(10)
        return function(i)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def network(x: ag.Tensor, w: ag.Tensor, i: int) -> ag.Tensor:
    h = x
    for _ in range(20):
        h = ag.tanh(h @ w + i)
    h = h + 0
    h[0] = h[1] * 2
    return (h * h).sum()


def test_separate_graphs_give_the_gradients_of_one_thread() -> None:
    def gradient(i: int) -> Any:
        x = ag.ones(4, 5, dtype=ag.float64) * (i + 1) / 10
        w = (ag.arange(25.0, dtype=ag.float64).reshape(5, 5) / 50).requires_grad_()
        network(x, w, i).backward()
        return w.grad.tolist()

    assert at_once(gradient) == [gradient(i) for i in range(THREADS)]


def test_second_order_too() -> None:
    def gradient(i: int) -> Any:
        x = (ag.ones(3, dtype=ag.float64) * (i + 1)).requires_grad_()
        (g,) = ag.autograd.grad((x.sin() * x**2).sum(), x, create_graph=True)
        (gg,) = ag.autograd.grad((g * g).sum(), x)
        return gg.tolist()

    for _ in range(20):
        assert at_once(gradient) == [gradient(i) for i in range(THREADS)]


def test_one_leafs_gradient_gathers_what_all_threads_add() -> None:
    w = ag.zeros(1000, requires_grad=True)

    def add(i: int) -> None:
        for _ in range(50):
            (w * float(i + 1)).sum().backward()

    at_once(add)
    assert set(w.grad.tolist()) == {50.0 * sum(range(1, THREADS + 1))}


def test_one_graph_walked_by_several_threads() -> None:
    w = ag.ones(100, dtype=ag.float64, requires_grad=True)
    shared = (w * w).exp()
    losses = [(shared * (i + 1)).sum() for i in range(THREADS)]
    at_once(lambda i: losses[i].backward(retain_graph=True))
    expected = 2 * w.exp() * sum(range(1, THREADS + 1))
    assert ag.allclose(w.grad, expected)


def test_of_two_walks_that_free_one_graph_each_is_whole_or_refused() -> None:
    for _ in range(50):
        w = ag.ones(10, dtype=ag.float64, requires_grad=True)
        loss = (w * w).sin().exp().sum()

        def walk(i: int, loss: ag.Tensor = loss) -> bool:
            try:
                loss.backward()
            except RuntimeError as error:
                assert "a second time" in str(error)
                return False
            return True

        done = sum(at_once(walk, 2))
        assert done >= 1


def test_modes_of_other_threads_do_not_reach_a_walk() -> None:
    stop = threading.Event()

    def flip() -> None:
        while not stop.is_set():
            with ag.no_grad():
                pass

    thread = threading.Thread(target=flip)
    thread.start()
    try:
        for _ in range(300):
            x = ag.ones(2, requires_grad=True)
            y = x * x
            assert y.requires_grad
            y.sum().backward()
            assert x.grad.tolist() == [2, 2]
    finally:
        stop.set()
        thread.join()


def test_hooks_run_in_the_thread_that_walks() -> None:
    def walk(i: int) -> bool:
        names: list[int] = []
        x = ag.ones(2, requires_grad=True)
        x.register_hook(lambda g: names.append(threading.get_ident()))
        (x * i).sum().backward()
        return names == [threading.get_ident()]

    assert all(at_once(walk))


@pytest.mark.parametrize("count", [2, THREADS])
def test_writes_in_several_threads_are_all_counted(count: int) -> None:
    tensors = [ag.zeros(3) for _ in range(count)]

    def write(i: int) -> int:
        for _ in range(500):
            tensors[i].add_(1)
        return tensors[i]._version

    assert at_once(write, count) == [500] * count
    assert all(t.tolist() == [500, 500, 500] for t in tensors)
