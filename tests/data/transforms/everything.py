"""Every transform of images, in a form or two: the rows of the tests that hold for all."""

from __future__ import annotations

from typing import Any

from autograd_core.data import transforms as T

DETERMINISTIC: dict[str, Any] = {
    "resize": T.Resize(12), "resize nearest": T.Resize((6, 9), "nearest"), "resize bicubic": T.Resize(20, "bicubic"),
    "center crop": T.CenterCrop(6), "center crop, larger": T.CenterCrop((20, 5)), "pad": T.Pad(2),
    "pad reflect": T.Pad((1, 2, 3, 0), padding_mode="reflect"), "grayscale": T.Grayscale(),
    "grayscale in three": T.Grayscale(3), "dtype": T.ConvertImageDtype("uint8"), "rescale": T.Rescale(2, -1),
}  # fmt: skip
RANDOM: dict[str, Any] = {
    "crop": T.RandomCrop(8, padding=2), "crop edge": T.RandomCrop(8, padding=2, padding_mode="edge"),
    "resized crop": T.RandomResizedCrop(7), "resized crop bicubic": T.RandomResizedCrop(7, interpolation="bicubic"),
    "hflip": T.RandomHorizontalFlip(), "vflip": T.RandomVerticalFlip(), "shift": T.RandomShift(2),
    "rotation": T.RandomRotation(30), "rotation bilinear": T.RandomRotation(30, "bilinear", fill=0.5),
    "zoom": T.RandomZoom((0.7, 1.3)), "zoom of each axis": T.RandomZoom((0.7, 1.3), keep_ratio=False),
    "affine": T.RandomAffine(20, (0.2, 0.1), (0.8, 1.2), (-5, 5, -3, 3)),
    "affine bilinear": T.RandomAffine(20, (0.2, 0.1), interpolation=T.InterpolationMode.BILINEAR),
    "elastic": T.ElasticTransform(20.0, 1.5),
    "jitter": T.ColorJitter(0.3, 0.3, 0.3, 0.1), "random grey": T.RandomGrayscale(0.5), "invert": T.RandomInvert(),
    "sharpness": T.RandomAdjustSharpness(2), "noise": T.GaussianNoise(0.01, 0.1), "salt": T.SaltAndPepper(0.2),
    "blur": T.GaussianBlur(3), "erasing": T.RandomErasing(0.7), "cutout": T.Cutout(3, holes=2),
}  # fmt: skip
EVERY = DETERMINISTIC | RANDOM
