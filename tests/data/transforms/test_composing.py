"""Transforms made of others, and conversions: order, chance, any callable, PIL images, arrays, dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.data import transforms as T
from autograd_core.data.transforms import functional as TF


def plus(number: float) -> Any:
    return T.Lambda(lambda image: image + number, batches=True)


def test_compose_calls_one_after_the_other_with_anything() -> None:
    steps = [T.ToTensor(), lambda image: image * 2, T.Normalize(0.5, 0.5)]
    image = np.full((2, 2), 255, np.uint8)
    assert T.Compose(steps)(image).tolist() == [[[3.0, 3.0], [3.0, 3.0]]]
    assert not T.Compose(steps).batches and T.Compose([steps[0], steps[2]]).batches and T.Compose([]).batches
    shown = "Compose(\n    ToTensor()\n    CenterCrop(size=(3, 3))\n)"
    assert repr(T.Compose([T.ToTensor(), T.CenterCrop(3)])) == shown


def test_a_program_for_torchvision_runs_on_pil_images() -> None:
    picture = pytest.importorskip("PIL.Image").fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3))
    program = T.Compose(
        [T.RandomHorizontalFlip(1.0), T.ToTensor(), T.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))]
    )
    found = program(picture).numpy()
    wanted = np.asarray(picture)[:, ::-1].transpose(2, 0, 1) / 127.5 - 1
    assert np.allclose(found, wanted, atol=1e-6)


def test_random_apply_of_a_sample_and_of_a_batch() -> None:
    some = T.RandomApply([plus(1), plus(2)], 0.3)
    assert {float(some(ag.zeros(1, 1, 1))) for _ in range(50)} == {0.0, 3.0}
    found = some(ag.zeros(5000, 1, 1, 1)).numpy()
    assert set(np.unique(found)) == {0.0, 3.0} and (found == 3).mean() == pytest.approx(0.3, abs=0.02)


def test_random_choice_by_weights() -> None:
    parts = [plus(0), plus(1), lambda image: image + 2]  # the last knows images only
    found = T.RandomChoice(parts, [1, 0, 3])(ag.zeros(4000, 1, 1, 1)).numpy()
    assert set(np.unique(found)) == {0.0, 2.0} and (found == 2).mean() == pytest.approx(0.75, abs=0.03)
    even = T.RandomChoice(parts)(ag.zeros(3000, 1, 1, 1)).numpy()
    assert np.unique(even, return_counts=True)[1].min() > 900


def test_random_order_takes_every_order() -> None:
    parts = [plus(1), T.Lambda(lambda image: image * 2, batches=True), T.Lambda(lambda image: -image, batches=True)]
    found = np.unique(T.RandomOrder(parts)(ag.full((600, 1, 1, 1), 3.0)).numpy())
    assert found.tolist() == [-8.0, -7.0, -5.0, -4.0]
    assert float(T.RandomOrder(parts)(ag.full((1, 1, 1), 3.0))) in found


@pytest.mark.parametrize("make", [T.RandomApply, T.RandomChoice, T.RandomOrder])
def test_an_empty_batch_passes(make: Any) -> None:
    assert make([plus(1)])(ag.zeros(0, 1, 2, 2)).shape == (0, 1, 2, 2)


def test_different_sizes_do_not_make_a_batch() -> None:
    with pytest.raises(ValueError, match=r"RandomChoice: the transforms gave images of the shapes .*; wanted one"):
        T.RandomChoice([T.CenterCrop(2), T.CenterCrop(3)])(ag.zeros(50, 1, 4, 4))


def test_to_tensor() -> None:
    grey = np.array([[0, 255], [51, 102]], np.uint8)
    assert T.ToTensor()(grey).tolist() == [[[0.0, 1.0], [pytest.approx(0.2), pytest.approx(0.4)]]]
    assert T.ToTensor()(np.zeros((2, 3, 4), np.uint8)).shape == (4, 2, 3)
    assert T.ToTensor()(np.full((2, 2), 7.5)).dtype is ag.float64
    given = np.ones((2, 2), np.float32)
    T.ToTensor()(given)._array[:] = 5
    assert given.max() == 1  # the tensor has memory of its own
    floats = ag.rand(3, 2, 2)
    assert T.ToTensor()(floats) is floats
    assert np.allclose(T.ToTensor()(ag.full((1, 2, 2), 51, dtype=ag.uint8)).numpy(), 0.2)


@pytest.mark.parametrize(
    ("mode", "shape", "dtype"),
    [("L", (1, 3, 4), ag.uint8), ("RGB", (3, 3, 4), ag.uint8), ("RGBA", (4, 3, 4), ag.uint8),
     ("1", (1, 3, 4), ag.uint8), ("F", (1, 3, 4), ag.float32), ("I", (1, 3, 4), ag.int32)],
)  # fmt: skip
def test_pil_modes(mode: str, shape: tuple[int, ...], dtype: Any) -> None:
    picture = pytest.importorskip("PIL.Image").new("L", (4, 3), 255).convert(mode)
    found = T.PILToTensor()(picture)
    assert found.shape == shape and found.dtype is dtype and float(found.max()) == 255
    assert float(T.ToTensor()(picture).max()) == (1 if dtype is ag.uint8 else 255)
    if mode in ("L", "RGB", "RGBA"):
        assert T.ToPILImage()(found).mode == mode
        assert np.array_equal(np.asarray(T.ToPILImage()(found)), np.asarray(picture))


def test_to_pil_image() -> None:
    pytest.importorskip("PIL.Image")
    made = T.ToPILImage()(ag.tensor([[[0.0, 1.0, 0.5]]]))
    assert made.mode == "L" and list(np.asarray(made)[0]) == [0, 255, 127]
    assert TF.to_pil_image(np.zeros((4, 5, 3), np.uint8)).size == (5, 4)
    assert TF.to_pil_image(np.zeros((4, 5), np.uint8), "RGB").mode == "RGB"
    assert TF.to_pil_image(ag.rand(4, 5), "F").mode == "F"


def test_converting_dtypes() -> None:
    white = ag.tensor([[[0.0, 0.5, 1.0]]])
    assert T.ConvertImageDtype("uint8")(white).tolist() == [[[0, 127, 255]]]
    assert T.ConvertImageDtype(ag.int16)(white).tolist() == [[[0, 16383, 32767]]]
    bytes_ = ag.tensor([[[0, 255]]], dtype=ag.uint8)
    assert T.ConvertImageDtype("float64")(bytes_).tolist() == [[[0.0, 1.0]]]
    assert T.ConvertImageDtype("int16")(bytes_).tolist() == [[[0, 32640]]]
    back = TF.convert_image_dtype(T.ConvertImageDtype("int16")(bytes_), ag.uint8)
    assert back.tolist() == bytes_.tolist()
    every = ag.arange(256).to(ag.uint8).reshape(1, 16, 16)
    assert ag.equal(TF.convert_image_dtype(TF.convert_image_dtype(every), "uint8"), every)
    assert T.Rescale(1 / 255)(bytes_).tolist() == [[[0.0, pytest.approx(1.0)]]]


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: T.Compose(3), TypeError, "Compose: transforms is int; wanted a list of callables"),
    (lambda: T.Compose([abs, 3]), TypeError, r"Compose: transforms\[1\] is int; wanted a callable"),
    (lambda: T.Lambda(3), TypeError, "Lambda: lambd is int; wanted a callable"),
    (lambda: T.RandomApply([abs], 2), ValueError, "RandomApply: p is 2; wanted a probability, from 0 to 1"),
    (lambda: T.RandomChoice([abs], [1, 2]), ValueError, r"RandomChoice: p is \[1, 2\]; wanted a weight for each of 1"),
    (lambda: T.RandomChoice([]), ValueError, "RandomChoice: p is None; wanted a weight for each of 0"),
    (lambda: T.ToTensor()(3), TypeError, "ToTensor: pic is int; wanted a PIL image, an array"),
    (lambda: T.ToTensor()(np.zeros(3)), ValueError, r"ToTensor: pic has shape \(3,\)"),
    (lambda: T.PILToTensor()(3), TypeError, "PILToTensor: pic is int; wanted a PIL image"),
    (lambda: T.ToPILImage()(ag.zeros(2, 3, 4, 4)), ValueError, r"ToPILImage: pic has shape \(2, 3, 4, 4\); wanted one"),
    (lambda: T.ToPILImage()(ag.zeros(5, 4, 4)), ValueError, r"ToPILImage: pic has shape \(5, 4, 4\); wanted 1 to 4"),
    (lambda: T.ConvertImageDtype("int64")(ag.zeros(1, 1, 1)), TypeError, "cast from float32 to int64 cannot be"),
    (lambda: T.Rescale("a"), TypeError, "Rescale: scale is 'a'; wanted a number"),
    (lambda: T.Transform()(ag.zeros(1, 1, 1)), NotImplementedError, r"Transform: .* should implement apply\(images\)"),
])  # fmt: skip
def test_refusals(call: Any, error: type[Exception], words: str) -> None:
    pytest.importorskip("PIL.Image")
    with pytest.raises(error, match=words):
        call()


def test_a_transform_of_ones_own() -> None:
    class Shuffle(T.Transform):
        def apply(self, images: Any) -> Any:
            return images[:, ::-1].copy()

    assert Shuffle()(ag.tensor([[[1.0]], [[2.0]]])).tolist() == [[[2.0]], [[1.0]]]
    assert Shuffle()(ag.zeros(4, 3, 2, 2)).shape == (4, 3, 2, 2) and T.Compose([Shuffle()]).batches
