"""``Module``: what becomes a member, the walks, modes, moves, copies, ``repr``, and the note of who called."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref

import pytest

import autograd_core as ag
import nn
from autograd_core.engine.modes import SCOPE
from tests.nn.twin import array, close


class Block(nn.Module):
    def __init__(self, width=3):
        super().__init__()
        self.scale = nn.Parameter(ag.ones(width))
        self.fc = nn.Linear(width, width)
        self.register_buffer("steps", ag.zeros(()))
        self.register_buffer("scratch", ag.zeros(2), persistent=False)
        self.label = "block"

    def forward(self, x, shift=0.0):
        return self.fc(x) * self.scale + shift


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Block()
        self.second = Block()
        self.shared = self.first.fc

    def forward(self, x):
        return self.second(self.first(x))


# ---- members ----


def test_members_by_name():
    net = Net()
    assert [n for n, _ in net.named_parameters()] == [
        "first.scale", "first.fc.weight", "first.fc.bias", "second.scale", "second.fc.weight", "second.fc.bias",
    ]  # fmt: skip
    assert len(list(net.parameters())) == 6
    assert len(list(net.named_parameters(remove_duplicate=False))) == 8
    assert [n for n, _ in net.named_parameters(prefix="net", recurse=False)] == []
    assert [n for n, _ in net.first.named_parameters(prefix="f", recurse=False)] == ["f.scale"]
    assert [n for n, _ in net.named_buffers()] == ["first.steps", "first.scratch", "second.steps", "second.scratch"]
    assert len(list(net.buffers())) == 4
    assert [n for n, _ in net.named_children()] == ["first", "second", "shared"]
    assert list(net.children()) == [net.first, net.second, net.shared]
    assert [n for n, _ in net.named_modules()] == ["", "first", "first.fc", "second", "second.fc"]
    assert [n for n, _ in net.named_modules(remove_duplicate=False)][-1] == "shared"
    assert list(net.modules()) == [net, net.first, net.first.fc, net.second, net.second.fc]


def test_members_are_found_by_path():
    net = Net()
    assert net.get_submodule("") is net
    assert net.get_submodule("second.fc") is net.second.fc
    assert net.get_parameter("first.fc.weight") is net.first.fc.weight
    assert net.get_buffer("second.steps") is net.second.steps
    for get, path, message in [
        (net.get_submodule, "first.gc", "path 'first.gc': Block has no module 'gc'; its modules are fc"),
        (net.get_parameter, "first.steps", "Block has no parameter 'steps'; its parameters are scale"),
        (net.get_buffer, "shared.steps", "Linear has no buffer 'steps'; its buffers are none"),
    ]:
        with pytest.raises(AttributeError) as caught:
            get(path)
        assert message in str(caught.value)


def test_a_member_that_is_none_is_not_found_by_path():
    net = Net()
    net.register_parameter("absent", None)
    net.register_module("nobody", None)
    with pytest.raises(AttributeError, match="path 'absent': parameter 'absent' of Net is None"):
        net.get_parameter("absent")
    with pytest.raises(AttributeError, match="path 'nobody': module 'nobody' of Net is None"):
        net.get_parameter("nobody.weight")


def test_a_submodule_is_set_by_path(torch):
    def run(nn):
        net = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU()))
        net.set_submodule("0", nn.Tanh())
        net.set_submodule("1.0", nn.ELU(), strict=True)
        net.set_submodule("1.new", nn.Identity())
        failed = []
        for target, module, strict in [
            ("", nn.ReLU(), False), ("0", 3, False), ("1.gone", nn.ReLU(), True), ("2.x", nn.ReLU(), False),
            ("0.training", nn.ReLU(), False),
        ]:  # fmt: skip
            with pytest.raises((ValueError, AttributeError)) as caught:
                net.set_submodule(target, module, strict)
            failed.append(caught.type)
        return repr(net), failed

    assert run(nn) == run(torch.nn)


def test_reading_an_attribute_that_is_not_there():
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'third'"):
        Net().third  # noqa: B018
    assert "first" in dir(Net())
    assert not [name for name in dir(nn.Sequential(nn.ReLU())) if name[0].isdigit()]


def test_the_private_dictionaries_are_live():
    net = Net()
    new = nn.Identity()
    net._modules["first"] = new
    assert net.first is new
    assert list(net._modules) == ["first", "second", "shared"]
    net.second._parameters["scale"] = None
    assert net.second.scale is None
    assert net.second._buffers.pop("steps") is not None
    assert not hasattr(net.second, "steps")
    with pytest.raises(KeyError):
        net._modules["label"]
    net._modules = {"only": new}
    assert repr(net._modules) == "{'only': Identity()}"
    assert list(reversed(net._modules.values())) == [new] and net._modules.copy() == {"only": new}
    assert not hasattr(net, "second")


def test_a_member_takes_a_name_over():
    net = Net()
    net.label = "plain"
    net.label = nn.ReLU()  # an attribute becomes a child
    net.first = nn.Parameter(ag.ones(1))  # a child becomes a parameter
    assert [n for n, _ in net.named_children()] == ["second", "shared", "label"]
    assert [n for n, _ in net.named_parameters(recurse=False)] == ["first"]
    net.second.steps = nn.ReLU()  # a buffer becomes a child
    assert [n for n, _ in net.second.named_buffers()] == ["scratch"]
    net.second.scratch = ag.ones(5)  # a buffer stays a buffer, and stays out of state dicts
    assert "second.scratch" not in net.state_dict()
    net.second.fc = None
    assert list(net.second.named_children()) == [("steps", net.second.steps)]
    assert net.second.fc is None
    del net.second.fc, net.second.scratch, net.first, net.label, net.second.label
    assert not hasattr(net, "first")
    assert list(net.second._modules) == ["steps"]
    with pytest.raises(AttributeError):
        del net.nothing


def test_what_cannot_become_a_member():
    class Early(nn.Module):
        def __init__(self, value):
            self.value = value

    net = Net()
    weight = nn.Parameter(ag.ones(2))
    cases = [
        (AttributeError, lambda: Early(weight), "cannot assign parameter 'value' before Early calls super()"),
        (AttributeError, lambda: Early(nn.ReLU()), "cannot assign module 'value' before Early calls super()"),
        (TypeError, lambda: setattr(net.first, "scale", ag.ones(3)),
         "Block.scale: cannot assign Tensor of shape (3,) over a parameter; wanted an nn.Parameter or None"),
        (TypeError, lambda: setattr(net.first, "scale", nn.ReLU()), "cannot assign ReLU over a parameter"),
        (TypeError, lambda: setattr(net, "first", ag.ones(1)), "cannot assign Tensor of shape (1,) over a module"),
        (TypeError, lambda: setattr(net.first, "steps", 3), "cannot assign int over a buffer; wanted a Tensor or None"),
        (KeyError, lambda: net.register_parameter("a.b", weight),
         "parameter name is 'a.b'; wanted a string that is not empty and has no '.'"),
        (KeyError, lambda: net.register_buffer("", ag.ones(1)), "buffer name is ''"),
        (KeyError, lambda: net.add_module("train", nn.ReLU()), "attribute 'train' already exists"),
        (KeyError, lambda: net.first.register_buffer("fc", ag.ones(1)), "attribute 'fc' already exists"),
        (TypeError, lambda: net.register_parameter(3, weight), "parameter name is int; wanted a string"),
        (TypeError, lambda: net.register_parameter("w", ag.ones(2)),
         "param 'w' is Tensor of shape (2,); wanted an nn.Parameter or None"),
        (TypeError, lambda: net.register_buffer("b", [1]), "tensor 'b' is list; wanted a Tensor or None"),
        (TypeError, lambda: net.register_module("m", nn.ReLU), "module 'm' is type; wanted an nn.Module or None"),
    ]  # fmt: skip
    before = [n for n, _ in net.named_modules()], [n for n, _ in net.named_parameters()]
    for kind, call, message in cases:
        with pytest.raises(kind) as caught:
            call()
        assert message in str(caught.value)
    assert before == ([n for n, _ in net.named_modules()], [n for n, _ in net.named_parameters()])


def test_forward_is_required():
    with pytest.raises(NotImplementedError, match=r'Module \[Module\] is missing the required "forward" function'):
        nn.Module()(1)
    with pytest.raises(TypeError):
        nn.Module(3)


def test_another_base_class_is_initialised_on_request(torch):
    class Named:
        def __init__(self, name="none"):
            self.name = name

    for package in (nn, torch.nn):

        class Asks(package.Module, Named):
            call_super_init = True

        class Does(package.Module, Named):
            pass

        assert Asks(name="x").name == "x"
        assert not hasattr(Does(), "name")
        with pytest.raises(TypeError, match="got an unexpected keyword argument 'name'"):
            Does(name="x")


def test_the_name_that_is_shown_and_compilation():
    class Other(nn.Module):
        def _get_name(self):
            return "Renamed"

    layer = Other()
    assert repr(layer) == "Renamed()"
    assert layer.compile(mode="max-autotune") is None


# ---- modes, gradients, moves ----


def test_train_and_eval_reach_every_module():
    net = Net()
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    assert all(m.training for m in net.train().modules())
    with pytest.raises(ValueError, match=r"Net\.train: mode is 'yes'; wanted True or False"):
        net.train("yes")


def test_apply_goes_children_first():
    seen = []
    net = Net()
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Linear", "Block", "Linear", "Block", "Linear", "Net"]


def test_requires_grad_and_zero_grad():
    net = Net()
    net(ag.ones(2, 3)).sum().backward()
    held = net.first.scale.grad
    net.zero_grad(set_to_none=False)
    assert net.first.scale.grad is held
    assert array(net.first.scale.grad).tolist() == [0, 0, 0]
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    assert held.shape == (3,)
    net.requires_grad_(False)
    assert not net(ag.ones(2, 3)).requires_grad


def test_moves_keep_the_parameters_and_cast_what_is_floating():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    parameters = list(net.parameters())
    net(ag.ones(2, 2)).sum().backward()
    for move, dtype in [
        (lambda: net.double(), ag.float64),
        (lambda: net.half(), ag.float16),
        (lambda: net.float(), ag.float32),
        (lambda: net.to(ag.float64), ag.float64),
        (lambda: net.to("cpu", ag.float32), ag.float32),
        (lambda: net.to(ag.ones(1, dtype=ag.float64)), ag.float64),
        (lambda: net.to(device="cpu", dtype=ag.float32, non_blocking=True), ag.float32),
        (lambda: net.cpu(), ag.float32),
    ]:
        assert move() is net
        assert all(p is q for p, q in zip(parameters, net.parameters(), strict=True))
        assert {p.dtype for p in net.parameters()} == {p.grad.dtype for p in net.parameters()} == {dtype}
        assert net[1].running_mean.dtype == dtype
        assert net[1].num_batches_tracked.dtype == ag.int64
    assert all(p.requires_grad and p.is_leaf for p in parameters)
    with pytest.raises(TypeError, match=r"Sequential.to: dtype is .*int64; wanted a floating point or complex dtype"):
        net.to(ag.int64)


# ---- copies ----


def test_copies_are_whole_and_apart():
    net = Net()
    x = ag.ones(2, 3)
    expected = net(x)
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        close(twin(x), expected)
        assert twin.shared is twin.first.fc
        assert [n for n, _ in twin.named_parameters()] == [n for n, _ in net.named_parameters()]
        with ag.no_grad():
            twin.first.scale.zero_()
        twin.extra = nn.ReLU()
        assert "extra" not in dict(net.named_children())
    close(net(x), expected)


def test_a_shallow_copy_shares_values_but_not_names():
    net = Net()
    twin = copy.copy(net)
    twin.extra = nn.ReLU()
    del twin.shared
    assert [n for n, _ in net.named_children()] == ["first", "second", "shared"]
    assert twin.first is net.first


def test_modules_die_by_reference_counting_alone():
    gc.disable()
    try:
        net = Net()
        net(ag.ones(2, 3)).sum().backward()
        gone = weakref.ref(net)
        del net
        assert gone() is None
    finally:
        gc.enable()


# ---- repr ----


def test_repr_is_pytorchs(torch):
    def make(nn):
        class Custom(nn.Module):
            def __init__(self, nothing=False):
                super().__init__()
                self.conv = nn.Conv2d(1, 2, 3)
                self.none = None
                if not nothing:
                    self.inner = nn.Sequential(nn.ReLU(), Custom(True))
                    self.layers = nn.ModuleList(
                        [nn.Linear(2, 2), nn.Linear(2, 2), nn.ReLU(), nn.Sequential(), nn.Sequential()]
                    )
                    self.table = nn.ModuleDict({"a": nn.ReLU(), "b": nn.ModuleList()})

            def extra_repr(self):
                return "two\nlines"

        net = Custom()
        net.register_module("absent", None)
        return net

    assert repr(make(nn)) == repr(make(torch.nn))
    assert repr(nn.Sequential()) == repr(torch.nn.Sequential())
    assert repr(nn.Module()) == repr(torch.nn.Module())


# ---- who called ----


def test_a_call_notes_module_caller_and_the_call_around_it():
    notes = []

    class Probe(nn.Module):
        def forward(self):
            notes.append(SCOPE.get())

    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.probe = Probe()

        def forward(self):
            self.probe()

    outer = Outer()
    outer()
    (inner,) = notes
    assert inner.module_ref() is outer.probe
    assert inner.code is Outer.forward.__code__
    assert inner.outer.module_ref() is outer
    assert inner.outer.code is test_a_call_notes_module_caller_and_the_call_around_it.__code__
    assert inner.outer.outer is None
    assert SCOPE.get() is None


def test_an_error_in_forward_leaves_no_note_behind():
    with pytest.raises(NotImplementedError):
        nn.Sequential(nn.Module())(1)
    assert SCOPE.get() is None
