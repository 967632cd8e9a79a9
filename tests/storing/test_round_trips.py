"""What is saved comes back the same: values, types, sharing; what no file can hold is named, and nothing is written."""

from __future__ import annotations

import argparse
import collections
import enum
import functools
import io
import random
from collections import Counter, OrderedDict, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
import nn
import optim
from tests.storing.alike import alike, host, reload

Pair = collections.namedtuple("Pair", "a b")


class Colour(enum.IntEnum):
    RED = 1


VALUES = {
    "none and bools": [None, True, False],
    "ints": [0, -1, 2**53, -(2**53), 2**63, -(2**200), 10**5000],
    "floats": [0.0, -0.0, 1e-310, 0.1, float("inf"), -float("inf"), float("nan")],
    "complex": [1 + 2j, complex(-0.0, float("nan"))],
    "texts": ["", "größe", "\0", "\ud800", "a.b", "__metadata__"],
    "bytes": [b"", b"\0\xff", bytearray(b"xy")],
    "sequences": [(), (1,), [(), []], {1, "a", (2, 3)}, set(), frozenset({None}), range(2, 9, 3), slice(None, 4)],
    "int keys": {0: "a", -1: "b", 2**70: "c"},
    "mixed keys": {1: 1, "1": 2, (1, "x"): 3, None: 4, 2.5: 5, b"k": 6, True + 1: 7},
    "ordered": OrderedDict([("z", 1), ("a", OrderedDict())]),
    "counting": Counter("abca"),
    "defaults": [defaultdict(list, {"a": [1]}), defaultdict(None), defaultdict(dict, {1: {}})],
    "dtypes": [ag.float32, ag.bfloat16, ag.bool, ag.complex128],
    "devices": [ag.device("cpu"), ag.device("cuda", 1)],
    "layouts": [ag.strided, ag.channels_last],
    "size": ag.Size([2, 3]),
    "scalars": [np.float64(0.1), np.int8(-3), np.bool_(True), np.complex64(1j), np.uint64(2**64 - 1)],
    "arrays": [np.arange(3, dtype=np.uint16), np.zeros((0, 2)), np.array(1.5), np.ones((2, 2), complex)],
    "python's random state": random.getstate(),
    "numpy's random state": np.random.RandomState(0).get_state(),
    "numpy's generator": np.random.PCG64(3).state,
}


@pytest.mark.parametrize("name", VALUES)
def test_plain_values_come_back_exactly(name):
    assert alike(reload(VALUES[name]), VALUES[name])


plain = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers()
)  # fmt: skip
keys = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.tuples(st.integers())
tensors = st.sampled_from([ag.float32, ag.int64, ag.bool, ag.bfloat16]).flatmap(
    lambda d: st.sampled_from([(), (0,), (2, 3)]).map(lambda shape: ag.ones(shape, dtype=d))
)
objects = st.recursive(
    plain | tensors,
    lambda inner: (
        st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(keys, inner) | st.sets(st.integers() | st.text())
    ),
)


@given(objects)
def test_any_object_comes_back(obj):
    assert alike(reload(obj), obj)


# ---- tensors ----

LAYOUTS = {
    "0-d": lambda x: x[1, 1, ...],
    "empty": lambda x: x[:0],
    "contiguous": lambda x: x,
    "transposed": lambda x: x.T,
    "strided": lambda x: x[::2, 1::2],
    "backwards": lambda x: x[::-1],
    "expanded": lambda x: np.broadcast_to(x[:1], x.shape),
}
DTYPES = [
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64",
    "complex128",
]  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_and_layout(dtype, layout):
    numbers = np.arange(20).reshape(4, 5) % 3
    array = LAYOUTS[layout](numbers.astype(ag.as_tensor(0, dtype=dtype).numpy().dtype))
    tensor = ag.from_numpy(array.copy(order="K")) if layout != "expanded" else ag.as_tensor(array)
    nested = reload({"a": [array, {"t": tensor}]})
    assert alike(nested["a"][0], np.ascontiguousarray(array).reshape(array.shape))
    assert alike(nested["a"][1]["t"], tensor)
    assert alike(reload({"t": tensor})["t"], tensor)
    assert alike(reload(tensor), tensor)


