"""The page of a graph in a real headless browser: what shows, folding, searching, hovering, stepping, hostile names."""

from __future__ import annotations

from pathlib import Path

import pytest

import autograd_core as ag
import nn
from tests.insight.browser import Browser
from tests.insight.page_graphs import OVERLAPS, attention, perceptron, residual, wide
from tests.insight.shown import Shown

SHOWN = "document.querySelectorAll('#nodes .node').length"


def key_of(browser: Browser, title: str) -> str:
    key: str = browser.run(f"[...page.tree.byKey.values()].find((item) => item.title.startsWith({title!r})).key")
    return key


def text_of(browser: Browser, selector: str) -> str:
    text: str = browser.run(f"document.querySelector({selector!r}).innerText")
    return text


# ---- what shows ----


def test_the_page_shows_the_graph_and_a_screenshot_of_it_is_no_blank(shown: Shown, tmp_path: Path) -> None:
    page = shown.open(perceptron())
    assert text_of(page, "h1") == "a perceptron"
    assert "4 operations · 4 parameters" in text_of(page, "#counts")
    drawn = page.run("[...document.querySelectorAll('#nodes text:not(.sub)')].map((t) => t.textContent)")
    assert sorted(drawn) == ["bias", "bias", "linear", "linear", "loss = cross_entropy", "relu", "weight", "weight"]
    picture = page.screenshot(tmp_path / "page.png")
    assert picture.startswith(b"\x89PNG")
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed; it reads the screenshot")
    with image.open(tmp_path / "page.png") as opened:
        colours = {colour for _, colour in opened.convert("RGB").getcolors(1 << 20)}
    assert {(0xDB, 0xEA, 0xFE), (0xFE, 0xF3, 0xC7), (255, 255, 255)} <= colours  # a parameter, the result, the page


def test_a_program_and_a_comparison_have_pages(shown: Shown) -> None:
    program = ag.Program.trace(lambda x: (x * x + 1).sum(), name="square")(ag.ones(3))
    page = shown.open(ag.graph(program))
    assert text_of(page, "h1") == "square"
    x = ag.ones(3, requires_grad=True)
    page = shown.open(ag.graph(x.sin().sum()).diff(ag.graph(x.cos().sum())))
    assert page.run("[...document.querySelectorAll('.added text, .removed text')].length") > 0
    assert "added" in text_of(page, "#legend")


