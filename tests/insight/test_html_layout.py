"""Where things stand on the page of a graph: apart, inside their modules, with wires that reach them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.insight.browser import Browser
from tests.insight.page_graphs import LOOSE, OUTSIDE, OVERLAPS, attention, perceptron, residual, scattered, unrolled
from tests.insight.shown import Shown


def faults(page: Browser) -> list[int]:
    """Return how many pairs of nodes overlap, nodes leave their module, and wires miss their ends."""
    return [page.run(OVERLAPS), page.run(OUTSIDE), page.run(LOOSE)]


@pytest.mark.parametrize("part", ["forward", "backward", "both"])
@pytest.mark.parametrize("make", [perceptron, residual, attention, unrolled])
def test_nodes_stand_apart_inside_their_modules_and_wires_reach_them(shown: Shown, make: Any, part: Any) -> None:
    page = shown.open(make().only(part))
    assert faults(page) == [0, 0, 0]
    while page.run("page.tree.unfoldLevel(2000)"):
        page.run("page.redraw()")
        assert faults(page) == [0, 0, 0]
    assert page.run("page.tree.visible.length") == page.run("page.tree.vertices.length")


@pytest.mark.parametrize("seed", range(12))
def test_so_it_is_with_any_graph_however_it_is_folded(shown: Shown, seed: int) -> None:
    page = shown.open(scattered(seed))
    groups = page.run("page.tree.groups.length")
    for number in range(1, groups, 1 + groups // 4):
        assert faults(page) == [0, 0, 0]
        page.run(f"page.toggle(page.tree.groups[{number}])")
    for action in ("page.fold()", "page.unfold()", "page.unfold()"):
        page.run(action)
        assert faults(page) == [0, 0, 0]
    page.run("page.player.steps.forEach((_, i) => page.player.go(i))")
    page.run("[...page.tree.groups.slice(1), ...page.tree.vertices].forEach((item) => page.choose(item))")
    assert faults(page) == [0, 0, 0]


def test_a_straight_run_of_layers_stands_in_a_column(shown: Shown) -> None:
    page = shown.open(perceptron())
    places = page.run("page.tree.visible.filter((item) => !item.chipOf).map((item) => Math.round(item.x))")
    assert len(set(places)) == 1 and len(places) == 4
