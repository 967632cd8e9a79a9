"""Colours, noise and holes: against Python's colorsys, Pillow, and the formulas written out."""

from __future__ import annotations

import colorsys
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.data import transforms as T
from autograd_core.data.transforms import functional as TF


def colours(*shape: int, kind: str = "float32") -> Any:
    drawn = np.random.default_rng(1).random(shape)
    return ag.from_numpy((drawn * 255.99).astype("uint8") if kind == "uint8" else drawn.astype(kind))


@pytest.mark.parametrize("shift", [-0.5, -0.21, 0.0, 0.13, 0.5])
def test_hue_is_that_of_colorsys(shift: float) -> None:
    image = colours(3, 6, 5, kind="float64")
    image[:, 0, 0] = 0.4  # grey has no hue
    image[:, 0, 1] = 0.0
    image[:, 0, 2] = ag.tensor([1.0, 0.0, 0.0])
    found = TF.adjust_hue(image, shift).numpy().reshape(3, -1).T
    for before, after in zip(image.numpy().reshape(3, -1).T, found):
        hue, saturation, value = colorsys.rgb_to_hsv(*before)
        assert after == pytest.approx(colorsys.hsv_to_rgb((hue + shift) % 1, saturation, value), abs=1e-9)


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0, 1.7])
def test_factors_are_blends_by_torchvisions_formulas(factor: float) -> None:
    image = colours(2, 3, 4, 5)
    array = image.numpy().astype("float64")
    grey = (array * np.array([0.2989, 0.587, 0.114])[:, None, None]).sum(1, keepdims=True)
    for function, other in (
        (TF.adjust_brightness, 0),
        (TF.adjust_contrast, grey.mean((1, 2, 3), keepdims=True)),
        (TF.adjust_saturation, grey),
    ):
        wanted = (factor * array + (1 - factor) * other).clip(0, 1)
        assert np.allclose(function(image, factor).numpy(), wanted, atol=1e-6)


@pytest.mark.parametrize(("name", "function"), [
    ("Brightness", TF.adjust_brightness), ("Contrast", TF.adjust_contrast), ("Color", TF.adjust_saturation),
    ("Sharpness", TF.adjust_sharpness),
])  # fmt: skip
@pytest.mark.parametrize("factor", [0.4, 1.6])
def test_bytes_are_within_two_of_pillows(name: str, function: Any, factor: float) -> None:
    """Pillow rounds its greys, torchvision's formulas drop fractions."""
    enhance = pytest.importorskip("PIL.ImageEnhance")
    picture = TF.to_pil_image(colours(3, 9, 8, kind="uint8"))
    wanted = np.asarray(getattr(enhance, name)(picture).enhance(factor)).transpose(2, 0, 1).astype(int)
    assert abs(function(picture, factor).numpy() - wanted).max() <= 2


def test_bytes_drop_the_fraction() -> None:
    image = ag.tensor([[[100, 7]]], dtype=ag.uint8)
    assert TF.adjust_brightness(image, 0.999).tolist() == [[[99, 6]]]
    assert TF.adjust_brightness(image, 3).tolist() == [[[255, 21]]]


def test_a_factor_for_each_image() -> None:
    images = colours(3, 3, 4, 4)
    together = TF.adjust_contrast(images, [0.5, 1.0, 2.0])
    for image, factor, found in zip(images, (0.5, 1.0, 2.0), together):
        assert np.allclose(found.numpy(), TF.adjust_contrast(image, factor).numpy())


def test_jitter_draws_factors_and_orders_from_its_bounds() -> None:
    grey = ag.full((2000, 1, 1, 1), 0.5)
    found = T.ColorJitter(brightness=(0.4, 1.2))(grey).numpy().reshape(-1) / 0.5
    assert 0.4 <= found.min() < 0.41 and 1.19 < found.max() <= 1.2
    two = ag.tensor([[[0.2, 0.4]]]).expand(500, 1, 1, 2)
    # brightness 2 and contrast 0: the mean of the brighter image, or the brighter mean: both 0.6; hue leaves grey alone
    assert np.allclose(T.ColorJitter((2, 2), (0, 0), 0.5, 0.5)(two).numpy(), 0.6)
    # brightness 3 cuts off at white first, or last
    orders = np.unique(T.ColorJitter((3, 3), (0, 0))(two).numpy().round(4))
    assert orders.tolist() == pytest.approx([0.8, 0.9])
    assert ag.equal(T.ColorJitter()(two), two)


