"""The doctor is silent on healthy training: at initialisation, after some steps, and in its less usual forms."""

from __future__ import annotations

from typing import Any

import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.distributions import Categorical
from tests.insight.doctor.zoo import HEALTHY, classes, images, lenet, mlp


def silent(*args: Any) -> None:
    report = ag.doctor(*args)
    assert not report, report


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_model(name: str) -> None:
    make, loss_of, optimizer_of = HEALTHY[name]
    model = make()
    optimizer = optimizer_of(model.parameters())
    for step in range(25):
        x, y = images(64, seed=step)
        loss = loss_of(model, x, y)
        if step in (0, 1, 5, 24):
            silent(model, loss, optimizer)
        optimizer.zero_grad()
        loss.backward()
        if step in (0, 1, 24):
            silent(model, loss, optimizer)
        optimizer.step()


def test_digits() -> None:
    data = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed; it has the digits")
    digits = data.load_digits()
    x, y = ag.tensor(digits.images / 16, dtype=ag.float32).unsqueeze(1), ag.tensor(digits.target)
    model = lenet()
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    for i in range(20):
        rows = slice(64 * i, 64 * i + 64)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x[rows]), y[rows])
        if i in (0, 1, 19):
            silent(model, loss, optimizer)
        loss.backward()
        optimizer.step()


