"""Normalisation."""

from tests.nn.tables import layer

LAYERS = {
    "batchnorm1d": layer(lambda nn: nn.BatchNorm1d(3), (5, 3)),
    "batchnorm1d-3d": layer(lambda nn: nn.BatchNorm1d(3, eps=1e-3, momentum=0.4), (5, 3, 4)),
    "batchnorm1d-cumulative": layer(lambda nn: nn.BatchNorm1d(3, momentum=None), (5, 3), waits=True),
    "batchnorm1d-plain": layer(lambda nn: nn.BatchNorm1d(3, affine=False), (5, 3)),
    "batchnorm1d-untracked": layer(lambda nn: nn.BatchNorm1d(3, track_running_stats=False), (5, 3)),
    "batchnorm2d": layer(lambda nn: nn.BatchNorm2d(3), (4, 3, 3, 2)),
    "batchnorm3d": layer(lambda nn: nn.BatchNorm3d(2), (3, 2, 2, 2, 2)),
    "layernorm": layer(lambda nn: nn.LayerNorm(5), (4, 5)),
    "layernorm-2d": layer(lambda nn: nn.LayerNorm((3, 5), eps=1e-3, bias=False), (4, 3, 5)),
    "layernorm-plain": layer(lambda nn: nn.LayerNorm([5], elementwise_affine=False), (4, 5)),
}
