"""Optimisers and learning-rate schedules, with PyTorch's names, options, state dicts and numerics.

Each room's ``__all__`` says what it adds to this namespace.
"""

from __future__ import annotations

from . import lr_scheduler as lr_scheduler
from . import swa_utils as swa_utils
from .adadelta import *
from .adafactor import *
from .adagrad import *
from .adam import *
from .adamax import *
from .asgd import *
from .early_stopping import *
from .ftrl import *
from .lamb import *
from .lars import *
from .lbfgs import *
from .lion import *
from .lookahead import *
from .muon import *
from .nadam import *
from .optimizer import *
from .penalties import *
from .radam import *
from .rmsprop import *
from .rprop import *
from .sgd import *
