"""A backward() that fails because the graph was cut says what cut it, and on which line."""

from __future__ import annotations

import copy
import gc
import pickle
import re
import weakref
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.engine import cuts
from autograd_core.engine.modes import QUIET
from autograd_core.errors import GraphError

HERE = re.escape(__file__)


@pytest.fixture(autouse=True)
def forget() -> None:
    cuts._noted.clear()
    QUIET.clear()


@pytest.fixture
def w() -> Any:
    return ag.ones(3, requires_grad=True)


def refusal(call: Any) -> str:
    """Return what the failing call says after the first line."""
    with pytest.raises(GraphError, match="does not require grad and does not have a grad_fn") as raised:
        call()
    return str(raised.value).partition("\n")[2]


def test_detach(w: Any) -> None:
    h = w * 2  # the product
    d = h.detach()  # the cut
    loss = (d + 1).sum()
    text = refusal(loss.backward)
    assert re.match(rf"cut by detach\(\) at {HERE}:\d+: d = h\.detach\(\)  # the cut: it cut off float32\[3\]", text)
    assert re.search(rf"the result of 'mul' built at {HERE}:\d+: h = w \* 2  # the product", text)
    assert text.endswith(": call()")


def test_a_detached_tensor_remembers_by_itself(w: Any) -> None:
    kept = [w.detach()]  # the cut
    text = refusal(lambda: kept[0].sum().backward() if False else kept[0].backward())
    assert "cut by detach()" in text and "# the cut: it cut off float32[3], a leaf that requires grad" in text


@pytest.mark.parametrize(
    ("how", "cut"),
    [
        ("item()", lambda h: ag.tensor(h.sum().item())),
        ("item()", lambda h: ag.tensor(float(h.sum()))),
        ("tolist()", lambda h: ag.tensor(h.tolist())),
        ("ag.tensor()", lambda h: ag.tensor(h)),
        (".data", lambda h: h.data + 1),
        ("detach()", lambda h: ag.from_numpy(h.detach().numpy())),
        ("Parameter()", lambda h: ag.Parameter(h, requires_grad=False)),
        ("numpy(force=True)", lambda h: ag.from_numpy(h.numpy(force=True))),
    ],
)
def test_conversions(w: Any, how: str, cut: Any) -> None:
    out = cut(w * 2)
    loss = out.sum()
    assert refusal(lambda: loss.backward()).startswith(f"cut by {how} at {__file__}:")


def test_detach_in_place(w: Any) -> None:
    h = w * 2
    h.detach_()  # the cut
    text = refusal(lambda: h.sum().backward())
    assert text.startswith("cut by detach_() at") and "h.detach_()  # the cut" in text


def test_values_that_were_gathered_in_a_list(w: Any) -> None:
    losses = []
    for i in range(3):
        losses.append((w * i).sum().item())  # the cut
    total = ag.tensor(losses).sum()
    assert "# the cut" in refusal(lambda: total.backward())


def test_no_grad(w: Any) -> None:
    with ag.no_grad():  # the mode
        h = w * 2
    loss = h.sum()
    text = refusal(lambda: loss.backward())
    assert re.match(rf"computed without recording, switched off at {HERE}:\d+: with ag\.no_grad\(\):  # the mode", text)


def test_inference_mode(w: Any) -> None:
    with ag.inference_mode():  # the mode
        h = w * 2
    loss = h.sum()
    assert "# the mode" in refusal(lambda: loss.backward())


@ag.no_grad()
def quiet(x: Any) -> Any:
    return x * 2


def test_a_function_under_no_grad(w: Any) -> None:
    loss = quiet(w).sum()
    assert re.match(r"computed without recording, switched off at .*@ag\.no_grad\(\)", refusal(lambda: loss.backward()))


class Cutting(nn.Module):
    def forward(self, x: Any) -> Any:
        return (x * 2).detach()  # the cut


class Quiet(nn.Module):
    def forward(self, x: Any) -> Any:
        with ag.no_grad():  # the mode
            return x * 2


@pytest.mark.parametrize(("layer", "mark"), [(Cutting, "# the cut"), (Quiet, "# the mode")])
def test_inside_a_module(w: Any, layer: Any, mark: str) -> None:
    net = nn.Sequential(nn.Tanh(), layer())
    loss = net(w).sum()
    assert mark in refusal(lambda: loss.backward())
    with pytest.raises(GraphError, match=mark):
        ag.autograd.grad(loss, w)


def test_recording_that_is_off_at_the_backward(w: Any) -> None:
    with ag.no_grad():  # the mode
        text = refusal(lambda: (w * 2).sum().backward())
    assert text.startswith("recording is off on this line: it was switched off at") and "# the mode" in text
    mode = ag.set_grad_enabled(False)  # the switch
    try:
        text = refusal(lambda: (w * 2).sum().backward())
    finally:
        mode.__exit__()
    assert "# the switch" in text


def test_functions_without_a_gradient(w: Any) -> None:
    found = (w * 2).argmax().float()  # the index
    loss = (found - 1) ** 2
    assert re.match(rf"argmax\(\) has no gradient, at {HERE}:\d+: .*# the index", refusal(lambda: loss.backward()))


def test_what_never_required_grad() -> None:
    loss = ag.ones(3).sum()
    assert refusal(lambda: loss.backward()).startswith(f"at {__file__}:")


def test_a_cut_elsewhere_is_not_taken_for_the_cause(w: Any) -> None:
    w.detach()  # elsewhere
    loss = ag.ones(3).sum()
    text = refusal(lambda: loss.backward())
    assert text.startswith("nothing on the way to it is known to cut; the newest cut elsewhere is detach()")


def test_code_without_source(w: Any) -> None:
    space = {"w": w}
    exec(compile("h = w.detach()\nloss = h.sum()", "<no source>", "exec"), space)
    with pytest.raises(GraphError, match=r"the newest cut elsewhere is detach\(\) at <no source>:1"):
        exec(compile("loss.backward()", "<no source>", "exec"), space)


# ---- what remembering costs ----


def test_a_cut_keeps_no_graph_alive(w: Any) -> None:
    gc.disable()
    try:
        h = w * 2
        node = weakref.ref(h._node)
        d = h.detach()
        del h
        assert node() is None and d._cut is not None
    finally:
        gc.enable()


def test_a_cut_does_not_travel(w: Any) -> None:
    d = (w * 2).detach()
    for copied in (copy.deepcopy(d), copy.copy(d), pickle.loads(pickle.dumps(d))):
        assert copied._cut is None and copied.tolist() == [2.0, 2.0, 2.0]


def test_only_so_many_lines_are_remembered(w: Any) -> None:
    for _ in range(1000):
        w.detach()
    assert len(cuts._noted) == 1
    for i in range(100):
        exec(compile("w.detach()", f"<line {i}>", "exec"), {"w": w})
    assert len(cuts._noted) <= cuts.LONGEST and "<line 99>:1" in str(cuts.noted())


def test_what_is_in_no_graph_is_not_noted() -> None:
    x = ag.from_numpy(np.ones(3))
    assert x.detach()._cut is None and x.sum().item() == 3 and x.tolist() and not cuts._noted


def test_layers_of_ours_are_not_noted() -> None:
    net = nn.BatchNorm1d(3)
    net(ag.ones(2, 3, requires_grad=True))
    assert not [cut for cut in cuts._noted.values() if cut.how == "detach()"]
