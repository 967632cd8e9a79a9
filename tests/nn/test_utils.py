"""Clipping of gradients, and parameters as one vector."""

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
