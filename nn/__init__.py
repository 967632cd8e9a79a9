"""Layers, losses and their building block ``Module``, with PyTorch's names, defaults and state dicts.

Each room's ``__all__`` says what it adds to this namespace.
"""

from __future__ import annotations

from . import functional as functional
from . import init as init
from . import utils as utils
from .activation import *
from .container import *
from .conv import *
from .dropout import *
from .flatten import *
from .linear import *
from .loss import *
from .module import *
from .norm import *
from .parameter import *
from .parameter_container import *
from .pooling import *
