"""Every primitive in steps: the same bits as ``backward``, with a rule that can be read, and that says what happens."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.engine.fit import fit
from autograd_core.engine.tensor import Tensor
from autograd_core.insight.rules.rule_formulas import FORMULAS
from autograd_core.insight.rules.rule_text import WIDEST, rule_texts
from autograd_core.ops.index import put_corner
from autograd_core.ops.shape import on_diagonal
from tests.op_table import PRIMITIVES, ROWS
from tests.rows import outputs
from tests.trials import cases, leaves, tensors, upstream

SMOOTH = {name for name, prim in PRIMITIVES.items() if prim.rules or prim.joint}


def recorded(row, sample) -> tuple[list[Any], list[Any], list[Any]]:
    """Return the leaves of a sample, the results that have a graph, and gradients for them."""
    args = tensors(ag, sample.draw(row))
    ys = [y for y in outputs(row.call(*args, **sample.options)) if getattr(y, "requires_grad", False)]
    return leaves(args), ys, [w.detach() for w in upstream(ag, ys, 1)]


@cases(ROWS, lambda row: row.order)
def test_steps_leave_the_gradients_of_backward_bit_for_bit(row, sample) -> None:
    xs, ys, ws = recorded(row, sample)
    if not ys:
        return
    steps = list(ag.backward_steps(ys, ws))
    others, ys, ws = recorded(row, sample)
    ag.autograd.backward(ys, ws)
    for ours, theirs in zip(xs, others, strict=True):
        assert (ours.grad is None) == (theirs.grad is None)
        assert theirs.grad is None or np.array_equal(ours.grad.numpy(), theirs.grad.numpy(), equal_nan=True)
    check_the_story(steps)


class Network(nn.Module):
    """Layers of many kinds: windows, norms, several outputs, weights used twice, views, and a joint rule."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.lstm = nn.LSTM(4, 6, batch_first=True)
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
        self.tied = nn.Linear(6, 6)

    def forward(self, x):
        h = nn.functional.max_pool2d(self.norm(self.conv(x)).relu(), 2)
        h, (last, _) = self.lstm(h.flatten(2))
        h, _ = self.attention(h, h, h)
        h[:, 0] *= 2.0
        return self.tied(self.tied(h).tanh()) + last.transpose(0, 1)


def test_a_network_of_many_kinds_of_layers_gets_the_same_bits() -> None:
    model, x = Network(), ag.randn(3, 1, 4, 4)
    (model(x) ** 2).mean().backward()
    wanted = [p.grad.numpy().copy() for p in model.parameters()]
    model.zero_grad()
    steps = list(ag.backward_steps((model(x) ** 2).mean()))
    for p, grad in zip(model.parameters(), wanted, strict=True):
        assert np.array_equal(p.grad.numpy(), grad)
    assert {step.name for step in steps if step.leaf is not None} == {name for name, _ in model.named_parameters()}
    check_the_story(steps)


def check_the_story(steps) -> None:
    """Check that every incoming gradient is what the steps before it say they sent there."""
    sent: dict[int, Any] = {}
    for step in steps:
        if step.node.order in sent and isinstance(step.incoming, Tensor):
            assert np.array_equal(sent[step.node.order].numpy(), step.incoming.numpy(), equal_nan=True)
        for out in step.outgoing:
            assert 0 < len(out.rule) <= WIDEST + 20 and "_" not in (out.formula[0], out.argument[:1])
            assert out.total.shape == out.gradient.shape
            sent[out.node.order] = out.total
        assert str(step)


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_every_rule_can_be_read(name: str) -> None:
    texts = rule_texts(PRIMITIVES[name])
    assert bool(texts) == (name in SMOOTH)
    for argument, text in texts.items():
        assert argument in PRIMITIVES[name].args
        assert 0 < len(text) <= WIDEST + 5, text
        assert "lambda" not in text and not text.startswith("_")


def test_formulas_by_hand_are_of_rules_that_are_there() -> None:
    options = {"p": 2, "approximate": "none", "average": True}
    for name, formulas in FORMULAS.items():
        known = formulas(options) if callable(formulas) else formulas
        prim = PRIMITIVES[name]
        assert known.keys() <= (set(prim.args) if prim.joint else prim.rules.keys()), name


