"""Convolutions."""

from tests.nn.tables import layer

LAYERS = {
    "conv1d": layer(lambda nn: nn.Conv1d(2, 3, 3, stride=2, padding=1), (2, 2, 7)),
    "conv2d": layer(lambda nn: nn.Conv2d(2, 3, 3), (2, 2, 6, 5)),
    "conv2d-all": layer(lambda nn: nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 2), (2, 1), groups=2, bias=False), (2, 4, 7, 6)),
    "conv2d-depthwise": layer(lambda nn: nn.Conv2d(3, 6, 3, padding=1, groups=3), (2, 3, 5, 5)),
    "conv2d-unbatched": layer(lambda nn: nn.Conv2d(2, 3, 3), (2, 6, 5)),
    "conv2d-same": layer(lambda nn: nn.Conv2d(2, 3, (4, 3), padding="same", dilation=(1, 2)), (2, 2, 6, 7)),
    "conv2d-valid": layer(lambda nn: nn.Conv2d(2, 3, 3, padding="valid"), (2, 2, 6, 5)),
    "conv2d-reflect": layer(lambda nn: nn.Conv2d(2, 3, 3, padding=(2, 1), padding_mode="reflect"), (2, 2, 5, 4)),
    "conv2d-replicate": layer(lambda nn: nn.Conv2d(2, 3, 3, padding=2, padding_mode="replicate"), (2, 2, 5, 4)),
    "conv2d-circular": layer(lambda nn: nn.Conv2d(2, 3, 4, padding="same", padding_mode="circular"), (2, 2, 5, 4)),
    "conv3d": layer(lambda nn: nn.Conv3d(2, 2, 2, padding=1), (2, 2, 3, 3, 3)),
}
