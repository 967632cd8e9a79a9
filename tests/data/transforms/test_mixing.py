"""MixUp, CutMix, and patches of large images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
import nn.functional as F
from autograd_core.data import DataLoader, TensorDataset
from autograd_core.data import transforms as T

IMAGES = ag.from_numpy(np.random.default_rng(0).random((16, 2, 6, 8)).astype("float32"))
LABELS = ag.arange(16) % 5
both = pytest.mark.parametrize("kind", [T.MixUp, T.CutMix], ids=["MixUp", "CutMix"])


@both
def test_labels_become_probabilities_that_sum_to_one(kind: Any) -> None:
    x, y = kind(num_classes=5)(IMAGES, LABELS)
    assert x.shape == IMAGES.shape and x.dtype is ag.float32 and y.shape == (16, 5)
    assert np.allclose(y.sum(1).numpy(), 1) and float(y.min()) >= 0
    assert float(F.cross_entropy(ag.zeros(16, 5), y)) == pytest.approx(np.log(5), rel=1e-5)
    again, probabilities = kind()([x, y])  # probabilities are taken as they are
    assert again.shape == x.shape and np.allclose(probabilities.sum(1).numpy(), 1)


def test_mixup_mixes_images_as_labels() -> None:
    x, y = T.MixUp(0.4, num_classes=16)(IMAGES, ag.arange(16))
    wanted = np.einsum("nk,kchw->nchw", y.numpy(), IMAGES.numpy())
    assert np.allclose(x.numpy(), wanted, atol=1e-6)
    shares = y.numpy()[np.arange(16), np.arange(16)]
    assert len(np.unique(shares)) == 16  # each pair its own


def test_cutmix_replaces_the_area_that_the_labels_say() -> None:
    x, y = T.CutMix(num_classes=16)(IMAGES, ag.arange(16))
    own = (x.numpy() == IMAGES.numpy()).all(1)
    other = (x.numpy() == np.roll(IMAGES.numpy(), 1, 0)).all(1)
    assert (own ^ other).all()
    assert np.allclose(own.mean((1, 2)), np.diag(y.numpy()), atol=1e-6)
    for hole in other:
        assert hole.sum() == hole.any(1).sum() * hole.any(0).sum()


@both
def test_as_collate_fn_of_a_loader_and_by_a_seed(kind: Any) -> None:
    data = TensorDataset(IMAGES, LABELS)
    mix = kind(num_classes=5)
    found = []
    for _ in range(2):
        ag.manual_seed(3)
        found.append([(x.tolist(), y.tolist()) for x, y in DataLoader(data, 8, collate_fn=mix.collate, num_workers=2)])
    assert found[0] == found[1] and np.shape(found[0][0][1]) == (8, 5)


@both
def test_what_is_given_stays_as_it_was(kind: Any) -> None:
    x, y = IMAGES.clone(), LABELS.clone()
    x._array.flags.writeable = y._array.flags.writeable = False
    kind(num_classes=5)(x, y)
    assert ag.equal(x, IMAGES)
    assert repr(kind(0.3)) == f"{kind.__name__}(alpha=0.3, num_classes=None)"


@both
def test_refusals(kind: Any) -> None:
    name = kind.__name__
    for call, error, words in (
        (lambda: kind(0), ValueError, "alpha is 0; wanted a number above 0"),
        (lambda: kind(num_classes=0), TypeError, "num_classes is 0; wanted a whole number above 0, or None"),
        (lambda: kind()(IMAGES), TypeError, "got 1 members of a batch; wanted two"),
        (lambda: kind()(IMAGES, LABELS), TypeError, "labels are int64 .* with num_classes=None"),
        (lambda: kind(num_classes=4)(IMAGES, LABELS), ValueError, "labels run from 0 to 4; wanted 0 to 3"),
        (lambda: kind()(IMAGES[0], LABELS), ValueError, r"images have shape \(2, 6, 8\)"),
        (lambda: kind()(IMAGES.to(ag.uint8), LABELS), TypeError, "images are uint8; wanted floats"),
    ):
        with pytest.raises(error, match=f"{name}: {words}"):
            call()


# ---- patches ----


def scene(*shape: int) -> Any:
    return np.random.default_rng(1).integers(0, 255, shape).astype(np.uint8)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_patches_cover_and_are_put_together_again(height: int, width: int, h: int, w: int, stride: int) -> None:
    h, w, image = min(h, height), min(w, width), scene(height, width)
    patches = T.Patches(image, (h, w), min(stride, h, w))
    views = ag.stack([patch.float() for patch, _ in patches])
    for patch, (top, left) in zip(views, (patches.position(i) for i in range(len(patches)))):
        assert np.array_equal(patch[0].numpy(), image[top : top + h, left : left + w])
    assert np.allclose(patches.assemble(views)[0].numpy(), image, atol=1e-4)


def test_sources(tmp_path: Path) -> None:
    image = scene(20, 30, 3)
    np.save(tmp_path / "scene.npy", image)
    mapped = np.memmap(tmp_path / "scene.raw", np.uint8, "w+", shape=image.shape)
    mapped[:] = image
    sources = [image, mapped, tmp_path / "scene.npy", str(tmp_path / "scene.npy"), ag.from_numpy(image)]
    if (library := pytest.importorskip("PIL.Image")) is not None:
        library.fromarray(image).save(tmp_path / "scene.png")
        sources += [tmp_path / "scene.png", library.open(tmp_path / "scene.png")]
    for source in sources:
        patch, position = T.Patches(source, 8)[5]
        assert position == (8, 8) and patch.shape == (3, 8, 8) and patch.dtype is ag.uint8
        assert np.array_equal(patch.numpy(), image[8:16, 8:16].transpose(2, 0, 1)), type(source)
    first = T.Patches(np.ascontiguousarray(image.transpose(2, 0, 1)), 8, channels_first=True)
    assert np.array_equal(first[5][0].numpy(), image[8:16, 8:16].transpose(2, 0, 1))


@pytest.mark.parametrize("kind", ["thread", "process"])
def test_workers_read_files_of_their_own(tmp_path: Path, kind: str) -> None:
    np.save(tmp_path / "scene.npy", scene(40, 40))
    patches = T.Patches(tmp_path / "scene.npy", 8, transform=T.ToTensor())
    whole = patches.assemble(x for x, _ in DataLoader(patches, 4, num_workers=2, worker_type=kind))
    assert np.allclose(whole[0].numpy() * 255, scene(40, 40), atol=1e-4)


def test_assembling_into_a_memmap_batch_by_batch(tmp_path: Path) -> None:
    patches = T.Patches(scene(30, 50), 10, 5)
    out = np.lib.format.open_memmap(tmp_path / "out.npy", "w+", np.float32, (2, 30, 50))
    out[:] = 9
    result = patches.assemble((x.float().expand(-1, 2, 10, 10) for x, _ in DataLoader(patches, 7)), out=out)
    assert result is out and np.allclose(out, scene(30, 50)[None], atol=1e-4)


def test_overlaps_are_averaged() -> None:
    patches = T.Patches(np.zeros((1, 3)), (1, 2), 1)
    assert patches.assemble(ag.tensor([[[[1.0, 2.0]]], [[[4.0, 8.0]]]]))[0].tolist() == [[1.0, 3.0, 8.0]]


def test_random_patches() -> None:
    image = np.arange(400).reshape(20, 20)
    patches = T.RandomPatches(image, 5, 300)
    found = [position for patch, position in patches if patch[0, 0, 0] == position[0] * 20 + position[1]]
    assert len(patches) == len(found) == 300
    assert np.min(found, 0).tolist() == [0, 0] and np.max(found, 0).tolist() == [15, 15]
    ag.manual_seed(0)
    first = [position for _, position in patches]
    ag.manual_seed(0)
    assert first == [position for _, position in patches] != [position for _, position in patches]


def test_refusals_of_patches() -> None:
    image, four = scene(8, 8), T.Patches(scene(8, 8), 4)
    for call, error, words in (
        (lambda: T.Patches(image, 9), ValueError, r"Patches: size is \(9, 9\); wanted no more than .*\(8, 8\)"),
        (lambda: T.Patches(image, 0), ValueError, "Patches: size is 0; wanted lengths of at least 1"),
        (lambda: T.Patches(image, "a"), TypeError, "Patches: size is 'a'; wanted an int, or two"),
        (lambda: T.Patches(image, 4, (0, 1)), ValueError, r"Patches: stride is \(0, 1\)"),
        (lambda: T.Patches([[1]], 1), TypeError, "Patches: source is list; wanted an array, a path or a PIL image"),
        (lambda: T.Patches(np.zeros(3), 1), ValueError, r"Patches: source has shape \(3,\)"),
        (lambda: four[4], IndexError, "Patches: index 4 is out of range for 4 patches"),
        (lambda: T.RandomPatches(image, 4, 0), ValueError, "RandomPatches: count is 0"),
        (lambda: T.RandomPatches(image, 4, 2)[2], IndexError, "RandomPatches: index 2 is out of range"),
        (lambda: four.assemble(ag.zeros(4, 1, 3, 4)), ValueError, r"assemble: predictions have shape \(4, 1, 3, 4\)"),
        (lambda: four.assemble(ag.zeros(3, 1, 4, 4)), ValueError, "assemble: got 3 predictions; wanted 4"),
        (lambda: four.assemble(ag.zeros(5, 1, 4, 4)), ValueError, "assemble: got more than 4 predictions"),
        (lambda: four.assemble(ag.zeros(4, 1, 4, 4), image), ValueError, "assemble: out is uint8, shape"),
    ):
        with pytest.raises(error, match=words):
            call()
