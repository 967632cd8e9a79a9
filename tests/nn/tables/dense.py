"""Dense layers, distances, and what changes shapes only."""

from tests.nn.tables import layer

LAYERS = {
    "identity": layer(lambda nn: nn.Identity(54, unused=True), (3, 4)),
    "linear": layer(lambda nn: nn.Linear(5, 3), (4, 5)),
    "linear-no-bias": layer(lambda nn: nn.Linear(5, 3, bias=False), (4, 5)),
    "linear-1d": layer(lambda nn: nn.Linear(5, 3), (5,)),
    "linear-3d": layer(lambda nn: nn.Linear(5, 3), (2, 4, 5)),
    "bilinear": layer(lambda nn: nn.Bilinear(3, 4, 2), (5, 3), (5, 4)),
    "bilinear-1d": layer(lambda nn: nn.Bilinear(3, 4, 1, bias=False), (3,), (4,)),
    "bilinear-3d": layer(lambda nn: nn.Bilinear(3, 4, 2), (2, 3, 3), (2, 3, 4)),
    "flatten": layer(lambda nn: nn.Flatten(), (2, 3, 4)),
    "flatten-some": layer(lambda nn: nn.Flatten(0, 1), (2, 3, 4)),
    "flatten-unbatched": layer(lambda nn: nn.Flatten(0), (2, 3)),
    "unflatten": layer(lambda nn: nn.Unflatten(1, (2, -1)), (2, 6, 4)),
    "unflatten-last": layer(lambda nn: nn.Unflatten(-1, [2, 1, 2]), (3, 4)),
    "cosinesimilarity": layer(lambda nn: nn.CosineSimilarity(), (3, 4), (3, 4)),
    "cosinesimilarity-dim": layer(lambda nn: nn.CosineSimilarity(dim=0, eps=1e-4), (3, 4), (3, 1)),
    "pairwisedistance": layer(lambda nn: nn.PairwiseDistance(), (3, 4), (3, 4)),
    "pairwisedistance-all": layer(lambda nn: nn.PairwiseDistance(p=1.5, eps=1e-3, keepdim=True), (3, 4), (4,)),
}
