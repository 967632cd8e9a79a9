"""Containers: as lists and dictionaries of modules or parameters, as PyTorch's."""

from __future__ import annotations

from collections import OrderedDict

import pytest

import autograd_core as ag
import nn
from tests.nn.twin import array


def names(module):
    return [name for name, _ in module.named_children()]


def test_sequential_chains():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    x = ag.ones(4, 2)
    assert array(net(x) - net[1](net[0](x))).any() == False  # noqa: E712
    assert nn.Sequential()(x) is x
    named = nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh()))
    assert names(named) == ["a", "b"]
    assert names(named[1:]) == ["b"]
    assert named[-1] is named.b


@pytest.mark.parametrize("kind", ["Sequential", "ModuleList"])
def test_rows_of_modules_are_lists(torch, kind):
    def run(nn):
        """Do the same with a list of layers and note what it looks like after each step."""
        row = nn.Sequential(nn.ReLU(), nn.Tanh()) if kind == "Sequential" else nn.ModuleList([nn.ReLU(), nn.Tanh()])
        seen = []

        def note():
            seen.append(([f"{n} {type(m).__name__}" for n, m in row.named_children()], len(row)))

        for step in (
            lambda: row.append(nn.Sigmoid()),
            lambda: row.extend([nn.ReLU(), nn.SiLU()]),
            lambda: row.insert(1, nn.GELU()),
            lambda: row.insert(0, nn.ELU()),
            lambda: row.__setitem__(-1, nn.Softsign()),
            lambda: row.pop(0),
            lambda: row.__delitem__(slice(0, 4, 2)),
            lambda: row.__delitem__(-1),
        ):
            step()
            note()
        seen.append(repr(row[:2]))
        seen.append(repr(row + type(row)(*([nn.ReLU()] if kind == "Sequential" else [[nn.ReLU()]]))))
        row += type(row)(*([nn.Tanh()] if kind == "Sequential" else [[nn.Tanh()]]))
        note()
        return seen

    import nn

    assert run(nn) == run(torch.nn)


def test_sequentials_multiply():
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    assert len(net * 2) == len(2 * net) == 4
    assert (net * 2)[2] is net[0]
    net *= 3
    assert names(net) == ["0", "1", "2", "3", "4", "5"][:2]  # the same two modules, each named once
    assert len(net) == 6
    for wrong, kind, message in [(0, ValueError, "got 0; wanted a positive int"), ("a", TypeError, "got str")]:
        with pytest.raises(kind, match=message):
            net * wrong
    with pytest.raises(ValueError, match="wanted a Sequential"):
        net.__add__([nn.ReLU()])


def test_module_lists_register():
    row = nn.ModuleList(nn.Linear(2, 2) for _ in range(3))
    assert [n for n, _ in row.named_parameters()][:2] == ["0.weight", "0.bias"]
    assert [type(m) for m in row] == [nn.Linear] * 3
    assert row[-1] is row[2]
    assert isinstance(row[1:], nn.ModuleList)


def test_module_dicts_are_dictionaries():
    table = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Linear(2, 2)})
    table["c"] = nn.Tanh()
    table.update([["d", nn.SiLU()], ("a", nn.GELU())])
    table.update(nn.ModuleDict({"e": nn.ELU()}))
    assert list(table) == list(table.keys()) == names(table) == ["a", "b", "c", "d", "e"]
    assert [type(m).__name__ for m in table.values()] == ["GELU", "Linear", "Tanh", "SiLU", "ELU"]
    assert dict(table.items())["b"] is table["b"]
    assert isinstance(table.pop("c"), nn.Tanh)
    del table["d"]
    assert len(table) == 3
    assert "a" in table
    assert "c" not in table
    assert [n for n, _ in table.named_parameters()] == ["b.weight", "b.bias"]
    table.clear()
    assert len(table) == 0
    with pytest.raises(KeyError):
        table["a"]


