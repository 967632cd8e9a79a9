"""autograd_core: define-by-run automatic differentiation with a small tensor language, on NumPy and CuPy.

    import autograd_core as ag, nn, optim

``ag`` is laid out as ``torch`` is; ``ag.nn``, ``ag.optim``, ``ag.data`` and drawing are loaded when first used.
Each room's ``__all__`` says what it adds to this namespace; ``names.py`` holds the other names of the same things.
"""

from __future__ import annotations

import importlib as _importlib
import warnings as _warnings
from typing import Any as _Any

from autograd_core import accelerator as accelerator
from autograd_core import aliases as _aliases
from autograd_core import autograd as autograd
from autograd_core import backends as backends
from autograd_core import cuda as cuda
from autograd_core import einops_backend as _einops_backend
from autograd_core import fft as fft
from autograd_core import guard as _guard
from autograd_core import linalg as linalg
from autograd_core import masked as masked
from autograd_core import methods as _methods
from autograd_core import names as _names
from autograd_core import return_types as return_types
from autograd_core import signal as signal
from autograd_core import special as special
from autograd_core.autograd import Variable as Variable
from autograd_core.backend.device import default_from_environment as _default_from_environment
from autograd_core.backend.device import device as device
from autograd_core.backend.device import get_default_device as get_default_device
from autograd_core.backend.device import set_default_device as set_default_device
from autograd_core.backend.heap import keep_freed_memory as _keep_freed_memory
from autograd_core.composites.algebra import *
from autograd_core.composites.bessel_functions import *
from autograd_core.composites.complex_numbers import *
from autograd_core.composites.contraction import *
from autograd_core.composites.copying import *
from autograd_core.composites.diagonals import *
from autograd_core.composites.differences import *
from autograd_core.composites.distances import *
from autograd_core.composites.error_functions import *
from autograd_core.composites.floating import *
from autograd_core.composites.frames import *
from autograd_core.composites.gamma_functions import *
from autograd_core.composites.gathering import *
from autograd_core.composites.grids import *
from autograd_core.composites.histograms import *
from autograd_core.composites.indexing import *
from autograd_core.composites.integers import *
from autograd_core.composites.joining import *
from autograd_core.composites.keys import *
from autograd_core.composites.least_squares import *
from autograd_core.composites.logarithms import *
from autograd_core.composites.masking import *
from autograd_core.composites.matrices import *
from autograd_core.composites.moments import *
from autograd_core.composites.norms import *
from autograd_core.composites.older import *
from autograd_core.composites.pointwise import *
from autograd_core.composites.predicates import *
from autograd_core.composites.ranks import *
from autograd_core.composites.reduction import *
from autograd_core.composites.repeating import *
from autograd_core.composites.rounding import *
from autograd_core.composites.running import *
from autograd_core.composites.sets import *
from autograd_core.composites.shaping import *
from autograd_core.composites.solving import *
from autograd_core.composites.sorting import *
from autograd_core.composites.splitting import *
from autograd_core.composites.turning import *
from autograd_core.composites.vectors import *
from autograd_core.composites.views import *
from autograd_core.creation import alike as _alike  # rooms of methods alone are imported for their METHODS
from autograd_core.creation.data import *
from autograd_core.creation.filling import *
from autograd_core.creation.legacy import *
from autograd_core.creation.ranges import *
from autograd_core.dtypes import *
from autograd_core.engine import hooks as _hooks
from autograd_core.engine.modes import *
from autograd_core.engine.primitive import PRIMITIVES as PRIMITIVES
from autograd_core.engine.primitive import primitive as primitive
from autograd_core.engine.tensor import Parameter as Parameter
from autograd_core.engine.tensor import Size as Size
from autograd_core.engine.tensor import Tensor as Tensor
from autograd_core.inquiry import *
from autograd_core.layouts import *
from autograd_core.ops.arithmetic import *
from autograd_core.ops.functions import *
from autograd_core.ops.logic import *
from autograd_core.ops.trigonometry import *
from autograd_core.printing import *
from autograd_core.randomness import fills as _fills
from autograd_core.randomness import state as random_state
from autograd_core.randomness.generators import *
from autograd_core.randomness.outcomes import *
from autograd_core.randomness.sampling import *
from autograd_core.settings import *
from autograd_core.signal.periodic import *

