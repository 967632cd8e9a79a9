"""What cannot be drawn: errors that name the operation and the argument."""

from __future__ import annotations

from typing import Any

import pytest

import autograd_core as ag
from autograd_core.errors import DTypeError, ShapeError


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
        (lambda: ag.set_rng_state(ag.zeros(104)), DTypeError, "^set_state: expected a ByteTensor"),
        (lambda: ag.randint(0, 300, (2,), dtype=ag.int8), ShapeError, "^randint: .* out of bounds for ag.int8"),
        (lambda: ag.randint(0.5, 3, (2,)), DTypeError, "^randint: got low=0.5, high=3; wanted ints"),
        (lambda: ag.rand(2, layout="sparse"), DTypeError, "^rand: layout is 'sparse'; wanted ag.strided"),
        (lambda: ag.bernoulli(ag.tensor([1, 0])), DTypeError, "^bernoulli: not implemented for ag.int64"),
        (lambda: ag.bernoulli(ag.zeros(2), 1.5), ShapeError, "^bernoulli: Expected p_in >= 0 && p_in <= 1"),
        (lambda: ag.bernoulli(ag.tensor([float("nan")])), ShapeError, "^bernoulli: Expected p_in >= 0"),
        (lambda: ag.zeros(2).bernoulli_(-0.1), ShapeError, "^bernoulli_: Expected p_in >= 0 && p_in <= 1"),
        (lambda: ag.zeros(2).bernoulli_(ag.tensor([1, 0])), DTypeError, "^bernoulli_: expected probabilities"),
        (lambda: ag.zeros(2).bernoulli_(ag.zeros(3, 2)), ShapeError, "^bernoulli_: p of shape .3, 2. does not"),
        (lambda: ag.poisson(ag.tensor([-1.0])), ShapeError, "^poisson: invalid Poisson rate"),
        (lambda: ag.poisson(ag.tensor([1])), DTypeError, "^poisson: not implemented for ag.int64; wanted input"),
        (lambda: ag.binomial(ag.ones(2), ag.ones(2, dtype=ag.float64)), DTypeError, "^binomial: found dtype ag.float"),
        (lambda: ag.binomial(ag.ones(2, dtype=ag.int64), ag.ones(2, dtype=ag.int64)), DTypeError, "^binomial: not"),
        (lambda: ag.normal(ag.zeros(2), -1.0), ShapeError, "^normal: expects all elements of std >= 0.0"),
        (lambda: ag.normal(0.0, ag.tensor([1.0, -1.0])), ShapeError, "^normal: expects all elements of std >= 0.0"),
        (lambda: ag.normal(0.0, 1.0), DTypeError, "^normal: got two numbers; wanted size"),
        (lambda: ag.normal(ag.zeros(2, dtype=ag.int64)), DTypeError, "^normal: not implemented for mean of ag.int64"),
        (lambda: ag.normal(0.0, ag.ones(2, dtype=ag.complex64)), DTypeError, "^normal: not implemented for std"),
        (lambda: ag.multinomial(ag.ones(2, 2, 2), 1), ShapeError, "^multinomial: prob_dist must be 1 or 2 dim"),
        (lambda: ag.multinomial(ag.ones(2), 0), ShapeError, "^multinomial: cannot sample n_sample <= 0 samples"),
        (lambda: ag.multinomial(ag.ones(2), 3), ShapeError, "^multinomial: cannot sample n_sample > prob_dist.size"),
        (lambda: ag.multinomial(ag.ones(1).expand(2**24 + 1), 3), ShapeError,
         "^multinomial: number of categories cannot exceed 2.24; got 16777217"),
        (lambda: ag.multinomial(ag.ones(2, dtype=ag.int64), 1), DTypeError, "^multinomial: only supports"),
        (lambda: ag.multinomial(ag.tensor([1.0, float("inf")]), 1), ShapeError, "^multinomial: probability tensor"),
        (lambda: ag.multinomial([1.0], 1), DTypeError, "^multinomial: .* got list"),
        (lambda: ag.multinomial(ag.ones(2), 1, out=ag.zeros(1)), DTypeError, "^multinomial: out is of ag.float32"),
        (lambda: ag.zeros(2).uniform_(1, 0), ShapeError, "^uniform_: expects to return a .from, to. range"),
        (lambda: ag.zeros(2, dtype=ag.int64).uniform_(), DTypeError, "^uniform_: .* must be a floating point"),
        (lambda: ag.zeros(2).normal_(0, -1), ShapeError, "^normal_: expects std >= 0.0, but found std -1"),
        (lambda: ag.zeros(2, dtype=ag.int64).normal_(), DTypeError, "^normal_: .* must be a floating point"),
        (lambda: ag.zeros(2).random_(0), ShapeError, "^random_: random_ expects 'from' to be less than 'to'"),
        (lambda: ag.zeros(2, dtype=ag.int8).random_(0, 129), ShapeError, "^random_: .* out of bounds for ag.int8"),
        (lambda: ag.zeros(2, dtype=ag.complex64).random_(), DTypeError, "^random_: not implemented for ag.complex64"),
        (lambda: ag.zeros(2).exponential_(0), ShapeError, "^exponential_: expects lambda > 0.0, but found lambda=0"),
        (lambda: ag.zeros(2, dtype=ag.int64).exponential_(), DTypeError, "^exponential_: .* must be a floating point"),
        (lambda: ag.zeros(2).cauchy_(0, 0), ShapeError, "^cauchy_: expects sigma > 0.0, but found sigma=0"),
        (lambda: ag.zeros(2, dtype=ag.bool).cauchy_(), DTypeError, "^cauchy_: .* must be a floating point"),
        (lambda: ag.zeros(2).log_normal_(0, 0), ShapeError, "^log_normal_: expects std > 0.0, but found std=0"),
        (lambda: ag.zeros(2, dtype=ag.complex64).log_normal_(), DTypeError, "^log_normal_: .* must be a floating"),
        (lambda: ag.zeros(2).geometric_(1.0), ShapeError, "^geometric_: expects p to be in .0, 1., but got p=1.0"),
        (lambda: ag.zeros(2, dtype=ag.bool).geometric_(0.5), DTypeError, "^geometric_: not implemented for ag.bool"),
    ],
)  # fmt: skip
def test_refusals(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match) as raised:
        call()
    assert isinstance(raised.value, RuntimeError)
