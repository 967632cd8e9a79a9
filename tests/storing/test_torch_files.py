"""PyTorch's files, read without PyTorch; and with it, both ways."""

from __future__ import annotations

import collections
import io
import pickle
import sys

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core.errors import FormatError
from tests.storing.alike import alike, host, reload
from tests.storing.forging import (
    SIX,
    Call,
    Kept,
    Name,
    archive,
    pickled,
    program,
    small,
    storage,
    stream,
    tensor,
)  # fmt: skip


def load(content, **options):
    return ag.load(io.BytesIO(content), **options)


# ---- without PyTorch ----


@pytest.mark.parametrize("kind", ["zip", "stream"])
def test_views_share_their_storage(kind):
    found = load(small()[kind])
    assert found["w"].tolist() == SIX.reshape(2, 3).tolist() and found["t"].tolist() == SIX.reshape(2, 3).T.tolist()
    assert found["n"] == [1, 2.5, "x", (True, None)]
    found["w"].fill_(7.0)
    assert host(found["t"]).min() == 7


def test_offsets_strides_and_empty_tensors():
    views = [((2, 2), (1, 2), 1), ((4, 2), (0, 3)), ((), (), 5), ((0, 9), (9, 1)), ((1, 1, 6), (77, 0, 1))]
    found = load(archive(program([tensor("0", *view) for view in views]), {"0": SIX.tobytes()}))
    assert [f.tolist() for f in found] == [[[1, 3], [2, 4]], [[0, 3]] * 4, 5.0, [], [[[0, 1, 2, 3, 4, 5]]]]


def test_mapped(tmp_path):
    path = tmp_path / "x.pt"
    path.write_bytes(small()["zip"])
    found = ag.load(path, mmap=True)
    found["w"].fill_(3.0)
    assert ag.load(path)["w"].tolist() == SIX.reshape(2, 3).tolist() and host(found["t"]).min() == 3


@pytest.mark.parametrize(
    ("kind", "dtype"), [("FloatStorage", "f4"), ("ComplexFloatStorage", "c8"), ("CharStorage", "i1")]
)
def test_another_byte_order(kind, dtype):
    numbers = SIX.astype(dtype) * (1 + 2j if dtype == "c8" else 1)
    other = "big" if sys.byteorder == "little" else "little"
    swapped = numbers.astype(np.dtype(dtype).newbyteorder())
    code = program(tensor("0", (2, 3), (3, 1), kind=kind))
    assert load(archive(code, {"0": swapped.tobytes()}, byteorder=other)).tolist() == numbers.reshape(2, 3).tolist()


STORAGES = {
    "DoubleStorage": "float64", "HalfStorage": "float16", "LongStorage": "int64", "IntStorage": "int32",
    "ShortStorage": "int16", "CharStorage": "int8", "ByteStorage": "uint8", "BoolStorage": "bool",
    "ComplexFloatStorage": "complex64", "ComplexDoubleStorage": "complex128", "BFloat16Storage": "bfloat16",
}  # fmt: skip


@pytest.mark.parametrize("kind", STORAGES)
def test_every_storage(kind):
    array = ag.arange(6).to(dtype=getattr(ag, STORAGES[kind])).numpy()
    if kind == "BoolStorage":
        array = np.arange(6) % 2 == 0
    code = program(tensor("0", (6,), (1,), kind=kind))
    for content in (archive(code, {"0": array.tobytes()}), stream(code, {"0": array})):
        assert alike(load(content), ag.from_numpy(array))


def test_a_storage_of_pytorch_0_3_looks_at_another():
    args = (Kept((*storage("0", 6).said, ("view", 2, 3))), 0, (3,), (1,))
    found = load(stream(program(Call(Name("torch._utils", "_rebuild_tensor"), args)), {"0": SIX}))
    assert found.tolist() == [2, 3, 4]


def test_module_versions_survive():
    metadata = {"": {"version": 1}, "bn": {"version": 2}}
    state = Call(Name("collections", "OrderedDict"), (), {"_metadata": metadata})
    found = load(archive(program(state)))
    assert type(found) is collections.OrderedDict and found._metadata == metadata
    # The entries stand between the call and the state, as PyTorch's pickles have them.
    code = b"\x80\x02" + pickled(Call(Name("collections", "OrderedDict"), ())) + b"X\x01\0\0\0aK\x07s"
    found = load(archive(code + pickled({"_metadata": metadata}) + b"b."))
    assert found == {"a": 7} and found._metadata == metadata


