"""Weight and spectral normalisation and orthogonality, as parametrizations and as hooks, against PyTorch."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import utils
from nn.utils import parametrizations, parametrize
from nn.utils.orthogonal_maps import reflectors
from tests import fake_cupy
from tests.nn.twin import array, close, draw, state_to_ours, state_to_theirs

HOOKED = pytest.mark.filterwarnings("ignore:.*weight_norm. is deprecated:FutureWarning")

LAYERS = {
    "linear": (lambda nn: nn.Linear(4, 3), (2, 4)),
    "conv": (lambda nn: nn.Conv1d(2, 3, 2), (2, 2, 5)),
    "transposed": (lambda nn: nn.ConvTranspose1d(2, 3, 2), (2, 2, 4)),
}
NORMS = {
    "weight": lambda utils, layer: utils.parametrizations.weight_norm(layer),
    "weight along 1": lambda utils, layer: utils.parametrizations.weight_norm(layer, "weight", 1),
    "weight as a whole": lambda utils, layer: utils.parametrizations.weight_norm(layer, dim=None),
    "bias": lambda utils, layer: utils.parametrizations.weight_norm(layer, "bias"),
    "spectral": lambda utils, layer: utils.parametrizations.spectral_norm(layer),
    "spectral, two": lambda utils, layer: utils.parametrizations.spectral_norm(layer, n_power_iterations=2, dim=-1),
    "spectral bias": lambda utils, layer: utils.parametrizations.spectral_norm(layer, "bias", dim=0),
    "hooked weight": lambda utils, layer: utils.weight_norm(layer),
    "hooked weight along 1": lambda utils, layer: utils.weight_norm(layer, dim=1),
    "hooked weight as a whole": lambda utils, layer: utils.weight_norm(layer, dim=None),
    "hooked spectral": lambda utils, layer: utils.spectral_norm(layer),
    "hooked spectral, two": lambda utils, layer: utils.spectral_norm(layer, n_power_iterations=2, dim=1),
}


def pair(torch, make, norm):
    """Return a normalised layer of each side, with the same state."""
    torch.manual_seed(0)
    theirs, ours = make(torch.nn).double(), make(nn).double()
    ours.load_state_dict(state_to_ours(theirs))
    for package, layer in ((torch.nn.utils, theirs), (utils, ours)):
        assert norm(package, layer) is layer
    ours.load_state_dict(state_to_ours(theirs))
    return ours, theirs


def same_states(ours, theirs, tolerance=1e-10):
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        close(ours.state_dict()[key], value, tolerance, key)


def trained(lib, layer, shape, steps=3):
    """Return the outputs of some steps of descent, with gradients of gradients in the loss."""
    optimizer = lib.optim.SGD(layer.parameters(), lr=0.01)
    outputs = []
    for step in range(steps):
        optimizer.zero_grad()
        x = lib.tensor(draw(shape, step), requires_grad=True)
        y = layer(x)
        (g,) = lib.autograd.grad(y.square().sum(), x, create_graph=True)
        (y.square().sum() + g.square().sum()).backward()
        optimizer.step()
        outputs.append(array(y))
    return outputs


@HOOKED
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("norm", NORMS)
def test_a_normalised_layer_is_pytorchs(torch, layer, norm):
    make, shape = LAYERS[layer]
    ours, theirs = pair(torch, make, NORMS[norm])
    assert repr(ours) == repr(theirs)
    for y, y_ in zip(trained(ag, ours, shape), trained(torch, theirs, shape), strict=True):
        np.testing.assert_allclose(y, y_, rtol=1e-10, atol=1e-12)
    same_states(ours, theirs)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        close(p.grad, q.grad)
    x = draw(shape, 9)
    theirs.load_state_dict(state_to_theirs(torch, ours))
    ours.eval(), theirs.eval()
    for _ in range(2):  # in evaluation nothing moves
        close(ours(ag.tensor(x)), theirs(torch.tensor(x)))
    same_states(ours, theirs)


@HOOKED
def test_normalising_changes_neither_outputs_nor_lengths():
    layer, x = nn.Linear(4, 3), ag.tensor(draw((2, 4))).float()
    before = array(layer(x))
    np.testing.assert_allclose(array(utils.weight_norm(layer)(x)), before, rtol=1e-5)
    assert tuple(layer.weight_g.shape) == (3, 1)
    np.testing.assert_allclose(array(utils.remove_weight_norm(layer)(x)), before, rtol=1e-5)
    assert list(layer.state_dict()) == ["bias", "weight"] and layer._hooks is None
    np.testing.assert_allclose(array(parametrizations.weight_norm(layer)(x)), before, rtol=1e-5)


def test_the_spectral_norm_becomes_one():
    for norm in (parametrizations.spectral_norm, utils.spectral_norm):
        layer = norm(nn.Linear(5, 4))
        for _ in range(30):
            layer(ag.ones(5))
        assert abs(np.linalg.norm(array(layer.weight), 2) - 1) < 1e-3


@HOOKED
@pytest.mark.parametrize("kind", ["weight", "spectral"])
def test_removing_the_hook(torch, kind):
    ours, theirs = pair(torch, LAYERS["conv"][0], NORMS[f"hooked {kind}"])
    for lib, layer, package in ((torch, theirs, torch.nn.utils), (ag, ours, utils)):
        layer(lib.tensor(draw((1, 2, 5))))
        assert getattr(package, f"remove_{kind}_norm")(layer) is layer
        assert isinstance(layer.weight, lib.nn.Parameter)
        with pytest.raises(ValueError, match=f"{kind}_norm of 'weight' not found in"):
            getattr(package, f"remove_{kind}_norm")(layer)
    same_states(ours, theirs)
    assert ours._hooks is None
    assert "spectral_norm" not in ours.state_dict()._metadata[""]


@HOOKED
def test_two_hooks_on_one_layer_are_apart(torch):
    ours, theirs = pair(
        torch, LAYERS["linear"][0], lambda package, layer: package.weight_norm(package.weight_norm(layer), "bias")
    )
    for package, layer in ((utils, ours), (torch.nn.utils, theirs)):
        package.remove_weight_norm(layer, "weight")
    same_states(ours, theirs)
    close(ours(ag.ones(4, dtype=ag.float64)), theirs(torch.ones(4, dtype=torch.float64)))


@HOOKED
def test_recurrent_layers_take_hooks_and_parametrizations(torch):
    for norm in (
        lambda utils, layer: utils.weight_norm(layer, "weight_hh_l0"),
        lambda utils, layer: utils.parametrizations.weight_norm(layer, "weight_hh_l0"),
        lambda utils, layer: utils.parametrizations.spectral_norm(layer, "weight_ih_l0"),
    ):
        ours, theirs = pair(torch, lambda nn: nn.LSTM(3, 2), norm)
        ours.eval(), theirs.eval()  # PyTorch's reads each weight several times: a power iteration each
        x = draw((4, 1, 3))
        y, y_ = ours(ag.tensor(x))[0], theirs(torch.tensor(x))[0]
        close(y, y_)
        y.sum().backward(), y_.sum().backward()
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            close(p.grad, q.grad)


@HOOKED
def test_the_hooked_form_goes_into_the_parametrization(torch):
    hooked, theirs = pair(torch, LAYERS["conv"][0], NORMS["hooked weight"])
    model = nn.Sequential(parametrizations.weight_norm(nn.Conv1d(2, 3, 2).double()))
    model.load_state_dict(nn.Sequential(hooked).state_dict())
    x = draw((1, 2, 5))
    close(model(ag.tensor(x)), theirs(torch.tensor(x)))
    twin = copy.deepcopy(model)
    twin.load_state_dict({k: v * 0.0 for k, v in nn.Sequential(hooked).state_dict().items()})
    close(model(ag.tensor(x)), theirs(torch.tensor(x)))


@HOOKED
def test_hooked_layers_are_pickled_and_copied():
    x = ag.ones(4)
    for layer in (utils.weight_norm(nn.Linear(4, 3)), utils.spectral_norm(nn.Linear(4, 3))):
        again = pickle.loads(pickle.dumps(layer.eval()))
        np.testing.assert_array_equal(array(again(x)), array(layer(x)))
        assert list(again.state_dict()) == list(layer.state_dict())
    twin = copy.deepcopy(utils.spectral_norm(nn.Linear(4, 3)))
    utils.remove_spectral_norm(twin)
    assert list(twin.state_dict()) == ["bias", "weight"] and twin._hooks is None


def test_states_of_spectral_norm_before_version_1(torch):
    ours, _ = pair(torch, lambda nn: nn.Linear(4, 3, bias=False), NORMS["hooked spectral"])
    assert ours.state_dict()._metadata[""]["spectral_norm"] == {"weight.version": 1}
    x = draw((2, 4))
    for _ in range(20):
        ours(ag.tensor(x))
    ours.eval()
    weight, state = ours(ag.eye(4, dtype=ag.float64)).T, dict(ours.state_dict())
    del state["weight_v"]
    old = {**state, "weight": weight.detach()}
    expected, v = array(ours(ag.tensor(x))), array(ours.weight_v).copy()
    ours.weight_v.zero_()
    ours.load_state_dict(old)
    np.testing.assert_allclose(array(ours(ag.tensor(x))), expected, rtol=1e-7)
    np.testing.assert_allclose(array(ours.weight_v), v, rtol=1e-5)
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "weight_u"'):
        ours.load_state_dict({k: v for k, v in old.items() if k != "weight_u"})


def test_two_forward_passes_before_backward(torch):
    for norm in ("spectral", "hooked spectral"):
        ours, theirs = pair(torch, LAYERS["linear"][0], NORMS[norm])
        for lib, layer in ((ag, ours), (torch, theirs)):
            x = lib.tensor(draw((2, 4)))
            (layer(x).square().sum() - layer(2.0 * x).sum()).backward()
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            close(p.grad, q.grad)


UNINITIALISED = "can't have uninitialized parameters"
REFUSED = [  # of the package of utilities, a layer and the package of layers
    (lambda p, m, nn: p.parametrizations.spectral_norm(m, "foo"), ValueError, "no parameter or buffer with name"),
    (lambda p, m, nn: p.parametrizations.spectral_norm(m, n_power_iterations=0), ValueError, "to be positive"),
    (lambda p, m, nn: p.parametrizations.spectral_norm(m, dim=2), IndexError, r"range of \[-2, 1\] but got 2"),
    (lambda p, m, nn: p.parametrizations.orthogonal(m, "foo"), ValueError, "no parameter or buffer with name"),
    (lambda p, m, nn: p.parametrizations.orthogonal(m, "bias"), ValueError, "Got a tensor of 1 dimensions"),
    (lambda p, m, nn: p.parametrizations.orthogonal(m, orthogonal_map="qr"), ValueError, "has to be one of"),
    (lambda p, m, nn: p.spectral_norm(m, n_power_iterations=0), ValueError, "Expected n_power_iterations"),
    (lambda p, m, nn: p.weight_norm(p.weight_norm(m)), RuntimeError, "Cannot register two weight_norm hooks"),
    (lambda p, m, nn: p.spectral_norm(p.spectral_norm(m)), RuntimeError, "Cannot register two spectral_norm hooks"),
    (lambda p, m, nn: p.spectral_norm(nn.Linear(2, 2, bias=False), "bias"), ValueError, "`bias` is None"),
    (lambda p, m, nn: p.weight_norm(nn.LazyLinear(2)), ValueError, UNINITIALISED),
    (lambda p, m, nn: p.spectral_norm(nn.LazyLinear(2)), ValueError, UNINITIALISED),
]


@HOOKED
def test_errors(torch):
    for package, space in ((torch.nn.utils, torch.nn), (utils, nn)):
        for call, kind, message in REFUSED:
            with pytest.raises(kind, match=message):
                call(package, space.Linear(3, 2), space)


def test_the_hooked_weight_norm_warns(torch):
    for package, space in ((torch.nn.utils, torch.nn), (utils, nn)):
        with pytest.warns(FutureWarning, match=r"in favor of `torch.nn.utils.parametrizations.weight_norm`"):
            package.weight_norm(space.Linear(2, 2))


# ---- orthogonality ----

MAPS = ("matrix_exp", "cayley", "householder")
SHAPES = {"square": (4, 4), "wide": (5, 3), "tall": (3, 5)}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("trivialised", [True, False])
@pytest.mark.parametrize("name", [*MAPS, None])
def test_orthogonal_is_pytorchs(torch, name, trivialised, shape):
    def norm(package, layer):
        return package.parametrizations.orthogonal(layer, "weight", name, use_trivialization=trivialised)

    ours, theirs = pair(torch, lambda nn: nn.Linear(*SHAPES[shape]), norm)
    assert repr(ours) == repr(theirs)
    size = (2, SHAPES[shape][0])
    for y, y_ in zip(trained(ag, ours, size), trained(torch, theirs, size), strict=True):
        np.testing.assert_allclose(y, y_, rtol=1e-9, atol=1e-9)  # PyTorch's matrix_exp is off by up to 2e-11
    same_states(ours, theirs, 1e-9)
    Q = array(ours.weight)
    Q = Q if Q.shape[0] >= Q.shape[1] else Q.T
    np.testing.assert_allclose(Q.T @ Q, np.eye(Q.shape[1]), atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", MAPS)
def test_orthogonal_begins_at_the_weights_orthogonal_factor(torch, name, shape):
    layer = nn.Linear(*SHAPES[shape]).double()
    weight = array(layer.weight).copy()
    parametrizations.orthogonal(layer, orthogonal_map=name)

    def factor(W):
        tall = W if W.shape[0] >= W.shape[1] else W.T
        Q, R = np.linalg.qr(tall)
        Q = Q * np.sign(np.diag(R))
        return Q if W.shape[0] >= W.shape[1] else Q.T

    np.testing.assert_allclose(array(layer.weight), factor(weight), atol=1e-12)
    for value in (draw(weight.shape), factor(draw(weight.shape, 1))):
        layer.weight = ag.tensor(value)
        np.testing.assert_allclose(array(layer.weight), factor(value), atol=1e-12)
    with pytest.raises(ValueError, match="matrices of shape"):
        layer.weight = ag.ones(2, 2)


def test_orthogonal_without_a_base(torch):
    for package, space, lib in ((torch.nn.utils, torch.nn, torch), (utils, nn, ag)):
        layer = package.parametrizations.orthogonal(space.Linear(3, 4), "weight", "cayley", use_trivialization=False)
        with pytest.raises(NotImplementedError, match="not possible to assign to the matrix exponential or the Cayley"):
            layer.weight = lib.ones(4, 3)
    layer = parametrizations.orthogonal(nn.Linear(3, 4).double(), use_trivialization=False)
    value = ag.linalg.qr(ag.tensor(draw((4, 3))))[0]
    layer.weight = value
    np.testing.assert_allclose(array(layer.weight), array(value), atol=1e-12)


def test_batches_of_matrices_and_complex_ones(torch):
    for shape, complex_ in (((2, 3, 2), False), ((3, 2), True)):
        for name in MAPS:
            value = draw(shape) + (1j * draw(shape, 1) if complex_ else 0)
            layer, theirs = nn.Module(), torch.nn.Module()
            layer.weight, theirs.weight = nn.Parameter(ag.tensor(value)), torch.nn.Parameter(torch.tensor(value))
            if complex_ and name == "householder":
                with pytest.raises(ValueError, match="does not support complex tensors"):
                    parametrizations.orthogonal(layer, "weight", name)
                continue
            parametrizations.orthogonal(layer, "weight", name)
            torch.nn.utils.parametrizations.orthogonal(theirs, "weight", name)
            layer.load_state_dict(state_to_ours(theirs))
            close(layer.weight, theirs.weight)


def test_reflectors_of_matrices_that_are_special():
    for value in (np.eye(3), np.diag([1.0, -1.0, 2.0]), np.zeros((3, 2)), np.ones((4, 2))):
        layer = nn.Linear(value.shape[1], value.shape[0]).double()
        layer.weight = nn.Parameter(ag.tensor(value))
        parametrizations.orthogonal(layer, orthogonal_map="householder", use_trivialization=False)
        Q = array(layer.weight)
        np.testing.assert_allclose(Q.T @ Q, np.eye(Q.shape[1]), atol=1e-12)
    assert np.isfinite(array(reflectors(ag.zeros(3, 3)))).all()


# ---- on a GPU ----


@HOOKED
@pytest.mark.parametrize("norm", NORMS)
def test_the_host_does_not_wait(cuda, norm):
    here = NORMS[norm](utils, nn.Conv1d(2, 3, 2).double())
    there = NORMS[norm](utils, nn.Conv1d(2, 3, 2).double())
    there.load_state_dict(here.state_dict())
    there.cuda()
    x = ag.tensor(draw((2, 2, 5)))
    u = x.cuda()
    with fake_cupy.forbid_sync():
        v = there(u)
        v.square().sum().backward()
    y = here(x)
    y.square().sum().backward()
    np.testing.assert_allclose(array(v.cpu()), array(y), rtol=1e-12)
    for p, q in zip(there.parameters(), here.parameters(), strict=True):
        np.testing.assert_allclose(array(p.grad.cpu()), array(q.grad), rtol=1e-10, atol=1e-12)
    if parametrize.is_parametrized(there):
        assert all(t.device.type == "cuda" for t in there.state_dict().values())


@pytest.mark.parametrize("name", MAPS)
def test_orthogonal_on_a_gpu(cuda, name):
    layer = parametrizations.orthogonal(nn.Linear(3, 4, device="cuda"), orthogonal_map=name)
    Q = array(layer.weight.cpu())
    np.testing.assert_allclose(Q.T @ Q, np.eye(3), atol=1e-5)
    layer(ag.ones(3, device="cuda")).sum().backward()
    assert layer.parametrizations.weight.original.grad.device.type == "cuda"
