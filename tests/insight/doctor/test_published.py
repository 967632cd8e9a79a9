"""The doctor in programs as people publish them: it finds what is there, in two of them, and no more."""

from __future__ import annotations

import weakref
from typing import Any

import pytest

import autograd_core as ag
import optim
from autograd_core.insight.doctor.paths import Paths, modules_around
from tests.test_programs import WHOLE, as_pytorch_warns, run

FINDINGS = {
    "efficientnet": {"no-gradient"},  # blocks that do not expand make a convolution all the same
    "reinforcement": {"no-gradient"},  # REINFORCE has no use for the value's layer
}
QUICK = (
    "averaged", "dcgan", "dqn", "efficientnet", "fast_neural_style", "mingpt", "own_optimisers", "realnvp",
    "reinforcement", "resnet", "vae", "word_language_model",
)  # fmt: skip
CALLS = 6  # of backward, to be looked at


class Watch:
    """Has the doctor look at each loss that a program calls backward on, with the models and optimisers it concerns."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.found: set[str] = set()
        self.calls = 0
        self.optimizers: Any = weakref.WeakSet()
        start, backward = optim.Optimizer.__init__, ag.Tensor.backward

        def started(optimizer: Any, *args: Any, **kwargs: Any) -> None:
            start(optimizer, *args, **kwargs)
            self.optimizers.add(optimizer)

        def watched(loss: Any, *args: Any, **kwargs: Any) -> Any:
            if self.calls < CALLS and loss.numel() == 1:
                self.calls += 1
                self.look(loss)
            return backward(loss, *args, **kwargs)

        monkeypatch.setattr(optim.Optimizer, "__init__", started)
        monkeypatch.setattr(ag.Tensor, "backward", watched)

    def look(self, loss: Any) -> None:
        models = {id(m): m for node in Paths(loss._node).operations for m in modules_around(node)[-1:]}
        for model in models.values():
            own = {id(p) for p in model.parameters()}
            groups = {o: {id(p) for group in o.param_groups for p in group["params"]} for o in self.optimizers}
            theirs = [o for o, params in groups.items() if params & own]
            if theirs:
                self.found |= {finding.check for finding in ag.doctor(model, loss, theirs)}


@as_pytorch_warns
@pytest.mark.parametrize("name", QUICK)
def test_a_published_program(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch)
    run(WHOLE[name], "autograd_core")
    assert watch.calls and watch.found == FINDINGS.get(name, set())
