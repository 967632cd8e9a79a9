"""The pages of layers, losses, optimisers and schedules say what the source says, of every room."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest

import nn
import nn.base
import nn.init
import nn.losses
import nn.utils
import optim
import optim.lr_scheduler
from docs import families

# a package of rooms, and the namespace in which a user meets their names
SPACES = (
    (nn, nn), (nn.base, nn), (nn.losses, nn), (nn.init, nn.init), (nn.utils, nn.utils), (optim, optim),
    (optim.lr_scheduler, optim.lr_scheduler),
)  # fmt: skip


def rooms() -> Iterator[str]:
    """Yield every room whose names a user meets."""
    for package, space in SPACES:
        for module in pkgutil.iter_modules(package.__path__):
            found = importlib.import_module(f"{package.__name__}.{module.name}")
            if not module.ispkg and any(hasattr(space, name) for name in getattr(found, "__all__", ())):
                yield found.__name__


@pytest.mark.parametrize("path", families.PAGES)
def test_a_page_is_up_to_date(path: str) -> None:
    written = (families.FOLDER / path).read_text(encoding="utf-8")
    assert written == families.page(path), "run `python -m docs.families`"


def test_every_room_has_a_page() -> None:
    shown = {room for page in families.PAGES.values() for room in page.rooms}
    assert set(rooms()) - shown == families.WITHOUT_PAGE


def test_every_layer_and_optimiser_says_what_it_computes() -> None:
    silent = []
    for page in families.PAGES.values():
        for room in page.rooms:
            module = importlib.import_module(room)
            for name in module.__all__:
                member = getattr(module, name)
                if inspect.isclass(member) and not (member.__doc__ or "").strip():
                    silent.append(f"{room}.{name}")
    assert not silent
