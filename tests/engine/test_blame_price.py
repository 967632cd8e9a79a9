"""The measurement of what blame costs: it runs, and leaves the engine as it was."""

from __future__ import annotations

import numpy as np

import autograd_core as ag
from autograd_core.engine import record
from benchmarks import api, blame
from benchmarks.workloads import WORKLOADS


def test_without_blame_nodes_have_no_line_and_the_gradients_are_the_same() -> None:
    step = WORKLOADS["chain20"].build(api.load("ours", 2), np.random.default_rng(0))
    wanted = [t._array.tolist() for t in step()]
    own = {call: call.__code__ for call in blame.written_callers()}
    codes = {call: blame.unblamed(call) for call in own}
    x = ag.ones(2, requires_grad=True)
    with blame.without_blame(codes):
        assert [t._array.tolist() for t in step()] == wanted
        assert not hasattr((x * x)._node, "code")
    assert hasattr((x * x)._node, "code") and record.make_node is not blame.bare_node
    assert all(call.__code__ is code for call, code in own.items())


def test_both_times_are_measured() -> None:
    step = WORKLOADS["mixed40"].build(api.load("ours", 2), np.random.default_rng(0))
    step()
    blamed, bare = blame.compared(step, 0.0)
    assert blamed > 0 and bare > 0
