"""Learning-rate schedules: ``scheduler.step()``, after the optimiser's steps of an epoch, sets every group's ``lr``.

PyTorch's, and those of lectures beside them: `ExponentialDecayLR`, `InverseTimeLR`, `InverseSquareRootLR`,
`WarmupLR`, `WarmupCosineLR`.  Each room's ``__all__`` says what it adds to this namespace.
"""

from __future__ import annotations

from .base import *
from .base import EPOCH_DEPRECATION_WARNING as EPOCH_DEPRECATION_WARNING
from .base import _LRScheduler as _LRScheduler
from .composed import *
from .cosine import *
from .cyclic import *
from .decay import *
from .functions import *
from .one_cycle import *
from .plateau import *
from .stepwise import *
from .warmup import *
