"""Tables of vectors beside PyTorch's table of layers: initial rows, given rows, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import nn
from tests.nn.twin import array

KINDS = ["Embedding", "EmbeddingBag"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_padding_row_is_zero_and_stays(kind):
    table = getattr(nn, kind)(6, 4, padding_idx=-2)
    assert table.padding_idx == 4
    for _ in range(2):
        assert not table.weight[4].any() and table.weight[3].any()
        table.reset_parameters()
    table(ag.tensor([[1, 4], [4, 4]])).sum().backward()
    assert table.weight.grad[1].all() and not table.weight.grad[4].any()


@pytest.mark.parametrize("kind", KINDS)
def test_given_rows_share_memory(torch, kind):
    rows = ag.tensor([[1.0, 2.3], [4.0, 5.1]])
    frozen = getattr(nn, kind).from_pretrained(rows)
    assert not frozen.weight.requires_grad and list(frozen.state_dict()) == ["weight"]
    free = getattr(nn, kind).from_pretrained(rows, freeze=False, padding_idx=0)
    assert free.weight.requires_grad
    np.testing.assert_array_equal(array(free.weight), array(rows))  # the padding's row, too
    rows[0, 0] = 7.0
    assert frozen.weight[0, 0] == 7.0 == free.weight[0, 0]
    for package, library in ((torch.nn, torch), (nn, ag)):
        with pytest.raises(AssertionError, match="Embeddings parameter is expected to be 2-dimensional"):
            getattr(package, kind).from_pretrained(library.ones(3))


def test_rows_are_shortened_in_place_where_they_are_used():
    table = nn.Embedding.from_pretrained(ag.tensor([[3.0, 4.0], [6.0, 8.0]]), freeze=False, max_norm=1.0)
    table(ag.tensor([1, 1])).sum().backward()
    np.testing.assert_allclose(array(table.weight), [[3.0, 4.0], [0.6, 0.8]], rtol=1e-6)
    np.testing.assert_array_equal(array(table.weight.grad), [[0.0, 0.0], [2.0, 2.0]])


def test_gradients_are_dense():
    table = nn.Embedding(3, 2, sparse=True)
    assert repr(table) == "Embedding(3, 2, sparse=True)"
    table(ag.tensor([1])).sum().backward()
    assert table.weight.grad.shape == (3, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_repr_shows_every_setting(torch, kind):
    settings = {"padding_idx": 1, "max_norm": 1.0, "norm_type": 1, "scale_grad_by_freq": True, "sparse": True}
    assert repr(getattr(nn, kind)(3, 2, **settings)) == repr(getattr(torch.nn, kind)(3, 2, **settings))


@pytest.mark.parametrize("kind", KINDS)
def test_what_tables_refuse(torch, kind):
    for package, library in ((torch.nn, torch), (nn, ag)):
        make = getattr(package, kind)
        for row in (3, -4):
            with pytest.raises(AssertionError, match=r"(?i)padding_idx must be within num_embeddings"):
                make(3, 2, padding_idx=row)
        with pytest.raises(AssertionError, match="Shape of weight does not match num_embeddings and embedding_dim"):
            make(3, 2, _weight=library.ones(2, 3))
        with pytest.raises((IndexError, RuntimeError), match=r"index out of range in self|not in the valid range"):
            make(3, 2)(library.tensor([[3]]))


def test_what_bags_refuse(torch):
    for package, library in ((torch.nn, torch), (nn, ag)):
        ids, weights = library.tensor([[0, 1]]), library.ones(1, 2)
        with pytest.raises(ValueError, match="mode has to be one of sum, mean or max"):
            package.EmbeddingBag(3, 2, mode="prod")(ids)
        with pytest.raises(NotImplementedError, match="per_sample_weights is only supported for mode='sum'"):
            package.EmbeddingBag(3, 2)(ids, per_sample_weights=weights)
        with pytest.raises((ValueError, RuntimeError), match=r"offsets\[0\] has to be 0"):
            package.EmbeddingBag(3, 2)(ids[0], library.tensor([1]))
        with pytest.raises((ValueError, RuntimeError), match=r"offsets\[-1\] can not"):
            package.EmbeddingBag(3, 2)(ids[0], library.tensor([0, 3]))


def test_offsets_out_of_range_are_named_on_a_gpu_too(cuda):
    bags = nn.EmbeddingBag(3, 2).cuda()
    ids = ag.tensor([0, 1]).cuda()
    for offsets, message in (([1], r"offsets\[0\] has to be 0; 1"), ([0, 3], r"offsets\[-1\] can not be .*; 3")):
        out = bags(ids, ag.tensor(offsets).cuda())
        with pytest.raises(IndexError, match=message):
            out.cpu()
