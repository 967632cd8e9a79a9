"""Batch normalisation folded into the layer before it, against the two layers and against PyTorch."""

from __future__ import annotations

import importlib

import pytest

import autograd_core as ag
import nn
from nn.utils import fusion
from tests.nn.twin import close, draw, state_to_ours

CASES = {
    "1d": (lambda nn: (nn.Conv1d(2, 4, 2), nn.BatchNorm1d(4)), (2, 2, 5), False),
    "2d": (lambda nn: (nn.Conv2d(2, 4, 3, groups=2), nn.BatchNorm2d(4, eps=0.1)), (2, 2, 5, 5), False),
    "3d, no bias": (lambda nn: (nn.Conv3d(1, 2, 2, bias=False), nn.BatchNorm3d(2)), (2, 1, 3, 3, 3), False),
    "not affine": (lambda nn: (nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3, affine=False)), (2, 2, 5, 5), False),
    "transposed": (lambda nn: (nn.ConvTranspose2d(2, 3, 2), nn.BatchNorm2d(3)), (2, 2, 4, 4), True),
    "transposed, no bias": (lambda nn: (nn.ConvTranspose1d(2, 3, 2, bias=False), nn.BatchNorm1d(3)), (2, 2, 4), True),
    "linear": (lambda nn: (nn.Linear(3, 4), nn.BatchNorm1d(4)), (5, 3), None),
    "linear, no bias": (lambda nn: (nn.Linear(3, 4, bias=False), nn.BatchNorm1d(4)), (5, 3), None),
    "linear, one feature": (lambda nn: (nn.Linear(3, 4), nn.BatchNorm1d(1)), (5, 1, 3), None),
    "linear, one feature, no bias": (lambda nn: (nn.Linear(3, 4, bias=False), nn.BatchNorm1d(1)), (5, 1, 3), None),
}


def layers(torch, make, shape):
    """Return layer and normalisation of each side, in evaluation, with the statistics of a few batches."""
    torch.manual_seed(0)
    theirs = torch.nn.Sequential(*make(torch.nn)).double()
    for step in range(3):
        theirs(torch.tensor(2.0 * draw(shape, step) + 1.0))
    if theirs[1].affine:
        with torch.no_grad():
            theirs[1].weight.add_(torch.tensor(draw(theirs[1].weight.shape, 7)))
            theirs[1].bias.add_(torch.tensor(draw(theirs[1].bias.shape, 8)))
    ours = nn.Sequential(*make(nn)).double()
    ours.load_state_dict(state_to_ours(theirs))
    return ours.eval(), theirs.eval()


def fused(package, model, transpose):
    if transpose is None:
        return package.fuse_linear_bn_eval(*model)
    return package.fuse_conv_bn_eval(*model, transpose)


@pytest.mark.parametrize("case", CASES)
def test_fused_layers_are_pytorchs_and_the_two(torch, case):
    make, shape, transpose = CASES[case]
    ours, theirs = layers(torch, make, shape)
    before = {k: v.clone() for k, v in ours.state_dict().items()}
    one, one_ = (
        fused(fusion, ours, transpose),
        fused(importlib.import_module("torch.nn.utils.fusion"), theirs, transpose),
    )
    assert type(one) is type(ours[0]) and not one.training
    for (key, p), (key_, p_) in zip(one.named_parameters(), one_.named_parameters(), strict=True):
        assert key == key_ and isinstance(p, nn.Parameter) and p.requires_grad == p_.requires_grad
        close(p, p_)
    x = ag.tensor(draw(shape, 9))
    close(one(x), ours(x))
    for key, value in ours.state_dict().items():
        close(value, before[key], 0.0)


def test_transposed_convolutions_in_groups(torch):
    """PyTorch's own formula fails on them."""
    ours, _ = layers(torch, lambda nn: (nn.ConvTranspose2d(4, 6, 2, groups=2), nn.BatchNorm2d(6)), (2, 4, 3, 3))
    x = ag.tensor(draw((2, 4, 3, 3)))
    close(fusion.fuse_conv_bn_eval(*ours, transpose=True)(x), ours(x))


def test_dtypes_are_the_layers():
    conv, bn = nn.Conv1d(2, 3, 2).eval(), nn.BatchNorm1d(3).double().eval()
    assert {p.dtype for p in nn.utils.fuse_conv_bn_eval(conv, bn).parameters()} == {ag.float32}
    assert {p.dtype for p in nn.utils.fuse_linear_bn_eval(nn.Linear(2, 3).eval(), bn).parameters()} == {ag.float32}


def test_errors(torch):
    for space, package in ((torch.nn, importlib.import_module("torch.nn.utils.fusion")), (nn, fusion)):
        for norm, kind, layer in [
            (space.BatchNorm1d(3), "Fusion only for eval!", space.Conv1d(2, 3, 2).eval()),
            (space.BatchNorm1d(3).eval(), "Fusion only for eval!", space.Linear(2, 3)),
            (space.BatchNorm1d(3, track_running_stats=False).eval(), "must not be None", space.Conv1d(2, 3, 2).eval()),
            (space.BatchNorm1d(2).eval(), "linear.out_features=3 and bn.num_features=2", space.Linear(2, 3).eval()),
        ]:
            fuse = package.fuse_linear_bn_eval if isinstance(layer, space.Linear) else package.fuse_conv_bn_eval
            with pytest.raises(AssertionError, match=kind):
                fuse(layer, norm)
