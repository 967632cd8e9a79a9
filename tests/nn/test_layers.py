"""Every layer against PyTorch: repr, forward, gradients, buffers after training steps, state dicts both ways."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import nn
from tests.nn.twin import array, both, close, draw, pair, state_to_theirs

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")

LAYERS = {
    "identity": (lambda nn: nn.Identity(54, unused=True), (3, 4)),
    "linear": (lambda nn: nn.Linear(5, 3), (4, 5)),
    "linear-no-bias": (lambda nn: nn.Linear(5, 3, bias=False), (4, 5)),
    "linear-1d": (lambda nn: nn.Linear(5, 3), (5,)),
    "linear-3d": (lambda nn: nn.Linear(5, 3), (2, 4, 5)),
    "conv1d": (lambda nn: nn.Conv1d(2, 3, 3, stride=2, padding=1), (2, 2, 7)),
    "conv2d": (lambda nn: nn.Conv2d(2, 3, 3), (2, 2, 6, 5)),
    "conv2d-all": (lambda nn: nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 2), (2, 1), groups=2, bias=False), (2, 4, 7, 6)),
    "conv2d-depthwise": (lambda nn: nn.Conv2d(3, 6, 3, padding=1, groups=3), (2, 3, 5, 5)),
    "conv2d-unbatched": (lambda nn: nn.Conv2d(2, 3, 3), (2, 6, 5)),
    "conv2d-same": (lambda nn: nn.Conv2d(2, 3, (4, 3), padding="same", dilation=(1, 2)), (2, 2, 6, 7)),
    "conv2d-valid": (lambda nn: nn.Conv2d(2, 3, 3, padding="valid"), (2, 2, 6, 5)),
    "conv2d-reflect": (lambda nn: nn.Conv2d(2, 3, 3, padding=(2, 1), padding_mode="reflect"), (2, 2, 5, 4)),
    "conv2d-replicate": (lambda nn: nn.Conv2d(2, 3, 3, padding=2, padding_mode="replicate"), (2, 2, 5, 4)),
    "conv2d-circular": (lambda nn: nn.Conv2d(2, 3, 4, padding="same", padding_mode="circular"), (2, 2, 5, 4)),
    "conv3d": (lambda nn: nn.Conv3d(2, 2, 2, padding=1), (2, 2, 3, 3, 3)),
    "batchnorm1d": (lambda nn: nn.BatchNorm1d(3), (5, 3)),
    "batchnorm1d-3d": (lambda nn: nn.BatchNorm1d(3, eps=1e-3, momentum=0.4), (5, 3, 4)),
    "batchnorm1d-cumulative": (lambda nn: nn.BatchNorm1d(3, momentum=None), (5, 3)),
    "batchnorm1d-plain": (lambda nn: nn.BatchNorm1d(3, affine=False), (5, 3)),
    "batchnorm1d-untracked": (lambda nn: nn.BatchNorm1d(3, track_running_stats=False), (5, 3)),
    "batchnorm2d": (lambda nn: nn.BatchNorm2d(3), (4, 3, 3, 2)),
    "batchnorm3d": (lambda nn: nn.BatchNorm3d(2), (3, 2, 2, 2, 2)),
    "layernorm": (lambda nn: nn.LayerNorm(5), (4, 5)),
    "layernorm-2d": (lambda nn: nn.LayerNorm((3, 5), eps=1e-3, bias=False), (4, 3, 5)),
    "layernorm-plain": (lambda nn: nn.LayerNorm([5], elementwise_affine=False), (4, 5)),
    "dropout-none": (lambda nn: nn.Dropout(0.0), (4, 5)),
    "dropout-all": (lambda nn: nn.Dropout(1.0, inplace=False), (4, 5)),
    "flatten": (lambda nn: nn.Flatten(), (2, 3, 4)),
    "flatten-some": (lambda nn: nn.Flatten(0, 1), (2, 3, 4)),
    "unflatten": (lambda nn: nn.Unflatten(1, (2, -1)), (2, 6, 4)),
    "maxpool1d": (lambda nn: nn.MaxPool1d(3, stride=2, padding=1), (2, 3, 7)),
    "maxpool2d": (lambda nn: nn.MaxPool2d(2), (2, 3, 6, 5)),
    "maxpool2d-all": (lambda nn: nn.MaxPool2d((3, 2), 2, (1, 1), dilation=2, ceil_mode=True), (2, 3, 8, 9)),
    "maxpool2d-unbatched": (lambda nn: nn.MaxPool2d(2), (3, 6, 5)),
    "avgpool1d": (lambda nn: nn.AvgPool1d(3, stride=2, padding=1), (2, 3, 7)),
    "avgpool2d": (lambda nn: nn.AvgPool2d(2), (2, 3, 6, 5)),
    "avgpool2d-all": (lambda nn: nn.AvgPool2d((3, 2), 2, 1, ceil_mode=True, count_include_pad=False), (2, 3, 6, 7)),
    "avgpool2d-divisor": (lambda nn: nn.AvgPool2d(2, divisor_override=3), (2, 3, 6, 5)),
    "adaptiveavgpool1d": (lambda nn: nn.AdaptiveAvgPool1d(4), (2, 3, 7)),
    "adaptiveavgpool2d": (lambda nn: nn.AdaptiveAvgPool2d((3, None)), (2, 3, 5, 7)),
    "adaptiveavgpool2d-one": (lambda nn: nn.AdaptiveAvgPool2d(1), (2, 3, 5, 7)),
    "relu": (lambda nn: nn.ReLU(), (3, 4)),
    "relu6": (lambda nn: nn.ReLU6(), (3, 4)),
    "leakyrelu": (lambda nn: nn.LeakyReLU(0.2), (3, 4)),
    "elu": (lambda nn: nn.ELU(1.5), (3, 4)),
    "selu": (lambda nn: nn.SELU(), (3, 4)),
    "celu": (lambda nn: nn.CELU(0.5), (3, 4)),
    "gelu": (lambda nn: nn.GELU(), (3, 4)),
    "gelu-tanh": (lambda nn: nn.GELU(approximate="tanh"), (3, 4)),
    "silu": (lambda nn: nn.SiLU(), (3, 4)),
    "mish": (lambda nn: nn.Mish(), (3, 4)),
    "sigmoid": (lambda nn: nn.Sigmoid(), (3, 4)),
    "tanh": (lambda nn: nn.Tanh(), (3, 4)),
    "softplus": (lambda nn: nn.Softplus(2.0, 1.0), (3, 4)),
    "softmax": (lambda nn: nn.Softmax(dim=1), (3, 4)),
    "softmin": (lambda nn: nn.Softmin(dim=0), (3, 4)),
    "logsoftmax": (lambda nn: nn.LogSoftmax(dim=-1), (3, 4)),
    "logsigmoid": (lambda nn: nn.LogSigmoid(), (3, 4)),
    "softsign": (lambda nn: nn.Softsign(), (3, 4)),
    "tanhshrink": (lambda nn: nn.Tanhshrink(), (3, 4)),
    "hardtanh": (lambda nn: nn.Hardtanh(-0.5, 0.6), (3, 4)),
    "hardsigmoid": (lambda nn: nn.Hardsigmoid(), (3, 4)),
    "hardswish": (lambda nn: nn.Hardswish(), (3, 4)),
    "threshold": (lambda nn: nn.Threshold(0.1, 20.0), (3, 4)),
    "glu": (lambda nn: nn.GLU(), (3, 4)),
}
TOLERANCE = {"hardsigmoid": 1e-8}  # PyTorch's gradient has 1/6 in float32, whatever the dtype
OVERWRITING = {
    "ReLU": (), "ReLU6": (), "LeakyReLU": (), "ELU": (), "SELU": (), "CELU": (), "SiLU": (), "Mish": (),
    "Hardtanh": (), "Hardsigmoid": (), "Hardswish": (), "Threshold": (0.1, 20.0), "Dropout": (1.0,),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_pytorchs(torch, name):
    make, shape = LAYERS[name]
    ours, theirs = pair(torch, make)
    assert repr(ours) == repr(theirs)
    for step in range(3):
        x, x_ = both(torch, draw(shape, step))
        y, y_ = ours(x), theirs(x_)
        close(y, y_, what=f"output {step}")
        g, g_ = both(torch, draw(y.shape, 100 + step), requires_grad=False)
        y.backward(g)
        y_.backward(g_)
        close(x.grad, x_.grad, TOLERANCE.get(name, 1e-10), f"input gradient {step}")
    for (key, p), (key_, p_) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert key == key_
        close(p.grad, p_.grad, what=key)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        close(ours.state_dict()[key], value, what=key)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_pytorchs_in_evaluation(torch, name):
    make, shape = LAYERS[name]
    ours, theirs = pair(torch, make)
    ours(both(torch, draw(shape))[0])  # moves the running statistics, which then go to PyTorch
    theirs.load_state_dict(state_to_theirs(torch, ours))
    x, x_ = both(torch, draw(shape, 1))
    y, y_ = ours.eval()(x), theirs.eval()(x_)
    close(y, y_)
    (y * y).sum().backward()
    (y_ * y_).sum().backward()
    close(x.grad, x_.grad, TOLERANCE.get(name, 1e-10))


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "hardsigmoid"])  # PyTorch has no second there
def test_a_layer_is_pytorchs_to_second_order(torch, name):
    make, shape = LAYERS[name]
    found = []
    for lib, layer, x in zip((ag, torch), pair(torch, make), both(torch, draw(shape)), strict=True):
        y = layer(x)
        (first,) = lib.autograd.grad((y * y).sum(), x, create_graph=True)
        parameters = [p for p in layer.parameters() if p.requires_grad]
        found.append(lib.autograd.grad((first * first).sum(), [x, *parameters], allow_unused=True))
    for ours, theirs in zip(*found, strict=True):
        assert (ours is None) == (theirs is None) or not (array(ours) if theirs is None else array(theirs)).any()
        if ours is not None and theirs is not None:
            close(ours, theirs, TOLERANCE.get(name, 1e-9))


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
    close(x.grad, x_.grad, TOLERANCE.get(name.lower(), 1e-10))


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
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "in_channels is 3; it must be divisible by groups=2"),
        (lambda: nn.Conv2d(2, 3, 3, groups=2), "out_channels is 3"),
        (lambda: nn.Conv2d(2, 3, 3, groups=0), "groups is 0; wanted a positive int"),
        (lambda: nn.Conv2d(2, 3, 3, padding="full"), "padding is 'full'; wanted a size, 'same' or 'valid'"),
        (lambda: nn.Conv2d(2, 3, 3, 2, padding="same"), "not supported for strided"),
        (lambda: nn.Conv2d(2, 3, 3, padding_mode="mirror"), "padding_mode is 'mirror'; wanted one of zeros"),
        (lambda: nn.Conv2d(2, 3, (3, 3, 3)), "Conv2d: kernel_size is (3, 3, 3); wanted one int, or 2 of them"),
        (lambda: nn.BatchNorm1d(3)(ag.ones(2, 3, 4, 5)), "expected 2D or 3D input (got 4D input)"),
        (lambda: nn.BatchNorm2d(3)(ag.ones(2, 3)), "expected 4D input (got 2D input)"),
        (lambda: nn.BatchNorm1d(3)(ag.ones(1, 3)), "Expected more than 1 value per channel when training"),
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
    with pytest.raises(TypeError, match="unflattened_size is 3; wanted a tuple of ints"):
        nn.Unflatten(1, 3)


def test_a_failed_batchnorm_leaves_its_statistics(torch):
    layer = nn.BatchNorm1d(3)
    with pytest.raises(ValueError, match="Expected more than 1 value"):
        layer(ag.ones(1, 3))
    close(layer.running_mean, torch.zeros(3))
    close(layer.num_batches_tracked, torch.tensor(0))
