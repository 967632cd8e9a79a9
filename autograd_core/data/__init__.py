"""Data: data sets, samplers, the loader that makes batches of them, and readers of the formats of classic ones."""

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
from autograd_core.data.idx import fashion_mnist, mnist, read_idx
from autograd_core.data.loading import DataLoader
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
    "WeightedRandomSampler", "default_collate", "default_convert", "fashion_mnist", "get_worker_info", "mnist",
    "random_split", "read_idx",
    "dataloader", "dataset", "distributed", "sampler",  # the names of PyTorch's rooms
]  # fmt: skip
