"""Convolutions and transposed convolutions."""

from tests.nn.tables import layer

LAYERS = {
    "conv1d": layer(lambda nn: nn.Conv1d(2, 3, 3, stride=2, padding=1), (2, 2, 7)),
    "conv1d-circular": layer(lambda nn: nn.Conv1d(2, 2, 3, 2, 2, padding_mode="circular"), (2, 2, 5)),
    "conv2d": layer(lambda nn: nn.Conv2d(2, 3, 3), (2, 2, 6, 5)),
    "conv2d-all": layer(lambda nn: nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 2), (2, 1), groups=2, bias=False), (2, 4, 7, 6)),
    "conv2d-depthwise": layer(lambda nn: nn.Conv2d(3, 6, 3, padding=1, groups=3), (2, 3, 5, 5)),
    "conv2d-unbatched": layer(lambda nn: nn.Conv2d(2, 3, 3), (2, 6, 5)),
    "conv2d-same": layer(lambda nn: nn.Conv2d(2, 3, (4, 3), padding="same", dilation=(1, 2)), (2, 2, 6, 7)),
    "conv2d-valid": layer(lambda nn: nn.Conv2d(2, 3, 3, padding="valid"), (2, 2, 6, 5)),
    "conv2d-reflect": layer(lambda nn: nn.Conv2d(2, 3, 3, padding=(2, 1), padding_mode="reflect"), (2, 2, 5, 4)),
    "conv2d-replicate": layer(lambda nn: nn.Conv2d(2, 3, 3, padding=2, padding_mode="replicate"), (2, 2, 5, 4)),
    "conv2d-circular": layer(lambda nn: nn.Conv2d(2, 3, 4, padding="same", padding_mode="circular"), (2, 2, 5, 4)),
    "conv2d-valid-reflect": layer(lambda nn: nn.Conv2d(2, 1, 2, padding="valid", padding_mode="reflect"), (1, 2, 3, 4)),
    "conv3d": layer(lambda nn: nn.Conv3d(2, 2, 2, padding=1), (2, 2, 3, 3, 3)),
    "conv3d-replicate": layer(
        lambda nn: nn.Conv3d(2, 2, (1, 2, 3), padding="same", padding_mode="replicate"), (2, 2, 3, 2)
    ),
    "convtranspose1d": layer(lambda nn: nn.ConvTranspose1d(2, 3, 3, stride=2, padding=1), (2, 2, 4)),
    "convtranspose1d-size": layer(
        lambda nn: nn.ConvTranspose1d(2, 3, 3, stride=3), (2, 2, 4), options={"output_size": [14]}
    ),
    "convtranspose2d": layer(lambda nn: nn.ConvTranspose2d(2, 3, (2, 3), 2), (2, 2, 3, 2)),
    "convtranspose2d-all": layer(
        lambda nn: nn.ConvTranspose2d(4, 6, (3, 2), (3, 2), (1, 2), (2, 1), groups=2, bias=False, dilation=(1, 2)),
        (2, 4, 3, 4),
    ),
    "convtranspose2d-unbatched": layer(
        lambda nn: nn.ConvTranspose2d(2, 1, 2, 2, dilation=2), (2, 2, 3), options={"output_size": (2, 6, 7)}
    ),
    "convtranspose2d-shape": layer(
        lambda nn: nn.ConvTranspose2d(2, 1, 2, (3, 1)), (1, 2, 2, 3), options={"output_size": (1, 1, 7, 4)}
    ),
    "convtranspose3d": layer(lambda nn: nn.ConvTranspose3d(2, 2, 2, (1, 2, 1), 1, (0, 1, 0)), (1, 2, 3, 2, 3)),
}
