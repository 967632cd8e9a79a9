"""``show_backward``: a pass on paper, a pass in steps, a film; and the words they are told in."""

from __future__ import annotations

import builtins
import json
import re
import sys

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.engine.node import behind
from autograd_core.errors import GraphError
from autograd_core.insight.rules.local_text import local_text
from autograd_core.insight.rules.rule_source import Unreadable, expression
from autograd_core.insight.rules.rule_text import rule_texts
from autograd_core.insight.stepper.layout import places_of
from autograd_core.insight.stepper.numbers_text import number_text, short_text
from autograd_core.insight.stepper.values import values_of
from tests.insight.browser import HELP, Browser, program


@pytest.fixture
def xy():
    return ag.tensor(2.0, requires_grad=True), ag.tensor(-4.0, requires_grad=True)


# on paper


def test_numbers_are_worked_out_as_in_a_textbook(xy, capsys) -> None:
    x, y = xy
    f = x * y + ag.sin(x)
    ag.show_backward(f)
    assert capsys.readouterr().out.splitlines() == [
        "             value   gradient",
        "x            2       -4.416",
        "y            -4      2",
        "v1 = x * y   -8      1",
        "v2 = sin(x)  0.9093  1",
        "f = v1 + v2  -7.091  1",
        "",
        "f = v1 + v2",
        "    df/dv1 = 1                 1 * 1 = 1              -> v1",
        "    df/dv2 = 1                 1 * 1 = 1              -> v2",
        "v2 = sin(x)",
        "    dv2/dx = cos(x) = -0.4161  -0.4161 * 1 = -0.4161  -> x",
        "v1 = x * y",
        "    dv1/dx = y = -4            -4 * 1 = -4            -> x: -0.4161 + -4 = -4.416",
        "    dv1/dy = x = 2             2 * 1 = 2              -> y",
        "y.grad = 2",
        "x.grad = -4.416",
    ]
    assert x.grad.item() == pytest.approx(-4 + np.cos(2)) and y.grad.item() == 2


def test_a_grad_from_before_is_added_to(xy, capsys) -> None:
    x, _ = xy
    (x * 3).backward()
    ag.show_backward(x * 2.5)
    assert "x.grad = 3 + 2.5 = 5.5" in capsys.readouterr().out


def test_a_value_that_nothing_kept_is_not_made_up(xy, capsys) -> None:
    x, y = xy
    ag.show_backward((x + 3) + y)
    said = capsys.readouterr().out
    assert re.search(r"^v1 = x \+ \.\.\. +\? +1   \(no rule kept it\)$", said, re.MULTILINE)
    h = x + 3
    ag.show_backward(h + y)
    assert re.search(r"^h = x \+ \.\.\. +5 +1$", capsys.readouterr().out, re.MULTILINE)


def test_hooks_and_kept_gradients_on_paper(xy, capsys) -> None:
    x, y = xy
    p = x * y
    p.register_hook(lambda g: g * 10)
    p.retain_grad()
    ag.show_backward(p * 2)
    said = capsys.readouterr().out
    assert "p.grad = 20" in said and "-4 * 20 = -80" in said


def test_an_operation_without_a_local_derivative_shows_its_rule(xy, capsys) -> None:
    class Half(ag.autograd.Function):
        @staticmethod
        def forward(ctx, t):
            return t / 2

        @staticmethod
        def backward(ctx, g):
            return g / 2

    x, _ = xy
    ag.show_backward(Half.apply(x) * 3)
    assert "grad_t = Half.backward(ctx, g)  = 1.5" in capsys.readouterr().out


def test_several_numbers_at_once_and_more_digits(xy, capsys) -> None:
    x, y = xy
    ag.show_backward([x * y, x / y], digits=8)
    assert "-0.125" in capsys.readouterr().out
    assert x.grad.item() == -4.25


# in steps


def test_tensors_are_told_step_by_step(capsys) -> None:
    layer, inputs = nn.Linear(3, 2), ag.ones(4, 3)
    loss = layer(inputs).sum()
    ag.show_backward(loss)
    said = capsys.readouterr().out
    assert "1: v1 = linear(..., weight, bias) in Linear    " in said
    assert "  grad_w = g.T @ x = [[4, 4, 4], [4, 4, 4]] -> weight" in said
    assert layer.weight.grad is not None


