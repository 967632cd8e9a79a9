"""The call, the report, and what a script cannot show: faults in other forms, freed graphs, nothing changed."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.insight.doctor.report import Finding, Report
from tests.insight.doctor.zoo import classes, images, lenet, mlp


def found(*args: Any) -> list[str]:
    return [finding.check for finding in ag.doctor(*args)]


# ---- the call ----


def test_arguments_are_checked() -> None:
    model = mlp()
    loss = classes(model, *images(8))
    with pytest.raises(ag.errors.DTypeError, match=r"doctor: argument model: got int; wanted an nn.Module"):
        ag.doctor(1, loss)
    with pytest.raises(ag.errors.DTypeError, match=r"doctor: argument loss: got float; wanted the loss as a Tensor"):
        ag.doctor(model, loss.item())
    with pytest.raises(ag.errors.DTypeError, match=r"doctor: argument optimizer: got int; wanted an optimiser, or a"):
        ag.doctor(model, loss, [optim.SGD(model.parameters()), 1])


def test_it_changes_nothing() -> None:
    model, (x, y) = lenet(), images(16)
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(2):
        optimizer.zero_grad()
        loss = classes(model, x, y)
        loss.backward()
        optimizer.step()
    hidden = model[:8](x)
    hidden.retain_grad()
    loss = F.cross_entropy(model[8:](hidden), y)
    calls: list[int] = []
    optimizer.register_step_pre_hook(lambda *_: calls.append(1))
    before = copy.deepcopy((model.state_dict(), optimizer.state_dict()))
    grads, bits = [p.grad for p in model.parameters()], ag.get_rng_state()
    copies = [g.clone() for g in grads]
    assert not ag.doctor(model, loss, optimizer)
    assert all(p.grad is g and ag.equal(g, c) for p, g, c in zip(model.parameters(), grads, copies, strict=True))
    assert hidden.grad is None and not calls and ag.equal(bits, ag.get_rng_state())
    after = (model.state_dict(), optimizer.state_dict())
    assert str(before) == str(after)
    loss.backward()
    assert hidden.grad is not None


def test_a_function_in_place_of_the_loss() -> None:
    model, (x, y) = nn.Sequential(mlp(), nn.Softmax(1)), images(16)
    optimizer = optim.Adam(model.parameters())
    assert found(model, lambda: classes(model, x, y), optimizer) == ["softmax-before-cross-entropy"]


def test_after_backward_the_report_says_what_it_could_not_see() -> None:
    model, (x, y) = mlp(), images(16)
    nn.init.constant_(model[1].bias, -50.0)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    loss = classes(model, x * 100, y)
    assert set(found(model, loss, optimizer)) >= {"unnormalized-input"}
    loss.backward()
    report = ag.doctor(model, loss, optimizer)
    assert not report
    assert "backward has let go of what the operations saved" in report.skipped["activations, inputs, dropout"]
    assert "not looked at: activations, inputs, dropout: backward" in str(report)


def test_an_optimizer_that_cannot_be_tried_is_said() -> None:
    class Odd(optim.SGD):
        def step(self, closure: Any = None) -> Any:
            raise KeyError("not on a copy")

    model, (x, y) = mlp(), images(16)
    report = ag.doctor(model, classes(model, x, y), optim.LBFGS(model.parameters()))
    assert not report and report.skipped == {"the learning rate": "LBFGS.step wants a closure"}
    report = ag.doctor(model, classes(model, x, y), Odd(model.parameters(), lr=0.1))
    assert report.skipped == {"the learning rate": "a copy of Odd could not step: KeyError: 'not on a copy'"}


def test_an_optimizer_of_a_users_around_another_is_tried() -> None:
    class Around(optim.Optimizer):
        def __init__(self, inner: Any) -> None:
            self.inner = inner
            super().__init__(inner.param_groups, {})

        def step(self, closure: Any = None) -> Any:
            return self.inner.step(closure)

    model, (x, y) = mlp(), images(16)
    report = ag.doctor(model, classes(model, x, y), Around(optim.Adam(model.parameters(), lr=1.0)))
    assert [f.check for f in report] == ["learning-rate-too-high"] and not report.skipped


def test_without_an_optimizer_that_is_said() -> None:
    model = mlp()
    report = ag.doctor(model, classes(model, *images(16)))
    assert not report and report.skipped == {"the optimiser": "none was given"}


# ---- the report ----


def test_the_report_is_text_and_data() -> None:
    model, (x, y) = nn.Sequential(mlp(), nn.Softmax(1)), images(16)
    loss = classes(model, x, y)
    report = ag.doctor(model, loss, optim.Adam(model[0][:3].parameters()))
    assert len(report) == 2 and [finding.severity for finding in report] == ["error", "error"]
    assert report and report[0] is report.findings[0]
    first = report[0]
    assert first.check == "softmax-before-cross-entropy" and first.module == "1" and "classes(" not in first.message
    lines = str(report).splitlines()
    assert lines[0].startswith(f"doctor: 2 findings in a step of Sequential (loss {loss.item():.4g}, ")
    assert lines[1] == "error: softmax-before-cross-entropy, in 1" and "zoo.py" in lines[2]
    assert any(line.startswith("  Remedy: Give the loss the logits") for line in lines)
    assert max(map(len, lines[3:])) <= 120 and repr(report) == str(report)


def test_a_healthy_report() -> None:
    model = mlp()
    report = ag.doctor(model, classes(model, *images(16)), optim.SGD(model.parameters(), lr=0.1))
    assert not report and len(report) == 0 and list(report) == []
    assert str(report).startswith("doctor: nothing found in a step of Sequential (loss 2.")
    assert "\n" not in str(report)


def test_one_line_is_reported_once() -> None:
    class Repeats(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(64, 64)
            nn.init.normal_(self.layer.weight, std=2.0)

        def forward(self, x: Any) -> Any:
            for _ in range(3):
                x = ag.tanh(self.layer(x))
            return self.layer(x)

    model = Repeats()
    (finding,) = ag.doctor(model, (model(ag.randn(32, 64)) ** 2).mean(), optim.SGD(model.parameters(), lr=1e-5))
    assert finding.check == "saturated" and finding.times == 3 and "(3 times)" in " ".join(str(finding).split())


def test_a_finding_without_line_and_module() -> None:
    finding = Finding("no-graph", "error", "Seen.", "Do this.")
    assert str(finding) == "error: no-graph\n  Seen.\n  Remedy: Do this."
    assert str(Report("a step", (finding,))) == f"doctor: 1 finding in a step\n{finding}"


# ---- faults in other forms ----


def test_a_zero_grad_ahead_of_the_loop_is_found_after_backward() -> None:
    model, (x, y) = mlp(), images(16)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    optimizer.zero_grad()
    for step in range(3):
        loss = classes(model, x, y)
        loss.backward()
        assert found(model, loss, optimizer) == (["missing-zero-grad"] if step else [])
        optimizer.step()


def test_a_table_in_the_loss() -> None:
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer, x, y = optim.Adam(model.parameters(), lr=1e-3), ag.randn(32, 8), ag.randn(32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert found(model, F.mse_loss(model(x), y), optimizer) == ["broadcast-in-loss"]
        assert found(model, F.l1_loss(model(x)[:, 0], y.unsqueeze(1)), optimizer) == ["broadcast-in-loss"]
    log_p = F.logsigmoid(model(x)).squeeze(1)
    assert found(model, -(log_p * y.unsqueeze(1)).mean(), optimizer) == ["broadcast-in-loss"]


def test_raw_scores_in_nll_loss() -> None:
    model, (x, y) = mlp(), images(32)
    report = ag.doctor(model, F.nll_loss(model(x), y), optim.SGD(model.parameters(), lr=0.01))
    assert [f.check for f in report] == ["nll-without-log"] and "raw scores of a layer (linear)" in report[0].message


@pytest.mark.parametrize("kind", [tuple, dict, set])
def test_modules_in_other_containers(kind: type) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.output = nn.Linear(8, 2)
            layers = [nn.Linear(8, 8), nn.Linear(8, 8)]
            self._parts = {"a": layers} if kind is dict else kind(layers)

        def forward(self, x: Any) -> Any:
            for layer in self._parts["a"] if kind is dict else self._parts:
                x = ag.relu(layer(x))
            return self.output(x)

    model = Net()
    (finding,) = ag.doctor(model, model(ag.randn(32, 8)).pow(2).mean(), optim.SGD(model.parameters(), lr=0.1))
    assert finding.check == "hidden-modules"
    assert f"'_parts' is a plain {kind.__name__}: the 4 parameters" in finding.message
    assert ("ModuleDict" if kind is dict else "ModuleList") in finding.remedy and "self._parts =" in finding.line


def test_a_whole_branch_without_gradient_is_one_finding() -> None:
    model = nn.ModuleDict({"used": mlp(), "idle": nn.Sequential(mlp(), nn.Linear(10, 2))})
    loss = classes(model["used"], *images(16))
    (finding,) = ag.doctor(model, loss, optim.SGD(model.parameters(), lr=0.1))
    assert finding.check == "no-gradient" and finding.module == "idle" and "0.1.weight" in finding.message


def test_an_optimizer_of_another_model() -> None:
    model = mlp()
    (finding,) = ag.doctor(model, classes(model, *images(16)), optim.SGD(mlp().parameters(), lr=0.1))
    assert finding.check == "not-in-optimizer" and "has none of the model's parameters" in finding.message


def test_batch_norm_left_in_evaluation_alone() -> None:
    model = lenet()
    model[4].eval()
    (finding,) = ag.doctor(model, classes(model, *images(32)), optim.SGD(model.parameters(), lr=0.1))
    assert finding.check == "eval-in-training" and finding.module == "4" and "freeze" in finding.remedy


def test_functional_dropout_and_an_activation_before_batch_norm() -> None:
    linear, norm = nn.Linear(8, 16), nn.BatchNorm1d(16)
    model = nn.ModuleList([linear, norm])
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    dropped = norm(ag.relu(F.dropout(linear(ag.randn(64, 8)), 0.5)))
    assert found(model, dropped.pow(3).mean().abs(), optimizer) == ["dropout-before-batch-norm"]
    scaled = norm(linear(ag.randn(64, 8)) * ag.rand(16))
    assert found(model, scaled.pow(3).mean().abs(), optimizer) == []


def test_a_constant_feature_of_a_table() -> None:
    x = ag.randn(64, 5)
    x[:, 3] = 3.5
    model = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 1))
    (finding,) = ag.doctor(model, model(x).pow(2).mean(), optim.SGD(model.parameters(), lr=1e-2))
    assert finding.check == "constant-input" and "Feature 3 of 5 is 3.5 in all examples" in finding.message


def test_inputs_divided_twice() -> None:
    model, (x, y) = mlp(), images(32)
    assert found(model, classes(model, x / 255, y), optim.SGD(model.parameters(), lr=0.1)) == ["unnormalized-input"]


def test_nan_in_a_parameter_and_in_a_gradient() -> None:
    model, (x, y) = mlp(), images(16)
    loss = ag.sqrt((model(x) * 0).abs()).mean()
    (finding,) = ag.doctor(model, loss, optim.SGD(model.parameters(), lr=0.1))
    assert finding.check == "not-finite" and "the gradient holds NaN or Inf at 1.weight" in finding.message
    assert "'sqrt': it was given 0, where its slope is infinite" in finding.message
    assert "sqrt(" in finding.line
    (finding,) = ag.doctor(model, (ag.log(F.relu(model(x))) * 0 + 1).mean(), optim.SGD(model.parameters(), lr=0.1))
    assert "The loss is nan. The first operation to look at is 'log': it was given 0 or less." in finding.message
    (finding,) = ag.doctor(model, (model(x) / 0.0).sum(), optim.SGD(model.parameters(), lr=0.1))
    assert finding.check == "not-finite"
    with ag.no_grad():
        model[1].weight[0, 0] = float("nan")
    (finding,) = ag.doctor(model, classes(model, x, y), optim.SGD(model.parameters(), lr=0.1))
    assert "The loss is nan" in finding.message and "into parameters already: 1.weight" in finding.message


def test_a_classifier_from_a_prompt_has_no_source() -> None:
    names: dict[str, Any] = {"nn": nn}
    text = "class Net(nn.Linear):\n    def __init__(self):\n        super().__init__(8, 2); self.idle = nn.Linear(2, 2)"
    exec(text, names)
    model = names["Net"]()
    (finding,) = ag.doctor(model, model(ag.randn(32, 8)).pow(2).mean(), optim.SGD(model.parameters(), lr=0.1))
    assert finding.check == "no-gradient" and finding.line == ""


def test_ten_thousand_operations() -> None:
    h = x = ag.randn(4, 4, requires_grad=True)
    for _ in range(10_000):
        h = ag.sin(h)
    assert found(nn.Identity(), h.sum()) == [] and x.grad is None


def test_on_a_gpu(cuda: Any) -> None:
    with ag.device("cuda"):
        model, (x, y) = lenet(), images(32)
        optimizer = optim.Adam(model.parameters(), lr=1e-3)
        assert found(model, classes(model, x, y), optimizer) == []
        nn.init.constant_(model[7].bias, -1000.0)
        model[4] = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm2d(16))
        loss = F.cross_entropy(model(x * 255), y)
        wanted = ["not-in-optimizer", "dead-relu", "dropout-before-batch-norm", "saturated", "unnormalized-input"]
        assert found(model, loss, optimizer) == wanted
        for _ in range(2):
            loss = classes(model, x, y)
            loss.backward()
            optimizer.step()
        assert "missing-zero-grad" in found(model, classes(model, x, y), optimizer)
