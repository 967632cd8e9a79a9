"""Optimisers and learning-rate schedules, with PyTorch's names, options, state dicts and numerics.

Each room's ``__all__`` says what it adds to this namespace.
"""

from __future__ import annotations

from . import lr_scheduler as lr_scheduler
from .adagrad import *
from .adam import *
from .optimizer import *
from .rmsprop import *
from .sgd import *
