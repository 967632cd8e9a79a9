"""L-BFGS and its line search: trajectories and state as PyTorch's, the Wolfe conditions, refusals."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autograd_core as ag
import optim
from optim.line_search import Conditions, Point, minimum_of_cubic, strong_wolfe
from tests.optim.cases import parameters

CASES = [
    {},
    {"lr": 0.01, "max_iter": 7},
    {"lr": 0.05, "max_iter": 1},
    {"lr": 0.01, "max_iter": 6, "history_size": 3},
    {"line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "max_iter": 1},
    {"line_search_fn": "strong_wolfe", "max_eval": 3, "lr": 5.0},
    {"line_search_fn": "strong_wolfe", "lr": 30.0, "max_iter": 3},
    {"line_search_fn": "strong_wolfe", "tolerance_change": 1e-2, "tolerance_grad": 1e-2},
]
every = pytest.mark.parametrize("options", CASES, ids=lambda o: "-".join(f"{k}={v}" for k, v in o.items()) or "default")
VALUES = [np.array([-1.2, 1.0]), np.array([[0.5, -0.3], [0.2, 1.0]])]


class Run:
    """Rosenbrock's valley with a matrix beside it, on one side."""

    def __init__(self, api, package, options, values=VALUES):
        self.api, self.calls = api, 0
        self.params = parameters(api, values)
        self.optimizer = package.LBFGS(self.params, **options)

    def closure(self):
        self.calls += 1
        self.optimizer.zero_grad()
        (x, y), q = self.params[0], self.params[1]
        loss = (1 - x) ** 2 + 100 * (y - x * x) ** 2 + ((q @ q - 1) ** 2).sum() + (q[0] * x).sum() ** 2
        loss.backward()
        return loss

    def steps(self, count):
        return [self.optimizer.step(self.closure).item() for _ in range(count)]

    def values(self):
        return [p.detach().numpy().copy() for p in self.params]


def close(mine, yours, tolerance=1e-6):
    for a, b in zip(mine, yours, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance)


@every
def test_trajectory_and_state(torch, options):
    mine, yours = Run(ag, optim, options), Run(torch, torch.optim, options)
    close(mine.steps(12), yours.steps(12))
    close(mine.values(), yours.values())
    assert mine.calls == yours.calls
    a, b = (side.optimizer.state_dict()["state"][0] for side in (mine, yours))
    assert list(a) == list(b)
    for key, value in b.items():
        assert type(a[key]).__name__ == type(value).__name__, key
        if isinstance(value, list):
            assert [type(v).__name__ for v in a[key]] == [type(v).__name__ for v in value]
            assert [getattr(v, "shape", None) for v in a[key]] == [getattr(v, "shape", None) for v in value]
    assert (a["n_iter"], a["func_evals"]) == (b["n_iter"], b["func_evals"])
    assert repr(mine.optimizer) == repr(yours.optimizer)


@every
def test_state_dicts_go_from_one_to_the_other(torch, options):
    reference = Run(torch, torch.optim, options)
    reference.steps(6)
    for (api, package), (other, packed), put in (
        ((torch, torch.optim), (ag, optim), lambda t: t.numpy().copy()),
        ((ag, optim), (torch, torch.optim), lambda t: torch.tensor(t.numpy())),
    ):
        first = Run(api, package, options)
        first.steps(3)
        second = Run(other, packed, {"lr": 9.0}, first.values())
        second.optimizer.load_state_dict(mapped(first.optimizer.state_dict(), put))
        second.steps(3)
        close(second.values(), reference.values())


def mapped(value, put):
    if isinstance(value, dict):
        return {k: mapped(v, put) for k, v in value.items()}
    if isinstance(value, list):
        return [mapped(v, put) for v in value]
    return put(value) if hasattr(value, "numpy") else value


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies(duplicate):
    a = Run(ag, optim, {"line_search_fn": "strong_wolfe", "max_iter": 3})
    a.steps(2)
    pair = duplicate((a.optimizer, a.params))
    b = Run(ag, optim, {})
    b.optimizer, b.params = pair
    assert a.steps(3) == b.steps(3)
    close(a.values(), b.values(), 0)


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_complex_parameters_and_missing_gradients(torch, search):
    rng = np.random.default_rng(0)
    start, target = rng.standard_normal((2, 3, 2)) @ [1, 1j]
    sides = []
    for api, package in ((ag, optim), (torch, torch.optim)):
        z, idle = parameters(api, [start, np.ones(2)])
        optimizer = package.LBFGS([z, idle], lr=0.5, max_iter=4, line_search_fn=search)

        def closure(api=api, z=z, optimizer=optimizer):
            optimizer.zero_grad()
            loss = ((z - api.tensor(target)).abs() ** 4).sum()
            loss.backward()
            return loss

        for _ in range(3):
            optimizer.step(closure)
        sides.append([z.detach().numpy(), idle.detach().numpy()])
    close(*sides)
    assert (sides[0][1] == 1).all()


