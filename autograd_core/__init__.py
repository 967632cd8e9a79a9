"""autograd_core: define-by-run automatic differentiation with a small tensor language, on NumPy and CuPy.

    import autograd_core as ag, nn, optim

``ag`` is laid out as ``torch`` is; ``ag.nn``, ``ag.optim``, ``ag.data`` and drawing are loaded when first used.
Each room's ``__all__`` says what it adds to this namespace; ``names.py`` holds the other names of the same things.
"""

from __future__ import annotations

import importlib as _importlib
import warnings as _warnings
from typing import Any as _Any

from autograd_core import aliases as _aliases
from autograd_core import autograd as autograd
from autograd_core import cuda as cuda
from autograd_core import guard as _guard
from autograd_core import linalg as linalg
from autograd_core import methods as _methods
from autograd_core import names as _names
from autograd_core.autograd import Variable as Variable
from autograd_core.backend.device import default_from_environment as _default_from_environment
from autograd_core.backend.device import device as device
from autograd_core.backend.device import get_default_device as get_default_device
from autograd_core.backend.device import set_default_device as set_default_device
from autograd_core.composites.algebra import *
from autograd_core.composites.indexing import *
from autograd_core.composites.joining import *
from autograd_core.composites.pointwise import *
from autograd_core.composites.reduction import *
from autograd_core.composites.shaping import *
from autograd_core.creation import *
from autograd_core.dtypes import *
from autograd_core.engine.modes import *
from autograd_core.engine.primitive import PRIMITIVES as PRIMITIVES
from autograd_core.engine.primitive import primitive as primitive
from autograd_core.engine.tensor import Parameter as Parameter
from autograd_core.engine.tensor import Size as Size
from autograd_core.engine.tensor import Tensor as Tensor
from autograd_core.inquiry import *
from autograd_core.ops.arithmetic import *
from autograd_core.ops.functions import *
from autograd_core.ops.logic import *
from autograd_core.ops.shape import *
from autograd_core.printing import *
from autograd_core.sampling import *

__version__ = "0.1.0"

bool = bool_

_guard.protect(globals())
globals().update({alias: globals()[name] for alias, name in _names.FUNCTIONS.items()})

# 1/0 and log(0) are silent here, as in PyTorch; NumPy's own users keep their warnings.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"autograd_core\.")
_methods.bind()
_aliases.install()
_default_from_environment()

# rooms that are loaded when first asked for
_LAZY = {
    "nn": "nn",
    "optim": "optim",
    "data": "autograd_core.data",
    "insight": "autograd_core.insight",
}
_LAZY_NAMES = {"draw": "autograd_core.insight.drawing"}


def __getattr__(name: str) -> _Any:
    if name in _LAZY:
        return _importlib.import_module(_LAZY[name])
    if name in _LAZY_NAMES:
        return getattr(_importlib.import_module(_LAZY_NAMES[name]), name)
    if name in _methods.in_place_names():  # relu_(x) is x.relu_()
        return getattr(Tensor, name)
    raise AttributeError(f"module 'autograd_core' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({name for name in globals() if name[0] != "_"} | {*_LAZY, *_LAZY_NAMES, "__version__"})
