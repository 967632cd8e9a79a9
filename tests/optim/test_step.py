"""The step is its definition: ``update``, parameter by parameter, whatever the parameters' sizes and layouts."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import optim
from autograd_core.errors import ShapeError
from optim import memory
from tests.optim.cases import SHAPES, arrays, entries, every, give, holes, ours, parameters, run, same


def defined(name, options, values, steps):
    """Follow ``update`` itself, on raw arrays one parameter at a time."""
    kind, options = meant(name, options)
    first = {k: v for k, v in kind.fills(**options).items() if v is not None}
    numbers = {"step": 0.0} | {k: np.float32(v) for k, v in kind.numbers(**options).items()}
    values = [v.copy() for v in values]
    states = [numbers | {k: np.full_like(v, f) for k, f in first.items()} for v in values]
    for step in steps:
        for i, g in enumerate(arrays(100 + step)):
            if i not in holes(step):
                new, made = kind.update(values[i], g, states[i], **options)
                made |= {k: np.float32(made[k]) for k in numbers if k != "step" and k in made}
                values[i], states[i] = np.asarray(new), states[i] | made
    return values, states


def meant(name, options):
    """Return an optimiser's class, and all options of its update."""
    optimizer = getattr(optim, name)([ag.ones(1)], **options)
    return type(optimizer), optimizer._options_of(optimizer.param_groups[0])


@every()
def test_step_is_update(name, options):
    values = arrays(0)
    optimizer, params = ours(name, options, values)
    run(ag, optimizer, params, range(12))
    expected, states = defined(name, options, values, range(12))
    same(params, map(ag.tensor, expected), 1e-13)
    for key, value in entries(optimizer):
        number, _, entry = key.partition(".")
        np.testing.assert_allclose(value, states[int(number)][entry], rtol=1e-12, atol=1e-14, err_msg=key)


@every()
def test_update_is_pure(name, options):
    kind, options = meant(name, options)
    p, g, *held = arrays(0, [(4,)] * 5)
    held = [np.abs(h) for h in held]
    state = dict(zip(kind.fills(**options), held), step=3.0, **dict.fromkeys(kind.numbers(**options), np.float32(0.5)))
    if options.get("centered"):
        state["grad_avg"] *= 0.1
    for array in (p, g, *held):
        array.flags.writeable = False
    new, made = kind.update(p, g, state, **options)
    tensors = {k: ag.tensor(v) if isinstance(v, np.ndarray) else v for k, v in state.items()}
    wrapped, made_too = kind.update(ag.tensor(p), ag.tensor(g), tensors, **options)
    np.testing.assert_allclose(wrapped.numpy(), new, rtol=1e-15)
    assert list(made) == list(made_too)
    assert new is not p


@every()
def test_same_bits_again(name, options):
    results = []
    for _ in range(2):
        optimizer, params = ours(name, options, arrays(0, dtype=np.float32))
        run(ag, optimizer, params, range(12))
        results.append(params)
    same(*results)


@every("SGD", "Adam")
def test_any_layout_and_any_gradient(name, options):
    """A transposed parameter, a strided one, a slice, gradients in Fortran's order and with gaps."""
    plain, odd = [], []
    for shape, view in (((30, 20), lambda t: t.t()), ((100,), lambda t: t[::2]), ((90, 70, 3), lambda t: t[:, 1:, :])):
        value = ag.tensor(arrays(1, [shape])[0])
        odd.append(view(value).detach().requires_grad_())
        plain.append(odd[-1].detach().clone().requires_grad_())
    assert not any(p._array.flags.c_contiguous for p in odd)
    a, b = (getattr(optim, name)(params, **options) for params in (plain, odd))
    for step in range(3):
        give(ag, plain, step)
        for p, q in zip(plain, odd, strict=True):
            wide = np.zeros([2 * n for n in p.shape], order="F")
            strided = wide[tuple(slice(None, None, 2) for _ in p.shape)]
            strided[...] = p.grad.numpy()
            q.grad = ag.from_numpy(strided)
        a.step()
        b.step()
    same(odd, plain, 1e-14)


@every("SGD", "Adam", "RMSprop")
def test_blocks_and_gathering_do_not_matter(monkeypatch, name, options):
    results = []
    for small, block in ((0, 1 << 9), (1 << 30, 1 << 30), (1 << 8, 1 << 8)):
        monkeypatch.setitem(memory.LIMITS, "cpu", memory.Limits(small, block))
        optimizer, params = ours(name, options, arrays(0))
        run(ag, optimizer, params, range(10))
        results.append(params)
    same(results[0], results[1], 1e-15)
    same(results[0], results[2], 1e-15)


KINDS = {ag.float32: 1e-6, ag.float64: 1e-15, ag.float16: 1e-2}


def test_dtypes_side_by_side():
    """Float16 has no BLAS; every dtype has state of its own, and counts in float32."""
    params, expected = [], parameters(ag, arrays(0))
    for p, dtype in zip(expected, list(KINDS) * 3):
        params.append(p.to(dtype).detach().requires_grad_())
    for group in (params, expected):
        optimizer = optim.Adam(group, lr=0.01, eps=1e-2)
        for step in range(5):
            give(ag, group, step)
            optimizer.step()
        for p in group:
            assert optimizer.state[p]["exp_avg"].dtype == p.dtype
            assert optimizer.state[p]["step"].dtype == ag.float32
    for p, e in zip(params, expected, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), e.detach().numpy(), rtol=0, atol=KINDS[p.dtype])


