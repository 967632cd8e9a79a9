"""Data sets and what puts them together, beside PyTorch's."""

from __future__ import annotations

import pytest

import autograd_core as ag
from autograd_core.data import (
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from autograd_core.data.datasets import gatherer_of
from tests.data.samples import Numbers, Shared


def pairs(count: int = 6) -> TensorDataset:
    return TensorDataset(ag.arange(2 * count).reshape(count, 2), ag.arange(count))


def plain(batch):
    """Return a batch with its tensors as lists."""
    if isinstance(batch, dict):
        return {key: plain(value) for key, value in batch.items()}
    if isinstance(batch, list | tuple):
        return [plain(value) for value in batch]
    return batch.tolist()


def by_sample(dataset, indices):
    """Return the batch that a subclass gets which changes nothing, and which nobody can know to change nothing."""

    class Own(Dataset):
        def __getitem__(self, index):
            return dataset[index]

    return next(iter(DataLoader(Own(), batch_sampler=[indices])))


# ---- what they hold ----


def test_samples_of_tensors():
    data = pairs()
    assert plain(data[1]) == [[2, 3], 1]
    assert plain(data[-1]) == [[10, 11], 5]
    assert plain(data[1:3]) == [[[2, 3], [4, 5]], [1, 2]]
    assert len(data) == 6


@pytest.mark.parametrize("shapes", [[(3,), (4,)], [(3,), ()], []])
def test_tensors_that_do_not_fit(shapes):
    with pytest.raises(AssertionError, match="Size mismatch between tensors"):
        TensorDataset(*(ag.zeros(shape) for shape in shapes))


def test_what_is_no_tensor():
    with pytest.raises(TypeError, match=r"tensors\[1\] is list; wanted a Tensor"):
        TensorDataset(ag.zeros(2), [1, 2])


def test_a_stack():
    by_place, by_name = StackDataset(Numbers(6), pairs()), StackDataset(n=Numbers(6), p=pairs())
    assert plain(by_place[1][1]) == [[2, 3], 1] and by_place[1][0] == 1
    assert by_name[2]["n"] == 2 and len(by_name) == 6
    assert [sample["n"] for sample in by_name.__getitems__([4, 0])] == [4, 0]
    assert plain(next(iter(DataLoader(by_name, 2)))) == {"n": [0, 1], "p": [[[0, 1], [2, 3]], [0, 1]]}


@pytest.mark.parametrize(
    ("args", "kwargs", "words"),
    [
        ((), {}, "at least one dataset"),
        ((Numbers(2),), {"b": Numbers(2)}, "both tuple- and dict-like"),
        ((Numbers(2), Numbers(3)), {}, "Size mismatch between datasets"),
        ((), {"a": Numbers(2), "b": Numbers(3)}, "Size mismatch between datasets"),
    ],
)
def test_a_stack_that_does_not_stand(args, kwargs, words):
    with pytest.raises(ValueError, match=words):
        StackDataset(*args, **kwargs)


class Short(Numbers):
    def __getitems__(self, indices):
        return indices[1:]


def test_a_stack_asks_for_samples_together_and_counts_them():
    with pytest.raises(ValueError, match=r"output size mismatch. Expected 2, got 1"):
        StackDataset(Short(3), Numbers(3)).__getitems__([0, 1])


def test_a_concatenation():
    data = Numbers(3) + Numbers(2) + Numbers(4)
    assert isinstance(data, ConcatDataset)
    assert [data[i] for i in range(len(data))] == [0, 1, 2, 0, 1, 0, 1, 2, 3]
    assert [data[-i] for i in range(1, 10)] == [3, 2, 1, 0, 1, 0, 2, 1, 0]
    assert ConcatDataset([Numbers(3), Numbers(2)]).cumulative_sizes == [3, 5]
    with pytest.raises(IndexError):
        data[9]
    with pytest.raises(ValueError, match="absolute value of index"):
        data[-10]


def test_concatenations_that_are_none():
    with pytest.raises(AssertionError, match="empty iterable"):
        ConcatDataset([])
    with pytest.raises(AssertionError, match="does not support IterableDataset"):
        ConcatDataset([Shared()])


def test_a_chain():
    data = Shared(2) + Shared(3)
    assert isinstance(data, ChainDataset) and isinstance(data, IterableDataset)
    assert list(data) == [0, 1, 0, 1, 2] and len(data) == 5
    with pytest.raises(AssertionError, match="only supports IterableDataset"):
        list(ChainDataset([Shared(2), Numbers(2)]))
    with pytest.raises(AssertionError, match="only supports IterableDataset"):
        len(ChainDataset([Numbers(2)]))


def test_a_subset():
    data = Subset(pairs(), [5, 0, -2])
    assert [plain(data[i])[1] for i in range(3)] == [5, 0, 4]
    assert plain(data[[0, 2]])[1] == [5, 4]
    assert len(data) == 3
    assert Subset(Numbers(), [7, 3]).__getitems__([1, 0]) == [3, 7]


def test_a_subset_of_ones_own_has_both_ways_in():
    class Half(Subset):
        def __getitem__(self, index):
            return super().__getitem__(index)

    class Whole(Half):
        def __getitems__(self, indices):
            return [self[index] for index in indices]

    with pytest.raises(NotImplementedError, match="Half overrides __getitem__ but not __getitems__"):
        Half(Numbers(), [1])
    assert Whole(Numbers(), [1])[0] == 1


def test_base_classes_say_what_is_missing():
    class Nothing(Dataset):
        pass

    class Neither(IterableDataset):
        pass

    with pytest.raises(NotImplementedError, match="Nothing: subclasses of Dataset should implement __getitem__"):
        Nothing()[0]
    with pytest.raises(NotImplementedError, match="Neither: subclasses of IterableDataset should implement __iter__"):
        iter(Neither())
    assert Dataset[int] is not None  # generic, for annotations


# ---- splits ----

LENGTHS = [[4, 6], [10, 0], [0.5, 0.5], [0.3, 0.3, 0.4], [0.33, 0.33, 0.34], [1 / 3, 1 / 3, 1 / 3], [1]]


@pytest.mark.parametrize("lengths", LENGTHS[:-1])
def test_splits_are_as_long_as_pytorchs(torch, lengths):
    ours, theirs = random_split(Numbers(10), lengths), torch.utils.data.random_split(range(10), lengths)
    assert [len(part) for part in ours] == [len(part) for part in theirs]
    assert sorted(sample for part in ours for sample in part) == list(range(10))


def test_a_split_is_drawn_from_the_generator():
    def split(generator=None):
        return [part.indices for part in random_split(Numbers(50), [20, 30], generator)]

    assert split(ag.Generator().manual_seed(1)) == split(ag.Generator().manual_seed(1)) != split()
    ag.manual_seed(4)
    first = split()
    ag.manual_seed(4)
    assert split() == first


@pytest.mark.parametrize(
    ("lengths", "words"), [([3, 4], "Sum of input lengths does not equal"), ([1.5, -0.5], "not between 0 and 1")]
)
def test_splits_that_do_not_add_up(torch, lengths, words):
    for split, data in ((random_split, Numbers(10)), (torch.utils.data.random_split, range(10))):
        with pytest.raises(ValueError, match=words):
            split(data, lengths)


def test_an_empty_part_is_warned_of():
    with pytest.warns(UserWarning, match="Length of split at index 1 is 0"):
        random_split(Numbers(1), [0.9, 0.1])


# ---- whole batches ----


@pytest.mark.parametrize(
    "data",
    [
        pairs(),
        Subset(pairs(), [5, 0, 3, 2]),
        Subset(Subset(pairs(), [5, 0, 3, 2]), ag.tensor([3, 2, 1, 0])),
        StackDataset(pairs(), Subset(pairs(12), list(range(6, 12)))),
        StackDataset(a=pairs(), b=pairs()),
        TensorDataset(ag.arange(12.0).reshape(3, 4).T),
        TensorDataset(ag.arange(6, dtype=ag.bfloat16)),
    ],
)
def test_batches_made_at_once_are_those_of_the_samples(data):
    assert gatherer_of(data) is not None
    for indices in ([2, 0, 1], [-1, 0], [3, 3, 3], [0]):
        (batch,) = DataLoader(data, batch_sampler=[indices])
        assert plain(batch) == plain(by_sample(data, indices))
        assert type(batch) is type(by_sample(data, indices))


def test_a_batch_is_a_copy():
    x = ag.zeros(4, 2)
    (batch,) = next(iter(DataLoader(TensorDataset(x), 4)))
    batch += 1
    assert x.sum() == 0


def test_a_batch_of_rows_that_require_grad_is_differentiated():
    x = ag.ones(4, 2, requires_grad=True)
    (batch,) = next(iter(DataLoader(TensorDataset(x), batch_sampler=[[1, 1, 3]])))
    batch.sum().backward()
    assert x.grad.tolist() == [[0, 0], [2, 2], [0, 0], [1, 1]]


def test_an_index_out_of_range_is_the_samples_error():
    with pytest.raises(IndexError, match="6"):
        list(DataLoader(pairs(), batch_sampler=[[0, 6]]))
    with pytest.raises(IndexError):
        list(DataLoader(Subset(pairs(), [0, 1]), batch_sampler=[[0, 2]]))


def test_odd_indices_go_the_way_of_samples():
    assert plain(next(iter(DataLoader(pairs(), batch_sampler=[[True, True]]))))[1] == [[[0, 1, 2, 3, 4, 5]]] * 2
    assert plain(next(iter(DataLoader(pairs(), batch_sampler=[[ag.tensor(2), ag.tensor(0)]]))))[1] == [2, 0]


class Doubled(TensorDataset):
    def __getitem__(self, index):
        return tuple(2 * part for part in super().__getitem__(index))


class Together(TensorDataset):
    def __getitems__(self, indices):
        return [(ag.tensor(7),) for _ in indices]


def test_a_subclass_is_asked_for_what_it_changes():
    assert plain(next(iter(DataLoader(Doubled(ag.arange(3)), 3)))) == [[0, 2, 4]]
    assert plain(next(iter(DataLoader(Subset(Doubled(ag.arange(3)), [2, 1]), 2)))) == [[4, 2]]
    assert plain(next(iter(DataLoader(Together(ag.arange(3)), 3)))) == [[7, 7, 7]]


def test_tensors_on_a_gpu_stay_there(cuda):
    with ag.device("cuda"):
        data = TensorDataset(ag.arange(6.0))
    (batch,) = next(iter(DataLoader(data, batch_sampler=[[3, 1]])))
    assert batch.device.type == "cuda" and batch.tolist() == [3, 1]
