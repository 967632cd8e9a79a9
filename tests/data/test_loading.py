"""The loader without workers: what it takes, refuses and gives, beside PyTorch's."""

from __future__ import annotations

import itertools
import multiprocessing
import subprocess
import sys
import warnings

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import data
from autograd_core.data import DataLoader, TensorDataset, default_collate
from tests.data.samples import Mixed, Numbers, Shared, Who


def lists(loader):
    return [batch.tolist() if hasattr(batch, "tolist") else batch for batch in loader]


def stream_for(module):
    """Return an iterable data set of ``module``'s, of 10 samples."""

    class Stream(module.IterableDataset):
        def __iter__(self):
            return iter(range(10))

        def __len__(self):
            return 10

    return Stream()


OPTIONS = [
    {},
    {"batch_size": 3},
    {"batch_size": 3, "drop_last": True},
    {"batch_size": None},
    {"batch_size": 20},
    {"batch_size": 20, "drop_last": True},
    {"sampler": [3, 1, 2], "batch_size": 2},
    {"batch_sampler": [[1, 2], [5]]},
    {"collate_fn": sum, "batch_size": 4},
    {"batch_size": 2, "shuffle": False},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_batches_are_pytorchs(torch, options):
    ours, theirs = DataLoader(Numbers(10), **options), torch.utils.data.DataLoader(range(10), **options)
    assert lists(ours) == lists(theirs)
    assert len(ours) == len(theirs)
    assert (ours.batch_size, ours.drop_last, ours.prefetch_factor) == (
        theirs.batch_size, theirs.drop_last, theirs.prefetch_factor,
    )  # fmt: skip


@pytest.mark.parametrize(("size", "drop_last"), [*itertools.product([1, 3, 20], [False, True]), (None, False)])
def test_batches_of_streams_are_pytorchs(torch, size, drop_last):
    options = {"batch_size": size, "drop_last": drop_last}
    ours, theirs = (m.DataLoader(stream_for(m), **options) for m in (data, torch.utils.data))
    assert lists(ours) == lists(theirs)
    assert len(ours) == len(theirs)


REFUSED = [
    ({"num_workers": -1}, "num_workers option should be non-negative"),
    ({"timeout": -1}, "timeout option should be non-negative"),
    ({"prefetch_factor": 2}, "prefetch_factor option could only be specified"),
    ({"prefetch_factor": -2, "num_workers": 1}, "prefetch_factor option should be"),
    ({"persistent_workers": True}, "persistent_workers option needs num_workers > 0"),
    ({"sampler": [1], "shuffle": True}, "sampler option is mutually exclusive with shuffle"),
    ({"batch_sampler": [[1]], "batch_size": 2}, "batch_sampler option is mutually exclusive"),
    ({"batch_sampler": [[1]], "shuffle": True}, "batch_sampler option is mutually exclusive"),
    ({"batch_sampler": [[1]], "sampler": [1]}, "batch_sampler option is mutually exclusive"),
    ({"batch_sampler": [[1]], "drop_last": True}, "batch_sampler option is mutually exclusive"),
    ({"batch_size": None, "drop_last": True}, "disables auto-batching"),
    ({"batch_size": 0}, "batch_size should be a positive integer"),
    ({"batch_size": 2.0}, "batch_size should be a positive integer"),
    ({"batch_size": True}, "batch_size should be a positive integer"),
    ({"multiprocessing_context": "spawn"}, "multiprocessing_context can only be used with"),
    ({"multiprocessing_context": "thread", "num_workers": 1}, "should specify a valid start method"),
    ({"multiprocessing_context": 3, "num_workers": 1}, "should be a valid context object"),
    ({"timeout": 3}, None),  # found when it is iterated
]


@pytest.mark.parametrize(("options", "words"), REFUSED, ids=str)
def test_refusals_are_pytorchs(torch, options, words):
    with pytest.raises(Exception, match=words) as wanted:
        iter(torch.utils.data.DataLoader(range(4), **options))
    with pytest.raises(wanted.type, match=words):
        iter(DataLoader(Numbers(4), **options))


@pytest.mark.parametrize("options", [{"shuffle": True}, {"sampler": [1]}, {"batch_sampler": [[1]]}], ids=str)
def test_streams_have_no_order(torch, options):
    words = f"expected unspecified {next(iter(options))} option"
    for module in (torch.utils.data, data):
        with pytest.raises(ValueError, match=words):
            module.DataLoader(stream_for(module), **options)
        assert list(module.DataLoader(stream_for(module), shuffle=False))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"worker_type": "fiber"}, "worker_type option should be 'process' or 'thread', but got 'fiber'"),
        ({"worker_type": "thread", "num_workers": 1, "multiprocessing_context": "spawn"}, "worker_type='thread'"),
        ({"prefetch_factor": 0, "num_workers": 1}, "prefetch_factor option should be positive"),
    ],
    ids=str,
)
def test_refusals_of_our_own(options, words):
    with pytest.raises(ValueError, match=words):
        DataLoader(Numbers(4), **options)


def test_what_is_settled_stays_so():
    loader = DataLoader(Numbers(4), num_workers=1, multiprocessing_context="spawn")
    for name in ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"):
        with pytest.raises(ValueError, match=f"{name} attribute should not be set"):
            setattr(loader, name, None)
    loader.num_workers, loader.multiprocessing_context = 0, None
    assert loader.multiprocessing_context is None and lists(loader) == [[0], [1], [2], [3]]
    context = multiprocessing.get_context("spawn")
    assert DataLoader(Numbers(4), num_workers=1, multiprocessing_context=context).multiprocessing_context is context