__version__ = "0.1.0"

bool = bool_
random = random_state

_guard.protect(globals())
globals().update({alias: globals()[name] for alias, name in _names.FUNCTIONS.items()})

# 1/0 and log(0) are silent here, as in PyTorch; NumPy's own users keep their warnings.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"autograd_core\.")
_methods.bind()
_aliases.install()
_einops_backend.install()
_default_from_environment()
_keep_freed_memory()

# rooms that are loaded when first asked for
_LAZY = {
    "nn": "nn",
    "optim": "optim",
    "data": "autograd_core.data",
    "distributions": "autograd_core.distributions",
    "func": "autograd_core.func",
    "insight": "autograd_core.insight",
    "plot": "autograd_core.insight.plot",
    "profiler": "autograd_core.profiler",
    "serialization": "autograd_core.serialization",
    "training": "autograd_core.training",
    "utils": "autograd_core.utils",
}
_LAZY_NAMES = {
    "Graph": "autograd_core.insight.graphs.graph",
    "Program": "autograd_core.programs.program",
    "doctor": "autograd_core.insight.doctor.examining",
    "backward_steps": "autograd_core.insight.stepper.stepping",
    "draw": "autograd_core.insight.graphs.drawing",
    "explain": "autograd_core.insight.explaining.explanation",
    "is_anomaly_check_nan_enabled": "autograd_core.engine.anomaly",
    "is_anomaly_enabled": "autograd_core.engine.anomaly",
    "graph": "autograd_core.insight.graphs.gathering",
    "load": "autograd_core.storing.loading",
    "memory_report": "autograd_core.insight.usage.memory",
    "profile": "autograd_core.insight.usage.profiling",
    "save": "autograd_core.storing.saving",
    "show_backward": "autograd_core.insight.stepper.showing",
    "strong_zero": "autograd_core.engine.strong_zero",
    "verify": "autograd_core.checking.verification",
    "vmap": "autograd_core.func",
}
# functions of layers that torch has at its top level too
_FUNCTIONAL = {
    "adaptive_avg_pool1d", "adaptive_max_pool1d", "alpha_dropout", "avg_pool1d", "bilinear", "celu", "celu_",
    "channel_shuffle", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "cosine_similarity", "dropout", "feature_alpha_dropout", "group_norm", "hardshrink", "layer_norm", "max_pool1d",
    "max_pool1d_with_indices", "max_pool2d", "max_pool3d", "pairwise_distance", "pdist", "pixel_shuffle",
    "pixel_unshuffle", "prelu", "rms_norm", "rrelu", "rrelu_", "selu", "selu_", "threshold", "threshold_",
}  # fmt: skip
_LAZY_NAMES |= dict.fromkeys(_FUNCTIONAL, "nn.functional")
_LAZY_NAMES["embedding"] = "nn.functional.embeddings:by_table"  # torch.embedding takes its arguments in another order


def __getattr__(name: str) -> _Any:
    if name in _LAZY:
        return _importlib.import_module(_LAZY[name])
    if name in _LAZY_NAMES:
        room, _, other_name = _LAZY_NAMES[name].partition(":")
        return getattr(_importlib.import_module(room), other_name or name)
    if name in _methods.in_place_names():  # relu_(x) is x.relu_()
        return getattr(Tensor, name)
    raise AttributeError(f"module 'autograd_core' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({name for name in globals() if name[0] != "_"} | {*_LAZY, *_LAZY_NAMES, "__version__"})
