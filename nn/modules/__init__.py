"""PyTorch's import paths to layers, such as ``nn.modules.conv``, for programs that write them.

Each of them offers the names of ``nn``, and the base classes that PyTorch keeps under such paths.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from . import utils as utils

ROOMS = (
    "activation", "adaptive", "batchnorm", "channelshuffle", "container", "conv", "distance", "dropout", "flatten",
    "fold", "instancenorm", "lazy", "linear", "loss", "module", "normalization", "padding", "pixelshuffle", "pooling",
    "rnn", "sparse", "transformer", "upsampling",
)  # fmt: skip

# what nn itself does not offer: PyTorch's name -> our room and name
INTERNALS = {
    "LazyModuleMixin": ("nn.base.lazy", "LazyModuleMixin"),
    "_AdaptiveAvgPoolNd": ("nn.adaptive_pooling", "_AdaptiveAvgPool"),
    "_AdaptiveMaxPoolNd": ("nn.adaptive_pooling", "_AdaptiveMaxPool"),
    "_AvgPoolNd": ("nn.pooling", "_AvgPool"),
    "_BatchNorm": ("nn.norm", "_BatchNorm"),
    "_CircularPadNd": ("nn.padding", "_CircularPad"),
    "_ConstantPadNd": ("nn.padding", "_ConstantPad"),
    "_ConvNd": ("nn.conv", "_ConvNd"),
    "_ConvTransposeNd": ("nn.conv_transpose", "_ConvTransposeNd"),
    "_DropoutNd": ("nn.dropout", "_Dropout"),
    "_IncompatibleKeys": ("nn.base.state_dict", "IncompatibleKeys"),
    "_InstanceNorm": ("nn.norm", "_InstanceNorm"),
    "_LPPoolNd": ("nn.pooling", "_LPPool"),
    "_Loss": ("nn.losses.regression", "_Loss"),
    "_MaxPoolNd": ("nn.pooling", "_MaxPool"),
    "_MaxUnpoolNd": ("nn.unpooling", "_MaxUnpool"),
    "_NormBase": ("nn.norm", "_NormBase"),
    "_ReflectionPadNd": ("nn.padding", "_ReflectionPad"),
    "_ReplicationPadNd": ("nn.padding", "_ReplicationPad"),
    "_WeightedLoss": ("nn.losses.regression", "_WeightedLoss"),
}


def _found(path: str, name: str) -> Any:
    """Return what ``name`` is in the module at ``path``."""
    nn = sys.modules["nn"]
    if name == "__all__":
        return [n for n, value in vars(nn).items() if isinstance(value, type) and n[0] != "_"]
    if name in INTERNALS:
        room, ours = INTERNALS[name]
        return getattr(import_module(room), ours)
    if name.startswith("register_module_"):  # the hooks on every module
        return getattr(import_module("nn.base.global_hooks"), name)
    if name[0] == "_" or not hasattr(nn, name):
        raise AttributeError(f"module {path!r} has no attribute {name!r}")
    return getattr(nn, name)


class _Path(ModuleType):
    """A module that holds nothing itself."""

    def __getattr__(self, name: str) -> Any:
        return _found(self.__name__, name)


def __getattr__(name: str) -> Any:
    return _found(__name__, name)


for _room in ROOMS:
    globals()[_room] = sys.modules[f"{__name__}.{_room}"] = _Path(f"{__name__}.{_room}", __doc__)
