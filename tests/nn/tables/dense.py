"""Dense layers and what changes shapes only."""

from tests.nn.tables import layer

LAYERS = {
    "identity": layer(lambda nn: nn.Identity(54, unused=True), (3, 4)),
    "linear": layer(lambda nn: nn.Linear(5, 3), (4, 5)),
    "linear-no-bias": layer(lambda nn: nn.Linear(5, 3, bias=False), (4, 5)),
    "linear-1d": layer(lambda nn: nn.Linear(5, 3), (5,)),
    "linear-3d": layer(lambda nn: nn.Linear(5, 3), (2, 4, 5)),
    "flatten": layer(lambda nn: nn.Flatten(), (2, 3, 4)),
    "flatten-some": layer(lambda nn: nn.Flatten(0, 1), (2, 3, 4)),
    "unflatten": layer(lambda nn: nn.Unflatten(1, (2, -1)), (2, 6, 4)),
}
