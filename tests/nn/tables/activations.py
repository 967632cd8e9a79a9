"""Activations."""

from tests.nn.tables import layer

LAYERS = {
    "relu": layer(lambda nn: nn.ReLU(), (3, 4)),
    "relu6": layer(lambda nn: nn.ReLU6(), (3, 4)),
    "leakyrelu": layer(lambda nn: nn.LeakyReLU(0.2), (3, 4)),
    "elu": layer(lambda nn: nn.ELU(1.5), (3, 4)),
    "selu": layer(lambda nn: nn.SELU(), (3, 4)),
    "celu": layer(lambda nn: nn.CELU(0.5), (3, 4)),
    "gelu": layer(lambda nn: nn.GELU(), (3, 4)),
    "gelu-tanh": layer(lambda nn: nn.GELU(approximate="tanh"), (3, 4)),
    "silu": layer(lambda nn: nn.SiLU(), (3, 4)),
    "mish": layer(lambda nn: nn.Mish(), (3, 4)),
    "sigmoid": layer(lambda nn: nn.Sigmoid(), (3, 4)),
    "tanh": layer(lambda nn: nn.Tanh(), (3, 4)),
    "softplus": layer(lambda nn: nn.Softplus(2.0, 1.0), (3, 4)),
    "softmax": layer(lambda nn: nn.Softmax(dim=1), (3, 4)),
    "softmin": layer(lambda nn: nn.Softmin(dim=0), (3, 4)),
    "logsoftmax": layer(lambda nn: nn.LogSoftmax(dim=-1), (3, 4)),
    "logsigmoid": layer(lambda nn: nn.LogSigmoid(), (3, 4)),
    "softsign": layer(lambda nn: nn.Softsign(), (3, 4)),
    "tanhshrink": layer(lambda nn: nn.Tanhshrink(), (3, 4)),
    "hardtanh": layer(lambda nn: nn.Hardtanh(-0.5, 0.6), (3, 4)),
    # PyTorch's gradient has 1/6 in float32, whatever the dtype
    "hardsigmoid": layer(lambda nn: nn.Hardsigmoid(), (3, 4), tolerance=1e-8, second=False),
    "hardswish": layer(lambda nn: nn.Hardswish(), (3, 4)),
    "threshold": layer(lambda nn: nn.Threshold(0.1, 20.0), (3, 4)),
    "glu": layer(lambda nn: nn.GLU(), (3, 4)),
    "glu-dim": layer(lambda nn: nn.GLU(dim=0), (2, 3)),
    "hardshrink": layer(lambda nn: nn.Hardshrink(0.6), (3, 4)),
    "softshrink": layer(lambda nn: nn.Softshrink(0.4), (3, 4)),
    "prelu": layer(lambda nn: nn.PReLU(), (3, 4)),
    "prelu-channels": layer(lambda nn: nn.PReLU(4, init=0.1), (2, 4, 3)),
    "rrelu": layer(lambda nn: nn.RReLU(0.1, 0.4), (3, 4), random=True),
    "softmax2d": layer(lambda nn: nn.Softmax2d(), (2, 3, 2, 2)),
    "softmax2d-unbatched": layer(lambda nn: nn.Softmax2d(), (3, 2, 2)),
}
