"""Clipping of gradients and noise on them, parameters as one vector, layers without initial values."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import utils
from tests.nn.twin import array, close, draw


def gradients(torch, scale):
    ours = [nn.Parameter(ag.tensor(draw(shape))) for shape in ((3, 2), (4,), (2,))]
    theirs = [torch.nn.Parameter(torch.tensor(array(p))) for p in ours]
    for i, (p, q) in enumerate(zip(ours[:2], theirs[:2], strict=True)):
        value = draw(p.shape, 10 + i) * scale
        p.grad, q.grad = ag.tensor(value), torch.tensor(value)
    return ours, theirs


@pytest.mark.parametrize("scale", [0.01, 10.0])
@pytest.mark.parametrize("order", [2.0, 1.0, 3.0, float("inf")])
def test_clipping_by_norm(torch, scale, order):
    ours, theirs = gradients(torch, scale)
    total = utils.clip_grad_norm_(ours, 1.0, order)
    close(total, torch.nn.utils.clip_grad_norm_(theirs, 1.0, order))
    for p, q in zip(ours[:2], theirs[:2], strict=True):
        close(p.grad, q.grad)
    assert ours[2].grad is None


def test_clipping_one_tensor_or_none(torch):
    ours, theirs = gradients(torch, 10.0)
    close(utils.clip_grad_norm_(ours[0], 0.5), torch.nn.utils.clip_grad_norm_(theirs[0], 0.5))
    close(ours[0].grad, theirs[0].grad)
    assert utils.clip_grad_norm_([ours[2]], 1.0).item() == 0
    close(utils.get_total_norm([p.detach() for p in ours]), torch.nn.utils.get_total_norm([p.detach() for p in theirs]))


def test_clipping_refuses_what_is_not_finite():
    p = nn.Parameter(ag.ones(2))
    p.grad = ag.tensor([1.0, float("nan")])
    with pytest.raises(
        RuntimeError, match=r"The total norm of order 2\.0 for gradients from `parameters` is non-finite"
    ):
        utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)
    assert array(p.grad)[0] == 1
    assert np.isnan(array(utils.clip_grad_norm_([p], 1.0)))


def test_clipping_by_value(torch):
    ours, theirs = gradients(torch, 1.0)
    utils.clip_grad_value_(ours, 0.3)
    torch.nn.utils.clip_grad_value_(theirs, 0.3)
    for p, q in zip(ours[:2], theirs[:2], strict=True):
        close(p.grad, q.grad)
    utils.clip_grad_value_(ours[0], 0.1)
    assert abs(array(ours[0].grad)).max() == pytest.approx(0.1)


def test_clipping_by_the_norm_of_more(torch):
    ours, theirs = gradients(torch, 1.0)
    for package, parameters in ((utils, ours), (torch.nn.utils, theirs)):
        total = package.get_total_norm([p.grad for p in parameters[:2]], float("inf"), False, None)
        assert package.clip_grads_with_norm_(parameters[:1], 0.5, total) is None
    for p, q in zip(ours[:2], theirs[:2], strict=True):
        close(p.grad, q.grad)


def test_clipping_a_generator_that_is_used_up(torch):
    for package in (torch.nn.utils, utils):
        with pytest.warns(UserWarning, match="`parameters` is an empty generator, no gradient clipping will occur"):
            assert package.clip_grad_norm_((p for p in ()), 1.0).item() == 0
    p = nn.Parameter(ag.ones(2))
    p.grad = ag.ones(2)
    utils.clip_grad_norm_((q for q in [p]), 0.1)
    assert array(p.grad).max() < 0.1


def test_gradient_noise():
    parameters = [nn.Parameter(ag.ones(200, 100)), nn.Parameter(ag.ones(2))]
    parameters[0].grad = ag.full((200, 100), 3.0)
    utils.add_gradient_noise_(parameters, 0.3, 0.55, 9, ag.Generator().manual_seed(1))
    noise = array(parameters[0].grad) - 3.0
    assert noise.var() == pytest.approx(0.3 / 10**0.55, rel=0.03) and abs(noise.mean()) < 0.01
    assert parameters[1].grad is None and parameters[0].is_leaf
    again = nn.Parameter(ag.ones(200, 100))
    again.grad = ag.full((200, 100), 3.0)
    utils.add_gradient_noise_(again, 0.3, 0.55, 9, generator=ag.Generator().manual_seed(1))
    np.testing.assert_array_equal(array(again.grad), array(parameters[0].grad))
    for eta, step, message in [(-1.0, 0, "eta is -1.0; wanted at least 0"), (1.0, -1, "step is -1; wanted")]:
        with pytest.raises(ValueError, match=f"add_gradient_noise_: {message}"):
            utils.add_gradient_noise_(again, eta, 0.55, step)


def test_skipping_initial_values(torch):
    random = array(ag.get_rng_state()).copy()
    for name, args in {"Linear": (5, 3), "Conv2d": (2, 3, 2), "GRUCell": (3, 4), "BatchNorm1d": (3,)}.items():
        ours, theirs = (
            utils.skip_init(getattr(nn, name), *args),
            torch.nn.utils.skip_init(getattr(torch.nn, name), *args),
        )
        assert type(ours) is getattr(nn, name) and repr(ours) == repr(theirs)
        assert {k: tuple(v.shape) for k, v in ours.state_dict().items()} == {
            k: tuple(v.shape) for k, v in theirs.state_dict().items()
        }
    np.testing.assert_array_equal(array(ag.get_rng_state()), random)
    assert utils.skip_init(nn.Linear, 2, 2, dtype=ag.float64).weight.dtype is ag.float64
    for space, package in ((torch.nn, torch.nn.utils), (nn, utils)):
        with pytest.raises(RuntimeError, match="Module must support a 'device' arg to skip initialization"):
            package.skip_init(space.ReLU)
        with pytest.raises(RuntimeError, match="Expected a Module; got"):
            package.skip_init(dict)


def test_parameters_to_vector_and_back():
    parameters = [nn.Parameter(ag.tensor(draw(shape))) for shape in ((3, 2), (), (4,))]
    vector = utils.parameters_to_vector(parameters)
    assert tuple(vector.shape) == (11,)
    vector.sum().backward()
    assert array(parameters[1].grad) == 1
    utils.vector_to_parameters(vector.detach() * 2.0, parameters)
    close(utils.parameters_to_vector(parameters), vector * 2.0)
    assert all(p.is_leaf for p in parameters)
    before = [array(p).copy() for p in parameters]
    for vec, kind, message in [
        (ag.ones(12), ValueError, "vec has 12 elements; wanted 11"),
        ([1.0], TypeError, "vec is list; wanted a Tensor"),
    ]:
        with pytest.raises(kind, match=message):
            utils.vector_to_parameters(vec, parameters)
    assert all(np.array_equal(array(p), b) for p, b in zip(parameters, before, strict=True))
