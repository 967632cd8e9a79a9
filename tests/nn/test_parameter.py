"""Parameters and buffers: assigned to modules, and without a shape yet."""

from __future__ import annotations

import copy
import pickle

import pytest

import autograd_core as ag
import nn
from nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy

REFUSED = {
    "add": lambda p: p + 1,
    "matmul": lambda p: ag.ones(2, 3) @ p,
    "getitem": lambda p: p[0],
    "sum": lambda p: p.sum(),
    "fill": lambda p: p.fill_(1),
    "init": nn.init.normal_,
    "numel": lambda p: p.numel(),
    "detach": lambda p: p.detach(),
    "linear": lambda p: nn.functional.linear(ag.ones(2, 3), p),
    "vector": lambda p: nn.utils.parameters_to_vector([p]),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("kind", [UninitializedParameter, UninitializedBuffer])
def test_what_has_no_shape_cannot_be_computed_with(kind, name):
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter in"):
        REFUSED[name](kind())


@pytest.mark.parametrize(("kind", "final"), [(UninitializedParameter, nn.Parameter), (UninitializedBuffer, ag.Tensor)])
def test_what_has_no_shape_can_be_cast_copied_and_materialised(kind, final):
    waiting = kind(dtype=ag.float64)
    assert repr(waiting) == f"<{kind.__name__}>" and is_lazy(waiting)
    assert waiting.requires_grad is (kind is UninitializedParameter) and waiting.device.type == "cpu"
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized parameter or buffer"):
        _ = waiting.shape
    for other in (waiting.float(), waiting.to(ag.float32), waiting.to("cpu", dtype=ag.float32)):
        assert type(other) is kind and other.dtype is ag.float32 and other.requires_grad == waiting.requires_grad
    for other in (copy.deepcopy(waiting), pickle.loads(pickle.dumps(waiting))):
        assert type(other) is kind and other is not waiting and other.dtype is ag.float64
    waiting.materialize([2, 3])
    assert type(waiting) is final and waiting.shape == (2, 3) and waiting.dtype is ag.float64
    other.materialize((1,), dtype=ag.float16)
    assert other.dtype is ag.float16 and waiting.shape == (2, 3)
    if final is nn.Parameter:
        (waiting * 2).sum().backward()
        assert waiting.grad.shape == (2, 3) and waiting.grad.dtype is ag.float64


def test_a_buffer_registers_itself(torch):
    for package, library in ((torch.nn, torch), (nn, ag)):
        module = package.Module()
        module.kept = package.Buffer(library.ones(2))
        module.hidden = package.Buffer(library.zeros(1), persistent=False)
        module.plain = library.ones(3)
        assert [name for name, _ in module.named_buffers()] == ["kept", "hidden"]
        assert list(module.state_dict()) == ["kept"]
        assert isinstance(module.kept, package.Buffer) and not isinstance(module.plain, package.Buffer)
        assert type(module.kept) is library.Tensor  # computing with it costs no more
        module.kept = library.zeros(2)
        module.hidden = package.Buffer(library.ones(1))
        assert list(module.state_dict()) == ["kept", "hidden"] and not module.kept.any()
        module.weight, module.child = package.Parameter(library.ones(1)), package.ReLU()
        for name in ("weight", "child"):
            with pytest.raises(TypeError, match=name):
                setattr(module, name, package.Buffer(library.ones(1)))
        module.kept = package.Parameter(library.ones(1))
        assert set(module.state_dict()) == {"kept", "weight", "hidden"}
        assert {name for name, _ in module.named_buffers()} == {"hidden"}
        assert package.Buffer().shape == (0,) and package.Buffer(package.Parameter(library.ones(1))).requires_grad


def test_a_buffer_shares_memory():
    data = ag.ones(2)
    buffer = nn.Buffer(data)
    data[0] = 5.0
    assert buffer[0] == 5.0 and buffer.persistent


def test_what_users_hang_on_tensors_is_copied_as_in_pytorch(torch):
    def run(lib, nn):
        tensor, parameter = lib.ones(1), nn.Parameter(lib.ones(1))
        tensor.note = parameter.note = ["kept"]
        tensor.requires_grad_()
        (tensor * parameter).sum().backward()
        ways = copy.deepcopy, copy.copy, lambda t: pickle.loads(pickle.dumps(t))
        return [[getattr(way(t), "note", None) for way in ways] for t in (tensor, parameter)]

    assert run(ag, nn) == run(torch, torch.nn) == [[["kept"]] * 3, [None, ["kept"], ["kept"]]]


def test_a_copied_buffer_is_one():
    module = nn.Module()
    module.mask = nn.Buffer(ag.ones(1), persistent=False)
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert isinstance(twin.mask, nn.Buffer)
        assert not twin.state_dict()
