"""Layers, losses and their building block ``Module``, with PyTorch's names, defaults and state dicts.

Each room's ``__all__`` says what it adds to this namespace.
"""

from __future__ import annotations

from . import functional as functional
from . import init as init
from . import modules as modules
from . import utils as utils
from .activation import *
from .adaptive_pooling import *
from .attention import *
from .base.module import *
from .container import *
from .conv import *
from .conv_transpose import *
from .distance import *
from .dropout import *
from .embedding import *
from .example_norm import *
from .flatten import *
from .lazy_layers import *
from .linear import *
from .losses.classification import *
from .losses.contrast import *
from .losses.likelihood import *
from .losses.many_classes import *
from .losses.margin import *
from .losses.regression import *
from .noise import *
from .norm import *
from .padding import *
from .parameter import *
from .parameter_container import *
from .patches import *
from .piecewise import *
from .pooling import *
from .probabilities import *
from .recurrent import *
from .recurrent_base import *
from .recurrent_cells import *
from .resizing import *
from .response_norm import *
from .shuffling import *
from .transformer import *
from .transformer_layers import *
from .unpooling import *
