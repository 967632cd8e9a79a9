"""Windows, mirrors, shifts, turns: against NumPy, SciPy, and what they are by definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import autograd_core as ag
from autograd_core.data import transforms as T
from autograd_core.data.transforms import functional as TF
from autograd_core.data.transforms.cropping import DRAWS, drawn_boxes
from autograd_core.data.transforms.draws import uniforms
from autograd_core.data.transforms.functional import warping
from autograd_core.data.transforms.functional.warping import inverse_affine
from autograd_core.data.transforms.geometry import smoothing

sides = st.integers(1, 9)
shapes = st.one_of(st.tuples(st.integers(1, 3), sides, sides), st.tuples(sides, st.integers(1, 3), sides, sides))
pictures = shapes.flatmap(lambda shape: arrays(np.uint8, shape)).map(ag.from_numpy)
squares = st.integers(1, 8).flatmap(lambda n: arrays(np.uint8, (2, n, n))).map(ag.from_numpy)


def smooth(*shape: int, seed: int = 0) -> Any:
    return ag.from_numpy(np.random.default_rng(seed).random(shape).astype("float32"))


@given(pictures)
def test_flipping_twice_gives_the_image_back(image: Any) -> None:
    for flip, axis in ((TF.hflip, -1), (TF.vflip, -2)):
        assert np.array_equal(flip(image).numpy(), np.flip(image.numpy(), axis))
        assert ag.equal(flip(flip(image)), image)


@given(squares, st.integers(-5, 5), st.sampled_from(["nearest", "bilinear"]))
def test_quarter_turns_are_exact(image: Any, quarters: int, mode: str) -> None:
    assert np.array_equal(TF.rotate(image, 90 * quarters, mode).numpy(), np.rot90(image.numpy(), quarters, (1, 2)))


@given(pictures, st.integers(-4, 4), st.integers(-4, 4), st.sampled_from(["nearest", "bilinear"]))
def test_moving_by_whole_pixels_is_exact(image: Any, x: int, y: int, mode: str) -> None:
    found = TF.affine(image, 0.0, (x, y), 1.0, (0.0, 0.0), mode, fill=7).numpy()
    height, width = image.shape[-2:]
    wanted = TF.crop(TF.pad(image, 4, fill=7), 4 - y, 4 - x, height, width).numpy()
    assert np.array_equal(found, wanted)


@given(pictures, st.integers(-3, 9), st.integers(-3, 9), sides, sides)
def test_a_crop_is_a_slice_of_the_image_in_zeros(image: Any, top: int, left: int, height: int, width: int) -> None:
    array = image.numpy()
    wide = np.pad(array, [(0, 0)] * (array.ndim - 2) + [(20, 20), (20, 20)])
    wanted = wide[..., 20 + top : 20 + top + height, 20 + left : 20 + left + width]
    assert np.array_equal(TF.crop(image, top, left, height, width).numpy(), wanted)


@given(pictures, st.integers(-180, 180), st.floats(0.5, 2))
def test_an_affine_map_of_one_number_for_each_image_is_one_for_all(image: Any, angle: int, scale: float) -> None:
    count = len(image) if image.ndim == 4 else 1
    many = TF.affine(image, [angle] * count, ([1.0] * count, [2.0] * count), [scale] * count, ([3.0] * count,))
    assert ag.equal(many, TF.affine(image, angle, (1, 2), scale, 3.0))


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_padding_is_numpys(mode: str) -> None:
    image = smooth(2, 3, 6, 5)
    wanted = np.pad(image.numpy(), ((0, 0), (0, 0), (2, 4), (1, 3)), mode)
    assert np.array_equal(T.Pad((1, 2, 3, 4), padding_mode=mode)(image).numpy(), wanted)


def test_padding_of_two_lengths_a_colour_and_a_negative_one() -> None:
    image = ag.ones(3, 2, 2)
    assert T.Pad((1, 2))(image).shape == (3, 6, 4)
    assert T.Pad(1, fill=(0.1, 0.2, 0.3))(image)[:, 0, 0].tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert np.array_equal(T.Pad((-1, 0, 0, 0))(image).numpy(), image[:, :, 1:].numpy())


@pytest.mark.parametrize("angle", [10.0, -33.0, 125.0])
@pytest.mark.parametrize(("mode", "order"), [("bilinear", 1), ("nearest", 0)])
def test_rotation_is_scipys(angle: float, mode: str, order: int) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = smooth(1, 17, 17)
    wanted = ndimage.rotate(image.numpy()[0], angle, reshape=False, order=order, mode="grid-constant", cval=0.25)
    found = TF.rotate(image, angle, mode, fill=0.25).numpy()[0]
    assert (abs(found - wanted) > 1e-4).mean() <= (0.02 if order == 0 else 0.0)  # a tie may go either way


def test_an_affine_map_is_scipys() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = smooth(2, 14, 20).double()
    found = TF.affine(image, 20.0, (3, -2), 1.3, (8.0, -4.0), "bilinear")
    (matrix,) = inverse_affine(*(np.array([v]) for v in (20.0,)), (np.array([3.0]), np.array([-2.0])),
                               np.array([1.3]), (np.array([8.0]), np.array([-4.0])))  # fmt: skip
    matrix = matrix[::-1][:, [1, 0, 2]]  # rows first
    middle = np.array([6.5, 9.5])
    for plane, wanted in zip(found.numpy(), image.numpy()):
        moved = ndimage.affine_transform(
            wanted, matrix[:, :2], middle + matrix[:, 2] - matrix[:, :2] @ middle, order=1, mode="grid-constant"
        )
        assert np.allclose(plane, moved, atol=1e-10)


def test_a_forward_affine_map_undoes_the_inverse() -> None:
    """torchvision's order: shear, turn, scale, then move, about the centre."""
    angle, shear_x, shear_y, scale, center, move = 25.0, 12.0, -7.0, 0.8, (2.0, -3.0), (4.0, 1.0)
    (inverse,) = inverse_affine(np.array([angle]), tuple(np.array([m]) for m in move), np.array([scale]),
                                (np.array([shear_x]), np.array([shear_y])), center)  # fmt: skip
    a, x, y = np.radians([angle, shear_x, shear_y])
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    sheared = np.array([[1, 0], [-np.tan(y), 1]]) @ np.array([[1, -np.tan(x)], [0, 1]])
    point = np.array([5.0, 6.0])
    there = scale * turn @ sheared @ (point - center) + center + np.array(move)
    assert np.allclose(inverse[:, :2] @ there + inverse[:, 2], point)


