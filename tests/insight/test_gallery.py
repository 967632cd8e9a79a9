"""The gallery: its page is what the script makes, and its pictures are there and small."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from docs import gallery
from docs.scenes import SCENES

NAMES = [scene.__name__ for scene in SCENES]


def test_the_page_is_up_to_date():
    assert (gallery.ROOT / "gallery.md").read_text(encoding="utf-8") == gallery.markdown(), "run `make gallery`"


@pytest.mark.parametrize("scene", SCENES, ids=NAMES)
def test_the_code_in_the_page_is_that_of_the_function(scene):
    lines = gallery.code(scene).split("\n")
    assert lines[-1].startswith(("ag.graph(", "graph.html("))
    source = gallery.inspect.getsource(scene).replace("  # fmt: skip", "")
    assert all(f"    {line}\n" in source for line in lines[:-1] if line)
    assert f"    return {lines[-1]}\n" in source
    compile("\n".join(lines), scene.__name__, "exec")


@pytest.mark.parametrize("scene", SCENES, ids=NAMES)
def test_pictures_are_there_small_and_of_no_machine(scene):
    content = gallery.picture(scene).read_bytes()
    assert 1000 < len(content) < gallery.LARGEST
    if scene.__name__ == "page":
        assert content.startswith(b"\x89PNG")
        return
    ElementTree.fromstring(content)
    assert str(gallery.ROOT.parent).encode() not in content
    assert not re.search(rb"(/home|/Users|/tmp)/", content)
    assert b"autograd_core/" not in content  # the lines in its tooltips are the scene's


def test_no_picture_is_left_over():
    held = set(gallery.PICTURES.iterdir())
    assert held == {gallery.picture(scene) for scene in SCENES}
