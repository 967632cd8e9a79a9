"""Pooling."""

from tests.nn.tables import layer

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
}
