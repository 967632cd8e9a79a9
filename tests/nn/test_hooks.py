"""Hooks around forward and backward: order, replacement, removal, failure."""

from __future__ import annotations

import copy

import pytest

import autograd_core as ag
import nn
from tests.nn.twin import array, both, close, draw


class Two(nn.Module):
    """Two inputs (and one that is no tensor), two outputs."""

    def forward(self, a, b, times=2):
        return a * times, a * b


def test_forward_hooks_see_and_replace_what_passes():
    seen = []
    layer = nn.ReLU()
    layer.register_forward_pre_hook(lambda m, args: (seen.append("pre 1"), args[0] * -1)[1])
    layer.register_forward_pre_hook(lambda m, args: seen.append(("pre 2", array(args[0]).tolist())))
    layer.register_forward_pre_hook(lambda m, args: seen.append("pre 0"), prepend=True)
    layer.register_forward_hook(lambda m, args, out: (seen.append("post 1"), out + 1)[1])
    layer.register_forward_hook(lambda m, args, out: seen.append(("post 0", array(out).tolist())), prepend=True)
    assert array(layer(ag.tensor([-2.0, 3.0]))).tolist() == [3, 1]
    assert seen == ["pre 0", "pre 1", ("pre 2", [2, -3]), ("post 0", [2, 0]), "post 1"]


def test_forward_hooks_with_keyword_arguments():
    layer = Two()
    layer.register_forward_pre_hook(lambda m, args, kwargs: (args, {"times": 5}), with_kwargs=True)
    layer.register_forward_hook(lambda m, args, kwargs, out: (*out, kwargs), with_kwargs=True)
    first, _, kwargs = layer(ag.ones(1), ag.ones(1), times=3)
    assert (first.item(), kwargs) == (5, {"times": 5})
    layer.register_forward_pre_hook(lambda m, args, kwargs: (*args, kwargs), with_kwargs=True)
    with pytest.raises(RuntimeError, match=r"Two: forward pre-hook returned .*; wanted None or \(args, kwargs\)"):
        layer(ag.ones(1), ag.ones(1))


def test_a_handle_takes_its_hook_back():
    calls = []
    layer = nn.ReLU()
    first = layer.register_forward_hook(lambda *a: calls.append(1))
    with layer.register_forward_hook(lambda *a: calls.append(2)):
        layer(ag.ones(1))
    first.remove()
    first.remove()
    layer(ag.ones(1))
    once = layer.register_forward_hook(lambda *a: (calls.append(3), once.remove())[1])
    layer(ag.ones(1))
    layer(ag.ones(1))
    assert calls == [1, 2, 3]
    assert layer._hooks is None  # and its calls are quick again
    layer.register_state_dict_pre_hook(lambda *a: calls.append(4))
    layer(ag.ones(1))
    layer.state_dict()
    assert calls == [1, 2, 3, 4]


def test_an_always_called_hook_is_called_once_even_when_forward_fails():
    calls = []
    layer = nn.Module()
    layer.register_forward_hook(lambda m, args, out: calls.append((args, out)), always_call=True)
    layer.register_forward_hook(lambda m, args, out: calls.append("not this one"))
    with pytest.raises(NotImplementedError):
        layer(7)
    assert calls == [((7,), None)]

    def fails(*args):
        raise ValueError("of the hook")

    layer.register_forward_hook(fails, always_call=True)
    with (
        pytest.warns(
            UserWarning, match=r"Module: a forward hook with always_call=True raised ValueError\('of the hook'\)"
        ),
        pytest.raises(NotImplementedError),
    ):
        layer(7)
    good = nn.Identity()
    good.register_forward_hook(lambda m, args, out: calls.append(out), always_call=True)
    good(8)
    assert calls[-1] == 8
    assert calls.count(8) == 1


def test_hooks_are_copied_with_the_module():
    calls = []
    layer = nn.ReLU()
    layer.register_forward_hook(lambda *a: calls.append(1))
    twin = copy.deepcopy(layer)
    twin.register_forward_hook(lambda *a: calls.append(2))
    layer(ag.ones(1))
    assert calls == [1]
    twin(ag.ones(1))
    assert calls == [1, 1, 2]