@pytest.mark.parametrize("sigma", [0.7, 3.0])
def test_an_elastic_field_is_smoothed_noise(sigma: float) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    noise = np.random.default_rng(0).random((9, 31))
    bell = np.exp(-0.5 * (np.arange(-(int(8 * sigma + 1) // 2), int(8 * sigma + 1) // 2 + 1) / sigma) ** 2)
    wanted = ndimage.correlate1d(noise, bell / bell.sum(), 1, mode="mirror")
    assert np.allclose(noise @ smoothing(31, sigma).T, wanted)
    assert np.allclose(smoothing(1, sigma), 1) and np.array_equal(smoothing(4, 0), np.eye(4))


def test_an_elastic_transform_looks_up_where_its_field_says() -> None:
    ramp = ag.stack([ag.arange(24.0).expand(20, 24), ag.arange(20.0)[:, None].expand(20, 24)])  # x and y of pixels
    found = T.ElasticTransform((10.0, 20.0), 4.0)(ramp).numpy()[:, 6:-6, 6:-6] - ramp.numpy()[:, 6:-6, 6:-6]
    ag.manual_seed(0)
    noise = 2 * uniforms(1, 2 * 20 * 24).reshape(2, 20, 24) - 1
    field = smoothing(20, 4.0) @ noise @ smoothing(24, 4.0).T
    field *= np.array([10 * 24 / 40, 20 * 20 / 48])[:, None, None]
    assert np.allclose(found, field[:, 6:-6, 6:-6], atol=1e-5)
    assert ag.equal(T.ElasticTransform(0)(ramp), ramp)


def test_expand_holds_the_whole_image() -> None:
    image = ag.ones(1, 10, 20)
    assert TF.rotate(image, 90, expand=True).shape == (1, 20, 10)
    turned = TF.rotate(image, 30, "bilinear", expand=True)
    assert turned.shape == (1, 20, 24)
    assert float(turned.sum()) == pytest.approx(200, rel=0.02)
    assert TF.rotate(ag.ones(3, 1, 4, 6), 90, expand=True).shape == (3, 1, 6, 4)


def test_the_center_stays_where_it_is() -> None:
    image = ag.zeros(1, 9, 9)
    image[0, 1, 2] = 1.0
    assert float(TF.rotate(image, 77, center=(2.5, 1.5))[0, 1, 2]) == 1.0
    assert float(TF.affine(image, 40, (0, 0), 2.0, 5.0, center=[2.5, 1.5])[0, 1, 2]) == 1.0


def test_zoom_enlarges_about_the_middle() -> None:
    ramp = ag.arange(11.0).reshape(1, 1, 11).expand(1, 11, 11)
    found = T.RandomZoom((2.0, 2.0))(ramp)[0, 5]
    assert found.tolist() == pytest.approx((5 + (np.arange(11) - 5) / 2).tolist())
    shrunk = T.RandomZoom((0.5, 0.5), fill=9)(ag.zeros(1, 8, 8))
    assert (shrunk == 9).sum() > 40 and float(shrunk[0, 4, 4]) == 0


def test_positions_in_large_images_are_computed_in_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    image = smooth(5, 3, 20, 20)
    small = TF.rotate(image, 20, "bilinear").numpy()
    monkeypatch.setattr(warping, "EXACT", 100)
    monkeypatch.setattr(warping, "AT_ONCE", 800)  # and in several parts
    assert np.allclose(TF.rotate(image, 20, "bilinear").numpy(), small, atol=1e-5)


@pytest.mark.parametrize(
    ("size", "limit", "wanted"), [(5, None, (5, 10)), ([5], None, (5, 10)), ((7, 3), None, (7, 3)), (8, 12, (6, 12))]
)
def test_sizes_of_resize(size: Any, limit: int | None, wanted: tuple[int, int]) -> None:
    assert T.Resize(size, max_size=limit)(ag.rand(3, 10, 20)).shape == (3, *wanted)
    upright = wanted if size == (7, 3) else wanted[::-1]
    assert T.Resize(size, max_size=limit)(ag.rand(3, 20, 10)).shape == (3, *upright)


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("kind", ["uint8", "float32"])
def test_resize_is_pytorchs(mode: str, kind: str, torch: Any) -> None:
    image = (np.random.default_rng(0).random((2, 3, 13, 17)) * 255).astype(kind)
    smooth_options = {} if mode == "nearest" else {"antialias": True, "align_corners": False}
    wanted = torch.nn.functional.interpolate(torch.from_numpy(image), (9, 22), mode=mode, **smooth_options).numpy()
    found = T.Resize((9, 22), mode)(ag.from_numpy(image)).numpy()
    assert abs(found.astype(float) - wanted).max() < 1e-3


def test_warping_is_pytorchs_grid_sample(torch: Any) -> None:
    image = smooth(2, 3, 12, 15)
    angle = np.radians(30)
    theta = torch.tensor([[[np.cos(angle), np.sin(angle) * 12 / 15, 0], [-np.sin(angle) * 15 / 12, np.cos(angle), 0]]])
    grid = torch.nn.functional.affine_grid(theta.float().expand(2, 2, 3), (2, 3, 12, 15), align_corners=False)
    for mode in ("bilinear", "nearest"):
        wanted = torch.nn.functional.grid_sample(torch.from_numpy(image.numpy()), grid, mode, align_corners=False)
        assert np.allclose(TF.affine(image, 30, (0, 0), 1.0, 0.0, mode).numpy(), wanted.numpy(), atol=1e-5)


def test_windows_of_a_resized_crop_are_those_of_resize() -> None:
    images = smooth(40, 2, 15, 18)
    ag.manual_seed(7)
    found = T.RandomResizedCrop((6, 9))(images)
    ag.manual_seed(7)
    assert np.allclose(found.numpy(), by_resizing(images, (6, 9)), atol=1e-5)


def by_resizing(images: Any, size: tuple[int, int]) -> Any:
    boxes, fit = drawn_boxes(uniforms(len(images), DRAWS), (15, 18), (0.08, 1.0), (3 / 4, 4 / 3))
    assert fit.all()
    return np.stack([TF.resized_crop(image, *box, size).numpy() for image, box in zip(images, boxes.tolist())])


def test_boxes_keep_to_their_bounds_and_fall_back_to_the_middle() -> None:
    boxes, fit = drawn_boxes(uniforms(3000, DRAWS), (200, 300), (0.2, 0.5), (0.5, 2.0))
    top, left, height, width = boxes[fit].T
    assert fit.all() and (top >= 0).all() and (left >= 0).all()
    assert (top + height).max() <= 200 and (left + width).max() <= 300
    area, shape = height * width / 60000, width / height
    assert 0.195 < area.min() < 0.21 and 0.49 < area.max() < 0.505
    assert 0.49 < shape.min() < 0.52 and 1.9 < shape.max() < 2.02
    assert abs(np.log(shape).mean()) < 0.1
    strip = ag.rand(1, 2, 50)
    assert np.allclose(T.RandomResizedCrop((2, 3), (0.9, 1.0))(strip).numpy(), strip[:, :, 23:26].numpy(), atol=0.02)


def test_every_place_of_a_random_crop_is_reached_equally() -> None:
    image = ag.arange(25).reshape(1, 1, 5, 5).expand(4000, 1, 5, 5)
    firsts = T.RandomCrop(3)(image)[:, 0, 0, 0].numpy()
    places, counts = np.unique(firsts, return_counts=True)
    assert places.tolist() == [0, 1, 2, 5, 6, 7, 10, 11, 12]
    assert counts.min() > 350


def test_random_crop_pads_small_images_on_both_sides() -> None:
    assert T.RandomCrop(8, pad_if_needed=True)(ag.rand(1, 5, 9)).shape == (1, 8, 8)


def test_center_and_five_crops() -> None:
    image = ag.arange(42).reshape(1, 6, 7)
    top_left, top_right, bottom_left, bottom_right, middle = T.FiveCrop((2, 3))(image)
    assert top_left[0].tolist() == [[0, 1, 2], [7, 8, 9]]
    assert top_right[0, 0].tolist() == [4, 5, 6] and bottom_left[0, 1].tolist() == [35, 36, 37]
    assert bottom_right[0, 1, 2] == 41
    assert ag.equal(middle, T.CenterCrop((2, 3))(image)) and ag.equal(middle, image[:, 2:4, 2:5])
    ten = T.TenCrop(2)(image)
    assert len(ten) == 10 and ag.equal(ten[5], TF.hflip(image)[:, :2, :2])
    assert ag.equal(T.TenCrop(2, vertical_flip=True)(image)[5], TF.vflip(image)[:, :2, :2])


def test_probabilities_of_flips_and_bounds_of_numbers() -> None:
    marked = ag.zeros(4000, 1, 1, 2)
    marked[:, :, :, 0] = 1.0
    assert float(T.RandomHorizontalFlip(0.2)(marked)[:, 0, 0, 1].mean()) == pytest.approx(0.2, abs=0.03)
    assert T.RandomHorizontalFlip(0)(marked) is not marked
    assert ag.equal(T.RandomHorizontalFlip(0)(marked), marked)
    dot = ag.zeros(3000, 1, 21, 21)
    dot[:, :, 10, 10] = 1.0
    places = np.argwhere(T.RandomAffine(0, (0.2, 0.1))(dot).numpy())[:, 2:]
    assert len(places) == 3000
    assert np.ptp(places[:, 1]) == 8 and np.ptp(places[:, 0]) == 4  # 0.2 and 0.1 of 21 pixels, rounded