def test_parameter_lists(torch):
    row = nn.ParameterList([nn.Parameter(ag.ones(2)), ag.zeros(3, 4)])
    row.append(ag.ones(()))
    row += ["not a tensor"]
    assert len(row) == 4
    assert isinstance(row[1], nn.Parameter)
    assert [n for n, _ in row.named_parameters()] == ["0", "1", "2"]
    row[0] = ag.zeros(2)
    assert array(row[0]).tolist() == [0, 0]
    assert len(row[1:3]) == 2
    assert row[-1] == "not a tensor"
    assert [type(value).__name__ for value in row] == ["Parameter"] * 3 + ["str"]
    theirs = torch.nn.ParameterList([torch.zeros(2), torch.zeros(3, 4), torch.ones(()), "not a tensor"])
    assert repr(row).replace("ag.float32", "torch.float32") == repr(theirs)


def test_parameter_dicts():
    table = nn.ParameterDict({"b": ag.ones(2), "a": nn.Parameter(ag.zeros(1))})
    assert list(table) == ["a", "b"]  # a plain dict goes in sorted, as in PyTorch
    table["c"] = ag.ones(3)
    table.update([("d", 4)])
    assert [n for n, _ in table.named_parameters()] == ["a", "b", "c"]
    assert table.get("x", 1) == 1
    assert table.setdefault("d", 9) == 4
    assert table.setdefault("e", ag.ones(1)) is table["e"]
    assert list(reversed(table)) == list(table.keys())[::-1] == ["e", "d", "c", "b", "a"]
    assert table.popitem()[0] == "e"
    assert table.pop("d") == 4
    assert len(table.values()) == len(table.items()) == len(table) == 3
    other = table.copy() | nn.ParameterDict({"z": ag.ones(1)})
    assert list(other) == ["a", "b", "c", "z"]
    assert other["a"] is table["a"]
    table |= {"y": ag.ones(1)}
    assert list({"first": 1, "a": 2} | table) == ["first", "a", "b", "c", "y"]
    assert list(table.fromkeys(["k"], 1).items()) == [("k", 1)]
    del table["y"]
    assert "y" not in table
    assert "(a): Parameter containing: [" in repr(table)
    table.clear()
    assert not list(table.parameters())


def test_containers_refuse_what_does_not_fit():
    row, table = nn.ModuleList([nn.ReLU()]), nn.ModuleDict()
    cases = [
        (IndexError, lambda: row[1], "ModuleList: index 1 is out of range for length 1"),
        (IndexError, lambda: row.insert(3, nn.ReLU()), "ModuleList.insert: index 3 is out of range for length 1"),
        (AssertionError, lambda: row.insert(0, 3), "module is int; wanted an nn.Module"),
        (TypeError, lambda: row.extend(3), "ModuleList.extend: got int; wanted an iterable of modules"),
        (TypeError, lambda: row.append(3), "module '1' is int; wanted an nn.Module or None"),
        (TypeError, lambda: table.update(3), "ModuleDict.update: got int; wanted a mapping or an iterable of pairs"),
        (TypeError, lambda: table.update([3]), "element 0 is int; wanted a (key, value) pair"),
        (ValueError, lambda: table.update([(1, 2, 3)]), "element 0 has length 3; wanted a (key, value) pair"),
        (NotImplementedError, lambda: row(1), 'missing the required "forward"'),
        (TypeError, lambda: nn.ParameterList(ag.ones(2)), "ParameterList.extend: got Tensor; wanted an iterable"),
        (RuntimeError, lambda: nn.ParameterList()(1), "ParameterList: called like a layer"),
        (RuntimeError, lambda: nn.ParameterDict()(1), "ParameterDict: called like a layer"),
        (TypeError, lambda: nn.ParameterDict({1: ag.ones(1)}), "key is int (1); wanted a string"),
        (KeyError, lambda: nn.ParameterDict().popitem(), "it is empty"),
        (KeyError, lambda: nn.ParameterDict()["train"], "train"),
    ]  # fmt: skip
    for kind, call, message in cases:
        with pytest.raises(kind) as caught:
            call()
        assert message in str(caught.value)
