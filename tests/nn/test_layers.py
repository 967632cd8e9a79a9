"""Every layer against PyTorch: repr, forward, gradients, buffers after training steps, state dicts both ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from tests.nn import tables
from tests.nn.twin import array, both, close, draw, pair, state_to_theirs

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")

LAYERS = tables.gathered()
OVERWRITING = {
    "ReLU": (), "ReLU6": (), "LeakyReLU": (), "ELU": (), "SELU": (), "CELU": (), "SiLU": (), "Mish": (),
    "Hardtanh": (), "Hardsigmoid": (), "Hardswish": (), "Threshold": (0.1, 20.0), "Dropout": (1.0,),
    "RReLU": (0.2, 0.2),
}  # fmt: skip


def given(torch: Any, row: tables.Layer, seed: int) -> tuple[list[Any], list[Any], dict[str, Any], dict[str, Any]]:
    """Return the inputs of a trial and the options of the call, for each side; floating inputs want gradients."""
    pairs = [both(torch, x, requires_grad=x.dtype.kind == "f") for x in row.arrays(seed)]
    ours = {k: ag.tensor(v) if isinstance(v, np.ndarray) else v for k, v in row.options.items()}
    theirs = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in row.options.items()}
    return [p[0] for p in pairs], [p[1] for p in pairs], ours, theirs


def flat(output: Any) -> Iterator[Any]:
    """Yield the tensors of an output, which may be nested tuples."""
    if isinstance(output, tuple | list):
        for part in output:
            yield from flat(part)
    elif output is not None:
        yield output


def differentiable(output: Any) -> list[Any]:
    """Return the tensors of an output that have a graph."""
    return [y for y in flat(output) if y.requires_grad]


def same(ours: Any, theirs: Any, tolerance: float, what: str = "") -> None:
    """Check that two outputs or lists of gradients agree; a gradient that is missing on one side is zero there."""
    for mine, yours in zip(ours, theirs, strict=True):
        if mine is None or yours is None:
            assert mine is yours or not array(yours if mine is None else mine).any(), what
        else:
            close(mine, yours, tolerance, what)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_pytorchs(torch, name):
    row = LAYERS[name]
    ours, theirs = pair(torch, row.make)
    assert repr(ours) == repr(theirs)
    for step in range(1 if row.random else 3):
        x, x_, options, options_ = given(torch, row, 10 * step)
        if row.random:
            ours.eval(), theirs.eval()
        y, y_ = ours(*x, **options), theirs(*x_, **options_)
        same(flat(y), flat(y_), row.tolerance, f"output {step}")
        outputs, outputs_ = differentiable(y), differentiable(y_)
        for i, (out, out_) in enumerate(zip(outputs, outputs_, strict=True)):
            g, g_ = both(torch, draw(out.shape, 100 + step + i), requires_grad=False)
            out.backward(g, retain_graph=True)
            out_.backward(g_, retain_graph=True)
        same([t.grad for t in x], [t.grad for t in x_], row.tolerance, f"input gradient {step}")
    for (key, p), (key_, p_) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert key == key_
        same([p.grad], [p_.grad], row.tolerance, key)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        close(ours.state_dict()[key], value, row.tolerance, key)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_pytorchs_in_evaluation(torch, name):
    row = LAYERS[name]
    ours, theirs = pair(torch, row.make)
    x, _, options, options_ = given(torch, row, 0)
    ours(*x, **options)  # moves the running statistics, which then go to PyTorch
    theirs.load_state_dict(state_to_theirs(torch, ours))
    x, x_, _, _ = given(torch, row, 1)
    y, y_ = ours.eval()(*x, **options), theirs.eval()(*x_, **options_)
    same(flat(y), flat(y_), row.tolerance)
    for outputs in (differentiable(y), differentiable(y_)):
        if outputs:
            sum((out * out).sum() for out in outputs).backward()
    same([t.grad for t in x], [t.grad for t in x_], row.tolerance)


@pytest.mark.parametrize("name", [name for name, row in LAYERS.items() if row.second and not row.random])
def test_a_layer_is_pytorchs_to_second_order(torch, name):
    row = LAYERS[name]
    found = []
    mine, yours, options, options_ = given(torch, row, 0)
    sides = ((ag, mine, options), (torch, yours, options_))
    for (lib, inputs, words), layer in zip(sides, pair(torch, row.make), strict=True):
        outputs = differentiable(layer(*inputs, **words))
        wanted = [t for t in inputs if t.requires_grad] + [p for p in layer.parameters() if p.requires_grad]
        first = lib.autograd.grad(
            sum((out * out).sum() for out in outputs), wanted, create_graph=True, allow_unused=True
        )
        squares = [(g * g).sum() for g in first if g is not None and g.requires_grad]
        found.append(lib.autograd.grad(sum(squares), wanted, allow_unused=True) if squares else [None] * len(wanted))
    same(*found, max(row.tolerance, 1e-9))


@pytest.mark.parametrize("name", OVERWRITING)
def test_inplace_overwrites_the_input_and_keeps_the_gradient(torch, name):
    ours, theirs = pair(torch, lambda nn: getattr(nn, name)(*OVERWRITING[name], inplace=True))
    assert repr(ours) == repr(theirs)
    x, x_ = both(torch, draw((3, 4)))
    h, h_ = x * 2.0, x_ * 2.0
    y, y_ = ours(h), theirs(h_)
    assert y is h
    close(h, h_)
    y.backward(both(torch, draw((3, 4), 1), requires_grad=False)[0])
    y_.backward(both(torch, draw((3, 4), 1), requires_grad=False)[1])
    close(x.grad, x_.grad, 1e-8 if name == "Hardsigmoid" else 1e-10)


def test_a_network_trains_as_pytorchs_does(torch):
    def make(nn):
        return nn.Sequential(
            nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(27, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 4),
        )  # fmt: skip

    ours, theirs = pair(torch, make)
    for step in range(3):
        x, x_ = both(torch, draw((6, 1, 6, 6), step), requires_grad=False)
        t, t_ = both(torch, np.arange(6) % 4, requires_grad=False)
        loss, loss_ = nn.CrossEntropyLoss()(ours(x), t), torch.nn.CrossEntropyLoss()(theirs(x_), t_)
        close(loss, loss_)
        for module, value in ((ours, loss), (theirs, loss_)):
            module.zero_grad()
            value.backward()
            for p in module.parameters():
                p.data.add_(p.grad, alpha=-0.1)
    for key, value in theirs.state_dict().items():
        close(ours.state_dict()[key], value, 1e-9, key)


def test_dropout_keeps_the_mean_and_drops_its_share():
    x = ag.ones(200, 500, requires_grad=True)
    y = nn.Dropout(0.3)(x)
    values = array(y)
    assert set(np.unique(values)) == {np.float32(0), np.float32(1) / np.float32(0.7)}
    assert abs((values == 0).mean() - 0.3) < 0.01
    y.sum().backward()
    np.testing.assert_array_equal(array(x.grad), values)
    assert nn.Dropout(0.3).eval()(x) is x


def test_layers_refuse_what_does_not_fit():
    cases = [
        (lambda: nn.Dropout(1.5), "between 0 and 1, but got 1.5"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "in_channels must be divisible by groups; got in_channels=3, groups=2"),
        (lambda: nn.Conv2d(2, 3, 3, groups=2), "out_channels must be divisible by groups; got out_channels=3"),
        (lambda: nn.Conv2d(2, 3, 3, groups=0), "groups must be a positive integer; got 0"),
        (lambda: nn.Conv2d(2, 3, 3, padding="full"), "Invalid padding string 'full'; wanted a size, 'same' or 'valid'"),
        (lambda: nn.Conv2d(2, 3, 3, 2, padding="same"), "not supported for strided"),
        (lambda: nn.Conv2d(2, 3, 3, padding_mode="mirror"), "padding_mode must be one of"),
        (lambda: nn.Conv2d(2, 3, (3, 3, 3)), "Conv2d: kernel_size is (3, 3, 3); wanted one int, or 2 of them"),
        (lambda: nn.BatchNorm1d(3)(ag.ones(2, 3, 4, 5)), "expected 2D or 3D input (got 4D input)"),
        (lambda: nn.BatchNorm2d(3)(ag.ones(2, 3)), "expected 4D input (got 2D input)"),
        (lambda: nn.BatchNorm1d(3)(ag.ones(1, 3)), "Expected more than 1 value per channel when training"),
        (lambda: nn.GroupNorm(2, 2)(ag.ones(1, 2)), "group_norm: Expected more than 1 value per channel"),
        (lambda: nn.LayerNorm(3)(ag.ones(2, 4)), "input has shape (2, 4); wanted it to end in (3,)"),
        (lambda: nn.Hardtanh(1.0, 1.0), "max_val is 1.0; it must be greater than min_val=1.0"),
        (lambda: nn.MaxPool2d(2, padding=2)(ag.ones(1, 1, 4, 4)), "wanted at most half of kernel_size=(2, 2)"),
        (lambda: nn.AvgPool2d(2)(ag.ones(4, 4)), "avg_pool2d: input has shape (4, 4); wanted 4 dims, or 3"),
        (lambda: nn.Conv2d(2, 3, 3)(ag.ones(4, 4)), "conv2d: input has shape (4, 4) and weight (3, 2, 3, 3)"),
        (lambda: nn.GLU()(ag.ones(2, 3)), "size 3 along dim -1; wanted an even size"),
    ]
    for call, message in cases:
        with pytest.raises(ValueError) as caught:
            call()
        assert message in str(caught.value)
    with pytest.raises(TypeError, match="unflattened_size must be a tuple of ints, but found type int: 3"):
        nn.Unflatten(1, 3)


def test_a_failed_batchnorm_leaves_its_statistics(torch):
    layer = nn.BatchNorm1d(3)
    with pytest.raises(ValueError, match="Expected more than 1 value"):
        layer(ag.ones(1, 3))
    close(layer.running_mean, torch.zeros(3))
    close(layer.num_batches_tracked, torch.tensor(0))
