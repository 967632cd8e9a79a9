"""Draws the figures of docs/plots.md and docs/augmentation.md: ``make gallery``, or ``python -m docs.figures``.

The figures of plots.md come from the code of that page.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from PIL import Image
from sklearn.datasets import load_sample_image

import autograd_core as ag
from autograd_core.data import make_grid
from autograd_core.data import transforms as T

ROOT = Path(__file__).resolve().parent
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n!\[[^]]*\]\((images/plots/[^)]*)\))?", re.DOTALL)

names: dict[str, Any] = {}
for code, picture in BLOCK.findall((ROOT / "plots.md").read_text(encoding="utf-8")):
    exec(code, names)
    if picture:
        names["figure"].savefig(ROOT / picture, dpi=110, metadata={"Software": None})
        print(picture, (ROOT / picture).stat().st_size)


AUGMENTATIONS: dict[str, Any] = {
    "the image": T.Lambda(lambda image: image),
    "RandomHorizontalFlip()": T.RandomHorizontalFlip(),
    "RandomVerticalFlip()": T.RandomVerticalFlip(),
    "RandomShift(12)": T.RandomShift(12),
    "RandomCrop(64, padding=12)": T.RandomCrop(64, padding=12),
    "RandomResizedCrop(64)": T.RandomResizedCrop(64),
    "RandomRotation(25)": T.RandomRotation(25, "bilinear"),
    "RandomZoom((0.6, 1.6))": T.RandomZoom((0.6, 1.6)),
    "RandomAffine(15, shear=25)": T.RandomAffine(15, shear=25, interpolation="bilinear"),
    "ElasticTransform(90, 5)": T.ElasticTransform(90.0, 5.0),
    "RandomShift(20, padding_mode='reflect')": T.RandomShift(20, padding_mode="reflect"),
    "ColorJitter(brightness=0.6)": T.ColorJitter(brightness=0.6),
    "ColorJitter(contrast=0.8)": T.ColorJitter(contrast=0.8),
    "ColorJitter(saturation=(0, 3))": T.ColorJitter(saturation=(0, 3)),
    "ColorJitter(hue=0.5)": T.ColorJitter(hue=0.5),
    "RandomGrayscale(0.7)": T.RandomGrayscale(0.7),
    "RandomInvert()": T.RandomInvert(),
    "GaussianNoise(sigma=0.15)": T.GaussianNoise(sigma=0.15),
    "SaltAndPepper(0.1)": T.SaltAndPepper(0.1),
    "GaussianBlur(7)": T.GaussianBlur(7),
    "RandomErasing(1)": T.RandomErasing(1),
    "Cutout(24)": T.Cutout(24),
    "MixUp()": lambda images: T.MixUp(num_classes=3)(images, ag.arange(3))[0],
    "CutMix()": lambda images: T.CutMix(num_classes=3)(images, ag.arange(3))[0],
}  # fmt: skip


def augmentations(columns: int = 4) -> Figure:
    """Return three draws of each transform, side by side."""
    make = T.Compose([T.ToTensor(), T.Resize(64)])
    pictures = [make(load_sample_image(f"{name}.jpg")) for name in ("china", "flower")]
    china = pictures[0][:, :, 4:68]
    mixed = ag.stack([china, pictures[1][:, :, 16:80], china])
    rows = -(-len(AUGMENTATIONS) // columns)
    figure = Figure(figsize=(columns * 2.25, rows * 0.93), layout="constrained")
    for axes, (title, transform) in zip(figure.subplots(rows, columns).flat, AUGMENTATIONS.items()):
        ag.manual_seed(1830)
        images = transform(mixed if title in ("MixUp()", "CutMix()") else china.expand(3, -1, -1, -1))
        strip = make_grid(images, nrow=3, padding=3, pad_value=1.0)
        axes.imshow(strip.permute(1, 2, 0).numpy(), interpolation="lanczos")
        axes.set_title(title, fontsize=7, pad=2)
    for axes in figure.axes:
        axes.axis("off")
    return figure


buffer = io.BytesIO()
augmentations().savefig(buffer, dpi=100, metadata={"Software": None})
path = ROOT / "images" / "augmentation.png"
Image.open(buffer).convert("RGB").quantize(256, Image.Quantize.FASTOCTREE).save(path, optimize=True)
print(path.relative_to(ROOT), path.stat().st_size)