def test_long_passes_are_cut_in_print_alone(capsys) -> None:
    x = ag.ones(2, requires_grad=True)
    y = x
    for _ in range(10):
        y = y * 1.0
    ag.show_backward(y.sum(), max_steps=3)
    said = capsys.readouterr().out
    assert said.count("g = ") >= 3 and said.endswith("... and 9 more steps (max_steps)\n")
    assert x.grad is not None


def test_a_graph_of_many_numbers_is_told_in_steps(xy, capsys) -> None:
    x, _ = xy
    y = x
    for _ in range(70):
        y = y * 1.0
    ag.show_backward(y, max_steps=None)
    assert capsys.readouterr().out.startswith("0: y = mul(v69, 1)")


def test_it_refuses_as_backward_does(xy) -> None:
    with pytest.raises(GraphError, match=r"^show_backward: element 0 of tensors does not require grad"):
        ag.show_backward(ag.ones(1))
    with pytest.raises(GraphError, match=r"^show_backward: grad can be implicitly created only for scalar outputs"):
        ag.show_backward(xy[0] * ag.ones(2))


# the film


@pytest.mark.parametrize("name", ["pass.gif", "pass.html"])
def test_a_film_shows_every_step(xy, tmp_path, name) -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed; films are drawn by it")
    x, y = xy
    f = x * y + ag.sin(x)
    ag.show_backward(f, animate=tmp_path / name)
    assert y.grad.item() == 2
    if name.endswith("gif"):
        from PIL import Image

        with Image.open(tmp_path / name) as film:
            assert film.n_frames == 6 and film.size[0] > 400
        return
    page = (tmp_path / name).read_text(encoding="utf-8")
    frames = json.loads(re.search(r"const frames = (\[.*\]);", page)[1])
    assert len(frames) == 6 and 'max="5"' in page
    assert frames[3][0].startswith("2: v1 = mul(x, y)") and "grad_b = g * a = 2" in frames[3][0]
    assert "http" not in page


def test_no_name_gets_into_the_page_as_markup(xy, tmp_path) -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed; films are drawn by it")
    x, _ = xy
    ag.show_backward(x * 2, animate=tmp_path / "a.html", names={"</script><b>": x})
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert page.count("</script>") == 1 and "<b>" not in page


@pytest.mark.skipif(program() is None, reason=HELP)
def test_the_page_of_a_film_is_stepped_through_in_a_browser(xy, tmp_path) -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed; films are drawn by it")
    x, y = xy
    ag.show_backward(x * y, animate=tmp_path / "pass.html")
    browser = Browser()
    try:
        browser.open(tmp_path / "pass.html")
        said, picture = "document.getElementById('said').textContent", "document.getElementById('picture')"
        browser.wait(f"{picture}.naturalWidth > 400")
        assert browser.run(said) == "0 of 3"
        browser.click("#on")
        browser.run("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}))")
        assert browser.run(said) == "2 of 3" and browser.run(f"{picture}.alt").startswith("1: y, a leaf")
        for _ in range(3):
            browser.click("#back")
        assert browser.run(said) == "0 of 3"
    finally:
        browser.close()


def test_a_film_of_tensors_shows_norms(tmp_path) -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed; films are drawn by it")
    layer = nn.Linear(3, 2)
    values, _ = ag.linalg.eigh(ag.eye(3, requires_grad=True))
    loss = nn.functional.mse_loss(layer(ag.ones(4, 3)), ag.ones(4, 2)) + values.sum()
    ag.show_backward(loss, animate=tmp_path / "a.gif")
    assert (tmp_path / "a.gif").stat().st_size > 1000


def test_a_film_of_another_kind_is_refused_before_anything_runs(xy, tmp_path) -> None:
    x, y = xy
    with pytest.raises(ValueError, match=r"^show_backward: argument animate: got '.*a.mp4'; wanted a name ending in"):
        ag.show_backward(x * y, animate=tmp_path / "a.mp4")
    assert x.grad is None