# what the formulas say is what the rules compute


# Rules that are told in words, or whose parts only a kernel knows.
WORDS = {
    "cat.xs", "cross_entropy.x", "getitem.x", "max_pool.x", "pad.x",
    "replace_view.x", "replace_view.v", "scatter_extreme.x", "scatter_extreme.src", "setitem.x", "strided.x", "svd.a",
    *(f"{name}.{argument}" for name in ("gru", "lstm", "rnn") for argument in rule_texts(PRIMITIVES[name])),
}  # fmt: skip
REDUCTIONS = ("norm", "logsumexp", "extremum")


def test_formulas_compute_what_the_rules_compute() -> None:
    seen: set[str] = set()
    for row in ROWS:
        for sample in row.samples if row.order else ():
            _, ys, ws = recorded(row, sample)
            for step in ag.backward_steps(ys, ws) if ys else ():
                if step.operation == row.name:
                    seen |= set(agreeing(step, row, sample))
    rules = {f"{name}.{argument}" for name in SMOOTH for argument in rule_texts(PRIMITIVES[name])}
    assert rules - seen == WORDS & rules


def agreeing(step, row, sample) -> Iterator[str]:
    """Yield the arguments whose formula is an expression, having checked that it gives the gradient."""
    names = names_for(step, row, sample)
    for out in step.outgoing:
        value = value_of(out.formula.replace(".T", ".mT"), names) if out.argument else None
        if isinstance(value, Tensor):
            if not out.fitted:
                value = value * ag.ones_like(out.gradient)
            value = fit(step.node, out.node, value)
            np.testing.assert_allclose(value.numpy(), out.gradient.numpy(), rtol=1e-7, atol=1e-9, err_msg=out.rule)
            yield f"{row.name}.{out.argument}"


def value_of(text: str, names: dict[str, Any]) -> Any:
    """Return what a formula is worth; None where it is words."""
    names = dict(names)
    for name, expression in parts(text):
        try:
            code = compile(ast.parse(expression, mode="eval"), "formula", "eval")
            names[name] = eval(code, {"__builtins__": {}}, names)
        except (SyntaxError, NameError):
            return None
    return names[""]


def parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield (name, expression) of a formula, its parts first: ``p.T @ g, with p = softmax(x)``."""
    whole, _, given = text.partition(", with ")
    for part in reversed(re.split(r", (?=\w+ = )", given)) if given else ():
        name, said, value = part.partition(" = ")
        if said:
            yield name, value
    yield "", whole


def names_for(step, row, sample) -> dict[str, Any]:
    """Return what the names in a step's formulas stand for."""
    prim, options = PRIMITIVES[row.name], PRIMITIVES[row.name].meta | sample.options
    args = tensors(ag, sample.draw(row), grad=False)
    known = dict(zip(prim.args, args)) | dict(zip(prim.outputs or ("y",), outputs(row.call(*args, **sample.options))))
    known |= step.saved | {"g": filled(step)}
    if row.name in REDUCTIONS:  # on paper a reduced dimension stays in its place
        kept = [1 if i in options["dim"] else size for i, size in enumerate(args[0].shape)]
        known |= {name: known[name].reshape(kept) for name in ("g", "y")}
        known["n"] = (abs(known["x"]) == abs(known["y"])).sum(options["dim"], keepdim=True)
    if row.name == "mean":
        known["n"] = args[0].numel() / max(1, known["y"].numel())
    known |= SPECIAL[row.name](known, options) if row.name in SPECIAL else {}
    return LANGUAGE | {name: calling(p, options) for name, p in PRIMITIVES.items()} | OVERRIDDEN | options | known


def filled(step) -> Any:
    """Return the incoming gradient, zeros where an output has none."""
    if isinstance(step.incoming, Tensor):
        return step.incoming
    made = (blank[0].zeros(*blank[1:]) if blank else None for blank in step.node.extra.outputs)
    return tuple(g if g is not None or m is None else ag.tensor(m) for g, m in zip(step.incoming, made))