def test_no_warnings_where_numbers_overflow():
    p = ag.full((3,), 1e30, requires_grad=True)
    p.grad = ag.full((3,), 1e30)
    optim.Adam([p], weight_decay=1e30).step()
    assert p.isnan().all()


def test_closure():
    p = ag.tensor([2.0], requires_grad=True)
    optimizer = optim.SGD([p], lr=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (p**2).sum()
        loss.backward()
        return loss

    with ag.no_grad():  # the closure records all the same
        assert optimizer.step(closure).item() == 4.0
    assert p.item() == 0.0


def test_zero_grad():
    p, q = ag.ones(2, requires_grad=True), ag.ones(2, requires_grad=True)
    optimizer = optim.SGD([p, q])
    (p * p).sum().backward(create_graph=True)
    held = p.grad
    optimizer.zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0.0, 0.0]
    assert not p.grad.requires_grad
    assert p.grad is held
    assert q.grad is None
    optimizer.zero_grad()
    assert p.grad is None


def test_nothing_to_do():
    p = ag.ones(2, requires_grad=True)
    optimizer = optim.Adam([p])
    optimizer.step()
    assert p.tolist() == [1.0, 1.0]
    assert optimizer.state_dict()["state"] == {}


def test_a_step_makes_an_older_backward_fail():
    w = ag.ones(3, requires_grad=True)
    loss = (w * w).sum()
    w.grad = ag.ones(3)
    optim.SGD([w]).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_step_is_no_write_to_other_tensors():
    w, x = ag.ones(3, requires_grad=True), ag.ones(3, requires_grad=True)
    optimizer = optim.Adam([w])
    loss = (x * x).sum()
    w.grad = ag.ones(3)
    optimizer.step()
    loss.backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_a_gradient_that_does_not_fit():
    p, q = ag.ones(2, requires_grad=True), ag.ones(3, requires_grad=True)
    optimizer = optim.SGD([p, q], lr=1.0)
    p.grad, q.grad = ag.ones(2), ag.ones(3)
    q.data = ag.ones(4)
    with pytest.raises(ShapeError, match=r"parameter 1 .*has shape \(4,\), but its gradient has \(3,\)"):
        optimizer.step()
    assert p.tolist() == [1.0, 1.0]
    optimizer = optim.SGD([{"params": [p]}, {"params": [q]}], lr=1.0)
    with pytest.raises(ShapeError):
        optimizer.step()
    assert p.tolist() == [1.0, 1.0]  # though its group comes first


@pytest.mark.parametrize("size", [10, 30_000])
def test_memory_that_is_not_aligned(size):
    """As from a mapped file: BLAS takes no such array."""
    raw = np.zeros(4 * size + 1, np.uint8)
    array = raw[1:].view(np.float32)
    assert not array.flags.aligned
    p = ag.from_numpy(array).requires_grad_()
    p.grad = ag.arange(size, dtype=ag.float32)
    optim.SGD([p], lr=1.0).step()
    assert np.array_equal(array, -np.arange(size))


def test_an_optimiser_in_three_lines():
    """What a user writes: the pure update; the step in place comes with it."""

    class Sign(optim.Optimizer):
        counts = True

        @staticmethod
        def fills(**_):
            return {"mean": 0.0, "last": None}

        @staticmethod
        def update(p, g, state, *, lr):
            mean = 0.9 * state["mean"] + g
            assert ("last" in state) == (state["step"] > 0)
            return p - lr * (mean + state.get("last", g)), {"step": state["step"] + 1, "mean": mean, "last": g}

    params = parameters(ag, arrays(0))
    optimizer = Sign(params, {"lr": 0.1})
    for step in range(4):
        give(ag, params, step)
        optimizer.step()
    mean, last = np.zeros(5), None
    value = arrays(0)[1]
    for step in range(4):
        g = arrays(step)[1]
        mean = 0.9 * mean + g
        value = value - 0.1 * (mean + (g if last is None else last))
        last = g
    np.testing.assert_allclose(params[1].detach().numpy(), value, rtol=1e-14)
    assert optimizer.state[params[1]]["step"].item() == 4


def test_an_optimiser_as_pytorch_programs_write_it():
    class Plain(optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        @ag.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    state = self.state[p]
                    state["n"] = state.get("n", 0) + 1
                    p.add_(p.grad, alpha=-group["lr"])

    params = parameters(ag, arrays(0))
    give(ag, params, 1)
    optimizer = Plain(params, 0.1)
    optimizer.step()
    same(params, [ag.tensor(v - 0.1 * g) for v, g in zip(arrays(0), arrays(1))], 1e-15)
    assert optimizer.state[params[0]] == {"n": 1}
    with pytest.raises(NotImplementedError):
        optimizer.zero_grad()
        params[0].grad = ag.ones(3, 4, dtype=ag.float64)
        optim.Optimizer(params, {}).step()


def test_state_is_flat_and_parameters_are_apart():
    params = parameters(ag, arrays(0, SHAPES[:5]))
    optimizer = optim.Adam(params)
    give(ag, params, 0)
    optimizer.step()
    owners = [optimizer.state[p]["exp_avg"]._array for p in params]
    while any(a.base is not None for a in owners):
        owners = [a if a.base is None else a.base for a in owners]
    assert len({id(a) for a in owners}) == 1
    assert len({id(p._array) for p in params}) == len(params)
    assert not any(np.shares_memory(p._array, q._array) for p in params for q in params if p is not q)