def test_a_generator_and_its_critic() -> None:
    generator = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 64), nn.Tanh())
    critic = nn.Sequential(nn.Linear(64, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    makes = optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    judges = optim.Adam(critic.parameters(), lr=2e-4, betas=(0.5, 0.999))
    criterion = nn.BCEWithLogitsLoss()
    for step in range(12):
        real = images(64, seed=step)[0].reshape(64, 64) * 2 - 1
        made = generator(ag.randn(64, 8))
        loss = criterion(critic(real), ag.ones(64, 1)) + criterion(critic(made.detach()), ag.zeros(64, 1))
        silent(critic, loss, judges)
        judges.zero_grad()
        loss.backward()
        judges.step()
        loss = criterion(critic(made), ag.ones(64, 1))
        silent(generator, loss, makes)
        makes.zero_grad()
        loss.backward()
        silent(generator, loss, makes)
        makes.step()


def test_both_in_one_model_with_two_optimizers() -> None:
    model = nn.ModuleDict({"encoder": nn.Linear(64, 8), "decoder": nn.Linear(8, 64)})
    both = [optim.Adam(model[part].parameters(), lr=1e-3) for part in ("encoder", "decoder")]
    x = images(64)[0].reshape(64, 64)
    silent(model, F.mse_loss(model["decoder"](ag.relu(model["encoder"](x))), x), both)


@pytest.mark.parametrize("set_to_none", [True, False])
@pytest.mark.parametrize("before_backward", [True, False])
def test_gradients_that_accumulate_on_purpose(set_to_none: bool, before_backward: bool) -> None:
    model = mlp()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for step in range(9):
        loss = classes(model, *images(32, seed=step)) / 3
        silent(model, loss, optimizer)
        if before_backward and step % 3 == 0:
            optimizer.zero_grad(set_to_none)
        loss.backward()
        silent(model, loss, optimizer)
        if step % 3 == 2:
            optimizer.step()
            if not before_backward:
                optimizer.zero_grad(set_to_none)


@pytest.mark.parametrize("how", ["optimizer", "zeros", "model", "model zeros", "by hand"])
@pytest.mark.parametrize("before_backward", [True, False])
def test_ways_to_drop_gradients(how: str, before_backward: bool) -> None:
    model = mlp()
    optimizer = optim.Adam(model.parameters(), lr=1e-3)

    def drop() -> None:
        if how == "by hand":
            for p in model.parameters():
                p.grad = None
        else:
            (model if "model" in how else optimizer).zero_grad(set_to_none="zeros" not in how)

    for step in range(4):
        if not before_backward:
            drop()
        loss = classes(model, *images(32, seed=step))
        silent(model, loss, optimizer)
        if before_backward:
            drop()
        loss.backward(retain_graph=step == 2)
        silent(model, loss, optimizer)
        optimizer.step()


def test_fine_tuning_with_frozen_batch_norm() -> None:
    model = lenet()
    model[4].eval().requires_grad_(False)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    silent(model, classes(model, *images(32)), optimizer)


def test_a_new_head_on_frozen_layers() -> None:
    model = lenet().requires_grad_(False)
    model[-1] = nn.Linear(84, 10)
    silent(model, classes(model, *images(32)), optim.Adam(model[-1].parameters()))


def test_a_teacher_kept_out_of_the_model() -> None:
    class Student(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = mlp()
            self.teacher = [mlp().requires_grad_(False)]

        def forward(self, x: Any) -> Any:
            wanted = F.softmax(self.teacher[0](x) / 2, 1)
            return F.kl_div(F.log_softmax(self.net(x) / 2, 1), wanted, reduction="batchmean") * 4

    model = Student()
    silent(model, model(images(32)[0]), optim.Adam(model.parameters()))


def test_a_layer_that_starts_at_zero_holds_back_the_others() -> None:
    model = mlp()
    nn.init.zeros_(model[-1].weight)
    silent(model, classes(model, *images(32)), optim.Adam(model.parameters(), lr=1e-3))


def test_losses_that_look_like_mistakes() -> None:
    model, (x, y) = mlp(), images(32)
    optimizer, adv = optim.Adam(model.parameters(), lr=1e-3), ag.randn(32)
    scores = model(x)
    p = scores[:, 0]
    unit = F.normalize(scores, dim=1)
    for loss in (
        F.nll_loss(F.log_softmax(scores, 1), y),
        F.nll_loss(ag.log(F.softmax(scores, 1)), y),
        F.cross_entropy(scores, y, label_smoothing=0.1, weight=ag.ones(10)),
        F.cross_entropy(scores, F.one_hot(y, 10).float()),
        F.binary_cross_entropy(ag.sigmoid(scores), F.one_hot(y, 10).float()),
        -(F.log_softmax(scores, 1).gather(1, y.unsqueeze(1)).squeeze(1) * adv).mean(),  # a policy's gradient
        -(Categorical(logits=scores).log_prob(y) * adv).mean(),
        -(Categorical(probs=F.softmax(scores, 1)).log_prob(y) * adv).mean(),
        F.relu(scores - scores.gather(1, y.unsqueeze(1)) + 1).mean(),  # a hinge
        F.cross_entropy(unit @ unit.T / 0.1, ag.arange(32)),  # each against each
        F.softplus(-(p.unsqueeze(1) - p.unsqueeze(0))).mean(),  # pairs, on purpose
        F.mse_loss(scores.gather(1, y.unsqueeze(1)), ag.randn(32, 1)),
    ):
        silent(model, loss, optimizer)


def test_steps_that_only_look_large_or_small() -> None:
    model, (x, y) = mlp(), images(32)
    loss = classes(model, x, y)
    silent(model, loss * 1024, optim.Adam(model.parameters(), lr=1e-3))  # a scaled loss
    warming = optim.SGD(model.parameters(), lr=0.1)
    optim.lr_scheduler.LambdaLR(warming, lambda epoch: 1e-9)
    silent(model, loss, warming)
    line, data = nn.Linear(1, 1), ag.randn(64, 1)
    optimizer = optim.SGD(line.parameters(), lr=0.1)
    for _ in range(60):  # down to a loss of 0
        loss = F.mse_loss(line(data), 2 * data + 1)
        silent(line, loss, optimizer)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def test_other_dtypes_and_optimizers() -> None:
    model, (x, y) = mlp().double(), images(32)
    silent(model, classes(model, x.double(), y), optim.Adam(model.parameters(), lr=1e-3))
    model = mlp().bfloat16()
    silent(model, classes(model, x.bfloat16(), y), optim.SGD(model.parameters(), lr=0.1))
    model = mlp()
    silent(model, classes(model, x, y), optim.LBFGS(model.parameters()))
    silent(model, classes(model, x, y), optim.Lookahead(optim.Adam(model.parameters(), lr=1e-3)))


def test_complex_weights() -> None:
    weight = nn.Parameter(ag.randn(4, 4, dtype=ag.complex64))
    model = nn.ParameterList([weight])
    loss = (weight @ ag.randn(4, 8, dtype=ag.complex64)).abs().pow(2).mean()
    silent(model, loss, optim.Adam(model.parameters(), lr=1e-3))


def test_pixels_that_are_normalized_at_once() -> None:
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.InstanceNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))
    x, y = images(16)
    silent(model, classes(model, x * 255, y), optim.Adam(model.parameters(), lr=1e-3))


def test_sparse_inputs_and_small_batches() -> None:
    words = F.one_hot(ag.randint(0, 500, (64,)), 500).float()
    model = nn.Sequential(nn.Linear(500, 16), nn.ReLU(), nn.Linear(16, 2))
    silent(model, F.cross_entropy(model(words), ag.randint(0, 2, (64,))), optim.Adam(model.parameters(), lr=1e-3))
    for n in (1, 2, 8):
        model, (x, y) = mlp(), images(n)
        silent(model, classes(model, x, y), optim.Adam(model.parameters(), lr=1e-3))


def test_evaluation() -> None:
    model, (x, y) = lenet().eval(), images(32)
    with ag.no_grad():
        loss = classes(model, x, y)
        silent(model, loss)
        silent(model, loss, optim.Adam(model.parameters()))
    silent(model, classes(model, x.requires_grad_(), y))  # the gradient of a trained model