def calling(prim, options: dict[str, Any]) -> Any:
    """Return a primitive as formulas call it: options that are only passed on are left out, a shape is positional."""

    def call(*args: Any, **given: Any) -> Any:
        passed = {name: value for name, value in options.items() if name in prim.meta} | given
        more = dict(zip(("shape",), args[len(prim.args) :]))
        return prim.call(*args[: len(prim.args)], **passed | more)

    return call


def expand(g: Tensor, shape: Any, dim: Any = None) -> Tensor:
    return ag.broadcast_to(g, shape) if dim is None else PRIMITIVES["spread"].call(g, shape=shape, dim=dim)


def of_normalize(known: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    shape, weight = options["shape"], known["weight"]
    others = tuple(i for i, size in enumerate(shape) if size == 1)
    return {
        "mean": lambda x: x.mean(options["dim"], keepdim=True),
        "sum": lambda x: x.sum(others),
        "weight": 1 if weight is None else weight.reshape(shape),
        "x": known["x"],
    }


def of_eigh(known: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    values = known["values"]
    return {"gaps": values[..., None, :] - values[..., :, None] + ag.eye(values.shape[-1], dtype=values.dtype)}


def of_attend(known: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    ones = ag.ones(known["q"].shape[-2], known["k"].shape[-2], dtype=ag.float64)
    hidden = ag.log(ag.tril(ones)) if options["causal"] else 0 * ones
    return {"softmax": lambda scores: ag.softmax(scores + hidden, -1)}


def of_extreme(known: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    kept = [1 if i == options["dim"] else size for i, size in enumerate(known["x"].shape)]
    return {"g": known["g"].reshape(kept), "indices": known["indices"].reshape(kept)}


def of_solve(known: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    a = {"lower": ag.tril, "upper": ag.triu, "": ag.clone}[options["triangle"]](known["a"])
    if options["unit"]:
        a = a - ag.diag_embed(ag.linalg.diagonal(a)) + ag.eye(a.shape[-1], dtype=a.dtype)
    return {"a": a, "solve": lambda a, b: PRIMITIVES["solve"].call(a, b, triangle="", unit=False)}


def of_convolution(known: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    given = {name: options[name] for name in ("stride", "padding", "dilation", "groups")}
    room = tuple(map(slice, known["u"].shape))  # an input may have room for more windows
    return {"conv": lambda x, w: PRIMITIVES["conv"].call(x, w, None, **given)[room]}


def of_diagonal(known: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    return {"on_diagonal": lambda g, shape: on_diagonal(g, shape=shape, offset=options["offset"])}


SPECIAL = {
    "conv_input_grad": of_convolution, "conv_weight_grad": of_convolution, "diagonal": of_diagonal,
    "attend": of_attend, "extreme": of_extreme, "normalize": of_normalize, "eigh": of_eigh, "solve": of_solve,
}  # fmt: skip
LANGUAGE: dict[str, Any] = {
    **{name: getattr(ag, name) for name in ("where", "tril", "triu", "rows") if hasattr(ag, name)},
    **{name: getattr(ag.special, name) for name in ("ndtr", "digamma", "zeta", "i0", "i1", "i0e", "i1e", "erfcx")},
    "inv": ag.linalg.inv, "diag": ag.diag_embed, "pi": math.pi, "nan": math.nan, "floor": ag.floor, "trunc": ag.trunc,
    "rows": lambda x: x.reshape(-1, x.shape[-1]), "rowsum": lambda x: x.sum(-1, keepdim=True), "sgn": ag.sgn,
    "conj": ag.conj, "put_corner": lambda g, shape: put_corner(g, shape=shape),
    "zeros": lambda shape: ag.zeros(*shape, dtype=ag.float64), "mirrored": lambda m: m + ag.triu(m, 1).mT,
}  # fmt: skip
OVERRIDDEN: dict[str, Any] = {
    "expand": expand, "sqrt": lambda v: v**0.5, "softmax": lambda x: ag.softmax(x, -1), "where": ag.where,
    "log": lambda v: ag.log(v) if isinstance(v, Tensor) else math.log(v), "gather": ag.gather,
    "sum": lambda x, dim=None, keepdim=False: x if dim == () else ag.sum(x, dim, keepdim),
}  # fmt: skip