def test_shuffled_batches():
    loader = DataLoader(Numbers(40), 4, shuffle=True)
    first, second = lists(loader), lists(loader)
    assert first != second
    for order in (first, second):
        assert sorted(itertools.chain(*order)) == list(range(40))
    ag.manual_seed(0)  # as the tests begin
    assert (lists(loader), lists(loader)) == (first, second)


def test_a_generator_gives_the_order():
    def order(seed):
        generator = ag.Generator().manual_seed(seed)
        return lists(DataLoader(Numbers(40), 4, shuffle=True, generator=generator))

    assert order(1) == order(1) != order(2)


def test_samples_of_many_kinds():
    batch = next(iter(DataLoader(Mixed(), 2)))
    assert batch["array"].shape == (2, 3, 50) and batch["array"].dtype == ag.float32
    assert batch["tensor"].dtype == ag.bfloat16 and batch["name"] == ["0", "1"]
    assert batch["n"][0].tolist() == [0, 1] and batch["n"][1].dtype == ag.float64


def test_lengths():
    iterator = iter(DataLoader(Numbers(10), 4))
    assert len(iterator) == 3  # what progress bars ask for
    with pytest.raises(TypeError):
        len(DataLoader(Numbers(3), sampler=iter([1, 2])))
    with pytest.raises(TypeError):
        len(DataLoader(stream_without_length()))


def stream_without_length():
    class Stream(data.IterableDataset):
        def __iter__(self):
            return iter(range(3))

    return Stream()


def test_a_progress_bar():
    tqdm = pytest.importorskip("tqdm")
    with open("/dev/null", "w") as nowhere:
        bar = tqdm.tqdm(DataLoader(Numbers(10), 4), file=nowhere)
        assert bar.total == 3 and len(list(bar)) == 3


def test_more_samples_than_said_are_warned_of():
    class Liar(Shared):
        def __len__(self):
            return 2

    loader = DataLoader(Liar(4))
    assert len(list(loader)) == 4
    assert len(loader) == 2
    with pytest.warns(UserWarning, match="was reported to be 2 .* but [34] samples have been fetched") as warned:
        list(loader)
    assert len(warned) == 2 and warned[0].filename == __file__


def test_pinning_without_a_gpu_is_warned_of():
    loader = DataLoader(Numbers(2), pin_memory=True)
    with pytest.warns(UserWarning, match="no accelerator is found") as warned:
        assert len(list(loader)) == 2
    assert warned[0].filename == __file__


def test_pinning_with_a_gpu(cuda):
    class Pins:
        def pin_memory(self):
            return "pinned"

    assert list(DataLoader(Numbers(2), pin_memory=True, collate_fn=lambda batch: Pins())) == ["pinned"] * 2


def test_many_workers_are_warned_of():
    with pytest.warns(UserWarning, match="will create 10000 worker processes") as warned:
        DataLoader(Numbers(2), num_workers=10_000)
    assert warned[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        DataLoader(Numbers(2), num_workers=10_000, worker_type="thread")


def test_there_is_no_worker_here():
    assert data.get_worker_info() is None
    assert list(DataLoader(Who(), batch_size=None)) == [None] * 8


def test_loops_within_loops():
    loader = DataLoader(Numbers(3))
    assert [(a.item(), b.item()) for a in loader for b in loader] == [(a, b) for a in range(3) for b in range(3)]


def test_batches_are_trained_on():
    x = ag.randn(64, 3)
    loader = DataLoader(TensorDataset(x, (x @ ag.tensor([1.0, 2.0, 3.0]))), 16, shuffle=True)
    model = ag.nn.Linear(3, 1)
    step = ag.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(40):
        for inputs, targets in loader:
            loss = ((model(inputs)[:, 0] - targets) ** 2).mean()
            step.zero_grad()
            loss.backward()
            step.step()
    assert loss.item() < 1e-3


def test_pytorch_habits():
    program = (
        "import autograd_core as torch\n"
        "from autograd_core.utils.data import DataLoader, Dataset, TensorDataset, random_split\n"
        "from autograd_core.utils.data.sampler import SubsetRandomSampler\n"
        "from autograd_core.utils.data.dataset import Subset\n"
        "from autograd_core.utils.data.distributed import DistributedSampler\n"
        "from autograd_core.utils.data.dataloader import default_collate\n"
        "import autograd_core.utils.data as data\n"
        "assert torch.utils.data is data is torch.data\n"
        "assert data.sampler.SubsetRandomSampler is SubsetRandomSampler is data.SubsetRandomSampler\n"
        "assert data.dataset.Subset is Subset and data.dataloader.default_collate is data.default_collate\n"
        "print(data.__spec__.name, len(torch.utils.data.DataLoader(TensorDataset(torch.zeros(4, 2)), batch_size=2)))\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("autograd_core.data 2\n", "")


def test_every_name_of_pytorchs_is_there_but_pipes(torch):
    pipes = {
        "DFIterDataPipe", "DataChunk", "IterDataPipe", "MapDataPipe", "argument_validation", "functional_datapipe",
        "guaranteed_datapipes_determinism", "non_deterministic", "runtime_validation", "runtime_validation_disabled",
        "_DatasetKind",
    }  # fmt: skip
    assert set(torch.utils.data.__all__) - pipes <= set(data.__all__)
    assert [name for name in data.__all__ if not hasattr(data, name)] == []


def test_a_collating_function_gets_the_samples():
    seen = []
    list(DataLoader(Numbers(3), 2, collate_fn=seen.append))
    assert seen == [[0, 1], [2]]
    assert default_collate([np.ones(2)]).shape == (1, 2)
