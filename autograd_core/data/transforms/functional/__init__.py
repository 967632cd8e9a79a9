"""torchvision's ``transforms.functional``: what the random transforms do, with the numbers given.

Images are tensors (C, H, W) or batches (N, C, H, W); a PIL image becomes a tensor of bytes.  Factors and angles may be
a number for each image of a batch.
"""

from autograd_core.data.transforms.arguments import InterpolationMode
from autograd_core.data.transforms.converting import convert_image_dtype, pil_to_tensor, to_pil_image, to_tensor
from autograd_core.data.transforms.functional.colour import (
    adjust_brightness,
    adjust_contrast,
    adjust_gamma,
    adjust_hue,
    adjust_saturation,
    adjust_sharpness,
    invert,
    rgb_to_grayscale,
    solarize,
)
from autograd_core.data.transforms.functional.filtering import erase, gaussian_blur
from autograd_core.data.transforms.functional.warping import affine, rotate
from autograd_core.data.transforms.functional.windows import (
    center_crop,
    crop,
    five_crop,
    hflip,
    pad,
    resize,
    resized_crop,
    ten_crop,
    vflip,
)
from autograd_core.data.transforms.scaling import normalize

__all__ = [
    "InterpolationMode", "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation",
    "adjust_sharpness", "affine", "center_crop", "convert_image_dtype", "crop", "erase", "five_crop", "gaussian_blur",
    "hflip", "invert", "normalize", "pad", "pil_to_tensor", "resize", "resized_crop", "rgb_to_grayscale", "rotate",
    "solarize", "ten_crop", "to_pil_image", "to_tensor", "vflip",
]  # fmt: skip
