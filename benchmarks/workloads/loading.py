"""Epochs of a DataLoader, without workers and with two processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks import draws
from benchmarks.api import Api
from benchmarks.workloads.registry import DATA, Step, Tensor, labels, workload

BATCH = 64


def epochs(api: Api, dataset: Any, **options: Any) -> Step:
    """Make an epoch in shuffled batches; the sides must agree on their form and, unshuffled, on the first one."""
    data, torch = api.torch.utils.data, api.torch
    loader = data.DataLoader(dataset, batch_size=BATCH, shuffle=True, **options)
    first = next(iter(data.DataLoader(dataset, batch_size=BATCH)))

    def step() -> Sequence[Tensor]:
        for count, batch in enumerate(loader, start=1):  # noqa: B007  # the last count and batch are used
            pass
        form = [count, *(n for part in batch for n in (*part.shape, part.element_size()))]
        return *first, torch.tensor(form)

    return step


@workload("DataLoader over a TensorDataset of 60 000 images, 28x28 float32, batch 64, shuffled: an epoch", DATA)
def data_loader(api: Api, rng: np.random.Generator) -> Step:
    images = api.torch.from_numpy(rng.random((60_000, 28, 28), np.float32))
    return epochs(api, api.torch.utils.data.TensorDataset(images, labels(api, rng, len(images))))


def mirrored(api: Api, rng: np.random.Generator) -> Any:
    """Return 10 000 images that NumPy mirrors and scales one by one."""
    images, target = rng.random((10_000, 28, 28), np.float32), draws.labels(rng, 10_000)

    class Mirrored(api.torch.utils.data.Dataset):  # type: ignore[misc,name-defined]
        def __getitem__(self, index: int) -> tuple[Any, int]:
            return (images[index, :, ::-1] - np.float32(0.5)) / np.float32(0.25), int(target[index])

        def __len__(self) -> int:
            return len(images)

    return Mirrored()


@workload("DataLoader over 10 000 images that NumPy mirrors and scales one by one, batch 64, shuffled: an epoch", DATA)
def data_loader_items(api: Api, rng: np.random.Generator) -> Step:
    return epochs(api, mirrored(api, rng))


@workload("DataLoader over the images of `data_loader_items`, made by two processes that stay between epochs", DATA)
def loader_workers(api: Api, rng: np.random.Generator) -> Step:
    return epochs(api, mirrored(api, rng), num_workers=2, persistent_workers=True)
