"""Hooks on every module: their order, what they replace, and that calls without them are the usual ones."""

from __future__ import annotations

import pytest

import autograd_core as ag
import nn
from nn.modules import module as rooms
from tests.nn.twin import array


def seen_by_all(lib, nn, hooks):
    """Return what hooks on every module and a layer's own see of one call and its backward."""
    seen = []
    net = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid())
    net[0].register_forward_pre_hook(lambda *a: seen.append("own pre"))
    net[0].register_forward_hook(lambda *a: seen.append("own forward"))
    net[0].register_full_backward_pre_hook(lambda *a: seen.append("own backward pre"))
    net[0].register_full_backward_hook(lambda *a: seen.append("own backward"))
    handles = [
        getattr(hooks, f"register_module_{kind}_hook")(lambda m, *a, kind=kind: seen.append((kind, type(m).__name__)))
        for kind in ("forward_pre", "forward", "full_backward_pre", "full_backward")
    ]
    x = lib.ones(1, 2, requires_grad=True)
    net(x).sum().backward()
    for handle in handles:
        handle.remove()
    seen.append("removed")
    net(x)
    return seen


def test_hooks_on_every_module_come_first(torch):
    usual = nn.Module.__call__
    found = seen_by_all(ag, nn, rooms)
    assert found == seen_by_all(torch, torch.nn, torch.nn.modules.module)
    assert found.index(("forward_pre", "Linear")) < found.index("own pre")
    assert nn.Module.__call__ is usual  # since the call after the last was removed


def test_hooks_on_every_module_replace_what_passes():
    with (
        rooms.register_module_forward_pre_hook(lambda m, args: args[0] * 2),
        rooms.register_module_forward_hook(lambda m, args, out: out + 1),
        rooms.register_module_backward_hook(lambda m, grad_input, grad_output: (grad_input[0] * 5,)),
    ):
        x = ag.ones(2, requires_grad=True)
        y = nn.Identity()(x)
        y.sum().backward()
    assert array(y).tolist() == [3, 3]
    assert array(x.grad).tolist() == [10, 10]
    assert array(nn.Identity()(ag.ones(1))).tolist() == [1]


def test_a_hook_on_every_module_is_called_when_forward_fails():
    seen = []
    hook = rooms.register_module_forward_hook(
        lambda m, args, kwargs, out: seen.append((args, kwargs, out)), with_kwargs=True, always_call=True
    )
    with hook, pytest.raises(TypeError):
        nn.Identity()(1, other=2)
    assert seen == [((1,), {"other": 2}, None)]


def test_an_error_under_such_hooks_names_the_callers_line():
    layer = nn.Linear(2, 3)
    with rooms.register_module_forward_hook(lambda *a: None), pytest.raises(RuntimeError) as caught:
        layer(ag.ones(2, 5))  # this line
    assert "this line" in "".join(getattr(caught.value, "__notes__", [])) + str(caught.value)


def registered(lib, nn, hooks):
    """Return what hooks on registration see."""
    seen = []
    handles = [
        getattr(hooks, f"register_module_{kind}_registration_hook")(
            lambda m, name, v, kind=kind: seen.append((kind, name))
        )
        for kind in ("parameter", "buffer", "module")
    ]
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    net.act = nn.ReLU()
    net.act = nn.Tanh()
    net[1].running_mean = lib.ones(2)
    net[0].bias = None
    for handle in handles:
        handle.remove()
    net.more = nn.ReLU()
    return seen


def test_hooks_on_registration(torch):
    found = registered(ag, nn, rooms)
    assert found == registered(torch, torch.nn, torch.nn.modules.module)
    assert ("module", "more") not in found
    double = rooms.register_module_parameter_registration_hook(lambda m, name, p: nn.Parameter(p.detach() * 2))
    with double, rooms.register_module_module_registration_hook(lambda m, name, child: nn.Identity()):
        net = nn.Sequential(nn.ReLU())
        net.w = nn.Parameter(ag.ones(1))
    assert type(net[0]) is nn.Identity
    assert net.w.item() == 2
