"""Batches of every kind of sample are those that PyTorch makes."""

from __future__ import annotations

import collections
from collections import OrderedDict, UserDict, UserList
from types import MappingProxyType

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import data
from autograd_core.data import collating

Point = collections.namedtuple("Point", ["x", "y"])

# (what makes the samples of one library, whatever it is)
BATCHES = {
    "tensors": lambda lib: [lib.arange(6.0).reshape(2, 3), lib.ones(2, 3)],
    "scalars": lambda lib: [lib.tensor(1), lib.tensor(2)],
    "no elements": lambda lib: [lib.zeros(0, 3), lib.zeros(0, 3)],
    "dtypes": lambda lib: [lib.zeros(2), lib.ones(2, dtype=lib.float64)],
    "half": lambda lib: [lib.zeros(2, dtype=lib.bfloat16), lib.ones(2, dtype=lib.bfloat16)],
    "complex": lambda lib: [lib.zeros(2, dtype=lib.complex64), lib.ones(2, dtype=lib.complex64)],
    "views": lambda lib: [lib.arange(6).reshape(2, 3).T, lib.arange(6).reshape(3, 2)],
    "one": lambda lib: [lib.ones(3)],
    "parameters": lambda lib: [lib.nn.Parameter(lib.ones(3)), lib.nn.Parameter(lib.zeros(3))],
    "arrays": lambda lib: [np.zeros((2, 2), np.float32), np.ones((2, 2), np.float32)],
    "arrays of no dimension": lambda lib: [np.array(1), np.array(2)],
    "arrays' dtypes": lambda lib: [np.zeros(2, np.float32), np.ones(2)],
    "integers and floats": lambda lib: [np.zeros(2, np.int64), np.ones(2, np.float32)],
    "ints": lambda lib: [1, 2**40, -3],
    "bools": lambda lib: [True, False],
    "bool and int": lambda lib: [True, 2],
    "floats": lambda lib: [1.5, 2.5],
    "float first": lambda lib: [1.5, 2],
    "int first": lambda lib: [1, 2.5],
    "numpy floats": lambda lib: [np.float32(1), np.float32(2)],
    "numpy doubles": lambda lib: [np.float64(1), np.float64(2)],
    "numpy ints": lambda lib: [np.int16(1), np.int16(2)],
    "numpy bools": lambda lib: [np.bool_(True), np.bool_(False)],
    "numpy mixed": lambda lib: [np.float32(1), np.float64(2)],
    "texts": lambda lib: ["a", "b"],
    "bytes": lambda lib: [b"a", b"b"],
    "tuples": lambda lib: [(1, "a", lib.ones(2)), (2, "b", lib.zeros(2))],
    "lists": lambda lib: [[1, 2.0], [3, 4.0]],
    "named tuples": lambda lib: [Point(1, lib.ones(2)), Point(2, lib.zeros(2))],
    "dicts": lambda lib: [{"a": 1, "b": [1, 2]}, {"a": 3, "b": [4, 5]}],
    "ordered dicts": lambda lib: [OrderedDict(b=1, a=2), OrderedDict(b=3, a=4)],
    "dicts of a user": lambda lib: [UserDict(a=1), UserDict(a=2)],
    "lists of a user": lambda lib: [UserList([1, 2]), UserList([3, 4])],
    "read-only dicts": lambda lib: [MappingProxyType({"a": 1}), MappingProxyType({"a": 2})],
    "default dicts": lambda lib: [collections.defaultdict(int, a=1), collections.defaultdict(int, a=2)],
    "ranges": lambda lib: [range(2), range(2, 4)],
    "empty tuples": lambda lib: [(), ()],
    "nested": lambda lib: [{"a": (1, [2.0, {"b": "c"}])}, {"a": (3, [4.0, {"b": "d"}])}],
}
REFUSED = {
    "None": lambda lib: [None, None],
    "objects": lambda lib: [object(), object()],
    "sets": lambda lib: [{1}, {2}],
    "arrays of texts": lambda lib: [np.array(["a"]), np.array(["b"])],
    "lengths": lambda lib: [[1, 2], [3]],
    "shapes": lambda lib: [lib.zeros(2), lib.zeros(3)],
    "arrays' shapes": lambda lib: [np.zeros(2), np.zeros(3)],
    "shapes of one size": lambda lib: [lib.zeros(2, 3), lib.zeros(3, 2)],
    "no elements": lambda lib: [lib.zeros(0, 3), lib.zeros(0, 4)],
    "keys": lambda lib: [{"a": 1}, {"b": 2}],
}
SINGLE = {
    "array": np.arange(3), "scalar": np.float32(2), "int": 3, "float": 2.5, "text": "a", "numpy text": np.str_("a"),
    "bytes": b"a", "texts": np.array(["a"]), "tuple": (1, np.zeros(2)), "list": [np.zeros(2), "a"], "none": None,
    "dict": {"a": np.ones(1), "b": 2}, "named tuple": Point(1, np.array(2)), "range": range(3), "set": {1},
    "no dimension": np.array(3), "user": UserDict(a=np.ones(2)), "mapping": MappingProxyType({"a": np.ones(2)}),
}  # fmt: skip