PLAIN = [
    None, True, 0, 255, 256, 65536, -1, 2**31, -(2**80), 10**400, 1.5, "", "ä€𝄞", b"bytes\xff", b"x" * 300, "y" * 300,
    (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1], [[1], {2: 3}], {}, {"a": (1, {2: None})}, {1, 2}, set(),
    frozenset([1]), bytearray(b"z"), 1j, collections.OrderedDict(a=1), collections.Counter("aab"),
    collections.defaultdict(list, a=[1]), collections.defaultdict(None), range(2, 5), slice(1, None),
    np.float64(1.5), np.int32(-2), np.bool_(True), np.arange(6.0).reshape(2, 3), np.arange(6).reshape(2, 3).T,
    np.arange(3, dtype=">i2"), np.zeros((0, 2)), np.array([True, False]),
]  # fmt: skip


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_values_in_every_protocol(protocol):
    for value in PLAIN:
        code = pickle.dumps([value, value], protocol)
        if protocol < 2 and isinstance(
            value, bytearray | bytes | collections.Counter | set | frozenset | np.ndarray | np.generic
        ):
            continue  # Python's own, by copyreg and __reduce__: PyTorch never wrote these
        found, again = load(archive(code))
        assert (
            found is again
            or value in (None, True, 0, 1.5)
            or type(value) in (int, str, float, complex, bytes, np.float64)
        )
        wanted = value.astype(value.dtype.newbyteorder("=")) if isinstance(value, np.ndarray) else value
        assert alike(found, wanted) or alike(np.asarray(found), np.asarray(wanted)), value


def test_a_list_that_holds_itself():
    ring = [1]
    ring.append(ring)
    found = load(archive(pickle.dumps(ring)))
    assert found[0] == 1 and found[1] is found


# ---- with it ----


@pytest.fixture
def written(torch):
    """Return a function that gives what ``torch.save`` writes."""

    def write(obj, **options):
        file = io.BytesIO()
        torch.save(obj, file, **options)
        return file.getvalue()

    return write


FORMS = [{}, {"_use_new_zipfile_serialization": False}, {"pickle_protocol": 5}]


@pytest.mark.parametrize("options", FORMS, ids=["zip", "stream", "protocol 5"])
def test_what_pytorch_saves(torch, written, options):
    base = torch.arange(24.0).reshape(4, 6)
    obj = {
        "x": base, "t": base.t(), "row": base[2], "odd": base[:, 1::2], "all": [base.double(), base.half(), base.int()],
        "bf": base.bfloat16(), "bool": base > 3, "z": torch.tensor([1 + 2j]), "conj": torch.tensor([1 + 2j]).conj(),
        "neg": torch.tensor([1 + 2j]).conj().imag, "p": torch.nn.Parameter(torch.ones(2)),
        "frozen": torch.nn.Parameter(torch.ones(2), False), "g": torch.ones(2, requires_grad=True), "e": base[:0],
        "0": torch.tensor(3), "wide": torch.ones(1).expand(3),
        "last": torch.ones(1, 2, 3, 4).to(memory_format=torch.channels_last),
        "size": torch.Size([1, 2]), "dtype": torch.bfloat16, "device": torch.device("cuda", 1), "layout": torch.strided,
        "n": np.float32(1.5), "state": np.random.RandomState(0).get_state(),
    }  # fmt: skip
    found = load(written(obj, **options))
    ours = {"size": ag.Size([1, 2]), "dtype": ag.bfloat16, "device": ag.device("cuda", 1), "layout": ag.strided}
    assert list(found) == list(obj)
    assert all(found[name] == value for name, value in ours.items())
    for name, value in obj.items():
        if isinstance(value, torch.Tensor):
            as_float = value.detach().resolve_conj().resolve_neg()
            wanted = as_float.float().numpy() if name == "bf" else as_float.numpy()
            assert np.array_equal(host(found[name].float() if name == "bf" else found[name]), wanted), name
            assert str(found[name].dtype)[3:] == str(value.dtype)[6:]
            assert found[name].requires_grad == value.requires_grad
            assert isinstance(found[name], nn.Parameter) == isinstance(value, torch.nn.Parameter)
    assert alike(list(found["state"][1]), list(obj["state"][1]))
    found["x"].fill_(1.0)
    assert host(found["t"]).max() == host(found["row"]).max() == host(found["odd"]).max() == 1


def test_dtypes_that_only_arrays_have(torch, written):
    obj = [torch.arange(3).to(d) for d in (torch.uint16, torch.uint32, torch.uint64, torch.float8_e5m2)]
    found = load(written(obj))
    assert [a.dtype.name for a in found] == ["uint16", "uint32", "uint64", "float8_e5m2"]
    assert all(a.astype(float).tolist() == [0, 1, 2] for a in found)


