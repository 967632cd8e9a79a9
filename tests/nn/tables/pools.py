"""Pooling and its partial inverse."""

import importlib

import numpy as np

from tests.nn.tables import layer


def samples(nn, n):
    """Return, as a tensor of ``nn``'s side, where the windows of fractional pooling of two channels lie."""
    library = importlib.import_module("torch" if nn.__name__ == "torch.nn" else "autograd_core")
    return library.tensor(np.linspace(0.1, 0.9, 2 * n).reshape(1, 2, n))


LAYERS = {
    "maxpool1d": layer(lambda nn: nn.MaxPool1d(3, stride=2, padding=1), (2, 3, 7)),
    "maxpool2d": layer(lambda nn: nn.MaxPool2d(2), (2, 3, 6, 5)),
    "maxpool2d-all": layer(lambda nn: nn.MaxPool2d((3, 2), 2, (1, 1), dilation=2, ceil_mode=True), (2, 3, 8, 9)),
    "maxpool2d-unbatched": layer(lambda nn: nn.MaxPool2d(2), (3, 6, 5)),
    "avgpool1d": layer(lambda nn: nn.AvgPool1d(3, stride=2, padding=1), (2, 3, 7)),
    "avgpool2d": layer(lambda nn: nn.AvgPool2d(2), (2, 3, 6, 5)),
    "avgpool2d-all": layer(
        lambda nn: nn.AvgPool2d((3, 2), 2, 1, ceil_mode=True, count_include_pad=False), (2, 3, 6, 7)
    ),
    "avgpool2d-divisor": layer(lambda nn: nn.AvgPool2d(2, divisor_override=3), (2, 3, 6, 5)),
    "adaptiveavgpool1d": layer(lambda nn: nn.AdaptiveAvgPool1d(4), (2, 3, 7)),
    "adaptiveavgpool2d": layer(lambda nn: nn.AdaptiveAvgPool2d((3, None)), (2, 3, 5, 7)),
    "adaptiveavgpool2d-one": layer(lambda nn: nn.AdaptiveAvgPool2d(1), (2, 3, 5, 7)),
    "maxpool1d-indices": layer(lambda nn: nn.MaxPool1d(2, return_indices=True), (2, 3, 5)),
    "maxpool2d-indices": layer(lambda nn: nn.MaxPool2d(3, 2, 1, return_indices=True), (2, 2, 5, 4)),
    "maxpool3d": layer(lambda nn: nn.MaxPool3d(2), (2, 2, 4, 3, 2)),
    "maxpool3d-all": layer(
        lambda nn: nn.MaxPool3d((3, 2, 2), 2, 1, dilation=(1, 2, 1), return_indices=True, ceil_mode=True),
        (1, 2, 4, 4, 3),
    ),
    "avgpool3d": layer(lambda nn: nn.AvgPool3d((2, 1, 2)), (2, 2, 4, 3, 2)),
    "avgpool3d-all": layer(
        lambda nn: nn.AvgPool3d(3, 2, (1, 0, 1), ceil_mode=True, count_include_pad=False), (2, 4, 4, 5)
    ),
    "avgpool3d-divisor": layer(lambda nn: nn.AvgPool3d(2, divisor_override=5), (1, 2, 3, 2, 2)),
    "adaptiveavgpool1d-unbatched": layer(lambda nn: nn.AdaptiveAvgPool1d(2), (3, 5)),
    "adaptiveavgpool3d": layer(lambda nn: nn.AdaptiveAvgPool3d((2, None, 1)), (2, 2, 3, 2, 4)),
    "adaptivemaxpool1d": layer(lambda nn: nn.AdaptiveMaxPool1d(3, return_indices=True), (2, 3, 7)),
    "adaptivemaxpool2d": layer(lambda nn: nn.AdaptiveMaxPool2d((None, 3)), (2, 3, 3, 5)),
    "adaptivemaxpool2d-even": layer(lambda nn: nn.AdaptiveMaxPool2d(2, return_indices=True), (2, 2, 4, 6)),
    "adaptivemaxpool3d": layer(lambda nn: nn.AdaptiveMaxPool3d((2, 1, None), True), (1, 2, 3, 2, 2)),
    "lppool1d": layer(lambda nn: nn.LPPool1d(2, 3, stride=2), (2, 3, 7)),
    "lppool2d": layer(lambda nn: nn.LPPool2d(4, (2, 3), ceil_mode=True), (2, 2, 5, 4)),
    "lppool3d": layer(lambda nn: nn.LPPool3d(2.0, 2), (1, 2, 4, 3, 2)),
    "fractionalmaxpool2d": layer(
        lambda nn: nn.FractionalMaxPool2d(2, output_size=3, _random_samples=samples(nn, 2)), (1, 2, 6, 5)
    ),
    "fractionalmaxpool2d-ratio": layer(
        lambda nn: nn.FractionalMaxPool2d(
            (2, 3), output_ratio=(0.6, 0.5), return_indices=True, _random_samples=samples(nn, 2)
        ),
        (1, 2, 6, 5),
    ),
    "fractionalmaxpool3d": layer(
        lambda nn: nn.FractionalMaxPool3d(2, output_size=(2, 1, 2), _random_samples=samples(nn, 3)),
        (1, 2, 4, 3, 4),
    ),
    "maxunpool1d": layer(lambda nn: nn.MaxUnpool1d(2), (1, 2, 3), np.array([[[1, 2, 5], [0, 3, 4]]])),
    "maxunpool2d": layer(
        lambda nn: nn.MaxUnpool2d((2, 1), stride=2),
        (1, 2, 2),
        np.array([[[0, 2], [6, 8]]]),
        options={"output_size": (4, 3)},
    ),
    "maxunpool3d": layer(
        lambda nn: nn.MaxUnpool3d(2, stride=1, padding=(0, 1, 0)), (1, 1, 1, 2, 2), np.array([[[[[0, 2], [3, 5]]]]])
    ),
}
