"""The page of a graph as text: whole, small, needing nothing from outside, with the user's names made inert."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

import autograd_core as ag
import nn
from autograd_core.insight.graphs import html_view
from autograd_core.insight.graphs.graph import Call, Edge, Graph, Stats, Vertex
from autograd_core.insight.graphs.page_data import page_data
from autograd_core.insight.graphs.page_groups import MOST, Groups

HARM = "</script><!--<script>{{script}}&\ud800"


def small() -> Graph:
    model = nn.Linear(3, 2)
    return ag.graph(model(ag.ones(4, 3)).sum(), model=model, name="small")


def data_of(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_without_a_path_the_page_is_returned(tmp_path: Path) -> None:
    page = small().html()
    assert page.startswith("<!DOCTYPE html>") and page.rstrip().endswith("</html>")
    path = tmp_path / "page.html"
    assert small().html(path) == str(path)
    assert path.read_text(encoding="utf-8") == page
    assert len(page) < 100_000


def test_the_page_names_no_address(tmp_path: Path) -> None:
    addresses = set(re.findall(r"[a-z]+://[^\s\"']*", small().html()))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of SVG, which no browser fetches
    assert not re.search(r"(src|href)=[\"']|@import|url\((?!#)", small().html())


def test_no_name_ends_the_data_or_stands_in_for_a_part() -> None:
    vertex = Vertex("n0", "input", name=HARM, shapes=((1,),), line=HARM)
    page = Graph({"n0": vertex}, [], name=HARM).html()
    assert page.count("<script") == 2 and page.count("</script>") == 2
    assert data_of(page)["vertices"][0]["title"] == HARM
    assert page.count('"use strict"') == len(html_view.SCRIPTS)
    assert "&lt;/script&gt;" in page


def test_a_name_that_is_no_unicode_can_be_written(tmp_path: Path) -> None:
    graph = Graph({"n0": Vertex("n0", "input", name=HARM)}, [], name=HARM)
    assert data_of(Path(graph.html(tmp_path / "page.html")).read_text(encoding="utf-8"))["name"] == HARM


def test_a_page_that_cannot_be_written_leaves_the_old_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")
    with monkeypatch.context() as patch, pytest.raises(TypeError):
        patch.setattr(html_view, "page_data", lambda graph: {"name": object()})
        small().html(path)
    assert path.read_text() == "old"
    with pytest.raises(FileNotFoundError):
        small().html(tmp_path / "missing" / "page.html")
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_statistics_that_json_has_no_numbers_for_are_words() -> None:
    stats = Stats(math.nan, math.inf, -math.inf, 1.0, 2.0, 0, 1, 2, 9)
    graph = Graph({"n0": Vertex("n0", "operation", "exp", value=stats, output=True)}, [])
    assert data_of(graph.html())["vertices"][0]["value"] == {
        "mean": "NaN", "std": "Infinity", "min": "-Infinity", "max": 1.0, "norm": 2.0, "zeros": 0, "nans": 1, "infs": 2,
        "size": 9,
    }  # fmt: skip


def test_what_was_not_computed_is_null() -> None:
    vertex = page_data(small())["vertices"][-1]
    assert vertex["value"] is None and vertex["gradient"] is None and vertex["forward"] is None


def test_rules_are_those_for_the_number_of_dimensions() -> None:
    found = page_data(small())
    rules = {vertex["title"]: found["rules"].get(vertex["rules"]) for vertex in found["vertices"]}
    assert rules["linear"] == {"x": "g @ w", "w": "g.T @ x", "b": "sum(g, dim=(0,))"}
    assert rules["weight"] is None


def test_gradients_flow_only_where_a_result_is_reached() -> None:
    x, y = ag.ones(2, requires_grad=True), ag.ones(2, requires_grad=True)
    found = page_data(ag.graph((x * y.detach()).sum(), inputs={"x": x}))
    flows = {(e[0], e[1]): e[3] for e in found["edges"]}
    assert sorted(flows.values()) == [1] * len(flows)
    assert {vertex["title"]: vertex["passes"] for vertex in found["vertices"]}["x"]
    unreached = Graph({k: Vertex(k, "operation", "exp", output=k == "n1") for k in ("n0", "n1", "n2")},
                      [Edge("n0", "n1"), Edge("n0", "n2")])  # fmt: skip
    assert [edge[3] for edge in page_data(unreached)["edges"]] == [1, 0]


# ---- groups ----


def titles(groups: Groups) -> list[str]:
    return [group.title for group in groups.all]


def test_calls_of_modules_are_groups_and_a_tensor_stands_with_its_uses() -> None:
    outer, first, second = Call("Net", "Net", 1, 0), Call("a", "Layer", 1, 1), Call("b", "Layer", 1, 2)
    graph = Graph(
        {
            "w": Vertex("w", "parameter", name="w"),
            "x": Vertex("x", "parameter", name="x"),
            "n0": Vertex("n0", "operation", "exp", modules=(outer, first)),
            "n1": Vertex("n1", "operation", "mul", modules=(outer, second)),
        },
        [Edge("w", "n0"), Edge("x", "n1"), Edge("w", "n1"), Edge("n0", "n1")],
    )
    groups = Groups(graph)
    assert titles(groups) == ["graph", "Net", "a  Layer", "b  Layer"]
    assert groups.of == {"w": 1, "x": 3, "n0": 2, "n1": 3}
    assert [group.path for group in groups.all] == ["", "", "a", "b"]


def test_two_calls_of_one_module_are_two_groups() -> None:
    calls = [Call("a", "Layer", 1, 0), Call("a", "Layer", 2, 1)]
    graph = Graph({f"n{i}": Vertex(f"n{i}", "operation", "exp", modules=(c,)) for i, c in enumerate(calls)}, [])
    assert titles(Groups(graph)) == ["graph", "a  Layer", "a  Layer, call 2"]


@pytest.mark.parametrize("count", [1, MOST, MOST + 1, 10_000])
def test_no_group_is_crowded(count: int) -> None:
    graph = Graph({f"n{i}": Vertex(f"n{i}", "operation", "exp") for i in range(count)}, [])
    groups = Groups(graph)
    children = [group.parent for group in groups.all] + list(groups.of.values())
    assert max(children.count(parent) for parent in range(len(groups.all))) <= MOST
    assert (len(groups.all) > 1) == (count > MOST)
    runs = {group.title for group in groups.all if group.parent == 0}
    assert count < 10_000 or runs >= {"1 to 1,600 of 10,000 operations", "9,601 to 10,000 of 10,000 operations"}


def test_every_part_of_the_page_is_in_the_package() -> None:
    for name in (*html_view.SCRIPTS, "page.html", "page.css"):
        assert html_view._part(name)
    kept = {path.name for path in (Path(html_view.__file__).parent / "page").iterdir()}
    assert kept == {*html_view.SCRIPTS, "page.html", "page.css"}
