"""Parameter groups and options, without PyTorch's help."""

from __future__ import annotations

import pytest

import autograd_core as ag
import optim

NAMES = ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"]


def leaf(*shape):
    return ag.ones(*shape, requires_grad=True)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lr", [-1, -1e-9, float("nan")])
def test_a_learning_rate_is_refused(name, lr):
    with pytest.raises(ValueError, match=f"Invalid learning rate: {lr}"):
        getattr(optim, name)([leaf(1)], lr=lr)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_refused(name):
    make = getattr(optim, name)
    p = leaf(2)
    for given, error, message in (
        ([], ValueError, "optimizer got an empty parameter list"),
        (p, TypeError, "should be an iterable of Tensors or dicts, but got Tensor"),
        ([1.0], TypeError, "optimizer can only optimize Tensors, but one of the params is float"),
        ([p * 2], ValueError, "can't optimize a non-leaf Tensor"),
        ([{"params": [p]}, {"params": [p]}], ValueError, "some parameters appear in more than one parameter group"),
        ([{"params": {p}}], TypeError, "ordered collections"),
    ):
        with pytest.raises(error, match=message):
            make(given)


def test_a_refused_group_changes_nothing():
    p = leaf(2)
    optimizer = optim.SGD([p], lr=0.1)
    for params in ([leaf(1), p], [leaf(1), 3.0], [("named", leaf(1))]):
        group = {"params": params}
        with pytest.raises((TypeError, ValueError)):
            optimizer.add_param_group(group)
        assert group == {"params": params}
        assert len(optimizer.param_groups) == 1
    with pytest.raises(TypeError, match="param_group must be a dict, but got <class 'list'>"):
        optimizer.add_param_group([p])


def test_options_of_a_group_go_before_the_defaults():
    p, q, r = leaf(1), leaf(1), leaf(1)
    optimizer = optim.SGD([{"params": p}, {"params": (x for x in [q, r]), "lr": 0.5}], lr=0.1)
    assert [group["params"] for group in optimizer.param_groups] == [[p], [q, r]]
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.5]
    for x in (p, q, r):
        x.grad = ag.ones(1)
    optimizer.step()
    assert [x.item() for x in (p, q, r)] == [pytest.approx(0.9), 0.5, 0.5]


def test_non_leaves_that_keep_their_gradient():
    p = leaf(2)
    q = p * 2
    q.retain_grad()
    optimizer = optim.SGD([q], lr=1.0)
    (q * 3).sum().backward()
    with ag.no_grad():
        optimizer.step()
    assert q.tolist() == [-1.0, -1.0]


def test_required_options():
    from optim.groups import required

    class Needs(optim.Optimizer):
        pass

    with pytest.raises(ValueError, match="didn't specify a value of required optimization parameter lr"):
        Needs([leaf(1)], {"lr": required})
    assert Needs([{"params": [leaf(1)], "lr": 1}], {"lr": required}).param_groups[0]["lr"] == 1


def test_printing():
    optimizer = optim.SGD([{"params": [leaf(1)]}, {"params": [leaf(1)], "lr": 0.5}], lr=0.1)
    lines = repr(optimizer).split("\n")
    assert lines[:3] == ["SGD (", "Parameter Group 0", "    dampening: 0"]
    assert "    lr: 0.5" in lines[lines.index("Parameter Group 1") :]
    assert lines[-1] == ")"


def test_import_is_light():
    """A step loads SciPy's BLAS; importing ``optim`` does not."""
    import subprocess
    import sys

    code = "import optim, sys; print([m for m in ('scipy', 'torch', 'cupy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