def test_big_endian_arrays_become_native():
    back = reload({"a": np.arange(3, dtype=">i4")})["a"]
    assert back.dtype == "int32" and back.tolist() == [0, 1, 2]


def test_parameters_and_grad():
    saved = {"p": nn.Parameter(ag.ones(2)), "frozen": nn.Parameter(ag.ones(2), False), "x": ag.ones(2).requires_grad_()}
    saved["y"] = saved["x"] * 2
    back = reload(saved)
    assert alike(back["p"], saved["p"]) and alike(back["frozen"], saved["frozen"]) and alike(back["x"], saved["x"])
    assert back["y"].requires_grad and back["y"].is_leaf


def test_what_is_loaded_can_be_written_to():
    for back in (reload({"a": ag.ones(3)})["a"], reload({"a": [ag.ones(3)]})["a"][0]):
        back += 1
        assert back.tolist() == [2, 2, 2]


def test_generators_go_on_where_they_were():
    generator = ag.Generator().manual_seed(7)
    ag.rand(5, generator=generator)
    back = reload({"g": generator})["g"]
    assert back.initial_seed() == 7
    assert ag.rand(3, generator=back).tolist() == ag.rand(3, generator=generator).tolist()


def test_the_default_generator_goes_on_where_it_was():
    ag.rand(3)
    file = io.BytesIO()
    ag.save({"rng": ag.get_rng_state()}, file)
    wanted = ag.rand(4).tolist()
    file.seek(0)
    ag.set_rng_state(ag.load(file)["rng"])
    assert ag.rand(4).tolist() == wanted


# ---- sharing ----


def shares(a, b):
    return np.shares_memory(a.detach().numpy(), b.detach().numpy())


def test_tied_weights_stay_tied():
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    net[1].weight = net[0].weight
    back = reload(net.state_dict())
    assert shares(back["0.weight"], back["1.weight"]) and not shares(back["0.weight"], back["0.bias"])
    back = reload({"model": net.state_dict(), "ema": [net[0].weight]})
    assert shares(back["model"]["0.weight"], back["model"]["1.weight"])
    assert shares(back["model"]["0.weight"], back["ema"][0])


@pytest.mark.parametrize("flat", [True, False])
def test_views_stay_views(flat):
    base = ag.arange(24.0).reshape(4, 6)
    views = {"wt": base.t(), "base": base, "row": base[1], "cell": base[2, 3], "odd": base[:, 1::2]}
    back = reload(views if flat else {"in": views})
    back = back if flat else back["in"]
    assert all(alike(back[name], view) for name, view in views.items())
    base.fill_(5.0)
    back["base"].fill_(5.0)
    assert all(alike(back[name], view) for name, view in views.items())


def test_views_of_memory_that_is_not_saved_stay_views():
    base = np.arange(10.0)
    parts = {"head": ag.from_numpy(base[:6]), "tail": ag.from_numpy(base[4:]), "other": ag.from_numpy(base[8:]).clone()}
    back = reload({"parts": parts})["parts"]
    assert all(alike(back[name], parts[name]) for name in parts)
    back["head"][5] = 77.0
    assert back["tail"][1] == 77 and not shares(back["tail"], back["other"])


def test_views_of_another_dtype_stay_views():
    numbers = np.arange(4, dtype="float32")
    back = reload({"a": [numbers, numbers.view("int32"), ag.from_numpy(numbers)]})["a"]
    back[0][:] = 0
    assert back[1].tolist() == [0, 0, 0, 0] and back[2].tolist() == [0, 0, 0, 0]


def test_parts_of_a_big_endian_array_stay_parts():
    numbers = np.arange(10, dtype=">f8")
    back = reload({"a": [numbers[:6], numbers[4:]], "b": [numbers.reshape(2, 5)]})
    assert [part.tolist() for part in back["a"]] == [list(range(6)), list(range(4, 10))]
    back["b"][0][1, 0] = 77
    assert back["a"][0][5] == back["a"][1][1] == 77


