"""Sizes of windows, and what is refused."""

import pytest

from autograd_core.backend import windows
from autograd_core.errors import ShapeError

ONE = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}


def test_sizes():
    steps = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}
    assert windows.conv_size((7, 9), (3, 3), **steps) == (4, 5)
    assert windows.extent_size((4, 5), (3, 3), stride=(2, 1), dilation=(1, 2)) == (9, 9)
    assert windows.conv_transpose_size((4, 5), (3, 3), output_padding=(1, 0), **steps) == (8, 9)
    assert windows.conv_shape("conv2d", (8, 4, 7, 9), (6, 2, 3, 3), groups=2, **steps) == (8, 6, 4, 5)
    transposed = windows.conv_transpose_shape("t", (8, 6, 4, 5), (6, 2, 3, 3), output_padding=(1, 0), groups=2, **steps)
    assert transposed == (8, 4, 8, 9)
    assert windows.unfold_shape("unfold", (8, 4, 7, 9), (3, 3), **steps) == (8, 36, 20)
    assert windows.fold_shape("fold", (8, 36, 20), (7, 9), (3, 3), **steps) == (8, 4, 7, 9)
    assert windows.adaptive_pool_shape("pool", (8, 4, 7, 9), (3, 0)) == (8, 4, 3, 0)


@pytest.mark.parametrize("size", range(1, 12))
@pytest.mark.parametrize("kernel, stride, padding", [(2, 2, 0), (2, 3, 1), (3, 2, 1), (3, 4, 0), (1, 3, 0)])
def test_the_last_window_of_ceil_mode_starts_inside(size, kernel, stride, padding):
    starts = [at for at in range(-padding, size, stride) if at == -padding or at - stride + kernel < size + padding]
    options = {"stride": (stride,), "padding": (padding,), "dilation": (1,)}
    assert windows.pool_size((size,), (kernel,), ceil_mode=True, **options) == (len(starts),)


X, W = (2, 4, 5, 5), (6, 4, 3, 3)
conv, transpose, pool, fold = windows.conv_shape, windows.conv_transpose_shape, windows.pool_shape, windows.fold_shape
CONV, TRANSPOSE = ONE | {"groups": 1}, ONE | {"groups": 1, "output_padding": (0, 0)}
REFUSED = [
    (conv, (X, W[:3]), CONV, r"weight has 3 dims"),
    (conv, (X[1:], W), CONV, r"input has 3 dims"),
    (conv, (X, W), CONV | {"groups": 2}, r"input has 4 channels .* wanted 8"),
    (conv, (X, W), CONV | {"groups": 4}, r"got groups=4; wanted .* 6 channels"),
    (conv, (X, W), CONV | {"stride": (0, 1)}, r"got stride=\(0, 1\); wanted 2 integers of at least 1"),
    (conv, (X, W), CONV | {"padding": (-1, 0)}, r"got padding=\(-1, 0\)"),
    (conv, (X, W), CONV | {"dilation": (1,)}, r"got dilation=\(1,\)"),
    (
        conv,
        (X, W),
        CONV | {"dilation": (3, 2)},
        r"size \(5, 5\) is \(5, 5\) .* at least \(7, 5\), .* dilation=\(3, 2\)",
    ),
    (transpose, (X, W), TRANSPOSE, r"input has 4 channels .* wants 6"),
    (transpose, (X, (4, 6, 3, 3)), TRANSPOSE | {"output_padding": (1, 0)}, r"output_padding=\(1, 0\); wanted less"),
    (transpose, (X, (4, 6, 1, 1)), TRANSPOSE | {"padding": (3, 3)}, r"leave an output of size \(-1, -1\)"),
    (pool, (X, (3, 3)), ONE | {"padding": (2, 0)}, r"padding=\(2, 0\); wanted at most half of kernel_size"),
    (pool, (X, (0, 3)), ONE, r"got kernel_size=\(0, 3\)"),
    (pool, (X, (6, 3)), ONE, r"wanted at least \(6, 3\)"),
    (pool, ((2, 4, 2, 2), (2, 2)), ONE | {"padding": (1, 1), "dilation": (3, 3)}, r"window with no element"),
    (fold, ((2, 10, 9), (5, 5), (3, 3)), ONE, r"wanted a multiple of 9"),
    (fold, ((2, 9, 8), (5, 5), (3, 3)), ONE, r"has 8 columns .* wanted 9"),
    (fold, ((9, 9), (5, 5), (3, 3)), ONE, r"wanted 3 dims"),
]


@pytest.mark.parametrize(("function", "args", "options", "message"), REFUSED, ids=[case[-1] for case in REFUSED])
def test_refusals(function, args, options, message):
    with pytest.raises(ShapeError, match=f"^name: .*{message}"):
        function("name", *args, **options)


def test_adaptive_refusals():
    with pytest.raises(ShapeError, match=r"pool: got output_size=.-1, 2."):
        windows.adaptive_pool_shape("pool", X, (-1, 2))
    with pytest.raises(ShapeError, match=r"pool: input has shape .* wanted at least one element"):
        windows.adaptive_pool_shape("pool", (2, 4, 0, 5), (1, 1))