def test_a_film_of_a_large_graph_is_refused(xy, tmp_path) -> None:
    y = xy[0]
    for _ in range(61):
        y = y * 1.0
    with pytest.raises(ValueError, match=r"the graph has 61 operations; a film shows up to 60"):
        ag.show_backward(y, animate=tmp_path / "a.gif")


def test_a_film_without_matplotlib_says_what_to_install(xy, tmp_path, monkeypatch) -> None:
    real = builtins.__import__

    def without(name, *args, **options):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.delitem(sys.modules, "autograd_core.insight.plot.canvas", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"^show_backward: a film needs Matplotlib, .*; pip install matplotlib"):
        ag.show_backward(xy[0] * 2, animate=tmp_path / "a.gif")
    assert xy[0].grad is None


def test_nodes_of_a_film_stand_apart() -> None:
    x = ag.tensor(1.0, requires_grad=True)
    wide = sum(ag.sin(x * float(i)) for i in range(5))
    places = places_of(behind([wide.grad_fn]))
    assert len(set(places.values())) == len(places)
    for a, b in ((p, q) for p in places.values() for q in places.values() if p is not q and p[0] == q[0]):
        assert abs(a[1] - b[1]) >= 1 - 1e-9


# the words


@pytest.mark.parametrize(
    ("formula", "names", "said"),
    [
        ("g * b", {"b": "y"}, "y"),
        ("-g * sin(x)", {"x": "v1"}, "-sin(v1)"),
        ("g / x", {"x": "a.b"}, "1 / a.b"),
        ("g * b * a ** (b - 1)", {"a": "v2", "b": "2"}, "2 * v2"),
        ("2 * g * x", {"x": "0.weight"}, "2 * 0.weight"),
        ("the part of g inside the padding", {}, ""),
    ],
)
def test_local_derivatives_are_read_off_the_rule(formula, names, said) -> None:
    assert local_text(formula, names) == said


@pytest.mark.parametrize(
    ("value", "said", "short"),
    [
        (0.123456, "0.1235", "0.1235"),
        (-0.0, "0", "0"),
        ([1.0, 2.5], "[1, 2.5]", "norm 2.693"),
        ([[1, 2]], "[[1, 2]]", "norm 2.236"),
        ([1.0] * 9, "float32[9], norm 3", "norm 3"),
        ([1] * 9, "int64[9]", "norm 3"),
        (1 + 2j, "1+2j", "1+2j"),
    ],
)
def test_tensors_in_a_few_words(value, said, short) -> None:
    assert number_text(ag.tensor(value)) == said
    assert short_text(ag.tensor(value)) == short


def test_values_are_those_of_the_forward_pass(xy) -> None:
    x, y = xy
    f = ag.tanh(x * y) / (x - y)
    nodes = behind([f.grad_fn])
    values = values_of(nodes, [f])
    assert [values[node.order].item() for node in nodes] == pytest.approx([2, -4, -8, np.tanh(-8), 6, np.tanh(-8) / 6])


# rules of one's own


def test_a_rule_of_ones_own_primitive_can_be_read() -> None:
    @ag.primitive
    def twisted(xp, a, b, /):
        return a * b

    try:
        twisted.vjp(a=lambda g, b: g * b, b=_slope_of_b)
        assert rule_texts(twisted.primitive) == {"a": "g * b", "b": "g * (a + 0)"}
        twisted.vjp(a=eval("lambda g, b: g * b"), b=_branching)
        assert rule_texts(twisted.primitive) == {"a": "twisted_rule(g, b)", "b": "branching(g, a)"}
    finally:
        del ag.PRIMITIVES["twisted"]


def _slope_of_b(g, a):
    """Return the gradient of b."""
    slope = a + 0
    return g * slope


def _branching(g, a):
    if a is None:
        return g
    return g * a


def test_what_cannot_be_read_says_so() -> None:
    for rule in (len, _branching, eval("lambda g: g")):
        with pytest.raises(Unreadable):
            expression(rule)