def test_complex_parts_stay_parts():
    z = ag.ones(3, dtype=ag.complex128)
    back = reload({"a": [z, z.real, z]})["a"]
    back[0].fill_(2.0)
    assert back[1].tolist() == [2, 2, 2] and back[2] is back[0]


def test_neighbours_in_memory_are_separate():
    flat = ag.arange(6.0)
    file = io.BytesIO()
    ag.save({"in": [flat[:3], flat[3:]]}, file)
    assert b'"in.0"' in file.getvalue() and b'"in.1"' in file.getvalue()


def test_the_same_object_is_the_same_again():
    inner, pair = {"x": 1}, (1, [2])
    tensor = ag.ones(2)
    ring = [1]
    ring.append(ring)
    back = reload([inner, inner, pair, pair, tensor, tensor, ring, [], []])
    assert back[0] is back[1] and back[2] is back[3] and back[4] is back[5]
    assert back[6][1] is back[6] and back[7] is not back[8]


def test_many_paths_to_one_object_take_no_time():
    node = [1.0]
    for _ in range(60):
        node = [node, node]
    back = reload(node)
    assert back[0] is back[1]


def test_shared_memory_is_stored_once_in_a_checkpoint_and_under_each_name_in_a_state_dict():
    weight = ag.zeros(1000)
    state = {"a": weight, "b": weight, "c": weight[:500]}

    def size(obj):
        file = io.BytesIO()
        ag.save(obj, file)
        return len(file.getvalue())

    assert size({"model": state}) < 5500 and size(state) > 10000


# ---- names ----


def test_names_that_collide_or_are_reserved():
    a, b, c, d = (ag.full((1,), float(i)) for i in range(4))
    obj = {"a": {"b.c": a}, "a.b": {"c": b}, "__metadata__": c, "": d, "\ud800": ag.zeros(1)}
    assert alike(reload(obj), obj)
    flat = {"__metadata__": c, "": d, "\ud800": a, "memory": b, "tensor": ag.ones(2)}
    assert alike(reload(flat), flat)


def test_the_same_object_gives_the_same_bytes():
    def content(order):
        file = io.BytesIO()
        ag.save({"s": set(order), "w": ag.ones(3)}, file)
        return file.getvalue()

    assert content(["a", "b", "c"]) == content(["c", "b", "a"])


# ---- what no file can hold ----


def looping():
    inner = []
    outer = (inner,)
    inner.append(outer)
    return outer


def deep(levels):
    node = 1
    for _ in range(levels):
        node = [node]
    return node