def test_grey_negative_and_solar() -> None:
    image = ag.tensor([0.5, 0.25, 1.0]).reshape(3, 1, 1)
    assert T.Grayscale()(image).item() == pytest.approx(0.2989 / 2 + 0.587 / 4 + 0.114)
    assert T.Grayscale(3)(image).shape == (3, 1, 1)
    assert T.RandomInvert(1.0)(image).flatten().tolist() == [0.5, 0.75, 0.0]
    assert TF.invert(ag.tensor([[[0, 255]]], dtype=ag.uint8)).tolist() == [[[255, 0]]]
    assert TF.solarize(image, 0.5).flatten().tolist() == [0.5, 0.25, 0.0]
    assert T.RandomGrayscale(1.0)(image).shape == (3, 1, 1)


def test_gamma() -> None:
    image = colours(3, 2, 2)
    assert np.allclose(TF.adjust_gamma(image, 2.2, 0.9).numpy(), 0.9 * image.numpy() ** 2.2, atol=1e-6)
    assert TF.adjust_gamma(ag.full((1, 1, 1), 64, dtype=ag.uint8), 0.5).item() == 128


def test_blur_is_a_convolution_with_a_gaussian() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = colours(1, 12, 14, kind="float64")
    bell = np.exp(-0.5 * (np.arange(-2, 3) / 0.8) ** 2)
    wide = np.exp(-0.5 * (np.arange(-3, 4) / 1.5) ** 2)
    wanted = ndimage.correlate1d(image.numpy()[0], bell / bell.sum(), 0, mode="mirror")
    wanted = ndimage.correlate1d(wanted, wide / wide.sum(), 1, mode="mirror")
    assert np.allclose(TF.gaussian_blur(image, (7, 5), (1.5, 0.8)).numpy()[0], wanted)
    assert TF.gaussian_blur(image, 3).shape == image.shape
    assert np.allclose(T.GaussianBlur(5, 1.0)(image).numpy(), TF.gaussian_blur(image, 5, 1.0).numpy())


def test_noise_has_its_mean_and_deviation() -> None:
    found = T.GaussianNoise(0.2, 0.3, clip=False)(ag.zeros(4, 3, 100, 100)).numpy()
    assert found.mean() == pytest.approx(0.2, abs=0.005) and found.std() == pytest.approx(0.3, abs=0.005)
    clipped = T.GaussianNoise(0.0, 1.0)(ag.full((1, 50, 50), 0.5))
    assert float(clipped.min()) == 0 and float(clipped.max()) == 1
    bytes_ = T.GaussianNoise(sigma=0.1)(ag.full((1, 50, 50), 128, dtype=ag.uint8))
    assert bytes_.numpy().std() == pytest.approx(25.5, 0.1)


def test_salt_and_pepper() -> None:
    found = T.SaltAndPepper(0.2, salt=0.25)(ag.full((3, 200, 200), 0.5)).numpy()
    assert (found == 1).mean() == pytest.approx(0.05, abs=0.005)
    assert (found == 0).mean() == pytest.approx(0.15, abs=0.01)
    assert (found == found[:1]).all()  # all channels together


def test_erasing_replaces_one_box() -> None:
    images = ag.ones(2000, 1, 20, 30)
    found = T.RandomErasing(0.5, (0.1, 0.2), (0.5, 2.0), value=0.3)(images).numpy()[:, 0] != 1
    assert found.any((1, 2)).mean() == pytest.approx(0.5, abs=0.04)
    for hole in found[found.any((1, 2))][:200]:
        rows, columns = hole.any(1), hole.any(0)
        assert hole.sum() == rows.sum() * columns.sum()
        assert 0.08 < hole.mean() < 0.22 and 0.4 < rows.sum() / columns.sum() < 2.5
    random = T.RandomErasing(1.0, value="random")(ag.zeros(50, 3, 20, 20)).numpy()
    assert random[random != 0].std() == pytest.approx(1, abs=0.05)
    three = T.RandomErasing(1.0, value=(1, 2, 3))(ag.zeros(20, 3, 9, 9)).numpy()
    assert np.unique(three[:, 1]).tolist() == [0, 2]


def test_cutout_cuts_holes_that_may_be_partly_outside() -> None:
    holes = T.Cutout((4, 6), value=1)(ag.zeros(3000, 1, 16, 16)).numpy()[:, 0]
    sizes = holes.sum((1, 2))
    assert sizes.max() == 24 and sizes.min() == 6 and (sizes == 24).mean() == pytest.approx(13 * 11 / 256, abs=0.03)
    assert T.Cutout(2, holes=5)(ag.ones(200, 1, 16, 16)).numpy().sum((1, 2, 3)).min() == 256 - 20


def test_erase() -> None:
    image = ag.zeros(2, 4, 4)
    found = TF.erase(image, 1, 2, 2, 1, ag.tensor([1.0, 2.0]).reshape(2, 1, 1))
    assert found.sum().item() == 6 and float(image.sum()) == 0
    assert TF.erase(image, 0, 0, 1, 1, 5.0, inplace=True) is image and image[0, 0, 0] == 5
