"""Tables of vectors, looked up one by one and in bags."""

import importlib

import numpy as np

from tests.nn.tables import layer

IDS = np.array([[1, 4, 1], [0, 2, 1]])
FLAT, OFFSETS = np.array([1, 4, 1, 0, 2, 1, 3]), np.array([0, 3, 3, 5])


def rows(nn, n=5, d=3):
    """Return, as a tensor of ``nn``'s side, a table to start from."""
    library = importlib.import_module("torch" if nn.__name__ == "torch.nn" else "autograd_core")
    return library.tensor(np.linspace(-1, 1, n * d).reshape(n, d))


LAYERS = {
    "embedding": layer(lambda nn: nn.Embedding(5, 3), IDS),
    "embedding-one": layer(lambda nn: nn.Embedding(5, 3), np.array(2)),
    "embedding-padding": layer(lambda nn: nn.Embedding(5, 3, padding_idx=1), IDS),
    "embedding-padding-last": layer(lambda nn: nn.Embedding(5, 3, padding_idx=-1), FLAT),
    "embedding-short": layer(lambda nn: nn.Embedding(5, 3, max_norm=1.0, norm_type=1.5), IDS, waits=True),
    "embedding-by-frequency": layer(lambda nn: nn.Embedding(5, 3, scale_grad_by_freq=True), IDS, second=False),
    "embedding-pretrained": layer(lambda nn: nn.Embedding.from_pretrained(rows(nn), freeze=False, padding_idx=0), IDS),
    "embedding-frozen": layer(lambda nn: nn.Embedding.from_pretrained(rows(nn)), IDS, second=False),
    # PyTorch has no second derivative of bags
    "embeddingbag": layer(lambda nn: nn.EmbeddingBag(5, 3), IDS, second=False),
    "embeddingbag-offsets": layer(lambda nn: nn.EmbeddingBag(5, 3), FLAT, OFFSETS, second=False),
    "embeddingbag-ends": layer(
        lambda nn: nn.EmbeddingBag(5, 3, mode="sum", include_last_offset=True), FLAT, np.array([0, 3, 5, 7]),
        second=False,
    ),
    "embeddingbag-max": layer(lambda nn: nn.EmbeddingBag(5, 3, mode="max"), IDS, second=False),
    "embeddingbag-max-offsets": layer(
        lambda nn: nn.EmbeddingBag(5, 3, mode="max", padding_idx=3), FLAT, OFFSETS, second=False, waits=True
    ),
    "embeddingbag-weights": layer(
        lambda nn: nn.EmbeddingBag(5, 3, mode="sum", padding_idx=2), FLAT, OFFSETS, (7,), second=False
    ),
    "embeddingbag-padding": layer(lambda nn: nn.EmbeddingBag(5, 3, padding_idx=1), IDS, second=False),
    "embeddingbag-short": layer(lambda nn: nn.EmbeddingBag(5, 3, 0.5, 1, mode="sum"), IDS, second=False, waits=True),
    "embeddingbag-by-frequency": layer(  # indices in whose order PyTorch takes the right frequency for each
        lambda nn: nn.EmbeddingBag(5, 3, scale_grad_by_freq=True, mode="sum"), np.array([[0, 1, 2], [4, 4, 4]]),
        second=False,
    ),
    "embeddingbag-pretrained": layer(
        lambda nn: nn.EmbeddingBag.from_pretrained(rows(nn), mode="max"), IDS, second=False
    ),
}