REFUSED = {
    "function": ({"scheduler": {"lr_lambdas": [abs]}}, r"obj\['scheduler'\]\['lr_lambdas'\]\[0\]: builtin_function"),
    "lambda": ([1, lambda: 1], r"obj\[1\]: function \(a function is code"),
    "partial": ((functools.partial(abs),), r"obj\[0\]: partial \(a function"),
    "class": ({"c": int}, r"obj\['c'\]: type \(a class is code"),
    "module": (nn.Linear(2, 2), r"(?m)^save: no file can hold obj: Linear \(save its state_dict\(\)\)$"),
    "optimiser": ({"o": optim.SGD([nn.Parameter(ag.ones(1))], 0.1)}, r"obj\['o'\]: SGD \(save its state_dict\(\)\)"),
    "lazy": (nn.LazyLinear(2).state_dict(), r"obj\['weight'\]: UninitializedParameter \(.* run the model once\)"),
    "object": ({"args": argparse.Namespace(lr=1)}, r"obj\['args'\]: Namespace \(save vars\(\) of it\)"),
    "named tuple": ([Pair(1, 2)], r"obj\[0\]: Pair \(save it as a plain tuple\)"),
    "enum": ({Colour.RED: 1}, r"the key <Colour.RED: 1> of obj: Colour \(save it as a plain int\)"),
    "factory": (defaultdict(lambda: 1), r"obj: defaultdict \(its default_factory is <function"),
    "objects": ({"a": np.array([None])}, r"obj\['a'\]: ndarray \(its dtype is object\)"),
    "texts": ({"a": np.array(["x"])}, r"obj\['a'\]: ndarray \(its dtype is <U1\)"),
    "loop": (looping(), r"obj\[0\]\[0\]: tuple \(it contains itself\)"),
    "depth": (deep(2000), r"\[0\]: list \(it lies more than 100 levels deep\)"),
    "several": ([print, 1, print, Pair(1, 2)], r"obj\[0\]: .*; obj\[2\]: .*; obj\[3\]: Pair"),
    "many": ([object() for _ in range(9)], r"(?m)obj\[4\]: object; and 4 more$"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_file_can_hold_is_named_and_nothing_written(name, tmp_path):
    obj, message = REFUSED[name]
    path = tmp_path / "x.pt"
    path.write_bytes(b"old")
    with pytest.raises(TypeError, match=message):
        ag.save(obj, path)
    assert [p.name for p in tmp_path.iterdir()] == ["x.pt"] and path.read_bytes() == b"old"
    file = io.BytesIO()
    with pytest.raises(ag.errors.DTypeError):
        ag.save(obj, file)
    assert file.getvalue() == b""


def test_nesting_to_the_limit_works():
    assert alike(reload(deep(100)), deep(100))


def test_long_lists_belong_into_tensors(monkeypatch):
    monkeypatch.setattr("autograd_core.storing.tensor_file.LONGEST", 1000)
    with pytest.raises(TypeError, match="make tensors of long lists"):
        ag.save([0.5] * 1000, io.BytesIO())


# ---- files ----


def test_paths_and_file_objects(tmp_path):
    obj = {"a": [ag.ones(2), 1]}
    for path in (tmp_path / "a.pt", str(tmp_path / "b"), bytes(tmp_path / "c.ckpt")):
        ag.save(obj, path)
        assert alike(ag.load(path), obj)
        assert alike(ag.load(path, mmap=True), obj)
    with open(tmp_path / "d", "wb") as file:
        file.write(b"before")
        ag.save(obj, file)
    with open(tmp_path / "d", "rb") as file:
        file.read(6)
        assert alike(ag.load(file), obj)


def test_a_file_that_cannot_be_sought_in():
    class Pipe(io.RawIOBase):
        def __init__(self, content):
            self.inner = io.BytesIO(content)

        def readable(self):
            return True

        def readinto(self, buffer):
            return self.inner.readinto(buffer)

    file = io.BytesIO()
    ag.save([ag.ones(2)], file)
    assert alike(ag.load(Pipe(file.getvalue())), [ag.ones(2)])


def test_what_is_no_file():
    for f in (3, None, ["x"]):
        with pytest.raises(TypeError, match="wanted a path"):
            ag.save({}, f)
        with pytest.raises(TypeError, match="wanted a path"):
            ag.load(f)
    with pytest.raises(TypeError, match="open it with 'rb'"):
        ag.load(io.StringIO("x"))
    with pytest.raises(TypeError, match="mmap=True needs f to be a path"):
        ag.load(io.BytesIO(), mmap=True)
    with pytest.raises(TypeError, match="files run no code"):
        ag.load(io.BytesIO(), pickle_module=argparse)
    with pytest.raises(FileNotFoundError):
        ag.load("/no/such/file")


def test_a_mapped_file_is_not_changed(tmp_path):
    path = tmp_path / "a"
    ag.save({"b": ag.ones(3, dtype=ag.bool), "w": ag.ones(3)}, path)
    before = path.read_bytes()
    back = ag.load(path, mmap=True)
    back["w"].fill_(3.0)
    assert path.read_bytes() == before and host(back["w"]).tolist() == [3, 3, 3]


def test_pytorchs_call_forms(tmp_path):
    path = tmp_path / "model.pt"
    with ag.serialization.safe_globals([argparse.Namespace]):
        ag.serialization.add_safe_globals([argparse.Namespace])
    ag.serialization.clear_safe_globals()
    assert ag.serialization.get_safe_globals() == [] and ag.serialization.load is ag.load
    ag.save({"x": ag.ones(1)}, path, pickle_protocol=4)
    assert alike(ag.load(path, "cpu", weights_only=False)["x"], ag.ones(1))
    assert alike(ag.load(f=path, map_location=ag.device("cpu"), mmap=None)["x"], ag.ones(1))