def test_without_checksums(torch, written):
    torch.serialization.set_crc32_options(False)
    try:
        content = written([torch.ones(2)])
    finally:
        torch.serialization.set_crc32_options(True)
    assert load(content)[0].tolist() == [1, 1]


def nets(api, package):
    net = package.Sequential(
        package.Linear(3, 4, bias=False), package.BatchNorm1d(4), package.ReLU(), package.Linear(4, 2)
    )
    return net.double()


@pytest.mark.parametrize("options", FORMS, ids=["zip", "stream", "protocol 5"])
def test_a_training_comes_over_from_pytorch(torch, written, options):
    theirs, ours = nets(torch, torch.nn), nets(ag, nn)
    adam = torch.optim.AdamW(theirs.parameters(), lr=0.1, amsgrad=True)
    schedule = torch.optim.lr_scheduler.MultiStepLR(adam, [1, 4], 0.5)
    x = torch.randn(5, 3).double()
    for _ in range(3):
        adam.zero_grad()
        theirs(x).square().sum().backward()
        adam.step()
        schedule.step()
    states = [part.state_dict() for part in (theirs, adam, schedule)]
    found = load(written({"model": states[0], "rest": states[1:], "epoch": 3}, **options))
    assert found["model"]._metadata == states[0]._metadata and found["epoch"] == 3
    mine = optim.AdamW(ours.parameters(), lr=9.0, amsgrad=True)
    its = optim.lr_scheduler.MultiStepLR(mine, [7])
    for part, state in zip((ours, mine, its), (found["model"], *found["rest"])):
        part.load_state_dict(state)
    for net, optimizer, scheduler, data in [
        (theirs, adam, schedule, x),
        (ours, mine, its, ag.from_numpy(x.numpy())),
    ] * 2:
        optimizer.zero_grad()
        net(data).square().sum().backward()
        optimizer.step()
        scheduler.step()
    for name, value in theirs.state_dict().items():
        np.testing.assert_allclose(host(ours.state_dict()[name]), value.numpy(), rtol=1e-10)
    assert its.get_last_lr() == schedule.get_last_lr()


def test_a_training_goes_over_to_pytorch(torch, tmp_path):
    load_file = pytest.importorskip("safetensors.torch").load_file
    theirs, ours = nets(torch, torch.nn), nets(ag, nn)
    ag.save(ours.state_dict(), tmp_path / "model.safetensors")
    theirs.load_state_dict(load_file(tmp_path / "model.safetensors"))
    x = np.ones((2, 3))
    theirs.eval(), ours.eval()
    np.testing.assert_allclose(host(ours(ag.from_numpy(x))), theirs(torch.from_numpy(x)).detach().numpy(), rtol=1e-12)


def test_every_dtype_goes_over_to_pytorch(torch, tmp_path):
    load_file = pytest.importorskip("safetensors.torch").load_file
    names = [
        "bool",
        "uint8",
        "int8",
        "int16",
        "int32",
        "int64",
        "float16",
        "bfloat16",
        "float32",
        "float64",
        "complex64",
    ]
    ag.save({name: ag.ones(2, 3, dtype=getattr(ag, name)).t() for name in names}, tmp_path / "x")
    found = load_file(tmp_path / "x")
    for name in names:
        assert found[name].shape == (3, 2) and str(found[name].dtype) == f"torch.{name}"
        assert bool((found[name] == 1).all())


def test_hugging_faces_files_come_over(torch, tmp_path):
    save_file = pytest.importorskip("safetensors.torch").save_file
    tensors = {"b": torch.arange(6.0).reshape(2, 3), "a": torch.ones(2).bfloat16(), "0": torch.tensor(3)}
    save_file(tensors, tmp_path / "x.safetensors", metadata={"format": "pt"})
    found = ag.load(tmp_path / "x.safetensors")
    assert type(found) is dict and set(found) == set(tensors)
    assert found["b"].tolist() == tensors["b"].tolist() and found["a"].dtype is ag.bfloat16 and found["0"].item() == 3


def test_what_pytorch_has_and_we_have_not(torch, written):
    for obj, word in [
        (torch.eye(2).to_sparse(), "_rebuild_sparse_tensor"), (torch.nn.Linear(2, 2), "torch.nn.modules.linear.Linear"),
        (print, "print"), ({"f": torch.relu}, "builtin"),
    ]:  # fmt: skip
        with pytest.raises(FormatError, match=word):
            load(written(obj))
    file = io.BytesIO()
    with pytest.warns(DeprecationWarning):
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), file)
    with pytest.raises(FormatError, match="TorchScript program"):
        load(file.getvalue())


def test_pytorchs_tensors_are_not_saved(torch):
    with pytest.raises(TypeError, match=r"obj\['w'\]: Tensor"):
        reload({"w": torch.ones(1)})