def run(lib, nn, a, b, replace=None, second=False):
    """Return what the backward hooks of one call see, and the gradients that come out."""

    class Pair(nn.Module):
        forward = Two.forward

    seen = []
    layer = Pair()
    layer.register_full_backward_pre_hook(lambda m, g: seen.append(("pre", g)))
    layer.register_full_backward_hook(lambda m, gi, go: seen.append(("full", gi, go)))
    if replace:
        layer.register_full_backward_hook(lambda m, gi, go: (gi[0] * 10, gi[1], None))
        layer.register_full_backward_pre_hook(lambda m, g: (g[0] * 100, g[1]), prepend=True)
    a_in, b_in = a * 1.0, b * 1.0
    u, v = layer(a_in, b_in, 3)
    loss = (u * v).sum() + (a_in * a_in).sum()  # the input is used beside the module too
    return seen, lib.autograd.grad(loss, [a, b], create_graph=second)


def flat(seen):
    return [(name, *(x for group in groups for x in group)) for name, *groups in seen]


@pytest.mark.parametrize("replace", [False, True])
def test_backward_hooks_see_and_replace_gradients_as_in_pytorch(torch, replace):
    a, a_ = both(torch, draw((2, 3)))
    b, b_ = both(torch, draw((2, 3), 1))
    ours, grads = run(ag, nn, a, b, replace)
    theirs, grads_ = run(torch, torch.nn, a_, b_, replace)
    assert [s[0] for s in ours] == [s[0] for s in theirs] == ["pre", "full"]
    for (_, *found), (_, *found_) in zip(flat(ours), flat(theirs), strict=True):
        assert [x is None for x in found] == [x is None for x in found_]
        for x, x_ in zip(found, found_, strict=True):
            if x is not None:
                close(x, x_)
    for x, x_ in zip(grads, grads_, strict=True):
        close(x, x_)


def test_backward_hooks_leave_second_order_alone():
    a, b = ag.tensor(draw((3,))).requires_grad_(), ag.tensor(draw((3,), 1)).requires_grad_()
    _, (first, _) = run(ag, nn, a, b, second=True)
    (second,) = ag.autograd.grad(first.sum(), a)
    close(second, 6 * b + 2)  # of 3 a * a b + a a


def test_backward_hooks_fire_where_no_input_requires_grad():
    seen = []
    layer = nn.Linear(2, 3)
    layer.register_full_backward_hook(lambda m, gi, go: seen.append((gi, tuple(go[0].shape))))
    with pytest.warns(UserWarning, match="Full backward hook is firing when .* no inputs require gradients"):
        layer(ag.ones(4, 2)).sum().backward()
    assert seen == [((None,), (4, 3))]
    assert layer.weight.grad is not None
    with ag.no_grad():
        layer(ag.ones(4, 2))
    assert len(seen) == 1


def test_a_backward_hook_must_return_as_many_gradients():
    x = ag.ones(2, requires_grad=True)
    layer = nn.ReLU()
    handle = layer.register_full_backward_hook(lambda m, gi, go: (gi[0], gi[0]))
    with pytest.raises(RuntimeError, match="ReLU: a full backward hook returned 2 gradients for grad_input; wanted 1"):
        layer(x).sum().backward()
    handle.remove()
    layer.register_full_backward_pre_hook(lambda m, go: ())
    with pytest.raises(RuntimeError, match="ReLU: a full backward pre-hook returned 0 gradients for grad_output"):
        layer(x).sum().backward()


def test_pytorchs_lists_of_hooks(torch):
    for lib, package in ((ag, nn), (torch, torch.nn)):
        layer = package.Linear(1, 1)
        handle = layer.register_forward_hook(lambda *a: None)
        layer.register_forward_pre_hook(lambda *a: None)
        assert (len(layer._forward_hooks), len(layer._forward_pre_hooks), len(layer._backward_hooks)) == (1, 1, 0)
        handle.remove()
        layer._forward_pre_hooks.clear()
        layer(lib.ones(1, 1))
        assert not layer._forward_hooks and not layer._forward_pre_hooks
        layer.register_forward_hook(lambda *a: 1 / 0)
        layer._forward_hooks = {}
        layer(lib.ones(1, 1))


def test_the_older_name_of_backward_hooks():
    seen = []
    layer = nn.ReLU()
    layer.register_backward_hook(lambda m, grad_input, grad_output: seen.append((len(grad_input), len(grad_output))))
    layer(ag.ones(2, requires_grad=True)).sum().backward()
    assert seen == [(1, 1)]
