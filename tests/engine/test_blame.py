"""Errors name the operation, the module path, and the line of the user's code, wherever it is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import autograd_core as ag
import nn

ROOT = Path(__file__).resolve().parents[2]


def built_at(loss: Any) -> str:
    """Return what the error of a second backward says of the place."""
    loss.backward()
    with pytest.raises(RuntimeError) as raised:
        loss.backward()
    found = re.search(r"'(\w+)', built at (.*), was freed", str(raised.value))
    assert found is not None, str(raised.value)
    return found[2]


def leaf() -> ag.Tensor:
    return ag.ones(2, 2, requires_grad=True)


def test_an_operators_line() -> None:
    x = leaf()
    loss = (x * x).sum()  # here
    assert built_at(loss).startswith(f"{__file__}:") and built_at_line(loss).endswith("# here")


def built_at_line(loss: Any) -> str:
    with pytest.raises(RuntimeError) as raised:
        loss.backward()
    return re.search(r"built at (.*), was freed", str(raised.value))[1]


@pytest.mark.parametrize(
    "operation",
    [
        lambda x: x.exp().sum(),  # mark
        lambda x: ag.softmax(x, 0).sum(),  # mark
        lambda x: ag.einsum("ij,jk->ik", x, x).sum(),  # mark
        lambda x: x.var(),  # mark
        lambda x: x.prod(),  # mark
        lambda x: nn.functional.gelu(x).sum(),  # mark
        lambda x: ag.cat([x * x, x]).sum(),  # mark
        lambda x: ag.max(x * x, 1).values.sum(),  # mark
    ],
)
def test_the_users_line_through_our_own_rooms(operation: Any) -> None:
    assert re.match(rf"{re.escape(__file__)}:\d+: lambda x: .*# mark$", built_at(operation(leaf())))


def test_the_line_of_a_write() -> None:
    x = leaf()
    h = x * 1
    h.mul_(x)  # the write
    assert built_at(h.sum()).endswith("h.mul_(x)  # the write")


def test_a_line_over_several_lines_names_where_it_runs() -> None:
    x = leaf()
    loss = (
        x
        * x  # inside
    ).sum()
    line = int(re.search(r":(\d+):", built_at(loss))[1])
    source = Path(__file__).read_text().splitlines()
    assert "x" in source[line - 1] and source[line - 1] != "    loss = ("


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(2, 2), nn.Tanh())

    def forward(self, x: Any) -> Any:
        return self.inner(x) * x  # in the block


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([Block(), Block()])

    def forward(self, x: Any) -> Any:
        for block in self.blocks:
            x = block(x)
        return x


def test_the_module_path_and_the_users_line_of_a_forward() -> None:
    net = Net()
    place = built_at(net(leaf()).sum())
    assert place.endswith("return self.inner(x) * x  # in the block (in module blocks.1)")


def test_the_module_path_of_our_own_layers_is_the_line_that_called_the_model() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid())
    loss = net(leaf()).sum()  # the call
    assert built_at(loss).endswith("loss = net(leaf()).sum()  # the call (in module 1)")


def test_a_forward_error_names_the_module() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)linear: input has 3 features.*in module blocks\.0\.inner\.0"):
        Net()(ag.ones(1, 3))


def test_a_module_alone_is_named_by_its_class() -> None:
    layer = nn.Sigmoid()
    assert built_at(layer(leaf()).sum()).endswith("(in module Sigmoid)")


def test_the_scope_ends_with_the_call_even_by_an_error() -> None:
    with pytest.raises(RuntimeError):
        Net()(ag.ones(1, 3))
    loss = (leaf() * leaf()).sum()
    assert "in module" not in built_at(loss)


def test_a_graph_keeps_no_module_alive() -> None:
    import weakref

    net = Net()
    ref = weakref.ref(net)
    loss = net(leaf()).sum()
    del net
    assert ref() is None
    loss.backward()


def test_code_without_a_file_has_a_place_too() -> None:
    space: dict[str, Any] = {"x": leaf()}
    exec(compile("loss = (x * x).sum()", "<cell 3>", "exec"), space)
    assert built_at(space["loss"]) == "<cell 3>:1"


def test_an_installed_users_package_is_the_user(tmp_path: Path) -> None:
    (tmp_path / "theirs.py").write_text("def loss(x):\n    return (x * x).sum()\n")
    code = (
        "import autograd_core as ag, theirs\n"
        "loss = theirs.loss(ag.ones(2, requires_grad=True)); loss.backward()\n"
        "try: loss.backward()\n"
        "except RuntimeError as error: print(error)\n"
    )
    env = {"PYTHONPATH": f"{tmp_path}:{ROOT}", "PATH": ""}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    assert f"{tmp_path}/theirs.py:2: return (x * x).sum()" in run.stdout, run.stderr


def test_a_frame_is_never_kept() -> None:
    import weakref

    class Local:
        pass

    def run() -> tuple[Any, Any]:
        local = Local()
        return (leaf() * leaf()).sum(), weakref.ref(local)

    loss, local = run()
    assert loss.requires_grad and local() is None
