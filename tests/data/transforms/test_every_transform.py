"""What holds for every transform of images: what it leaves alone, samples and batches, seeds, dtypes, PIL images."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.data import transforms as T
from tests.data.transforms.everything import DETERMINISTIC, EVERY, RANDOM

COUNT = 6
each = pytest.mark.parametrize("name", EVERY)


def batch(dtype: str = "float32", channels: int = 3) -> Any:
    drawn = np.random.default_rng(3).random((COUNT, channels, 10, 11))
    return ag.from_numpy((drawn * 255).astype("uint8") if dtype == "uint8" else drawn.astype(dtype))


@each
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_read_only_input_stays_as_it_was(name: str, dtype: str) -> None:
    images = batch(dtype)
    before = images.numpy().copy()
    images._array.flags.writeable = False
    EVERY[name](images)
    assert np.array_equal(images.numpy(), before)


@each
def test_a_batch_is_changed_as_its_images_would_be_one_by_one(name: str) -> None:
    images = batch()
    ag.manual_seed(1)
    together = EVERY[name](images)
    ag.manual_seed(1)
    alone = ag.stack([EVERY[name](image) for image in images])
    assert together.shape == alone.shape and together.dtype is alone.dtype
    assert np.allclose(together.numpy(), alone.numpy(), atol=1e-5)


@pytest.mark.parametrize("name", RANDOM)
def test_each_image_of_a_batch_has_random_numbers_of_its_own(name: str) -> None:
    same = ag.from_numpy(np.repeat(batch().numpy()[:1], 24, 0))
    assert len(np.unique(RANDOM[name](same).numpy(), axis=0)) > 1


@pytest.mark.parametrize("name", RANDOM)
def test_a_seed_repeats_the_numbers(name: str) -> None:
    images = batch()
    found = []
    for seed in (5, 5, 6):
        ag.manual_seed(seed)
        found.append(np.concatenate([RANDOM[name](images).numpy() for _ in range(4)]))
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_the_others_draw_nothing(name: str) -> None:
    before = ag.get_rng_state()
    DETERMINISTIC[name](batch())
    assert ag.equal(before, ag.get_rng_state())


@each
def test_bytes_stay_bytes_and_floats_floats(name: str) -> None:
    if name not in ("dtype", "rescale"):
        assert EVERY[name](batch("uint8")).dtype is ag.uint8
        assert EVERY[name](batch("float64")).dtype is ag.float64
        assert EVERY[name](batch().to(ag.bfloat16)).dtype is ag.bfloat16


@each
def test_bytes_are_changed_as_floats_are(name: str) -> None:
    if name in ("dtype", "rescale", "zoom", "rotation bilinear", "resize bicubic", "resized crop bicubic"):
        return  # other ranges, or a fill that means another colour
    pixels = batch("uint8")
    ag.manual_seed(2)
    bytewise = EVERY[name](pixels).numpy() / 255
    ag.manual_seed(2)
    smooth = EVERY[name](pixels.float() / 255).numpy()
    assert abs(bytewise - smooth).max() < (0.05 if name == "jitter" else 0.011)


@each
def test_half_precision_is_changed_as_full_is(name: str) -> None:
    ag.manual_seed(2)
    rough = EVERY[name](batch().to(ag.bfloat16)).float().numpy()
    ag.manual_seed(2)
    fine = EVERY[name](batch().to(ag.bfloat16).float()).numpy()
    assert abs(rough - fine).max() <= (1 if name == "dtype" else 0.03)


@each
def test_one_channel_and_no_channel_dim(name: str) -> None:
    flat = batch(channels=1)[0, 0]
    ag.manual_seed(3)
    found = EVERY[name](flat)
    ag.manual_seed(3)
    wanted = EVERY[name](flat[None])
    assert np.array_equal(found.numpy().reshape(wanted.shape), wanted.numpy())


@each
def test_a_pil_image_is_taken_as_bytes(name: str) -> None:
    image = pytest.importorskip("PIL.Image").fromarray(batch("uint8").numpy()[0].transpose(1, 2, 0))
    ag.manual_seed(4)
    found = EVERY[name](image)
    ag.manual_seed(4)
    assert np.array_equal(found.numpy(), EVERY[name](batch("uint8")[0]).numpy())


@each
def test_a_transform_can_be_copied_pickled_and_shown(name: str) -> None:
    for twin in (copy.deepcopy(EVERY[name]), pickle.loads(pickle.dumps(EVERY[name]))):
        ag.manual_seed(1)
        found = twin(batch())
        ag.manual_seed(1)
        assert np.array_equal(found.numpy(), EVERY[name](batch()).numpy())
    assert repr(EVERY[name]).startswith(type(EVERY[name]).__name__ + "(")


@each
def test_what_is_no_image_is_refused_by_name(name: str) -> None:
    who = type(EVERY[name]).__name__
    for wrong, words in (
        (np.zeros((4, 4)), "image is ndarray; wanted a Tensor .C, H, W. or .N, C, H, W., or a PIL image: ToTensor"),
        ("image", "image is str; wanted a Tensor"),
        (ag.zeros(3), r"image has shape \(3,\)"),
        (ag.zeros(3, 0, 4), r"image has shape \(3, 0, 4\); wanted at least one pixel"),
        (ag.zeros(3, 8, 8, requires_grad=True), "image requires grad, and transforms of images are not recorded"),
    ):
        with pytest.raises((TypeError, ValueError, RuntimeError), match=f"^{who}: {words}"):
            EVERY[name](wrong)
    with ag.no_grad():
        EVERY[name](ag.rand(3, 10, 11, requires_grad=True))


def test_an_image_on_another_device_is_refused(cuda: Any) -> None:
    with pytest.raises(RuntimeError, match="RandomCrop: image is on cuda:0; wanted the CPU"):
        T.RandomCrop(4)(ag.zeros(3, 8, 8, device="cuda"))


def test_an_empty_batch_stays_one() -> None:
    for name, transform in EVERY.items():
        if name != "resize bicubic":  # nn.functional.interpolate takes none
            assert len(transform(ag.zeros(0, 3, 10, 11))) == 0
