"""What a step allocates, and how large parameters are shared among threads."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import autograd_core as ag
import optim
from autograd_core.backend import host
from autograd_core.backend.cpu import threads
from optim import factored, lamb, memory, runs, scratch, vectors
from tests.optim import test_beyond, test_matrices
from tests.optim.cases import CASES, arrays, every, give, ours, run, same

MATRICES = ((300, 300), (130, 100), (100, 140), (120, 120))
LBFGS = [("LBFGS", {"max_iter": 1}), ("LBFGS", {"max_iter": 1, "line_search_fn": "strong_wolfe"})]
ALL = [*CASES, *test_beyond.CASES, *test_matrices.CASES, *LBFGS]
each = pytest.mark.parametrize(("name", "options"), ALL, ids=[f"{n}-{'-'.join(o)}" for n, o in ALL])


@pytest.fixture
def two_threads(monkeypatch):
    """Share everything between two threads, as on a machine of two cores."""
    monkeypatch.setattr(threads, "thread_count", lambda: 2)
    monkeypatch.setitem(memory.LIMITS, "cpu", memory.Limits(1 << 6, 1 << 9, 1 << 10))
    monkeypatch.setattr(vectors, "SHARED", 100)
    monkeypatch.setattr(vectors, "BLOCK", 64)


@pytest.fixture
def no_blas(monkeypatch):
    """Do without the BLAS inside NumPy."""
    room = scratch.importlib.import_module("autograd_core.backend.cpu.vectors")
    monkeypatch.setattr(room, "vector_sums", lambda dtype: None)


def closure_of(params):
    """Return a closure whose loss falls in every direction at its own pace, with gradients written in place."""
    values, grads = ([t.numpy() for t in ts] for ts in ([p.detach() for p in params], [p.grad for p in params]))

    def closure():
        for number, (value, grad) in enumerate(zip(values, grads, strict=True), 1):
            np.multiply(value, np.float32(0.3 * number), out=grad)
        return sum(0.15 * number * float(value.ravel() @ value.ravel()) for number, value in enumerate(values, 1))

    return closure


@each
def test_a_step_makes_no_array_of_a_parameter_s_size(name, options):
    """In a step like those before it; LBFGS's history grows, until it is full."""
    optimizer, params = ours(name, {**options, "history_size": 2} if name == "LBFGS" else options, matrices())
    give(ag, params, 1)
    closure = (closure_of(params),) if name == "LBFGS" else ()
    for _ in range(4):
        optimizer.step(*closure)
    tracemalloc.start()
    optimizer.step(*closure)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * 130 * 4 - 1


def stepped(name, options, values):
    optimizer, params = ours(name, options, values)
    for step in range(3):
        give(ag, params, step)
        optimizer.step(*((closure_of(params),) if name == "LBFGS" else ()))
    return params


def matrices(dtype=np.float32):
    return arrays(0, MATRICES, dtype)


@each
def test_the_same_with_two_threads(request, name, options):
    results = []
    for fixture in (None, "two_threads"):
        if fixture:
            request.getfixturevalue(fixture)
        results.append(stepped(name, options, matrices(np.float64 if name == "LBFGS" else np.float32)))
    same(*results, 1e-11 if name == "LBFGS" else 2e-7)


@each
def test_the_same_without_blas(request, name, options):
    results = []
    for fixture in (None, "no_blas"):
        if fixture:
            request.getfixturevalue(fixture)
        results.append(stepped(name, options, arrays(0, ((30, 20), (7, 1)))))
    same(*results, 1e-10)


@every("SGD", "Adam")
def test_a_change_of_the_number_of_threads(monkeypatch, name, options):
    """The plan is made anew, and the state goes on."""
    monkeypatch.setitem(memory.LIMITS, "cpu", memory.Limits(1 << 6, 1 << 9, 1 << 10))
    (a, p), (b, q) = ours(name, options, matrices(np.float64)), ours(name, options, matrices(np.float64))
    for step in range(6):
        monkeypatch.setattr(threads, "thread_count", lambda count=1 + step % 3: count)
        give(ag, p, step)
        a.step()
        if step:  # the first step with momentum leaves no plan
            assert len(a._plans[0].batches[0].scratches) == 1 + step % 3
    monkeypatch.undo()
    for step in range(6):
        give(ag, q, step)
        b.step()
    same(p, q, 1e-14)