def test_a_tensor_as_learning_rate(torch):
    sides = [Run(api, p, {"lr": api.tensor([0.1]), "max_iter": 4}) for api, p in ((ag, optim), (torch, torch.optim))]
    for side in sides:
        side.steps(5)
    close(*(side.values() for side in sides))


def test_it_returns_the_first_loss_and_stops_where_there_is_nothing_to_do():
    p = ag.tensor([2.0], requires_grad=True)
    optimizer = optim.LBFGS([p])
    calls = []

    def closure():
        calls.append(ag.is_grad_enabled())
        optimizer.zero_grad()
        loss = (p**2).sum()
        loss.backward()
        return loss

    with ag.no_grad():
        assert optimizer.step(closure).item() == 4.0
    assert abs(p.item()) < 1e-6
    assert all(calls)
    count = len(calls)
    optimizer.step(closure)
    assert len(calls) == count + 1


def test_refusals():
    p, q = ag.ones(2, requires_grad=True), ag.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match="doesn't support per-parameter options"):
        optim.LBFGS([{"params": [p]}, {"params": [q]}])
    with pytest.raises(ValueError, match="Invalid learning rate: -1"):
        optim.LBFGS([p], lr=-1)
    with pytest.raises(ValueError, match=r"add optim.penalty\(...\) to the loss"):
        optim.LBFGS([optim.penalized([p], l1=0.1)])
    run = Run(ag, optim, {"line_search_fn": "weak"})
    with pytest.raises(RuntimeError, match="only 'strong_wolfe' is supported"):
        run.steps(1)


LINES = {
    "quartic": (lambda t: (t - 3) ** 4 - 5 * t, lambda t: 4 * (t - 3) ** 3 - 5),
    "wall": (lambda t: -t + (0.1 * t) ** 8, lambda t: -1 + 0.8 * (0.1 * t) ** 7),
}


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 40.0])
@pytest.mark.parametrize("name", ["quartic", "wall"])
def test_the_point_found_meets_the_wolfe_conditions(name, first):
    value, slope = LINES[name]
    tried = []

    def at(t):
        t = float(t)
        tried.append(t)
        return Point(t, value(t), None, ag.tensor(slope(t), dtype=ag.float64))

    start = Point(first, value(0.0), None, ag.tensor(slope(0.0), dtype=ag.float64))
    found, calls = strong_wolfe(at, start, 1.0, 25)
    assert calls == len(tried)
    assert found.t in tried
    conditions = Conditions(start._replace(t=0), 1e-4, 0.9)
    assert not conditions.too_high(found)
    assert conditions.flat(found)


def test_the_search_ends_at_its_limit():
    value, slope = LINES["wall"]
    start = Point(1e-6, value(0.0), None, ag.tensor(slope(0.0), dtype=ag.float64))
    found, calls = strong_wolfe(lambda t: Point(t, value(t), None, ag.tensor(slope(t))), start, 1.0, 2)
    assert calls == 3
    assert found.loss < start.loss


def test_minimum_of_a_cubic():
    def point(t):
        return Point(t, t**3 - 3 * t, None, ag.tensor(3.0 * t * t - 3))

    for a, b in ((0.0, 2.0), (2.0, 0.0), (-0.5, 1.5)):
        np.testing.assert_allclose(float(minimum_of_cubic(point(a), point(b), 0.0, 2.0)), 1.0, rtol=1e-6)
    assert float(minimum_of_cubic(point(0.0), point(2.0), 1.5, 2.0)) == 1.5
    falling = [Point(t, -float(t), None, ag.tensor(s)) for t, s in ((0.0, -1.0), (1.0, 2.0))]
    assert 0.0 <= float(minimum_of_cubic(*falling, 0.0, 1.0)) <= 1.0
