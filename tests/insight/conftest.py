"""The browser that the tests of pages share; without one they are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.insight.browser import HELP, Browser, program
from tests.insight.shown import Shown


@pytest.fixture(scope="session")
def started() -> Iterator[Browser]:
    if program() is None:
        pytest.skip(HELP)
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def shown(started: Browser, tmp_path: Path) -> Iterator[Shown]:
    """What opens pages; afterwards none may have complained, or asked for anything but itself."""
    yield Shown(started, tmp_path)
    assert started.complaints() == []
    assert {url.partition(":")[0] for url in started.requests()} == {"file"}
