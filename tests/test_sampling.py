"""Random tensors: seeds, streams of their own, and the distributions they claim."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.errors import DTypeError, ShapeError

N = 20_000

DRAWS = {
    "rand": lambda g: ag.rand(50, generator=g),
    "randn": lambda g: ag.randn(50, generator=g),
    "randint": lambda g: ag.randint(0, 1000, (50,), generator=g),
    "randperm": lambda g: ag.randperm(50, generator=g),
    "bernoulli": lambda g: ag.bernoulli(ag.full((50,), 0.5), generator=g),
    "normal": lambda g: ag.normal(0.0, 1.0, (50,), generator=g),
    "multinomial": lambda g: ag.multinomial(ag.ones(50), 20, generator=g),
    "uniform_": lambda g: ag.zeros(50).uniform_(generator=g),
    "normal_": lambda g: ag.zeros(50).normal_(generator=g),
    "bernoulli_": lambda g: ag.zeros(50).bernoulli_(generator=g),
    "random_": lambda g: ag.zeros(50).random_(0, 100, generator=g),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS.keys())
def test_a_seed_gives_the_same_numbers_and_the_stream_goes_on(draw: Any) -> None:
    ag.manual_seed(7)
    first, second = draw(None).tolist(), draw(None).tolist()
    ag.manual_seed(7)
    assert draw(None).tolist() == first and draw(None).tolist() == second
    assert first != second
    ag.manual_seed(8)
    assert draw(None).tolist() != first


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS.keys())
def test_a_generator_has_a_stream_of_its_own(draw: Any) -> None:
    ag.manual_seed(0)
    expected = ag.rand(3).tolist()
    ag.manual_seed(0)
    g = ag.Generator().manual_seed(7)
    first = draw(g).tolist()
    assert ag.rand(3).tolist() == expected
    assert draw(ag.Generator().manual_seed(7)).tolist() == first
    assert draw(g).tolist() != first


def test_states_can_be_kept_and_restored() -> None:
    ag.rand(5)
    state = ag.get_rng_state()
    first = ag.randn(5).tolist()
    assert ag.randn(5).tolist() != first
    ag.set_rng_state(state)
    assert ag.randn(5).tolist() == first
    g = ag.Generator().manual_seed(3)
    ag.rand(1, generator=g)
    kept = g.get_state()
    first = ag.rand(4, generator=g).tolist()
    g.set_state(kept)
    assert ag.rand(4, generator=g).tolist() == first
    assert g.initial_seed() == 3 and kept.dtype is ag.uint8


def test_seeds_of_the_operating_system_differ() -> None:
    assert ag.seed() != ag.seed() and isinstance(ag.initial_seed(), int)
    assert ag.Generator().seed() != ag.Generator().seed()
    assert ag.manual_seed(5) is ag.default_generator and ag.initial_seed() == 5
    ag.manual_seed(-1)
    ag.manual_seed(2**70)
    with pytest.raises(DTypeError, match=r"^manual_seed: seed is 1.5; wanted an int"):
        ag.manual_seed(1.5)


def test_the_stream_is_pinned() -> None:
    """The same seed means the same numbers on every machine and in every release."""
    ag.manual_seed(0)
    bits = np.random.Philox(0)
    assert ag.rand(4, dtype=ag.float64).tolist() == np.random.Generator(bits).random(4).tolist()


def moments(x: Any) -> tuple[float, float]:
    return x.double().mean().item(), x.double().std().item()


@pytest.mark.parametrize(
    ("draw", "mean", "std"),
    [
        (lambda: ag.rand(N), 0.5, 12**-0.5),
        (lambda: ag.randn(N), 0, 1),
        (lambda: ag.randint(-5, 6, (N,)), 0, 10**0.5),
        (lambda: ag.bernoulli(ag.full((N,), 0.3)), 0.3, 0.21**0.5),
        (lambda: ag.normal(2.0, 3.0, (N,)), 2, 3),
        (lambda: ag.normal(ag.full((N,), 2.0), ag.full((N,), 3.0)), 2, 3),
        (lambda: ag.normal(ag.full((N,), 2.0)), 2, 1),
        (lambda: ag.zeros(N).uniform_(-1, 3), 1, 4 * 12**-0.5),
        (lambda: ag.zeros(N).normal_(2, 3), 2, 3),
        (lambda: ag.zeros(N).bernoulli_(0.3), 0.3, 0.21**0.5),
        (lambda: ag.rand_like(ag.zeros(N)), 0.5, 12**-0.5),
        (lambda: ag.randn_like(ag.zeros(N)), 0, 1),
        (lambda: ag.randint_like(ag.zeros(N), 11), 5, 10**0.5),
        (lambda: ag.randint_like(ag.zeros(N), -5, 6), 0, 10**0.5),
    ],
)
def test_moments(draw: Any, mean: float, std: float) -> None:
    found = moments(draw())
    assert found == pytest.approx((mean, std), abs=5 * max(std, 0.3) / N**0.5 * 1.5)


def test_ranges() -> None:
    x = ag.rand(N)
    assert x.min() >= 0 and x.max() < 1
    i = ag.randint(3, 6, (N,))
    assert set(i.tolist()) == {3, 4, 5} and i.dtype is ag.int64
    assert set(ag.randint(2, (N,)).tolist()) == {0, 1}
    assert set(ag.bernoulli(ag.full((N,), 0.5)).tolist()) == {0, 1}
    assert ag.bernoulli(ag.ones(5)).tolist() == [1] * 5 and ag.bernoulli(ag.zeros(5)).tolist() == [0] * 5
    assert sorted(ag.randperm(100).tolist()) == list(range(100))


def test_multinomial_follows_its_weights() -> None:
    weights = ag.tensor([1.0, 2.0, 0.0, 7.0])
    drawn = ag.multinomial(weights, N, replacement=True)
    shares = np.bincount(drawn.numpy(), minlength=4) / N
    assert shares == pytest.approx([0.1, 0.2, 0, 0.7], abs=0.02)
    rows = ag.multinomial(ag.rand(6, 5) + 0.01, 3)
    assert rows.shape == (6, 3) and all(len(set(row)) == 3 for row in rows.tolist())
    assert ag.multinomial(ag.tensor([0.0, 1.0, 0.0]), 1).tolist() == [1]
    first = np.array([ag.multinomial(weights, 2).tolist()[0] for _ in range(2000)])
    assert (first == 3).mean() == pytest.approx(0.7, abs=0.05)


def test_shapes_dtypes_and_gradients() -> None:
    assert ag.rand(2, 3).shape == ag.rand((2, 3)).shape == ag.randn(ag.Size([2, 3])).shape == (2, 3)
    assert ag.rand(()).shape == () and ag.rand(0, 2).shape == (0, 2)
    assert ag.randn(2, dtype=ag.float64).dtype is ag.float64 and ag.rand(2).dtype is ag.float32
    assert ag.rand(2, dtype=ag.float16).dtype is ag.float16
    assert ag.randint(5, (2,), dtype=ag.int32).dtype is ag.int32 and ag.randperm(3, dtype=ag.int32).dtype is ag.int32
    x = ag.randn(2, requires_grad=True)
    assert x.is_leaf and x.requires_grad
    like = ag.zeros(2, 3, dtype=ag.float64)
    assert ag.rand_like(like).dtype is ag.float64 and ag.randn_like(like).shape == (2, 3)
    assert not ag.bernoulli(ag.full((3,), 0.5).requires_grad_()).requires_grad


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: ag.randint(5, 5, (2,)), ShapeError,
         "^randint: random_ expects 'from' to be less than 'to', but got from=5 >= to=5"),
        (lambda: ag.rand(2, dtype=ag.int64), DTypeError, "^rand: dtype is ag.int64; wanted a floating dtype"),
        (lambda: ag.randn(2, dtype=ag.bool), DTypeError, "^randn: dtype is ag.bool"),
        (lambda: ag.bernoulli(ag.tensor([0.5, 1.5])), ShapeError, "^bernoulli: Expected p_in >= 0 && p_in <= 1"),
        (lambda: ag.multinomial(ag.tensor([1.0, -1.0]), 1), ShapeError, "^multinomial: probability tensor contains"),
        (lambda: ag.multinomial(ag.zeros(3), 1), ShapeError, "^multinomial: probability tensor contains"),
        (lambda: ag.multinomial(ag.tensor([1.0, 0.0]), 2), ShapeError,
         "^multinomial: cannot sample n_sample > number of nonzero"),
        (lambda: ag.rand(-1), ShapeError, "^rand: .*negative dimension"),
        (lambda: ag.randperm(-1), ShapeError, "^randperm: n is -1"),
        (lambda: ag.Generator().set_state(ag.zeros(3, dtype=ag.uint8)), ShapeError, "^set_state: got 3 bytes"),
    ],
)  # fmt: skip
def test_refusals(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match) as raised:
        call()
    assert isinstance(raised.value, RuntimeError)


def test_the_device_gets_the_cpus_numbers(cuda: Any) -> None:
    draws = [
        lambda d: ag.rand(5, device=d), lambda d: ag.randn(5, device=d), lambda d: ag.randint(9, (5,), device=d),
        lambda d: ag.randperm(5, device=d), lambda d: ag.bernoulli(ag.full((5,), 0.5, device=d)),
        lambda d: ag.zeros(5, device=d).uniform_(), lambda d: ag.zeros(5, device=d).normal_(),
    ]  # fmt: skip
    for draw in draws:
        ag.manual_seed(1)
        here = draw("cpu")
        ag.manual_seed(1)
        there = draw("cuda")
        assert there.device.type == "cuda" and type(there._array) is cuda.ndarray
        assert there.tolist() == here.tolist()
