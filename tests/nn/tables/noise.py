"""Dropout and noise."""

from tests.nn.tables import layer

LAYERS = {
    "dropout-none": layer(lambda nn: nn.Dropout(0.0), (4, 5)),
    "dropout-all": layer(lambda nn: nn.Dropout(1.0, inplace=False), (4, 5)),
    "dropout": layer(lambda nn: nn.Dropout(0.3), (4, 5), random=True),
    "dropout1d": layer(lambda nn: nn.Dropout1d(), (2, 3, 4), random=True),
    "dropout1d-all": layer(lambda nn: nn.Dropout1d(1.0), (3, 4)),
    "dropout2d": layer(lambda nn: nn.Dropout2d(0.2), (2, 3, 2, 2), random=True),
    "dropout2d-all": layer(lambda nn: nn.Dropout2d(1.0), (2, 3, 2, 2)),
    "dropout3d": layer(lambda nn: nn.Dropout3d(0.2), (2, 3, 2, 2, 2), random=True),
    "dropout3d-all": layer(lambda nn: nn.Dropout3d(1.0), (3, 2, 2, 2)),
    "alphadropout": layer(lambda nn: nn.AlphaDropout(0.2), (4, 5), random=True),
    "alphadropout-none": layer(lambda nn: nn.AlphaDropout(0.0, inplace=True), (4, 5)),
    "featurealphadropout": layer(lambda nn: nn.FeatureAlphaDropout(0.2), (2, 3, 4), random=True),
    "featurealphadropout-all": layer(lambda nn: nn.FeatureAlphaDropout(1.0), (2, 3, 4)),
}
