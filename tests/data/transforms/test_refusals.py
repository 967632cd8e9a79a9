"""What transforms and functions refuse: each message names the transform, the argument, what came, what was wanted."""

from __future__ import annotations

from typing import Any

import pytest

import autograd_core as ag
from autograd_core.data import transforms as T
from autograd_core.data.transforms import functional as TF

IMAGE = ag.rand(3, 8, 8)
TWO = ag.rand(2, 3, 8, 8)
CASES: list[tuple[Any, str]] = [
    (lambda: T.Resize("a"), "Resize: size is 'a'; wanted an int, or two: .height, width."),
    (lambda: T.Resize((1, 2, 3)), r"Resize: size is \(1, 2, 3\)"),
    (lambda: T.Resize(True), "Resize: size is True; wanted an int"),
    (lambda: T.Resize(0), "Resize: size is 0; wanted lengths of at least 1"),
    (lambda: T.Resize((4, 4), max_size=9), r"Resize: max_size is 9 and size \(4, 4\); wanted one size"),
    (lambda: T.Resize(9, max_size=8), "Resize: max_size is 8 and size 9"),
    (lambda: T.Resize(4, "cubic"), "Resize: interpolation is 'cubic'; wanted one of nearest, nearest-exact, bilinear"),
    (lambda: T.RandomRotation(9, T.InterpolationMode.BICUBIC), "RandomRotation: interpolation is .*BICUBIC"),
    (lambda: T.Pad(1.5), "Pad: padding is 1.5; wanted an int, two"),
    (lambda: T.Pad((1, 2, 3)), r"Pad: padding is \(1, 2, 3\)"),
    (lambda: T.Pad(1, padding_mode="wrap"), "Pad: padding_mode is 'wrap'; wanted one of constant, edge"),
    (lambda: T.Pad(1, fill=(1, 2))(IMAGE), r"Pad: fill is \(1, 2\); wanted a number, or one for each .* 3 channels"),
    (lambda: T.Pad(-4)(IMAGE), r"Pad: padding is \(-4, -4, -4, -4\) for an image of 8 x 8"),
    (lambda: T.Pad(8, padding_mode="reflect")(IMAGE), "Pad: padding is .*; wanted less than the image's 8 x 8"),
    (lambda: T.RandomCrop(9)(IMAGE), "RandomCrop: image is 8 x 8 with its padding; wanted at least the size 9 x 9"),
    (lambda: T.RandomCrop(4, 1, padding_mode="no"), "RandomCrop: padding_mode is 'no'"),
    (lambda: T.FiveCrop(9)(IMAGE), r"five_crop: size is \(9, 9\); wanted no more than the image's \(8, 8\)"),
    (lambda: T.RandomResizedCrop(4, (0.5, 0.1)), r"RandomResizedCrop: scale is \(0.5, 0.1\); wanted two numbers"),
    (lambda: T.RandomResizedCrop(4, (0, 0)), r"RandomResizedCrop: scale\[1\] is 0"),
    (lambda: T.RandomResizedCrop(4, ratio=(0, 1)), r"RandomResizedCrop: ratio\[0\] is 0; wanted a number above 0"),
    (lambda: T.RandomHorizontalFlip(1.5), "RandomHorizontalFlip: p is 1.5; wanted a probability"),
    (lambda: T.RandomShift(-1), "RandomShift: shift is -1; wanted a whole number of pixels"),
    (lambda: T.RandomShift(1, padding_mode="no")(IMAGE), "RandomShift: padding_mode is 'no'"),
    (lambda: T.RandomRotation(-9), "RandomRotation: degrees is -9; a single number must be at least 0"),
    (lambda: T.RandomRotation((9, 3)), r"RandomRotation: degrees is \(9, 3\); wanted two numbers"),
    (lambda: T.RandomRotation(None), "RandomRotation: degrees is None; wanted two numbers"),
    (lambda: T.RandomRotation(9, center=3), "RandomRotation: center is 3; wanted two numbers"),
    (lambda: T.RandomRotation(9, expand=True)(TWO), "RandomRotation: expand=True gives images of other sizes"),
    (lambda: T.RandomZoom((0, 1)), r"RandomZoom: scale\[0\] is 0.0; wanted a number above 0"),
    (lambda: T.RandomAffine(9, translate=0.1), "RandomAffine: translate is 0.1; wanted parts of .width, height."),
    (lambda: T.RandomAffine(9, translate=(0, 2)), r"RandomAffine: translate is \(0, 2\)"),
    (lambda: T.RandomAffine(9, scale=(-1, 1)), r"RandomAffine: scale\[0\] is -1"),
    (lambda: T.RandomAffine(9, shear=(1, 2, 3)), r"RandomAffine: shear is \(1, 2, 3\)"),
    (lambda: T.RandomAffine(9, shear=(1, 2, 4, 3)), r"RandomAffine: shear\[2:\] is \(4, 3\)"),
    (lambda: T.ElasticTransform((1, 2, 3)), r"ElasticTransform: alpha is \(1, 2, 3\); wanted a number, or two"),
    (lambda: T.ElasticTransform(sigma=-1), "ElasticTransform: sigma is -1; wanted a number of at least 0"),
    (lambda: T.ColorJitter(brightness=-1), "ColorJitter: brightness is -1; wanted a number of at least 0"),
    (lambda: T.ColorJitter(contrast=(-1, 1)), r"ColorJitter: contrast is \(-1, 1\); .*, of at least 0"),
    (lambda: T.ColorJitter(hue=0.6), "ColorJitter: hue is 0.6; wanted numbers within -0.5 to 0.5"),
    (lambda: T.ColorJitter(hue="a"), "ColorJitter: hue is 'a'"),
    (lambda: T.ColorJitter(0.1)(ag.rand(2, 4, 4)), r"ColorJitter: image has 2 channels; wanted 1 \(grey\) or 3"),
    (lambda: T.Grayscale(2), "Grayscale: num_output_channels is 2; wanted 1 or 3"),
    (lambda: T.RandomAdjustSharpness(-1), "RandomAdjustSharpness: sharpness_factor is -1"),
    (lambda: T.GaussianNoise(sigma=-1), "GaussianNoise: sigma is -1; wanted a number of at least 0"),
    (lambda: T.SaltAndPepper(2), "SaltAndPepper: amount is 2; wanted a probability"),
    (lambda: T.GaussianBlur(4), "GaussianBlur: kernel_size is 4; wanted odd numbers"),
    (lambda: T.GaussianBlur(3.0), "GaussianBlur: kernel_size is 3.0; wanted an int, or two"),
    (lambda: T.GaussianBlur(3, 0), "GaussianBlur: sigma is 0.0; wanted a number above 0"),
    (lambda: T.GaussianBlur(21)(IMAGE), "GaussianBlur: padding is .*; wanted less than the image's 8 x 8"),
    (lambda: T.RandomErasing(value="noise"), "RandomErasing: value is 'noise'; wanted a number"),
    (lambda: T.RandomErasing(scale=(0.1, 2)), r"RandomErasing: scale\[1\] is 2"),
    (lambda: T.RandomErasing(value=(1, 2))(IMAGE), r"RandomErasing: value is \(1, 2\); .* 3 channels"),
    (lambda: T.Cutout(0), "Cutout: size is 0"),
    (lambda: T.Cutout(2, holes=0), "Cutout: holes is 0; wanted a number above 0"),
    (lambda: TF.rotate(TWO, [1, 2, 3]), r"rotate: angle has shape \(3,\); wanted a number, or one for each of 2"),
    (lambda: TF.affine(IMAGE, 0, 3, 1, 0), "affine: translate is 3; wanted two numbers of pixels"),
    (lambda: TF.affine(IMAGE, 0, (0, 0), 0, 0), "affine: scale is 0; wanted numbers above 0"),
    (lambda: TF.affine(IMAGE, 0, (0, 0), 1, (1, 2, 3)), r"affine: shear is \(1, 2, 3\); wanted an angle, or two"),
    (lambda: TF.adjust_brightness(IMAGE, -1), "adjust_brightness: brightness_factor is -1; wanted at least 0"),
    (lambda: TF.adjust_hue(IMAGE, 1), "adjust_hue: hue_factor is 1; wanted a number from -0.5 to 0.5"),
    (lambda: TF.rgb_to_grayscale(IMAGE, 2), "rgb_to_grayscale: num_output_channels is 2"),
    (lambda: TF.gaussian_blur(IMAGE, 3, (1, 2, 3)), r"gaussian_blur: sigma is \(1, 2, 3\); wanted a number above 0"),
    (lambda: TF.erase(IMAGE, 5, 5, 4, 4, 0), "erase: box is rows 5 to 9, columns 5 to 9 of an image of 8 x 8"),
    (lambda: TF.erase(IMAGE, 0, 0, 4, 4, ag.zeros(3)), r"erase: v has shape \(3,\); wanted what broadcasts to"),
    (lambda: TF.crop(IMAGE, 0, 0, 0, 4), r"crop: .height, width. is \(0, 4\); wanted lengths of at least 1"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "words"), CASES, ids=[words[:40] for _, words in CASES])
def test_refusals(call: Any, words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{words}"):
        call()
