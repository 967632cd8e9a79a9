"""Dropout and noise."""

from tests.nn.tables import layer

LAYERS = {
    "dropout-none": layer(lambda nn: nn.Dropout(0.0), (4, 5)),
    "dropout-all": layer(lambda nn: nn.Dropout(1.0, inplace=False), (4, 5)),
}
