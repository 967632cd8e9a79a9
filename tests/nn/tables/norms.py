"""Normalisation."""

from tests.nn.tables import layer

LAYERS = {
    "batchnorm1d": layer(lambda nn: nn.BatchNorm1d(3), (5, 3)),
    "batchnorm1d-3d": layer(lambda nn: nn.BatchNorm1d(3, eps=1e-3, momentum=0.4), (5, 3, 4)),
    "batchnorm1d-cumulative": layer(lambda nn: nn.BatchNorm1d(3, momentum=None), (5, 3), waits=True),
    "batchnorm1d-plain": layer(lambda nn: nn.BatchNorm1d(3, affine=False), (5, 3)),
    "batchnorm1d-untracked": layer(lambda nn: nn.BatchNorm1d(3, track_running_stats=False), (5, 3)),
    "batchnorm1d-no-bias": layer(lambda nn: nn.BatchNorm1d(3, bias=False), (5, 3)),
    "batchnorm2d": layer(lambda nn: nn.BatchNorm2d(3), (4, 3, 3, 2)),
    "batchnorm3d": layer(lambda nn: nn.BatchNorm3d(2), (3, 2, 2, 2, 2)),
    "instancenorm1d": layer(lambda nn: nn.InstanceNorm1d(3), (2, 3, 4)),
    "instancenorm1d-unbatched": layer(lambda nn: nn.InstanceNorm1d(3, affine=True), (3, 4)),
    "instancenorm1d-tracked": layer(
        lambda nn: nn.InstanceNorm1d(3, 1e-3, 0.4, affine=True, track_running_stats=True), (2, 3, 4)
    ),
    "instancenorm1d-tracked-unbatched": layer(
        lambda nn: nn.InstanceNorm1d(3, momentum=None, track_running_stats=True), (3, 4)
    ),
    "instancenorm2d": layer(lambda nn: nn.InstanceNorm2d(3, affine=True, bias=False), (2, 3, 3, 2)),
    "instancenorm3d": layer(lambda nn: nn.InstanceNorm3d(2, affine=True, track_running_stats=True), (2, 2, 2, 2)),
    "layernorm": layer(lambda nn: nn.LayerNorm(5), (4, 5)),
    "layernorm-2d": layer(lambda nn: nn.LayerNorm((3, 5), eps=1e-3, bias=False), (4, 3, 5)),
    "layernorm-plain": layer(lambda nn: nn.LayerNorm([5], elementwise_affine=False), (4, 5)),
    "groupnorm": layer(lambda nn: nn.GroupNorm(2, 4), (2, 4, 3)),
    "groupnorm-one": layer(lambda nn: nn.GroupNorm(1, 4, eps=1e-3, bias=False), (2, 4, 2, 3)),
    "groupnorm-plain": layer(lambda nn: nn.GroupNorm(4, 4, affine=False), (2, 4, 3)),
    "rmsnorm": layer(lambda nn: nn.RMSNorm(5), (4, 5)),
    "rmsnorm-2d": layer(lambda nn: nn.RMSNorm([3, 5], eps=1e-3), (4, 3, 5)),
    "rmsnorm-plain": layer(lambda nn: nn.RMSNorm(5, elementwise_affine=False), (2, 2, 5)),
    "localresponsenorm": layer(lambda nn: nn.LocalResponseNorm(2), (2, 4, 3)),
    "localresponsenorm-all": layer(lambda nn: nn.LocalResponseNorm(3, 0.3, 0.5, 2.0), (1, 5, 2, 2)),
    # of an odd size PyTorch's gradient is another: see tests/nn/test_norm.py
    "crossmaplrn2d": layer(lambda nn: nn.CrossMapLRN2d(4, 0.3, 0.5, 2), (2, 2, 2, 2), second=False),
}