def test_a_parameter_twice_is_not_updated_by_two_threads_at_once(two_threads):
    p = ag.tensor(matrices()[1]).requires_grad_()
    p.grad = ag.ones_like(p)
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optimizer = optim.Muon([p, p])
    optimizer.step()
    assert optimizer._plans[0].batches[0].turns == {}


@pytest.mark.parametrize("name", ["Adafactor", "LAMB"])
def test_blocks_do_not_matter(monkeypatch, name):
    results = []
    for block in (1 << 30, 1 << 6):
        for room in (runs, factored, lamb):
            monkeypatch.setattr(room, "BLOCK", block)
        optimizer, params = ours(name, {"weight_decay": 0.1}, arrays(0))
        run(ag, optimizer, params, range(6))
        results.append(params)
    same(*results, 1e-13)


@pytest.mark.parametrize("long", [1, 1 << 30])
@pytest.mark.parametrize("size", [1e-9, 1.0])
def test_adafactor_where_gradients_are_tiny(monkeypatch, long, size):
    """The root is then eps; and by either way to an outer product."""
    monkeypatch.setattr(factored, "LONG", long)
    values = arrays(0, ((20, 30), (3, 4, 5), (6,), (2, 0)))
    optimizer, params = ours("Adafactor", {"eps": (1e-4, 1e-3)}, values)
    give(ag, params, 1)
    for p in params:
        p.grad.mul_(size)
    optimizer.step()
    options = {k: optimizer.param_groups[0][k] for k in optimizer._options}
    for p, value in zip(params, values, strict=True):
        shapes = {k: optimizer.state_shape(k, value.shape) for k in optimizer.fills()}
        state = {k: np.zeros(shape) for k, shape in shapes.items() if shape} | {"step": 0.0}
        expected, _ = optimizer.update(value, p.grad.numpy(), state, **options)
        np.testing.assert_allclose(p.detach().numpy(), expected, rtol=1e-12)


def test_lbfgs_goes_on_where_parameters_were_replaced():
    optimizer, params = ours("LBFGS", {"max_iter": 2}, [np.ones(5)])
    give(ag, params, 0)
    optimizer.step(closure_of(params))
    params[0].data = ag.ones(5, dtype=ag.float32)
    params[0].grad = ag.ones(5)
    for state in optimizer.state.values():
        state.clear()
    optimizer.step(closure_of(params))
    assert optimizer.state[params[0]]["d"].dtype == ag.float32


def test_a_search_that_ends_where_it_began_keeps_its_gradient():
    """Its vector is the last gradient's, and must not be taken for the next."""
    p = ag.tensor([1.0, -2.0], dtype=ag.float64, requires_grad=True)
    optimizer = optim.LBFGS([p], lr=1.0, line_search_fn="strong_wolfe", max_iter=1, max_eval=3)
    gradients = iter(np.random.default_rng(0).standard_normal((40, 2)))
    losses = iter([0.0, *[9.0] * 39])

    def closure():
        p.grad = ag.tensor(next(gradients))
        return next(losses)

    for _ in range(4):
        optimizer.step(closure)
        held = [optimizer.state[p][name]._array for name in ("d", "prev_flat_grad")]
        free = [vector._array for vector in optimizer._vectors._free]
        taken = [*held, *(t._array for name in ("old_dirs", "old_stps") for t in optimizer.state[p][name])]
        assert len({id(a) for a in (*free, *taken)}) == len(free) + len(taken)


def test_scratch_memory_of_growing_updates():
    kept = scratch.Scratch(host, np.dtype("f"), 0)
    small, large = np.zeros(3, np.float32), np.zeros(30, np.float32)
    assert kept.like(small).size == 3
    assert kept.like(large).size == 30
    assert kept.like(large) is kept.like(large)
    assert not np.shares_memory(kept.like(large), kept.spare(large))
