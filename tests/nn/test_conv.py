"""Convolutional layers beside PyTorch's table: dtypes, output sizes, base classes, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from nn.modules.conv import _ConvNd
from nn.modules.utils import _pair
from tests.nn.twin import array, close, draw, state_to_ours

LAYERS = {
    "same": lambda nn: nn.Conv2d(2, 3, 2, padding="same"),
    "circular": lambda nn: nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular"),
    "reflect": lambda nn: nn.Conv2d(2, 4, 3, padding=1, padding_mode="reflect", groups=2),
    "transposed": lambda nn: nn.ConvTranspose2d(2, 3, 2, 2, output_padding=1),
}


@pytest.mark.filterwarnings("ignore:Complex modules are a new feature", "ignore:Using padding='same'")
@pytest.mark.parametrize(("dtype", "tolerance"), [("complex128", 1e-12), ("float16", 2e-3), ("bfloat16", 2e-2)])
@pytest.mark.parametrize("name", LAYERS)
def test_dtypes(torch, name, dtype, tolerance):
    theirs = LAYERS[name](torch.nn)
    ours = LAYERS[name](nn)
    ours.load_state_dict(state_to_ours(theirs))
    ours.to(getattr(ag, dtype)), theirs.to(getattr(torch, dtype))
    wide = "complex128" if dtype == "complex128" else "float32"
    x = draw((1, 2, 3, 4)) + (1j * draw((1, 2, 3, 4), 1) if wide == "complex128" else 0)
    found = []
    for library, layer in ((ag, ours), (torch, theirs)):
        a = library.tensor(x).to(getattr(library, dtype)).requires_grad_()
        y = layer(a)
        assert str(y.dtype).endswith(dtype)
        (y.abs() ** 2).mean().backward()
        grads = [a.grad, layer.weight.grad, layer.bias.grad]
        found.append([t.detach().to(getattr(library, wide)) for t in (y, *grads)])
    for mine, yours in zip(*found):
        close(mine, yours, tolerance)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_output_size_leads_back_to_every_size(torch, n):
    conv = getattr(nn, f"Conv{n}d")(2, 3, 3, stride=3, padding=1)
    back = getattr(nn, f"ConvTranspose{n}d")(3, 2, 3, stride=3, padding=1)
    for length in (4, 5, 6):
        x = ag.ones(1, 2, *(length,) * n)
        assert back(conv(x), output_size=x.shape).shape == x.shape
        assert back(conv(x), x.shape[2:]).shape == x.shape
    for size in ((7,) * n, (3,) * n):
        with pytest.raises(ValueError, match=r"requested an output size of .* but valid sizes range from"):
            back(conv(x), output_size=size)
    message = f"ConvTranspose{n}D: for {n + 2}D input, output_size must have {n} or {n + 2} elements"
    with pytest.raises(ValueError, match=message):
        back(conv(x), output_size=(6,) * (n + 1))


def test_a_subclass_can_bring_its_own_weight(torch):
    def make(nn):
        class Standardized(nn.Conv2d):
            def forward(self, input):
                weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
                return self._conv_forward(input, weight, self.bias)

        return Standardized(2, 3, 3, padding=1, padding_mode="replicate")

    theirs, ours = make(torch.nn), make(nn)
    ours.load_state_dict(state_to_ours(theirs))
    x = draw((1, 2, 4, 4)).astype(np.float32)
    close(ours(ag.tensor(x)), theirs(torch.tensor(x)), 1e-5)
    assert ours._reversed_padding_repeated_twice == list(theirs._reversed_padding_repeated_twice)


def test_the_base_class_can_be_built_upon():
    class Halved(_ConvNd):
        def __init__(self, channels, kernel_size):
            sizes = _pair(kernel_size), _pair(1), _pair(0), _pair(1)
            super().__init__(channels, channels, *sizes, False, _pair(0), 1, True, "zeros")

        def forward(self, input):
            return F.conv2d(input, self.weight / 2, self.bias)

    layer = Halved(2, 3)
    assert repr(layer) == "Halved(2, 2, kernel_size=(3, 3), stride=(1, 1))"
    assert layer(ag.ones(1, 2, 4, 4)).shape == (1, 2, 2, 2)
    assert isinstance(nn.Conv1d(1, 1, 1), _ConvNd) and isinstance(nn.ConvTranspose1d(1, 1, 1), _ConvNd)


def test_weights_are_drawn_from_pytorchs_interval():
    for layer, fan_in in ((nn.Conv1d(8, 16, 4, groups=2), 4 * 4), (nn.ConvTranspose1d(8, 16, 4, groups=2), 8 * 4)):
        bound = fan_in**-0.5
        for values in (array(layer.weight), array(layer.bias)):
            assert np.abs(values).max() <= bound
        assert np.abs(array(layer.weight)).max() > 0.9 * bound


def test_what_transposed_convolutions_refuse(torch):
    for package, kinds in ((torch.nn, ValueError), (nn, ValueError)):
        with pytest.raises(kinds, match='Only "zeros" padding mode is supported for ConvTranspose2d'):
            package.ConvTranspose2d(1, 1, 1, padding_mode="reflect")
        with pytest.raises(kinds, match="out_channels must be divisible by groups"):
            package.ConvTranspose1d(2, 3, 1, groups=2)
    with pytest.raises(ValueError, match=r"ConvTranspose2d: stride is \(1, 2, 3\); wanted one int, or 2 of them"):
        nn.ConvTranspose2d(1, 1, 1, stride=(1, 2, 3))
