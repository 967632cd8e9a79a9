"""Images in another size, channels in another order, and windows as columns."""

from tests.nn.tables import layer

LAYERS = {
    "upsample": layer(lambda nn: nn.Upsample(scale_factor=2), (2, 2, 3)),
    "upsample-size": layer(lambda nn: nn.Upsample((5, 3)), (1, 2, 3, 4)),
    "upsample-linear": layer(lambda nn: nn.Upsample(7, mode="linear"), (2, 2, 4)),
    "upsample-bilinear": layer(lambda nn: nn.Upsample(scale_factor=(1.5, 2), mode="bilinear"), (1, 2, 3, 4)),
    "upsample-bicubic": layer(lambda nn: nn.Upsample((4, 6), mode="bicubic", align_corners=True), (1, 2, 3, 4)),
    "upsample-trilinear": layer(
        lambda nn: nn.Upsample(scale_factor=1.7, mode="trilinear", recompute_scale_factor=True), (1, 1, 3, 2, 2)
    ),
    "upsamplingnearest2d": layer(lambda nn: nn.UpsamplingNearest2d(scale_factor=2), (1, 2, 3, 2)),
    "upsamplingbilinear2d": layer(lambda nn: nn.UpsamplingBilinear2d(size=(4, 3)), (1, 2, 3, 2)),
    "pixelshuffle": layer(lambda nn: nn.PixelShuffle(2), (2, 8, 2, 3)),
    "pixelunshuffle": layer(lambda nn: nn.PixelUnshuffle(2), (2, 4, 6)),
    "channelshuffle": layer(lambda nn: nn.ChannelShuffle(2), (2, 6, 2, 2)),
    "unfold": layer(lambda nn: nn.Unfold(2), (2, 2, 4, 3)),
    "unfold-all": layer(lambda nn: nn.Unfold((2, 3), dilation=2, padding=(1, 2), stride=(2, 1)), (2, 4, 5)),
    "fold": layer(lambda nn: nn.Fold((4, 3), 2), (2, 8, 6)),
    "fold-all": layer(lambda nn: nn.Fold(5, (2, 1), dilation=2, padding=1, stride=(1, 3)), (4, 15)),
}
