"""Random tensors: seeds, streams of their own, and the distributions they claim."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from scipy import stats

import autograd_core as ag
import nn
from autograd_core.errors import DTypeError, GraphError

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
    "exponential_": lambda g: ag.zeros(50).exponential_(generator=g),
    "cauchy_": lambda g: ag.zeros(50).cauchy_(generator=g),
    "log_normal_": lambda g: ag.zeros(50).log_normal_(generator=g),
    "geometric_": lambda g: ag.zeros(50).geometric_(0.1, generator=g),
    "rand_like": lambda g: ag.rand_like(ag.zeros(50), generator=g),
    "randn_like": lambda g: ag.randn_like(ag.zeros(50), generator=g),
    "randint_like": lambda g: ag.randint_like(ag.zeros(50), 1000, generator=g),
    "poisson": lambda g: ag.poisson(ag.full((50,), 9.0), generator=g),
    "binomial": lambda g: ag.binomial(ag.full((50,), 9.0), ag.full((50,), 0.5), generator=g),
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
    moved = ag.Generator().set_state(g.get_state())
    for other in (g.clone_state(), copy.deepcopy(g), pickle.loads(pickle.dumps(g)), moved):
        state = g.get_state()
        assert ag.rand(4, generator=other).tolist() == ag.rand(4, generator=g).tolist()
        g.set_state(state)
    assert g.clone_state().initial_seed() == 3 and ag.Generator(device="cpu").device.type == "cpu"


def test_a_fork_leaves_the_stream_as_it_was() -> None:
    ag.random.manual_seed(5)
    expected = ag.rand(3).tolist()
    ag.manual_seed(5)
    with ag.random.fork_rng():
        ag.manual_seed(1)
        ag.rand(7)
    assert ag.rand(3).tolist() == expected and ag.random.initial_seed() == 5
    ag.manual_seed(5)
    with pytest.raises(KeyError), ag.random.fork_rng(devices=[]):
        ag.rand(2)
        raise KeyError
    with ag.random.fork_rng(enabled=False):
        assert ag.rand(3).tolist() == expected
    assert ag.rand(3).tolist() != expected
    state = ag.random.get_rng_state()
    first = ag.rand(2).tolist()
    ag.random.set_rng_state(state)
    assert ag.rand(2).tolist() == first and ag.random.default_generator is ag.default_generator
    assert ag.random.seed() == ag.initial_seed()
    from autograd_core.random import fork_rng

    assert fork_rng is ag.random.fork_rng


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
        (lambda: ag.normal(2.0, ag.full((N,), 3.0)), 2, 3),
        (lambda: ag.normal(ag.zeros(N, 1), ag.ones(1, 1)), 0, 1),
        (lambda: ag.normal(ag.zeros(N, dtype=ag.complex64)).real, 0, 0.5**0.5),
        (lambda: ag.bernoulli(ag.zeros(N), 0.3), 0.3, 0.21**0.5),
        (lambda: ag.zeros(N).bernoulli(0.3), 0.3, 0.21**0.5),
        (lambda: ag.zeros(N, 2).bernoulli_(ag.tensor([0.3, 1.0]))[:, 0], 0.3, 0.21**0.5),
        (lambda: ag.zeros(N, dtype=ag.int64).bernoulli_(ag.tensor(0.3, dtype=ag.float64)), 0.3, 0.21**0.5),
        (lambda: ag.zeros(N, dtype=ag.int8).random_(-5, 6), 0, 10**0.5),
        (lambda: ag.zeros(N, dtype=ag.float16).random_(11), 5, 10**0.5),
        (lambda: ag.zeros(N, dtype=ag.bool).random_(), 0.5, 0.5),
        (lambda: ag.zeros(N, dtype=ag.uint8).random_(), 127.5, 256 * 12**-0.5),
        (lambda: ag.zeros(N, dtype=ag.complex64).uniform_(-1, 3).imag, 1, 4 * 12**-0.5),
        (lambda: ag.zeros(N, dtype=ag.complex64).normal_(2, 3).imag, 2, 3 * 0.5**0.5),
        (lambda: ag.poisson(ag.full((N,), 4.0)), 4, 2),
        (lambda: ag.binomial(ag.full((N,), 5.0), ag.tensor(0.3)), 1.5, 1.05**0.5),
        (lambda: ag.zeros(N, dtype=ag.int64).geometric_(0.25), 4, 12**0.5),
    ],
)
def test_moments(draw: Any, mean: float, std: float) -> None:
    found = moments(draw())
    assert found == pytest.approx((mean, std), abs=5 * max(std, 0.3) / N**0.5 * 1.5)


# Kolmogorov and Smirnov's largest distance, which a sample of the very distribution exceeds once in a million
LARGEST = stats.kstwo(N).isf(1e-6)


@pytest.mark.parametrize("dtype", [ag.float32, ag.float64])
@pytest.mark.parametrize(
    ("draw", "exact"),
    [
        (lambda x: ag.rand_like(x), stats.uniform()),
        (lambda x: ag.randn_like(x), stats.norm()),
        (lambda x: ag.normal(x + 2, 3.0), stats.norm(2, 3)),
        (lambda x: x.uniform_(-1, 3), stats.uniform(-1, 4)),
        (lambda x: x.normal_(2, 3), stats.norm(2, 3)),
        (lambda x: x.exponential_(), stats.expon()),
        (lambda x: x.exponential_(2.5), stats.expon(0, 0.4)),
        (lambda x: x.cauchy_(), stats.cauchy()),
        (lambda x: x.cauchy_(1, 0.5), stats.cauchy(1, 0.5)),
        (lambda x: x.log_normal_(), stats.lognorm(2, scale=np.e)),
        (lambda x: x.log_normal_(0.2, 0.5), stats.lognorm(0.5, scale=np.exp(0.2))),
        (lambda x: nn.init.trunc_normal_(x, 0.5, 2.0, -1.0, 2.0), stats.truncnorm(-0.75, 0.75, 0.5, 2.0)),
    ],
)
def test_continuous_distributions(draw: Any, exact: Any, dtype: Any) -> None:
    drawn = draw(ag.zeros(N, dtype=dtype))
    assert drawn.dtype is dtype
    assert stats.kstest(drawn.numpy().astype("float64"), exact.cdf).statistic < LARGEST


@pytest.mark.parametrize(
    ("draw", "exact"),
    [
        (lambda x: ag.poisson(x + 0.7), stats.poisson(0.7)),
        (lambda x: ag.poisson(x + 40), stats.poisson(40)),
        (lambda x: ag.binomial(x + 7, x + 0.2), stats.binom(7, 0.2)),
        (lambda x: x.geometric_(0.3), stats.geom(0.3)),
        (lambda x: x.random_(2, 9), stats.randint(2, 9)),
        (lambda x: ag.randint_like(x, 5), stats.randint(0, 5)),
        (lambda x: ag.bernoulli(x + 0.2), stats.bernoulli(0.2)),
        (lambda x: x.bernoulli_(0.2), stats.bernoulli(0.2)),
    ],
)
def test_discrete_distributions(draw: Any, exact: Any) -> None:
    values, counts = np.unique(draw(ag.zeros(N)).numpy(), return_counts=True)
    assert np.abs(counts.cumsum() / N - exact.cdf(values)).max() < LARGEST


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
    many = ag.tensor([[0.0, 1.0, 3.0], [5.0, 0.0, 0.0], [1.0, 1.0, 2.0]], dtype=ag.float64).repeat(200, 1)
    rows = many.multinomial(100, replacement=True).numpy().reshape(200, 3, 100)
    shares = np.stack([(rows == i).mean((0, 2)) for i in range(3)], -1)
    assert shares == pytest.approx(np.array([[0, 0.25, 0.75], [1, 0, 0], [0.25, 0.25, 0.5]]), abs=0.02)
    assert (shares == 0).tolist() == [[True, False, False], [False, True, True], [False] * 3]
    assert ag.multinomial(ag.ones(0, 3), 2).shape == ag.multinomial(ag.ones(0, 3), 2, True).shape == (0, 2)


def test_certain_and_undefined_outcomes() -> None:
    nan = float("nan")
    counts = ag.binomial(ag.tensor([3.0, 3.0, 0.0, -2.0, nan, 3.0]), ag.tensor([0.0, 1.0, 0.5, 0.5, 0.5, nan]))
    assert counts.nan_to_num(-1).tolist() == [0, 3, 0, 0, -1, -1]
    assert ag.poisson(ag.zeros(3, dtype=ag.float64)).tolist() == [0] * 3
    assert ag.normal(ag.tensor([1.0, 2.0]), 0.0).tolist() == [1, 2] and ag.normal(3.0, 0.0, (2,)).tolist() == [3, 3]
    assert ag.bernoulli(ag.zeros(0)).shape == (0,) and ag.zeros(()).exponential_().shape == ()
    assert ag.zeros(3).uniform_(2, 2).tolist() == [2] * 3


def test_all_numbers_of_a_dtype() -> None:
    for kind, most in ((ag.int8, 127), (ag.uint8, 255), (ag.int64, 2**63 - 1), (ag.float16, 2**11),
                       (ag.float32, 2**24)):  # fmt: skip
        drawn = ag.zeros(2000, dtype=kind).random_()
        assert drawn.min() >= 0 and most * 0.95 < drawn.max().item() <= most
        assert (drawn == drawn.floor()).all() if kind.is_floating_point else drawn.dtype is kind
    assert set(ag.randint(0, 256, (5000,), dtype=ag.uint8).tolist()) == set(range(256))


def test_out_options_and_the_graph() -> None:
    for draw in (ag.rand, ag.randn, lambda *a, **o: ag.normal(0.0, 1.0, a, **o)):
        place = ag.zeros(2, 3, dtype=ag.float64)
        assert draw(2, 3, out=place) is place and place.std() > 0
    place = ag.zeros(3, dtype=ag.int32)
    assert ag.randint(5, 9, (3,), out=place) is place and place.min() >= 5
    assert ag.randperm(3, out=place).sum().item() == 3 == place.sum().item()
    assert ag.bernoulli(ag.ones(2), out=(b := ag.zeros(2))) is b and b.tolist() == [1, 1]
    assert ag.multinomial(ag.ones(2), 1, out=(m := ag.zeros(1, dtype=ag.int64))) is m
    assert ag.randn(size=(2,), layout=ag.strided, pin_memory=False).shape == (2,)
    assert ag.rand_like(ag.zeros(2), memory_format=ag.preserve_format, requires_grad=True).requires_grad
    assert ag.randint(high=3, size=(2,)).max() < 3 and ag.randint(3, size=(2,)).max() < 3
    assert ag.normal(ag.zeros(2, requires_grad=True), 1.0).requires_grad is False
    assert ag.normal(ag.zeros(2, dtype=ag.float64), ag.ones(3, 1)).dtype is ag.float64
    x = ag.ones(3, requires_grad=True)
    for fill in ("uniform_", "normal_", "bernoulli_", "random_", "exponential_", "cauchy_", "log_normal_"):
        with pytest.raises(GraphError, match=f"^{fill}: a leaf Variable that requires grad"):
            getattr(x, fill)()
        with ag.no_grad():
            assert getattr(x, fill)() is x and x._version > 0
    y = x * 2
    y.exponential_()
    assert not y.requires_grad


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


def test_the_device_gets_the_cpus_numbers(cuda: Any) -> None:
    draws = [
        lambda d: ag.rand(5, device=d), lambda d: ag.randn(5, device=d), lambda d: ag.randint(9, (5,), device=d),
        lambda d: ag.randperm(5, device=d), lambda d: ag.bernoulli(ag.full((5,), 0.5, device=d)),
        lambda d: ag.zeros(5, device=d).uniform_(), lambda d: ag.zeros(5, device=d).normal_(),
        lambda d: ag.zeros(5, device=d).bernoulli_(ag.full((), 0.5, device=d)),
        lambda d: ag.zeros(5, device=d).random_(),
        lambda d: ag.zeros(5, device=d).exponential_(2), lambda d: ag.zeros(5, device=d).cauchy_(),
        lambda d: ag.zeros(5, device=d).log_normal_(), lambda d: ag.zeros(5, device=d).geometric_(0.2),
        lambda d: ag.poisson(ag.full((5,), 9.0, device=d)), lambda d: ag.normal(ag.zeros(5, device=d), 2.0),
        lambda d: ag.binomial(ag.full((5,), 9.0, device=d), ag.full((5,), 0.5, device=d)),
        lambda d: ag.multinomial(ag.ones(5, device=d), 3), lambda d: ag.randn_like(ag.zeros(5, device=d)),
    ]  # fmt: skip
    for draw in draws:
        ag.manual_seed(1)
        here = draw("cpu")
        ag.manual_seed(1)
        there = draw("cuda")
        assert there.device.type == "cuda" and type(there._array) is cuda.ndarray
        assert there.tolist() == here.tolist()


@pytest.mark.parametrize("dtype", [ag.float16, ag.bfloat16, ag.float32, ag.float64])
def test_draws_without_dimensions_are_tensors(dtype: Any) -> None:
    one = ag.tensor(1.0, dtype=dtype)
    for y in (ag.bernoulli(one), nn.functional.dropout(one, 0.5), ag.poisson(one), ag.empty_like(one).geometric_(0.5)):
        assert (y + 1).dtype is dtype and y.shape == ()
