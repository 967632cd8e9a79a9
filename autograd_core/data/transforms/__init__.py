"""Changes of images, applied as they are loaded: torchvision's names, on tensors, batches and PIL images.

Random numbers come from the default generator: ``ag.manual_seed`` repeats them.
"""

from autograd_core.data.transforms import functional
from autograd_core.data.transforms.applying import Transformed, contact_sheet, save_examples, test_time
from autograd_core.data.transforms.arguments import InterpolationMode
from autograd_core.data.transforms.colour import (
    ColorJitter,
    Grayscale,
    RandomAdjustSharpness,
    RandomGrayscale,
    RandomInvert,
)
from autograd_core.data.transforms.composing import (
    Compose,
    Lambda,
    RandomApply,
    RandomChoice,
    RandomOrder,
    Transform,
)
from autograd_core.data.transforms.converting import ConvertImageDtype, PILToTensor, Rescale, ToPILImage, ToTensor
from autograd_core.data.transforms.cropping import (
    CenterCrop,
    FiveCrop,
    Pad,
    RandomCrop,
    RandomResizedCrop,
    Resize,
    TenCrop,
)
from autograd_core.data.transforms.geometry import (
    ElasticTransform,
    RandomAffine,
    RandomHorizontalFlip,
    RandomRotation,
    RandomShift,
    RandomVerticalFlip,
    RandomZoom,
)
from autograd_core.data.transforms.mixing import CutMix, MixUp
from autograd_core.data.transforms.noise import Cutout, GaussianBlur, GaussianNoise, RandomErasing, SaltAndPepper
from autograd_core.data.transforms.patches import Patches, RandomPatches
from autograd_core.data.transforms.scaling import MeanSubtraction, MinMax, Normalize, Standardize
from autograd_core.data.transforms.whitening import PCAWhitening, ZCAWhitening

__all__ = [
    "CenterCrop", "ColorJitter", "Compose", "ConvertImageDtype", "CutMix", "Cutout", "ElasticTransform", "FiveCrop",
    "GaussianBlur", "GaussianNoise", "Grayscale", "InterpolationMode", "Lambda", "MeanSubtraction", "MinMax",
    "MixUp", "Normalize", "PCAWhitening", "PILToTensor", "Pad", "Patches", "RandomAdjustSharpness", "RandomAffine",
    "RandomApply", "RandomChoice", "RandomCrop", "RandomErasing", "RandomGrayscale", "RandomHorizontalFlip",
    "RandomInvert", "RandomOrder", "RandomPatches", "RandomResizedCrop", "RandomRotation", "RandomShift",
    "RandomVerticalFlip", "RandomZoom", "Rescale", "Resize", "SaltAndPepper", "Standardize", "TenCrop",
    "ToPILImage", "ToTensor", "Transform", "Transformed", "ZCAWhitening", "contact_sheet", "functional",
    "save_examples", "test_time",
]  # fmt: skip
