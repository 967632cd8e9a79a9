"""Data: data sets, samplers, the loader that makes batches of them, and readers of the formats of classic ones."""

import importlib
from typing import Any

from autograd_core.data import datasets as dataset
from autograd_core.data import loading as dataloader
from autograd_core.data import samplers as distributed
from autograd_core.data import samplers as sampler
from autograd_core.data.collating import default_collate, default_convert
from autograd_core.data.datasets import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from autograd_core.data.loading import DataLoader
from autograd_core.data.readers.arrays import ImageArrays
from autograd_core.data.readers.folders import ImageFolder
from autograd_core.data.readers.idx import read_idx
from autograd_core.data.readers.known import CIFAR10, MNIST, FashionMNIST
from autograd_core.data.readers.npz import read_npz
from autograd_core.data.readers.pictures import make_grid, read_image, write_image, write_images
from autograd_core.data.readers.tables import Categories, CSVDataset, read_csv
from autograd_core.data.samplers import (
    BatchSampler,
    DistributedSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from autograd_core.data.workers import get_worker_info

__all__ = [
    "BatchSampler", "ChainDataset", "ConcatDataset", "DataLoader", "Dataset", "DistributedSampler", "IterableDataset",
    "RandomSampler", "Sampler", "SequentialSampler", "StackDataset", "Subset", "SubsetRandomSampler", "TensorDataset",
    "WeightedRandomSampler", "default_collate", "default_convert", "get_worker_info", "random_split",
    "CIFAR10", "CSVDataset", "Categories", "FashionMNIST", "ImageArrays", "ImageFolder", "MNIST", "make_grid",
    "read_csv", "read_idx", "read_image", "read_npz", "write_image", "write_images",
    "dataloader", "dataset", "distributed", "sampler",  # the names of PyTorch's rooms
    "Transformed", "transforms",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load the transforms when they are first asked for."""
    if name not in ("Transformed", "transforms"):
        raise AttributeError(f"module 'autograd_core.data' has no attribute {name!r}")
    room = importlib.import_module("autograd_core.data.transforms")
    return room if name == "transforms" else room.Transformed
