"""Samplers, beside PyTorch's: the same lengths, batches and errors, in orders of our own generators."""

from __future__ import annotations

import collections
import itertools

import pytest

import autograd_core as ag
from autograd_core import data


def twins(torch):
    return (data, torch.utils.data)


def test_in_order():
    sampler = data.SequentialSampler(range(4))
    assert list(sampler) == [0, 1, 2, 3] and len(sampler) == 4


@pytest.mark.parametrize("num_samples", [None, 3, 10, 25])
@pytest.mark.parametrize("replacement", [False, True])
def test_at_random(torch, replacement, num_samples):
    for module in twins(torch):
        drawn = list(sampler := module.RandomSampler(range(10), replacement, num_samples))
        assert len(drawn) == len(sampler) == (num_samples or 10)
        assert set(drawn) <= set(range(10))
        if not replacement:
            whole = [sorted(drawn[i : i + 10]) for i in range(0, len(drawn) - 9, 10)]
            assert all(part == list(range(10)) for part in whole)
            assert max(collections.Counter(drawn).values()) == -(-len(drawn) // 10)


def test_many_with_replacement_are_even():
    counts = collections.Counter(data.RandomSampler(range(5), replacement=True, num_samples=10_000))
    assert sum(counts.values()) == 10_000 and all(1800 < counts[i] < 2200 for i in range(5))


def test_the_order_is_the_generators():
    def order(seed):
        return list(data.RandomSampler(range(50), generator=ag.Generator().manual_seed(seed)))

    assert order(1) == order(1) != order(2)
    sampler = data.RandomSampler(range(50))
    ag.manual_seed(1)
    first, second = list(sampler), list(sampler)
    assert first != second
    ag.manual_seed(1)
    assert (list(sampler), list(sampler)) == (first, second)


@pytest.mark.parametrize("replacement", [False, True])
def test_the_order_does_not_depend_on_what_is_drawn_between(replacement):
    def order(between):
        ag.manual_seed(1)
        found = []
        for index in data.RandomSampler(range(50), replacement, num_samples=5000):
            found.append(index)
            between()
        return found

    assert order(lambda: None) == order(lambda: ag.rand(1))


def test_a_part_at_random():
    sampler = data.SubsetRandomSampler([5, 7, 9, 30])
    orders = {tuple(sampler) for _ in range(20)}
    assert len(orders) > 1 and {tuple(sorted(order)) for order in orders} == {(5, 7, 9, 30)}
    assert len(sampler) == 4


def test_by_weight():
    drawn = collections.Counter(data.WeightedRandomSampler([0.0, 1.0, 3.0], 8000))
    assert drawn[0] == 0 and 5700 < drawn[2] < 6300
    assert sorted(data.WeightedRandomSampler([1.0, 1.0, 3.0], 3, replacement=False)) == [0, 1, 2]
    assert len(data.WeightedRandomSampler([1.0], 7)) == 7
    weights = ag.tensor([1.0, 2.0])
    draws = [
        list(data.WeightedRandomSampler(weights, 20, generator=ag.Generator().manual_seed(seed))) for seed in (1, 1, 2)
    ]
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize(("count", "size", "drop_last"), [*itertools.product([0, 1, 7, 8, 9], [1, 4], [False, True])])
def test_batches(torch, count, size, drop_last):
    ours, theirs = (module.BatchSampler(range(count), size, drop_last) for module in twins(torch))
    assert list(ours) == list(theirs) and len(ours) == len(theirs)


def test_batches_of_any_iterable():
    assert list(data.BatchSampler((c for c in "abcde"), 2, False)) == [["a", "b"], ["c", "d"], ["e"]]


@pytest.mark.parametrize(
    ("name", "args", "words"),
    [
        ("RandomSampler", ([], False), "num_samples should be a positive integer"),
        ("RandomSampler", ([1], False, 0), "num_samples should be a positive integer"),
        ("RandomSampler", ([1], False, 2.5), "num_samples should be a positive integer"),
        ("RandomSampler", ([1], "yes"), "replacement should be a boolean"),
        ("WeightedRandomSampler", ([1.0], 0), "num_samples should be a positive integer"),
        ("WeightedRandomSampler", ([1.0], True), "num_samples should be a positive integer"),
        ("WeightedRandomSampler", ([1.0], 1, 1), "replacement should be a boolean"),
        ("WeightedRandomSampler", ([[1.0]], 1), "weights should be a 1d sequence"),
        ("BatchSampler", ([1], 0, False), "batch_size should be a positive integer"),
        ("BatchSampler", ([1], True, False), "batch_size should be a positive integer"),
        ("BatchSampler", ([1], 2, "no"), "drop_last should be a boolean"),
        ("DistributedSampler", ([1, 2], 2, 2), "rank should be in the interval"),
    ],
)
def test_refusals_are_pytorchs(torch, name, args, words):
    ours, theirs = (getattr(module, name) for module in twins(torch))
    with pytest.raises(Exception, match=words) as wanted:
        theirs(*args)
    with pytest.raises(wanted.type, match=words):
        ours(*args)


def test_a_base_class_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="implement __iter__"):
        iter(data.Sampler())
    with pytest.raises(TypeError):
        len(data.Sampler())


@pytest.mark.parametrize(
    ("count", "replicas", "drop_last"), [*itertools.product([0, 1, 2, 7, 8, 9], [1, 3, 5], [False, True])]
)
def test_shares_of_processes(torch, count, replicas, drop_last):
    if count == 0 and not drop_last:
        return
    for rank in range(replicas):
        options = {"num_replicas": replicas, "rank": rank, "shuffle": False, "drop_last": drop_last}
        ours, theirs = (module.DistributedSampler(range(count), **options) for module in twins(torch))
        assert list(ours) == list(theirs) and len(ours) == len(theirs)


def test_shares_are_of_one_order():
    shares = [data.DistributedSampler(range(9), 3, rank, seed=5) for rank in range(3)]
    first = [list(share) for share in shares]
    assert sorted(itertools.chain(*first)) == list(range(9)) != list(itertools.chain(*zip(*first)))
    for share in shares:
        share.set_epoch(1)
    second = [list(share) for share in shares]
    assert second != first and sorted(itertools.chain(*second)) == list(range(9))
    with pytest.raises(RuntimeError, match="requires num_replicas and rank"):
        data.DistributedSampler(range(9))
