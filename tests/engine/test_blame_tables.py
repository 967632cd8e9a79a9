"""Over the whole op table: a call that fails, and a rule that fails, name the operation and the user's line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import autograd_core as ag
import nn
from autograd_core.engine import blame
from autograd_core.engine.record import OUTPUT
from tests.op_table import ROWS
from tests.ops.test_values import TABLES, failures
from tests.rows import Bad, Row, outputs
from tests.trials import tensors, upstream

LINE = rf"({re.escape(str(Path(__file__).parents[1]))}/\S+:\d+: .*)$"


@failures(TABLES)
def test_a_failing_call_names_the_line(row: Row, bad: Bad) -> None:
    args = tensors(ag, bad.sample.draw(row))
    with pytest.raises(bad.error) as raised:
        row.call(*args, **bad.sample.options)
    assert re.search(rf"\nat {LINE}", str(raised.value)), str(raised.value)


@failures(TABLES)
def test_a_failing_call_names_the_module(row: Row, bad: Bad) -> None:
    class Layer(nn.Module):
        def forward(self, args: Any) -> Any:
            return row.call(*args, **bad.sample.options)

    net = nn.Sequential(nn.Identity(), Layer())
    with pytest.raises(bad.error) as raised:
        net(tensors(ag, bad.sample.draw(row)))
    assert re.search(rf"\nin module 1, called at {LINE}", str(raised.value)), str(raised.value)
    assert str(raised.value).count("\nin module ") == 1


class Broken(Exception):
    pass


def broken(g: Any, *_: Any) -> Any:
    raise Broken("broken rule")


@pytest.mark.parametrize("row", [row for row in ROWS if row.order], ids=repr)
def test_a_failing_rule_names_operation_line_and_arguments(row: Row) -> None:
    sample = row.samples[0]
    args = tensors(ag, sample.draw(row, "float64"))
    ys = outputs(row.call(*args, **sample.options))
    ys = [y for y in ys if getattr(y, "requires_grad", False)]
    node = ys[0].grad_fn if ys else None
    if node is None:
        pytest.skip("the first sample hands its argument on, or draws on a tensor without a gradient")
    node = node.parents[0] if node.prim is OUTPUT else node
    node.edges = tuple((parent, broken, ()) for parent, _, _ in node.edges)
    with pytest.raises(Broken) as raised:
        ag.autograd.backward(ys, [w.detach() for w in upstream(ag, ys, 1)])
    text = str(raised.value)
    assert text.startswith("broken rule\nin the backward of '" + node.name)
    assert f"built at {blame.where(node)}: {node.name}(" in text and re.search(LINE.removesuffix("$"), text)
    assert re.search(r"\((.* )?(float|complex)\d+\[.*\) -> (float|complex)\d+\[", text), text
