"""Lazy layers after their dry run."""

import importlib

from tests.nn.tables import layer


def lazy(make, *shape):
    """Return a row of a lazy layer that has seen ones of this shape."""

    def seen(nn):
        library = importlib.import_module("torch" if nn.__name__ == "torch.nn" else "autograd_core")
        made = make(nn)
        made(library.ones(*shape))
        return made

    return layer(seen, shape)


LAYERS = {
    "lazylinear": lazy(lambda nn: nn.LazyLinear(3), 2, 5),
    "lazylinear-no-bias": lazy(lambda nn: nn.LazyLinear(3, bias=False), 5),
    "lazyconv1d": lazy(lambda nn: nn.LazyConv1d(3, 2), 2, 4, 5),
    "lazyconv2d": lazy(lambda nn: nn.LazyConv2d(4, (2, 3), 2, 1, groups=2, bias=False), 2, 2, 4, 5),
    "lazyconv2d-unbatched": lazy(lambda nn: nn.LazyConv2d(2, 2, padding_mode="circular", padding=1), 2, 3, 3),
    "lazyconv3d": lazy(lambda nn: nn.LazyConv3d(2, 2, dilation=2), 1, 2, 3, 3, 3),
    "lazyconvtranspose1d": lazy(lambda nn: nn.LazyConvTranspose1d(3, 2), 2, 4, 5),
    "lazyconvtranspose2d": lazy(lambda nn: nn.LazyConvTranspose2d(4, 3, 2, 1, 1, groups=2), 2, 2, 3, 2),
    "lazyconvtranspose3d": lazy(lambda nn: nn.LazyConvTranspose3d(2, 2, bias=False), 2, 2, 1, 2),
    "lazybatchnorm1d": lazy(lambda nn: nn.LazyBatchNorm1d(), 4, 3),
    "lazybatchnorm2d": lazy(lambda nn: nn.LazyBatchNorm2d(1e-3, 0.3, bias=False), 4, 3, 2, 2),
    "lazybatchnorm3d": lazy(lambda nn: nn.LazyBatchNorm3d(affine=False), 4, 2, 1, 2, 2),
    "lazyinstancenorm1d": lazy(lambda nn: nn.LazyInstanceNorm1d(), 4, 3, 2),
    "lazyinstancenorm2d": lazy(lambda nn: nn.LazyInstanceNorm2d(track_running_stats=False), 4, 3, 2, 2),
    "lazyinstancenorm3d": lazy(lambda nn: nn.LazyInstanceNorm3d(momentum=0.3), 2, 2, 1, 2, 2),
}