def told(value, lib):
    """Return what a batch is: types, dtypes, shapes and numbers, in words that do not name the library."""
    if isinstance(value, lib.Tensor):
        shown = value.detach().float() if value.dtype is lib.bfloat16 else value.detach()
        return str(value.dtype).removeprefix("torch.").removeprefix("ag."), tuple(value.shape), shown.tolist()
    if isinstance(value, collections.abc.Mapping):
        return type(value), [(key, told(value[key], lib)) for key in value]
    if isinstance(value, list | tuple | UserList):
        return type(value), [told(item, lib) for item in value]
    return type(value), str(value)


@pytest.mark.parametrize("name", BATCHES)
def test_batches_are_pytorchs(torch, name):
    make = BATCHES[name]
    wanted = told(torch.utils.data.default_collate(make(torch)), torch)
    assert told(data.default_collate(make(ag)), ag) == wanted


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_are_pytorchs(torch, name):
    make = REFUSED[name]
    with pytest.raises(Exception) as wanted:
        torch.utils.data.default_collate(make(torch))
    with pytest.raises(wanted.type):
        data.default_collate(make(ag))


@pytest.mark.parametrize("name", SINGLE)
def test_single_samples_are_pytorchs(torch, name):
    value = SINGLE[name]
    assert told(data.default_convert(value), ag) == told(torch.utils.data.default_convert(value), torch)


def test_a_single_sample_is_not_copied():
    array = np.zeros(3)
    data.default_convert([array])[0][:] = 1
    assert array.tolist() == [1, 1, 1]
    tensor = ag.ones(2)
    assert data.default_convert(tensor) is tensor


def test_a_batch_is_a_copy():
    for sample in (ag.zeros(3), np.zeros(3)):
        data.default_collate([sample])[:] = 1
        assert sample.sum() == 0


def test_a_batch_of_tensors_that_require_grad_is_differentiated():
    x = ag.ones(2, requires_grad=True)
    data.default_collate([x, 2 * x]).sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_an_error_says_what_to_do():
    with pytest.raises(ag.errors.DTypeError, match=r"found <class 'set'>. Give the DataLoader a collate_fn"):
        data.default_collate([{1}])


class Odd:
    pass


def test_functions_of_ones_own_by_type(monkeypatch):
    def count(batch, *, collate_fn_map):
        return len(batch)

    assert collating.collate([(Odd(), 1)] * 3, collate_fn_map={Odd: count, int: count}) == [3, 3]
    with pytest.raises(TypeError):
        collating.collate([1, 2], collate_fn_map={str: count})
    monkeypatch.setitem(collating.default_collate_fn_map, Odd, count)
    assert data.default_collate([Odd()]) == 1
    monkeypatch.setitem(collating.default_collate_fn_map, ag.Tensor, count)
    assert data.default_collate([np.zeros(2)]) == 1
    loader = data.DataLoader(data.TensorDataset(ag.zeros(4, 2)), 4)
    assert list(loader) == [[4]]  # the way of whole batches is not taken


def test_what_is_made_is_on_the_cpu_and_what_is_on_the_gpu_stays(cuda):
    with ag.device("cuda"):
        there = ag.ones(2)
        for samples in ([1, 2], [1.0, 2.0], [np.ones(2), np.zeros(2)], [np.float32(1), np.float32(2)], [1, 2.5]):
            assert data.default_collate(samples).device.type == "cpu"
        assert data.default_convert(np.ones(2)).device.type == "cpu"
    assert data.default_collate([there, there]).device.type == "cuda"


def test_pinning():
    class Pins:
        def __init__(self, pinned=False):
            self.pinned = pinned

        def pin_memory(self):
            return Pins(True)

    tensor = ag.ones(2)
    batch = collating.pinned({"a": [Pins(), "text"], "b": (Pins(), 1), "c": Point(Pins(), tensor), "d": None})
    assert batch["a"][0].pinned and batch["b"][0].pinned and batch["c"].x.pinned
    assert batch["a"][1] == "text" and batch["b"][1] == 1 and batch["c"].y is tensor and batch["d"] is None
    assert type(batch["b"]) is tuple and type(batch["c"]) is Point
