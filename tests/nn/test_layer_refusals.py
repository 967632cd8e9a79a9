"""What layers refuse, when they are made and when they are called: the kind of the error, and what it says."""

from __future__ import annotations

import pytest

import autograd_core as ag
import nn

ONES = ag.ones
CASES = [
    (lambda: nn.KerasReLU(max_value=-1.0), ValueError, "KerasReLU: max_value is -1.0; wanted no negative number"),
    (lambda: nn.KerasReLU(negative_slope=-0.1), ValueError, "KerasReLU: negative_slope is -0.1"),
    (lambda: nn.KerasReLU(threshold=-0.1), ValueError, "KerasReLU: threshold is -0.1"),
    (lambda: nn.Maxout(3, 2, 0), ValueError, "Maxout: pieces is 0; wanted at least 1"),
    (lambda: nn.Maxout(3, 2, 2)(ONES(2, 4)), ValueError, "linear: "),
    (lambda: nn.PReLU(3)(ONES(2, 4)), RuntimeError, "Mismatch of parameter numbers and input channel size"),
    (lambda: nn.RReLU(0.5, 0.1)(ONES(2)), RuntimeError, "Lower bound should be less than or equal to the upper bound"),
    (lambda: nn.Softshrink(-1.0)(ONES(2)), RuntimeError, "lambda must be greater or equal to 0, but found to be -1"),
    (lambda: nn.Softmax2d()(ONES(2, 3)), ValueError, "Softmax2d: expected input to be 3D or 4D, got 2D instead"),
    (lambda: nn.CELU(0.0)(ONES(2)), RuntimeError, "alpha cannot be 0"),
    (lambda: nn.GELU("sigmoid")(ONES(2)), RuntimeError, "approximate is 'sigmoid'; wanted 'none' or 'tanh'"),
    (lambda: nn.Dropout2d(-0.1), ValueError, "between 0 and 1, but got -0.1"),
    (lambda: nn.AlphaDropout(float("nan")), ValueError, "between 0 and 1, but got nan"),
    (lambda: nn.Dropout1d()(ONES(3)), RuntimeError, "Expected 2D or 3D input, but received a 1D input"),
    (lambda: nn.GaussianNoise(-1.0), ValueError, "GaussianNoise: std is -1.0; wanted a number of at least 0"),
    (lambda: nn.FractionalMaxPool2d(2), ValueError, "requires specifying either an output size, or a pooling ratio"),
    (lambda: nn.FractionalMaxPool3d(2, 2, 0.5), ValueError, "only one of output_size and output_ratio"),
    (
        lambda: nn.FractionalMaxPool2d(2, output_ratio=(0.5, 1.0)),
        ValueError,
        "must be between 0 and 1 (got (0.5, 1.0))",
    ),
    (lambda: nn.FractionalMaxPool2d(2, output_ratio=(0.5,) * 3), ValueError, "one number or 2 of them"),
    (lambda: nn.FractionalMaxPool3d((2, 0, 2), 2), ValueError, "kernel_size must be greater than 0, but got (2, 0, 2)"),
    (lambda: nn.FractionalMaxPool2d(4, 4)(ONES(1, 1, 5, 5)), RuntimeError, "too large (or not positive) relative"),
    (lambda: nn.AvgPool1d((2, 3)), ValueError, "AvgPool1d: kernel_size is (2, 3); wanted one int, or 1 of them"),
    (lambda: nn.AvgPool3d(2, divisor_override=0)(ONES(1, 2, 2, 2)), RuntimeError, "divisor must be not zero"),
    (lambda: nn.MaxPool3d(2)(ONES(2, 2)), RuntimeError, "max_pool3d: input has shape (2, 2); wanted 5 dims, or 4"),
    (lambda: nn.AdaptiveMaxPool2d((2, 2, 2))(ONES(1, 4, 4)), RuntimeError, "output_size is (2, 2, 2); wanted one int"),
    (lambda: nn.MaxUnpool2d((2, 2, 2)), ValueError, "MaxUnpool2d: kernel_size is (2, 2, 2)"),
    (
        lambda: nn.MaxUnpool1d(2)(ONES(1, 1, 2), ag.tensor([[[0, 3]]]), output_size=(7,)),
        ValueError,
        "max_unpool1d: output_size is (7,); wanted",
    ),
    (lambda: nn.ZeroPad2d((1, 2, 3)), ValueError, "ZeroPad2d: padding is (1, 2, 3); wanted one int, or 4 of them"),
    (lambda: nn.CircularPad2d(1)(ONES(4, 4)), ValueError, "CircularPad2d: expected 3D or 4D input (got 2D input)"),
    (lambda: nn.ReflectionPad1d(4)(ONES(1, 1, 4)), RuntimeError, "Padding size should be less than"),
    (lambda: nn.Upsample()(ONES(1, 1, 4)), ValueError, "only one of size or scale_factor should be defined"),
    (lambda: nn.Upsample(4, mode="linear")(ONES(1, 1, 4, 4)), NotImplementedError, "for mode 'linear', which is for 3"),
    (
        lambda: nn.PixelShuffle(2)(ONES(1, 3, 2, 2)),
        RuntimeError,
        "wanted a number divisible by upscale_factor ** 2 = 4",
    ),
    (lambda: nn.PixelUnshuffle(2)(ONES(1, 1, 3, 2)), RuntimeError, "divisible by downscale_factor=2"),
    (lambda: nn.ChannelShuffle(2)(ONES(1, 3, 2, 2)), RuntimeError, "got groups=2 for an input of shape (1, 3, 2, 2)"),
    (lambda: nn.Fold(4, 2)(ONES(1, 4, 8)), RuntimeError, "fold: "),
    (lambda: nn.Unfold(5)(ONES(1, 1, 4, 4)), RuntimeError, "unfold: "),
    (lambda: nn.PairwiseDistance()(ONES(2, 3), ONES(2, 4)), RuntimeError, "(2, 4)"),
    (lambda: nn.CosineSimilarity()(ag.arange(3), ag.arange(3)), RuntimeError, "expected common dtype to be floating"),
    (lambda: nn.Unflatten(1, (2, 1.5)), TypeError, "must be tuple of ints, but found element of type float at pos 1"),
    (lambda: nn.Unflatten(3, (2, 2))(ONES(2, 4)), IndexError, "3"),
    (lambda: nn.Unflatten(1, (3, 2))(ONES(2, 4)), RuntimeError, "4"),
    (lambda: nn.Flatten(2, 1)(ONES(2, 2, 2)), RuntimeError, "start_dim"),
]


@pytest.mark.parametrize(("call", "kind", "message"), CASES, ids=[message[:40] for _, _, message in CASES])
def test_a_layer_refuses(call, kind, message):
    with pytest.raises(kind) as caught:
        call()
    assert message in str(caught.value)
