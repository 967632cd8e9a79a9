"""Layers and losses as functions, with PyTorch's names and signatures: ``import nn.functional as F``.

Each room's ``__all__`` says what it adds to this namespace.
"""

from __future__ import annotations

from autograd_core import guard as _guard

from .activation import *
from .adaptive_pooling import *
from .alignment import *
from .attention import *
from .classification import *
from .contrast import *
from .convolution import *
from .dense import *
from .distance import *
from .embeddings import *
from .heads import *
from .likelihood import *
from .loss import *
from .many_classes import *
from .margin import *
from .noise import *
from .normalization import *
from .overlap import *
from .padding import *
from .patches import *
from .piecewise import *
from .pooling import *
from .probabilities import *
from .resizing import *
from .sampling_grid import *
from .shuffling import *
from .unpooling import *

# The smallest calls say themselves what is no tensor: the guard's 100 ns would show.
_BARE = {"cross_entropy", "linear", "log_softmax", "mse_loss", "relu", "sigmoid", "softmax", "tanh"}
_guarded = {name: value for name, value in globals().items() if name not in _BARE}
_guard.protect(_guarded, ("nn.functional.", "autograd_core.composites."), tensor_first=True)
globals().update(_guarded)
