"""Random numbers in programs: what a seed gives, and the positions that go from line to line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core import distributions as D
from autograd_core.errors import GraphError, ProgramError
from autograd_core.func import grad, vmap
from autograd_core.programs.program import Program

X = ag.linspace(-1, 2, 12).reshape(3, 4)
DRAWS: dict[str, Callable[[Any], Any]] = {
    "rand": lambda x: x + ag.rand(3, 4), "randn": lambda x: x * ag.randn(4, dtype=ag.float64),
    "randint": lambda x: ag.randint(-3, 9, (2, 2)), "randperm": lambda x: ag.randperm(7),
    "rand_like": lambda x: ag.rand_like(x), "normal": lambda x: ag.normal(x, 0.5),
    "bernoulli": lambda x: ag.bernoulli(x.sigmoid()), "poisson": lambda x: ag.poisson(x.abs()),
    "binomial": lambda x: ag.binomial(ag.full((3, 4), 5.0), x.sigmoid()),
    "multinomial": lambda x: ag.multinomial(x.softmax(-1), 2),
    "uniform_": lambda x: ag.empty(5).uniform_(-1, 1), "normal_": lambda x: ag.empty(5).normal_(2.0, 0.1),
    "bernoulli_": lambda x: ag.empty(5).bernoulli_(0.3), "random_": lambda x: ag.empty(5).random_(9),
    "exponential_": lambda x: ag.empty(5).exponential_(2.0), "cauchy_": lambda x: ag.empty(5).cauchy_(1.0, 0.5),
    "log_normal_": lambda x: ag.empty(5).log_normal_(), "geometric_": lambda x: ag.empty(5).geometric_(0.3),
    "dropout": lambda x: F.dropout(x, 0.4), "feature_dropout": lambda x: F.dropout2d(x[None, :, :, None]),
    "gumbel_softmax": lambda x: F.gumbel_softmax(x, hard=True), "rrelu": lambda x: F.rrelu(x, training=True),
    "Gamma": lambda x: D.Gamma(x.exp(), ag.tensor(2.0)).rsample(),
    "Dirichlet": lambda x: D.Dirichlet(x.exp()).rsample(),
    "Normal": lambda x: D.Normal(x, x.exp()).rsample(), "Categorical": lambda x: D.Categorical(logits=x).sample((2,)),
}  # fmt: skip


def from_seed(function: Callable[..., Any], *args: Any, runs: int = 2) -> list[Any]:
    ag.manual_seed(11)
    return [function(*args).tolist() for _ in range(runs)]


@pytest.mark.parametrize("name", DRAWS)
def test_a_run_draws_what_the_function_would_draw(name: str) -> None:
    program = Program.trace(DRAWS[name])(X)
    text = str(program)
    assert "random rng: u8[104]" in text and "update rng = " in text and " = draw([" in text
    assert from_seed(program, X) == from_seed(DRAWS[name], X)
    again = Program.parse(text, program.values)
    assert str(again) == text and from_seed(again, X) == from_seed(DRAWS[name], X)
    short = program.simplify()
    assert from_seed(short, X) == from_seed(DRAWS[name], X)


def test_a_trace_leaves_the_generator_where_it_was() -> None:
    ag.manual_seed(0)
    before = ag.get_rng_state()
    program = Program.trace(lambda x: ag.rand(3) + x)(ag.zeros(3))
    assert bool((ag.get_rng_state() == before).all())
    program(ag.zeros(3))
    assert not bool((ag.get_rng_state() == before).all())


def test_draws_follow_each_other_in_one_stream_and_none_is_lost() -> None:
    def two(x: Any) -> Any:
        ag.rand(3)  # moves the stream on, though nothing needs it
        return x + ag.rand(2)

    program = Program.trace(two)(ag.zeros(2)).simplify()
    assert str(program).count("draw(") == 2
    assert from_seed(program, ag.zeros(2)) == from_seed(two, ag.zeros(2))


def test_a_training_step_with_dropout() -> None:
    def made() -> tuple[Any, Any]:
        ag.manual_seed(1)
        net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2))
        return net, optim.SGD(net.parameters(), lr=0.1)

    def step_of(net: Any, optimizer: Any) -> Callable[..., Any]:
        def step(x: Any, t: Any) -> Any:
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x), t)
            loss.backward()
            optimizer.step()
            return loss

        return step

    t = ag.tensor([0, 1, 1])
    (net, optimizer), (other, theirs) = made(), made()
    program = Program.trace(step_of(net, optimizer), module=net)(X, t)
    assert from_seed(program, X, t, runs=4) == pytest.approx(from_seed(step_of(other, theirs), X, t, runs=4), rel=1e-5)
    for p, q in zip(net.parameters(), other.parameters(), strict=True):
        assert ag.allclose(p, q, rtol=1e-5)


def test_the_gradient_program_draws_the_same_mask() -> None:
    net = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    program = Program.trace(lambda x: net(x).sum(), module=net)(X)
    slope = program.grad()
    for _ in range(2):  # the program of the gradient moves the stream on, too
        state = ag.get_rng_state()
        found = slope(X)
        ag.set_rng_state(state)
        net.zero_grad()
        net(X).sum().backward()
        for name, p in net.named_parameters():
            assert ag.equal(found[name], p.grad), name


def test_batched_and_moving_programs() -> None:
    program = Program.trace(lambda x: F.dropout(x, 0.5).sum())(ag.ones(6))
    ag.manual_seed(2)
    rows = program.vmap(3)(ag.ones(3, 6))
    assert rows.tolist() == [rows[0].item()] * 3  # one stream: the same mask for all
    ag.manual_seed(2)
    value, tangent = program.jvp()(ag.ones(6), ag.ones(6))
    assert value.item() == tangent.item() == rows[0].item()
    each = Program.trace(vmap(lambda x: F.dropout(x, 0.5), randomness="different"))(ag.ones(3, 40))
    assert from_seed(each, ag.ones(3, 40)) == from_seed(vmap(lambda x: F.dropout(x, 0.5), randomness="different"),
                                                       ag.ones(3, 40))  # fmt: skip
    rates = Program.trace(lambda x: ag.poisson(x))(ag.ones(2))
    with pytest.raises(GraphError, match="differ between the examples, which leave one stream at positions"):
        rates.vmap(3)


def test_states_and_seeds_inside_a_trace() -> None:
    def seeded(x: Any) -> Any:
        ag.manual_seed(5)
        return x + ag.rand(2)

    def again(x: Any) -> Any:
        state = ag.get_rng_state()
        first = ag.rand(2)
        ag.set_rng_state(state)
        return x + first - ag.rand(2)

    ag.manual_seed(0)
    program = Program.trace(seeded)(ag.zeros(2))
    assert ag.initial_seed() == 0
    assert program(ag.zeros(2)).tolist() == program(ag.zeros(2)).tolist() == seeded(ag.zeros(2)).tolist()
    assert Program.trace(again)(ag.zeros(2))(ag.zeros(2)).tolist() == [0, 0]


def test_what_is_refused() -> None:
    own = ag.Generator()
    with pytest.raises(ProgramError, match=r"from a generator of their own; .*test_random.py"):
        Program.trace(lambda x: x + ag.rand(2, generator=own))(ag.zeros(2))
    with pytest.raises(ProgramError, match=r"a random is a position in a stream; wanted u8\[104\]"):
        Program.parse("program p():\n    random rng: f32[2]\n    return rng\n")
    head = "program p():\n    random rng: u8[104]\n"
    line = head + "    h: f32[{}], r: u8[104] = draw([rng], of={}, dtype=f32{})\n    return h"
    for wrong, said in (
        (("2", '"os"', ", size=(2,)"), "of is 'os'; wanted one of"),
        (("3", '"uniform"', ", size=(2,)"), r"draw makes f32\[2\] here"),
        (("2", '"geometric"', ", size=(2,)"), "geometric takes 1 numbers, not 0"),
        (("2", '"poisson"', ""), "poisson takes 1 parameters, not 0"),
        (("2", '"uniform"', ", size=(-2,)"), "wanted no negative length"),
    ):
        with pytest.raises(ProgramError, match=said):
            Program.parse(line.format(*wrong))
    with pytest.raises(ProgramError, match="it binds no 'rng'"):
        Program.parse(line.format("2", '"uniform"', ", size=(2,)")).bind({"rng": ag.get_rng_state()})
    with pytest.raises(GraphError, match="randomness error mode"):
        vmap(lambda x: x + ag.rand(2))(ag.ones(3, 2))


def test_a_saved_program_goes_on_drawing(tmp_path: Any) -> None:
    program = Program.trace(nn.Dropout(0.5))(ag.ones(50))
    program.save(tmp_path / "p.txt")
    assert not (tmp_path / "p.txt.safetensors").exists()
    assert from_seed(Program.load(tmp_path / "p.txt"), ag.ones(50)) == from_seed(program, ag.ones(50))


def test_gradients_through_draws_that_move() -> None:
    draw = lambda x: D.Gamma(x, ag.tensor(1.0)).rsample().sum()  # noqa: E731
    x = ag.tensor([0.5, 2.0, 7.0])
    state = ag.get_rng_state()
    wanted = grad(draw)(x)
    ag.set_rng_state(state)
    assert ag.allclose(Program.trace(draw)(x).grad("x")(x), wanted)
