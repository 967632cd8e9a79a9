"""On which device the tensors of a file are put."""

from __future__ import annotations

import io

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.errors import DeviceError, DTypeError
from tests.storing.alike import alike, host, reload
from tests.storing.forging import SIX, archive, program, stream, tensor


def of(content):
    return io.BytesIO(content)


def test_tensors_return_to_their_device(cuda):
    obj = {"g": ag.ones(2, device="cuda:1"), "c": ag.ones(2), "p": nn.Parameter(ag.ones(2, device="cuda")), "n": SIX}
    back = reload({"in": obj})["in"]
    assert [str(back[k].device) for k in "gcp"] == ["cuda:1", "cpu", "cuda:0"]
    assert isinstance(back["n"], np.ndarray) and isinstance(back["p"], nn.Parameter)
    assert all(host(back[k]).tolist() == [1, 1] for k in "gcp")


@pytest.mark.parametrize(
    "where", ["cpu", ag.device("cpu"), {"cuda:0": "cpu", "cuda:1": "cpu"}, lambda t, loc: t, lambda t, loc: t.cpu()]
)
def test_map_location_to_the_cpu(cuda, where):
    obj = {"in": [ag.ones(2, device="cuda:1"), ag.ones(2, device="cuda"), ag.ones(1)]}
    assert {str(t.device) for t in reload(obj, map_location=where)["in"]} == {"cpu"}


def test_map_location_to_a_gpu(cuda):
    obj = {"in": [ag.ones(2), ag.ones(2, device="cuda"), SIX]}
    for where in ("cuda:1", 1, ag.device("cuda", 1), lambda t, loc: t.cuda(1)):
        back = reload(obj, map_location=where)["in"]
        assert [str(t.device) for t in back[:2]] == ["cuda:1"] * 2 and isinstance(back[2], np.ndarray)
    back = reload(obj, map_location={"cpu": "cuda:1"})["in"]
    assert [str(t.device) for t in back[:2]] == ["cuda:1", "cuda:0"]


def test_a_function_is_told_the_device_and_may_leave_it(cuda):
    asked = []
    back = reload([ag.ones(2, device="cuda:1"), ag.zeros(3)], map_location=lambda t, loc: asked.append((t.shape, loc)))
    assert asked == [((2,), "cuda:1"), ((3,), "cpu")]
    assert [str(t.device) for t in back] == ["cuda:1", "cpu"]


def test_memory_is_shared_on_a_gpu_too(cuda):
    base = ag.arange(12.0, device="cuda").reshape(3, 4)
    obj = {"in": [base, base.t(), base[1], base[:, ::2], base]}
    for back in (reload(obj)["in"], reload(obj, map_location="cpu")["in"]):
        assert all(host(b).tolist() == host(a).tolist() for a, b in zip(obj["in"], back))
        back[0].fill_(5.0)
        assert back[4] is back[0] and host(back[1]).min() == host(back[2]).min() == 5


def test_every_kind_goes_from_a_gpu_to_the_host(cuda):
    obj = [
        ag.arange(6, device="cuda").reshape(2, 3).t(), ag.ones(2, dtype=ag.bool, device="cuda"),
        ag.ones(2, dtype=ag.complex128, device="cuda"), ag.zeros(0, 2, device="cuda"), ag.tensor(3.0, device="cuda"),
    ]  # fmt: skip
    back = reload(obj)
    assert all(b.device == a.device and alike(a.cpu(), b.cpu()) for a, b in zip(obj, back))


def test_arrays_of_a_gpu_come_back_to_the_host(cuda):
    back = reload([cuda.ones(3), ag.ones(2, device="cuda")])
    assert type(back[0]) is np.ndarray and back[0].tolist() == [1, 1, 1] and str(back[1].device) == "cuda:0"


def test_a_missing_device_says_what_to_do(monkeypatch):
    file = io.BytesIO(archive(program({"w": tensor("0", (2, 3), (3, 1), location="cuda:0")}), {"0": SIX.tobytes()}))
    with pytest.raises(DeviceError, match=r"load: the file has tensors of device 'cuda:0': .* give map_location='cpu'"):
        ag.load(file)
    file.seek(0)
    assert str(ag.load(file, map_location="cpu")["w"].device) == "cpu"


def test_a_device_of_another_kind(cuda):
    content = archive(program([tensor("0", (2, 3), (3, 1), location="mps")]), {"0": SIX.tobytes()})
    with pytest.raises(DeviceError, match="tensors of device 'mps'"):
        ag.load(of(content))
    assert str(ag.load(of(content), map_location={"mps": "cuda"})[0].device) == "cuda:0"


def test_pytorchs_files_go_to_a_gpu(cuda):
    views = [tensor("0", (2, 3), (3, 1)), tensor("0", (3, 2), (1, 3)), tensor("0", (2,), (1,), 4), tensor("0", (), ())]
    strided = [tensor("0", (3,), (2,)), tensor("0", (4, 3), (0, 1)), tensor("0", (1, 6), (99, 1))]
    for content in (
        archive(program(views + strided[:1] + strided[2:]), {"0": SIX.tobytes()}),
        stream(program(views + strided[:1] + strided[2:]), {"0": SIX}),
    ):
        back, wanted = ag.load(of(content), "cuda"), ag.load(of(content))
        assert all(str(t.device) == "cuda:0" for t in back)
        assert [host(t).tolist() for t in back] == [host(t).tolist() for t in wanted]
        back[0].fill_(9.0)
        assert host(back[2]).tolist() == [9, 9]
    with pytest.raises(ValueError, match="a view that repeats its memory stays on the CPU"):
        ag.load(of(archive(program(strided[1]), {"0": SIX.tobytes()})), "cuda")


def test_what_is_no_map_location():
    with pytest.raises(DTypeError, match="map_location is float"):
        ag.load(io.BytesIO(), map_location=1.5)
    with pytest.raises(DeviceError, match="wanted 'cpu', 'cuda'"):
        ag.load(io.BytesIO(), map_location="gpu")
