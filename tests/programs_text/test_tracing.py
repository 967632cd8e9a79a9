"""Runs become programs: what is recorded, what it is bound to, and that it computes what the function did."""

from __future__ import annotations

import copy

import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.errors import ProgramError
from autograd_core.programs.program import Program


@pytest.fixture(autouse=True)
def seed():
    ag.manual_seed(0)


def mlp():
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))


def convolutional():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3)
    )


class Attending(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.norm = nn.Embedding(11, 8), nn.LayerNorm(8)
        self.project, self.head = nn.Linear(8, 24), nn.Linear(8, 11)

    def forward(self, tokens):
        q, k, v = self.project(self.norm(self.embed(tokens))).chunk(3, dim=-1)
        return self.head(F.scaled_dot_product_attention(q, k, v, is_causal=True))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.head = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 2)

    def forward(self, x):
        return self.head(self.rnn(x)[0][:, -1])


MODULES = {
    "mlp": (mlp, lambda: ag.randn(5, 4)),
    "cnn": (convolutional, lambda: ag.randn(2, 1, 8, 8)),
    "attention": (Attending, lambda: ag.randint(0, 11, (2, 7))),
    "lstm": (Recurrent, lambda: ag.randn(3, 5, 4)),
}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_and_its_text(name):
    make, example = MODULES[name]
    module, x, other = make().eval(), example(), example()
    p = Program.trace(module)(x)
    assert set(p.parameters) == {n for n, _ in module.named_parameters()}
    assert Program.parse(str(p), p.values).listing == p.listing
    for given in (x, other):
        assert ag.equal(p(given), module(given))
    with ag.no_grad():
        module.get_parameter(next(iter(p.parameters))).mul_(0.5)
    assert ag.equal(p(other), module(other))  # bound, not copied
    p(x).sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


def test_nests_of_inputs_and_results():
    def f(batch, scale, *, shift):
        return {"sum": batch["x"] + batch["pair"][0] * scale, "rest": [batch["pair"][1], 2, None]}

    x, a, b = ag.randn(3), ag.randn(3), ag.randn(2)
    p = Program.trace(f)({"x": x, "pair": (a, b)}, 3.0, shift=ag.ones(()))
    assert [v.name for v in p.inputs] == ["batch.x", "batch.pair.0", "batch.pair.1", "shift"]
    result = p({"x": x, "pair": (a, b)}, ag.ones(()))
    assert ag.equal(result["sum"], x + 3 * a)
    assert result["rest"][0] is b and result["rest"][1:] == [2, None]


def test_what_is_computed_of_captured_tensors_is_part_of_the_program():
    w = ag.randn(3, 4, requires_grad=True)
    p = Program.trace(lambda x: x @ (w * 2).T)(ag.randn(5, 4))
    with ag.no_grad():
        w.add_(1)
    x = ag.randn(5, 4)
    assert ag.equal(p(x), x @ (w * 2).T)
    p(x).sum().backward()
    assert ag.equal(w.grad, (2 * x.sum(0)).expand(3, 4))


def test_a_trace_changes_nothing():
    module = convolutional()
    before = copy.deepcopy(module.state_dict())
    p = Program.trace(module)(ag.randn(2, 1, 8, 8))
    assert all(ag.equal(before[n], value) for n, value in module.state_dict().items())
    assert "update 1.running_mean" in str(p)
    twin = copy.deepcopy(module)
    x = ag.randn(2, 1, 8, 8)
    assert ag.equal(p(x), twin(x))
    for n, value in twin.state_dict().items():
        assert ag.allclose(value, module.state_dict()[n])


@pytest.mark.parametrize(
    "make",
    [
        lambda p: optim.SGD(p, lr=0.1), lambda p: optim.Adam(p, lr=0.01), lambda p: optim.AdamW(p, lr=0.01),
        lambda p: optim.RMSprop(p, lr=0.01), lambda p: optim.Adagrad(p, lr=0.1),
        lambda p: optim.SGD([{"params": p, "weight_decay": 0.1}], lr=0.1),
    ],
)  # fmt: skip
def test_a_training_step_is_one_program(make):
    module, x, target = mlp(), ag.randn(6, 4), ag.randint(0, 3, (6,))
    twin = copy.deepcopy(module)

    def stepping(model):
        optimizer = make(model.parameters())

        def step(x, target):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), target)
            loss.backward()
            optimizer.step()
            return loss

        return step

    p, step = Program.trace(stepping(module))(x, target), stepping(twin)
    assert all(parameter.grad is None for parameter in module.parameters())
    assert Program.parse(str(p)).listing == p.listing
    for _ in range(4):
        assert ag.allclose(p(x, target), step(x, target), atol=1e-5)
    for a, b in zip(module.parameters(), twin.parameters(), strict=True):
        assert ag.allclose(a, b, atol=1e-4)


def test_a_first_step_that_differs_is_to_be_taken_before():
    w = ag.randn(3, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9)

    def step(x):
        optimizer.zero_grad()
        (w * x).sum().backward()
        optimizer.step()

    with pytest.raises(ProgramError, match="momentum_buffer of SGD begins with its first step"):
        Program.trace(step)(ag.ones(3))
    step(ag.ones(3))
    p, before = Program.trace(step)(ag.ones(3)), w.detach().clone()
    p(ag.ones(3))
    assert ag.allclose(w, before - 0.1 * 1.9)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x if x.sum() > 0 else -x, lambda x: x * x.max().item(), lambda x: x[: int(x.sum())],
        lambda x: x.numpy(),
    ],
)  # fmt: skip
def test_values_that_decide_are_refused_with_the_line(function):
    with pytest.raises(ProgramError, match=r"the values of a tensor were asked for.*test_tracing\.py:"):
        Program.trace(function)(ag.randn(3))


def test_writes_into_traced_tensors_are_refused():
    with pytest.raises(ProgramError, match="add_"):
        Program.trace(lambda x: x.add_(1))(ag.randn(3))


def test_eager_code_is_its_own_again():
    x = ag.randn(3)
    codes = [ag.add.__code__, ag.mul.primitive.call.__code__, ag.exp.primitive.call.__code__]
    with pytest.raises(ProgramError):
        Program.trace(lambda x: float(ag.exp(x * x + x).sum()))(x)
    assert codes == [ag.add.__code__, ag.mul.primitive.call.__code__, ag.exp.primitive.call.__code__]


def test_temporaries_that_are_written_to_begin_anew_in_every_run():
    def f(x):
        out = ag.zeros(3)
        out[0] = x[0]
        out += x
        return out * 2

    p = Program.trace(f)(ag.ones(3))
    for x in (ag.ones(3), ag.randn(3)):
        assert ag.equal(p(x), f(x))


def test_what_lives_on_is_updated_through_data_too():
    total = ag.zeros(3)

    def f(x):
        total.add_(x)
        total.data.mul_(2)
        return total + 0

    p = Program.trace(f)(ag.ones(3))
    assert ag.equal(p(ag.ones(3)), ag.full((3,), 2.0))
    assert ag.equal(p(ag.ones(3)), ag.full((3,), 6.0))
    assert ag.equal(total, ag.full((3,), 6.0))
    column = total.view(3, 1)

    def both(x):
        column.add_(x[:, None])
        return total * x

    with pytest.raises(ProgramError, match="shares its memory"):
        Program.trace(both)(ag.ones(3))