def test_a_narrow_window_keeps_room_for_the_graph(shown: Shown) -> None:
    page = shown.open(perceptron())
    small = {"width": 480, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.send("Emulation.setDeviceMetricsOverride", small)
    try:
        assert page.run("document.querySelector('main').getBoundingClientRect().height") > 250
        assert page.run("document.querySelector('footer').getBoundingClientRect().bottom") <= 800
        assert page.run("document.documentElement.scrollWidth") <= 480
    finally:
        page.send("Emulation.clearDeviceMetricsOverride")


# ---- folding ----


def test_a_module_folds_and_unfolds_by_mouse(shown: Shown) -> None:
    page = shown.open(perceptron())
    key = key_of(page, "0  Linear")
    page.click(f"#titles [data-key={key}] circle")
    assert page.run(SHOWN) == 6  # the layer is one node in place of three
    assert page.run(f"document.querySelector('#nodes [data-key={key}]').textContent") == "0Linear · 4 × 5"
    page.click(f"#nodes [data-key={key}]", count=2)
    assert page.run(SHOWN) == 8


def test_the_buttons_fold_all_and_unfold_level_by_level(shown: Shown) -> None:
    page = shown.open(residual())
    page.click("#fold")
    assert page.run(SHOWN) == 2  # the model, and the mean
    counts = []
    while not page.run("document.getElementById('unfold').disabled"):
        page.click("#unfold")
        counts.append(page.run(SHOWN))
    assert counts == sorted(counts) and counts[0] == 4 and counts[-1] == page.run("page.tree.vertices.length")


def test_what_is_unfolded_stays_where_it_was(shown: Shown) -> None:
    page = shown.open(residual())
    page.click("#fold")
    before = page.place("#nodes .node.group circle")
    page.click("#nodes .node.group circle")
    after = page.place("#titles .title circle")
    assert abs(before[1] - after[1]) < 40


# ---- search, hovering, colours ----


def test_search_unfolds_and_chooses_what_it_finds(shown: Shown) -> None:
    page = shown.open(residual())
    page.click("#fold")
    page.key("/")
    page.send("Input.insertText", {"text": "2 conv1.weight"})
    assert "2.conv1.weight" in text_of(page, "#found")
    page.key("Enter")
    assert page.run("document.querySelector('.node.chosen').textContent").startswith("weight")
    assert "4 × 4 × 3 × 3" in text_of(page, "#panel")
    page.click("#search")
    page.run("document.getElementById('search').value = ''")
    page.send("Input.insertText", {"text": "no such thing"})
    assert text_of(page, "#found") == "nothing found"


def test_hovering_tells_values_and_what_was_not_computed(shown: Shown) -> None:
    page = shown.open(attention())
    key = page.run("page.tree.visible.find((item) => item.title === 'attend').key")
    page.mouse("mouseMoved", *page.place(f"#nodes [data-key={key}]"))
    tip = text_of(page, "#tip")
    assert "2 × 2 × 5 × 8 · float32 · cpu" in tip and "page_graphs.py" in tip
    assert "gradient: not computed" in tip and "keeps" in tip
    page.mouse("mouseMoved", 5, 300)
    assert page.run("document.getElementById('tip').hidden")


def test_clicking_shows_statistics_and_the_line(shown: Shown) -> None:
    page = shown.open(perceptron())
    page.click(f"#nodes [data-key={key_of(page, 'relu')}]")
    told = text_of(page, "#panel")
    assert "page_graphs.py" in told and "Gradient\nnorm" in told and "not computed" in told  # the value
    assert "grad_x = " in told and "zeros" in told


def colour(browser: Browser, choice: str) -> None:
    browser.run(f"byId('colour').value = {choice!r}, byId('colour').dispatchEvent(new Event('change'))")


def test_colours_by_number_say_what_is_unknown(shown: Shown) -> None:
    page = shown.open(perceptron())
    colour(page, "gradient")
    fills = page.run("[...document.querySelectorAll('#nodes .node > rect')].map((rect) => rect.style.fill)")
    assert len(set(fills)) > 3 and all(fills)
    assert "gradient norm" in text_of(page, "#legend")
    colour(page, "forward")
    assert "not computed" in text_of(page, "#legend")


# ---- the backward pass ----


def test_stepping_shows_where_gradients_go(shown: Shown) -> None:
    page = shown.open(perceptron())
    page.click("#next")
    assert page.run("document.querySelector('.node.now').textContent") == "loss = cross_entropyscalar"
    assert "step 1 of 4" in text_of(page, "#counter") and "1 for a scalar" in text_of(page, "#panel")
    page.key("ArrowRight")
    told = text_of(page, "#panel")
    assert "from loss = cross_entropy" in told and "grad_w = g.T @ x" in told and "it stays in .grad" in told
    assert page.run("document.querySelectorAll('.wire.now').length") == 3  # to x, weight and bias
    assert page.run("document.querySelectorAll('.wire.came').length") == 1
    page.click("#previous")
    assert "step 1 of 4" in text_of(page, "#counter")
    page.run("page.player.go(3)")
    assert page.run("document.querySelectorAll('.node.chip.passed').length") == 4
    assert page.run("document.getElementById('next').disabled")


def test_playing_goes_on_by_itself_and_pauses(shown: Shown) -> None:
    page = shown.open(perceptron())
    page.click("#play")
    page.wait("page.player.at === 1")
    assert text_of(page, "#play") == "Pause"
    page.click("#play")
    assert text_of(page, "#play") == "Play" and page.run("page.player.timer") is None


def test_a_folded_module_is_one_step_that_can_be_stepped_into(shown: Shown) -> None:
    page = shown.open(residual())
    page.click("#fold")
    assert text_of(page, "#counter") == "2 steps"
    page.key("ArrowRight")
    page.key("ArrowRight")
    assert "folded module" in text_of(page, "#panel") and "step into" in text_of(page, "#panel")
    page.click("#inside")
    assert text_of(page, "#counter") == "step 2 of 4" and "2 Block" in text_of(page, "#panel")


def test_a_sum_of_gradients_is_said(shown: Shown) -> None:
    x = ag.ones(3, requires_grad=True)
    page = shown.open(ag.graph((x.exp() * x).sum(), inputs={"x": x}))
    page.run("page.player.go(1)")
    assert "one of 2 that are added up" in text_of(page, "#panel")
    page.run("page.choose(page.tree.vertices[0])")
    assert "x" in text_of(page, "#panel h2")


# ---- size ----


def test_two_thousand_nodes_are_quick(shown: Shown) -> None:
    page = shown.open(wide(2000, 40))
    assert page.run(SHOWN) <= 50
    page.click("#unfold")
    assert page.run(SHOWN) == 2000
    assert page.run("page.milliseconds") < 4000  # 300 on an idle core
    page.run("page.player.go(3)")
    assert page.run(OVERLAPS) == 0


def test_ten_thousand_operations_in_a_row_open_folded(shown: Shown) -> None:
    page = shown.open(wide(10_000, 0))
    assert page.run(SHOWN) < 60
    assert "of 10,000 operations" in page.run("document.querySelector('#nodes .node.group').textContent")
    page.click("#unfold")
    page.click("#unfold")
    assert "More than 2,000 nodes" in text_of(page, "#note")


# ---- names that mean harm ----

HARM = "</script><img src=x onerror='window.harmed=1'><script>window.harmed=1</script>"


def test_hostile_names_do_no_harm(shown: Shown) -> None:
    model = nn.Sequential()
    model.register_module(HARM.replace(".", ""), nn.Linear(2, 2))
    harmful = ag.ones(2, 2, requires_grad=True)
    graph = ag.graph(model(harmful).sum(), model=model, inputs={HARM: harmful}, name=HARM)
    for vertex in graph.vertices.values():
        vertex.line = vertex.note = HARM
    page = shown.open(graph)
    for expression in ("page.player.go(1)", "page.choose(page.tree.vertices[0])", "page.tree.groups.length > 1"):
        page.run(expression)
    page.click("#search")
    page.send("Input.insertText", {"text": "onerror"})
    page.mouse("mouseMoved", *page.place("#nodes .node"))
    assert page.run("window.harmed === undefined && document.images.length === 0 && document.scripts.length === 2")
    assert text_of(page, "h1") == HARM and page.run("document.title") == HARM


def test_the_page_may_fetch_nothing_and_run_nothing_else(started: Browser, tmp_path: Path) -> None:
    page = Shown(started, tmp_path).open(perceptron())
    page.run("element('script', 'window.harmed = 1', '', document.body)")
    assert page.run("window.harmed === undefined")
    assert page.run("fetch('data:,x').then(() => 'fetched', () => 'refused')") == "refused"
    assert any("Content Security Policy" in str(complaint) for complaint in page.complaints())
